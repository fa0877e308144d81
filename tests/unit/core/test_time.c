#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/core/place.h"

static void expect_rung(
	struct place *place, int month, int day, int hour, enum record_kind kind, int64_t rung)
{
	place_at(place, month, day, hour, 0);
	place_pass(place, -1);
	assert_int_equal(place_run(place), 0); /* never early */
	place_pass(place, 1);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, kind);
	assert_int_equal(place->last.number, rung);
	assert_int_equal(place_run(place), 0); /* and once */
}

static void the_ladder_fires_each_rung_once_at_its_moment(void **state)
{
	struct place *place = *state;
	/* Received Wed 09-30: days 1 = Thu 10-08, 2 = Fri 10-09, 3 = Sat 10-10 (make-up). */
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	expect_rung(place, 10, 9, 9, RECORD_REMINDED, 0);
	expect_rung(place, 10, 11, 0, RECORD_ESCALATED, 1);
	expect_rung(place, 10, 13, 9, RECORD_ESCALATED, 2); /* Mon 12, Tue 13 */
	expect_rung(place, 10, 16, 9, RECORD_ESCALATED, 3);
	assert_int_equal(place_row(place, id).rung_reached, 3);
	assert_true(instant_is_never(core_next_wakeup(place->core).wall));
}

static void after_downtime_every_rung_fires_in_order(void **state)
{
	struct place *place = *state;
	place_at(place, 9, 30, 16, 0);
	place_submit(place, "m1", "水", NULL, NULL);
	place_at(place, 11, 30, 9, 0);
	assert_int_equal(place_run(place), 4);
	assert_int_equal(place->last.number, 3);
	assert_int_equal(place->last.due_version, 1);
}

static void a_reminder_not_after_the_receipt_never_fires(void **state)
{
	static const struct profile_source_class one_day[] = {{"ordinary", "一般", "1 workday"}};
	struct place *place = *state;
	struct profile_source source = place_source();
	source.classes = one_day;
	source.classes_count = 1;
	place_reload(place, &source, NULL);
	place_run(place);
	/* Received Mon 09:00 sharp, due Tue: its reminder would be Mon 09:00. A second earlier it is one. */
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	assert_int_equal(place_run(place), 0);
	place->now.wall.us -= US_PER_S;
	int64_t earlier = place_submit(place, "m2", "水", NULL, NULL);
	place->now.wall.us += US_PER_S;
	assert_int_equal(place_run(place), 1);
	assert_true(place_row(place, earlier).reminded);
	place_at(place, 9, 16, 0, 0);
	assert_int_equal(place_run(place), 2); /* rung 1 of both */
	assert_false(place_row(place, id).reminded);
}

static void a_class_without_a_deadline_is_never_escalated(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "水", NULL, "open");
	assert_true(instant_is_never(place_row(place, id).due));
	place_at(place, 12, 30, 9, 0);
	assert_int_equal(place_run(place), 0);
}

static void an_answer_stops_the_ladder(void **state)
{
	struct place *place = *state;
	uint64_t peer = UINT64_C(1) << 40 | 5;
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	place_ready(place, "worker-wet", peer, 3, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, peer, id, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, peer, id, 1, REPLY_REFUSAL, "no"), VERDICT_DONE);
	core_worker_end(place->core, peer, false);
	place_run(place);
	place_at(place, 12, 1, 9, 0);
	assert_int_equal(place_run(place), 0);
}

static void a_clock_that_jumps_holds_the_ladder_until_it_is_back(void **state)
{
	struct place *place = *state;
	struct decision decision;
	place_submit(place, "m1", "水", NULL, NULL);
	core_decide_clock(place->core, place->now, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOTHING);
	place_pass(place, US_PER_S);
	struct instant right = place->now.wall;
	place->now.wall.us += 400 * US_PER_DAY;
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	assert_true(core_clock_held(place->core));
	assert_int_equal(place_run(place), 0);
	assert_true(core_next_wakeup(place->core).wall.us == INT64_MAX); /* nothing to wake up for */
	place->now.wall = right;
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	assert_false(core_clock_held(place->core));
}

static void an_operator_can_accept_the_clock(void **state)
{
	struct place *place = *state;
	struct decision decision;
	place_submit(place, "m1", "水", NULL, NULL);
	place->now.wall.us += 90 * US_PER_S;
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	core_decide_clock_accept(place->core, SPAN_LITERAL("op"), place->now, &decision);
	place_do(place, &decision);
	core_decide_clock(place->core, place->now, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOTHING);
	core_decide_clock_accept(place->core, SPAN_LITERAL("op"), place->now, &decision);
	assert_int_equal(decision.verdict, VERDICT_REPEATED);
}

static void a_start_long_after_or_before_the_last_record_holds_the_ladder(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct instant now = place->now.wall;
	const struct {
		int64_t last_record;
		enum verdict verdict;
	} cases[] = {
		{now.us - 39 * US_PER_DAY, VERDICT_NOTHING},
		{now.us - 41 * US_PER_DAY, VERDICT_DONE},
		{now.us + 50 * US_PER_S, VERDICT_NOTHING},
		{now.us + 120 * US_PER_S, VERDICT_DONE},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct clock_past past = {.last_record = {cases[i].last_record}};
		core_loaded(place->core, place->now, &past);
		core_decide_clock(place->core, place->now, &decision);
		assert_int_equal(decision.verdict, cases[i].verdict);
	}
}

static void a_hold_outlives_its_process(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct instant right = place->now.wall;
	struct clock_past past = {
		.last_record = {right.us + 20 * US_PER_DAY},
		.held = {right.us + 20 * US_PER_DAY},
		.trusted = {right.us - US_PER_HOUR},
	};
	place->now.wall.us +=
		20 * US_PER_DAY + US_PER_HOUR; /* still wrong, and plausible beside the last record */
	core_loaded(place->core, place->now, &past);
	assert_true(core_clock_held(place->core));
	core_decide_clock(place->core, place->now, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOTHING);
	place->now.wall = right;
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	assert_false(core_clock_held(place->core));
}

static void a_clock_that_comes_right_before_anything_is_written_is_watched_from_there(void **state)
{
	struct place *place = *state;
	struct decision decision;
	const struct clock_past past = {.last_record = place->now.wall};
	place->now.wall.us +=
		200 * US_PER_DAY; /* wrong at the start, and the disk is full: nothing is written */
	core_loaded(place->core, place->now, &past);
	place->now.wall.us -= 199 * US_PER_DAY;
	decision = (struct decision){.verdict = VERDICT_DONE, .record_count = 1};
	decision.records[0] = (struct record){.kind = RECORD_STARTED, .at = place->now.wall};
	place_do(place, &decision);
	core_decide_clock(place->core, place->now, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOTHING);
	place->now.wall.us += US_PER_DAY; /* a jump, though no day that follows a downtime would be one */
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	assert_true(core_clock_held(place->core));
}

/* It says STARTED while the clock is still wrong, and by its first turn the clock has come right by itself.
 */
static void a_clock_that_comes_right_before_the_first_look_is_watched_from_there(void **state)
{
	struct place *place = *state;
	struct decision decision;
	const struct clock_past past = {.last_record = {place->now.wall.us + 76 * US_PER_S}};
	core_loaded(place->core, place->now, &past);
	decision = (struct decision){.verdict = VERDICT_DONE, .record_count = 1};
	decision.records[0] = (struct record){.kind = RECORD_STARTED, .at = place->now.wall};
	place_do(place, &decision);
	place_pass(place, 40 * US_PER_S);
	core_decide_clock(place->core, place->now, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOTHING);
	place->now.wall.us += 61 * US_PER_S;
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	assert_true(core_clock_held(place->core));
}

static void reload(struct place *place, int horizon_year, bool with_makeup)
{
	place_reload(place, NULL, place_workdays(horizon_year, with_makeup));
}

static void a_later_due_moment_applies_with_a_new_version_and_its_own_rungs(void **state)
{
	struct place *place = *state;
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	place_at(place, 10, 11, 0, 0);
	place_run(place);
	assert_int_equal(place_row(place, id).rung_reached, 1);
	reload(place, 2027, false); /* Saturday the 10th is off after all: the third day is Monday the 12th */
	assert_int_equal(
		place_run(place), 2); /* the new due moment, and its reminder of Fri 09:00, already past */
	struct case_row row = place_row(place, id);
	assert_int_equal(row.due_version, 2);
	assert_int_equal(core_totals(place->core).overdue, 0);
	expect_rung(place, 10, 13, 0, RECORD_ESCALATED, 1);
	assert_int_equal(place->last.due_version, 2);
}

static void a_profile_that_counts_otherwise_moves_due_moments_at_once_and_not_only_at_the_next_start(
	void **state)
{
	struct place *place = *state;
	place_at(place, 10, 3, 12, 0); /* a day off; counted from the 8th: 8, 9, 10 */
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	place_run(place);
	struct instant before = place_row(place, id).due;
	struct profile changed = *place->profile;
	changed.policy.nonworkday_receipt_next = true; /* deemed received on the 8th: 9, 10, 12 */
	changed.digest.bytes[0] ^= 1;
	struct core_options options = {&changed, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_DUE);
	assert_int_equal(place_row(place, id).due_version, 2);
	assert_int_equal(place_row(place, id).due.us, before.us + 2 * US_PER_DAY);
	options.profile = place->profile;
	core_configure(place->core, &options);
}

static void an_earlier_due_moment_does_not_apply_once_announced(void **state)
{
	struct place *place = *state;
	reload(place, 2027, false);
	place_run(place);
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	struct instant announced = place_row(place, id).due;
	reload(place, 2027, true);
	assert_int_equal(place_run(place), 0);
	assert_true(place_row(place, id).due.us == announced.us);
	assert_int_equal(place_row(place, id).due_version, 1);
}

static void a_profile_may_let_due_moments_move_earlier(void **state)
{
	struct place *place = *state;
	struct profile_source source = place_source();
	source.due_may_move_earlier = "yes";
	place_reload(place, &source, place_workdays(2027, false));
	place_run(place);
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	struct instant announced = place_row(place, id).due;
	reload(place, 2027, true);
	assert_int_equal(place_run(place), 1);
	assert_true(place_row(place, id).due.us < announced.us);
	assert_int_equal(place_row(place, id).due_version, 2);
}

static void a_new_calendar_leaves_alone_what_is_answered_or_has_no_deadline(void **state)
{
	struct place *place = *state;
	uint64_t peer = UINT64_C(1) << 40 | 5;
	place_at(place, 9, 30, 16, 0);
	int64_t open = place_submit(place, "m1", "水", NULL, "open");
	int64_t answered = place_submit(place, "m2", "水", NULL, NULL);
	place_ready(place, "worker-wet", peer, 3, 2, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, peer, answered, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, peer, answered, 1, REPLY_FINAL, "r"), VERDICT_DONE);
	struct instant due = place_row(place, answered).due;
	reload(place, 2027, false);
	assert_int_equal(place_run(place), 0);
	assert_true(instant_is_never(place_row(place, open).due));
	assert_true(place_row(place, answered).due.us == due.us);
}

static void a_profile_without_reminder_reminds_nobody(void **state)
{
	static const struct profile_source_rung none = {.at = "none"};
	struct place *place = *state;
	struct profile_source source = place_source();
	source.reminder = &none;
	place_reload(place, &source, NULL);
	place_run(place);
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	expect_rung(place, 10, 11, 0, RECORD_ESCALATED, 1);
	assert_false(place_row(place, id).reminded);
}

static void a_later_due_moment_takes_a_case_of_triage_off_the_overdue_ones(void **state)
{
	struct place *place = *state;
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "天空", NULL, NULL);
	place_at(place, 10, 11, 0, 0);
	place_run(place);
	assert_int_equal(core_totals(place->core).overdue, 1);
	reload(place, 2027, false); /* a later due moment: it is not overdue any more, and in no department */
	place_run(place);
	assert_int_equal(core_totals(place->core).overdue, 0);
	assert_int_equal(place_row(place, id).due_version, 2);
}

static void a_provisional_due_moment_becomes_final_under_the_same_version(void **state)
{
	struct place *place = *state;
	reload(place, 2026, true);
	place_at(place, 12, 24, 10, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	assert_true(place_row(place, id).provisional);
	reload(place, 2027, true);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_DUE);
	assert_false(place_row(place, id).provisional);
	assert_int_equal(place_row(place, id).due_version, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_ladder_fires_each_rung_once_at_its_moment),
		TEST(after_downtime_every_rung_fires_in_order),
		TEST(a_reminder_not_after_the_receipt_never_fires),
		TEST(a_class_without_a_deadline_is_never_escalated),
		TEST(an_answer_stops_the_ladder),
		TEST(a_clock_that_jumps_holds_the_ladder_until_it_is_back),
		TEST(an_operator_can_accept_the_clock),
		TEST(a_start_long_after_or_before_the_last_record_holds_the_ladder),
		TEST(a_hold_outlives_its_process),
		TEST(a_clock_that_comes_right_before_anything_is_written_is_watched_from_there),
		TEST(a_clock_that_comes_right_before_the_first_look_is_watched_from_there),
		TEST(a_later_due_moment_applies_with_a_new_version_and_its_own_rungs),
		TEST(a_profile_that_counts_otherwise_moves_due_moments_at_once_and_not_only_at_the_next_start),
		TEST(an_earlier_due_moment_does_not_apply_once_announced),
		TEST(a_profile_may_let_due_moments_move_earlier),
		TEST(a_new_calendar_leaves_alone_what_is_answered_or_has_no_deadline),
		TEST(a_profile_without_reminder_reminds_nobody),
		TEST(a_later_due_moment_takes_a_case_of_triage_off_the_overdue_ones),
		TEST(a_provisional_due_moment_becomes_final_under_the_same_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
