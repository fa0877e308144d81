#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/shell/stage_words.h"

/* CLOCK: what an operator does about the machine's clock, and where he sends a laboratory's. */

static void a_clock_that_jumped_is_accepted_by_an_operator_and_not_set(void **state)
{
	struct stage *stage = *state;
	stage->now.wall.us += 120 * US_PER_S;
	SAY(ROLE_OPERATOR, KIND_CLOCK);
	assert_int_equal(stage->logged[LOG_CLOCK_HELD], 1);
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, stage->now.wall.us);
	EXPECT_CODE("not-laboratory");
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_ACCEPT, true);
	assert_int_equal(stage->logged[LOG_CLOCK_RESUMED], 1);
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_ACCEPT, true); /* again: it is so already */
	assert_int_equal(stage->answer, KIND_CONFIRM);
}

static void a_laboratory_goes_where_it_is_sent_through_every_rung_and_not_back(void **state)
{
	struct stage *stage = *state;
	int64_t start = INT64_C(946656000000000); /* 2000-01-01T00:00:00+08:00 */
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	stage_say(stage, ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start + 30 * US_PER_DAY, FIELD_TOTAL);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->answers, 1); /* it has arrived: all rungs are fired */
	assert_int_equal(stage->logged[LOG_ESCALATED], 3);
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start);
	EXPECT_CODE("invalid-value");
}

static void a_laboratorys_rungs_wait_for_its_clock_alone(void **state)
{
	struct stage *stage = *state;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_true(shell_wait_us(stage->shell) == INT64_MAX);
}

/* With more cases than one turn has timers the clock is on its way for several. */
static void submit_many(struct stage *stage, int count)
{
	for (int i = 0; i < count; i++) {
		char id[16];
		snprintf(id, sizeof(id), "m%d", i);
		SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, id, FIELD_TITLE, "水", FIELD_BODY, "x");
	}
}

static void a_laboratory_on_its_way_is_not_sent_elsewhere(void **state)
{
	struct stage *stage = *state;
	int64_t start = INT64_C(946656000000000);
	submit_many(stage, 400);
	stage_say(stage, ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start + 30 * US_PER_DAY, FIELD_TOTAL);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->answers, 0);
	assert_int_equal(shell_wait_us(stage->shell), 0);
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start + 60 * US_PER_DAY);
	EXPECT_CODE("invalid-value");
	for (int i = 0; i < 10 && stage->logged[LOG_ESCALATED] < 1200; i++)
		assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->logged[LOG_ESCALATED], 1200);
}

static void keep_next(struct stage *self, const struct message *answer)
{
	*(int64_t *)self->context = message_time(answer, FIELD_NEXT, INSTANT_NEVER).us;
}

static void a_laboratory_that_arrived_says_what_comes_next_if_anything_does(void **state)
{
	struct stage *stage = *state;
	int64_t start = INT64_C(946656000000000), next = 0;
	stage->context = &next;
	stage->look = keep_next;
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start + US_PER_HOUR);
	assert_int_equal(stage->answer, KIND_CONFIRM);
	assert_true(next == INSTANT_NEVER.us);
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start + 2 * US_PER_HOUR);
	assert_true(next > start + US_PER_DAY && next < start + 5 * US_PER_DAY);
}

static int keep_due_moved(void *context, const struct record *record)
{
	struct record *moved = context;
	if (record->kind == RECORD_DUE)
		*moved = (struct record){.kind = record->kind, .at = record->at, .due = record->due};
	return 0;
}

/* More cases than are counted anew at once, and the last of them alone has a due moment: until it is known
 * whether that moves, time stands still. */
static void a_laboratory_stays_where_it_is_until_a_new_calendar_is_applied(void **state)
{
	struct stage *stage = *state;
	int64_t start = place_local(10, 9, 10).us, case_id;
	enum { CASES_AT_ONCE = 4096 };
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start);
	for (int i = 0; i <= CASES_AT_ONCE; i++) {
		char id[16];
		snprintf(id, sizeof(id), "m%d", i);
		stage_pass(stage, US_PER_S / 10);
		SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, id, FIELD_TITLE, "水", FIELD_BODY, "x", FIELD_CLASS,
			i < CASES_AT_ONCE ? "open" : "ordinary");
		assert_int_equal(stage->answer, KIND_RECEIPT);
	}
	/* Three working days after Friday the 9th end on the 13th, for Saturday is worked; without it a day
	 * later. */
	struct workdays *before = stage->place.workdays;
	stage->place.workdays = place_workdays(2027, false);
	struct shell_configuration configuration = {
		stage->place.profile, stage->principals, stage->place.workdays};
	shell_configure(stage->shell, &configuration);
	workdays_destroy(&before);
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, place_local(10, 14, 12).us);
	assert_int_equal(stage->answer, KIND_CONFIRM);
	assert_int_equal(stage->logged[LOG_ESCALATED], 0);
	struct record moved = {0};
	assert_true(case_number_parse(span_of_string(stage->last_case), &case_id));
	assert_int_equal(
		stage->store->interface->walk_history(stage->store, case_id, 0, -1, keep_due_moved, &moved),
		0);
	assert_int_equal(moved.kind, RECORD_DUE);
	assert_true(moved.at.us == start);
	assert_true(moved.due == place_local(10, 15, 0).us);
}

static void a_full_disk_stops_a_laboratory_on_its_way_and_who_sent_it_is_told(void **state)
{
	struct stage *stage = *state;
	int64_t start = INT64_C(946656000000000);
	submit_many(stage, 400);
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start + 30 * US_PER_DAY);
	assert_int_equal(stage->answers, 0); /* it takes several turns */
	store_memory_set_full(stage->store, true);
	stage->disk_free = 0;
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->answers, 1);
	assert_int_equal(stage->answer, KIND_BUSY);
	EXPECT_CODE("disk");
	int fired = stage->logged[LOG_ESCALATED];
	store_memory_set_full(stage->store, false);
	stage->disk_free = INT64_MAX;
	stage_pass(stage, US_PER_S);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->answers, 1);
	assert_int_equal(stage->logged[LOG_ESCALATED], fired); /* it is not on its way any more */
	SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_SET, start + 30 * US_PER_DAY);
	assert_int_not_equal(stage->answer, KIND_ERROR);
}

int main(void)
{
#define LABORATORY(name) cmocka_unit_test_setup_teardown(name, stage_setup_laboratory, stage_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_clock_that_jumped_is_accepted_by_an_operator_and_not_set,
			stage_setup, stage_teardown),
		LABORATORY(a_laboratory_goes_where_it_is_sent_through_every_rung_and_not_back),
		LABORATORY(a_laboratorys_rungs_wait_for_its_clock_alone),
		LABORATORY(a_laboratory_on_its_way_is_not_sent_elsewhere),
		LABORATORY(a_laboratory_that_arrived_says_what_comes_next_if_anything_does),
		LABORATORY(a_laboratory_stays_where_it_is_until_a_new_calendar_is_applied),
		LABORATORY(a_full_disk_stops_a_laboratory_on_its_way_and_who_sent_it_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
