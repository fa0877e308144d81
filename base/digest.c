#include "base/digest.h"

#include <assert.h>
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

static_assert(sizeof(struct digest_stream) == sizeof(crypto_generichash_state), "room for libsodium's state");
static_assert(_Alignof(struct digest_stream) >= _Alignof(crypto_generichash_state), "aligned as its own");

static crypto_generichash_state *state_of(struct digest_stream *self)
{
	return (crypto_generichash_state *)(void *)self->state;
}

void digest_stream_init(struct digest_stream *self)
{
	crypto_generichash_init(state_of(self), NULL, 0, DIGEST_SIZE);
}

void digest_stream_add(struct digest_stream *self, struct span piece)
{
	crypto_generichash_update(state_of(self), (const uint8_t *)piece.data, piece.size);
}

struct digest digest_stream_end(struct digest_stream *self)
{
	struct digest digest;
	crypto_generichash_final(state_of(self), digest.bytes, DIGEST_SIZE);
	return digest;
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

bool digest_from_hex(struct span hex, struct digest *ret_digest)
{
	struct digest digest;
	/* Without a place to stop at, only what is hexadecimal to its end is taken. */
	if (hex.size != DIGEST_HEX_SIZE - 1 ||
		sodium_hex2bin(digest.bytes, DIGEST_SIZE, hex.data, hex.size, NULL, NULL, NULL) != 0)
		return false;
	*ret_digest = digest;
	return true;
}
