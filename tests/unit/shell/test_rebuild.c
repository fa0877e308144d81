#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/shell/rebuild.h"
#include "tests/unit/shell/failing_store.h"
#include "tests/unit/shell/stage.h"

/* What each field of a row is called when it is not what the journal makes of it, and a change of it. */
static const char *const fields[] = {"state", "portal", "department", "class", "within", "received.us",
	"due.us", "due_date", "due_version", "provisional", "fired", "rung_reached", "reminded", "epoch",
	"holder", "holder_name", "process_custody", "final_ruling", "losses", "returns", "texts", "taken.us",
	"answered.us", "reply_kind", "reply_digest"};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static void change(struct failing_store *self, struct case_row *row)
{
	switch (self->which) {
	case 0:
		row->state = CASE_TRIAGE;
		return;
	case 1:
		row->portal = SPAN_LITERAL("x");
		return;
	case 2:
		row->department = SPAN_LITERAL("x");
		return;
	case 3:
		row->class = SPAN_LITERAL("x");
		return;
	case 4:
		row->within = SPAN_LITERAL("x");
		return;
	case 5:
		row->received.us++;
		return;
	case 6:
		row->due.us++;
		return;
	case 7:
		row->due_date++;
		return;
	case 8:
		row->due_version++;
		return;
	case 9:
		row->provisional = !row->provisional;
		return;
	case 10:
		row->fired ^= 1;
		return;
	case 11:
		row->rung_reached++;
		return;
	case 12:
		row->reminded = !row->reminded;
		return;
	case 13:
		row->epoch++;
		return;
	case 14:
		row->holder++;
		return;
	case 15:
		row->holder_name = SPAN_LITERAL("x");
		return;
	case 16:
		row->process_custody = !row->process_custody;
		return;
	case 17:
		row->final_ruling = !row->final_ruling;
		return;
	case 18:
		row->losses++;
		return;
	case 19:
		row->returns++;
		return;
	case 20:
		row->texts++;
		return;
	case 21:
		row->taken.us++;
		return;
	case 22:
		row->answered.us++;
		return;
	case 23:
		row->reply_kind++;
		return;
	case 24:
		row->reply_digest.bytes[0] ^= 1;
		return;
	default:
		row->case_id++;
		return; /* FIELD_COUNT: a row of a case that the journal does not know */
	}
}

struct found {
	int count;
	char first[64], what[64]; /* the first and the last */
};

static void note_difference(void *context, int64_t case_id, const char *what)
{
	struct found *found = context;
	(void)case_id;
	if (found->count++ == 0)
		strncpy(found->first, what, sizeof(found->first) - 1);
	strncpy(found->what, what, sizeof(found->what) - 1);
}

static int compare(struct stage *stage, struct found *ret_found)
{
	struct rebuild_counts counts;
	struct rebuild_options options = {.store = stage->store,
		.core = {stage->place.profile, stage->principals, stage->place.workdays, false},
		.differs = note_difference,
		.context = ret_found};
	*ret_found = (struct found){0};
	int r = rebuild_and_compare(&options, &counts);
	if (r == 0)
		assert_int_equal(counts.differences, ret_found->count);
	return r;
}

static int setup(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	stage_init(stage, failing_store_new(store_memory_new((struct store_identity){false, {0}})));
	assert_int_equal(stage_start(stage), 0);
	static const struct {
		const char *id;
		const char *class;
	} messages[] = {{"m1", "major"}, {"m2", NULL}};
	for (size_t i = 0; i < 2; i++) {
		if (messages[i].class)
			stage_say(stage, ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, messages[i].id, FIELD_TITLE,
				"水", FIELD_BODY, "x", FIELD_CATEGORY, "民生", FIELD_CLASS, messages[i].class,
				FIELD_TOTAL);
		else
			stage_say(stage, ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, messages[i].id, FIELD_TITLE,
				"水", FIELD_BODY, "x", FIELD_REGION, "城东", FIELD_TOTAL);
		assert_int_equal(shell_turn(stage->shell), 0);
		assert_int_equal(stage->answer, KIND_RECEIPT);
	}
	*state = stage;
	return 0;
}

static int teardown(void **state)
{
	stage_deinit(*state);
	free(*state);
	return 0;
}

static void rows_that_agree_with_the_journal_say_nothing(void **state)
{
	struct found found;
	assert_int_equal(compare(*state, &found), 0);
	assert_int_equal(found.count, 0);
}

static void every_field_that_differs_is_named(void **state)
{
	struct stage *stage = *state;
	struct failing_store *store = (struct failing_store *)stage->store;
	struct found found;
	store->change = change;
	for (store->which = 0; store->which < (int)FIELD_COUNT; store->which++) {
		assert_int_equal(compare(stage, &found), 0);
		assert_int_equal(found.count, 2);
		assert_string_equal(found.what, fields[store->which]);
	}
	assert_int_equal(compare(stage, &found), 0);
	assert_string_equal(found.what, "the row: the journal knows no such case");
}

/* A row that is not there is found by asking for it. */
static void a_row_that_is_missing_is_named(void **state)
{
	struct stage *stage = *state;
	struct found found;
	for (int64_t nth = 1;; nth++) {
		failing_store_arm(stage->store, FAILING_CASE, nth, STORE_NOT_FOUND);
		assert_int_equal(compare(stage, &found), 0);
		if (!failing_store_failed(stage->store))
			return assert_int_equal(nth, 3); /* two cases */
		assert_int_equal(found.count, 1);
		assert_string_equal(found.what, "the row: it is missing");
	}
}

/* The store's own check names a text that is damaged or a message that is gone; here they are passed over. */
static void what_the_store_itself_names_is_not_named_twice(void **state)
{
	static const int outcomes[] = {STORE_DAMAGED, STORE_NOT_FOUND};
	struct stage *stage = *state;
	struct found found;
	for (int64_t nth = 1; nth <= 4; nth++) {
		failing_store_arm(stage->store, FAILING_READS_OF_ONE, nth, outcomes[nth % 2]);
		assert_int_equal(compare(stage, &found), 0);
		assert_true(failing_store_failed(stage->store));
		assert_int_equal(found.count, 0);
	}
}

static void a_message_that_is_not_what_was_accepted_is_named(void **state)
{
	struct stage *stage = *state;
	struct found found;
	((struct failing_store *)stage->store)->change_message = true;
	assert_int_equal(compare(stage, &found), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.what, "the message: it is not what was accepted");
}

static void contact_details_under_a_mark_that_is_none_of_ours_are_named(void **state)
{
	struct stage *stage = *state;
	struct found found;
	stage_say(stage, ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m3", FIELD_TITLE, "水", FIELD_BODY, "x",
		FIELD_CONTACT, "请打办公室电话", FIELD_TOTAL);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(compare(stage, &found), 0);
	assert_int_equal(found.count, 0);
	((struct failing_store *)stage->store)->change_mark = true;
	assert_int_equal(compare(stage, &found), 0);
	assert_int_equal(found.count, 2); /* and with another mark the whole is not what was accepted */
	assert_string_equal(found.first, "the contact details: their mark is none of ours");
}

static void a_store_that_cannot_be_read_to_the_end_is_fatal(void **state)
{
	struct stage *stage = *state;
	struct found found;
	int64_t nth = 1;
	for (;; nth++) {
		failing_store_arm(stage->store, FAILING_ANY, nth, -EIO);
		int r = compare(stage, &found);
		if (!failing_store_failed(stage->store))
			break;
		assert_int_equal(r, -EIO);
	}
	assert_true(nth > 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(rows_that_agree_with_the_journal_say_nothing),
		TEST(every_field_that_differs_is_named),
		TEST(a_row_that_is_missing_is_named),
		TEST(what_the_store_itself_names_is_not_named_twice),
		TEST(a_message_that_is_not_what_was_accepted_is_named),
		TEST(contact_details_under_a_mark_that_is_none_of_ours_are_named),
		TEST(a_store_that_cannot_be_read_to_the_end_is_fatal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
