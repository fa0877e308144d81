#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/span.h"

static void test_spans_are_equal_by_their_bytes(void **state)
{
	(void)state;
	assert_true(span_equal(SPAN_EMPTY, span_of("x", 0)));
	assert_true(span_equal(SPAN_LITERAL("ab"), span_of("abc", 2)));
	assert_false(span_equal(SPAN_LITERAL("ab"), SPAN_LITERAL("abc")));
	assert_false(span_equal(SPAN_LITERAL("ab"), SPAN_LITERAL("ac")));
	assert_true(span_equal(span_of("a\0b", 3), span_of("a\0b", 3)));
	assert_false(span_equal(span_of("a\0b", 3), span_of("a\0c", 3)));
	assert_true(span_equal_string(SPAN_LITERAL("ab"), "ab"));
	assert_false(span_equal_string(span_of("ab\0", 3), "ab"));
	assert_true(span_equal_string(SPAN_EMPTY, NULL));
	assert_int_equal(span_of_string(NULL).size, 0);
}

static void test_a_needle_is_found_wherever_it_stands(void **state)
{
	(void)state;
	static const struct {
		const char *hay, *needle;
		bool found;
	} facts[] = {
		{"路灯不亮", "路灯", true},
		{"路灯不亮", "不亮", true},
		{"路灯不亮", "灯不", true},
		{"路灯不亮", "亮灯", false},
		{"abc", "abc", true},
		{"abc", "abcd", false},
		{"abc", "", true},
		{"", "", true},
		{"", "a", false},
		{"aab", "ab", true},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		assert_int_equal(span_contains(span_of_string(facts[i].hay), span_of_string(facts[i].needle)),
			facts[i].found);
	assert_true(span_contains(span_of("a\0b", 3), span_of("\0b", 2)));
	assert_true(span_contains(SPAN_EMPTY, SPAN_EMPTY));
	assert_false(span_contains(SPAN_EMPTY, SPAN_LITERAL("a")));
}

static void test_copying_needs_room_for_the_closing_nul(void **state)
{
	(void)state;
	char to[4] = "xxx";
	assert_false(span_copy(SPAN_LITERAL("abcd"), to, sizeof(to)));
	assert_string_equal(to, "xxx");
	assert_true(span_copy(SPAN_LITERAL("abc"), to, sizeof(to)));
	assert_string_equal(to, "abc");
	assert_true(span_copy(SPAN_EMPTY, to, 1));
	assert_string_equal(to, "");
	assert_false(span_copy(SPAN_EMPTY, to, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans_are_equal_by_their_bytes),
		cmocka_unit_test(test_a_needle_is_found_wherever_it_stands),
		cmocka_unit_test(test_copying_needs_room_for_the_closing_nul),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
