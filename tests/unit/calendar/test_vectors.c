#include "tests/unit/calendar/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/deadline.h"

/*
 * Real deadlines. The hand-counted ones below always run; where the project's reference data lies beside the
 * source
 * (../shared, or $WENZHENG_SHARED) its thousands of rows run too, each with its strict verdict on the open
 * end.
 */

static void check_row(const struct workdays *workdays, const char *received, int32_t count,
	const char *expected, const char *expected_state, const char *where)
{
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	struct instant instant;
	struct deadline deadline;
	if (!civil_parse_instant(span_of_string(received), policy.offset, &instant))
		fail_msg("%s: not a time: %s", where, received);
	struct deadline_within within = {count, DEADLINE_WORKDAY};
	assert_true(deadline_compute(workdays, &policy, instant, within, &deadline));
	char date[CIVIL_DATE_SIZE];
	civil_print_date(deadline.due_date, date);
	const char *verdict = deadline.provisional ? "provisional" : "final";
	if (strcmp(date, expected) != 0 || strcmp(verdict, expected_state) != 0)
		fail_msg("%s: %s + %d: expected %s %s, got %s %s", where, received, count, expected,
			expected_state, date, verdict);
}

/* Counted by hand from the notices' texts. */
static const struct {
	const char *received;
	int32_t count;
	const char *due_date;
} by_hand[] = {
	{"2026-06-01T23:59:59", 3, "2026-06-04"}, /* the last second of a day is that day */
	{"2026-06-06T10:00:00", 3, "2026-06-10"}, /* Saturday: day 1 is Monday */
	{"2026-06-07T23:59:59", 7, "2026-06-16"},
	{"2026-03-06T00:30:00", 3, "2026-03-11"}, /* still Thursday in UTC */
	{"2024-02-08T17:30:00", 3, "2024-02-19"}, /* New Year's Eve of 2024 was a working day */
	{"2024-02-08T17:30:00", 7, "2024-02-23"},
	{"2024-02-04T12:00:00", 3, "2024-02-07"}, /* received on a make-up Sunday */
	{"2024-02-02T09:00:00", 3, "2024-02-06"},
	{"2024-02-10T00:00:00", 3, "2024-02-20"},
	{"2025-01-24T16:00:00", 3, "2025-02-05"},
	{"2025-01-24T16:00:00", 7, "2025-02-10"},
	{"2025-09-26T08:30:00", 3, "2025-09-30"},
	{"2025-09-26T08:30:00", 7, "2025-10-13"},
	{"2025-10-08T12:00:00", 3, "2025-10-11"}, /* due on a make-up Saturday */
	{"2025-12-31T18:00:00", 3, "2026-01-06"},
	{"2026-01-01T00:00:01", 7, "2026-01-12"},
	{"2026-02-13T17:29:59", 3, "2026-02-25"},
	{"2026-02-13T17:29:59", 7, "2026-03-02"},
	{"2026-02-14T09:00:00", 7, "2026-03-03"},
	{"2026-04-30T20:15:00", 7, "2026-05-13"},
	{"2026-09-18T11:59:59", 7, "2026-09-29"}, /* one festival inside another's swap */
	{"2026-09-30T23:59:59", 3, "2026-10-10"},
	{"2020-01-21T09:00:00", 3, "2020-02-03"}, /* the holiday prolonged while it ran */
	{"2020-01-22T09:00:00", 7, "2020-02-10"},
	{"2019-04-26T12:00:00", 3, "2019-04-30"},
	{"2019-04-30T12:00:00", 3, "2019-05-07"},
	{"2018-12-28T13:30:00", 3, "2019-01-03"}, /* December moved by the next year's notice */
	{"2011-12-30T13:30:00", 3, "2012-01-05"},
	{"2007-12-28T13:30:00", 3, "2008-01-03"},
	{"2007-04-27T08:30:00", 7, "2007-05-11"},
	{"2013-01-04T08:30:00", 3, "2013-01-07"}, /* a whole weekend worked */
	{"2012-03-30T08:30:00", 3, "2012-04-05"},
	{"2015-09-02T17:30:00", 3, "2015-09-08"},
	{"2023-09-28T17:30:00", 7, "2023-10-13"},
	{"2022-12-30T16:00:00", 3, "2023-01-05"},
	{"2008-09-26T16:00:00", 7, "2008-10-10"},
	{"2007-01-01T00:00:00", 3, "2007-01-08"},
	{"2026-12-11T13:30:00", 10, "2026-12-25"},
	{"2026-12-22T08:30:00", 1, "2026-12-23"},
	{"2026-03-10T10:00:00", 7, "2026-03-19"},
};

static void test_deadlines_counted_by_hand_hold(void **state)
{
	(void)state;
	struct workdays *workdays = facts_national();
	for (size_t i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++)
		check_row(workdays, by_hand[i].received, by_hand[i].count, by_hand[i].due_date, "final",
			"by hand");
	check_row(workdays, "2026-12-29T10:00:00", 7, "2027-01-07", "provisional", "by hand");
	workdays_destroy(&workdays);
}

/* ---- Reference data beside the source. */

static void shared_path(const char *name, char ret_path[static 512])
{
	const char *shared = getenv("WENZHENG_SHARED");
	snprintf(ret_path, 512, "%s/calendar/%s", shared ? shared : "../shared", name);
}

/* The file below the reference data; skips the test if it is not there. */
static FILE *open_shared(const char *name)
{
	char path[512];
	shared_path(name, path);
	FILE *file = fopen(path, "re");
	if (!file) {
		print_message("skipped: no %s here (set WENZHENG_SHARED)\n", path);
		skip();
	}
	return file;
}

static struct workdays *read_shared(const char *name)
{
	char path[512];
	shared_path(name, path);
	return facts_read(path);
}

#define COLUMNS_MAX 8

struct row {
	char text[512];
	char *columns[COLUMNS_MAX];
	size_t count;
};

static bool next_row(FILE *file, struct row *ret_row)
{
	if (!fgets(ret_row->text, sizeof(ret_row->text), file))
		return false;
	ret_row->text[strcspn(ret_row->text, "\r\n")] = '\0';
	ret_row->count = 0;
	for (char *rest = ret_row->text; rest && ret_row->count < COLUMNS_MAX;)
		ret_row->columns[ret_row->count++] = strsep(&rest, ",");
	return true;
}

static void test_every_row_of_the_vectors_holds(void **state)
{
	(void)state;
	FILE *file = open_shared("vectors.csv");
	struct workdays *workdays = read_shared("cn.ics");
	struct row row;
	unsigned rows = 0;
	assert_true(next_row(file, &row));
	assert_string_equal(row.columns[0], "received_local");
	while (next_row(file, &row)) {
		assert_int_equal(row.count, 3);
		check_row(workdays, row.columns[0], atoi(row.columns[1]), row.columns[2], "final",
			"vectors.csv");
		rows++;
	}
	print_message("%u rows\n", rows);
	assert_true(rows >= 2000);
	fclose(file);
	workdays_destroy(&workdays);
}

static void test_every_row_of_the_open_end_holds_strictly(void **state)
{
	(void)state;
	FILE *file = open_shared("vectors_provisional.csv");
	struct workdays *workdays = read_shared("cn.ics");
	struct row row;
	unsigned rows = 0;
	assert_true(next_row(file, &row));
	assert_string_equal(row.columns[5], "status_strict");
	while (next_row(file, &row)) {
		assert_int_equal(row.count, 6);
		check_row(workdays, row.columns[0], atoi(row.columns[1]), row.columns[2], row.columns[5],
			"vectors_provisional.csv");
		rows++;
	}
	assert_true(rows >= 60);
	fclose(file);
	workdays_destroy(&workdays);
}

static void test_every_amended_deadline_holds_before_and_after_its_notice(void **state)
{
	(void)state;
	static const struct {
		const char *notice, *before;
	} notices[] = {
		{"2015-05-13", "superseded/cn-2015-before-0513.ics"},
		{"2019-03-22", "superseded/cn-2019-before-0322.ics"},
		{"2020-01-27", "superseded/cn-2020-before-0127.ics"},
	};
	FILE *file = open_shared("vectors_amendments.csv");
	struct workdays *after = read_shared("cn.ics");
	struct workdays *before[3];
	for (size_t i = 0; i < 3; i++)
		before[i] = read_shared(notices[i].before);
	struct row row;
	unsigned rows = 0;
	assert_true(next_row(file, &row));
	assert_string_equal(row.columns[4], "deadline_before");
	while (next_row(file, &row)) {
		assert_int_equal(row.count, 6);
		size_t i = 0;
		while (i < 3 && strcmp(notices[i].notice, row.columns[0]) != 0)
			i++;
		assert_true(i < 3);
		check_row(before[i], row.columns[2], atoi(row.columns[3]), row.columns[4], "final",
			notices[i].before);
		check_row(after, row.columns[2], atoi(row.columns[3]), row.columns[5], "final",
			"after the notice");
		rows++;
	}
	assert_true(rows >= 80);
	fclose(file);
	for (size_t i = 0; i < 3; i++)
		workdays_destroy(&before[i]);
	workdays_destroy(&after);
}

static void test_every_dialect_gives_the_same_days_of_2026(void **state)
{
	(void)state;
	static const char *const dialects[] = {
		"dialects/01-summary-only-no-prodid.ics",
		"dialects/02-dtend-equals-dtstart.ics",
		"dialects/03-floating-times-tentative.ics",
		"dialects/04-apple-special-day.ics",
		"dialects/05-duration-lf-bom.ics",
		"dialects/06-utc-and-tzid-midnights.ics",
		"dialects/07-categories-case-fold-cancelled.ics",
	};
	fclose(open_shared(dialects[0]));
	struct workdays *national = read_shared("cn.ics");
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		struct workdays *dialect = read_shared(dialects[i]);
		for (struct civil_date date = facts_date("2026-01-01");
			date.days <= facts_date("2026-12-31").days; date = civil_plus(date, 1)) {
			if (workdays_reason(dialect, date).kind != workdays_reason(national, date).kind ||
				workdays_is_firm(dialect, date) != workdays_is_firm(national, date))
				facts_assert_date(date, "none", dialects[i]);
		}
		facts_assert_date(workdays_coverage_from(dialect), "2026-01-01", dialects[i]);
		facts_assert_date(workdays_horizon(dialect), "2026-12-31", dialects[i]);
		workdays_destroy(&dialect);
	}
	workdays_destroy(&national);
}

static void test_the_installed_calendar_is_the_published_one(void **state)
{
	(void)state;
	fclose(open_shared("cn.ics"));
	struct workdays *published = read_shared("cn.ics"), *ours = facts_national();
	assert_true(digest_equal(workdays_version(published), workdays_version(ours)));
	workdays_destroy(&published);
	workdays_destroy(&ours);
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
		cmocka_unit_test(test_deadlines_counted_by_hand_hold),
		cmocka_unit_test(test_every_row_of_the_vectors_holds),
		cmocka_unit_test(test_every_row_of_the_open_end_holds_strictly),
		cmocka_unit_test(test_every_amended_deadline_holds_before_and_after_its_notice),
		cmocka_unit_test(test_every_dialect_gives_the_same_days_of_2026),
		cmocka_unit_test(test_the_installed_calendar_is_the_published_one),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
