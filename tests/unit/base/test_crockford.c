#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "base/crockford.h"
#include "tests/lib/prng.h"

static void test_known_codes_are_written_and_read(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[CROCKFORD_BYTES];
		const char *text;
	} facts[] = {
		{{0}, "0000000000000000"},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "ZZZZZZZZZZZZZZZZ"},
		{{0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, "0000000000000001"},
		{{0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "G000000000000000"},
		{{0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf}, "0123456789ABCDEF"},
		{{0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf}, "GHJKMNPQRSTVWXYZ"},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char text[CROCKFORD_SIZE];
		uint8_t back[CROCKFORD_BYTES];
		crockford_encode(facts[i].bytes, text);
		assert_string_equal(text, facts[i].text);
		assert_true(crockford_decode(span_of_string(facts[i].text), back));
		assert_memory_equal(back, facts[i].bytes, CROCKFORD_BYTES);
	}
}

static void test_reading_forgives_what_people_do(void **state)
{
	(void)state;
	static const char *const same[] = {"0123456789ABCDEF", "0123-4567-89AB-CDEF", "0123456789abcdef",
		"OI23456789ABCDEF", "oL23-456789aBcDeF", "o-i-2-3456789ABCDEF-", "--0l23456789ABCDEF"};
	uint8_t expected[CROCKFORD_BYTES], read[CROCKFORD_BYTES];
	assert_true(crockford_decode(span_of_string(same[0]), expected));
	for (size_t i = 1; i < sizeof(same) / sizeof(same[0]); i++) {
		if (!crockford_decode(span_of_string(same[i]), read))
			fail_msg("refused %s", same[i]);
		assert_memory_equal(read, expected, CROCKFORD_BYTES);
	}
}

static void test_what_is_no_code_is_refused_and_nothing_is_written(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "-", "0123456789ABCDE", "0123456789ABCDEFG",
		"0123456789ABCDEU", "0123456789ABCDE ", "0123456789ABCDE*", "0123456789ABCDEé",
		"0123456789ABCD\xff\xff"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t bytes[CROCKFORD_BYTES];
		memset(bytes, 0x55, sizeof(bytes));
		if (crockford_decode(span_of_string(wrong[i]), bytes))
			fail_msg("took %s", wrong[i]);
		for (size_t b = 0; b < sizeof(bytes); b++)
			assert_int_equal(bytes[b], 0x55);
	}
	uint8_t bytes[CROCKFORD_BYTES];
	assert_false(crockford_decode(span_of("0123456789ABCDE\0", 16), bytes));
}

static void test_any_bytes_survive_writing_and_reading(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[CROCKFORD_BYTES], back[CROCKFORD_BYTES];
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)prng_next(&prng);
		char text[CROCKFORD_SIZE];
		crockford_encode(bytes, text);
		assert_int_equal(strlen(text), 16);
		assert_null(strpbrk(text, "ILOU"));
		for (char *c = text; *c; c++)
			if (prng_chance(&prng, 50))
				*c = (char)tolower((unsigned char)*c);
		assert_true(crockford_decode(span_of_string(text), back));
		assert_memory_equal(back, bytes, sizeof(bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_codes_are_written_and_read),
		cmocka_unit_test(test_reading_forgives_what_people_do),
		cmocka_unit_test(test_what_is_no_code_is_refused_and_nothing_is_written),
		cmocka_unit_test(test_any_bytes_survive_writing_and_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
