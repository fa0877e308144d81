#include "base/seal.h"

#include <assert.h>
#include <endian.h>
#include <sodium.h>
#include <string.h>

#include "base/assert.h"

static_assert(SEAL_KEY_SIZE == crypto_box_PUBLICKEYBYTES, "libsodium's public keys");
static_assert(SEAL_KEY_SIZE == crypto_box_SECRETKEYBYTES, "libsodium's secret keys");
static_assert(SEAL_OVERHEAD == crypto_box_SEALBYTES, "libsodium's box");
static_assert(
	SEAL_TEXT_SIZE_MAX == sodium_base64_ENCODED_LEN(SEAL_BOX_SIZE_MAX, sodium_base64_VARIANT_ORIGINAL),
	"libsodium's base 64");

void seal_close(const struct seal_key *public_key, int64_t number, struct span text,
	char ret_box[static SEAL_TEXT_SIZE_MAX])
{
	REQUIRE(text.size > 0 && text.size <= CONTACT_SIZE_MAX);
	uint8_t plain[SEAL_PADDED_MAX], box[SEAL_BOX_SIZE_MAX];
	uint64_t about = htobe64((uint64_t)number);
	size_t size = 0;
	memcpy(plain, &about, sizeof(about));
	memcpy(plain + sizeof(about), text.data, text.size);
	int r = sodium_pad(&size, plain, sizeof(about) + text.size, SEAL_BLOCK, sizeof(plain));
	ENSURE(r == 0);
	r = crypto_box_seal(box, plain, size, public_key->bytes);
	sodium_memzero(plain, sizeof(plain));
	ENSURE(r == 0);
	sodium_bin2base64(
		ret_box, SEAL_TEXT_SIZE_MAX, box, size + SEAL_OVERHEAD, sodium_base64_VARIANT_ORIGINAL);
}

/* The text of an opened box, if it is about `number`. */
static enum seal_outcome read_plain(
	const uint8_t *plain, size_t size, int64_t number, char ret_text[static CONTACT_SIZE_MAX + 1])
{
	uint64_t about;
	size_t used;
	if (sodium_unpad(&used, plain, size, SEAL_BLOCK) != 0 || used < sizeof(about) ||
		used - sizeof(about) > CONTACT_SIZE_MAX)
		return SEAL_NO_BOX;
	memcpy(&about, plain, sizeof(about));
	if ((int64_t)be64toh(about) != number)
		return SEAL_MISPLACED;
	memcpy(ret_text, plain + sizeof(about), used - sizeof(about));
	ret_text[used - sizeof(about)] = '\0';
	return SEAL_OPENED;
}

enum seal_outcome seal_open(const struct seal_key *public_key, const struct seal_key *secret_key,
	int64_t number, struct span box, char ret_text[static CONTACT_SIZE_MAX + 1])
{
	uint8_t bytes[SEAL_BOX_SIZE_MAX], plain[SEAL_PADDED_MAX];
	size_t size;
	if (sodium_base642bin(bytes, sizeof(bytes), box.data, box.size, NULL, &size, NULL,
		    sodium_base64_VARIANT_ORIGINAL) != 0 ||
		size < SEAL_OVERHEAD + SEAL_BLOCK)
		return SEAL_NO_BOX;
	if (crypto_box_seal_open(plain, bytes, size, public_key->bytes, secret_key->bytes) != 0)
		return SEAL_OTHER_KEY;
	enum seal_outcome outcome = read_plain(plain, size - SEAL_OVERHEAD, number, ret_text);
	sodium_memzero(plain, sizeof(plain));
	return outcome;
}
