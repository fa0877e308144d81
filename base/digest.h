#ifndef WENZHENG_BASE_DIGEST_H
#define WENZHENG_BASE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* BLAKE2b-256 (RFC 7693), from libsodium, which digest.c and seal.c alone include here. */
#define DIGEST_SIZE	32
#define DIGEST_KEY_SIZE 32

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* A secret key for digest_keyed. The owner wipes it with digest_key_wipe. */
struct digest_key {
	uint8_t bytes[DIGEST_KEY_SIZE];
};

/* Call once before any other function here; aborts if libsodium cannot start. */
void digest_start(void);

struct digest digest_of(struct span data);
struct digest digest_keyed(const struct digest_key *key, struct span data);
void digest_key_wipe(struct digest_key *key);

/* In constant time. */
bool digest_equal(const struct digest *a, const struct digest *b);
bool digest_is_zero(const struct digest *self);

static inline struct span digest_span(const struct digest *self)
{
	return span_of(self->bytes, DIGEST_SIZE);
}

/* Lower-case hex with NUL. */
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)
void digest_to_hex(const struct digest *self, char ret_hex[static DIGEST_HEX_SIZE]);

#endif
