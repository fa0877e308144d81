#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/shell/failing_store.h"
#include "tests/unit/shell/stage_words.h"

/* Rows that no program of ours wrote: nothing of them is served, and the daemon ends with its reason. */

static void make_unsound(struct failing_store *self, struct case_row *row)
{
	(void)self;
	row->rung_reached = RUNGS_MAX + 1;
}

static void make_answered(struct failing_store *self, struct case_row *row)
{
	(void)self;
	row->state = CASE_ANSWERED;
}

static void spoil(struct stage *stage, void (*change)(struct failing_store *self, struct case_row *row))
{
	((struct failing_store *)stage->store)->change = change;
}

static void submit(struct stage *stage)
{
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(7), FIELD_CREDIT, N(1));
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	assert_int_equal(stage->answer, KIND_RECEIPT);
}

static void answer(struct stage *stage)
{
	submit(stage);
	SAY(ROLE_WORKER, KIND_TAKE, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1));
	SAY(ROLE_WORKER, KIND_REPLY, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1), FIELD_REPLY, "好");
	assert_int_equal(stage->answer, KIND_CONFIRM);
}

#define ENDS_WITH(outcome, ...)                                      \
	do {                                                         \
		stage_say(stage, __VA_ARGS__, FIELD_TOTAL);          \
		assert_int_equal(shell_turn(stage->shell), outcome); \
		assert_int_equal(stage->answers, 0);                 \
	} while (0)

static void an_answered_case_whose_row_is_unsound_is_not_shown(void **state)
{
	struct stage *stage = *state;
	answer(stage);
	spoil(stage, make_unsound);
	ENDS_WITH(-EUCLEAN, ROLE_OPERATOR, KIND_SHOW, FIELD_CASE, stage->last_case);
}

static void a_list_of_cases_ends_at_a_row_that_is_unsound(void **state)
{
	struct stage *stage = *state;
	submit(stage);
	spoil(stage, make_unsound);
	ENDS_WITH(-EUCLEAN, ROLE_OPERATOR, KIND_CASES);
}

static void a_start_refuses_a_row_that_is_unsound_or_not_open(void **state)
{
	static void (*const changes[])(struct failing_store * self, struct case_row * row) = {
		make_unsound, make_answered};
	struct stage *stage = *state;
	submit(stage);
	for (size_t i = 0; i < 2; i++) {
		shell_destroy(&stage->shell);
		spoil(stage, changes[i]);
		assert_int_equal(stage_start(stage), -EUCLEAN);
		assert_null(stage->shell);
	}
	spoil(stage, NULL);
	assert_int_equal(stage_start(stage), 0);
	assert_int_equal(core_totals(shell_core(stage->shell)).open, 1);
}

/* Its row is found by its id, and the journal does not know the case. */
static void a_message_without_its_acceptance_gets_no_receipt(void **state)
{
	struct stage *stage = *state;
	submit(stage);
	failing_store_arm(stage->store, FAILING_HISTORY, 1, 0);
	ENDS_WITH(-EUCLEAN, ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup_failing, stage_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_answered_case_whose_row_is_unsound_is_not_shown),
		TEST(a_list_of_cases_ends_at_a_row_that_is_unsound),
		TEST(a_start_refuses_a_row_that_is_unsound_or_not_open),
		TEST(a_message_without_its_acceptance_gets_no_receipt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
