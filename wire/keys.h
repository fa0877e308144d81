#ifndef WENZHENG_WIRE_KEYS_H
#define WENZHENG_WIRE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/span.h"

/*
 * CURVE keys and their files.
 *
 * A pair named NAME is kept in two files of czmq's certificate format, which zcert reads and writes as well:
 *
 *	NAME.key	 the public key alone, mode 0644: what one gives to the other side
 *	NAME.key_secret	 both keys, mode 0600: what the program that owns them is started with
 *
 * czmq's own reader is not used: it repeats lines it does not understand, secret or not, on standard output.
 */
#define WIRE_KEY_SIZE	      32
#define WIRE_KEY_TEXT_SIZE    41 /* Z85 and its NUL */
#define WIRE_FINGERPRINT_SIZE 9	 /* eight hex digits and NUL */

struct wire_key {
	uint8_t public_key[WIRE_KEY_SIZE];
};

/* Whoever holds one wipes it with wire_key_pair_wipe. */
struct wire_key_pair {
	struct wire_key key;
	uint8_t secret_key[WIRE_KEY_SIZE];
};

/* From Z85, exactly 40 characters that stand for 32 bytes. */
bool wire_key_parse(struct span text, struct wire_key *ret_key, struct fault *fault);
void wire_key_print(const struct wire_key *self, char ret_text[static WIRE_KEY_TEXT_SIZE]);
bool wire_key_equal(const struct wire_key *a, const struct wire_key *b);

/* The first eight hex digits of the key's BLAKE2b: what logs show of a key. digest_start() first. */
void wire_key_fingerprint(const struct wire_key *self, char ret_text[static WIRE_FINGERPRINT_SIZE]);

/* A fresh random pair. */
void wire_key_pair_generate(struct wire_key_pair *ret_pair);
void wire_key_pair_wipe(struct wire_key_pair *self);

/* Creates NAME.key_secret and NAME.key and forces them to the disk. A file that exists is never overwritten:
 * then, as after every failure, neither file of ours stays behind. */
bool wire_key_pair_save(const struct wire_key_pair *self, const char *name, struct fault *fault);

/* Who vouches that nobody else reads a secret file. */
enum wire_key_guard {
	WIRE_KEY_GUARDED_BY_MODE, /* its mode: readable by group or others is a fault */
	WIRE_KEY_GUARDED_BY_PLACE /* its folder, as $CREDENTIALS_DIRECTORY: the mode is not looked at */
};

/* Reads a NAME.key_secret, given as its full path. The two keys must belong together. */
bool wire_key_pair_load(
	const char *path, enum wire_key_guard guard, struct wire_key_pair *ret_pair, struct fault *fault);

/* Reads the public key of a NAME.key or of a NAME.key_secret, given as its full path. */
bool wire_key_load(const char *path, struct wire_key *ret_key, struct fault *fault);

#endif
