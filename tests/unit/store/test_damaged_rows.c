#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/sample.h"

/* Rows and indexes changed behind the store's back: each read that meets them refuses, and the others go on.
 */

#define CASES 5

#define FREE	"DROP TRIGGER journal_keeps_what_it_says; DROP TRIGGER journal_keeps_all; "
#define CASE(n) "(20260930000000 + " n ")"

/* The index gets the pages of another one, as if its own had been damaged: it leads elsewhere. */
#define EXCHANGE(index, other)                                                                            \
	"PRAGMA writable_schema = ON; CREATE INDEX other ON " other                                       \
	"; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'other')" \
	" WHERE name = '" index "'; DELETE FROM sqlite_schema WHERE name = 'other'"

static int setup(void **state)
{
	static struct place place;
	place = (struct place){.engine = NULL};
	place_make(&place);
	place_open_sqlite(&place);
	const struct store_interface *it = place.store->interface;
	for (int64_t n = 1; n <= CASES; n++)
		assert_int_equal(sample_write(place.store, n), 0);
	struct case_row open = {.case_id = sample_case_id(CASES), .state = CASE_QUEUED, .due = INSTANT_NEVER};
	assert_int_equal(it->put_case(place.store, &open), 0);
	assert_int_equal(it->put_cursor(place.store, SPAN_LITERAL("web"), 2), 0);
	assert_int_equal(it->commit(place.store), 0);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	if (place->store)
		place->store->interface->destroy(&place->store);
	place_remove(place);
	return 0;
}

static int ignore_case(void *context, const struct case_row *row)
{
	(void)context;
	(void)row;
	return 0;
}

static int ignore_record(void *context, const struct record *record)
{
	(void)context;
	(void)record;
	return 0;
}

/* ---- questions about case 2 ---- */

static int ask_find(struct store *store)
{
	struct message_row row;
	return store->interface->find_message(store, SPAN_LITERAL("web"), SPAN_LITERAL("m-2"), &row);
}

static int ask_find_other(struct store *store)
{
	struct message_row row;
	return store->interface->find_message(store, SPAN_LITERAL("app"), SPAN_LITERAL("m-2"), &row);
}

static int ask_message(struct store *store)
{
	struct message_row row;
	return store->interface->read_message(store, sample_case_id(2), &row);
}

static int ask_text(struct store *store)
{
	struct text_row row;
	return store->interface->read_text(store, sample_case_id(2), 2, &row);
}

static int ask_case(struct store *store)
{
	struct case_row row;
	return store->interface->read_case(store, sample_case_id(2), &row);
}

static int ask_cases(struct store *store)
{
	return store->interface->walk_cases(store, &(struct case_filter){.limit = -1}, ignore_case, NULL);
}

static int ask_open(struct store *store)
{
	return store->interface->walk_open(store, ignore_case, NULL);
}

static int ask_cursor(struct store *store)
{
	int64_t cursor;
	return store->interface->read_cursor(store, SPAN_LITERAL("web"), &cursor);
}

static int ask_last_case(struct store *store)
{
	int64_t case_id;
	return store->interface->last_case_of_day(store, 0, sample_case_id(2), &case_id);
}

static int ask_last_record(struct store *store)
{
	struct record record;
	return store->interface->last_record(store, &record);
}

static int ask_journal(struct store *store)
{
	return store->interface->walk_journal(store, 0, -1, ignore_record, NULL);
}

static int ask_history(struct store *store)
{
	return store->interface->walk_history(store, sample_case_id(2), 0, -1, ignore_record, NULL);
}

static int ask_stream(struct store *store)
{
	return store->interface->walk_stream(store, SPAN_LITERAL("portal/web"), 0, -1, ignore_record, NULL);
}

static const struct {
	const char *what;
	const char *sql;
	int (*ask)(struct store *store);
	int expected; /* -1: fatal */
} damages[] = {
	{"a message's portal", "UPDATE message SET portal = 'app' WHERE case_id = " CASE("2"), ask_message,
		-1},
	{"a message's region, found by its id", "UPDATE message SET region = 'x' WHERE case_id = " CASE("2"),
		ask_find, -1},
	{"a message's digest of the wrong size",
		"UPDATE message SET digest = x'00' WHERE case_id = " CASE("2"), ask_message, -1},
	{"a message's portal that no principal has room for",
		"UPDATE message SET portal = printf('%.33c', 'x') WHERE case_id = " CASE("2"), ask_message,
		-1},
	{"a message's id that no request has room for",
		"UPDATE message SET message_id = printf('%.129c', 'x') WHERE case_id = " CASE("2"),
		ask_message, -1},
	{"a message's category that no request has room for",
		"UPDATE message SET category = printf('%.65c', 'x') WHERE case_id = " CASE("2"), ask_message,
		-1},
	{"a message's region that no request has room for",
		"UPDATE message SET region = printf('%.65c', 'x') WHERE case_id = " CASE("2"), ask_message,
		-1},
	{"the message of a case that is read", "UPDATE message SET category = 'x' WHERE case_id = " CASE("2"),
		ask_case, -1},
	{"the message of a case that is listed",
		"UPDATE message SET category = 'x' WHERE case_id = " CASE("2"), ask_cases, -1},
	{"a case that is read and has no message", "DELETE FROM message WHERE case_id = " CASE("2"), ask_case,
		-1},
	{"a case that is listed and has no message", "DELETE FROM message WHERE case_id = " CASE("2"),
		ask_cases, -1},
	{"the last message of a day", "UPDATE message SET category = 'x' WHERE case_id = " CASE("2"),
		ask_last_case, -1},
	{"the last message of a day, which is gone", "DELETE FROM message WHERE case_id = " CASE("2"),
		ask_last_case, -1},
	{"a text's sum", "UPDATE text SET sum = sum + 1 WHERE id = " CASE("2") " * 10000 + 2", ask_text,
		STORE_DAMAGED},
	{"a text's digest of the wrong size",
		"UPDATE text SET digest = x'00' WHERE id = " CASE("2") " * 10000 + 2", ask_text,
		STORE_DAMAGED},
	{"a text moved to another place of its case",
		"UPDATE text SET id = id + 1 WHERE id = " CASE(
			"2") " * 10000 + 2;"
			     "UPDATE text SET id = id + 1 WHERE id = " CASE("2") " * 10000 + 1",
		ask_text, STORE_DAMAGED},
	{"a case's department", "UPDATE cases SET department = 'x' WHERE case_id = " CASE("2"), ask_case, -1},
	{"a case's state that is none", "UPDATE cases SET state = 6 WHERE case_id = " CASE("2"), ask_case,
		-1},
	{"a case's state below all", "UPDATE cases SET state = 0 WHERE case_id = " CASE("2"), ask_case, -1},
	{"a number too large for its field", "UPDATE cases SET due_date = 1 << 40 WHERE case_id = " CASE("2"),
		ask_case, -1},
	{"a case's digest of the wrong size",
		"UPDATE cases SET reply_digest = x'00' WHERE case_id = " CASE("2"), ask_case, -1},
	{"an open case", "UPDATE cases SET epoch = 9 WHERE state <> 5", ask_open, -1},
	{"a cursor", "UPDATE cursor SET seq = seq + 1", ask_cursor, -1},
	{"the last record", FREE "UPDATE journal SET at = at + 1 WHERE seq = 10", ask_last_record, -1},
	{"a record's kind that is none", FREE "UPDATE journal SET kind = 99 WHERE seq = 4", ask_journal, -1},
	{"a record's head", FREE "UPDATE journal SET head = zeroblob(32) WHERE seq = 4", ask_history, -1},
	{"a record's head of the wrong size", FREE "UPDATE journal SET head = x'00' WHERE seq = 4",
		ask_stream, -1},
	{"a record that is gone", FREE "DELETE FROM journal WHERE seq = 4", ask_journal, -1},
	{"an index that leads to another case's records",
		EXCHANGE("journal_case", "journal (case_id + 1) WHERE case_id IS NOT NULL"), ask_history, -1},
	{"an index that leads backwards",
		EXCHANGE("journal_case", "journal (case_id, 1000 - seq) WHERE case_id IS NOT NULL"),
		ask_history, -1},
	{"an index that leads to another stream's records",
		EXCHANGE(
			"journal_stream", "journal ('portal' || '/web') WHERE stream IS NOT NULL OR seq = 1"),
		ask_stream, -1},
	{"an index that does not know a message",
		EXCHANGE("message_once", "message (portal, message_id || '!')"), ask_find, -1},
	{"an index that leads to another message",
		EXCHANGE("message_once", "message (portal, replace(message_id, '1', '2'))"), ask_find, -1},
	{"an index that leads to another portal's message",
		EXCHANGE("message_once", "message ('a' || 'pp', message_id)"), ask_find_other, -1},
	{"an index of open cases with an answered one",
		EXCHANGE("cases_open", "cases (case_id) WHERE state = 5"), ask_open, -1},
	{"an index of open cases that goes down", EXCHANGE("cases_open", "cases (-case_id) WHERE state > 0"),
		ask_open, -1},
};

static void what_was_damaged_is_refused_when_it_is_read(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		print_message("%s\n", damages[i].what);
		if (damages[i].ask != ask_find_other)
			assert_int_equal(damages[i].ask(place->store), 0);
		sample_tamper(place->path, damages[i].sql);
		int r = damages[i].ask(place->store);
		assert_int_equal(damages[i].expected < 0 ? r < 0 : r == damages[i].expected, true);
		teardown(state);
		setup(state);
	}
}

static const struct {
	const char *what;
	const char *sql;
	const char *words;
} refused[] = {
	{"the store's own row", "UPDATE store SET created = created + 1", "its own row is damaged"},
	{"fewer than no messages accepted", "UPDATE store SET accepted = -1",
		"its own row counts less than nothing"},
	{"fewer than no messages answered", "UPDATE store SET answered = -1",
		"its own row counts less than nothing"},
	{"no such row", "DELETE FROM store", "its own row cannot be read"},
	{"a row of another key", "PRAGMA ignore_check_constraints = 1; UPDATE store SET one = 3",
		"its own row cannot be read"},
	{"more batches than there were", "UPDATE store SET batch = batch + 1", "its own row is damaged"},
	{"fewer batches", "UPDATE store SET batch = batch - 1", "its end is lost"},
	{"the last record is gone", FREE "DELETE FROM journal WHERE seq = 10",
		"the journal ends with record 9 and should with 10"},
	{"a record before the last is gone", FREE "DELETE FROM journal WHERE seq = 9",
		"journal record 10 does not match its hash"},
	{"a head of the wrong size", FREE "UPDATE journal SET head = x'00' WHERE seq = 10",
		"journal record 10 does not match its hash"},
	{"an index that does not know the messages",
		EXCHANGE("message_once", "message (portal, message_id || '!')"),
		"an index does not lead to the message of case 20260930000005"},
	{"the other index", EXCHANGE("message_name", "message (name + 1)"),
		"an index does not lead to the message of case"},
};

static void a_daemon_does_not_start_from_what_it_cannot_rely_on(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		print_message("%s\n", refused[i].what);
		place->store->interface->destroy(&place->store);
		sample_tamper(place->path, refused[i].sql);
		struct fault fault = FAULT_NONE;
		struct store_sqlite_options options = {.path = place->path};
		assert_true(store_sqlite_open(&options, &fault, &place->store) < 0);
		if (!strstr(fault.text, refused[i].words))
			fail_msg("'%s' does not say '%s'", fault.text, refused[i].words);
		teardown(state);
		setup(state);
	}
}

static void a_record_written_behind_its_back_ends_writing(void **state)
{
	struct place *place = *state;
	struct record record = {.kind = RECORD_STARTED};
	sample_tamper(
		place->path, "INSERT INTO journal (seq, kind, at, head) VALUES (11, 1, 0, zeroblob(32))");
	assert_int_equal(place->store->interface->append(place->store, &record), -EEXIST);
	assert_true(place->store->interface->commit(place->store) < 0);
}

static void a_row_of_the_store_that_cannot_be_written_ends_writing(void **state)
{
	struct place *place = *state;
	sample_tamper(place->path,
		"CREATE TRIGGER stop BEFORE UPDATE ON store BEGIN SELECT RAISE(ABORT, 'no'); END");
	assert_int_equal(sample_write(place->store, CASES + 1), 0);
	assert_true(place->store->interface->commit(place->store) < 0);
	assert_true(place->store->interface->commit(place->store) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_damaged_is_refused_when_it_is_read),
		TEST(a_record_written_behind_its_back_ends_writing),
		TEST(a_row_of_the_store_that_cannot_be_written_ends_writing),
		TEST(a_daemon_does_not_start_from_what_it_cannot_rely_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
