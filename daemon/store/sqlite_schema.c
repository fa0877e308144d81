#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limits.h"
#include "daemon/store/sqlite.h"

/*
 * The schema, and how a file of an older one is brought up to it. A migration is never edited after a
 * release: a change is a new one at the end. Each runs in a transaction of its own with its version number,
 * so that a crash leaves one version or the next.
 *
 * The columns are written out, not made of the field tables, which will have grown when a file of version 1
 * is met again; that tables and statements agree is seen when the statements are prepared.
 *
 * No table has REFERENCES: rows of a batch come in any order, each check would cost a search, and verify
 * compares all of them. The journal's indexes are partial because most records lack a stream and some a case.
 *
 * `sum` is of the whole row (sqlite_sum.c). A message is found by two indexes, by its names and by a number
 * made of them, so that damage to one of them does not make a second case of it (ADR 17).
 */
static const char version_1[] =
	"CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), laboratory INTEGER NOT NULL,"
	" created INTEGER NOT NULL, accepted INTEGER NOT NULL, answered INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" batch INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;"

	"CREATE TABLE journal (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at INTEGER NOT NULL,"
	" \"case_id\" INTEGER, \"actor\" TEXT, \"stream\" TEXT, \"department\" TEXT, \"subject\" TEXT,"
	" \"class\" TEXT, \"within\" TEXT, \"epoch\" INTEGER, \"holder\" INTEGER, \"due\" INTEGER,"
	" \"due_date\" INTEGER, \"due_version\" INTEGER, \"number\" INTEGER, \"flags\" INTEGER,"
	" \"text\" INTEGER, \"digest\" BLOB, head BLOB NOT NULL) STRICT;"
	"CREATE INDEX journal_case ON journal (case_id) WHERE case_id IS NOT NULL;"
	"CREATE INDEX journal_stream ON journal (stream) WHERE stream IS NOT NULL;"
	"CREATE TRIGGER journal_keeps_what_it_says BEFORE UPDATE ON journal"
	" BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;"
	"CREATE TRIGGER journal_keeps_all BEFORE DELETE ON journal"
	" BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;"

	"CREATE TABLE message (case_id INTEGER PRIMARY KEY, portal TEXT NOT NULL, message_id TEXT NOT NULL,"
	" digest BLOB, category TEXT, region TEXT, sum INTEGER NOT NULL, name INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX message_once ON message (portal, message_id);"
	"CREATE INDEX message_name ON message (name);"

	"CREATE TABLE text (id INTEGER PRIMARY KEY, role INTEGER NOT NULL, title TEXT, body TEXT,"
	" digest BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;"

	"CREATE TABLE cases (case_id INTEGER PRIMARY KEY, \"state\" INTEGER, \"portal\" TEXT, \"department\" TEXT,"
	" \"class\" TEXT, \"within\" TEXT, \"received\" INTEGER, \"due\" INTEGER, \"due_date\" INTEGER,"
	" \"due_version\" INTEGER, \"provisional\" INTEGER, \"fired\" INTEGER, \"rung_reached\" INTEGER,"
	" \"reminded\" INTEGER, \"epoch\" INTEGER, \"holder\" INTEGER, \"holder_name\" TEXT,"
	" \"process_custody\" INTEGER, \"final_ruling\" INTEGER, \"losses\" INTEGER, \"returns\" INTEGER,"
	" \"texts\" INTEGER, \"taken\" INTEGER, \"answered\" INTEGER, \"reply_kind\" INTEGER,"
	" \"reply_digest\" BLOB, sum INTEGER NOT NULL) STRICT;"
	"CREATE INDEX cases_open ON cases (case_id) WHERE state <> 5;"

	"CREATE TABLE cursor (principal TEXT PRIMARY KEY, seq INTEGER NOT NULL, sum INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;";

static const char *const migrations[] = {version_1};

const struct sqlite_migrations sqlite_migrations = {migrations, sizeof(migrations) / sizeof(migrations[0])};

static bool execute(sqlite3 *db, const char *sql, struct fault *ret_fault)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	return fault_set(ret_fault, "SQLite: %s", sqlite3_errmsg(db));
}

/* The first column of the first row as text, empty if there is no row. */
static bool ask(sqlite3 *db, const char *sql, char ret_answer[static 32], struct fault *ret_fault)
{
	sqlite3_stmt *statement = NULL;
	ret_answer[0] = '\0';
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	const char *text = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	/* A number is made a text here, which takes memory; NULL is no answer to any of our questions. */
	if (result == SQLITE_ROW && !text)
		result = SQLITE_NOMEM;
	if (text)
		snprintf(ret_answer, 32, "%s", text);
	/* A pragma that writes commits here, when its row has been read. */
	int end = sqlite3_finalize(statement);
	if (end != SQLITE_OK && result == SQLITE_ROW)
		result = end;
	if (result == SQLITE_ROW || result == SQLITE_DONE)
		return true;
	return fault_set(ret_fault, "SQLite: %s",
		result == SQLITE_NOMEM ? sqlite3_errstr(result) : sqlite3_errmsg(db));
}

struct pragma {
	const char *name;
	const char *value;
	const char *reads;
};

static bool set_pragma(sqlite3 *db, const struct pragma *pragma, struct fault *ret_fault)
{
	char sql[96], answer[32];
	snprintf(sql, sizeof(sql), "PRAGMA %s = %s", pragma->name, pragma->value);
	if (!ask(db, sql, answer, ret_fault))
		return false;
	snprintf(sql, sizeof(sql), "PRAGMA %s", pragma->name);
	if (!ask(db, sql, answer, ret_fault))
		return false;
	if (strcmp(answer, pragma->reads) != 0)
		return fault_set(ret_fault,
			"SQLite does not keep %s = %s (it says '%s'): use the library of the system",
			pragma->name, pragma->value, answer);
	return true;
}

static const struct {
	int id;
	int value;
} limits[] = {
	{SQLITE_LIMIT_LENGTH, SQLITE_VALUE_SIZE_MAX},
	{SQLITE_LIMIT_SQL_LENGTH, 100000},
	{SQLITE_LIMIT_COLUMN, 100},
	{SQLITE_LIMIT_EXPR_DEPTH, 30},
	{SQLITE_LIMIT_VDBE_OP, 25000},
	{SQLITE_LIMIT_ATTACHED, 0},
	{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
	{SQLITE_LIMIT_VARIABLE_NUMBER, 64},
	{SQLITE_LIMIT_TRIGGER_DEPTH, 10},
	{SQLITE_LIMIT_WORKER_THREADS, 0},
};

static_assert(SQLITE_VALUE_SIZE_MAX >= 2 * (REPLY_SIZE_MAX + TITLE_SIZE_MAX), "the largest text fits a row");

static const struct {
	int option;
	int on;
} switches[] = {
	{SQLITE_DBCONFIG_DEFENSIVE, 1},
	{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
	{SQLITE_DBCONFIG_DQS_DML, 0},
	{SQLITE_DBCONFIG_DQS_DDL, 0},
	{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
	{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
};

static const struct pragma pragmas[] = {
	{"cell_size_check", "1", "1"},
	{"mmap_size", "0", "0"}, /* a read error must be an error, not a signal */
	{"temp_store", "2", "2"},
	{"secure_delete", "FAST", "2"},	    /* FAST: zeroes what it can without more I/O */
	{"cache_size", "-65536", "-65536"}, /* KiB: indexes of some million cases */
};

bool sqlite_harden(sqlite3 *db, struct fault *ret_fault)
{
	/* For the whole process, four times the cache; it is meant against a hostile file, not against load.
	 */
	sqlite3_hard_heap_limit64(256 * 1024 * 1024);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i].id, limits[i].value);
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		int now = -1;
		/* Every library that the build accepts knows them. */
		ENSURE(sqlite3_db_config(db, switches[i].option, switches[i].on, &now) == SQLITE_OK);
		ENSURE(now == switches[i].on);
	}
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++)
		if (!set_pragma(db, &pragmas[i], ret_fault))
			return false;
	return true;
}

bool sqlite_use_wal(sqlite3 *db, struct fault *ret_fault)
{
	/* Heeded by an empty file only; reading it back would refuse a store made with another one. */
	char sql[64], answer[32];
	snprintf(sql, sizeof(sql), "PRAGMA page_size = %d", SQLITE_PAGE_SIZE);
	if (!ask(db, sql, answer, ret_fault))
		return false;
	static const struct pragma wal[] = {
		{"journal_mode", "WAL", "wal"},
		{"wal_autocheckpoint", "0", "0"}, /* sqlite_commit.c decides when */
		{"journal_size_limit", "67108864", "67108864"},
		{"synchronous", "2", "2"}, /* FULL: promise 1 */
	};
	for (size_t i = 0; i < sizeof(wal) / sizeof(wal[0]); i++)
		if (!set_pragma(db, &wal[i], ret_fault))
			return false;
	return true;
}

bool sqlite_schema_check(sqlite3 *db, int newest, struct fault *ret_fault, int *ret_version)
{
	char application[32], version[32], tables[32];
	if (!ask(db, "PRAGMA application_id", application, ret_fault) ||
		!ask(db, "PRAGMA user_version", version, ret_fault) ||
		!ask(db, "SELECT count(*) FROM sqlite_schema", tables, ret_fault))
		return false;
	bool is_empty =
		strcmp(application, "0") == 0 && strcmp(version, "0") == 0 && strcmp(tables, "0") == 0;
	if (!is_empty && strtol(application, NULL, 10) != SQLITE_APPLICATION_ID)
		return fault_set(ret_fault,
			"not a wenzheng store (application id %s): choose another path; nothing was changed",
			application);
	long found = strtol(version, NULL, 10);
	if (found > newest)
		return fault_set(ret_fault,
			"written by a newer wenzhengd (schema %ld, this one knows up to %d): install the newer version "
			"again, or restore a backup made before the upgrade",
			found, newest);
	*ret_version = (int)found;
	return true;
}

static bool run_step(sqlite3 *db, const char *sql, int version, const struct store_sqlite_options *options,
	struct fault *ret_fault)
{
	char finish[256];
	int size = snprintf(finish, sizeof(finish), "PRAGMA user_version = %d;", version);
	struct store_identity identity = {options->create_laboratory, options->created};
	if (version == 1)
		snprintf(finish + size, sizeof(finish) - (size_t)size,
			"PRAGMA application_id = %d; INSERT INTO store VALUES (1, %d, %" PRId64
			", 0, 0, 0, 0, %" PRId64 ");",
			SQLITE_APPLICATION_ID, identity.laboratory, identity.created.us,
			sqlite_sum_store(&identity, &(struct store_totals){0, 0}, 0, 0));
	return execute(db, "BEGIN IMMEDIATE", ret_fault) && execute(db, sql, ret_fault) &&
	       execute(db, finish, ret_fault) && execute(db, "COMMIT", ret_fault);
}

bool sqlite_schema_migrate(sqlite3 *db, const struct sqlite_migrations *steps, int version,
	const struct store_sqlite_options *options, struct fault *ret_fault)
{
	for (int next = version + 1; next <= steps->count; next++) {
		if (run_step(db, steps->sql[next - 1], next, options, ret_fault))
			continue;
		if (!sqlite3_get_autocommit(db))
			(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		char where[64];
		snprintf(where, sizeof(where), "the step to schema %d failed, nothing of it was kept", next);
		return fault_prefix(ret_fault, where);
	}
	return true;
}

/* Made anew in memory, for to know it by heart would be to write it a second time. */
bool sqlite_schema_is_whole(sqlite3 *db)
{
	static const char list[] =
		"SELECT group_concat(quote(type) || quote(name) || quote(tbl_name) || quote(sql))"
		" FROM (SELECT * FROM sqlite_schema ORDER BY name)";
	sqlite3 *fresh = NULL;
	sqlite3_stmt *expected = NULL, *found = NULL;
	struct store_sqlite_options options = {.path = ""};
	struct fault fault;
	bool is_whole = sqlite3_open(":memory:", &fresh) == SQLITE_OK &&
			sqlite_schema_migrate(fresh, &sqlite_migrations, 0, &options, &fault) &&
			sqlite3_prepare_v2(fresh, list, -1, &expected, NULL) == SQLITE_OK &&
			sqlite3_prepare_v2(db, list, -1, &found, NULL) == SQLITE_OK &&
			sqlite3_step(expected) == SQLITE_ROW && sqlite3_step(found) == SQLITE_ROW &&
			span_equal(sqlite_column_text(expected, 0), sqlite_column_text(found, 0));
	sqlite3_finalize(expected);
	sqlite3_finalize(found);
	sqlite3_close(fresh);
	return is_whole;
}
