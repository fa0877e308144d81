#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"
#include "tests/unit/core/records.h"

#define PEER_EDU  (UINT64_C(1) << 40 | 1)
#define PEER_BOTH (UINT64_C(1) << 40 | 2)

static struct case_row row_of(int64_t case_id, enum case_state state)
{
	return (struct case_row){
		.case_id = case_id,
		.state = state,
		.portal = SPAN_LITERAL("portal-a"),
		.department = state == CASE_TRIAGE ? SPAN_EMPTY : SPAN_LITERAL("edu"),
		.class = SPAN_LITERAL("ordinary"),
		.within = SPAN_LITERAL("3 workday"),
		.due_version = 1,
		.texts = 1,
	};
}

#define FIRST INT64_C(20260901000001)

static void no_case_has_a_number_that_is_not_positive(void **state)
{
	struct place *place = *state;
	struct case_row row;
	assert_false(core_row(place->core, 0, &row));
	assert_false(core_row(place->core, -5, &row));
}

static void what_was_overdue_is_overdue_again_also_at_triage(void **state)
{
	struct place *place = *state;
	struct case_row at_triage = row_of(FIRST, CASE_TRIAGE), queued = row_of(FIRST + 1, CASE_QUEUED),
			reminded = row_of(FIRST + 2, CASE_QUEUED);
	place_at(place, 9, 30, 16, 0);
	at_triage.received = queued.received = reminded.received = place->now.wall;
	at_triage.due = queued.due = reminded.due = INSTANT_NEVER;
	at_triage.within = queued.within = reminded.within = SPAN_EMPTY;
	at_triage.fired = queued.fired = 1 << 1; /* rung 1 */
	reminded.fired = 1 << 0;		 /* the reminder, which comes before the due moment */
	core_load(place->core, &at_triage);
	core_load(place->core, &queued);
	core_load(place->core, &reminded);
	core_check(place->core);
	struct department_view department;
	assert_true(core_department_at(place->core, 0, &department));
	assert_int_equal(core_totals(place->core).overdue, 2);
	assert_int_equal(department.overdue, 1);
}

static void a_row_comes_back_as_it_was(void **state)
{
	struct place *place = *state;
	struct case_row row = row_of(FIRST, CASE_TAKEN);
	row.due = INSTANT_NEVER;
	row.within = SPAN_EMPTY;
	row.provisional = row.final_ruling = row.process_custody = row.reminded = true;
	row.holder = 77;
	row.epoch = 3;
	core_load(place->core, &row);
	core_check(place->core);
	struct case_row back = place_row(place, FIRST);
	assert_true(back.provisional && back.final_ruling && back.process_custody && back.reminded);
	assert_int_equal(back.holder, 77);
	/* Its process does not come back within the grace: the case is offered to another. */
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = place->now.wall});
	place_pass(place, 30 * US_PER_S - 1);
	assert_int_equal(place_run(place), 0);
	place_pass(place, 1);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place_row(place, FIRST).state, CASE_QUEUED);
	assert_int_equal(place_row(place, FIRST).losses, 1);
}

static void no_rung_fires_before_every_due_moment_is_computed_again(void **state)
{
	struct place *place = *state;
	struct decision decision;
	place_at(place, 12, 1, 9, 0);
	for (int64_t i = 0; i < 5000; i++) {
		struct case_row row = row_of(FIRST + i, CASE_TRIAGE);
		row.received = (struct instant){0};
		row.due = INSTANT_NEVER;
		row.within = SPAN_EMPTY;
		if (i == 0) {
			struct deadline_within within = {3, DEADLINE_WORKDAY};
			struct deadline deadline;
			row.within = SPAN_LITERAL("3 workday");
			row.received = (struct instant){place->now.wall.us - 60 * US_PER_DAY};
			assert_true(deadline_compute(
				place->workdays, &place->profile->policy, row.received, within, &deadline));
			row.due = deadline.due;
			row.due_date = deadline.due_date.days;
		}
		core_load(place->core, &row);
	}
	place_run(place);
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = place->now.wall});
	/* A province's cases are gone through in several calls; a rung is due all the while. */
	core_decide_due(place->core, place->now, place->now.wall, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOTHING);
	assert_true(core_next_wakeup(place->core).mono.us == 0); /* come again at once */
	core_decide_due(place->core, place->now, place->now.wall, &decision);
	assert_int_equal(decision.verdict, VERDICT_DONE);
	assert_int_equal(decision.records[0].kind, RECORD_REMINDED);
}

static void journals_of_other_profiles_are_replayed(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	/* A department that no profile has had since, and a rung above all there are. */
	struct record drained = {.kind = RECORD_DRAINED, .department = SPAN_LITERAL("gone"), .number = 1};
	core_apply(place->core, place->now, &drained);
	assert_false(core_totals(place->core).draining);
	struct record rung = {.kind = RECORD_ESCALATED, .case_id = id, .number = RUNGS_MAX, .due_version = 1};
	core_apply(place->core, place->now, &rung);
	assert_int_equal(place_row(place, id).rung_reached, RUNGS_MAX);
	assert_int_equal(core_totals(place->core).overdue, 1);
	rung.number = RUNGS_MAX - 1;
	core_apply(place->core, place->now, &rung);
	assert_int_equal(place_row(place, id).rung_reached, RUNGS_MAX);
	assert_int_equal(core_totals(place->core).overdue, 1); /* a second rung does not count it twice */
	core_check(place->core);
}

static void records_that_people_read_move_no_case_and_need_none(void **state)
{
	struct place *place = *state;
	static const enum record_kind kinds[] = {
		RECORD_ALARM, RECORD_CONFIGURED, RECORD_CONTACT, RECORD_CONTACT_OPENED};
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	struct case_row row, before = place_row(place, id);
	while (core_next_changed(place->core, &row))
		continue;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		/* Of a case that is there, of none, and of one that was answered long ago. */
		const int64_t about[] = {id, 0, id - 1};
		for (size_t j = 0; j < sizeof(about) / sizeof(about[0]); j++) {
			struct record record = {.kind = kinds[i], .case_id = about[j]};
			core_apply(place->core, place->now, &record);
			assert_false(core_next_changed(place->core, &row));
		}
	}
	struct case_row after = place_row(place, id);
	assert_row(&after, &before);
	assert_int_equal(core_totals(place->core).open, 1);
	core_check(place->core);
}

static void a_drained_department_or_house_offers_nothing(void **state)
{
	struct place *place = *state;
	struct department_view department;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	struct record drained = {.kind = RECORD_DRAINED, .department = SPAN_LITERAL("edu"), .number = 1};
	core_apply(place->core, place->now, &drained);
	core_check(place->core);
	assert_int_equal(place_run(place), 0);
	core_check(place->core);
	assert_true(core_department_at(place->core, 0, &department) && department.draining);
	drained.number = 0;
	core_apply(place->core, place->now, &drained);
	drained = (struct record){.kind = RECORD_DRAINED, .number = 1};
	core_apply(place->core, place->now, &drained);
	assert_int_equal(place_run(place), 0);
	core_check(place->core);
	struct submission submission = {.portal = SPAN_LITERAL("portal-a"), .message_id = SPAN_LITERAL("m2")};
	struct submission_facts facts = {.last_case_of_day = place->last_case};
	struct decision decision;
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_BUSY_DRAINING);
	drained.number = 0;
	core_apply(place->core, place->now, &drained);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place_row(place, id).state, CASE_OFFERED);
}

/* However much was said before: a case can always be ruled on and answered. */
static void a_case_full_of_texts_takes_an_answer_and_nothing_else(void **state)
{
	struct place *place = *state;
	struct case_row queued = row_of(FIRST, CASE_QUEUED), at_triage = row_of(FIRST + 1, CASE_TRIAGE);
	queued.within = at_triage.within = SPAN_EMPTY;
	queued.due = at_triage.due = INSTANT_NEVER;
	queued.texts = CASE_TEXTS_INTERIM_MAX - 1;
	at_triage.texts = CASE_TEXTS_RETURN_MAX;
	core_load(place->core, &queued);
	core_load(place->core, &at_triage);
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = place->now.wall});
	place_ready(place, "worker-edu", PEER_EDU, 7, 2, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, FIRST, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, FIRST, 1, REPLY_INTERIM, "a"), VERDICT_DONE);
	assert_int_equal(
		place_act(place, ACT_REPLY, PEER_EDU, FIRST, 1, REPLY_INTERIM, "b"), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, FIRST, 1, REPLY_FINAL, "c"), VERDICT_DONE);
	assert_int_equal(place_assign(place, FIRST + 1, "edu", false), VERDICT_DONE);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, FIRST + 1, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_FAIL, PEER_EDU, FIRST + 1, 1, 0, "no"), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, FIRST + 1, 1, REPLY_FINAL, "d"), VERDICT_DONE);
	assert_int_equal(place_row(place, FIRST + 1).state, CASE_ANSWERED);
	assert_int_equal(place_row(place, FIRST + 1).texts, CASE_TEXTS_RETURN_MAX + 2);
}

static void a_case_goes_round_until_its_texts_reach_the_bound(void **state)
{
	struct place *place = *state;
	static const struct {
		int64_t texts; /* once it is assigned */
		enum verdict verdict;
	} rows[] = {
		{CASE_TEXTS_RETURN_MAX - 1, VERDICT_DONE},
		{CASE_TEXTS_RETURN_MAX, VERDICT_WRONG_STATE},
	};
	for (int64_t i = 0; i < 2; i++) {
		struct case_row row = row_of(FIRST + i, CASE_TRIAGE);
		row.within = SPAN_EMPTY;
		row.due = INSTANT_NEVER;
		row.texts = rows[i].texts - 1;
		core_load(place->core, &row);
	}
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = place->now.wall});
	place_ready(place, "worker-edu", PEER_EDU, 7, 2, false);
	for (int64_t i = 0; i < 2; i++) {
		assert_int_equal(place_assign(place, FIRST + i, "edu", false), VERDICT_DONE);
		place_run(place);
		assert_int_equal(place_row(place, FIRST + i).texts, rows[i].texts);
		assert_int_equal(
			place_act(place, ACT_FAIL, PEER_EDU, FIRST + i, 1, 0, "no"), rows[i].verdict);
	}
}

static void a_closed_case_is_assigned_no_more_and_an_unknown_one_is_not_found(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct case_row closed = row_of(FIRST, CASE_ANSWERED);
	struct assign_request request = {
		.case_id = FIRST, .department = SPAN_LITERAL("edu"), .closed = &closed};
	core_decide_assign(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_WRONG_STATE);
	assert_int_equal(decision.state, CASE_ANSWERED);
	request.closed = NULL;
	core_decide_assign(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_case_has_a_number_that_is_not_positive),
		TEST(what_was_overdue_is_overdue_again_also_at_triage),
		TEST(a_row_comes_back_as_it_was),
		TEST(no_rung_fires_before_every_due_moment_is_computed_again),
		TEST(journals_of_other_profiles_are_replayed),
		TEST(records_that_people_read_move_no_case_and_need_none),
		TEST(a_drained_department_or_house_offers_nothing),
		TEST(a_case_full_of_texts_takes_an_answer_and_nothing_else),
		TEST(a_case_goes_round_until_its_texts_reach_the_bound),
		TEST(a_closed_case_is_assigned_no_more_and_an_unknown_one_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
