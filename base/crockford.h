#ifndef WENZHENG_BASE_CROCKFORD_H
#define WENZHENG_BASE_CROCKFORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Base 32 after Douglas Crockford: digits and letters without I, L, O, U, so that a person can read a code
 * aloud. 80 bits are 16 characters. Reading is forgiving as the scheme asks: lower case, I and L for 1, O for
 * 0, hyphens anywhere.
 */
#define CROCKFORD_BYTES 10
#define CROCKFORD_SIZE	17 /* 16 characters and NUL */

void crockford_encode(const uint8_t bytes[static CROCKFORD_BYTES], char ret_text[static CROCKFORD_SIZE]);

/* False, and nothing written, unless the text holds exactly 16 characters of the alphabet. */
bool crockford_decode(struct span text, uint8_t ret_bytes[static CROCKFORD_BYTES]);

#endif
