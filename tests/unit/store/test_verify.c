#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/verify.h"
#include "tests/lib/prng.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/sample.h"

/* Damage and forgery, done behind the store's back, and whether verify and reads see it. */

#define CASES 5

static int setup(void **state)
{
	static struct place place;
	place = (struct place){.engine = NULL};
	place_make(&place);
	place_open_sqlite(&place);
	for (int64_t n = 1; n <= CASES; n++)
		assert_int_equal(sample_write(place.store, n), 0);
	assert_int_equal(place.store->interface->put_cursor(place.store, SPAN_LITERAL("web"), 2), 0);
	assert_int_equal(place.store->interface->commit(place.store), 0);
	place.store->interface->destroy(&place.store);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	place_remove(*state);
	return 0;
}

struct report {
	struct buffer text;
	int stop_after;
	int64_t progress;
};

/* "chain case 3 seq 5; …" with the case by its small number. */
static int note(void *context, const struct store_finding *finding)
{
	struct report *report = context;
	assert_true(strlen(store_finding_meaning(finding->kind)) > 10);
	buffer_printf(
		&report->text, "%s%s", report->text.size ? "; " : "", store_finding_name(finding->kind));
	if (finding->case_id)
		buffer_printf(&report->text, " case %" PRId64, finding->case_id - sample_case_id(0));
	if (finding->seq)
		buffer_printf(&report->text, " seq %" PRId64, finding->seq);
	if (finding->ordinal)
		buffer_printf(&report->text, " text %" PRId64, finding->ordinal);
	return --report->stop_after == 0 ? 42 : 0;
}

static void count_progress(void *context, const char *part, int64_t done, int64_t total)
{
	assert_true(part && done >= 0 && done <= total);
	((struct report *)context)->progress++;
}

/* The findings of the file; negative if it could not even be opened. */
static int64_t verify(const char *path, struct report *report)
{
	struct fault fault = FAULT_NONE;
	struct store *reader = NULL;
	if (store_sqlite_open_read_only(path, &fault, &reader) != 0)
		return -1;
	struct store_verify_options options = {.find = note, .progress = count_progress, .context = report};
	int64_t findings = 0;
	assert_int_equal(store_verify_journal(reader, &options, &findings), 0);
	reader->interface->destroy(&reader);
	return findings;
}

static void assert_findings(const char *path, const char *expected)
{
	struct report report = {BUFFER_NULL, 0, 0};
	assert_true(verify(path, &report) >= 0);
	assert_string_equal(buffer_string(&report.text), expected);
	assert_true(report.progress > 0);
	buffer_deinit(&report.text);
}

static void a_sound_store_has_no_findings_beside_a_writer_or_without(void **state)
{
	struct place *place = *state;
	assert_findings(place->path, "");
	place_open_sqlite(place);
	assert_int_equal(sample_write(place->store, CASES + 1), 0);
	assert_findings(place->path, "");
	assert_int_equal(place->store->interface->commit(place->store), 0);
	assert_findings(place->path, "");
	place->store->interface->destroy(&place->store);
	assert_findings(place->path, "");
}

static void an_empty_store_has_no_findings(void **state)
{
	struct place *place = *state;
	remove_store(place->path);
	place_open_sqlite(place);
	assert_findings(place->path, "");
	place->store->interface->destroy(&place->store);
}

#define FREE	"DROP TRIGGER journal_keeps_what_it_says; DROP TRIGGER journal_keeps_all; "
#define TEXT(n) "(20260930000000 + " n ") * 10000 + "
#define CASE(n) "(20260930000000 + " n ")"

static const struct {
	const char *what;
	const char *sql;
	const char *expected;
} forgeries[] = {
	{"a letter of a body", "UPDATE text SET body = 'x' || substr(body, 2) WHERE id = " TEXT("2") "1",
		"text-hash case 2 text 1"},
	{"a title", "UPDATE text SET title = 'other' WHERE id = " TEXT("3") "1", "text-hash case 3 text 1"},
	{"a text's hash", "UPDATE text SET digest = zeroblob(32) WHERE id = " TEXT("3") "2",
		"text-other case 3 seq 6 text 2; text-hash case 3 text 2"},
	{"a text's hash of the wrong size", "UPDATE text SET digest = zeroblob(3) WHERE id = " TEXT("3") "2",
		"text-other case 3 seq 6 text 2; text-hash case 3 text 2"},
	{"a text taken away", "DELETE FROM text WHERE id = " TEXT("4") "2",
		"text-missing case 4 seq 8 text 2"},
	{"a text of no record",
		"INSERT INTO text SELECT id + 1, role, title, body, digest, sum FROM text WHERE id = " TEXT(
			"4") "2",
		"text-hash case 4 text 3; text-stray case 4 text 3"},
	{"a message taken away", "DELETE FROM message WHERE case_id = " CASE("5"),
		"message-missing case 5 seq 9"},
	{"a message's portal", "UPDATE message SET portal = 'app' WHERE case_id = " CASE("5"),
		"message-other case 5 seq 9; row-hash case 5"},
	{"a message's id", "UPDATE message SET message_id = 'm-9' WHERE case_id = " CASE("5"),
		"message-other case 5 seq 9; row-hash case 5"},
	{"a message's digest", "UPDATE message SET digest = NULL WHERE case_id = " CASE("5"),
		"message-other case 5 seq 9; row-hash case 5"},
	{"a message's digest of the wrong size",
		"UPDATE message SET digest = x'00' WHERE case_id = " CASE("5"),
		"message-other case 5 seq 9; row-hash case 5; row-hash case 5"},
	{"where the journal ends", "UPDATE store SET seq = seq + 1", "totals; row-hash"},
	{"a message's region", "UPDATE message SET region = 'north' WHERE case_id = " CASE("5"),
		"row-hash case 5"},
	{"the number made of a message's names", "UPDATE message SET name = 1 WHERE case_id = " CASE("5"),
		"row-hash case 5"},
	{"a case's due moment", "UPDATE cases SET due = 5 WHERE case_id = " CASE("5"), "row-hash case 5"},
	{"a case's state that is none", "UPDATE cases SET state = 77 WHERE case_id = " CASE("5"),
		"row-hash case 5"},
	{"a cursor", "UPDATE cursor SET seq = 3", "row-hash"},
	{"when the store was made", "UPDATE store SET created = created + 1", "row-hash"},
	{"a message never accepted",
		"INSERT INTO message SELECT case_id + 100, portal, 'new', digest, category, region, sum, name"
		" FROM message LIMIT 1",
		"row-hash case 101; message-stray case 101"},
	{"who answered", FREE "UPDATE journal SET actor = 'worker-2' WHERE seq = 4",
		"chain case 2 seq 4; schema"},
	{"when", FREE "UPDATE journal SET at = at + 1 WHERE seq = 4", "chain case 2 seq 4; schema"},
	{"a record's hash, and so that of the next",
		FREE "UPDATE journal SET head = zeroblob(32) WHERE seq = 4",
		"chain case 2 seq 4; chain case 3 seq 5; schema"},
	{"a record's head of the wrong size", FREE "UPDATE journal SET head = x'00' WHERE seq = 4",
		"record case 2 seq 4; chain case 3 seq 5; schema"},
	{"a kind that is none", FREE "UPDATE journal SET kind = 99 WHERE seq = 4",
		"record case 2 seq 4; totals; schema"},
	{"a digest of the wrong size", FREE "UPDATE journal SET digest = x'00' WHERE seq = 4",
		"record case 2 seq 4; totals; schema"},
	{"another kind", FREE "UPDATE journal SET kind = 8, number = 1 WHERE seq = 4",
		"chain case 2 seq 4; totals; schema"},
	{"a record taken away", FREE "DELETE FROM journal WHERE seq = 4",
		"gap case 3 seq 5; totals; text-stray case 2 text 2; schema"},
	{"the first record taken away", FREE "DELETE FROM journal WHERE seq = 1",
		"gap case 1 seq 2; totals; text-stray case 1 text 1; message-stray case 1; schema"},
	{"a record put before the first",
		FREE "INSERT INTO journal (seq, kind, at, head) VALUES (-5, 1, 0, zeroblob(32))",
		"gap seq -5; gap case 1 seq 1; schema"},
	{"the last records taken away: the counts and texts tell", FREE "DELETE FROM journal WHERE seq > 8",
		"totals; text-stray case 5 text 1; text-stray case 5 text 2; message-stray case 5; schema"},
	{"the counts", "UPDATE store SET accepted = accepted + 1", "totals; row-hash"},
	{"the type of a type in the schema",
		"PRAGMA writable_schema = 1; UPDATE sqlite_schema SET type = CAST(type AS BLOB) WHERE name = "
		"'journal_case'",
		"schema"},
	{"two bodies exchanged, each whole",
		"UPDATE text SET id = -id WHERE id IN (" TEXT("1") "1, " TEXT(
			"2") "1);"
			     "UPDATE text SET id = " TEXT("2") "1 WHERE id = -(" TEXT(
				     "1") "1);"
					  "UPDATE text SET id = " TEXT("1") "1 WHERE id = -(" TEXT("2") "1)",
		"text-hash case 1 text 1; text-hash case 2 text 1"},
};

static void each_forgery_is_named(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		print_message("%s\n", forgeries[i].what);
		sample_tamper(place->path, forgeries[i].sql);
		assert_findings(place->path, forgeries[i].expected);
		teardown(state);
		setup(state);
	}
}

/* A forger who knows how hashes are made: the text is whole, and still not the one that was recorded. */
static void another_reply_with_its_right_hash_is_not_the_one_recorded(void **state)
{
	struct place *place = *state;
	struct text_row text = {.case_id = sample_case_id(2),
		.ordinal = 2,
		.role = TEXT_REPLY,
		.body = SPAN_LITERAL("forged")};
	struct digest digest = text_digest(&text);
	char hex[DIGEST_HEX_SIZE], sql[256];
	digest_to_hex(&digest, hex);
	snprintf(sql, sizeof(sql),
		"UPDATE text SET body = 'forged', digest = x'%s', sum = %" PRId64
		" WHERE id = " TEXT("2") "2",
		hex, sqlite_sum_text(text.case_id * TEXT_ROW_FACTOR + text.ordinal, &digest));
	sample_tamper(place->path, sql);
	assert_findings(place->path, "text-other case 2 seq 4 text 2");
}

static void the_callback_ends_the_run(void **state)
{
	struct place *place = *state;
	sample_tamper(place->path, FREE "UPDATE journal SET at = 0");
	struct report report = {BUFFER_NULL, 2, 0};
	struct fault fault = FAULT_NONE;
	struct store *reader = NULL;
	assert_int_equal(store_sqlite_open_read_only(place->path, &fault, &reader), 0);
	struct store_verify_options options = {.find = note, .context = &report};
	int64_t findings = 77;
	assert_int_equal(store_verify_journal(reader, &options, &findings), 42);
	assert_int_equal(findings, 77);
	assert_string_equal(buffer_string(&report.text), "chain case 1 seq 1; chain case 1 seq 2");
	buffer_deinit(&report.text);
	reader->interface->destroy(&reader);
}

static void a_damaged_text_is_not_served_and_the_others_are(void **state)
{
	struct place *place = *state;
	sample_tamper(place->path, "UPDATE text SET body = body || '.' WHERE id = " TEXT("2") "2");
	place_open_sqlite(place);
	struct text_row text;
	const struct store_interface *it = place->store->interface;
	assert_int_equal(it->read_text(place->store, sample_case_id(2), 2, &text), STORE_DAMAGED);
	assert_int_equal(it->read_text(place->store, sample_case_id(2), 1, &text), 0);
	assert_int_equal(it->read_text(place->store, sample_case_id(3), 2, &text), 0);
	place->store->interface->destroy(&place->store);
}

static void a_daemon_does_not_go_on_from_a_journal_whose_end_was_changed(void **state)
{
	struct place *place = *state;
	sample_tamper(place->path, FREE "UPDATE journal SET actor = 'worker-2' WHERE seq = 10");
	struct fault fault = FAULT_NONE;
	struct store_sqlite_options options = {.path = place->path};
	assert_true(store_sqlite_open(&options, &fault, &place->store) < 0);
	assert_non_null(strstr(fault.text, "journal record 10 does not match its hash"));
	assert_non_null(strstr(fault.text, "wenzhengd --verify"));
}

static int add_record(void *context, const struct record *record)
{
	struct digest digest = record_digest(record);
	buffer_append_span(context, digest_span(&digest));
	return 0;
}

static bool read_content(const char *path, struct digest *ret_digest)
{
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct buffer bytes = BUFFER_NULL;
	if (store_sqlite_open_read_only(path, &fault, &store) != 0)
		return false;
	const struct store_interface *it = store->interface;
	bool is_read = it->walk_journal(store, 0, -1, add_record, &bytes) == 0;
	for (int64_t n = 1; n <= CASES; n++) {
		struct message_row message;
		is_read = is_read && it->read_message(store, sample_case_id(n), &message) == 0;
		if (is_read) {
			buffer_append_span(&bytes, digest_span(&message.digest));
			buffer_append_prefixed(&bytes, message.message_id);
			buffer_append_prefixed(&bytes, message.portal);
		}
		for (int64_t ordinal = 1; ordinal <= 2; ordinal++) {
			struct text_row text;
			is_read = is_read && it->read_text(store, sample_case_id(n), ordinal, &text) == 0;
			if (is_read)
				buffer_append_prefixed(&bytes, text.body);
		}
	}
	store->interface->destroy(&store);
	*ret_digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return is_read;
}

static void no_flipped_bit_of_the_file_changes_what_is_read_unnoticed(void **state)
{
	struct place *place = *state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	struct digest before, after;
	assert_true(read_content(place->path, &before));
	int file = open(place->path, O_RDWR | O_CLOEXEC);
	struct stat status;
	assert_int_equal(fstat(file, &status), 0);
	int noticed = 0, harmless = 0;
	for (int round = 0; round < 400; round++) {
		off_t at = (off_t)prng_below(&prng, (uint64_t)status.st_size);
		uint8_t byte, flipped;
		assert_int_equal(pread(file, &byte, 1, at), 1);
		flipped = byte ^ (uint8_t)(1 << prng_below(&prng, 8));
		assert_int_equal(pwrite(file, &flipped, 1, at), 1);
		struct report report = {BUFFER_NULL, 0, 0};
		int64_t findings = verify(place->path, &report);
		if (findings != 0) {
			noticed++;
		} else {
			harmless++;
			assert_true(read_content(place->path, &after));
			assert_true(digest_equal(&before, &after));
		}
		buffer_deinit(&report.text);
		assert_int_equal(pwrite(file, &byte, 1, at), 1);
	}
	close(file);
	print_message("%d flips noticed, %d harmless\n", noticed, harmless);
	assert_true(noticed > 100);
	assert_findings(place->path, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_store_has_no_findings_beside_a_writer_or_without),
		TEST(an_empty_store_has_no_findings),
		TEST(each_forgery_is_named),
		TEST(another_reply_with_its_right_hash_is_not_the_one_recorded),
		TEST(the_callback_ends_the_run),
		TEST(a_damaged_text_is_not_served_and_the_others_are),
		TEST(a_daemon_does_not_go_on_from_a_journal_whose_end_was_changed),
		TEST(no_flipped_bit_of_the_file_changes_what_is_read_unnoticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
