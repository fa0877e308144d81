#include "tests/unit/calendar/facts.h"

#include "calendar/ical_lines.h"

static void expect(struct ical_lines *lines, const char *text, uint32_t number)
{
	struct span line;
	uint32_t at;
	if (!ical_lines_next(lines, &line, &at))
		fail_msg("no line, expected \"%s\"", text);
	if (!span_equal_string(line, text) || at != number)
		fail_msg("expected %u \"%s\", got %u \"%.*s\"", number, text, at, SPAN_PRINT(line));
}

static void test_lines_are_unfolded_and_keep_the_number_of_their_first_part(void **state)
{
	(void)state;
	struct ical_lines lines;
	ical_lines_init(&lines, SPAN_LITERAL("\xef\xbb\xbf"
					     "BEGIN:VCALENDAR\r\n\r\nSUMMARY:a\r\n b\n\tc\nEND:X\r\nLAST"));
	struct span line;
	uint32_t number;
	expect(&lines, "BEGIN:VCALENDAR", 1);
	expect(&lines, "SUMMARY:abc", 3);
	expect(&lines, "END:X", 6);
	expect(&lines, "LAST", 7);
	assert_false(ical_lines_next(&lines, &line, &number));
	ical_lines_deinit(&lines);
}

static void test_a_character_folded_in_two_becomes_whole_again(void **state)
{
	(void)state;
	struct ical_lines lines;
	ical_lines_init(&lines, SPAN_LITERAL("SUMMARY:\xe6\x98\r\n \xa5节\r\n"));
	expect(&lines, "SUMMARY:春节", 1);
	ical_lines_deinit(&lines);
}

static void test_odd_ends_are_no_trouble(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "\n", "\r\n\r\n", " ", "\xef\xbb\xbf", "\xef\xbb", "a\n ", " a\n b"};
	static const size_t counts[] = {0, 0, 0, 1, 0, 1, 1, 1};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ical_lines lines;
		ical_lines_init(&lines, span_of_string(texts[i]));
		struct span line;
		uint32_t number;
		size_t count = 0;
		while (ical_lines_next(&lines, &line, &number))
			count++;
		if (count != counts[i])
			fail_msg("text %zu gave %zu lines", i, count);
		ical_lines_deinit(&lines);
	}
}

static void test_name_and_value_are_found_beside_parameters(void **state)
{
	(void)state;
	static const struct {
		const char *line, *name, *value;
	} facts[] = {
		{"SUMMARY:a:b", "SUMMARY", "a:b"},
		{"dtstart;value=date:20260101", "dtstart", "20260101"},
		{"X;P=\"a:b;c\":v", "X", "v"},
		{"NOTHING", "NOTHING", ""},
		{":v", "", "v"},
		{"X;P=\"never closed:v", "X", ""},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct span line = span_of_string(facts[i].line);
		assert_true(span_equal_string(ical_lines_name(line), facts[i].name));
		assert_true(span_equal_string(ical_lines_value(line), facts[i].value));
	}
	assert_true(ical_lines_same_name(SPAN_LITERAL("dtStart"), "DTSTART"));
	assert_false(ical_lines_same_name(SPAN_LITERAL("DTSTARTX"), "DTSTART"));
	assert_false(ical_lines_same_name(SPAN_EMPTY, "DTSTART"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_unfolded_and_keep_the_number_of_their_first_part),
		cmocka_unit_test(test_a_character_folded_in_two_becomes_whole_again),
		cmocka_unit_test(test_odd_ends_are_no_trouble),
		cmocka_unit_test(test_name_and_value_are_found_beside_parameters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
