#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/core/place.h"

/* Whose turn it is while workers come and go, when a short rest is over, and what many turns leave behind. */

#define PEER (UINT64_C(1) << 40 | 1)

static void come(struct place *place, unsigned who)
{
	place_ready(place, "worker-edu", PEER + who, 7 + who, 9, false);
}

static void leave(struct place *place, unsigned who)
{
	core_worker_end(place->core, PEER + who, false);
	place_run(place);
}

/* Whether a new case goes to `who`. */
static bool gets(struct place *place, const char *message, unsigned who)
{
	struct worker_view worker;
	place_submit(place, message, "学校", "edu", NULL);
	assert_int_equal(place_run(place), 1);
	assert_true(core_worker_by_peer(place->core, PEER + who, &worker));
	return place->last.holder == (int64_t)worker.holder;
}

static void the_next_keeps_its_turn_when_one_behind_it_leaves(void **state)
{
	struct place *place = *state;
	for (unsigned who = 0; who < 3; who++)
		come(place, who);
	assert_true(gets(place, "a", 0));
	leave(place, 2);
	assert_true(gets(place, "b", 1));
	assert_true(gets(place, "c", 0));
}

static void who_comes_takes_no_turn_from_one_that_waits_since_the_next_left(void **state)
{
	struct place *place = *state;
	for (unsigned who = 0; who < 3; who++)
		come(place, who);
	assert_true(gets(place, "a", 0));
	assert_true(gets(place, "b", 1));
	leave(place, 2);
	come(place, 3);
	assert_true(gets(place, "c", 0));
	assert_true(gets(place, "d", 1));
	assert_true(gets(place, "e", 3));
}

static void after_all_have_left_the_first_to_come_is_the_first_to_be_asked(void **state)
{
	struct place *place = *state;
	come(place, 0);
	assert_true(gets(place, "a", 0));
	leave(place, 0);
	/* What it had goes back, and then to whoever comes. */
	come(place, 1);
	assert_int_equal(place_run(place), 1);
	leave(place, 1);
	come(place, 2);
	come(place, 3);
	struct worker_view first;
	assert_int_equal(place_run(place), 1);
	assert_true(core_worker_by_peer(place->core, PEER + 2, &first));
	assert_int_equal(place->last.holder, (int64_t)first.holder);
}

static void a_department_keeps_its_turn_when_a_reload_adds_another(void **state)
{
	struct place *place = *state;
	static const struct profile_source_department three[] = {
		{"edu", "教育", NULL}, {"parks", "园林", NULL}, {"water", "水务", NULL}};
	struct profile_source source = place_source();
	source.departments = three;
	source.departments_count = 3;
	place_ready(place, "worker-wet", PEER, 7, 1, false);
	assert_int_equal(place_run(place), 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	place_reload(place, &source, NULL);
	place_run(place);
	assert_int_equal(place_row(place, id).state, CASE_OFFERED);
}

static void a_rest_shorter_than_three_beats_ends_in_time(void **state)
{
	struct place *place = *state;
	struct profile_source source = place_source();
	const int64_t lease = 5 * US_PER_S;
	source.lease = "5";
	place_reload(place, &source, NULL);
	come(place, 0);
	assert_true(gets(place, "a", 0));
	place_pass(place, lease);
	assert_true(core_worker_heard(place->core, place->now, PEER, SPAN_LITERAL("worker-edu")));
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_REQUEUED);
	assert_int_equal(core_next_wakeup(place->core).mono.us, place->now.mono.us + lease);
	place_pass(place, lease);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_OFFERED);
}

static void write_changes(struct place *place)
{
	struct case_row row;
	while (core_next_changed(place->core, &row))
		assert_true(row.case_id > 0);
}

static void changes_that_were_written_take_no_room(void **state)
{
	struct place *place = *state;
	const int turns = 4096;
	size_t before = 0;
	place_submit_many(place, 1);
	for (int i = 0; i < 2 * turns; i++) {
		if (i == turns)
			before = mallinfo2().uordblks; /* the sanitizers' own allocator is not seen */
		come(place, 0);
		place_run(place);
		write_changes(place);
		leave(place, 0);
		write_changes(place);
	}
	assert_in_range(mallinfo2().uordblks, 0, before + 4096);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_next_keeps_its_turn_when_one_behind_it_leaves),
		TEST(who_comes_takes_no_turn_from_one_that_waits_since_the_next_left),
		TEST(after_all_have_left_the_first_to_come_is_the_first_to_be_asked),
		TEST(a_department_keeps_its_turn_when_a_reload_adds_another),
		TEST(a_rest_shorter_than_three_beats_ends_in_time),
		TEST(changes_that_were_written_take_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
