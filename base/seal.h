#ifndef WENZHENG_BASE_SEAL_H
#define WENZHENG_BASE_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/span.h"

/*
 * Sealed boxes (libsodium's crypto_box_seal: X25519, XSalsa20-Poly1305 with a key made for the one box):
 * whoever has the public key can close one, and only the holder of the secret key can open it, the sealer
 * included.
 *
 * What is sealed carries the number it is about, so that a box put into another's place is noticed when it is
 * opened, and is padded to a multiple of SEAL_BLOCK, so that its length says nothing about a name or a
 * number.
 *
 * A box travels and is stored as text: base 64 (RFC 4648 §4, with padding). digest_start() first.
 */
#define SEAL_KEY_SIZE 32
#define SEAL_BLOCK    256 /* bytes */
#define SEAL_OVERHEAD 48  /* of the box: a public key and a tag */

/* The longest text that is sealed is that of contact details; eight bytes of number, one at least of padding.
 */
#define SEAL_PADDED_MAX	   ((CONTACT_SIZE_MAX + 8) / SEAL_BLOCK * SEAL_BLOCK + SEAL_BLOCK)
#define SEAL_BOX_SIZE_MAX  (SEAL_PADDED_MAX + SEAL_OVERHEAD)
#define SEAL_TEXT_SIZE_MAX (SEALED_SIZE_MAX + 1) /* with NUL */

struct seal_key {
	uint8_t bytes[SEAL_KEY_SIZE];
};

/* Seals `text`, at most CONTACT_SIZE_MAX bytes, about `number`. Two boxes of one text differ. Our own copies
 * of the text are wiped. */
void seal_close(const struct seal_key *public_key, int64_t number, struct span text,
	char ret_box[static SEAL_TEXT_SIZE_MAX]);

enum seal_outcome {
	SEAL_OPENED,
	SEAL_NO_BOX,	/* not base 64, or of a size that no box has */
	SEAL_OTHER_KEY, /* sealed for another key, or altered since */
	SEAL_MISPLACED, /* a true box, about another number than this one */
};

/* Opens a box that should be about `number`; the text is written with a NUL, and the caller wipes it. */
enum seal_outcome seal_open(const struct seal_key *public_key, const struct seal_key *secret_key,
	int64_t number, struct span box, char ret_text[static CONTACT_SIZE_MAX + 1]);

#endif
