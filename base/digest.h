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

/* The digest of bytes that come in pieces: init, add again and again, end. */
struct digest_stream {
	_Alignas(64) uint8_t state[384];
};

void digest_stream_init(struct digest_stream *self);
void digest_stream_add(struct digest_stream *self, struct span piece);
struct digest digest_stream_end(struct digest_stream *self);

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

/* False, and nothing written, unless the text is 64 hex digits. */
bool digest_from_hex(struct span hex, struct digest *ret_digest);

#endif
