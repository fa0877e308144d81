#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/shell/world.h"

/* How long the oldest open case has waited, in working days: what the service manager shows. */

static void expect_oldest(struct world *self, int32_t expected)
{
	int32_t workdays = -2;
	world_turn(self);
	assert_int_equal(shell_oldest_workdays(self->shell, &workdays), 0);
	assert_int_equal(workdays, expected);
}

/* Both clocks go on to an hour of 2026. */
static void go_to(struct world *self, int month, int day, int hour)
{
	int64_t us = place_local(month, day, hour).us - self->now.wall.us;
	assert_true(us >= 0);
	world_pass(self, us);
}

static void days_off_are_not_waited_and_made_up_ones_are(void **state)
{
	static const struct {
		int month, day, hour;
		int32_t waited;
	} rows[] = {
		{9, 30, 23, 0}, /* the day of receipt is day 0 */
		{10, 1, 0, 0},	/* a holiday */
		{10, 7, 23, 0},
		{10, 8, 0, 1},
		{10, 9, 12, 2},
		{10, 10, 12, 3}, /* Saturday, worked */
		{10, 11, 12, 3}, /* Sunday */
		{10, 12, 12, 4},
	};
	struct world *self = *state;
	go_to(self, 9, 30, 16);
	world_submit(self, 1, "edu");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		go_to(self, rows[i].month, rows[i].day, rows[i].hour);
		expect_oldest(self, rows[i].waited);
	}
}

static void nothing_open_has_waited_for_nothing(void **state)
{
	struct world *self = *state;
	expect_oldest(self, -1);
}

static void an_answered_case_is_not_waited_for_any_more(void **state)
{
	struct world *self = *state;
	go_to(self, 9, 21, 10);
	world_say(self, EDU, KIND_READY, 1);
	world_submit(self, 1, "edu");
	expect_oldest(self, 0);
	int64_t first = 20260921000001;
	world_say_of_case(self, EDU, KIND_TAKE, first);
	world_turn(self);
	go_to(self, 9, 22, 10);
	world_say(self, EDU, KIND_READY, 2);
	world_submit(self, 2, "edu");
	expect_oldest(self, 1);
	go_to(self, 9, 23, 10);
	world_say(self, EDU, KIND_READY, 3);
	world_say_of_case(self, EDU, KIND_REPLY, first);
	expect_oldest(self, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			days_off_are_not_waited_and_made_up_ones_are, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			nothing_open_has_waited_for_nothing, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			an_answered_case_is_not_waited_for_any_more, world_setup, world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
