#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/language.h"
#include "daemon/store/sqlite.h"

/* Lists made of the field tables: names with a comma before each, and as many question marks. */
#define NAME(name, type)   ", \"" #name "\""
#define C_NAME(name, type) ", c.\"" #name "\""
#define MARK(name, type)   ", ?"
#define RECORD_COLUMNS	   "seq, kind, at" RECORD_FIELDS(NAME) ", head"
/* A record is held against the chain wherever it is read: its head must follow from the one before. */
#define CHAINED_RECORDS          \
	"SELECT " RECORD_COLUMNS \
	", (SELECT p.head FROM journal AS p WHERE p.seq = j.seq - 1) FROM journal AS j"
#define MESSAGE_COLUMNS "m.case_id, m.portal, m.message_id, m.digest, m.category, m.region, m.sum"
#define CASE_COLUMNS	"c.case_id" CASE_FIELDS(C_NAME) ", c.sum"
#define CASES_AND_MESSAGES \
	CASE_COLUMNS ", " MESSAGE_COLUMNS " FROM cases AS c LEFT JOIN message AS m ON m.case_id = c.case_id"

/* Also in the index of the schema: the planner matches the two word for word. */
#define IS_OPEN "c.state <> 5"
static_assert(CASE_ANSWERED == 5, "the schema's open cases");

#define CASE_FILTER                                                                                \
	" WHERE c.case_id > ?1 AND (?2 = 0 OR c.state = ?2) AND (?3 IS NULL OR c.department = ?3)" \
	" AND (?4 IS NULL OR c.portal = ?4) AND (?5 = 0 OR c.due <= ?5)"
#define CASE_ORDER " ORDER BY c.case_id LIMIT ?6"

static const char *const texts[QUERY_END] = {
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_ROLLBACK] = "ROLLBACK",

	[QUERY_APPEND] = "INSERT INTO journal (seq, kind, at" RECORD_FIELDS(
		NAME) ", head) VALUES (?, ?, ?" RECORD_FIELDS(MARK) ", ?)",
	[QUERY_PUT_MESSAGE] =
		"INSERT INTO message (case_id, portal, message_id, digest, category, region, sum, name)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_PUT_TEXT] = "INSERT INTO text (id, role, title, body, digest, sum) VALUES (?, ?, ?, ?, ?, ?)",
	[QUERY_PUT_CASE] = "INSERT OR REPLACE INTO cases (case_id" CASE_FIELDS(
		NAME) ", sum) VALUES (?" CASE_FIELDS(MARK) ", ?)",
	[QUERY_PUT_CURSOR] = "INSERT OR REPLACE INTO cursor (principal, seq, sum) VALUES (?, ?, ?)",
	[QUERY_PUT_TOTALS] = "UPDATE store SET accepted = ?, answered = ?, seq = ?, batch = ?, sum = ?",

	[QUERY_FIND_MESSAGE] = "SELECT " MESSAGE_COLUMNS " FROM message AS m INDEXED BY message_once"
			       " WHERE m.portal = ? AND m.message_id = ?",
	[QUERY_FIND_NAME] = "SELECT " MESSAGE_COLUMNS " FROM message AS m INDEXED BY message_name"
			    " WHERE m.name = ?3 AND m.portal = ?1 AND m.message_id = ?2",
	[QUERY_LOST_NAMES] =
		"SELECT m.case_id FROM (SELECT * FROM message ORDER BY case_id DESC LIMIT ?) AS m"
		" WHERE NOT EXISTS (SELECT 1 FROM message AS a INDEXED BY message_once"
		" WHERE a.portal = m.portal AND a.message_id = m.message_id AND a.case_id = m.case_id)"
		" OR NOT EXISTS (SELECT 1 FROM message AS b INDEXED BY message_name"
		" WHERE b.name = m.name AND b.case_id = m.case_id) LIMIT 1",
	[QUERY_READ_MESSAGE] = "SELECT " MESSAGE_COLUMNS " FROM message AS m WHERE m.case_id = ?",
	[QUERY_READ_TEXT] = "SELECT id, role, title, body, digest, sum FROM text WHERE id = ?",
	[QUERY_READ_CASE] = "SELECT " CASES_AND_MESSAGES " WHERE c.case_id = ?",
	[QUERY_READ_CURSOR] = "SELECT seq, sum FROM cursor WHERE principal = ?",
	/* By both tables: a number that one of them has lost sight of must not be given again. */
	[QUERY_LAST_CASE] =
		"SELECT " MESSAGE_COLUMNS " FROM (SELECT max(id) AS id FROM"
		" (SELECT max(case_id) AS id FROM message WHERE case_id BETWEEN ?1 AND ?2 UNION ALL"
		" SELECT max(case_id) FROM cases WHERE case_id BETWEEN ?1 AND ?2)) AS l"
		" LEFT JOIN message AS m ON m.case_id = l.id WHERE l.id IS NOT NULL",
	[QUERY_LAST_RECORD] = CHAINED_RECORDS " ORDER BY seq DESC LIMIT 1",
	[QUERY_TAIL] = "SELECT " RECORD_COLUMNS " FROM journal WHERE seq > ? ORDER BY seq",
	[QUERY_HEAD] = "SELECT seq, head FROM journal ORDER BY seq DESC LIMIT 1",
	[QUERY_HEAD_AT] = "SELECT head FROM journal WHERE seq = ?",

	[QUERY_OPEN] = "SELECT " CASE_COLUMNS " FROM cases AS c INDEXED BY cases_open WHERE " IS_OPEN
		       " ORDER BY c.case_id",
	[QUERY_CASES] = "SELECT " CASES_AND_MESSAGES CASE_FILTER CASE_ORDER,
	[QUERY_OPEN_CASES] =
		"SELECT " CASE_COLUMNS ", " MESSAGE_COLUMNS " FROM cases AS c INDEXED BY cases_open"
		" LEFT JOIN message AS m ON m.case_id = c.case_id" CASE_FILTER " AND " IS_OPEN CASE_ORDER,

	[QUERY_JOURNAL] = CHAINED_RECORDS " WHERE seq > ? ORDER BY seq LIMIT ?",
	[QUERY_HISTORY] = CHAINED_RECORDS " WHERE case_id = ? AND seq > ? ORDER BY seq LIMIT ?",
	[QUERY_STREAM] = CHAINED_RECORDS " WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
};

bool sqlite_prepare_all(struct sqlite_store *self, struct fault *ret_fault)
{
	for (int i = 0; i < QUERY_END; i++) {
		ENSURE(texts[i]);
		if (sqlite3_prepare_v3(self->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &self->statements[i], NULL) != SQLITE_OK)
			return sqlite_blame(self->db,
				"the store's tables are not those of its schema version", ret_fault);
	}
	return true;
}

void sqlite_finalize_all(struct sqlite_store *self)
{
	self->active = NULL;
	for (int i = 0; i < QUERY_END; i++) {
		sqlite3_finalize(self->statements[i]);
		self->statements[i] = NULL;
	}
}

void sqlite_settle(struct sqlite_store *self)
{
	if (!self->active)
		return;
	/* The result repeats what the step before it returned, and that was looked at. */
	(void)sqlite3_reset(self->active);
	self->active = NULL;
}

sqlite3_stmt *sqlite_start(struct sqlite_store *self, enum sqlite_query query)
{
	REQUIRE(query >= 0 && query < QUERY_END && self->statements[query]);
	sqlite_settle(self);
	self->active = self->statements[query];
	return self->active;
}

int sqlite_next(struct sqlite_store *self, sqlite3_stmt *statement)
{
	REQUIRE(statement == self->active);
	int result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		return 0;
	int outcome = result == SQLITE_DONE ? STORE_NOT_FOUND : sqlite_fatal(self, result, "read");
	sqlite_settle(self);
	return outcome;
}

static int errno_of(int result)
{
	switch (result & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_CONSTRAINT:
		return EEXIST;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return EUCLEAN;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_TOOBIG:
		return EMSGSIZE;
	default:
		return EIO;
	}
}

bool sqlite_blame(sqlite3 *db, const char *what, struct fault *ret_fault)
{
	int code = sqlite3_errcode(db) & 0xff;
	switch (code) {
	case SQLITE_NOMEM:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_BUSY:
	case SQLITE_CANTOPEN:
		return fault_set(ret_fault,
			"it cannot be read now (%s), which says nothing against the file: look at the machine's memory and "
			"disk, then start again",
			sqlite3_errmsg(db));
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return fault_set(ret_fault, "%s: restore it from a backup", _(what));
	default:
		return fault_set(ret_fault, "%s (%s): restore it from a backup", _(what), sqlite3_errmsg(db));
	}
}

int sqlite_fatal(struct sqlite_store *self, int result, const char *what)
{
	/* Nothing broke: whoever stopped it (store_sqlite_stop_when) knows. */
	if (result == SQLITE_INTERRUPT)
		return -ECANCELED;
	char text[256];
	snprintf(text, sizeof(text), "store: %s: %s (SQLite %d)", what, sqlite3_errmsg(self->db), result);
	return FATAL(errno_of(result), text);
}

void sqlite_bind_number(sqlite3_stmt *statement, int at, int64_t number)
{
	ENSURE(sqlite3_bind_int64(statement, at, number) == SQLITE_OK);
}

void sqlite_bind_null(sqlite3_stmt *statement, int at)
{
	ENSURE(sqlite3_bind_null(statement, at) == SQLITE_OK);
}

void sqlite_bind_text(sqlite3_stmt *statement, int at, struct span text)
{
	/* The wire's limits are far below; SQLite would bind NULL instead of a longer one. */
	REQUIRE(text.size <= SQLITE_VALUE_SIZE_MAX);
	ENSURE(SQLITE_OK == (text.size == 0 ? sqlite3_bind_null(statement, at)
					    : sqlite3_bind_text(statement, at, text.data, (int)text.size,
						      SQLITE_STATIC)));
}

void sqlite_bind_digest(sqlite3_stmt *statement, int at, const struct digest *digest)
{
	static const struct digest zero;
	/* No secret is compared: it need not take constant time, and there are a dozen of them in a message.
	 */
	bool is_zero = memcmp(digest, &zero, sizeof(zero)) == 0;
	ENSURE(SQLITE_OK ==
		(is_zero ? sqlite3_bind_null(statement, at)
			 : sqlite3_bind_blob(statement, at, digest->bytes, DIGEST_SIZE, SQLITE_STATIC)));
}

struct span sqlite_column_text(sqlite3_stmt *statement, int at)
{
	/* As a blob: the same bytes without the copy that a closing NUL may need. */
	const void *data = sqlite3_column_blob(statement, at);
	return data ? span_of(data, (size_t)sqlite3_column_bytes(statement, at)) : SPAN_EMPTY;
}

bool sqlite_column_digest(sqlite3_stmt *statement, int at, struct digest *ret_digest)
{
	const void *bytes = sqlite3_column_blob(statement, at);
	*ret_digest = (struct digest){{0}};
	if (!bytes)
		return sqlite3_column_type(statement, at) == SQLITE_NULL;
	if (sqlite3_column_bytes(statement, at) != DIGEST_SIZE)
		return false;
	memcpy(ret_digest->bytes, bytes, DIGEST_SIZE);
	return true;
}
