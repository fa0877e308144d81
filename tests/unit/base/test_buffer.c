#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "tests/lib/prng.h"

static void test_bytes_are_appended_in_order(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_NULL;
	assert_int_equal(buffer_span(&buffer).size, 0);
	assert_string_equal(buffer_string(&buffer), "");
	buffer_append(&buffer, NULL, 0);
	buffer_append(&buffer, "ab", 2);
	buffer_append_byte(&buffer, 'c');
	buffer_append_span(&buffer, SPAN_LITERAL("de"));
	buffer_append_span(&buffer, SPAN_EMPTY);
	buffer_printf(&buffer, "%d%s", 42, "!");
	assert_string_equal(buffer_string(&buffer), "abcde42!");
	assert_int_equal(buffer.size, 8); /* the closing NUL is not content */
	buffer_append_byte(&buffer, 'z');
	assert_string_equal(buffer_string(&buffer), "abcde42!z");
	buffer_clear(&buffer);
	assert_int_equal(buffer.size, 0);
	assert_true(buffer.capacity > 0);
	buffer_deinit(&buffer);
	assert_null(buffer.data);
	buffer_deinit(&buffer);
	buffer_deinit(NULL);
}

static void test_numbers_are_big_endian(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_NULL;
	buffer_append_u32(&buffer, 0x01020304);
	buffer_append_u64(&buffer, UINT64_C(0xf1f2f3f4f5f6f7f8));
	static const uint8_t expected[] = {1, 2, 3, 4, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8};
	assert_int_equal(buffer.size, sizeof(expected));
	assert_memory_equal(buffer.data, expected, sizeof(expected));
	buffer_deinit(&buffer);
}

static void test_prefixed_fields_never_run_into_each_other(void **state)
{
	(void)state;
	struct buffer one = BUFFER_NULL, two = BUFFER_NULL;
	buffer_append_prefixed(&one, SPAN_LITERAL("ab"));
	buffer_append_prefixed(&one, SPAN_LITERAL("c"));
	buffer_append_prefixed(&two, SPAN_LITERAL("a"));
	buffer_append_prefixed(&two, SPAN_LITERAL("bc"));
	assert_int_equal(one.size, two.size);
	assert_false(span_equal(buffer_span(&one), buffer_span(&two)));
	buffer_clear(&one);
	buffer_append_prefixed(&one, SPAN_EMPTY);
	assert_true(span_equal(buffer_span(&one), span_of("\0\0\0\0", 4)));
	buffer_deinit(&one);
	buffer_deinit(&two);
}

static void test_growing_keeps_every_byte(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	struct buffer buffer = BUFFER_NULL;
	size_t size = 0;
	static uint8_t model[1 << 18], piece[2000];
	while (size < sizeof(model) - sizeof(piece)) {
		size_t length = prng_below(&prng, sizeof(piece));
		for (size_t i = 0; i < length; i++)
			piece[i] = model[size + i] = (uint8_t)prng_next(&prng);
		buffer_append(&buffer, piece, length);
		size += length;
		assert_int_equal(buffer.size, size);
	}
	assert_memory_equal(buffer.data, model, size);
	buffer_deinit(&buffer);
}

static void test_printing_more_than_fits_grows(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_NULL;
	for (int width = 1; width <= 1000; width++)
		buffer_printf(&buffer, "%*d", width, 7);
	assert_int_equal(buffer.size, 1000 * 1001 / 2);
	assert_int_equal(buffer.data[buffer.size - 1], '7');
	buffer_deinit(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_appended_in_order),
		cmocka_unit_test(test_numbers_are_big_endian),
		cmocka_unit_test(test_prefixed_fields_never_run_into_each_other),
		cmocka_unit_test(test_growing_keeps_every_byte),
		cmocka_unit_test(test_printing_more_than_fits_grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
