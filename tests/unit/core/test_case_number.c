#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "daemon/core/case.h"
#include "tests/lib/prng.h"

static const struct {
	int year, month, day;
	int64_t sequence;
	int64_t id;
	const char *text;
} examples[] = {
	{2026, 9, 30, 1, 20260930000001, "20260930-000001-7"},
	{2024, 12, 31, 999999, 20241231999999, "20241231-999999-2"},
	{1970, 1, 1, 1, 19700101000001, "19700101-000001-4"},
	{2026, 9, 28, 42, 20260928000042, "20260928-000042-2"},
	{9999, 12, 31, 999999, 99991231999999, "99991231-999999-4"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_number_prints_and_parses_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		int64_t id = case_number_id(
			examples[i].year, examples[i].month, examples[i].day, examples[i].sequence);
		assert_int_equal(id, examples[i].id);
		char text[CASE_NUMBER_SIZE];
		case_number_print(id, text);
		assert_string_equal(text, examples[i].text);
		int64_t parsed = 0;
		assert_true(case_number_parse(span_of_string(text), &parsed));
		assert_int_equal(parsed, id);
	}
}

static void what_is_no_number_is_refused_and_nothing_written(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"20260930-000001-",
		"20260930-000001-8",  /* wrong check digit */
		"20260930-000001-77", /* too long */
		"20260930000001-7",
		"20260930_000001-7",
		"20260930-000001_7",
		"2026093a-000001-7",
		"20260930-00000 -7",
		"20260930-000001-X",
		"-0260930-000001-7",
		"00000000-000000-2", /* the check digit is right, the number is none */
		"20260930-000000-9",
		"20261330-000001-1",
		"２０２６",
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t id = 77;
		assert_false(case_number_parse(span_of_string(bad[i]), &id));
		assert_int_equal(id, 77);
	}
}

/* Implausible dates with the check digit they would have: only the plausibility rule refuses them. */
static void a_right_check_digit_does_not_excuse_an_impossible_date(void **state)
{
	(void)state;
	static const char *const stems[] = {"00000000-000000-", "20260930-000000-", "20261330-000001-",
		"20260030-000001-", "20260932-000001-", "20260900-000001-", "19691231-000001-"};
	for (size_t i = 0; i < COUNT(stems); i++)
		for (char check = '0'; check <= '9'; check++) {
			char text[CASE_NUMBER_SIZE];
			memcpy(text, stems[i], CASE_NUMBER_SIZE - 2);
			text[CASE_NUMBER_SIZE - 2] = check;
			text[CASE_NUMBER_SIZE - 1] = '\0';
			int64_t id;
			assert_false(case_number_parse(span_of_string(text), &id));
		}
}

static int64_t draw_id(struct prng *prng)
{
	return case_number_id(1970 + (int)prng_below(prng, 8030), 1 + (int)prng_below(prng, 12),
		1 + (int)prng_below(prng, 31), 1 + (int64_t)prng_below(prng, CASES_PER_DAY_MAX));
}

static void every_single_wrong_digit_is_noticed(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int run = 0; run < 2000; run++) {
		char text[CASE_NUMBER_SIZE];
		case_number_print(draw_id(&prng), text);
		for (int at = 0; at < CASE_NUMBER_SIZE - 1; at++) {
			char right = text[at];
			for (char wrong = '0'; wrong <= '9'; wrong++) {
				if (wrong == right)
					continue;
				text[at] = wrong;
				int64_t id;
				assert_false(case_number_parse(span_of_string(text), &id));
			}
			text[at] = right;
		}
	}
}

/* The standard promises "almost all": the pairs it misses are one in a hundred at most. */
static void swapped_neighbours_are_nearly_always_noticed(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	int swaps = 0, missed = 0;
	for (int run = 0; run < 5000; run++) {
		char text[CASE_NUMBER_SIZE];
		case_number_print(draw_id(&prng), text);
		for (int at = 9; at < 14; at++) {
			if (text[at] == text[at + 1])
				continue;
			char swapped[CASE_NUMBER_SIZE];
			memcpy(swapped, text, sizeof(swapped));
			swapped[at] = text[at + 1];
			swapped[at + 1] = text[at];
			int64_t id;
			swaps++;
			missed += case_number_parse(span_of_string(swapped), &id);
		}
	}
	assert_true(swaps > 10000);
	assert_true(missed * 40 < swaps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_prints_and_parses_back),
		cmocka_unit_test(what_is_no_number_is_refused_and_nothing_written),
		cmocka_unit_test(a_right_check_digit_does_not_excuse_an_impossible_date),
		cmocka_unit_test(every_single_wrong_digit_is_noticed),
		cmocka_unit_test(swapped_neighbours_are_nearly_always_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
