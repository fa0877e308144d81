#include "tests/unit/calendar/facts.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/prng.h"

static void test_days_count_from_1970(void **state)
{
	(void)state;
	static const struct {
		int32_t year, month, day, days, weekday;
	} facts[] = {
		{1970, 1, 1, 0, 4},
		{1969, 12, 31, -1, 3},
		{1970, 1, 4, 3, 7},
		{2000, 2, 29, 11016, 2},
		{2000, 3, 1, 11017, 3},
		{2026, 10, 10, 20736, 6},
		{1, 1, 1, -719162, 1},
		{9999, 12, 31, 2932896, 5},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct civil_date date;
		assert_true(civil_from_ymd(facts[i].year, facts[i].month, facts[i].day, &date));
		assert_int_equal(date.days, facts[i].days);
		assert_int_equal(civil_weekday(date), facts[i].weekday);
		struct civil_ymd ymd = civil_to_ymd(date);
		assert_int_equal(ymd.year, facts[i].year);
		assert_int_equal(ymd.month, facts[i].month);
		assert_int_equal(ymd.day, facts[i].day);
	}
}

static void test_every_day_of_ten_thousand_years_follows_the_one_before(void **state)
{
	(void)state;
	static const int32_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int32_t expected = -719162, weekday = 1;
	for (int32_t year = 1; year <= 9999; year++) {
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
		for (int32_t month = 1; month <= 12; month++) {
			int32_t days = month_days[month - 1] + (month == 2 && leap);
			for (int32_t day = 1; day <= days; day++) {
				struct civil_date date;
				if (!civil_from_ymd(year, month, day, &date) || date.days != expected ||
					civil_weekday(date) != weekday)
					fail_msg("%d-%d-%d", year, month, day);
				expected++;
				weekday = weekday % 7 + 1;
			}
			struct civil_date none;
			assert_false(civil_from_ymd(year, month, days + 1, &none));
		}
	}
}

static void test_dates_that_do_not_exist_are_refused_and_nothing_is_written(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "2026", "2026-2-3", "2026-02-30", "2026-13-01", "2026-00-10",
		"2026-01-00", "2025-02-29", "2026-01-01 ", " 2026-01-01", "2026-01-01T00:00:00", "2026/01/01",
		"+026-01-01", "0000-01-01", "２026-01-01", "2026-", "2026-01", "2026-01-", "2026-01-32",
		"2026-01/01"};
	struct civil_date none;
	assert_false(civil_from_ymd(10000, 1, 1, &none));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct civil_date date = {42};
		if (civil_parse_date(span_of_string(wrong[i]), &date) || date.days != 42)
			fail_msg("took \"%s\"", wrong[i]);
	}
}

static void test_a_local_time_becomes_the_instant_it_names(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t us;
	} facts[] = {
		{"1970-01-01T08:00:00", 0},
		{"1970-01-01T08:00:00.000001", 1},
		{"1970-01-01T08:00:00.5", 500000},
		{"1970-01-01T08:00:00.123456", 123456},
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:01-01:00", INT64_C(3601000000)},
		{"2026-03-13T00:30:00", INT64_C(1773333000000000)},
		{"2026-03-12T16:30:00Z", INT64_C(1773333000000000)},
		{"2026-03-12T16:30:00.250+00:00", INT64_C(1773333000250000)},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct instant instant = {-1};
		if (!civil_parse_instant(span_of_string(facts[i].text), UTC_OFFSET_CHINA, &instant) ||
			instant.us != facts[i].us)
			fail_msg("%s became %lld", facts[i].text, (long long)instant.us);
	}
}

static void test_times_that_are_none_are_refused_and_nothing_is_written(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "2026-01-01", "2026-01-01T", "2026-01-01T24:00:00",
		"2026-01-01T00:60:00", "2026-01-01T00:00:60", "2026-01-01T0:00:00", "2026-01-01 00:00:00",
		"2026-01-01T00:00:00.", "2026-01-01T00:00:00.1234567", "2026-01-01T00:00:00+8",
		"2026-01-01T00:00:00+08:00x", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+15:00",
		"2026-02-30T00:00:00", "1970-01-01T07:59:59", "9999-12-31T23:59:59-01:00",
		"2026-01-01t00:00:00", "2026-01-01T00", "2026-01-01T00:", "2026-01-01T00:00",
		"2026-01-01T00:00:", "2026-01-01T00.00:00"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct instant instant = {42};
		if (civil_parse_instant(span_of_string(wrong[i]), UTC_OFFSET_CHINA, &instant) ||
			instant.us != 42)
			fail_msg("took \"%s\"", wrong[i]);
	}
}

static void test_offsets_are_read_and_printed(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int32_t seconds;
	} facts[] = {
		{"+08:00", 28800}, {"+00:00", 0}, {"-05:30", -19800}, {"+14:00", 50400}, {"-14:00", -50400}};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct utc_offset offset = {1};
		assert_true(civil_parse_offset(span_of_string(facts[i].text), &offset));
		assert_int_equal(offset.seconds, facts[i].seconds);
		char text[CIVIL_OFFSET_SIZE];
		civil_print_offset(offset, text);
		assert_string_equal(text, facts[i].text);
	}
	static const char *const wrong[] = {
		"", "08:00", "+8:00", "+0800", "+08:60", "+14:01", "-15:00", "+08:00 ", "Z", "+08:", "+08:0"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct utc_offset offset = {42};
		if (civil_parse_offset(span_of_string(wrong[i]), &offset) || offset.seconds != 42)
			fail_msg("took \"%s\"", wrong[i]);
	}
}

static void test_a_utc_evening_is_already_the_next_day_in_china(void **state)
{
	(void)state;
	struct instant instant;
	assert_true(civil_parse_instant(SPAN_LITERAL("2026-03-12T16:00:00Z"), UTC_OFFSET_CHINA, &instant));
	facts_assert_date(civil_date_of(instant, UTC_OFFSET_CHINA), "2026-03-13", "16:00Z");
	assert_int_equal(civil_second_of_day(instant, UTC_OFFSET_CHINA), 0);
	instant.us--;
	facts_assert_date(civil_date_of(instant, UTC_OFFSET_CHINA), "2026-03-12", "a microsecond before");
	assert_int_equal(civil_second_of_day(instant, UTC_OFFSET_CHINA), 86399);
}

static void test_any_instant_survives_printing_and_reading(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 20000; i++) {
		struct utc_offset offset = {
			(int32_t)(prng_below(&prng, 28 * 60 + 1)) * 60 - UTC_OFFSET_SECONDS_MAX};
		/* Whole seconds from 1970-01-02 to the last day but one of 9999, so that every offset can
		 * show them. */
		struct instant instant = {
			(int64_t)prng_below(&prng, (uint64_t)(INSTANT_US_MAX / US_PER_S) - 2 * 86400) *
				US_PER_S +
			US_PER_DAY};
		char text[CIVIL_INSTANT_SIZE];
		civil_print_instant(instant, offset, text);
		struct instant back = {-1};
		if (!civil_parse_instant(span_of_string(text), UTC_OFFSET_CHINA, &back) ||
			back.us != instant.us)
			fail_msg("%lld became %s", (long long)instant.us, text);
		struct civil_date date = civil_date_of(instant, offset);
		int32_t second = civil_second_of_day(instant, offset);
		assert_int_equal(civil_instant(date, second, offset).us, instant.us);
	}
}

static void test_instants_that_no_year_of_four_digits_holds_print_as_the_bound(void **state)
{
	(void)state;
	char text[CIVIL_INSTANT_SIZE];
	civil_print_instant((struct instant){INSTANT_US_MAX}, UTC_OFFSET_CHINA, text);
	assert_string_equal(text, "9999-12-31T23:59:59+08:00");
	civil_print_instant(INSTANT_NEVER, (struct utc_offset){0}, text);
	assert_string_equal(text, "9999-12-31T23:59:59+00:00");
	civil_print_instant((struct instant){INT64_MIN}, UTC_OFFSET_CHINA, text);
	assert_string_equal(text, "1970-01-01T00:00:00+08:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_count_from_1970),
		cmocka_unit_test(test_every_day_of_ten_thousand_years_follows_the_one_before),
		cmocka_unit_test(test_dates_that_do_not_exist_are_refused_and_nothing_is_written),
		cmocka_unit_test(test_a_local_time_becomes_the_instant_it_names),
		cmocka_unit_test(test_times_that_are_none_are_refused_and_nothing_is_written),
		cmocka_unit_test(test_offsets_are_read_and_printed),
		cmocka_unit_test(test_a_utc_evening_is_already_the_next_day_in_china),
		cmocka_unit_test(test_any_instant_survives_printing_and_reading),
		cmocka_unit_test(test_instants_that_no_year_of_four_digits_holds_print_as_the_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
