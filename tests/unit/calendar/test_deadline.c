#include "tests/unit/calendar/facts.h"

#include <stdio.h>
#include <string.h>

#include "calendar/deadline.h"
#include "tests/lib/prng.h"

static struct instant at(const char *text)
{
	struct instant instant = {0};
	if (!civil_parse_instant(span_of_string(text), UTC_OFFSET_CHINA, &instant))
		fail_msg("not a time: %s", text);
	return instant;
}

static struct deadline_within within_of(const char *text)
{
	struct deadline_within within = {0};
	if (!deadline_within_parse(span_of_string(text), &within))
		fail_msg("not a term: %s", text);
	return within;
}

/* As 2.5 of the reference names them. */
static struct deadline_policy policy_a(void)
{
	return DEADLINE_POLICY_DEFAULT;
}

static struct deadline_policy policy_b(void)
{
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	policy.nonworkday_receipt_next = true;
	return policy;
}

static struct deadline_policy policy_c(void)
{
	struct deadline_policy policy = policy_b();
	policy.after_hours_from_s = 17 * 3600 + 1800;
	return policy;
}

static struct deadline_policy policy_without_makeup(void)
{
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	policy.makeup_day_counts = false;
	return policy;
}

static void check_due_date(const struct workdays *workdays, struct deadline_policy policy,
	const char *received, const char *within, const char *expected)
{
	struct deadline deadline;
	assert_true(deadline_compute(workdays, &policy, at(received), within_of(within), &deadline));
	char what[96];
	snprintf(what, sizeof(what), "%s received %s", within, received);
	facts_assert_date(deadline.due_date, expected, what);
}

/*
 * Received, then three and seven working days: read leniently (A), with receipt on a day off deemed the next
 * working day (B), with receipt after 17:30 too (C), and without make-up days (N). Counted by hand on the
 * notice of 2026.
 */
static const struct {
	const char *received;
	const char *three[4];
	const char *seven[4];
} readings[] = {
	{"2026-03-10T10:00:00", {"2026-03-13", "2026-03-13", "2026-03-13", "2026-03-13"},
		{"2026-03-19", "2026-03-19", "2026-03-19", "2026-03-19"}},
	{"2026-03-12T20:30:00", {"2026-03-17", "2026-03-17", "2026-03-18", "2026-03-17"},
		{"2026-03-23", "2026-03-23", "2026-03-24", "2026-03-23"}},
	{"2026-03-14T10:00:00", {"2026-03-18", "2026-03-19", "2026-03-19", "2026-03-18"},
		{"2026-03-24", "2026-03-25", "2026-03-25", "2026-03-24"}},
	{"2026-02-11T10:00:00", {"2026-02-14", "2026-02-14", "2026-02-14", "2026-02-24"},
		{"2026-02-27", "2026-02-27", "2026-02-27", "2026-03-02"}},
	{"2026-02-13T10:00:00", {"2026-02-25", "2026-02-25", "2026-02-25", "2026-02-26"},
		{"2026-03-02", "2026-03-02", "2026-03-02", "2026-03-04"}},
	{"2026-02-14T10:00:00", {"2026-02-26", "2026-02-26", "2026-02-26", "2026-02-26"},
		{"2026-03-03", "2026-03-03", "2026-03-03", "2026-03-04"}},
	{"2026-02-15T09:00:00", {"2026-02-26", "2026-02-27", "2026-02-27", "2026-02-26"},
		{"2026-03-03", "2026-03-04", "2026-03-04", "2026-03-04"}},
	{"2026-04-30T18:00:00", {"2026-05-08", "2026-05-08", "2026-05-09", "2026-05-08"},
		{"2026-05-13", "2026-05-13", "2026-05-14", "2026-05-14"}},
	{"2026-09-18T10:00:00", {"2026-09-22", "2026-09-22", "2026-09-22", "2026-09-23"},
		{"2026-09-29", "2026-09-29", "2026-09-29", "2026-09-30"}},
	{"2026-09-30T16:00:00", {"2026-10-10", "2026-10-10", "2026-10-10", "2026-10-12"},
		{"2026-10-15", "2026-10-15", "2026-10-15", "2026-10-16"}},
	{"2026-10-03T08:00:00", {"2026-10-10", "2026-10-12", "2026-10-12", "2026-10-12"},
		{"2026-10-15", "2026-10-16", "2026-10-16", "2026-10-16"}},
	{"2025-09-26T10:00:00", {"2025-09-30", "2025-09-30", "2025-09-30", "2025-10-09"},
		{"2025-10-13", "2025-10-13", "2025-10-13", "2025-10-15"}},
};

static void test_each_reading_of_the_law_gives_its_own_date(void **state)
{
	const struct workdays *workdays = *state;
	const struct deadline_policy policies[] = {
		policy_a(), policy_b(), policy_c(), policy_without_makeup()};
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++)
		for (size_t p = 0; p < 4; p++) {
			check_due_date(workdays, policies[p], readings[i].received, "3 workday",
				readings[i].three[p]);
			check_due_date(workdays, policies[p], readings[i].received, "7 workday",
				readings[i].seven[p]);
		}
}

static void test_every_unit_counts_in_its_own_way(void **state)
{
	const struct workdays *workdays = *state;
	static const struct {
		const char *received, *within, *due, *due_date;
		bool provisional;
	} facts[] = {
		{"2026-02-13T10:00:00", "3 workday", "2026-02-26T00:00:00", "2026-02-25", false},
		{"2026-02-13T10:00:00", "3 day", "2026-02-17T00:00:00", "2026-02-16", false},
		{"2026-02-13T10:00:00", "3 day_roll", "2026-02-25T00:00:00", "2026-02-24", false},
		{"2026-02-11T10:00:00", "3 day_roll", "2026-02-15T00:00:00", "2026-02-14", false},
		{"2026-02-13T17:00:00", "48 hour", "2026-02-15T17:00:00", "2026-02-15", false},
		{"2026-02-13T17:00:00.5", "1 hour", "2026-02-13T18:00:00.5", "2026-02-13", false},
		{"2026-02-13T20:00:00", "4 hour", "2026-02-14T00:00:00", "2026-02-13", false},
		{"2026-12-29T10:00:00", "3 workday", "2027-01-02T00:00:00", "2027-01-01", true},
		{"2026-12-29T10:00:00", "3 day", "2027-01-02T00:00:00", "2027-01-01", false},
		{"2026-12-29T10:00:00", "3 day_roll", "2027-01-02T00:00:00", "2027-01-01", true},
		{"2026-12-29T10:00:00", "90 hour", "2027-01-02T04:00:00", "2027-01-02", false},
		{"2026-12-24T10:00:00", "1 workday", "2026-12-26T00:00:00", "2026-12-25", false},
		{"2026-12-25T10:00:00", "1 workday", "2026-12-29T00:00:00", "2026-12-28", true},
		{"2025-12-26T10:00:00", "1 workday", "2025-12-30T00:00:00", "2025-12-29", false},
		{"2006-12-29T10:00:00", "1 workday", "2006-12-31T00:00:00", "2006-12-30", true},
	};
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct deadline deadline;
		assert_true(deadline_compute(
			workdays, &policy, at(facts[i].received), within_of(facts[i].within), &deadline));
		facts_assert_date(deadline.due_date, facts[i].due_date, facts[i].within);
		assert_int_equal(deadline.due.us, at(facts[i].due).us);
		if (deadline.provisional != facts[i].provisional)
			fail_msg("%s from %s: provisional is wrong", facts[i].within, facts[i].received);
	}
}

static void test_close_of_business_ends_the_day_earlier_and_moves_no_date(void **state)
{
	const struct workdays *workdays = *state;
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	policy.due = DEADLINE_DUE_CLOSE_OF_BUSINESS;
	struct deadline deadline;
	assert_true(deadline_compute(
		workdays, &policy, at("2026-09-30T16:00:00"), within_of("3 workday"), &deadline));
	assert_int_equal(deadline.due.us, at("2026-10-10T17:30:00").us);
	facts_assert_date(deadline.due_date, "2026-10-10", "close of business");
}

static void test_the_day_of_receipt_is_the_local_one(void **state)
{
	const struct workdays *workdays = *state;
	check_due_date(workdays, policy_a(), "2026-03-05T16:30:00Z", "3 workday", "2026-03-11");
	check_due_date(workdays, policy_a(), "2026-03-05T15:59:59.999999Z", "3 workday", "2026-03-10");
}

static void test_the_ladders_moments_stand_on_working_days_round_the_due_date(void **state)
{
	const struct workdays *workdays = *state;
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT, strict = policy_without_makeup();
	struct civil_date due = facts_date("2026-10-10"), spring = facts_date("2026-02-24");
	const int32_t nine = 9 * 3600;
	assert_int_equal(
		deadline_moment_before(workdays, &policy, due, 1, nine).us, at("2026-10-09T09:00:00").us);
	assert_int_equal(
		deadline_moment_before(workdays, &policy, due, 2, nine).us, at("2026-10-08T09:00:00").us);
	assert_int_equal(
		deadline_moment_before(workdays, &policy, due, 3, nine).us, at("2026-09-30T09:00:00").us);
	assert_int_equal(
		deadline_moment_after(workdays, &policy, due, 1, nine).us, at("2026-10-12T09:00:00").us);
	assert_int_equal(
		deadline_moment_after(workdays, &policy, due, 2, nine).us, at("2026-10-13T09:00:00").us);
	assert_int_equal(
		deadline_moment_after(workdays, &policy, due, 5, nine).us, at("2026-10-16T09:00:00").us);
	assert_int_equal(
		deadline_moment_after(workdays, &policy, due, 0, 0).us, at("2026-10-10T00:00:00").us);
	assert_int_equal(
		deadline_moment_before(workdays, &policy, spring, 1, nine).us, at("2026-02-14T09:00:00").us);
	assert_int_equal(
		deadline_moment_before(workdays, &strict, spring, 1, nine).us, at("2026-02-13T09:00:00").us);
}

static void test_what_cannot_be_a_deadline_is_refused_and_nothing_is_written(void **state)
{
	const struct workdays *workdays = *state;
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	const struct {
		struct instant received;
		struct deadline_within within;
	} wrong[] = {
		{{-1}, {3, DEADLINE_WORKDAY}},
		{{INSTANT_US_MAX}, {3, DEADLINE_HOUR}},
		{INSTANT_NEVER, {3, DEADLINE_DAY}},
		{at("2026-01-01T00:00:00"), {0, DEADLINE_WORKDAY}},
		{at("2026-01-01T00:00:00"), {-1, DEADLINE_HOUR}},
		{at("2026-01-01T00:00:00"), {DEADLINE_COUNT_MAX + 1, DEADLINE_DAY}},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct deadline deadline = {.due = {42}};
		assert_false(
			deadline_compute(workdays, &policy, wrong[i].received, wrong[i].within, &deadline));
		assert_int_equal(deadline.due.us, 42);
	}
}

static void test_terms_are_read_and_printed(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int32_t count;
		enum deadline_unit unit;
		const char *printed;
	} right[] = {
		{"3 workday", 3, DEADLINE_WORKDAY, "3 workday"},
		{"7 workdays", 7, DEADLINE_WORKDAY, "7 workday"},
		{"48 hour", 48, DEADLINE_HOUR, "48 hour"},
		{"1 day", 1, DEADLINE_DAY, "1 day"},
		{"366 day_roll", 366, DEADLINE_DAY_ROLL, "366 day_roll"},
	};
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		struct deadline_within within = within_of(right[i].text);
		assert_int_equal(within.count, right[i].count);
		assert_int_equal(within.unit, right[i].unit);
		char text[DEADLINE_WITHIN_SIZE];
		deadline_within_print(within, text);
		assert_string_equal(text, right[i].printed);
	}
	static const char *const wrong[] = {"", "3", "3 ", " 3 day", "3day", "3  day", "0 day", "-1 day",
		"367 day", "99999999999999999999 day", "3 week", "3 dayss", "3 Day", "3 day ", "three day",
		"day 3"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct deadline_within within = {.count = 42};
		if (deadline_within_parse(span_of_string(wrong[i]), &within) || within.count != 42)
			fail_msg("took \"%s\"", wrong[i]);
	}
}

/* ---- The explanation. */

struct told {
	struct deadline_day days[1200];
	size_t count;
};

static void tell(void *context, const struct deadline_day *day)
{
	struct told *told = context;
	assert_true(told->count < sizeof(told->days) / sizeof(told->days[0]));
	told->days[told->count++] = *day;
}

struct expected_day {
	const char *date;
	enum deadline_role role;
	int32_t number;
};

static void check_explanation(const struct workdays *workdays, struct deadline_policy policy,
	const char *received, const char *within, const struct expected_day *expected, size_t count)
{
	static struct told told;
	told.count = 0;
	struct deadline deadline;
	assert_true(
		deadline_explain(workdays, &policy, at(received), within_of(within), tell, &told, &deadline));
	assert_int_equal(told.count, count);
	for (size_t i = 0; i < count; i++) {
		facts_assert_date(told.days[i].date, expected[i].date, within);
		assert_int_equal(told.days[i].role, expected[i].role);
		assert_int_equal(told.days[i].number, expected[i].number);
	}
}

#define EXPECT(workdays, policy, received, within, ...)                                                   \
	check_explanation(workdays, policy, received, within, (const struct expected_day[]){__VA_ARGS__}, \
		sizeof((const struct expected_day[]){__VA_ARGS__}) / sizeof(struct expected_day))

static void test_the_explanation_names_every_day_and_what_it_did(void **state)
{
	const struct workdays *workdays = *state;
	EXPECT(workdays, policy_a(), "2026-05-08T16:00:00", "2 workday", {"2026-05-08", DEADLINE_RECEIPT, 0},
		{"2026-05-09", DEADLINE_COUNTED, 1}, {"2026-05-10", DEADLINE_SKIPPED, 0},
		{"2026-05-11", DEADLINE_COUNTED, 2});
	EXPECT(workdays, policy_c(), "2026-05-08T18:00:00", "1 workday", {"2026-05-08", DEADLINE_RECEIPT, 0},
		{"2026-05-09", DEADLINE_DEFERRED, 0}, {"2026-05-10", DEADLINE_SKIPPED, 0},
		{"2026-05-11", DEADLINE_COUNTED, 1});
	EXPECT(workdays, policy_b(), "2026-05-10T18:00:00", "1 workday", {"2026-05-10", DEADLINE_RECEIPT, 0},
		{"2026-05-11", DEADLINE_DEFERRED, 0}, {"2026-05-12", DEADLINE_COUNTED, 1});
	EXPECT(workdays, policy_a(), "2026-06-11T10:00:00", "2 day_roll", {"2026-06-11", DEADLINE_RECEIPT, 0},
		{"2026-06-12", DEADLINE_COUNTED, 1}, {"2026-06-13", DEADLINE_SKIPPED, 0},
		{"2026-06-14", DEADLINE_SKIPPED, 0}, {"2026-06-15", DEADLINE_COUNTED, 2});
	EXPECT(workdays, policy_a(), "2026-06-13T10:00:00", "1 day", {"2026-06-13", DEADLINE_RECEIPT, 0},
		{"2026-06-14", DEADLINE_COUNTED, 1});
	EXPECT(workdays, policy_a(), "2026-02-13T17:30:00", "48 hour", {"2026-02-13", DEADLINE_COUNTED, 6},
		{"2026-02-14", DEADLINE_COUNTED, 30}, {"2026-02-15", DEADLINE_COUNTED, 48});
}

static void test_explaining_is_computing(void **state)
{
	const struct workdays *workdays = *state;
	static struct told told;
	const struct deadline_policy policies[] = {
		policy_a(), policy_b(), policy_c(), policy_without_makeup()};
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int round = 0; round < 5000; round++) {
		const struct deadline_policy *policy = &policies[prng_below(&prng, 4)];
		struct instant received = {at("2006-11-01T00:00:00").us +
					   (int64_t)prng_below(&prng, 21 * 366 * 24) * US_PER_HOUR +
					   (int64_t)prng_below(&prng, (uint64_t)US_PER_HOUR)};
		struct deadline_within within = {
			1 + (int32_t)prng_below(&prng, 60), (enum deadline_unit)prng_below(&prng, 4)};
		struct deadline computed, explained;
		told.count = 0;
		assert_true(deadline_compute(workdays, policy, received, within, &computed));
		assert_true(deadline_explain(workdays, policy, received, within, tell, &told, &explained));
		assert_int_equal(computed.due.us, explained.due.us);
		assert_int_equal(computed.due_date.days, explained.due_date.days);
		assert_int_equal(computed.provisional, explained.provisional);

		const struct deadline_day *last = &told.days[told.count - 1];
		assert_int_equal(last->date.days, computed.due_date.days);
		assert_int_equal(last->number, within.count);
		assert_int_equal(last->role, DEADLINE_COUNTED);
		assert_int_equal(told.days[0].date.days, civil_date_of(received, policy->offset).days);
		bool unsure = false;
		for (size_t i = 0; i < told.count; i++) {
			assert_int_equal(told.days[i].date.days, told.days[0].date.days + (int32_t)i);
			unsure = unsure || !told.days[i].firm;
		}
		if (computed.provisional && !unsure)
			fail_msg("provisional, and no day told is unsure");
		assert_int_equal(civil_date_of((struct instant){computed.due.us - 1}, policy->offset).days,
			computed.due_date.days);
	}
}

static void test_a_longer_term_is_never_due_earlier_and_a_later_receipt_neither(void **state)
{
	const struct workdays *workdays = *state;
	const struct deadline_policy policies[] = {
		policy_a(), policy_b(), policy_c(), policy_without_makeup()};
	struct prng prng;
	prng_init(&prng, prng_seed_of_run() ^ 2);
	for (int round = 0; round < 300; round++) {
		const struct deadline_policy *policy = &policies[prng_below(&prng, 4)];
		struct instant received = {at("2007-01-01T00:00:00").us +
					   (int64_t)prng_below(&prng, 20 * 365 * 24) * US_PER_HOUR};
		enum deadline_unit unit = (enum deadline_unit)prng_below(&prng, 4);
		struct instant last = received;
		for (int32_t count = 1; count <= 40; count++) {
			struct deadline one, later;
			struct deadline_within within = {count, unit};
			assert_true(deadline_compute(workdays, policy, received, within, &one));
			struct instant afterwards = {
				received.us + (int64_t)prng_below(&prng, 72) * US_PER_HOUR};
			assert_true(deadline_compute(workdays, policy, afterwards, within, &later));
			assert_false(instant_before(one.due, last));
			assert_false(instant_before(later.due, one.due));
			last = one.due;
		}
	}
}

static void test_working_days_agree_with_the_prefix_sums(void **state)
{
	const struct workdays *workdays = *state;
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run() ^ 3);
	for (int round = 0; round < 5000; round++) {
		struct civil_date date = {
			facts_date("2006-01-01").days + (int32_t)prng_below(&prng, 23 * 365)};
		int32_t n = 1 + (int32_t)prng_below(&prng, DEADLINE_COUNT_MAX);
		struct deadline deadline;
		assert_true(deadline_compute(workdays, &policy, civil_instant(date, 3600, policy.offset),
			(struct deadline_within){n, DEADLINE_WORKDAY}, &deadline));
		assert_int_equal(deadline.due_date.days, workdays_add(workdays, date, n).days);
		assert_int_equal(deadline_moment_after(workdays, &policy, date, n, 0).us,
			civil_instant(workdays_add(workdays, date, n), 0, policy.offset).us);
		assert_int_equal(deadline_moment_before(workdays, &policy, date, n, 0).us,
			civil_instant(workdays_subtract(workdays, date, n), 0, policy.offset).us);
	}
}

static int start(void **state)
{
	digest_start();
	*state = facts_national();
	return 0;
}

static int stop(void **state)
{
	struct workdays *workdays = *state;
	workdays_destroy(&workdays);
	return 0;
}

static void test_after_hours_alone_moves_a_late_receipt_to_the_next_working_day(void **state)
{
	struct deadline_policy policy = DEADLINE_POLICY_DEFAULT;
	policy.after_hours_from_s = 17 * 3600 + 1800;
	check_due_date(*state, policy, "2026-05-06T17:29:59", "1 workday", "2026-05-07");
	check_due_date(*state, policy, "2026-05-06T17:30:00", "1 workday", "2026-05-08");
	/* A Saturday, at noon and in the evening: only what is late on a working day waits for the next. */
	check_due_date(*state, policy, "2026-05-16T12:00:00", "1 workday", "2026-05-18");
	check_due_date(*state, policy, "2026-05-16T18:00:00", "1 workday", "2026-05-18");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_reading_of_the_law_gives_its_own_date),
		cmocka_unit_test(test_every_unit_counts_in_its_own_way),
		cmocka_unit_test(test_close_of_business_ends_the_day_earlier_and_moves_no_date),
		cmocka_unit_test(test_the_day_of_receipt_is_the_local_one),
		cmocka_unit_test(test_the_ladders_moments_stand_on_working_days_round_the_due_date),
		cmocka_unit_test(test_what_cannot_be_a_deadline_is_refused_and_nothing_is_written),
		cmocka_unit_test(test_terms_are_read_and_printed),
		cmocka_unit_test(test_the_explanation_names_every_day_and_what_it_did),
		cmocka_unit_test(test_explaining_is_computing),
		cmocka_unit_test(test_a_longer_term_is_never_due_earlier_and_a_later_receipt_neither),
		cmocka_unit_test(test_after_hours_alone_moves_a_late_receipt_to_the_next_working_day),
		cmocka_unit_test(test_working_days_agree_with_the_prefix_sums),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
