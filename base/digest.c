#include "base/digest.h"

#include <sodium.h>

#include "base/assert.h"

void digest_start(void)
{
	ENSURE(sodium_init() >= 0);
}

struct digest digest_of(struct span data)
{
	struct digest digest;
	crypto_generichash(digest.bytes, DIGEST_SIZE, (const uint8_t *)data.data, data.size, NULL, 0);
	return digest;
}

struct digest digest_keyed(const struct digest_key *key, struct span data)
{
	REQUIRE(key);
	struct digest digest;
	crypto_generichash(digest.bytes, DIGEST_SIZE, (const uint8_t *)data.data, data.size, key->bytes,
		DIGEST_KEY_SIZE);
	return digest;
}

void digest_key_wipe(struct digest_key *key)
{
	REQUIRE(key);
	sodium_memzero(key, sizeof(*key));
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return sodium_memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

bool digest_is_zero(const struct digest *self)
{
	return sodium_is_zero(self->bytes, DIGEST_SIZE) == 1;
}

void digest_to_hex(const struct digest *self, char ret_hex[static DIGEST_HEX_SIZE])
{
	sodium_bin2hex(ret_hex, DIGEST_HEX_SIZE, self->bytes, DIGEST_SIZE);
}
