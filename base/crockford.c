#include "base/crockford.h"

#include <ctype.h>

#include "base/assert.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void crockford_encode(const uint8_t bytes[static CROCKFORD_BYTES], char ret_text[static CROCKFORD_SIZE])
{
	unsigned bits = 0;
	uint32_t pool = 0;
	size_t length = 0;
	for (size_t i = 0; i < CROCKFORD_BYTES; i++) {
		pool = (pool << 8) | bytes[i];
		for (bits += 8; bits >= 5; bits -= 5)
			ret_text[length++] = alphabet[(pool >> (bits - 5)) & 31];
	}
	ENSURE(length == CROCKFORD_SIZE - 1 && bits == 0);
	ret_text[length] = '\0';
}

/* The value of one character, or -1. */
static int value_of(char character)
{
	char upper = (char)toupper((unsigned char)character);
	if (upper == 'I' || upper == 'L')
		return 1;
	if (upper == 'O')
		return 0;
	const char *at = upper ? strchr(alphabet, upper) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

bool crockford_decode(struct span text, uint8_t ret_bytes[static CROCKFORD_BYTES])
{
	uint8_t bytes[CROCKFORD_BYTES];
	unsigned bits = 0;
	uint32_t pool = 0;
	size_t size = 0;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '-')
			continue;
		int value = value_of(text.data[i]);
		if (value < 0 || size == CROCKFORD_BYTES)
			return false;
		pool = (pool << 5) | (uint32_t)value;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			bytes[size++] = (uint8_t)(pool >> bits);
		}
	}
	if (size != CROCKFORD_BYTES)
		return false;
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return true;
}
