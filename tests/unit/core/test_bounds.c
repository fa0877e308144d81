#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

/* Quotas, days and ladders at their bounds, and what a reload changes for cases that are open. */

#define PEER  (UINT64_C(1) << 40 | 1)
#define OTHER (UINT64_C(1) << 40 | 2)

/* The place's profile with one rung, another reminder or another rate; NULL: as it is. */
static void use_profile(struct place *place, const char *only, const char *reminder_at, const char *rate)
{
	static const struct profile_source_department departments[] = {
		{"edu", "教育", NULL}, {"water", "水务", NULL}, {"tax", "税务", NULL}};
	static const struct profile_source_class classes[] = {
		{"ordinary", "一般", "3 workday"}, {"major", "重大", "7 workday"}};
	static const struct profile_source_rung rungs[] = {{"due", NULL}};
	struct profile_source_rung reminder = {"1 workday before", reminder_at};
	struct profile_source source = {.id = "test",
		.name = "测试",
		.departments = only ? departments + 2 : departments,
		.departments_count = only ? 1 : 2,
		.classes = classes,
		.classes_count = 2,
		.reminder = &reminder,
		.rungs = rungs,
		.rungs_count = 1,
		.messages_per_minute = rate};
	struct fault fault;
	struct profile *before = place->profile;
	place->profile = profile_new(&source, &fault);
	if (!place->profile)
		fail_msg("%s", fault.text);
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	profile_destroy(&before);
	core_check(place->core);
}

static void use_calendar(struct place *place, int horizon_year)
{
	struct workdays *before = place->workdays;
	place->workdays = place_workdays(horizon_year, true);
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	workdays_destroy(&before);
}

static enum verdict submit(
	struct place *place, const char *portal, int64_t last, struct decision *ret_decision)
{
	struct submission submission = {.portal = span_of_string(portal),
		.message_id = SPAN_LITERAL("m"),
		.request = {.title = SPAN_LITERAL("水")}};
	struct submission_facts facts = {.last_case_of_day = last};
	core_decide_submit(place->core, place->now, &submission, &facts, ret_decision);
	return ret_decision->verdict;
}

/* ---- intake ---- */

static void the_last_number_of_a_day_is_given_and_then_the_next_day_awaited(void **state)
{
	struct place *place = *state;
	struct decision decision;
	assert_int_equal(submit(place, "portal-a", INT64_C(20260914999998), &decision), VERDICT_DONE);
	assert_int_equal(decision.case_id, INT64_C(20260914999999));
	assert_int_equal(submit(place, "portal-a", INT64_C(20260914999999), &decision), VERDICT_BUSY_DAY);
	assert_int_equal(decision.retry_us, 15 * US_PER_HOUR); /* it is nine in the morning */
	assert_int_equal(decision.record_count, 0);
}

static void each_portal_has_a_purse_of_its_own_that_holds_a_minute(void **state)
{
	struct place *place = *state;
	struct decision decision;
	static const char *const portals[] = {"portal-a", "portal-b"};
	for (int i = 0; i < 2; i++) {
		int64_t last = place->last_case;
		/* Long after the last message it holds no more than a minute's worth. */
		for (int j = 0; j < 600; j++) {
			assert_int_equal(submit(place, portals[i], last, &decision), VERDICT_DONE);
			place_do(place, &decision);
			last = decision.case_id;
			if (j == 0)
				place_pass(place, 500 * US_PER_MS);
		}
		place->last_case = last;
		place_pass(place, 400 * US_PER_MS);
		for (int j = 0; j < 6; j++) {
			assert_int_equal(submit(place, portals[i], last, &decision),
				j < 5 ? VERDICT_DONE : VERDICT_BUSY_RATE);
			if (j < 5)
				place_do(place, &decision), place->last_case = last = decision.case_id;
		}
		assert_int_equal(decision.retry_us, 100 * US_PER_MS);
		place_pass(place, 100 * US_PER_MS - 1);
		assert_int_equal(submit(place, portals[i], last, &decision), VERDICT_BUSY_RATE);
		assert_int_equal(decision.retry_us, 1);
		place_pass(place, 1);
		assert_int_equal(submit(place, portals[i], last, &decision), VERDICT_DONE);
	}
}

static void one_message_a_minute_begins_with_the_first(void **state)
{
	struct place *place = *state;
	struct decision decision;
	use_profile(place, NULL, "09:00", "1");
	assert_int_equal(submit(place, "portal-new", 0, &decision), VERDICT_DONE);
	place_do(place, &decision);
	assert_int_equal(submit(place, "portal-new", decision.case_id, &decision), VERDICT_BUSY_RATE);
	assert_int_equal(decision.retry_us, 60 * US_PER_S);
}

static void no_case_has_the_number_nought(void **state)
{
	struct place *place = *state;
	struct case_row row;
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	assert_false(core_row(place->core, 0, &row));
	assert_int_equal(place_act(place, ACT_TAKE, PEER, 0, 1, 0, ""), VERDICT_NOT_FOUND);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, -5, 1, 0, ""), VERDICT_NOT_FOUND);
}

static void a_row_names_its_portal_and_class(void **state)
{
	struct place *place = *state;
	struct case_row row = place_row(place, place_submit(place, "m1", "水", NULL, "major"));
	assert_true(span_equal_string(row.portal, "portal-a"));
	assert_true(span_equal_string(row.class, "major"));
	assert_true(span_equal_string(row.within, "7 workday"));
	assert_true(span_equal_string(row.department, "water"));
	assert_int_equal(row.received.us, place->now.wall.us);
}

static void the_figures_add_up(void **state)
{
	struct place *place = *state;
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
	struct department_view view;
	for (int i = 0; i < 10; i++) /* 4 of edu, 3 of water, 3 at triage */
		place_submit(place, names[i],
			i < 4	? "学校"
			: i < 7 ? "水"
				: "天空",
			i < 4 ? "edu" : NULL, NULL);
	place_ready(place, "worker-edu", PEER, 7, 3, false);
	place_ready(place, "worker-wet", OTHER, 7, 2, false);
	assert_int_equal(place_run(place), 5);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, INT64_C(20260914000001), 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_TAKE, OTHER, INT64_C(20260914000005), 1, 0, ""), VERDICT_DONE);
	struct core_totals totals = core_totals(place->core);
	assert_int_equal(totals.triage, 3);
	assert_int_equal(totals.queued, 2);
	assert_int_equal(totals.offered, 3);
	assert_int_equal(totals.taken, 2);
	assert_int_equal(totals.open, 10);
	assert_int_equal(totals.workers, 2);
	static const uint32_t want[2][3] = {{1, 2, 1}, {1, 1, 1}};
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(core_department_at(place->core, i, &view));
		assert_int_equal(view.queued, want[i][0]);
		assert_int_equal(view.offered, want[i][1]);
		assert_int_equal(view.taken, want[i][2]);
		assert_int_equal(view.workers, 1);
	}
}

/* ---- rulings ---- */

static void a_ruling_that_is_not_final_undoes_one_that_was_and_queues_behind(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "天空", NULL, NULL);
	assert_int_equal(place_assign(place, id, "edu", true), VERDICT_DONE);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_FAIL, PEER, id, 1, 0, "cannot"), VERDICT_DONE);
	core_worker_end(place->core, PEER, false);
	int64_t waiting = place_submit(place, "m2", "学校", "edu", NULL);
	assert_int_equal(place_assign(place, id, "edu", false), VERDICT_DONE);
	assert_false(place_row(place, id).final_ruling);
	place_run(place);
	place_ready(place, "worker-edu", OTHER, 8, 1, false);
	assert_true(core_next_wakeup(place->core).mono.us == 0); /* one department has something to offer */
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.case_id, waiting);
}

static void draining_all_and_no_longer_looks_at_every_department(void **state)
{
	struct place *place = *state;
	struct record drained = {.kind = RECORD_DRAINED, .at = place->now.wall, .number = 1};
	place_submit(place, "m1", "水", "water", NULL);
	core_apply(place->core, place->now, &drained);
	place_ready(place, "worker-wet", PEER, 7, 1, false);
	assert_int_equal(place_run(place), 0);
	drained.number = 0;
	core_apply(place->core, place->now, &drained);
	core_check(place->core);
	assert_int_equal(place_run(place), 1);
}

/* ---- reload ---- */

static void the_only_rung_makes_a_case_overdue(void **state)
{
	struct place *place = *state;
	use_profile(place, NULL, "09:00", NULL);
	place_submit(place, "m1", "水", "water", NULL);
	place_at(place, 9, 18, 0, 0);
	assert_int_equal(place_run(place), 2);
	assert_int_equal(core_totals(place->core).overdue, 1);
}

static void a_new_ladder_is_the_ladder_of_every_open_case(void **state)
{
	struct place *place = *state;
	for (int i = 0; i < 3; i++) {
		char name[16];
		snprintf(name, sizeof(name), "m%d", i);
		place_submit(place, name, "水", NULL, NULL);
	}
	use_profile(place, NULL, "10:30", NULL);
	place_at(place, 9, 16, 10, 29);
	assert_int_equal(place_run(place), 0);
	place_at(place, 9, 16, 10, 30);
	assert_int_equal(place_run(place), 3);
}

static void a_profile_may_drop_every_department(void **state)
{
	struct place *place = *state;
	struct department_view view;
	place_submit(place, "m1", "学校", "edu", NULL);
	use_profile(place, "tax", "09:00", NULL);
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(core_department_at(place->core, i, &view));
		assert_int_equal(view.in_profile, i == 2);
	}
	assert_int_equal(place_assign(place, place_submit(place, "m2", "天空", NULL, NULL), "edu", false),
		VERDICT_UNKNOWN_DEPARTMENT);
}

static void every_worker_and_every_department_of_a_worker_is_judged_anew(void **state)
{
	struct place *place = *state;
	const char *edu = "edu", *both[] = {"edu", "water"};
	uint8_t keys[2][PRINCIPAL_KEY_SIZE]; /* those they have */
	memcpy(keys[0], principals_find_name(place->principals, SPAN_LITERAL("worker-edu"))->key,
		sizeof(keys[0]));
	memcpy(keys[1], principals_find_name(place->principals, SPAN_LITERAL("worker-both"))->key,
		sizeof(keys[1]));
	struct principal_source sources[] = {
		{.name = "worker-edu",
			.role = "worker",
			.key = keys[0],
			.departments = &edu,
			.departments_count = 1},
		{.name = "worker-both",
			.role = "worker",
			.key = keys[1],
			.departments = both,
			.departments_count = 1},
	};
	struct fault fault;
	struct worker_view view;
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_ready(place, "worker-both", OTHER, 7, 1, false);
	struct principals *before = place->principals;
	place->principals = principals_new(sources, 2, &fault);
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	principals_destroy(&before);
	assert_true(core_worker_by_peer(place->core, PEER, &view));
	assert_false(core_worker_by_peer(place->core, OTHER, &view)); /* water was taken away */
}

static void a_calendar_that_comes_back_is_a_change_as_well(void **state)
{
	struct place *place = *state;
	place_at(place, 12, 24, 10, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	place_run(place);
	for (int i = 0; i < 4; i++) {
		use_calendar(place, i % 2 ? 2027 : 2026);
		assert_int_equal(place_run(place), 1);
		assert_int_equal(place->last.kind, RECORD_DUE);
		assert_int_equal(place_row(place, id).provisional, i % 2 == 0);
		struct case_row row;
		while (core_next_changed(place->core, &row))
			assert_int_equal(row.provisional, i % 2 == 0);
		assert_int_equal(row.case_id, id); /* it was among the changed */
	}
}

static void a_deadline_that_becomes_firm_keeps_what_has_fired(void **state)
{
	struct place *place = *state;
	struct case_row row;
	use_calendar(place, 2026);
	place_at(place, 12, 24, 10, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	place_at(place, 12, 28, 9, 0);
	place_run(place);
	assert_int_equal(place_row(place, id).fired, 1);
	while (core_next_changed(place->core, &row))
		continue;
	use_calendar(place, 2027);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place_row(place, id).fired, 1);
	assert_int_equal(place_row(place, id).due_version, 1);
	assert_true(core_next_changed(place->core, &row));
	assert_false(row.provisional);
}

/* ---- case numbers ---- */

static void a_check_digit_is_a_digit_and_no_letter_passes_for_one(void **state)
{
	(void)state;
	char text[CASE_NUMBER_SIZE];
	for (int64_t sequence = 1; sequence <= 200; sequence++) {
		case_number_print(case_number_id(2026, 9, 14, sequence), text);
		assert_in_range(text[CASE_NUMBER_SIZE - 2], '0', '9');
	}
	static const char wrong[] = "/:;AZaz -";
	for (size_t at = 0; at < CASE_NUMBER_SIZE - 2; at++)
		for (size_t i = 0; at != 8 && at != 15 && i < sizeof(wrong) - 1; i++)
			for (char check = '0'; check <= '9'; check++) {
				int64_t id;
				case_number_print(case_number_id(2026, 9, 14, 7), text);
				text[at] = wrong[i];
				text[CASE_NUMBER_SIZE - 2] = check;
				assert_false(case_number_parse(span_of_string(text), &id));
			}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_last_number_of_a_day_is_given_and_then_the_next_day_awaited),
		TEST(each_portal_has_a_purse_of_its_own_that_holds_a_minute),
		TEST(one_message_a_minute_begins_with_the_first),
		TEST(no_case_has_the_number_nought),
		TEST(a_row_names_its_portal_and_class),
		TEST(the_figures_add_up),
		TEST(a_ruling_that_is_not_final_undoes_one_that_was_and_queues_behind),
		TEST(draining_all_and_no_longer_looks_at_every_department),
		TEST(the_only_rung_makes_a_case_overdue),
		TEST(a_new_ladder_is_the_ladder_of_every_open_case),
		TEST(a_profile_may_drop_every_department),
		TEST(every_worker_and_every_department_of_a_worker_is_judged_anew),
		TEST(a_calendar_that_comes_back_is_a_change_as_well),
		TEST(a_deadline_that_becomes_firm_keeps_what_has_fired),
		TEST(a_check_digit_is_a_digit_and_no_letter_passes_for_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
