#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/digest.h"

static void assert_hex(struct digest digest, const char *expected)
{
	char hex[DIGEST_HEX_SIZE];
	digest_to_hex(&digest, hex);
	assert_string_equal(hex, expected);
}

/* Computed with another implementation: Python's hashlib.blake2b(…, digest_size=32). */
static void test_digests_are_blake2b_256(void **state)
{
	(void)state;
	assert_hex(digest_of(SPAN_EMPTY), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	assert_hex(digest_of(SPAN_LITERAL("abc")),
		"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	assert_hex(digest_of(SPAN_LITERAL("问政")),
		"4061841b51c3b54dad3ddec0f5138cb1ff7f897f08a87f59e5e71a554ba96838");
	struct digest_key key;
	for (size_t i = 0; i < DIGEST_KEY_SIZE; i++)
		key.bytes[i] = (uint8_t)i;
	assert_hex(digest_keyed(&key, SPAN_LITERAL("abc")),
		"d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f");
}

static void test_a_wiped_key_is_gone(void **state)
{
	(void)state;
	static const uint8_t zero[DIGEST_KEY_SIZE];
	struct digest_key key;
	memset(key.bytes, 0xa5, sizeof(key.bytes));
	digest_key_wipe(&key);
	assert_memory_equal(key.bytes, zero, sizeof(zero));
}

static void test_digests_are_compared_in_every_byte(void **state)
{
	(void)state;
	struct digest one = digest_of(SPAN_LITERAL("x")), other = one, zero = {{0}};
	assert_true(digest_equal(&one, &other));
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		other = one;
		other.bytes[i] ^= 1;
		assert_false(digest_equal(&one, &other));
		struct digest nearly = zero;
		nearly.bytes[i] = 1;
		assert_false(digest_is_zero(&nearly));
	}
	assert_true(digest_is_zero(&zero));
	assert_int_equal(digest_span(&one).size, DIGEST_SIZE);
	assert_ptr_equal(digest_span(&one).data, one.bytes);
}

static void test_pieces_make_the_digest_of_the_whole(void **state)
{
	(void)state;
	static const char text[] = "The quick brown fox jumps over the lazy dog";
	struct digest whole = digest_of(SPAN_LITERAL(text));
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		struct digest_stream stream;
		digest_stream_init(&stream);
		digest_stream_add(&stream, span_of(text, cut));
		digest_stream_add(&stream, SPAN_EMPTY);
		digest_stream_add(&stream, span_of(text + cut, strlen(text) - cut));
		struct digest pieces = digest_stream_end(&stream);
		assert_true(digest_equal(&whole, &pieces));
	}
}

static void test_hex_is_read_back_and_nothing_else_is(void **state)
{
	(void)state;
	struct digest digest = digest_of(SPAN_LITERAL("x")), back = {{0}};
	char hex[DIGEST_HEX_SIZE];
	digest_to_hex(&digest, hex);
	assert_true(digest_from_hex(span_of_string(hex), &back) && digest_equal(&digest, &back));
	struct digest kept = back;
	assert_false(digest_from_hex(span_of(hex, DIGEST_HEX_SIZE - 2), &back));
	hex[5] = 'g';
	assert_false(digest_from_hex(span_of_string(hex), &back));
	hex[5] = ' ';
	assert_false(digest_from_hex(span_of_string(hex), &back));
	assert_true(digest_equal(&kept, &back));
}

static int start(void **state)
{
	(void)state;
	digest_start();
	digest_start(); /* a second start is harmless */
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests_are_blake2b_256),
		cmocka_unit_test(test_a_wiped_key_is_gone),
		cmocka_unit_test(test_digests_are_compared_in_every_byte),
		cmocka_unit_test(test_pieces_make_the_digest_of_the_whole),
		cmocka_unit_test(test_hex_is_read_back_and_nothing_else_is),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
