#include "daemon/store/verify.h"

#include <assert.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/language.h"
#include "daemon/store/sqlite.h"

/*
 * Each part walks one table and looks up the others. Nothing here trusts a row: a damaged one is a finding,
 * and the walk goes on from what is stored, so that one flipped bit is one finding and not one for every
 * record after it.
 */
#define PROGRESS_EVERY 4096

struct verification {
	struct sqlite_store *store;
	const struct store_verify_options *options;
	int64_t findings;
	int stopped; /* what the callback returned */
};

static const struct {
	const char *name;
	const char *meaning;
} kinds[FINDING_END] = {
	[FINDING_PAGES] = {"pages", N_("the file's structure is damaged")},
	[FINDING_UNREADABLE] = {"unreadable", N_("reading stopped here; the rest of this part was not seen")},
	[FINDING_RECORD] = {"record", N_("a row of the journal is not a record")},
	[FINDING_GAP] = {"gap", N_("records before this one are missing")},
	[FINDING_CHAIN] = {"chain", N_("a record's hash does not follow from it and the one before")},
	[FINDING_TEXT_HASH] = {"text-hash", N_("a text is not what its hash was taken of")},
	[FINDING_TEXT_MISSING] = {"text-missing", N_("a record names a text that is not there")},
	[FINDING_TEXT_OTHER] = {"text-other", N_("a text is not the one its record was written for")},
	[FINDING_TEXT_STRAY] = {"text-stray", N_("no record names this text")},
	[FINDING_MESSAGE_MISSING] = {"message-missing", N_("a message was accepted and is not there")},
	[FINDING_MESSAGE_OTHER] = {"message-other", N_("a message is not the one that was accepted")},
	[FINDING_MESSAGE_STRAY] = {"message-stray", N_("a message was never accepted")},
	[FINDING_TOTALS] = {"totals", N_("the counts are not those of the journal")},
	[FINDING_SCHEMA] = {"schema", N_("tables, indexes or triggers are not what the program makes")},
	[FINDING_ROW_HASH] = {"row-hash", N_("a row is not what its sum was taken of")},
};

const char *store_finding_name(enum store_finding_kind kind)
{
	REQUIRE(kind >= 0 && kind < FINDING_END);
	return kinds[kind].name;
}

const char *store_finding_meaning(enum store_finding_kind kind)
{
	REQUIRE(kind >= 0 && kind < FINDING_END);
	return kinds[kind].meaning;
}

static void find(struct verification *self, struct store_finding finding)
{
	if (self->stopped)
		return;
	if (!finding.note)
		finding.note = "";
	self->findings++;
	self->stopped = self->options->find(self->options->context, &finding);
}

static void progress(struct verification *self, const char *part, int64_t done, int64_t total)
{
	if (self->options->progress && (done % PROGRESS_EVERY == 0 || done == total))
		self->options->progress(self->options->context, part, done, total);
}

/* NULL, and a finding, if it cannot be prepared. */
static sqlite3_stmt *prepare(struct verification *self, const char *part, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(self->store->db, sql, -1, &statement, NULL) == SQLITE_OK)
		return statement;
	find(self, (struct store_finding){.kind = FINDING_UNREADABLE, .note = part});
	return NULL;
}

/* True: a row is there. Otherwise the walk is over, with a finding if it was cut short. */
static bool next(struct verification *self, sqlite3_stmt *statement, const char *part)
{
	if (!statement || self->stopped)
		return false;
	int result = sqlite3_step(statement);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		find(self, (struct store_finding){.kind = FINDING_UNREADABLE, .note = part});
	return result == SQLITE_ROW;
}

static int64_t count_rows(struct verification *self, const char *part, const char *sql)
{
	sqlite3_stmt *statement = prepare(self, part, sql);
	int64_t count = next(self, statement, part) ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return count;
}

static void verify_pages(struct verification *self)
{
	progress(self, "pages", 0, 1);
	sqlite3_stmt *statement = prepare(self, "pages", "PRAGMA integrity_check(20)");
	while (next(self, statement, "pages")) {
		const char *said = (const char *)sqlite3_column_text(statement, 0);
		if (!span_equal_string(sqlite_column_text(statement, 0), "ok"))
			find(self, (struct store_finding){.kind = FINDING_PAGES, .note = said});
	}
	sqlite3_finalize(statement);
	progress(self, "pages", 1, 1);
}

struct journal_walk {
	struct verification *verification;
	sqlite3_stmt *text;    /* digest of a text by its row number */
	sqlite3_stmt *message; /* portal, message_id, digest by case */
	int64_t seq;
	struct digest head;
	struct store_totals totals;
};

static void compare_text(struct journal_walk *walk, const struct record *record)
{
	struct store_finding finding = {
		.case_id = record->case_id, .seq = record->seq, .ordinal = record->text};
	struct digest digest;
	sqlite_bind_number(walk->text, 1, sqlite_text_id(record->case_id, record->text));
	if (!next(walk->verification, walk->text, "texts")) {
		finding.kind = FINDING_TEXT_MISSING;
		find(walk->verification, finding);
	} else if (record->kind != RECORD_ACCEPTED && (!sqlite_column_digest(walk->text, 0, &digest) ||
							      !digest_equal(&digest, &record->digest))) {
		/* The digest of an acceptance is of the whole message; see compare_message. */
		finding.kind = FINDING_TEXT_OTHER;
		find(walk->verification, finding);
	}
	sqlite3_reset(walk->text);
}

static void compare_message(struct journal_walk *walk, const struct record *record)
{
	struct store_finding finding = {.case_id = record->case_id, .seq = record->seq};
	struct digest digest;
	sqlite_bind_number(walk->message, 1, record->case_id);
	if (!next(walk->verification, walk->message, "messages")) {
		finding.kind = FINDING_MESSAGE_MISSING;
		find(walk->verification, finding);
	} else if (!span_equal(sqlite_column_text(walk->message, 0), record->actor) ||
		   !span_equal(sqlite_column_text(walk->message, 1), record->subject) ||
		   !sqlite_column_digest(walk->message, 2, &digest) ||
		   !digest_equal(&digest, &record->digest)) {
		finding.kind = FINDING_MESSAGE_OTHER;
		find(walk->verification, finding);
	}
	sqlite3_reset(walk->message);
}

static void verify_record(struct journal_walk *walk, sqlite3_stmt *row)
{
	struct record record;
	struct digest stored;
	bool is_record = sqlite_read_record(row, &record);
	bool has_head = sqlite_column_digest(row, sqlite3_column_count(row) - 1, &stored);
	struct store_finding finding = {.case_id = record.case_id, .seq = record.seq};
	struct digest head = chain_next(&walk->head, &record);
	if (record.seq != walk->seq + 1) {
		finding.kind = FINDING_GAP;
		find(walk->verification, finding);
	}
	if (!is_record || !has_head) {
		finding.kind = FINDING_RECORD;
		find(walk->verification, finding);
	} else if (record.seq == walk->seq + 1 && !digest_equal(&head, &stored)) {
		finding.kind = FINDING_CHAIN;
		find(walk->verification, finding);
	}
	walk->seq = record.seq;
	walk->head = stored;
	if (!is_record)
		return;
	store_totals_count(&walk->totals, &record);
	if (record.text != 0)
		compare_text(walk, &record);
	if (record.kind == RECORD_ACCEPTED)
		compare_message(walk, &record);
}

static void verify_records(struct verification *self)
{
	struct journal_walk walk = {.verification = self, .head = chain_first()};
	int64_t total = self->store->now.seq, done = 0;
	walk.text = prepare(self, "texts", "SELECT digest FROM text WHERE id = ?");
	walk.message =
		prepare(self, "messages", "SELECT portal, message_id, digest FROM message WHERE case_id = ?");
	sqlite3_stmt *row = sqlite_start(self->store, QUERY_TAIL);
	/* Not from 0: a row with a seq that none can have is to be seen. */
	sqlite_bind_number(row, 1, INT64_MIN);
	while (walk.text && walk.message && next(self, row, "journal")) {
		verify_record(&walk, row);
		progress(self, "journal", ++done, total);
	}
	sqlite_settle(self->store);
	sqlite3_finalize(walk.text);
	sqlite3_finalize(walk.message);
	const struct store_totals *stored = &self->store->now.totals;
	if (walk.totals.accepted != stored->accepted || walk.totals.answered != stored->answered ||
		walk.seq != self->store->written_seq)
		find(self, (struct store_finding){.kind = FINDING_TOTALS});
}

static void verify_texts(struct verification *self)
{
	int64_t total = count_rows(self, "texts", "SELECT count(*) FROM text"), done = 0;
	sqlite3_stmt *row = prepare(self, "texts",
		"SELECT id, role, title, body, digest, sum, EXISTS (SELECT 1 FROM journal AS j"
		" WHERE j.case_id = text.id / 10000 AND j.text = text.id % 10000) FROM text ORDER BY id");
	static_assert(TEXT_ROW_FACTOR == 10000, "as the statement divides");
	while (next(self, row, "texts")) {
		int64_t id = sqlite3_column_int64(row, 0);
		struct text_row text = {
			.case_id = id / TEXT_ROW_FACTOR,
			.ordinal = id % TEXT_ROW_FACTOR,
			.role = (enum text_role)sqlite3_column_int(row, 1),
			.title = sqlite_column_text(row, 2),
			.body = sqlite_column_text(row, 3),
		};
		struct digest computed = text_digest(&text);
		struct store_finding finding = {.case_id = text.case_id, .ordinal = text.ordinal};
		if (!sqlite_column_digest(row, 4, &text.digest) || !digest_equal(&text.digest, &computed) ||
			sqlite3_column_int64(row, 5) != sqlite_sum_text(id, &text.digest)) {
			finding.kind = FINDING_TEXT_HASH;
			find(self, finding);
		}
		if (sqlite3_column_int(row, 6) == 0) {
			finding.kind = FINDING_TEXT_STRAY;
			find(self, finding);
		}
		progress(self, "texts", ++done, total);
	}
	sqlite3_finalize(row);
}

static void verify_messages(struct verification *self)
{
	static_assert(RECORD_ACCEPTED == 2, "as the statement says");
	int64_t total = count_rows(self, "messages", "SELECT count(*) FROM message"), done = 0;
	sqlite3_stmt *row = prepare(self, "messages",
		"SELECT case_id, portal, message_id, digest, category, region, sum, name, EXISTS (SELECT 1"
		" FROM journal AS j WHERE j.case_id = message.case_id AND j.kind = 2) FROM message ORDER BY case_id");
	while (next(self, row, "messages")) {
		struct message_row message;
		bool is_row = sqlite_message_at(self->store, row, 0, &message);
		struct store_finding finding = {
			.kind = FINDING_ROW_HASH, .case_id = message.case_id, .note = "message"};
		if (!is_row || sqlite3_column_int64(row, 6) != sqlite_sum_message(&message) ||
			sqlite3_column_int64(row, 7) != sqlite_sum_name(message.portal, message.message_id))
			find(self, finding);
		if (sqlite3_column_int(row, 8) == 0)
			find(self, (struct store_finding){
					   .kind = FINDING_MESSAGE_STRAY, .case_id = message.case_id});
		progress(self, "messages", ++done, total);
	}
	sqlite3_finalize(row);
}

/* The rows that hold the daemon's own state against their sums. */
static void verify_rows(struct verification *self)
{
	sqlite3_stmt *row = sqlite_start(self->store, QUERY_CASES);
	sqlite_bind_number(row, 1, INT64_MIN);
	sqlite_bind_number(row, 2, CASE_NONE);
	sqlite_bind_text(row, 3, SPAN_EMPTY);
	sqlite_bind_text(row, 4, SPAN_EMPTY);
	sqlite_bind_number(row, 5, 0);
	sqlite_bind_number(row, 6, -1);
	while (next(self, row, "cases")) {
		struct case_row stored;
		int64_t sum = 0;
		if (!sqlite_case_with_sum(self->store, row, &stored, &sum) || sum != sqlite_sum_case(&stored))
			find(self,
				(struct store_finding){
					.kind = FINDING_ROW_HASH, .case_id = stored.case_id, .note = "case"});
	}
	sqlite_settle(self->store);
	row = prepare(self, "cursors", "SELECT principal, seq, sum FROM cursor");
	while (next(self, row, "cursors"))
		if (sqlite3_column_int64(row, 2) !=
			sqlite_sum_cursor(sqlite_column_text(row, 0), sqlite3_column_int64(row, 1)))
			find(self, (struct store_finding){.kind = FINDING_ROW_HASH, .note = "cursor"});
	sqlite3_finalize(row);
	row = prepare(self, "store", "SELECT sum FROM store");
	const struct sqlite_store *store = self->store;
	int64_t sum = sqlite_sum_store(
		&store->identity, &store->now.totals, store->written_seq, store->committed.batch);
	if (next(self, row, "store") && sqlite3_column_int64(row, 0) != sum)
		find(self, (struct store_finding){.kind = FINDING_ROW_HASH, .note = "store"});
	sqlite3_finalize(row);
}

int store_verify_journal(
	struct store *store, const struct store_verify_options *options, int64_t *ret_findings)
{
	REQUIRE(store && options && options->find && ret_findings);
	struct sqlite_store *self = sqlite_of(store);
	REQUIRE(self->read_only);
	struct verification verification = {.store = self, .options = options};
	verify_pages(&verification);
	verify_records(&verification);
	verify_texts(&verification);
	verify_messages(&verification);
	verify_rows(&verification);
	if (!sqlite_schema_is_whole(self->db))
		find(&verification, (struct store_finding){.kind = FINDING_SCHEMA});
	if (verification.stopped)
		return verification.stopped;
	*ret_findings = verification.findings;
	return 0;
}
