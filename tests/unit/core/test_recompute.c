#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "tests/unit/core/place.h"

/* Due moments of open cases under another calendar or ladder: which move, which do not, how many at once. */

#define PEER (UINT64_C(1) << 40 | 1)

static void use(struct place *place, struct workdays *workdays)
{
	struct workdays *before = place->workdays;
	place->workdays = workdays;
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	workdays_destroy(&before);
}

/* To the end of 2027, with Saturday 2026-12-26 worked. */
static struct workdays *with_a_december_saturday(void)
{
	struct fault fault;
	struct civil_date from, until, day;
	struct workdays_builder *builder = workdays_builder_new("test");
	assert_true(civil_from_ymd(2026, 1, 1, &from) && civil_from_ymd(2027, 12, 31, &until));
	assert_true(civil_from_ymd(2026, 12, 26, &day));
	assert_true(workdays_builder_add(builder, day, WORKDAYS_ON, SPAN_LITERAL("元旦"), 2, &fault));
	assert_true(workdays_builder_cover(builder, from, until, 1, &fault));
	struct workdays *workdays = workdays_build(builder, &fault);
	workdays_builder_destroy(&builder);
	assert_non_null(workdays);
	return workdays;
}

/* An acceptance at triage, carried out without walking over all the others. */
static void accept_one(struct place *place, const char *class)
{
	struct submission submission = {.portal = SPAN_LITERAL("portal-a"),
		.message_id = SPAN_LITERAL("m"),
		.request = {.title = SPAN_LITERAL("天空"), .class = span_of_string(class)}};
	struct submission_facts facts = {.last_case_of_day = place->last_case};
	struct decision decision;
	place_pass(place, 100 * US_PER_MS);
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_DONE);
	for (uint32_t i = 0; i < decision.record_count; i++)
		core_apply(place->core, place->now, &decision.records[i]);
	place->last_case = decision.case_id;
}

static void every_open_case_is_computed_again(void **state)
{
	struct place *place = *state;
	char name[16];
	place_at(place, 9, 30, 16, 0);
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		place_submit(place, name, "水", NULL, NULL);
	}
	use(place, place_workdays(2027, false));
	assert_int_equal(place_run(place), 5);
	for (int64_t id = place->last_case - 4; id <= place->last_case; id++)
		assert_int_equal(place_row(place, id).due_version, 2);
}

static void cases_without_a_deadline_and_answered_ones_are_let_be(void **state)
{
	struct place *place = *state;
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	place_submit(place, "m2", "天空", NULL, "open");
	place_ready(place, "worker-wet", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, id, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER, id, 1, REPLY_FINAL, "r"), VERDICT_DONE);
	use(place, place_workdays(2027, false));
	assert_int_equal(place_run(place), 0);
}

static void a_deadline_that_would_be_earlier_becomes_firm_where_it_is(void **state)
{
	struct place *place = *state;
	use(place, place_workdays(2026, true));
	place_at(place, 12, 24, 10, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	struct case_row announced = place_row(place, id);
	assert_true(announced.provisional);
	use(place, with_a_december_saturday());
	assert_int_equal(place_run(place), 1);
	struct case_row row = place_row(place, id);
	assert_false(row.provisional);
	assert_int_equal(row.due.us, announced.due.us);
	assert_int_equal(row.due_date, announced.due_date);
	assert_int_equal(row.due_version, 1);
	assert_int_equal(place->last.flags, 0);
}

static void rungs_and_new_moments_say_that_they_are_provisional(void **state)
{
	struct place *place = *state;
	place_at(place, 12, 24, 10, 0);
	place_submit(place, "m1", "水", NULL, NULL);
	use(place, place_workdays(2026, true));
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_DUE);
	assert_int_equal(place->last.flags, RECORD_PROVISIONAL);
	place_at(place, 12, 28, 9, 0);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_REMINDED);
	assert_int_equal(place->last.flags, RECORD_PROVISIONAL);
}

static void a_call_looks_at_4096_cases_and_the_next_one_at_the_rest(void **state)
{
	struct place *place = *state;
	struct decision decision;
	place_run(place);
	for (int i = 0; i < 4096; i++) {
		accept_one(place, "open");
		if (i < 4094)
			continue;
		/* With 4095 cases the 4096th look sees that there are no more. */
		use(place, place_workdays(i == 4094 ? 2026 : 2027, true));
		core_decide_due(place->core, place->now, place->now.wall, &decision);
		assert_int_equal(decision.verdict, VERDICT_NOTHING);
		assert_int_equal(core_next_wakeup(place->core).mono.us == 0, i == 4095);
	}
	core_decide_due(place->core, place->now, place->now.wall, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOTHING);
	assert_false(core_next_wakeup(place->core).mono.us == 0);
}

/* ---- reminders ---- */

static void use_ladder(struct place *place, const char *within, const char *reminder_at)
{
	static const struct profile_source_department departments[] = {
		{"edu", "教育", NULL}, {"water", "水务", NULL}};
	const struct profile_source_class classes[] = {{"ordinary", "一般", within}};
	const struct profile_source_rung reminder = {reminder_at, NULL};
	struct profile_source source = {.id = "test",
		.name = "测试",
		.departments = departments,
		.departments_count = 2,
		.classes = classes,
		.classes_count = 1,
		.reminder = &reminder};
	struct fault fault;
	struct profile *before = place->profile;
	place->profile = profile_new(&source, &fault);
	if (!place->profile)
		fail_msg("%s", fault.text);
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	profile_destroy(&before);
}

static void a_reminder_at_the_very_receipt_never_fires_and_one_after_it_does(void **state)
{
	struct place *place = *state;
	use_ladder(place, "1 workday", "1 workday before");
	place_at(place, 9, 14, 9, 0);
	int64_t at =
		place_submit(place, "m1", "学校", "edu", NULL); /* due Tuesday, to be reminded Monday 09:00 */
	place_at(place, 9, 15, 8, 59);
	place_pass(place, 60 * US_PER_S - 1);
	int64_t before = place_submit(place, "m2", "学校", "edu", NULL); /* due Wednesday; Tuesday 09:00 */
	place_pass(place, 1);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.case_id, before);
	place_at(place, 9, 16, 0, 0);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_ESCALATED);
	assert_int_equal(place->last.case_id, at);
	assert_false(place_row(place, at).reminded);
	assert_true(place_row(place, before).reminded);
}

static void a_profile_without_a_reminder_has_none(void **state)
{
	struct place *place = *state;
	use_ladder(place, "3 workday", "none");
	place_submit(place, "m1", "学校", "edu", NULL);
	place_at(place, 9, 17, 23, 59);
	assert_int_equal(place_run(place), 0);
	place_at(place, 9, 18, 0, 0);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_ESCALATED);
	assert_int_equal(place->last.number, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_open_case_is_computed_again),
		TEST(cases_without_a_deadline_and_answered_ones_are_let_be),
		TEST(a_deadline_that_would_be_earlier_becomes_firm_where_it_is),
		TEST(rungs_and_new_moments_say_that_they_are_provisional),
		TEST(a_call_looks_at_4096_cases_and_the_next_one_at_the_rest),
		TEST(a_reminder_at_the_very_receipt_never_fires_and_one_after_it_does),
		TEST(a_profile_without_a_reminder_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
