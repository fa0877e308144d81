#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

#define PEER_EDU  (UINT64_C(1) << 40 | 1)
#define PEER_BOTH (UINT64_C(1) << 40 | 2)

/* READY of a principal for the departments named; `count` 0: for all of the principal's. */
static enum verdict ready(struct place *place, const struct principal *principal, int64_t incarnation,
	const struct span *departments, uint32_t count, uint32_t *ret_index)
{
	struct worker_ready request = {.peer = PEER_EDU + (uint64_t)incarnation,
		.principal = principal,
		.incarnation = incarnation,
		.credit = 1,
		.departments = count ? departments : NULL,
		.departments_count = count};
	enum verdict verdict = core_worker_ready(place->core, place->now, &request, ret_index);
	core_check(place->core);
	return verdict;
}

static const struct principal *principal_of(const struct place *place, const char *name)
{
	return principals_find_name(place->principals, span_of_string(name));
}

/* Principals of one worker with worker-edu's key, so that a reload takes the others away. */
static struct principals *only_worker(const struct place *place, const char *name, const char *role,
	const char *state, const char *department)
{
	const uint8_t *key = principal_of(place, "worker-edu")->key;
	struct principal_source source = {name, role, key, &department, department != NULL, state};
	struct fault fault = FAULT_NONE;
	struct principals *principals = principals_new(&source, 1, &fault);
	if (!principals)
		fail_msg("%s", fault.text);
	return principals;
}

static void a_worker_serves_what_its_key_and_the_profile_allow(void **state)
{
	struct place *place = *state;
	uint32_t index = 99;
	const struct span two[] = {SPAN_LITERAL("edu"), SPAN_LITERAL("water")};
	assert_int_equal(
		ready(place, principal_of(place, "worker-edu"), 1, two, 2, &index), VERDICT_NOT_YOURS);
	assert_int_equal(index, 1);
	const struct span twice[] = {SPAN_LITERAL("edu"), SPAN_LITERAL("edu")};
	assert_int_equal(ready(place, principal_of(place, "worker-edu"), 1, twice, 2, &index), VERDICT_DONE);
	struct worker_view worker;
	assert_true(core_worker_by_peer(place->core, PEER_EDU + 1, &worker));
	assert_int_equal(worker.departments_count, 1);
	/* Once more on the same connection, which changes nothing. */
	assert_int_equal(ready(place, principal_of(place, "worker-edu"), 1, twice, 2, &index), VERDICT_DONE);
	assert_int_equal(core_totals(place->core).workers, 1);
}

static void more_credit_than_the_limit_is_cut_to_it(void **state)
{
	struct place *place = *state;
	struct worker_view worker;
	place_ready(place, "worker-edu", PEER_EDU, 7, CREDIT_MAX + 1, false);
	assert_true(core_worker_by_peer(place->core, PEER_EDU, &worker));
	assert_int_equal(worker.credit, CREDIT_MAX);
}

static void a_worker_that_says_goodbye_is_not_blamed_for_its_offers(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_run(place);
	core_worker_end(place->core, PEER_EDU, false);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_REQUEUED);
	assert_true(span_equal_string(place->last.subject, "bye"));
	assert_int_equal(place_row(place, id).losses, 0);
}

static void a_principal_may_be_ahead_of_its_profile(void **state)
{
	struct place *place = *state;
	uint32_t index = 99;
	struct principals *ahead = only_worker(place, "worker-new", "worker", NULL, "parks");
	const struct principal *worker = principals_at(ahead, 0);
	const struct span named[] = {SPAN_LITERAL("parks")};
	/* Asked for by name it is an error; among all of the principal's it is passed over, and nothing is
	 * left. */
	assert_int_equal(ready(place, worker, 1, named, 1, &index), VERDICT_UNKNOWN_DEPARTMENT);
	assert_int_equal(index, 0);
	assert_int_equal(ready(place, worker, 1, NULL, 0, &index), VERDICT_UNKNOWN_DEPARTMENT);
	assert_int_equal(core_totals(place->core).workers, 0);

	/* The profile catches up. Departments are pending already: none of them is forgotten. */
	static const struct profile_source_department three[] = {
		{"edu", "教育", NULL}, {"parks", "园林", NULL}, {"water", "水务", NULL}};
	struct profile_source source = place_source();
	source.departments = three;
	source.departments_count = 3;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_reload(place, &source, NULL);
	assert_int_equal(ready(place, worker, 1, NULL, 0, &index), VERDICT_DONE);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place_row(place, id).state, CASE_OFFERED);
	principals_destroy(&ahead);
}

static void a_department_that_the_profile_dropped_keeps_its_cases_and_loses_its_workers(void **state)
{
	struct place *place = *state;
	static const struct profile_source_department less[] = {{"water", "水务", NULL}};
	struct profile_source source = place_source();
	source.departments = less;
	source.departments_count = 1;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_reload(place, &source, NULL);
	place_run(place);
	assert_int_equal(core_totals(place->core).workers, 0);
	assert_int_equal(place_row(place, id).state, CASE_QUEUED);
	struct department_view department;
	assert_true(core_department_at(place->core, 0, &department));
	assert_false(department.in_profile);
	assert_true(span_equal_string(department.name, "edu")); /* its name went with the profile */
	assert_int_equal(department.queued, 1);
	assert_false(core_department_at(place->core, 2, &department));
}

/* What a reload makes of a worker that was there before. */
static void expect_after_reload(struct place *place, struct principals *principals, bool stays)
{
	struct principals *before = place->principals;
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place->principals = principals;
	place_reload(place, NULL, NULL);
	/* It is seen in this very turn, and there is something to do until it is gone. */
	struct worker_view worker;
	assert_true(core_worker_by_peer(place->core, PEER_EDU, &worker) == stays);
	assert_true(core_next_wakeup(place->core).mono.us == 0);
	place_reload(place, NULL, NULL); /* and again: one that ended already ends once */
	place_run(place);
	assert_int_equal(core_totals(place->core).workers, stays);
	place->principals = before;
	place_reload(place, NULL, NULL);
	principals_destroy(&principals);
}

static void a_worker_whose_right_was_taken_away_ends_at_the_reload(void **state)
{
	struct place *place = *state;
	expect_after_reload(place, only_worker(place, "worker-wet", "worker", NULL, "water"), false);
	expect_after_reload(place, only_worker(place, "worker-edu", "worker", "revoked", "edu"), false);
	expect_after_reload(place, only_worker(place, "worker-edu", "triage", NULL, NULL), false);
	expect_after_reload(place, only_worker(place, "worker-edu", "worker", NULL, "water"), false);
	expect_after_reload(place, only_worker(place, "worker-edu", "worker", NULL, "edu"), true);
	struct principals *exchanged = only_worker(place, "worker-edu", "worker", NULL, "edu");
	((struct principal *)(uintptr_t)principals_at(exchanged, 0))->key[0] ^= 1;
	expect_after_reload(place, exchanged, false);
}

static void a_process_that_comes_back_while_its_end_is_carried_out_is_asked_to_wait(void **state)
{
	struct place *place = *state;
	uint32_t index;
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_run(place);
	core_worker_end(place->core, PEER_EDU, false);
	core_worker_end(place->core, PEER_EDU, false); /* a BYE and a cut connection: it ends once */
	core_worker_unreachable(place->core, PEER_EDU);
	assert_true(core_next_wakeup(place->core).mono.us == 0);
	assert_int_equal(
		ready(place, principal_of(place, "worker-edu"), 7, NULL, 0, &index), VERDICT_BUSY_WORKERS);
	struct worker_view worker;
	assert_false(core_worker_by_holder(place->core, UINT64_MAX, &worker));
	place_run(place);
	assert_int_equal(ready(place, principal_of(place, "worker-edu"), 7, NULL, 0, &index), VERDICT_DONE);
}

static void a_connection_on_which_another_process_says_ready_ends_the_one_before(void **state)
{
	struct place *place = *state;
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_ready(place, "worker-both", PEER_EDU, 8, 1, false);
	place_run(place);
	struct worker_view worker;
	assert_true(core_worker_by_peer(place->core, PEER_EDU, &worker));
	assert_true(span_equal_string(worker.principal, "worker-both"));
	assert_int_equal(core_totals(place->core).workers, 1);
}

static void there_are_no_more_workers_than_the_limit(void **state)
{
	struct place *place = *state;
	const struct principal *edu = principal_of(place, "worker-edu");
	uint32_t index;
	for (int64_t i = 1; i <= WORKERS_MAX; i++) {
		struct worker_ready request = {
			.peer = PEER_EDU + (uint64_t)i, .principal = edu, .incarnation = i, .credit = 1};
		assert_int_equal(core_worker_ready(place->core, place->now, &request, &index), VERDICT_DONE);
	}
	assert_int_equal(ready(place, edu, WORKERS_MAX + 1, NULL, 0, &index), VERDICT_BUSY_WORKERS);
	assert_int_equal(
		ready(place, edu, WORKERS_MAX, NULL, 0, &index), VERDICT_DONE); /* one that is there */
	assert_int_equal(core_totals(place->core).workers, WORKERS_MAX);
}

static void a_connection_speaks_for_the_principal_that_said_ready_on_it(void **state)
{
	struct place *place = *state;
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	assert_true(core_worker_heard(place->core, place->now, PEER_EDU, SPAN_LITERAL("worker-edu")));
	assert_false(core_worker_heard(place->core, place->now, PEER_EDU, SPAN_LITERAL("worker-both")));
	assert_false(core_worker_heard(place->core, place->now, PEER_BOTH, SPAN_LITERAL("worker-edu")));
}

static void a_worker_that_lets_every_lease_run_out_rests_longer_each_time_up_to_ten_minutes(void **state)
{
	struct place *place = *state;
	place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	int64_t rest = 30 * US_PER_S;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(place_run(place), 1); /* offered */
		for (int64_t passed = 0; passed < 30 * US_PER_S; passed += 10 * US_PER_S) {
			place_pass(place, 10 * US_PER_S);
			core_worker_heard(place->core, place->now, PEER_EDU, SPAN_LITERAL("worker-edu"));
		}
		assert_int_equal(
			place_run(place), 1); /* the lease is over: queued, and nobody else is there */
		for (int64_t passed = 0; passed < rest; passed += 10 * US_PER_S) {
			assert_int_equal(place_run(place), 0);
			place_pass(place, 10 * US_PER_S);
			core_worker_heard(place->core, place->now, PEER_EDU, SPAN_LITERAL("worker-edu"));
		}
		rest = rest * 2 < 600 * US_PER_S ? rest * 2 : 600 * US_PER_S;
	}
}

static void count(void *context, const struct worker_view *view)
{
	(void)view;
	++*(int *)context;
}

static void workers_are_listed_by_department(void **state)
{
	struct place *place = *state;
	const struct {
		const char *department;
		int workers;
	} cases[] = {{"", 2}, {"edu", 2}, {"water", 1}, {"nowhere", 0}};
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	place_ready(place, "worker-both", PEER_BOTH, 8, 1, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int found = 0;
		core_each_worker(place->core, span_of_string(cases[i].department), count, &found);
		assert_int_equal(found, cases[i].workers);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_worker_serves_what_its_key_and_the_profile_allow),
		TEST(more_credit_than_the_limit_is_cut_to_it),
		TEST(a_worker_that_says_goodbye_is_not_blamed_for_its_offers),
		TEST(a_principal_may_be_ahead_of_its_profile),
		TEST(a_department_that_the_profile_dropped_keeps_its_cases_and_loses_its_workers),
		TEST(a_worker_whose_right_was_taken_away_ends_at_the_reload),
		TEST(a_process_that_comes_back_while_its_end_is_carried_out_is_asked_to_wait),
		TEST(a_connection_on_which_another_process_says_ready_ends_the_one_before),
		TEST(there_are_no_more_workers_than_the_limit),
		TEST(a_connection_speaks_for_the_principal_that_said_ready_on_it),
		TEST(a_worker_that_lets_every_lease_run_out_rests_longer_each_time_up_to_ten_minutes),
		TEST(workers_are_listed_by_department),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
