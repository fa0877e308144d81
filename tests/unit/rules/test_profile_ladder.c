#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "calendar/calendar_file.h"
#include "tests/unit/rules/sample.h"

static struct profile *profile_of(const struct profile_source *source)
{
	struct fault fault;
	struct profile *profile = profile_new(source, &fault);
	if (!profile)
		fail_msg("%s", fault.text);
	return profile;
}

static void assert_rung(
	const struct profile_rung *rung, enum rung_anchor anchor, int32_t workdays, int32_t seconds)
{
	assert_int_equal(rung->anchor, anchor);
	assert_int_equal(rung->workdays, workdays);
	assert_int_equal(rung->seconds_of_day, seconds);
}

static void a_profile_that_says_nothing_has_the_ladder_of_the_design(void **state)
{
	(void)state;
	struct sample sample;
	struct profile *profile = profile_of(sample_init(&sample));
	assert_true(profile->has_reminder);
	assert_rung(&profile->reminder, RUNG_BEFORE, 1, 9 * 3600);
	assert_int_equal(profile->rungs_count, 3);
	assert_rung(&profile->rungs[0], RUNG_AT_DUE, 0, 0);
	assert_rung(&profile->rungs[1], RUNG_AFTER, 2, 9 * 3600);
	assert_rung(&profile->rungs[2], RUNG_AFTER, 5, 9 * 3600);
	profile_destroy(&profile);
}

static void a_place_climbs_as_it_likes(void **state)
{
	(void)state;
	struct sample sample;
	struct profile_source *source = sample_init(&sample);
	sample.reminder = (struct profile_source_rung){"2 workday before", "14:30"};
	source->reminder = &sample.reminder;
	sample.rungs[0] = (struct profile_source_rung){"1 workday after", "08:00"};
	sample.rungs[1] = (struct profile_source_rung){"1 workday after", NULL};
	sample.rungs[2] = (struct profile_source_rung){"30 workday after", "24:00"};
	source->rungs = sample.rungs;
	source->rungs_count = 3;
	struct profile *profile = profile_of(source);
	assert_rung(&profile->reminder, RUNG_BEFORE, 2, 14 * 3600 + 1800);
	assert_int_equal(profile->rungs_count, 3);
	assert_rung(&profile->rungs[0], RUNG_AFTER, 1, 8 * 3600);
	assert_rung(&profile->rungs[1], RUNG_AFTER, 1, 9 * 3600);
	assert_rung(&profile->rungs[2], RUNG_AFTER, 30, 24 * 3600);
	profile_destroy(&profile);
}

static void a_reminder_may_be_left_out_on_purpose(void **state)
{
	(void)state;
	struct sample sample;
	struct profile_source *source = sample_init(&sample);
	sample.reminder = (struct profile_source_rung){"none", NULL};
	source->reminder = &sample.reminder;
	struct profile *profile = profile_of(source);
	assert_false(profile->has_reminder);
	assert_int_equal(profile->rungs_count, 3);
	profile_destroy(&profile);
}

static void as_many_rungs_as_a_case_can_count_are_taken_and_not_one_more(void **state)
{
	(void)state;
	static const char *const at[RUNGS_MAX + 1] = {"due", "1 workday after", "2 workday after",
		"3 workday after", "4 workday after", "5 workday after", "6 workday after", "7 workday after",
		"8 workday after", "9 workday after", "10 workday after", "11 workday after",
		"12 workday after", "13 workday after", "14 workday after", "15 workday after"};
	struct sample sample;
	struct fault fault;
	struct profile_source *source = sample_init(&sample);
	for (size_t i = 0; i <= RUNGS_MAX; i++)
		sample.rungs[i].at = at[i];
	source->rungs = sample.rungs;
	source->rungs_count = RUNGS_MAX;
	struct profile *profile = profile_of(source);
	assert_int_equal(profile->rungs_count, RUNGS_MAX);
	profile_destroy(&profile);
	source->rungs_count++;
	assert_null(profile_new(source, &fault));
	assert_string_equal(fault.text, "rungs: 16 are more than 15");
}

static void a_ladder_that_does_not_climb_is_refused(void **state)
{
	(void)state;
	static const struct {
		struct profile_source_rung rungs[2];
		const char *fault;
	} rows[] = {
		{{{"due", NULL}, {"due", NULL}}, "rungs[1].at: rung 2 must come after rung 1"},
		{{{"1 workday after", "09:00"}, {"due", NULL}}, "rungs[1].at: rung 2 must"},
		{{{"2 workday after", "09:00"}, {"1 workday after", "10:00"}}, "rungs[1].at: rung 2 must"},
		{{{"2 workday after", "09:00"}, {"2 workday after", "09:00"}}, "rungs[1].at: rung 2 must"},
		{{{"due", "09:00"}, {NULL, NULL}}, "rungs[0].time: "},
		{{{"1 workday before", "09:00"}, {NULL, NULL}}, "rungs[0].at: an escalation never"},
		{{{"0 workday after", "09:00"}, {NULL, NULL}}, "rungs[0].at: '0 workday after'"},
		{{{"367 workday after", "09:00"}, {NULL, NULL}}, "rungs[0].at: '367 workday after'"},
		{{{"-1 workday after", "09:00"}, {NULL, NULL}}, "rungs[0].at: '-1 workday after'"},
		{{{"2 workday since", "09:00"}, {NULL, NULL}}, "rungs[0].at: '2 workday since'"},
		{{{"2 day after", "09:00"}, {NULL, NULL}}, "rungs[0].at: '2 day after'"},
		{{{"2 workday afterwards", "09:00"}, {NULL, NULL}}, "rungs[0].at: '2 workday after"},
		{{{"2 workday after ", "09:00"}, {NULL, NULL}}, "rungs[0].at: '2 workday after"},
		{{{"none", NULL}, {NULL, NULL}}, "rungs[0].at: 'none'"},
		{{{"2 workday after", "9:00"}, {NULL, NULL}}, "rungs[0].time: '9:00' is not a time"},
		{{{"due", NULL}, {NULL, NULL}}, "rungs[1].at: '' is not"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sample sample;
		struct fault fault = FAULT_NONE;
		struct profile_source *source = sample_init(&sample);
		source->rungs = rows[i].rungs;
		source->rungs_count = 2;
		assert_null(profile_new(source, &fault));
		if (strncmp(fault.text, rows[i].fault, strlen(rows[i].fault)) != 0)
			fail_msg("row %zu: %s", i, fault.text);
	}
}

static void a_reminder_that_reminds_of_nothing_is_refused(void **state)
{
	(void)state;
	static const struct {
		struct profile_source_rung reminder;
		const char *fault;
	} rows[] = {
		{{"due", NULL}, "reminder.at: 'due': a reminder comes before"},
		{{"1 workday after", NULL}, "reminder.at: '1 workday after': a reminder comes before"},
		{{"0 workday before", NULL}, "reminder.at: '0 workday before' is not"},
		{{NULL, "09:00"}, "reminder.at: '' is not"},
		{{"none", "09:00"}, "reminder.time: there is no reminder"},
		{{"1 workday before", "morning"}, "reminder.time: 'morning' is not a time"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sample sample;
		struct fault fault = FAULT_NONE;
		struct profile_source *source = sample_init(&sample);
		source->reminder = &rows[i].reminder;
		assert_null(profile_new(source, &fault));
		if (strncmp(fault.text, rows[i].fault, strlen(rows[i].fault)) != 0)
			fail_msg("row %zu: %s", i, fault.text);
	}
}

/* Received on Wednesday 2026-09-30, three working days: due on make-up Saturday 10-10. */
static void the_moments_of_a_case_due_after_the_october_holiday(void **state)
{
	(void)state;
	static const struct {
		int rung; /* 0: the reminder */
		const char *moment;
	} expected[] = {
		{0, "2026-10-09T09:00:00+08:00"},
		{1, "2026-10-11T00:00:00+08:00"},
		{2, "2026-10-13T09:00:00+08:00"},
		{3, "2026-10-16T09:00:00+08:00"},
	};
	const char *const path = "profiles/calendars/cn.ics";
	struct fault fault;
	struct sample sample;
	struct instant received;
	struct deadline deadline;
	struct workdays *workdays = calendar_file_read(&path, 1, &fault);
	assert_non_null(workdays);
	struct profile *profile = profile_of(sample_init(&sample));
	assert_true(
		civil_parse_instant(SPAN_LITERAL("2026-09-30T16:00:00"), profile->policy.offset, &received));
	assert_true(deadline_compute(
		workdays, &profile->policy, received, profile->classes[0].within, &deadline));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		const struct profile_rung *rung =
			expected[i].rung == 0 ? &profile->reminder : &profile->rungs[expected[i].rung - 1];
		char text[CIVIL_INSTANT_SIZE];
		struct instant moment =
			profile_rung_moment(profile, rung, workdays, deadline.due, deadline.due_date);
		civil_print_instant(moment, profile->policy.offset, text);
		assert_string_equal(text, expected[i].moment);
	}
	profile_destroy(&profile);
	workdays_destroy(&workdays);
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
		cmocka_unit_test(a_profile_that_says_nothing_has_the_ladder_of_the_design),
		cmocka_unit_test(a_place_climbs_as_it_likes),
		cmocka_unit_test(a_reminder_may_be_left_out_on_purpose),
		cmocka_unit_test(as_many_rungs_as_a_case_can_count_are_taken_and_not_one_more),
		cmocka_unit_test(a_ladder_that_does_not_climb_is_refused),
		cmocka_unit_test(a_reminder_that_reminds_of_nothing_is_refused),
		cmocka_unit_test(the_moments_of_a_case_due_after_the_october_holiday),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
