#include "wire/keys.h"

#include <string.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/digest.h"

static bool is_z85(struct span text)
{
	static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       ".-:+=^!/*?&<>()[]{}@%$#";
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == 0 || !strchr(alphabet, text.data[i]))
			return false;
	return true;
}

bool wire_key_parse(struct span text, struct wire_key *ret_key, struct fault *fault)
{
	REQUIRE(ret_key && fault);
	if (text.size != WIRE_KEY_TEXT_SIZE - 1)
		return fault_set(
			fault, "a key has %d characters, this has %zu", WIRE_KEY_TEXT_SIZE - 1, text.size);
	if (!is_z85(text))
		return fault_set(fault, "a character that no key has (keys are written in Z85)");
	char copy[WIRE_KEY_TEXT_SIZE];
	bool fits = span_copy(text, copy, sizeof(copy));
	ENSURE(fits);

	/* libzmq checks the range: five characters can name more than four bytes hold. */
	struct wire_key key;
	bool decoded = zmq_z85_decode(key.public_key, copy) != NULL;
	if (decoded)
		*ret_key = key;
	else
		fault_set(fault, "not a key: out of Z85's range");
	explicit_bzero(copy, sizeof(copy));
	explicit_bzero(&key, sizeof(key));
	return decoded;
}

void wire_key_print(const struct wire_key *self, char ret_text[static WIRE_KEY_TEXT_SIZE])
{
	REQUIRE(self);
	char *text = zmq_z85_encode(ret_text, self->public_key, WIRE_KEY_SIZE);
	ENSURE(text);
}

bool wire_key_equal(const struct wire_key *a, const struct wire_key *b)
{
	return memcmp(a->public_key, b->public_key, WIRE_KEY_SIZE) == 0;
}

void wire_key_fingerprint(const struct wire_key *self, char ret_text[static WIRE_FINGERPRINT_SIZE])
{
	REQUIRE(self);
	struct digest digest = digest_of(span_of(self->public_key, WIRE_KEY_SIZE));
	char hex[DIGEST_HEX_SIZE];
	digest_to_hex(&digest, hex);
	memcpy(ret_text, hex, WIRE_FINGERPRINT_SIZE - 1);
	ret_text[WIRE_FINGERPRINT_SIZE - 1] = 0;
}

void wire_key_pair_generate(struct wire_key_pair *ret_pair)
{
	REQUIRE(ret_pair);
	char public_text[WIRE_KEY_TEXT_SIZE];
	char secret_text[WIRE_KEY_TEXT_SIZE];
	/* It fails only in a libzmq that was built without CURVE. */
	int r = zmq_curve_keypair(public_text, secret_text);
	ENSURE(r == 0);
	const uint8_t *public_key = zmq_z85_decode(ret_pair->key.public_key, public_text);
	const uint8_t *secret_key = zmq_z85_decode(ret_pair->secret_key, secret_text);
	ENSURE(public_key && secret_key);
	explicit_bzero(secret_text, sizeof(secret_text));
}

void wire_key_pair_wipe(struct wire_key_pair *self)
{
	REQUIRE(self);
	explicit_bzero(self, sizeof(*self));
}
