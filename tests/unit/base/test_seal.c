#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/seal.h"
#include "tests/lib/prng.h"

struct office {
	struct seal_key public_key, secret_key;
};

static struct office office_new(void)
{
	struct office office;
	crypto_box_keypair(office.public_key.bytes, office.secret_key.bytes);
	return office;
}

static enum seal_outcome open_box(
	const struct office *office, int64_t number, const char *box, char *ret_text)
{
	return seal_open(&office->public_key, &office->secret_key, number, span_of_string(box), ret_text);
}

static void what_was_sealed_comes_out_whole_and_only_with_the_secret_key(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	struct office office = office_new(), other = office_new();
	for (int round = 0; round < 300; round++) {
		char text[CONTACT_SIZE_MAX + 1], box[SEAL_TEXT_SIZE_MAX], opened[CONTACT_SIZE_MAX + 1];
		size_t size = round == 0 ? CONTACT_SIZE_MAX : 1 + prng_below(&prng, CONTACT_SIZE_MAX);
		for (size_t i = 0; i < size; i++)
			text[i] = (char)(1 + prng_below(&prng, 255));
		text[size] = '\0';
		int64_t number = (int64_t)prng_next(&prng);
		seal_close(&office.public_key, number, span_of(text, size), box);
		assert_true(strlen(box) <= SEALED_SIZE_MAX);
		assert_int_equal(open_box(&office, number, box, opened), SEAL_OPENED);
		assert_string_equal(opened, text);
		assert_int_equal(open_box(&other, number, box, opened), SEAL_OTHER_KEY);
		assert_int_equal(open_box(&office, number ^ 1, box, opened), SEAL_MISPLACED);
	}
}

static void nothing_of_the_text_and_its_length_shows(void **state)
{
	(void)state;
	struct office office = office_new();
	char one[SEAL_TEXT_SIZE_MAX], again[SEAL_TEXT_SIZE_MAX], longer[SEAL_TEXT_SIZE_MAX];
	seal_close(&office.public_key, 7, SPAN_LITERAL("a"), one);
	seal_close(&office.public_key, 7, SPAN_LITERAL("a"), again);
	assert_string_not_equal(one, again);
	char text[SEAL_BLOCK - 9];
	memset(text, 'b', sizeof(text));
	seal_close(&office.public_key, 7, span_of(text, sizeof(text)), longer);
	assert_int_equal(strlen(one), strlen(longer));
	assert_null(strstr(longer, "bbbb"));
}

static void an_altered_box_stays_shut(void **state)
{
	(void)state;
	struct office office = office_new();
	char box[SEAL_TEXT_SIZE_MAX], bad[SEAL_TEXT_SIZE_MAX], opened[CONTACT_SIZE_MAX + 1] = "untouched";
	seal_close(&office.public_key, 7, SPAN_LITERAL("nobody"), box);
	size_t size = strlen(box);
	for (size_t i = 0; i < size; i++) {
		memcpy(bad, box, size + 1);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(open_box(&office, 7, bad, opened), SEAL_OPENED);
	}
	for (size_t cut = 0; cut < size; cut++) {
		memcpy(bad, box, size + 1);
		bad[cut] = '\0';
		assert_int_not_equal(open_box(&office, 7, bad, opened), SEAL_OPENED);
	}
	assert_int_equal(open_box(&office, 7, "", opened), SEAL_NO_BOX);
	assert_int_equal(open_box(&office, 7, "not base 64!", opened), SEAL_NO_BOX);
	assert_string_equal(opened, "untouched");
}

/* A box that another program made, or that is none of ours inside. */
static void a_true_box_with_a_wrong_inside_is_no_box(void **state)
{
	(void)state;
	struct office office = office_new();
	static const size_t sizes[] = {SEAL_BLOCK, 2 * SEAL_BLOCK, SEAL_PADDED_MAX};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		/* Padding of libsodium ends in 80 00 …: zeros alone are none; 80 at once leaves no number. */
		for (int first = 0; first < 2; first++) {
			uint8_t plain[SEAL_PADDED_MAX] = {0}, box[SEAL_BOX_SIZE_MAX];
			char text[SEAL_TEXT_SIZE_MAX], opened[CONTACT_SIZE_MAX + 1];
			plain[0] = first ? 0x80 : 0;
			crypto_box_seal(box, plain, sizes[i], office.public_key.bytes);
			sodium_bin2base64(text, sizeof(text), box, sizes[i] + SEAL_OVERHEAD,
				sodium_base64_VARIANT_ORIGINAL);
			assert_int_equal(open_box(&office, 0, text, opened), SEAL_NO_BOX);
		}
	}
}

static void a_true_box_with_more_in_it_than_contact_details_may_be_is_no_box(void **state)
{
	(void)state;
	struct office office = office_new();
	for (int more = 0; more < 2; more++) {
		uint8_t plain[SEAL_PADDED_MAX] = {0}, box[SEAL_BOX_SIZE_MAX];
		char text[SEAL_TEXT_SIZE_MAX], opened[CONTACT_SIZE_MAX + 1];
		memset(plain + 8, 'a', CONTACT_SIZE_MAX + 1);
		plain[8 + CONTACT_SIZE_MAX + more] = 0x80;
		crypto_box_seal(box, plain, sizeof(plain), office.public_key.bytes);
		sodium_bin2base64(text, sizeof(text), box, sizeof(box), sodium_base64_VARIANT_ORIGINAL);
		assert_int_equal(
			open_box(&office, 0, text, opened), more ? SEAL_NO_BOX : SEAL_OPENED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_comes_out_whole_and_only_with_the_secret_key),
		cmocka_unit_test(nothing_of_the_text_and_its_length_shows),
		cmocka_unit_test(an_altered_box_stays_shut),
		cmocka_unit_test(a_true_box_with_a_wrong_inside_is_no_box),
		cmocka_unit_test(a_true_box_with_more_in_it_than_contact_details_may_be_is_no_box),
	};
	digest_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
