#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

/* What a case takes along from hand to hand, and where in a queue it comes to stand. */

#define PEER  (UINT64_C(1) << 40 | 1)
#define OTHER (UINT64_C(1) << 40 | 2)

static uint32_t overdue(const struct place *place, uint32_t department)
{
	struct department_view view;
	assert_true(core_department_at(place->core, department, &view));
	return view.overdue;
}

static void being_overdue_goes_with_the_case(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_submit(place, "m2", "学校", "edu", NULL);
	place_at(place, 9, 18, 0, 0);
	place_run(place);
	assert_int_equal(overdue(place, 0), 2);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER, id, 1, 0, "not ours"), VERDICT_DONE);
	assert_int_equal(overdue(place, 0), 1);
	assert_int_equal(core_totals(place->core).overdue, 2);
	assert_int_equal(place_assign(place, id, "water", false), VERDICT_DONE);
	assert_int_equal(overdue(place, 0), 1);
	assert_int_equal(overdue(place, 1), 1);
	place_ready(place, "worker-wet", OTHER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, OTHER, id, 2, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, OTHER, id, 2, REPLY_FINAL, "r"), VERDICT_DONE);
	assert_int_equal(overdue(place, 1), 0);
	assert_int_equal(core_totals(place->core).overdue, 1);
}

static void the_name_of_the_holder_is_that_of_the_last_offer_or_take(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	assert_int_equal(place_row(place, id).holder_name.size, 0);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	assert_true(span_equal_string(place_row(place, id).holder_name, "worker-edu"));
	core_worker_end(place->core, PEER, false);
	place_ready(place, "worker-both", OTHER, 8, 1, false);
	place_run(place);
	assert_true(span_equal_string(place_row(place, id).holder_name, "worker-both"));
	place_act(place, ACT_TAKE, OTHER, id, 2, 0, "");
	assert_true(span_equal_string(place_row(place, id).holder_name, "worker-both"));
	place_ready(place, "worker-edu", PEER, 9, 1, false);
	assert_int_equal(place_act(place, ACT_RETURN, PEER, id, 2, 0, "no"), VERDICT_DONE);
	assert_true(span_equal_string(place_row(place, id).holder_name, "worker-edu"));
}

static void what_was_lost_is_offered_before_what_waits(void **state)
{
	struct place *place = *state;
	int64_t first = place_submit(place, "m1", "学校", "edu", NULL);
	place_submit(place, "m2", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	core_worker_end(place->core, PEER, false);
	place_ready(place, "worker-both", OTHER, 8, 1, false);
	assert_int_equal(place_run(place), 2);
	assert_int_equal(place->last.kind, RECORD_OFFERED);
	assert_int_equal(place->last.case_id, first);
}

static void offers_void_by_a_start_keep_their_order(void **state)
{
	struct place *place = *state;
	struct record started = {.kind = RECORD_STARTED, .at = place->now.wall};
	int64_t first = place_submit(place, "m1", "学校", "edu", NULL);
	place_submit(place, "m2", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 2, false);
	assert_int_equal(place_run(place), 2);
	core_apply(place->core, place->now, &started);
	core_check(place->core);
	struct decision decision;
	core_decide_due(place->core, place->now, place->now.wall, &decision);
	assert_int_equal(decision.verdict, VERDICT_DONE);
	assert_int_equal(decision.case_id, first);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(being_overdue_goes_with_the_case),
		TEST(the_name_of_the_holder_is_that_of_the_last_offer_or_take),
		TEST(what_was_lost_is_offered_before_what_waits),
		TEST(offers_void_by_a_start_keep_their_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
