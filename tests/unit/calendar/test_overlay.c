#include "tests/unit/calendar/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "calendar/ical.h"

/* Local days that differ from the national ones: facts from the regions' own orders. */
struct local_day {
	const char *date;
	bool worked;
};

static const struct local_day beijing[] = {
	{"2008-08-08", false}, /* Olympic opening day */
	{"2014-11-02", true},  /* APEC */
	{"2014-11-07", false},
	{"2014-11-10", false},
	{"2014-11-11", false},
	{"2014-11-12", false},
	{"2014-11-15", true},
};

static const struct local_day guangxi[] = {
	{"2016-04-08", false}, /* 三月三 */
	{"2016-04-11", false},
	{"2017-03-30", false},
	{"2017-03-31", false},
	{"2017-04-01", false}, /* a NATIONAL make-up working Saturday */
	{"2017-04-08", true},
	{"2021-04-14", false},
	{"2021-04-15", false},
	{"2021-04-16", false},
	{"2021-04-18", true},
};

/* Names have 16-bit numbers. A table that has used them up keeps its days right and shows no name. */
static void test_a_table_full_of_names_still_has_its_days(void **state)
{
	(void)state;
	struct fault fault = FAULT_NONE;
	struct workdays *table = NULL;
	for (int layer = 0; layer < 3; layer++) {
		struct workdays_builder *builder = workdays_builder_new("heap.ics");
		for (int32_t i = 0; i < WORKDAYS_MARKS_MAX; i++) {
			char name[24];
			snprintf(name, sizeof(name), "%d-%d", layer, (int)i);
			struct civil_date date = civil_plus(facts_date("1980-01-01"), i);
			if (!workdays_builder_add(
				    builder, date, WORKDAYS_OFF, span_of_string(name), 1, &fault))
				fail_msg("%s", fault.text);
		}
		struct workdays *below = table;
		table = below ? workdays_build_over(below, builder, &fault) : workdays_build(builder, &fault);
		assert_non_null(table);
		workdays_destroy(&below);
		workdays_builder_destroy(&builder);
	}
	assert_string_equal(workdays_reason(table, facts_date("1980-01-01")).name, "");
	assert_false(workdays_is_workday(table, facts_date("1980-01-01")));
	workdays_destroy(&table);
}

static void write_overlay(const struct local_day *days, size_t count, struct buffer *ret_text)
{
	buffer_printf(ret_text, "BEGIN:VCALENDAR\r\n");
	for (size_t i = 0; i < count; i++)
		buffer_printf(ret_text,
			"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:%.4s%.2s%.2s\r\nSUMMARY:%s\r\nEND:VEVENT\r\n",
			days[i].date, days[i].date + 5, days[i].date + 8, days[i].worked ? "上班" : "放假");
	buffer_printf(ret_text, "END:VCALENDAR\r\n");
}

static struct workdays *overlay(const struct workdays *base, const struct local_day *days, size_t count)
{
	struct buffer text = BUFFER_NULL;
	write_overlay(days, count, &text);
	struct fault fault = FAULT_NONE;
	struct workdays *over = workdays_overlay_ical(base, text.data, text.size, "local.ics", &fault);
	buffer_deinit(&text);
	if (!over)
		fail_msg("%s", fault.text);
	return over;
}

static void check_region(const struct local_day *days, size_t count)
{
	struct workdays *national = facts_national();
	struct workdays *local = overlay(national, days, count);
	size_t differing = 0;
	for (struct civil_date date = facts_date("2006-12-01"); date.days <= facts_date("2027-12-31").days;
		date = civil_plus(date, 1)) {
		const struct local_day *own = NULL;
		for (size_t i = 0; i < count; i++)
			if (facts_date(days[i].date).days == date.days)
				own = &days[i];
		bool expected = own ? own->worked : workdays_is_workday(national, date);
		assert_int_equal(workdays_is_workday(local, date), expected);
		assert_int_equal(workdays_is_published(local, date), workdays_is_published(national, date));
		differing += expected != workdays_is_workday(national, date);
	}
	assert_int_equal(differing, count);
	assert_int_equal(workdays_horizon(local).days, workdays_horizon(national).days);
	assert_false(digest_equal(workdays_version(local), workdays_version(national)));
	workdays_destroy(&local);
	workdays_destroy(&national);
}

static void test_a_region_differs_on_its_own_days_and_on_no_other(void **state)
{
	(void)state;
	check_region(beijing, sizeof(beijing) / sizeof(beijing[0]));
	check_region(guangxi, sizeof(guangxi) / sizeof(guangxi[0]));
}

static void test_a_national_make_up_saturday_can_be_off_and_its_sums_follow(void **state)
{
	(void)state;
	struct workdays *national = facts_national();
	struct workdays *local = overlay(national, guangxi, sizeof(guangxi) / sizeof(guangxi[0]));
	facts_assert_date(workdays_add(national, facts_date("2017-03-29"), 3), "2017-04-01", "nationally");
	facts_assert_date(workdays_add(local, facts_date("2017-03-29"), 3), "2017-04-07", "in Guangxi");
	facts_assert_date(workdays_add(local, facts_date("2017-03-29"), 4), "2017-04-08", "in Guangxi");
	assert_int_equal(workdays_reason(local, facts_date("2017-04-08")).kind, WORKDAYS_MAKEUP);
	workdays_destroy(&local);
	workdays_destroy(&national);
}

static void test_a_national_holiday_on_a_weekday_can_be_worked(void **state)
{
	(void)state;
	static const struct local_day worked[] = {{"2026-10-06", true}};
	struct workdays *national = facts_national();
	struct workdays *local = overlay(national, worked, 1);
	assert_false(workdays_is_workday(national, facts_date("2026-10-06")));
	assert_true(workdays_is_workday(local, facts_date("2026-10-06")));
	assert_int_equal(workdays_reason(local, facts_date("2026-10-06")).kind, WORKDAYS_WEEKDAY);
	workdays_destroy(&local);
	workdays_destroy(&national);
}

static void test_an_overlay_that_makes_no_sense_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		struct local_day days[2];
		size_t count;
		const char *reason;
	} cases[] = {
		{{{"2026-10-06", true}, {"2026-10-08", true}}, 2,
			"local.ics:6: 2026-10-08 is marked as a make-up working day but is a Thursday"},
		{{{"2026-10-08", false}, {"2026-10-08", true}}, 2,
			"local.ics:6: 2026-10-08 is a working day here and off in line 2"},
		{{{NULL, false}}, 0, "local.ics:1: no event in it"},
	};
	struct workdays *national = facts_national();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer text = BUFFER_NULL;
		write_overlay(cases[i].days, cases[i].count, &text);
		struct fault fault = FAULT_NONE;
		assert_null(workdays_overlay_ical(national, text.data, text.size, "local.ics", &fault));
		if (strncmp(fault.text, cases[i].reason, strlen(cases[i].reason)) != 0)
			fail_msg("expected \"%s\", got \"%s\"", cases[i].reason, fault.text);
		buffer_deinit(&text);
	}
	workdays_destroy(&national);
}

static void test_overlays_may_lie_over_overlays_and_reach_beyond_the_base(void **state)
{
	(void)state;
	static const struct local_day first[] = {
		{"2026-10-08", false}, {"2031-05-05", false}, {"2001-05-08", false}};
	static const struct local_day second[] = {{"2026-10-08", true}};
	struct workdays *national = facts_national();
	struct workdays *below = overlay(national, first, 3);
	struct workdays *above = overlay(below, second, 1);
	workdays_destroy(&below);
	assert_true(workdays_is_workday(above, facts_date("2026-10-08")));
	assert_false(workdays_is_workday(above, facts_date("2031-05-05")));
	assert_false(workdays_is_workday(above, facts_date("2001-05-08")));
	assert_false(workdays_is_published(above, facts_date("2031-05-05")));
	assert_string_equal(workdays_reason(above, facts_date("2026-10-01")).name,
		workdays_reason(national, facts_date("2026-10-01")).name);
	workdays_destroy(&above);
	workdays_destroy(&national);
}

static void test_files_are_read_one_over_the_other_and_faults_name_them(void **state)
{
	(void)state;
	char path[] = "/tmp/wenzheng-overlay-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	struct buffer text = BUFFER_NULL;
	write_overlay(guangxi, sizeof(guangxi) / sizeof(guangxi[0]), &text);
	assert_int_equal(write(fd, text.data, text.size), text.size);
	buffer_deinit(&text);
	close(fd);

	struct fault fault = FAULT_NONE;
	const char *const both[] = {"profiles/calendars/cn.ics", path};
	struct workdays *local = calendar_file_read(both, 2, &fault);
	assert_non_null(local);
	assert_false(workdays_is_workday(local, facts_date("2017-04-01")));
	workdays_destroy(&local);

	const char *const missing[] = {"profiles/calendars/cn.ics", "/nonexistent/local.ics"};
	assert_null(calendar_file_read(missing, 2, &fault));
	assert_string_equal(
		fault.text, "/nonexistent/local.ics: cannot read the calendar: No such file or directory");
	const char *const folder[] = {"/tmp"};
	assert_null(calendar_file_read(folder, 1, &fault));
	assert_string_equal(fault.text, "/tmp: cannot read the calendar: Is a directory");
	const char *const endless[] = {"/dev/zero"};
	assert_null(calendar_file_read(endless, 1, &fault));
	assert_non_null(strstr(fault.text, "/dev/zero: larger than 4 MiB"));
	unlink(path);
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
		cmocka_unit_test(test_a_table_full_of_names_still_has_its_days),
		cmocka_unit_test(test_a_region_differs_on_its_own_days_and_on_no_other),
		cmocka_unit_test(test_a_national_make_up_saturday_can_be_off_and_its_sums_follow),
		cmocka_unit_test(test_a_national_holiday_on_a_weekday_can_be_worked),
		cmocka_unit_test(test_an_overlay_that_makes_no_sense_is_refused_with_its_line),
		cmocka_unit_test(test_overlays_may_lie_over_overlays_and_reach_beyond_the_base),
		cmocka_unit_test(test_files_are_read_one_over_the_other_and_faults_name_them),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
