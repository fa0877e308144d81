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

/* Contact details: how they come in, who gets them out again, and what the journal says of it. */

#define SUBMIT(id)                                                                                     \
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, id, FIELD_TITLE, "水", FIELD_BODY, "x", FIELD_CONTACT, \
		"请打办公室电话")
#define OPEN(reason) SAY(ROLE_APPROVER, KIND_OPEN_CONTACT, FIELD_CASE, stage->last_case, FIELD_REASON, reason)

struct counting {
	enum record_kind kind;
	int count;
};

static int count_record(void *context, const struct record *record)
{
	struct counting *counting = context;
	counting->count += record->kind == counting->kind;
	return 0;
}

/* How many records of a kind the case has. */
static int count_records(struct stage *stage, const char *number, enum record_kind kind)
{
	struct counting counting = {kind, 0};
	int64_t case_id;
	assert_true(case_number_parse(span_of_string(number), &case_id));
	assert_int_equal(
		stage->store->interface->walk_history(stage->store, case_id, 0, -1, count_record, &counting),
		0);
	return counting.count;
}

#define OPENINGS count_records(stage, stage->last_case, RECORD_CONTACT_OPENED)

static void keep_box(struct stage *self, const struct message *answer)
{
	*(bool *)self->context = message_text(answer, FIELD_SEALED).size > 0;
}

static void who_was_given_the_details_stands_in_the_journal(void **state)
{
	struct stage *stage = *state;
	bool box = false;
	SUBMIT("m1");
	assert_int_equal(stage->answer, KIND_RECEIPT);
	assert_int_equal(count_records(stage, stage->last_case, RECORD_CONTACT), 1);
	stage->look = keep_box;
	stage->context = &box;
	OPEN("回访");
	assert_int_equal(stage->answer, KIND_DOSSIER);
	assert_true(box);
	assert_int_equal(OPENINGS, 1);
	assert_int_equal(stage->logged[LOG_CONTACT_OPENED], 1);
}

static void details_that_are_empty_are_to_be_left_out(void **state)
{
	struct stage *stage = *state;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x", FIELD_CONTACT, "");
	EXPECT_CODE("invalid-value");
	assert_string_equal(stage->field, "contact");
	assert_int_equal(core_totals(shell_core(stage->shell)).open, 0);
}

static void a_message_without_details_has_none_to_be_opened(void **state)
{
	struct stage *stage = *state;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	assert_int_equal(count_records(stage, stage->last_case, RECORD_CONTACT), 0);
	OPEN("回访");
	EXPECT_CODE("not-found");
	assert_int_equal(OPENINGS, 0);
}

static void a_reason_too_long_for_the_journal_opens_nothing(void **state)
{
	struct stage *stage = *state;
	char reason[OPENING_SIZE_MAX + 2];
	memset(reason, 'x', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	SUBMIT("m1");
	OPEN(reason);
	EXPECT_CODE("too-long");
	assert_string_equal(stage->field, "reason");
	assert_int_equal(OPENINGS, 0);
	OPEN(reason + 1);
	assert_int_equal(stage->answer, KIND_DOSSIER);
	assert_int_equal(OPENINGS, 1);
}

static void details_that_are_damaged_are_not_served_and_named_in_the_log(void **state)
{
	struct stage *stage = *state;
	SUBMIT("m1");
	failing_store_arm(stage->store, FAILING_READS_OF_ONE, 1, STORE_DAMAGED);
	OPEN("回访");
	EXPECT_CODE("not-found");
	assert_int_equal(stage->logged[LOG_TEXT_DAMAGED], 1);
	assert_int_equal(OPENINGS, 0);
	/* Gone, and the journal knows that they came. */
	failing_store_arm(stage->store, FAILING_READS_OF_ONE, 1, STORE_NOT_FOUND);
	OPEN("回访");
	EXPECT_CODE("not-found");
	assert_int_equal(stage->logged[LOG_TEXT_DAMAGED], 2);
	assert_int_equal(OPENINGS, 0);
}

static void details_that_never_came_are_no_damage(void **state)
{
	struct stage *stage = *state;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x", FIELD_DEPARTMENT,
		"edu");
	OPEN("回访");
	EXPECT_CODE("not-found");
	assert_int_equal(stage->logged[LOG_TEXT_DAMAGED], 0);
	failing_store_arm(stage->store, FAILING_HISTORY, 1, -EIO);
	stage_say(stage, ROLE_APPROVER, KIND_OPEN_CONTACT, FIELD_CASE, stage->last_case, FIELD_REASON, "回访",
		FIELD_TOTAL);
	assert_int_equal(shell_turn(stage->shell), -EIO);
}

static void whoever_asks_while_the_disk_fills_is_told_so_and_given_nothing(void **state)
{
	struct stage *stage = *state;
	bool box = false;
	SUBMIT("m1");
	stage->look = keep_box;
	stage->context = &box;
	failing_store_arm(stage->store, FAILING_WRITES, 1, STORE_FULL);
	OPEN("回访");
	EXPECT_CODE("disk");
	assert_int_equal(stage->answers, 1);
	assert_false(box);
	assert_int_equal(OPENINGS, 0);
}

/* An answered case is read from the store: its row may be gone, or the disk broken at either reading. */
static void details_whose_case_cannot_be_read_end_the_daemon(void **state)
{
	static const struct {
		enum failing_calls calls;
		int64_t nth;
		int outcome, expected;
	} rows[] = {
		{FAILING_READS_OF_ONE, 1, -EIO, -EIO},
		{FAILING_CASE, 1, -EIO, -EIO},
		{FAILING_CASE, 1, STORE_NOT_FOUND, -EUCLEAN},
		{FAILING_CASE, 2, -EIO, -EIO},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *fresh;
		stage_setup_failing(&fresh);
		struct stage *stage = fresh;
		SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(7), FIELD_CREDIT, N(1));
		SUBMIT("m1");
		SAY(ROLE_WORKER, KIND_TAKE, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1));
		SAY(ROLE_WORKER, KIND_REPLY, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1), FIELD_REPLY,
			"好");
		assert_int_equal(stage->answer, KIND_CONFIRM);
		failing_store_arm(stage->store, rows[i].calls, rows[i].nth, rows[i].outcome);
		stage_say(stage, ROLE_APPROVER, KIND_OPEN_CONTACT, FIELD_CASE, stage->last_case, FIELD_REASON,
			"回访", FIELD_TOTAL);
		assert_int_equal(shell_turn(stage->shell), rows[i].expected);
		assert_int_equal(stage->answers, 0);
		stage_teardown(&fresh);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup_failing, stage_teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_was_given_the_details_stands_in_the_journal),
		TEST(details_that_are_empty_are_to_be_left_out),
		TEST(a_message_without_details_has_none_to_be_opened),
		TEST(a_reason_too_long_for_the_journal_opens_nothing),
		TEST(details_that_are_damaged_are_not_served_and_named_in_the_log),
		TEST(details_that_never_came_are_no_damage),
		TEST(whoever_asks_while_the_disk_fills_is_told_so_and_given_nothing),
		cmocka_unit_test(details_whose_case_cannot_be_read_end_the_daemon),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
