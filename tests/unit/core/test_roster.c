#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

/* Workers: who may be offered what, whose turn it is, when one is lost, and what a reload leaves of them. */

#define PEER  (UINT64_C(1) << 40 | 1)
#define OTHER (UINT64_C(1) << 40 | 2)
#define BEAT  (5 * US_PER_S)
#define LEASE (30 * US_PER_S)

static struct worker_view view(const struct place *place, uint64_t peer)
{
	struct worker_view worker;
	assert_true(core_worker_by_peer(place->core, peer, &worker));
	return worker;
}

static void heard(struct place *place, uint64_t peer)
{
	assert_true(core_worker_heard(place->core, place->now, peer, SPAN_LITERAL("worker-edu")));
}

static enum verdict ready(struct place *place, const char *principal, const struct span *departments,
	uint32_t count, uint32_t *ret_index)
{
	struct worker_ready ready = {.peer = PEER,
		.principal = principals_find_name(place->principals, span_of_string(principal)),
		.incarnation = 7,
		.credit = 1,
		.departments = departments,
		.departments_count = count};
	return core_worker_ready(place->core, place->now, &ready, ret_index);
}

static void a_ready_is_answered_with_what_it_got(void **state)
{
	struct place *place = *state;
	const struct span both[] = {SPAN_LITERAL("water"), SPAN_LITERAL("edu"), SPAN_LITERAL("water")};
	const struct span foreign[] = {SPAN_LITERAL("water"), SPAN_LITERAL("edu")};
	uint32_t index = 9;
	assert_int_equal(ready(place, "worker-both", both, 3, &index), VERDICT_DONE);
	struct worker_view worker = view(place, PEER);
	assert_int_equal(worker.departments_count, 2);
	assert_true(span_equal_string(worker.departments[0], "water"));
	assert_true(span_equal_string(worker.departments[1], "edu"));
	assert_true(span_equal_string(worker.principal, "worker-both"));
	assert_int_equal(worker.heard.us, place->now.mono.us);
	assert_int_equal(worker.offers, 0);
	assert_false(worker.process_custody);
	const struct span again[] = {SPAN_LITERAL("water"), SPAN_LITERAL("edu"), SPAN_LITERAL("edu")};
	assert_int_equal(ready(place, "worker-both", again, 3, &index), VERDICT_DONE);
	assert_int_equal(view(place, PEER).departments_count, 2);
	assert_int_equal(ready(place, "worker-wet", foreign, 2, &index), VERDICT_NOT_YOURS);
	assert_int_equal(index, 1);
	assert_int_equal(ready(place, "worker-wet", foreign, 0, &index), VERDICT_UNKNOWN_DEPARTMENT);
	core_check(place->core);
}

static void credit_is_cut_to_its_limit(void **state)
{
	struct place *place = *state;
	place_ready(place, "worker-edu", PEER, 7, CREDIT_MAX, false);
	assert_int_equal(view(place, PEER).credit, CREDIT_MAX);
	place_ready(place, "worker-edu", PEER, 7, CREDIT_MAX + 1, false);
	assert_int_equal(view(place, PEER).credit, CREDIT_MAX);
	place_ready(place, "worker-edu", PEER, 7, CREDIT_MAX - 1, true);
	assert_int_equal(view(place, PEER).credit, CREDIT_MAX - 1);
	assert_true(view(place, PEER).process_custody);
	assert_int_equal(core_totals(place->core).workers, 1);
}

static void holders_are_told_apart_by_principal_and_incarnation(void **state)
{
	struct place *place = *state;
	struct worker_view found;
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_ready(place, "worker-edu", OTHER, 8, 1, false);
	place_ready(place, "worker-both", OTHER + 1, 7, 1, false);
	uint64_t a = view(place, PEER).holder, b = view(place, OTHER).holder,
		 c = view(place, OTHER + 1).holder;
	assert_true(a != b && b != c && a != c);
	assert_true(a > 0 && a <= INT64_MAX && b > 0 && b <= INT64_MAX && c > 0 && c <= INT64_MAX);
	assert_true(core_worker_by_holder(place->core, b, &found));
	assert_true(found.peer == OTHER && found.holder == b);
	assert_false(core_worker_by_holder(place->core, a + b, &found));
	assert_int_equal(core_totals(place->core).workers, 3);
}

static void a_connection_belongs_to_its_last_ready(void **state)
{
	struct place *place = *state;
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	uint64_t first = view(place, PEER).holder;
	place_ready(place, "worker-edu", PEER, 8, 1, false);
	assert_true(view(place, PEER).holder != first);
	assert_int_equal(core_totals(place->core).workers, 1);
	/* What the process before it had been offered it loses without blame. */
	place_submit_many(place, 1);
	place_run(place);
	place_ready(place, "worker-edu", PEER, 9, 1, false);
	assert_int_equal(place_run(place), 2);
	assert_int_equal(place_row(place, place->last_case).losses, 0);
	place_ready(place, "worker-edu", PEER, 8, 1, false);
	place_run(place);
	/* The same process on a new connection leaves none on the old one. */
	place_ready(place, "worker-edu", OTHER, 8, 1, false);
	assert_false(place_has_worker(place, PEER));
	assert_int_equal(core_totals(place->core).workers, 1);
	assert_false(core_worker_heard(place->core, place->now, PEER, SPAN_LITERAL("worker-edu")));
	assert_false(core_worker_heard(place->core, place->now, OTHER, SPAN_LITERAL("worker-wet")));
	assert_true(core_worker_heard(place->core, place->now, OTHER, SPAN_LITERAL("worker-edu")));
}

static void an_ended_process_may_say_ready_again_in_the_next_turn(void **state)
{
	struct place *place = *state;
	uint32_t index;
	place_ready(place, "worker-both", PEER, 7, 1, false);
	place_submit(place, "m1", "学校", "edu", NULL);
	place_run(place);
	core_worker_end(place->core, PEER, false);
	core_worker_end(place->core, PEER, true); /* once is enough */
	assert_int_equal(core_next_wakeup(place->core).mono.us, 0);
	assert_int_equal(ready(place, "worker-both", NULL, 0, &index), VERDICT_BUSY_WORKERS);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_REQUEUED);
	assert_true(span_equal_string(place->last.subject, "bye"));
	assert_int_equal(ready(place, "worker-both", NULL, 0, &index), VERDICT_DONE);
	assert_int_equal(place_run(place), 1);
}

static void there_is_room_for_so_many_workers_and_for_others_once_some_left(void **state)
{
	struct place *place = *state;
	uint32_t index;
	for (int64_t i = 1; i <= WORKERS_MAX; i++) {
		struct worker_ready one = {.peer = OTHER + (uint64_t)i,
			.principal = principals_find_name(place->principals, SPAN_LITERAL("worker-edu")),
			.incarnation = 100 + i,
			.credit = 1};
		assert_int_equal(core_worker_ready(place->core, place->now, &one, &index), VERDICT_DONE);
	}
	assert_int_equal(core_totals(place->core).workers, WORKERS_MAX);
	assert_int_equal(ready(place, "worker-edu", NULL, 0, &index), VERDICT_BUSY_WORKERS);
	core_worker_end(place->core, OTHER + 5, false);
	place_run(place);
	assert_int_equal(core_totals(place->core).workers, WORKERS_MAX - 1);
	assert_int_equal(ready(place, "worker-edu", NULL, 0, &index), VERDICT_DONE);
	assert_int_equal(core_totals(place->core).workers, WORKERS_MAX);
	core_check(place->core);
}

static void silence_for_three_beats_loses_a_worker_and_a_word_saves_it(void **state)
{
	struct place *place = *state;
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_submit_many(place, 1);
	place_run(place);
	assert_int_equal(core_next_wakeup(place->core).mono.us, place->now.mono.us + 3 * BEAT);
	place_pass(place, 3 * BEAT - 1);
	assert_int_equal(place_run(place), 0);
	heard(place, PEER);
	place_pass(place, 1);
	assert_int_equal(place_run(place), 0); /* looks again, and watches on */
	assert_int_equal(core_next_wakeup(place->core).mono.us, place->now.mono.us + 3 * BEAT - 1);
	place_pass(place, 3 * BEAT - 2);
	assert_int_equal(place_run(place), 0);
	assert_true(place_has_worker(place, PEER));
	place_pass(place, 1);
	assert_int_equal(place_run(place), 1);
	assert_true(span_equal_string(place->last.subject, "lost"));
	assert_false(place_has_worker(place, PEER));
}

static void beat(struct place *place)
{
	place_pass(place, BEAT);
	heard(place, PEER);
	place_run(place);
}

/* How long PEER is not offered anything; everything here is a multiple of a beat. */
static int64_t rest(struct place *place)
{
	int64_t passed = 0;
	for (place_run(place); view(place, PEER).offers == 0; passed += BEAT)
		beat(place);
	return passed;
}

static void let_the_lease_run_out(struct place *place)
{
	for (int64_t passed = 0; passed < LEASE; passed += BEAT) {
		assert_int_equal(view(place, PEER).offers, 1);
		beat(place);
	}
	assert_int_equal(view(place, PEER).offers, 0);
}

static void a_worker_that_lets_leases_run_out_rests_twice_as_long_each_time(void **state)
{
	struct place *place = *state;
	static const int64_t rests[] = {0, 30, 60, 120, 240, 480, 600, 600};
	place_submit_many(place, 1);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		assert_int_equal(rest(place), rests[i] * US_PER_S);
		let_the_lease_run_out(place);
	}
	/* A new READY begins anew, and so does a TAKE. */
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	assert_int_equal(rest(place), 0);
	let_the_lease_run_out(place);
	assert_int_equal(rest(place), 30 * US_PER_S);
	uint32_t epoch = (uint32_t)place_row(place, place->last_case).epoch;
	assert_int_equal(place_act(place, ACT_TAKE, PEER, place->last_case, epoch, 0, ""), VERDICT_DONE);
	place_submit(place, "next", "学校", "edu", NULL);
	assert_int_equal(rest(place), 0);
	let_the_lease_run_out(place);
	assert_int_equal(rest(place), 30 * US_PER_S);
}

static void a_rest_ends_for_every_department_of_the_worker(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "w", "水", NULL, NULL);
	place_ready(place, "worker-both", PEER, 7, 1, false);
	place_run(place);
	for (int64_t passed = BEAT; passed <= 2 * LEASE; passed += BEAT) {
		place_pass(place, BEAT);
		assert_true(core_worker_heard(place->core, place->now, PEER, SPAN_LITERAL("worker-both")));
		place_run(place);
		assert_int_equal(place_row(place, id).state,
			passed >= LEASE && passed < 2 * LEASE ? CASE_QUEUED : CASE_OFFERED);
	}
}

static void workers_of_a_department_take_turns_and_the_full_are_passed_over(void **state)
{
	struct place *place = *state;
	static const uint64_t order[] = {0, 1, 2, 0, 2, 2};
	place_ready(place, "worker-edu", PEER, 7, 2, false);
	place_ready(place, "worker-edu", PEER + 1, 8, 1, false);
	place_ready(place, "worker-both", PEER + 2, 9, 9, false);
	place_submit_many(place, 6);
	for (int i = 0; i < 6; i++) {
		struct decision decision;
		core_decide_due(place->core, place->now, place->now.wall, &decision);
		place_do(place, &decision);
		assert_int_equal(place->last.holder, (int64_t)view(place, PEER + order[i]).holder);
	}
}

static void one_who_leaves_takes_no_turn_from_the_others(void **state)
{
	struct place *place = *state;
	for (unsigned i = 0; i < 3; i++)
		place_ready(place, "worker-edu", PEER + i, 7 + i, 9, false);
	place_submit_many(place, 2);
	place_run(place); /* the first and the second; the third's turn is next */
	core_worker_end(place->core, PEER + 2, false);
	place_run(place);
	place_submit(place, "x", "学校", "edu", NULL);
	place_run(place);
	assert_int_equal(place->last.holder, (int64_t)view(place, PEER).holder);
	core_worker_end(place->core, PEER, false);
	place_run(place);
	assert_int_equal(view(place, PEER + 1).offers, 3);
	struct department_view edu;
	assert_true(core_department_at(place->core, 0, &edu));
	assert_int_equal(edu.workers, 1);
}

static void who_cannot_be_reached_is_lost_at_once_or_has_until_its_beats_are_missed(void **state)
{
	struct place *place = *state;
	place_submit_many(place, 2);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	core_worker_unreachable(place->core, OTHER); /* nobody */
	core_worker_unreachable(place->core, PEER);
	assert_int_equal(place_run(place), 1);
	assert_true(span_equal_string(place->last.subject, "lost"));
	assert_int_equal(place->last.number, 1);
	assert_false(place_has_worker(place, PEER));

	place_ready(place, "worker-edu", PEER, 8, 9, true);
	assert_int_equal(place_run(place), 2);
	place_pass(place, BEAT);
	core_worker_unreachable(place->core, PEER);
	place_submit(place, "x", "学校", "edu", NULL);
	assert_int_equal(place_run(place), 0); /* no further offer */
	assert_true(place_has_worker(place, PEER));
	place_pass(place, 2 * BEAT - 1);
	assert_int_equal(place_run(place), 0);
	place_ready(
		place, "worker-edu", PEER + 9, 8, 9, true); /* back in time: keeps both, and gets the third */
	assert_int_equal(place_run(place), 1);
	core_worker_unreachable(place->core, PEER + 9);
	place_pass(place, 3 * BEAT);
	assert_int_equal(place_run(place), 3);
	assert_false(place_has_worker(place, PEER + 9));
}

static void every_department_that_has_something_has_its_turn(void **state)
{
	struct place *place = *state;
	place_ready(place, "worker-both", PEER, 7, 9, false);
	place_run(place);
	place_submit(place, "a", "学校", "edu", NULL);
	place_submit(place, "b", "水", NULL, NULL);
	place_submit(place, "c", "水", NULL, NULL);
	assert_int_equal(place_run(place), 3);
	/* In the order in which they came to have something, wherever the ring begins. */
	place_submit(place, "d", "水", NULL, NULL);
	assert_int_equal(place_run(place), 1);
	place_submit(place, "e", "水", NULL, NULL);
	place_submit(place, "f", "学校", "edu", NULL);
	struct decision decision;
	core_decide_due(place->core, place->now, place->now.wall, &decision);
	assert_true(span_equal_string(decision.records[0].department, "water"));
	place_do(place, &decision);
	assert_int_equal(place_run(place), 1);
	assert_true(span_equal_string(place->last.department, "edu"));
}

static void draining_stops_offers_of_one_department_or_of_all(void **state)
{
	struct place *place = *state;
	struct record drained = {.kind = RECORD_DRAINED,
		.at = place->now.wall,
		.department = SPAN_LITERAL("edu"),
		.number = 1};
	struct department_view edu;
	place_submit_many(place, 1);
	place_submit(place, "w", "水", NULL, NULL);
	core_apply(place->core, place->now, &drained);
	place_ready(place, "worker-both", PEER, 7, 9, false);
	assert_int_equal(place_run(place), 1);
	assert_true(span_equal_string(place->last.department, "water"));
	assert_true(core_department_at(place->core, 0, &edu) && edu.draining);
	assert_false(core_totals(place->core).draining);
	drained.number = 0;
	core_apply(place->core, place->now, &drained);
	assert_int_equal(place_run(place), 1);
	assert_true(core_department_at(place->core, 0, &edu) && !edu.draining);

	drained = (struct record){.kind = RECORD_DRAINED, .at = place->now.wall, .number = 1};
	place_submit_many(place, 1);
	core_apply(place->core, place->now, &drained);
	assert_true(core_totals(place->core).draining);
	assert_int_equal(place_run(place), 0);
	struct submission submission = {
		.portal = SPAN_LITERAL("portal-a"), .request = {.title = SPAN_LITERAL("t")}};
	struct submission_facts facts = {0};
	struct decision decision;
	core_decide_submit(place->core, place->now, &submission, &facts, &decision);
	assert_int_equal(decision.verdict, VERDICT_BUSY_DRAINING);
	assert_int_equal(decision.retry_us, 5 * US_PER_S);
	drained.number = 0;
	core_apply(place->core, place->now, &drained);
	assert_int_equal(place_run(place), 1);
	/* A department nobody knows is nobody's. */
	drained.department = SPAN_LITERAL("tax");
	drained.number = 1;
	core_apply(place->core, place->now, &drained);
	assert_false(core_totals(place->core).draining);
	core_check(place->core);
}

struct seen {
	uint64_t peers[4];
	uint32_t count;
};

static void see(void *context, const struct worker_view *worker)
{
	struct seen *seen = context;
	seen->peers[seen->count++] = worker->peer;
}

static void each_worker_of_a_department_or_of_all_is_seen_once(void **state)
{
	struct place *place = *state;
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_ready(place, "worker-wet", PEER + 1, 7, 1, false);
	place_ready(place, "worker-both", PEER + 2, 7, 1, false);
	place_submit(place, "m", "学校", "edu", NULL);
	place_run(place);
	static const struct {
		const char *department;
		uint32_t count;
		uint64_t first;
	} rows[] = {{"", 3, PEER}, {"edu", 2, PEER}, {"water", 2, PEER + 1}, {"tax", 0, 0}};
	for (size_t i = 0; i < 4; i++) {
		struct seen seen = {.count = 0};
		core_each_worker(place->core, span_of_string(rows[i].department), see, &seen);
		assert_int_equal(seen.count, rows[i].count);
		assert_int_equal(seen.peers[0], rows[i].first);
	}
	core_worker_end(place->core, PEER, false); /* still there for its case, and not to be seen */
	struct seen seen = {.count = 0};
	core_each_worker(place->core, SPAN_EMPTY, see, &seen);
	assert_int_equal(seen.count, 2);
	struct worker_view gone;
	assert_false(core_worker_by_peer(place->core, PEER, &gone));
	struct department_view department;
	assert_true(core_department_at(place->core, 1, &department));
	assert_true(span_equal_string(department.id, "water") && span_equal_string(department.name, "水务"));
	assert_int_equal(department.workers, 2);
	assert_true(department.in_profile);
	assert_false(core_department_at(place->core, 2, &department));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_ready_is_answered_with_what_it_got),
		TEST(credit_is_cut_to_its_limit),
		TEST(holders_are_told_apart_by_principal_and_incarnation),
		TEST(a_connection_belongs_to_its_last_ready),
		TEST(an_ended_process_may_say_ready_again_in_the_next_turn),
		TEST(there_is_room_for_so_many_workers_and_for_others_once_some_left),
		TEST(silence_for_three_beats_loses_a_worker_and_a_word_saves_it),
		TEST(a_worker_that_lets_leases_run_out_rests_twice_as_long_each_time),
		TEST(a_rest_ends_for_every_department_of_the_worker),
		TEST(workers_of_a_department_take_turns_and_the_full_are_passed_over),
		TEST(one_who_leaves_takes_no_turn_from_the_others),
		TEST(who_cannot_be_reached_is_lost_at_once_or_has_until_its_beats_are_missed),
		TEST(every_department_that_has_something_has_its_turn),
		TEST(draining_stops_offers_of_one_department_or_of_all),
		TEST(each_worker_of_a_department_or_of_all_is_seen_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
