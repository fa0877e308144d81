#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

#define PEER_EDU  (UINT64_C(1) << 40 | 1)
#define PEER_BOTH (UINT64_C(1) << 40 | 2)
#define PEER_WET  (UINT64_C(1) << 40 | 3)

static void a_message_is_accepted_routed_offered_taken_and_answered(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	assert_true(id == INT64_C(20260914000001));
	assert_int_equal(place_row(place, id).state, CASE_QUEUED);
	assert_int_equal(place_run(place), 0); /* nobody is there: it waits */
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	assert_int_equal(place_run(place), 1);
	struct case_row row = place_row(place, id);
	assert_int_equal(row.state, CASE_OFFERED);
	assert_int_equal(row.epoch, 1);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, id, 1, REPLY_FINAL, "r"), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 1, 0, ""), VERDICT_REPEATED);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, id, 1, REPLY_INTERIM, "i"), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, id, 1, REPLY_INTERIM, "i"), VERDICT_REPEATED);
	assert_int_equal(place_row(place, id).state, CASE_TAKEN);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, id, 1, REPLY_FINAL, "r"), VERDICT_DONE);
	assert_int_equal(place_row(place, id).state, CASE_ANSWERED);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, id, 1, REPLY_FINAL, "r"), VERDICT_REPEATED);
	assert_int_equal(
		place_act(place, ACT_REPLY, PEER_EDU, id, 1, REPLY_FINAL, "other"), VERDICT_CONFLICT);
	assert_int_equal(core_totals(place->core).open, 0);
}

static void a_message_no_rule_knows_waits_at_triage_on_its_deadline(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "天空", NULL, NULL);
	assert_int_equal(place_row(place, id).state, CASE_TRIAGE);
	place_at(place, 9, 18, 0, 0);
	assert_int_equal(place_run(place), 2); /* the reminder of the 16th, and rung 1 at the due moment */
	assert_int_equal(place_row(place, id).rung_reached, 1);
	assert_int_equal(core_totals(place->core).overdue, 1);
	assert_int_equal(place_assign(place, id, "nowhere", true), VERDICT_UNKNOWN_DEPARTMENT);
	assert_int_equal(place_assign(place, id, "water", true), VERDICT_DONE);
	assert_int_equal(place_assign(place, id, "water", true), VERDICT_REPEATED);
	assert_int_equal(place_assign(place, id, "edu", true), VERDICT_WRONG_STATE);
}

static void a_stranger_to_the_case_learns_nothing_of_it(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_ready(place, "worker-wet", PEER_WET, 8, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_WET, id, 1, 0, ""), VERDICT_NOT_YOURS);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_WET, id, 9, 0, ""), VERDICT_NOT_YOURS);
	assert_int_equal(place_act(place, ACT_TAKE, 99, id, 1, 0, ""), VERDICT_NOT_READY);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id + 1, 1, 0, ""), VERDICT_NOT_FOUND);
}

static void a_lease_that_runs_out_moves_the_offer_on_with_a_higher_epoch(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_run(place);
	place_pass(place, 29 * US_PER_S);
	core_worker_heard(place->core, place->now, PEER_EDU, SPAN_LITERAL("worker-edu"));
	place_ready(place, "worker-both", PEER_BOTH, 8, 1, false);
	assert_int_equal(place_run(place), 0);
	place_pass(place, US_PER_S);
	assert_int_equal(place_run(place), 2); /* requeued, offered to the other: the first one rests */
	struct worker_view worker;
	assert_true(core_worker_by_peer(place->core, PEER_BOTH, &worker));
	assert_int_equal(worker.offers, 1);
	assert_int_equal(place_row(place, id).epoch, 2);
	assert_int_equal(place_row(place, id).losses, 0); /* nobody died */
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 1, 0, ""), VERDICT_STALE);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 2, 0, ""), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_BOTH, id, 2, 0, ""), VERDICT_DONE);
	/* It is the department's now, taken once and by the other; any of its workers may answer. */
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 2, 0, ""), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, id, 2, REPLY_FINAL, "r"), VERDICT_DONE);
}

static void five_lost_holders_in_a_row_park_the_case(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	for (int i = 1; i <= HOLDER_LOSSES_MAX; i++) {
		place_ready(place, "worker-edu", PEER_EDU + 100 + (uint64_t)i, i, 1, false);
		place_run(place);
		assert_int_equal(place_row(place, id).state, CASE_OFFERED);
		place_pass(place, 15 * US_PER_S);
		place_run(place);
		assert_int_equal(place_row(place, id).losses, i);
		assert_int_equal(
			place_row(place, id).state, i < HOLDER_LOSSES_MAX ? CASE_QUEUED : CASE_TRIAGE);
	}
	assert_int_equal(place->last.kind, RECORD_ALARM);
}

static void process_custody_ends_with_its_process(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, true);
	place_ready(place, "worker-both", PEER_BOTH, 8, 0 + 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(
		place_act(place, ACT_REPLY, PEER_BOTH, id, 1, REPLY_FINAL, "r"), VERDICT_WRONG_STATE);
	/* The same process on a new connection keeps it. */
	place_ready(place, "worker-edu", PEER_EDU + 50, 7, 1, true);
	assert_int_equal(place_row(place, id).state, CASE_TAKEN);
	core_worker_end(place->core, PEER_EDU + 50, true);
	place_run(place);
	assert_int_equal(place_row(place, id).state, CASE_OFFERED);
	assert_int_equal(place_row(place, id).epoch, 2);
	assert_int_equal(place_row(place, id).losses, 1);
}

static void credit_bounds_offers_and_workers_take_turns(void **state)
{
	struct place *place = *state;
	struct worker_view one, other;
	for (int i = 0; i < 5; i++) {
		char name[8] = {'m', (char)('0' + i), 0};
		place_submit(place, name, "学校", "edu", NULL);
	}
	place_ready(place, "worker-edu", PEER_EDU, 7, 2, false);
	place_ready(place, "worker-both", PEER_BOTH, 8, 2, false);
	assert_int_equal(place_run(place), 4);
	assert_true(core_worker_by_peer(place->core, PEER_EDU, &one) &&
		    core_worker_by_peer(place->core, PEER_BOTH, &other));
	assert_int_equal(one.offers, 2);
	assert_int_equal(other.offers, 2);
	assert_int_equal(core_totals(place->core).queued, 1);
	assert_int_equal(
		place_act(place, ACT_TAKE, PEER_EDU, INT64_C(20260914000001), 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_run(place), 1); /* level-triggered: the freed credit is used at once */
}

static void a_return_goes_to_triage_once_and_a_ruling_is_final(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 4, false);
	place_ready(place, "worker-wet", PEER_WET, 8, 4, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER_EDU, id, 1, 0, "not ours"), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_RETURN, PEER_EDU, id, 1, 0, "not ours"), VERDICT_REPEATED);
	assert_int_equal(place_act(place, ACT_RETURN, PEER_WET, id, 1, 0, "not ours"), VERDICT_NOT_YOURS);
	/* Triage has it: another reason is not a repeat, and nothing else can be done with it. */
	assert_int_equal(place_act(place, ACT_RETURN, PEER_EDU, id, 1, 0, "another"), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_FAIL, PEER_EDU, id, 1, 0, "another"), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 1, 0, "not ours"), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 2, 0, "not ours"), VERDICT_STALE);
	assert_int_equal(place_assign(place, id, "water", true), VERDICT_DONE);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER_WET, id, 2, 0, "nor ours"), VERDICT_RETURN_LIMIT);
	assert_int_equal(place_act(place, ACT_FAIL, PEER_WET, id, 2, 0, "cannot"), VERDICT_DONE);
	assert_int_equal(place_row(place, id).state, CASE_TRIAGE);
	assert_int_equal(place_row(place, id).returns, 1);
}

static void a_profile_says_how_often_a_case_may_be_returned(void **state)
{
	struct place *place = *state;
	struct profile_source source = place_source();
	source.returns_per_case = "2";
	place_reload(place, &source, NULL);
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	for (uint32_t epoch = 1; epoch <= 2; epoch++) {
		place_run(place);
		assert_int_equal(place_act(place, ACT_RETURN, PEER_EDU, id, epoch, 0, "no"), VERDICT_DONE);
		assert_int_equal(place_assign(place, id, "edu", false), VERDICT_DONE);
	}
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER_EDU, id, 3, 0, "no"), VERDICT_RETURN_LIMIT);
	assert_false(place_row(place, id).final_ruling);
}

static void a_refusal_says_why(void **state)
{
	struct place *place = *state;
	struct decision decision;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, id, 1, 0, ""), VERDICT_DONE);
	struct worker_request request = {
		.act = ACT_REPLY, .peer = PEER_EDU, .case_id = id, .epoch = 1, .reply_kind = REPLY_REFUSAL};
	core_decide_worker(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_REASON_MISSING);
	assert_int_equal(decision.record_count, 0);
}

static void what_the_profile_does_not_know_is_refused(void **state)
{
	struct place *place = *state;
	struct submission submission = {.portal = SPAN_LITERAL("portal-a"), .message_id = SPAN_LITERAL("m1")};
	struct submission_facts facts = {0};
	struct decision decision;
	submission.request.department = SPAN_LITERAL("nowhere");
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_UNKNOWN_DEPARTMENT);
	submission.request.department = SPAN_EMPTY;
	submission.request.class = SPAN_LITERAL("urgent");
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_UNKNOWN_CLASS);
}

static void the_same_id_is_repeated_or_a_conflict_and_changes_nothing(void **state)
{
	struct place *place = *state;
	struct submission submission = {.portal = SPAN_LITERAL("portal-a"),
		.message_id = SPAN_LITERAL("m1"),
		.request = {.title = SPAN_LITERAL("a"), .body = SPAN_LITERAL("b")}};
	struct submission_facts facts = {
		.known = true, .known_case = 5, .known_digest = submission_digest(&submission)};
	struct decision decision;
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_REPEATED);
	assert_int_equal(decision.case_id, 5);
	/* Moving a byte from one field to the next is other content. */
	submission.request.title = SPAN_LITERAL("ab");
	submission.request.body = SPAN_LITERAL("");
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_CONFLICT);
	assert_int_equal(decision.record_count, 0);
}

static void a_portal_above_its_rate_is_told_when_to_come_back(void **state)
{
	struct place *place = *state;
	struct submission submission = {.portal = SPAN_LITERAL("portal-a"),
		.message_id = SPAN_LITERAL("x"),
		.request = {.title = SPAN_LITERAL("a"), .body = SPAN_LITERAL("b")}};
	struct submission_facts facts = {.last_case_of_day = INT64_C(20260914000600)};
	struct decision decision;
	char name[16];
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		place_submit(place, name, "水", NULL, NULL);
	}
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_BUSY_RATE);
	assert_true(decision.retry_us > 0 && decision.retry_us <= US_PER_S);
	place_pass(place, decision.retry_us);
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_DONE);
	facts.last_case_of_day = INT64_C(20260914999999);
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_BUSY_DAY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_accepted_routed_offered_taken_and_answered),
		TEST(a_message_no_rule_knows_waits_at_triage_on_its_deadline),
		TEST(a_stranger_to_the_case_learns_nothing_of_it),
		TEST(a_lease_that_runs_out_moves_the_offer_on_with_a_higher_epoch),
		TEST(five_lost_holders_in_a_row_park_the_case),
		TEST(process_custody_ends_with_its_process),
		TEST(credit_bounds_offers_and_workers_take_turns),
		TEST(a_return_goes_to_triage_once_and_a_ruling_is_final),
		TEST(a_profile_says_how_often_a_case_may_be_returned),
		TEST(a_refusal_says_why),
		TEST(what_the_profile_does_not_know_is_refused),
		TEST(the_same_id_is_repeated_or_a_conflict_and_changes_nothing),
		TEST(a_portal_above_its_rate_is_told_when_to_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
