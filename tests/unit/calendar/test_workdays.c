#include "tests/unit/calendar/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "tests/lib/prng.h"

struct day {
	const char *date;
	enum workdays_mark mark;
	const char *name;
};

#define DAYS(...)                                \
	(const struct day[])                     \
	{                                        \
		__VA_ARGS__,                     \
		{                                \
			NULL, WORKDAYS_OFF, NULL \
		}                                \
	}

/* A builder with these days, the first in line 10, each next one ten lines on. */
static struct workdays_builder *builder_of(const struct day *days)
{
	struct workdays_builder *builder = workdays_builder_new("days.ics");
	uint32_t line = 10;
	for (; days->date; days++, line += 10) {
		struct fault fault = FAULT_NONE;
		assert_true(workdays_builder_add(builder, facts_date(days->date), days->mark,
			span_of_string(days->name), line, &fault));
	}
	return builder;
}

static struct workdays *table_of(const struct day *days)
{
	struct workdays_builder *builder = builder_of(days);
	struct fault fault = FAULT_NONE;
	struct workdays *workdays = workdays_build(builder, &fault);
	workdays_builder_destroy(&builder);
	if (!workdays)
		fail_msg("%s", fault.text);
	return workdays;
}

static struct workdays *spring_festival(void)
{
	return table_of(DAYS({"2026-02-14", WORKDAYS_ON, "春节 上班"},
		{"2026-02-16", WORKDAYS_OFF, "春节 放假"}, {"2026-02-17", WORKDAYS_OFF, "春节 放假"},
		{"2026-02-21", WORKDAYS_OFF, "春节 放假"}));
}

static void test_a_day_tells_what_it_is_and_why(void **state)
{
	(void)state;
	struct workdays *workdays = spring_festival();
	static const struct {
		const char *date;
		enum workdays_kind kind;
		const char *name;
		bool working;
	} facts[] = {
		{"2026-02-13", WORKDAYS_WEEKDAY, "", true},
		{"2026-02-14", WORKDAYS_MAKEUP, "春节 上班", true},
		{"2026-02-15", WORKDAYS_WEEKEND, "", false},
		{"2026-02-16", WORKDAYS_HOLIDAY, "春节 放假", false},
		{"2026-02-18", WORKDAYS_WEEKDAY, "", true},
		{"2026-02-21", WORKDAYS_HOLIDAY, "春节 放假", false},
		{"2031-05-31", WORKDAYS_WEEKEND, "", false},
		{"2019-05-31", WORKDAYS_WEEKDAY, "", true},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct workdays_reason reason = workdays_reason(workdays, facts_date(facts[i].date));
		assert_int_equal(reason.kind, facts[i].kind);
		assert_string_equal(reason.name, facts[i].name);
		assert_int_equal(workdays_is_workday(workdays, facts_date(facts[i].date)), facts[i].working);
	}
	facts_assert_date(
		workdays_add(workdays, facts_date("2026-02-13"), 1), "2026-02-14", "next of Friday");
	facts_assert_date(
		workdays_add(workdays, facts_date("2026-02-13"), 2), "2026-02-18", "second after Friday");
	facts_assert_date(workdays_next(workdays, facts_date("2026-02-15")), "2026-02-18", "next of Sunday");
	facts_assert_date(
		workdays_previous(workdays, facts_date("2026-02-18")), "2026-02-14", "before Wednesday");
	facts_assert_date(
		workdays_subtract(workdays, facts_date("2026-02-18"), 2), "2026-02-13", "two before");
	workdays_destroy(&workdays);
	assert_null(workdays);
}

static void test_an_implausible_calendar_is_refused_with_reason_and_line(void **state)
{
	(void)state;
	static const struct {
		struct day days[4];
		const char *reason;
	} cases[] = {
		{{{NULL, WORKDAYS_OFF, NULL}}, "days.ics:1: no event in it says that a day is off or worked"},
		{{{"2026-01-01", WORKDAYS_OFF, ""}, {"2026-02-13", WORKDAYS_ON, ""}},
			"days.ics:20: 2026-02-13 is marked as a make-up working day but is a Friday"},
		{{{"2026-02-14", WORKDAYS_ON, ""}, {"2026-01-01", WORKDAYS_OFF, ""},
			 {"2026-02-14", WORKDAYS_OFF, ""}},
			"days.ics:30: 2026-02-14 is off here and a working day in line 10"},
		{{{"2026-02-14", WORKDAYS_OFF, ""}, {"2026-02-14", WORKDAYS_ON, ""}},
			"days.ics:20: 2026-02-14 is a working day here and off in line 10"},
		{{{"2026-10-01", WORKDAYS_ON, ""}, {"2026-10-01", WORKDAYS_OFF, ""}},
			"days.ics:20: 2026-10-01 is off here and a working day in line 10"},
		{{{"2026-12-29", WORKDAYS_OFF, ""}}, "days.ics:10: all days lie after 25 December"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct workdays_builder *builder = builder_of(cases[i].days);
		struct fault fault = FAULT_NONE;
		assert_null(workdays_build(builder, &fault));
		if (!strstr(fault.text, cases[i].reason))
			fail_msg("expected \"%s\" in \"%s\"", cases[i].reason, fault.text);
		workdays_builder_destroy(&builder);
	}
}

static void test_dates_outside_reason_are_refused_when_added(void **state)
{
	(void)state;
	struct workdays_builder *builder = workdays_builder_new("days.ics");
	struct fault fault = FAULT_NONE;
	assert_false(
		workdays_builder_add(builder, facts_date("1969-12-31"), WORKDAYS_OFF, SPAN_EMPTY, 7, &fault));
	assert_non_null(strstr(fault.text, "days.ics:7: the date is not within the years 1970 to 2199"));
	assert_false(
		workdays_builder_add(builder, facts_date("2200-01-01"), WORKDAYS_OFF, SPAN_EMPTY, 8, &fault));
	assert_non_null(strstr(fault.text, "days.ics:8:"));
	assert_true(
		workdays_builder_add(builder, facts_date("1970-01-01"), WORKDAYS_OFF, SPAN_EMPTY, 9, &fault));
	assert_true(
		workdays_builder_add(builder, facts_date("2199-12-31"), WORKDAYS_OFF, SPAN_EMPTY, 9, &fault));
	assert_false(workdays_builder_cover(
		builder, facts_date("2026-12-31"), facts_date("2026-01-01"), 11, &fault));
	assert_non_null(strstr(fault.text, "days.ics:11: the coverage ends before it begins"));
	assert_false(workdays_builder_cover(
		builder, facts_date("1969-12-31"), facts_date("2026-01-01"), 12, &fault));
	assert_non_null(strstr(fault.text, "days.ics:12: the date is not within the years"));
	assert_false(workdays_builder_cover(
		builder, facts_date("2026-12-31"), facts_date("2200-01-01"), 13, &fault));
	assert_non_null(strstr(fault.text, "days.ics:13: the date is not within the years"));
	struct workdays *workdays = workdays_build(builder, &fault);
	assert_non_null(workdays);
	assert_false(workdays_is_workday(workdays, facts_date("2199-12-31")));
	workdays_destroy(&workdays);
	workdays_builder_destroy(&builder);
}

static void test_a_builder_takes_so_many_days_and_no_more(void **state)
{
	(void)state;
	struct workdays_builder *builder = workdays_builder_new("days.ics");
	struct fault fault = FAULT_NONE;
	for (int i = 0; i < WORKDAYS_MARKS_MAX; i++)
		assert_true(workdays_builder_add(
			builder, facts_date("2026-01-01"), WORKDAYS_OFF, SPAN_EMPTY, 3, &fault));
	assert_false(
		workdays_builder_add(builder, facts_date("2026-01-01"), WORKDAYS_OFF, SPAN_EMPTY, 3, &fault));
	assert_non_null(strstr(fault.text, "days.ics:3: more than 32768 marked days"));
	workdays_builder_destroy(&builder);
}

static void test_without_a_coverage_whole_years_with_events_are_published(void **state)
{
	(void)state;
	/* 2018-12-29 belongs to the notice of 2019; 2020 is missing altogether. */
	struct workdays *workdays = table_of(DAYS({"2018-12-29", WORKDAYS_ON, ""},
		{"2019-01-01", WORKDAYS_OFF, ""}, {"2021-05-03", WORKDAYS_OFF, ""}));
	static const struct {
		const char *date;
		bool published, firm;
	} facts[] = {
		{"2018-12-29", false, false},
		{"2018-12-31", false, false},
		{"2019-01-01", true, true},
		{"2019-12-25", true, true},
		{"2019-12-26", true, false},
		{"2020-05-05", false, false},
		{"2021-01-01", true, true},
		{"2021-12-31", true, false},
		{"2022-01-01", false, false},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (workdays_is_published(workdays, facts_date(facts[i].date)) != facts[i].published ||
			workdays_is_firm(workdays, facts_date(facts[i].date)) != facts[i].firm)
			fail_msg("%s", facts[i].date);
	}
	facts_assert_date(workdays_coverage_from(workdays), "2019-01-01", "from");
	facts_assert_date(workdays_horizon(workdays), "2021-12-31", "horizon");
	assert_true(workdays_is_workday(workdays, facts_date("2018-12-29"))); /* known, if not published */
	workdays_destroy(&workdays);
}

static void test_a_declared_coverage_wins_over_the_years(void **state)
{
	(void)state;
	struct workdays_builder *builder = builder_of(DAYS({"2026-05-01", WORKDAYS_OFF, ""}));
	struct fault fault = FAULT_NONE;
	assert_true(workdays_builder_cover(
		builder, facts_date("2026-03-01"), facts_date("2027-01-31"), 5, &fault));
	struct workdays *workdays = workdays_build(builder, &fault);
	assert_non_null(workdays);
	assert_false(workdays_is_published(workdays, facts_date("2026-02-28")));
	assert_true(workdays_is_published(workdays, facts_date("2026-03-01")));
	assert_true(workdays_is_firm(workdays, facts_date("2026-12-31")));
	assert_true(workdays_is_firm(workdays, facts_date("2027-01-31")));
	assert_false(workdays_is_published(workdays, facts_date("2027-02-01")));
	workdays_destroy(&workdays);
	workdays_builder_destroy(&builder);
}

static void test_the_version_changes_with_the_days_and_not_with_their_order(void **state)
{
	(void)state;
	struct workdays *one =
		table_of(DAYS({"2026-01-01", WORKDAYS_OFF, "a"}, {"2026-01-04", WORKDAYS_ON, "b"}));
	struct workdays *same = table_of(DAYS({"2026-01-04", WORKDAYS_ON, "b"},
		{"2026-01-01", WORKDAYS_OFF, "a"}, {"2026-01-01", WORKDAYS_OFF, "a"}));
	struct workdays *moved =
		table_of(DAYS({"2026-01-02", WORKDAYS_OFF, "a"}, {"2026-01-04", WORKDAYS_ON, "b"}));
	struct workdays *renamed =
		table_of(DAYS({"2026-01-01", WORKDAYS_OFF, "c"}, {"2026-01-04", WORKDAYS_ON, "b"}));
	struct workdays *more = table_of(DAYS({"2026-01-01", WORKDAYS_OFF, "a"},
		{"2026-01-04", WORKDAYS_ON, "b"}, {"2027-01-02", WORKDAYS_OFF, ""}));
	assert_true(digest_equal(workdays_version(one), workdays_version(same)));
	assert_false(digest_equal(workdays_version(one), workdays_version(moved)));
	assert_false(digest_equal(workdays_version(one), workdays_version(renamed)));
	assert_false(digest_equal(workdays_version(one), workdays_version(more)));
	workdays_destroy(&one);
	workdays_destroy(&same);
	workdays_destroy(&moved);
	workdays_destroy(&renamed);
	workdays_destroy(&more);
}

static void test_a_day_marked_twice_keeps_its_first_name(void **state)
{
	(void)state;
	struct workdays *workdays = table_of(DAYS({"2026-10-02", WORKDAYS_OFF, "国庆节"},
		{"2026-10-01", WORKDAYS_OFF, "国庆节"}, {"2026-10-01", WORKDAYS_OFF, "中秋节"}));
	assert_string_equal(workdays_reason(workdays, facts_date("2026-10-01")).name, "国庆节");
	workdays_destroy(&workdays);
}

static void test_a_long_name_is_cut_between_characters(void **state)
{
	(void)state;
	struct buffer name = BUFFER_NULL;
	for (int i = 0; i < 100; i++)
		buffer_append_span(&name, SPAN_LITERAL("节"));
	struct workdays *workdays = table_of(DAYS({"2026-01-01", WORKDAYS_OFF, buffer_string(&name)}));
	const char *kept = workdays_reason(workdays, facts_date("2026-01-01")).name;
	assert_int_equal(strlen(kept), WORKDAYS_NAME_SIZE_MAX / 3 * 3);
	workdays_destroy(&workdays);
	buffer_deinit(&name);
}

/* ---- Against a plain walk, on invented calendars. */

static struct workdays *random_table(struct prng *prng)
{
	struct workdays_builder *builder = workdays_builder_new("random");
	struct fault fault = FAULT_NONE;
	struct civil_date start = facts_date("2020-01-01");
	assert_true(workdays_builder_add(builder, start, WORKDAYS_OFF, SPAN_LITERAL("x"), 1, &fault));
	int32_t length = 1 + (int32_t)prng_below(prng, 800);
	for (int32_t i = 1; i < length; i++) {
		struct civil_date date = civil_plus(start, i);
		enum workdays_mark mark =
			civil_weekday(date) >= 6 && prng_chance(prng, 50) ? WORKDAYS_ON : WORKDAYS_OFF;
		if (prng_chance(prng, 30))
			assert_true(workdays_builder_add(builder, date, mark, SPAN_EMPTY, 1, &fault));
	}
	struct workdays *workdays = workdays_build(builder, &fault);
	assert_non_null(workdays);
	workdays_builder_destroy(&builder);
	return workdays;
}

static struct civil_date walk(
	const struct workdays *workdays, struct civil_date date, int32_t n, int32_t step)
{
	while (n > 0) {
		date = civil_plus(date, step);
		n -= workdays_is_workday(workdays, date);
	}
	return date;
}

static void test_prefix_sums_agree_with_walking_day_by_day(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int round = 0; round < 60; round++) {
		struct workdays *workdays = random_table(&prng);
		for (int i = 0; i < 400; i++) {
			/* From two years before the table to two years after it. */
			struct civil_date date = {
				facts_date("2018-01-01").days + (int32_t)prng_below(&prng, 6 * 365)};
			int32_t n = 1 + (int32_t)prng_below(&prng, 300);
			struct civil_date after = workdays_add(workdays, date, n);
			struct civil_date before = workdays_subtract(workdays, date, n);
			assert_int_equal(after.days, walk(workdays, date, n, 1).days);
			assert_int_equal(before.days, walk(workdays, date, n, -1).days);
			assert_int_equal(workdays_count_between(workdays, date, after), n);
			assert_int_equal(workdays_count_between(
						 workdays, civil_plus(before, -1), civil_plus(date, -1)),
				n);
			assert_int_equal(workdays_count_between(workdays, after, date), -n);
		}
		workdays_destroy(&workdays);
	}
}

static void test_adding_is_monotonic_and_undone_by_subtracting(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run() ^ 1);
	for (int round = 0; round < 60; round++) {
		struct workdays *workdays = random_table(&prng);
		struct civil_date date = {facts_date("2019-06-01").days + (int32_t)prng_below(&prng, 1200)};
		struct civil_date last = date;
		for (int32_t n = 1; n <= 200; n++) {
			struct civil_date found = workdays_add(workdays, date, n);
			assert_true(civil_before(last, found));
			assert_true(workdays_is_workday(workdays, found));
			assert_int_equal(workdays_previous(workdays, found).days,
				n > 1 ? last.days : walk(workdays, found, 1, -1).days);
			/* From a working day, n forward and n back is where one was. */
			assert_int_equal(
				workdays_add(workdays, workdays_subtract(workdays, found, n), n).days,
				found.days);
			last = found;
		}
		workdays_destroy(&workdays);
	}
}

static int start(void **state)
{
	(void)state;
	digest_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_day_tells_what_it_is_and_why),
		cmocka_unit_test(test_an_implausible_calendar_is_refused_with_reason_and_line),
		cmocka_unit_test(test_dates_outside_reason_are_refused_when_added),
		cmocka_unit_test(test_a_builder_takes_so_many_days_and_no_more),
		cmocka_unit_test(test_without_a_coverage_whole_years_with_events_are_published),
		cmocka_unit_test(test_a_declared_coverage_wins_over_the_years),
		cmocka_unit_test(test_the_version_changes_with_the_days_and_not_with_their_order),
		cmocka_unit_test(test_a_day_marked_twice_keeps_its_first_name),
		cmocka_unit_test(test_a_long_name_is_cut_between_characters),
		cmocka_unit_test(test_prefix_sums_agree_with_walking_day_by_day),
		cmocka_unit_test(test_adding_is_monotonic_and_undone_by_subtracting),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
