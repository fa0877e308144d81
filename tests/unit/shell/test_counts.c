#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/shell/world.h"

/* What is counted for whoever watches: each as often as it happened, and nothing that did not. */

#define FIRST_CASE INT64_C(20260914000001)

static const struct shell_counts *counts(const struct world *self)
{
	return shell_counts(self->shell);
}

/* The bound that the only value of a histogram belongs to. */
static int64_t only_bound(const struct histogram *histogram)
{
	assert_int_equal(histogram_count(histogram), 1);
	for (size_t i = 0; i < histogram->scale->count; i++)
		if (histogram->counts[i])
			return histogram->scale->bounds[i];
	return INT64_MAX;
}

/* Three milliseconds go by whenever somebody looks at the clock. */
static struct moment slow_clock(struct io *io)
{
	struct world *self = (struct world *)io;
	self->now.mono.us += 3 * US_PER_MS;
	return self->now;
}

static void a_receipt_is_timed_from_the_turn_that_read_its_message(void **state)
{
	struct world *self = *state;
	world_turn(self);
	self->io.now = slow_clock;
	for (int i = 0; i < 7; i++)
		world_submit(self, i, "edu");
	world_say(self, PORTAL, KIND_DIRECTORY, 99);
	world_turn(self);
	const struct histogram *receipts = &counts(self)->receipts;
	assert_int_equal(histogram_count(receipts), 7);
	assert_int_equal(receipts->counts[3], 7);
	assert_int_equal(receipts->scale->bounds[3], 5 * US_PER_MS);
	assert_int_equal(receipts->sum, 7 * 3 * US_PER_MS);
	/* The same message again has the same receipt, and its sender waited for that too. */
	world_submit(self, 3, "edu");
	world_turn(self);
	assert_int_equal(histogram_count(receipts), 8);
	world_turn(self);
	assert_int_equal(histogram_count(receipts), 8);
}

/* Monday's message, taken and answered on the Thursday after. */
static void thursdays_work(struct world *self, int64_t case_id)
{
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	world_say_of_case(self, EDU, KIND_TAKE, case_id);
	world_turn(self);
	world_say_of_case(self, EDU, KIND_REPLY, case_id);
	world_turn(self);
}

static void a_take_and_an_answer_are_timed_from_the_acceptance(void **state)
{
	struct world *self = *state;
	world_submit(self, 1, "edu");
	world_turn(self);
	world_pass(self, 3 * US_PER_DAY - US_PER_HOUR);
	thursdays_work(self, FIRST_CASE);
	const struct counts_journaled *journaled = &counts(self)->journaled;
	assert_true(only_bound(&journaled->takes) == 3 * US_PER_DAY);
	assert_true(journaled->takes.sum == 3 * US_PER_DAY - US_PER_HOUR);
	assert_int_equal(only_bound(&journaled->answers), 3);
	assert_int_equal(journaled->answers_late, 0);
	assert_int_equal(journaled->records[RECORD_ACCEPTED], 1);
	assert_int_equal(journaled->records[RECORD_TAKEN], 1);
	assert_int_equal(journaled->records[RECORD_REPLIED], 1);
}

static void an_answer_after_its_due_moment_is_late_and_its_rungs_are_counted(void **state)
{
	struct world *self = *state;
	world_submit(self, 1, "edu");
	world_turn(self);
	world_pass(self, 8 * US_PER_DAY);
	thursdays_work(self, FIRST_CASE);
	const struct counts_journaled *journaled = &counts(self)->journaled;
	assert_int_equal(journaled->answers_late, 1);
	assert_int_equal(only_bound(&journaled->answers), 6); /* the weekend between is none */
	assert_int_equal(journaled->records[RECORD_REMINDED], 1);
	assert_int_equal(journaled->rungs[1], 1);
	assert_int_equal(journaled->rungs[2], 1);
	assert_int_equal(journaled->rungs[3], 0);
}

static void a_case_that_is_taken_again_was_taken_once(void **state)
{
	struct world *self = *state;
	world_submit(self, 1, "edu");
	world_turn(self);
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	world_say_of_case(self, EDU, KIND_TAKE, FIRST_CASE);
	world_say_of_case(self, EDU, KIND_TAKE, FIRST_CASE);
	world_turn(self);
	assert_int_equal(histogram_count(&counts(self)->journaled.takes), 1);
}

static void what_is_refused_is_counted_by_its_code(void **state)
{
	struct world *self = *state;
	for (int i = 0; i < 603; i++)
		world_submit(self, i, "edu");
	world_submit(self, 700, "nowhere");
	world_say_of_case(self, EDU, KIND_TAKE, FIRST_CASE);
	world_say(self, STRANGER, KIND_DIRECTORY, 1);
	world_say(self, PORTAL, KIND_DIRECTORY, 2);
	world_last(self)->peer = 0; /* it chose a routing id */
	world_turn(self);
	world_turn(self);
	assert_int_equal(counts(self)->busies[BUSY_RATE], 3);
	assert_int_equal(counts(self)->errors[ERROR_UNKNOWN_DEPARTMENT], 1);
	assert_int_equal(counts(self)->errors[ERROR_NOT_READY], 1);
	assert_int_equal(counts(self)->errors[ERROR_REVOKED], 1);
	assert_int_equal(counts(self)->errors[ERROR_BAD_IDENTITY], 1);
	uint64_t others = 0;
	for (int code = 0; code < ERROR_TOTAL; code++)
		others += counts(self)->errors[code];
	assert_int_equal(others, 4);
	assert_int_equal(histogram_count(&counts(self)->receipts), 600);
}

static void a_batch_that_is_rolled_back_did_not_happen(void **state)
{
	struct world *self = *state;
	world_submit(self, 1, "edu");
	world_turn(self);
	struct counts_journaled before = counts(self)->journaled;
	store_memory_set_full(self->store, true);
	self->room = 0;
	world_say(self, EDU, KIND_READY, 1);
	world_submit(self, 2, "edu");
	world_turn(self);
	assert_memory_equal(&counts(self)->journaled, &before, sizeof(before));
	assert_int_equal(counts(self)->rollbacks, 1);
	assert_true(counts(self)->busies[BUSY_DISK] >= 1);
	assert_int_equal(histogram_count(&counts(self)->receipts), 1);
	assert_true(shell_status(self->shell).stopped_writing);
	store_memory_set_full(self->store, false);
	self->room = INT64_MAX;
	world_pass(self, US_PER_S);
	world_turn(self);
	assert_false(shell_status(self->shell).stopped_writing);
	assert_true(shell_status(self->shell).now.us == self->now.wall.us);
}

static void every_reason_to_wait_has_its_word(void **state)
{
	(void)state;
	for (int one = BUSY_NONE + 1; one < BUSY_TOTAL; one++)
		for (int other = one + 1; other < BUSY_TOTAL; other++)
			assert_string_not_equal(
				busy_code_text((enum busy_code)one), busy_code_text((enum busy_code)other));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_receipt_is_timed_from_the_turn_that_read_its_message),
		TEST(a_take_and_an_answer_are_timed_from_the_acceptance),
		TEST(an_answer_after_its_due_moment_is_late_and_its_rungs_are_counted),
		TEST(a_case_that_is_taken_again_was_taken_once),
		TEST(what_is_refused_is_counted_by_its_code),
		TEST(a_batch_that_is_rolled_back_did_not_happen),
		cmocka_unit_test(every_reason_to_wait_has_its_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
