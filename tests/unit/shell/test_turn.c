#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/shell/world.h"

/* The turn itself: how much one does, what is durable before what, and when there is something to do next. */

static uint32_t count_of(const struct world *self, enum kind kind)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < self->said_count; i++)
		count += self->said[i].kind == kind;
	return count;
}

/* ---- how much, in what order ---- */

static void one_turn_reads_so_many_messages_and_comes_back_at_once_for_the_rest(void **state)
{
	struct world *self = *state;
	for (int i = 0; i < BATCH_MESSAGES_MAX + 1; i++)
		world_say(self, PORTAL, KIND_DIRECTORY, i);
	world_turn(self);
	assert_int_equal(self->said_count, BATCH_MESSAGES_MAX);
	assert_int_equal(shell_wait_us(self->shell), 0);
	world_turn(self);
	assert_int_equal(self->said_count, 1);
	assert_true(shell_wait_us(self->shell) > 0);
	for (int i = 0; i < BATCH_MESSAGES_MAX - 1; i++)
		world_say(self, PORTAL, KIND_DIRECTORY, i);
	world_turn(self);
	assert_true(shell_wait_us(self->shell) > 0);
}

static void one_turn_does_so_much_of_what_is_due_and_comes_back_for_the_rest(void **state)
{
	struct world *self = *state;
	for (int i = 0; i < BATCH_TIMERS_MAX - 1; i++)
		world_submit(self, i, "edu");
	world_turn(self);
	assert_int_equal(count_of(self, KIND_RECEIPT), BATCH_TIMERS_MAX - 1);
	world_pass(self, 10 * US_PER_S);
	world_submit(self, 10000, "edu");
	world_submit(self, 10001, "edu");
	world_turn(self);
	struct core_totals before = core_totals(shell_core(self->shell));
	assert_int_equal(before.open, BATCH_TIMERS_MAX + 1);
	/* The due moment of 09-18 00:00 after the reminder of 09-16 09:00: twice as many as a turn does. */
	self->now.mono.us += 4 * US_PER_DAY;
	self->now.wall.us += 4 * US_PER_DAY;
	world_turn(self);
	assert_int_equal(shell_wait_us(self->shell), 0);
	assert_int_equal(core_totals(shell_core(self->shell)).overdue, 0);
	world_turn(self);
	assert_int_equal(core_totals(shell_core(self->shell)).overdue, BATCH_TIMERS_MAX - 1);
	world_turn(self);
	assert_int_equal(core_totals(shell_core(self->shell)).overdue, BATCH_TIMERS_MAX + 1);
	assert_true(shell_wait_us(self->shell) > 0);
}

/* The machine has been on for a microsecond: no time has passed in which a purse could have filled. */
static void a_portal_may_send_a_minutes_worth_at_once(void **state)
{
	struct world *self = *state;
	uint32_t receipts = 0;
	for (int i = 0; i < 605; i++)
		world_submit(self, i, "edu");
	for (int i = 0; i < 2; i++) {
		world_turn(self);
		receipts += count_of(self, KIND_RECEIPT);
	}
	assert_int_equal(receipts, 600);
	assert_int_equal(count_of(self, KIND_BUSY), 5);
}

static void an_offer_goes_out_in_the_turn_of_its_message_and_answers_come_first(void **state)
{
	struct world *self = *state;
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	world_submit(self, 7, "edu");
	world_turn(self);
	assert_int_equal(self->said_count, 2);
	assert_int_equal(self->said[0].kind, KIND_RECEIPT);
	assert_int_equal(self->said[0].req, 7);
	assert_int_equal(self->said[1].kind, KIND_OFFER);
}

static void answered_cases_leave_the_core_once_they_are_durable(void **state)
{
	struct world *self = *state;
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	for (int i = 0; i < 200; i++) {
		world_submit(self, i, "edu");
		if (i % 9 != 8)
			continue;
		world_turn(self);
		for (int j = i - 8; j <= i; j++)
			world_say_of_case(self, EDU, KIND_TAKE, INT64_C(20260914000001) + j);
		world_turn(self);
	}
	/* More at once than the list of them has room for at first. */
	for (int i = 0; i < 190; i++)
		world_say_of_case(self, EDU, KIND_REPLY, INT64_C(20260914000001) + i);
	world_turn(self);
	assert_int_equal(count_of(self, KIND_CONFIRM), 190);
	struct case_row row;
	for (int i = 0; i < 190; i++)
		assert_false(core_row(shell_core(self->shell), INT64_C(20260914000001) + i, &row));
	core_check(shell_core(self->shell));
	assert_int_equal(self->store->interface->read_case(self->store, INT64_C(20260914000190), &row), 0);
	assert_int_equal(row.state, CASE_ANSWERED);
	world_turn(self);
}

/* ---- failures ---- */

static void a_failed_commit_is_fatal_and_nothing_is_said(void **state)
{
	struct world *self = *state;
	for (int fault = STORE_MEMORY_FAIL_LOST; fault <= STORE_MEMORY_FAIL_KEPT; fault++) {
		store_memory_crash(self->store);
		store_memory_plan(self->store, (enum store_memory_fault)fault, 1 + 3 * (fault & 1));
		self->said_count = 0;
		world_submit(self, 10 + fault, "edu");
		assert_true(shell_turn(self->shell) < 0);
		assert_int_equal(self->said_count, 0);
	}
}

static void a_failed_read_of_the_sockets_is_fatal(void **state)
{
	struct world *self = *state;
	self->receive_fails = -5;
	assert_int_equal(shell_turn(self->shell), -5);
}

static void on_a_full_disk_everybody_is_told_to_wait_and_later_served(void **state)
{
	struct world *self = *state;
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	store_memory_set_full(self->store, true);
	self->room = 0;
	world_submit(self, 1, "edu");
	const struct said *said = world_answer(self); /* in place of the receipt that was made */
	assert_int_equal(said->kind, KIND_BUSY);
	assert_string_equal(said->code, "disk");
	assert_int_equal(self->logged[LOG_STORE_FULL], 1);
	assert_int_equal(shell_wait_us(self->shell), US_PER_S);
	world_submit(self, 2, "edu");
	said = world_answer(self);
	assert_int_equal(said->kind, KIND_BUSY);
	assert_string_equal(said->code, "disk");
	assert_int_equal(said->retry_ms, 1000);
	/* Nothing is done meanwhile, not even what is due or a clock that jumps. */
	world_pass(self, 30 * US_PER_DAY);
	self->now.wall.us += US_PER_DAY;
	world_turn(self);
	assert_int_equal(self->logged[LOG_CLOCK_HELD], 0);
	self->now.wall.us -= US_PER_DAY;
	world_turn(self);
	assert_int_equal(self->said_count, 0);
	store_memory_set_full(self->store, false);
	self->room = INT64_MAX;
	world_pass(self, US_PER_S);
	world_turn(self);
	world_submit(self, 2, "edu");
	world_turn(self);
	assert_int_equal(count_of(self, KIND_RECEIPT), 1);
}

/* The process lives on, and so does what it knows of its clock: a start would believe what it finds. */
static void a_clock_that_jumps_while_the_disk_is_full_is_held_when_there_is_room(void **state)
{
	struct world *self = *state;
	world_turn(self);
	store_memory_set_full(self->store, true);
	self->room = 0;
	world_submit(self, 1, "edu");
	assert_int_equal(world_answer(self)->kind, KIND_BUSY);
	self->now.wall.us += 2 * 60 * 60 * US_PER_S;
	store_memory_set_full(self->store, false);
	self->room = INT64_MAX;
	world_pass(self, US_PER_S);
	world_turn(self);
	assert_int_equal(self->logged[LOG_CLOCK_HELD], 1);
	assert_true(core_clock_held(shell_core(self->shell)));
	/* Held, and once more full: it comes right only where it had been right. */
	store_memory_set_full(self->store, true);
	self->room = 0;
	world_submit(self, 1, "edu");
	assert_int_equal(world_answer(self)->kind, KIND_BUSY);
	self->now.wall.us -= 60 * 60 * US_PER_S;
	store_memory_set_full(self->store, false);
	self->room = INT64_MAX;
	for (int i = 0; i < 2; i++) {
		world_pass(self, US_PER_S);
		world_turn(self);
		assert_int_equal(self->logged[LOG_CLOCK_RESUMED], i);
		self->now.wall.us -= 60 * 60 * US_PER_S;
	}
}

/* Nine cases taken and answered: eighteen events of the portal. */
static void nine_cases(struct world *self, int first)
{
	for (int i = first; i < first + 9; i++)
		world_submit(self, i, "edu");
	world_turn(self);
	static const enum kind acts[] = {KIND_TAKE, KIND_REPLY};
	for (int act = 0; act < 2; act++) {
		for (int i = first; i < first + 9; i++)
			world_say_of_case(self, EDU, acts[act], INT64_C(20260914000001) + i);
		world_turn(self);
	}
}

static void what_is_seen_while_the_disk_is_full_makes_room_in_its_stream(void **state)
{
	struct world *self = *state;
	enum { SEEN_BEFORE = EVENTS_IN_FLIGHT_MAX, EVENTS = 270 };
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	for (int i = 0; i < EVENTS / 2; i += 9)
		nine_cases(self, i);
	world_say(self, PORTAL, KIND_WATCH, 2);
	uint32_t heard = 0;
	int64_t cursor = 0;
	for (int i = 0; i < 10; i++) {
		world_turn(self);
		heard += count_of(self, KIND_EVENT);
		for (uint32_t j = 0; j < self->said_count; j++)
			cursor = self->said[j].cursor > cursor ? self->said[j].cursor : cursor;
	}
	assert_int_equal(heard, SEEN_BEFORE);
	store_memory_set_full(self->store, true);
	self->room = 0;
	world_submit(self, EVENTS, "edu");
	assert_int_equal(world_answer(self)->kind, KIND_BUSY);
	world_seen(self, cursor);
	world_turn(self);
	assert_int_equal(count_of(self, KIND_BUSY), 0);
	assert_int_equal(count_of(self, KIND_EVENT), EVENTS - SEEN_BEFORE);
	world_say(self, PORTAL, KIND_BEAT, 3);
	assert_int_equal(world_answer(self)->kind, KIND_PULSE);
	world_say(self, PORTAL, KIND_BYE, 4);
	assert_int_equal(world_answer(self)->kind, KIND_CONFIRM);
	/* It is written with the first batch for which there is room. */
	store_memory_set_full(self->store, false);
	self->room = INT64_MAX;
	world_pass(self, US_PER_S);
	world_turn(self);
	int64_t seen;
	struct store *store = self->store;
	assert_int_equal(store->interface->read_cursor(store, SPAN_LITERAL("portal-a"), &seen), 0);
	assert_int_equal(seen, cursor);
}

static int failing_walk(struct store *store, struct span stream, int64_t after, int64_t limit,
	store_record_fn each, void *context)
{
	(void)store, (void)stream, (void)after, (void)limit, (void)each, (void)context;
	return -5;
}

static void a_stream_that_cannot_be_read_is_fatal(void **state)
{
	struct world *self = *state;
	const struct store_interface *right = self->store->interface;
	struct store_interface broken = *right;
	broken.walk_stream = failing_walk;
	world_say(self, PORTAL, KIND_WATCH, 1);
	self->store->interface = &broken;
	assert_int_equal(shell_turn(self->shell), -5);
	self->store->interface = right;
}

static void the_disk_is_looked_at_in_the_first_turn_and_then_once_a_second(void **state)
{
	struct world *self = *state;
	static const struct {
		int64_t after;
		uint32_t looks;
	} rows[] = {{0, 1}, {0, 1}, {US_PER_S - 1, 1}, {1, 2}, {1, 2}, {US_PER_S, 3}};
	self->room = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_pass(self, rows[i].after);
		world_turn(self);
		assert_int_equal(self->looks, rows[i].looks);
		assert_int_equal(self->logged[LOG_DISK_LOW], 1);
	}
}

static void a_clock_that_jumps_is_journaled_in_the_turn_that_sees_it(void **state)
{
	struct world *self = *state;
	struct record last;
	world_turn(self);
	self->now.wall.us += US_PER_DAY;
	world_turn(self);
	assert_int_equal(self->logged[LOG_CLOCK_HELD], 1);
	assert_int_equal(self->store->interface->last_record(self->store, &last), 0);
	assert_int_equal(last.kind, RECORD_CLOCK);
	world_turn(self);
	assert_int_equal(self->logged[LOG_CLOCK_HELD], 1);
	self->now.wall.us -= US_PER_DAY;
	world_turn(self);
	assert_int_equal(self->logged[LOG_CLOCK_RESUMED], 1);
}

static void whoever_cannot_be_reached_gets_no_further_offer(void **state)
{
	struct world *self = *state;
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	self->gone = world_peer(EDU);
	world_submit(self, 1, "edu");
	world_turn(self);
	assert_int_equal(shell_wait_us(self->shell), 0); /* its case is to be offered to another */
	world_turn(self);
	struct worker_view worker;
	assert_false(core_worker_by_peer(shell_core(self->shell), world_peer(EDU), &worker));
	assert_int_equal(core_totals(shell_core(self->shell)).queued, 1);
}

/* ---- the end, and when to come back ---- */

static void the_orderly_end_tells_every_worker_and_makes_all_durable(void **state)
{
	struct world *self = *state;
	int64_t seen = 0;
	world_say(self, EDU, KIND_READY, 1);
	world_say(self, WET, KIND_READY, 1);
	world_say(self, PORTAL, KIND_WATCH, 1);
	world_submit(self, 1, "tax");
	world_turn(self);
	world_seen(self, 1);
	world_turn(self);
	assert_int_equal(self->store->interface->read_cursor(self->store, SPAN_LITERAL("portal-a"), &seen),
		STORE_NOT_FOUND);
	self->said_count = 0;
	world_pass(self, 77);
	assert_int_equal(shell_stop(self->shell), 0);
	assert_int_equal(self->said_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(self->said[i].kind, KIND_NOTICE);
		assert_int_equal(self->said[i].zone, ZONE_WORKER);
		assert_string_equal(self->said[i].event, "draining");
		assert_int_equal(self->said[i].at, self->now.wall.us);
	}
	store_memory_crash(self->store);
	assert_int_equal(
		self->store->interface->read_cursor(self->store, SPAN_LITERAL("portal-a"), &seen), 0);
	assert_int_equal(seen, 1);
}

static void end_badly(struct world *self, enum store_memory_fault fault)
{
	world_say(self, EDU, KIND_READY, 1);
	world_say(self, PORTAL, KIND_WATCH, 1);
	world_turn(self);
	world_seen(self, 1);
	world_turn(self);
	store_memory_plan(self->store, fault, 1);
	self->said_count = 0;
	assert_true(shell_stop(self->shell) < 0);
	assert_int_equal(self->said_count, 0);
}

static void an_end_for_which_there_is_no_room_says_so(void **state)
{
	end_badly(*state, STORE_MEMORY_FULL);
}

static void an_end_that_cannot_be_written_says_so(void **state)
{
	end_badly(*state, STORE_MEMORY_FAIL_LOST);
}

static void a_seen_is_written_within_a_second_and_forces_no_commit_before(void **state)
{
	struct world *self = *state;
	int64_t seen;
	struct span portal = SPAN_LITERAL("portal-a");
	world_say(self, PORTAL, KIND_WATCH, 1);
	world_turn(self);
	world_seen(self, 1);
	world_turn(self);
	assert_int_equal(shell_wait_us(self->shell), US_PER_S);
	world_pass(self, US_PER_S - 1);
	world_turn(self);
	assert_int_equal(shell_wait_us(self->shell), 1);
	assert_int_equal(self->store->interface->read_cursor(self->store, portal, &seen), STORE_NOT_FOUND);
	world_pass(self, 1);
	world_turn(self);
	assert_int_equal(self->store->interface->read_cursor(self->store, portal, &seen), 0);
	assert_int_equal(seen, 1);
	/* Or with the next commit. */
	world_seen(self, 2);
	world_submit(self, 1, "edu");
	world_submit(self, 2, "edu");
	world_turn(self);
	world_seen(self, 3);
	world_submit(self, 3, "edu");
	world_turn(self);
	store_memory_crash(self->store);
	assert_int_equal(self->store->interface->read_cursor(self->store, portal, &seen), 0);
	assert_int_equal(seen, 3);
}

static void the_wait_is_until_the_next_timer_of_either_clock(void **state)
{
	struct world *self = *state;
	world_turn(self);
	assert_true(shell_wait_us(self->shell) == INT64_MAX); /* nothing, ever */
	world_submit(self, 1, "edu");
	world_turn(self);
	/* The reminder: Wed 09-16 09:00; it is Mon 09-14 09:00. */
	assert_int_equal(shell_wait_us(self->shell), 2 * US_PER_DAY);
	world_pass(self, 2 * US_PER_DAY - 5);
	world_turn(self);
	assert_int_equal(shell_wait_us(self->shell), 5);
	world_say(self, WET, KIND_READY, 1);
	world_pass(self, 5);
	world_turn(self);
	/* The worker's beats, now nearer than rung 1. */
	assert_int_equal(shell_wait_us(self->shell), 15 * US_PER_S);
	/* The moment has come, and nobody has turned yet. */
	world_pass(self, 16 * US_PER_S);
	self->said_count = 0;
	world_turn(self);
	assert_true(shell_wait_us(self->shell) > 15 * US_PER_S);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_turn_reads_so_many_messages_and_comes_back_at_once_for_the_rest),
		TEST(one_turn_does_so_much_of_what_is_due_and_comes_back_for_the_rest),
		TEST(a_portal_may_send_a_minutes_worth_at_once),
		TEST(an_offer_goes_out_in_the_turn_of_its_message_and_answers_come_first),
		TEST(answered_cases_leave_the_core_once_they_are_durable),
		TEST(a_failed_commit_is_fatal_and_nothing_is_said),
		TEST(a_failed_read_of_the_sockets_is_fatal),
		TEST(on_a_full_disk_everybody_is_told_to_wait_and_later_served),
		TEST(a_clock_that_jumps_while_the_disk_is_full_is_held_when_there_is_room),
		TEST(what_is_seen_while_the_disk_is_full_makes_room_in_its_stream),
		TEST(a_stream_that_cannot_be_read_is_fatal),
		TEST(the_disk_is_looked_at_in_the_first_turn_and_then_once_a_second),
		TEST(a_clock_that_jumps_is_journaled_in_the_turn_that_sees_it),
		TEST(whoever_cannot_be_reached_gets_no_further_offer),
		TEST(the_orderly_end_tells_every_worker_and_makes_all_durable),
		TEST(an_end_for_which_there_is_no_room_says_so),
		TEST(an_end_that_cannot_be_written_says_so),
		TEST(a_seen_is_written_within_a_second_and_forces_no_commit_before),
		TEST(the_wait_is_until_the_next_timer_of_either_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
