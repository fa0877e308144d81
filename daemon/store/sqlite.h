#ifndef WENZHENG_STORE_SQLITE_H
#define WENZHENG_STORE_SQLITE_H

/*
 * The inside of the SQLite engine, shared by sqlite_*.c and verify.c: the only files that see sqlite3.h.
 *
 * Invariants: 1. `active` is the one statement that may be in the middle of its rows; every function begins
 * by resetting it. 2. Outside a batch SQLite is in autocommit and `now` equals `committed` (a read-only
 * handle holds one read transaction instead). 3. After `failed` nothing is written any more.
 *
 * Every row that the writing handle gives out was held against its sum, its digest or the chain. A read-only
 * one gives cases, messages and records as they stand: naming what is wrong with them is verify's work.
 */
#include <sqlite3.h>

#include "daemon/store/case_fields.h"
#include "daemon/store/store_sqlite.h"

#define SQLITE_APPLICATION_ID 0x575a6462 /* "WZdb" */
#define SQLITE_PAGE_SIZE      4096
#define SQLITE_VALUE_SIZE_MAX (1024 * 1024) /* of a row too; a reply has REPLY_SIZE_MAX */

/* A text's row number: its case's id, then four digits of its ordinal. */
#define TEXT_ROW_FACTOR (TEXT_ORDINAL_MAX + 1)

/* The WAL is written back when the loop is idle and this much has gathered, else at the second mark: there a
 * commit takes milliseconds longer. Between, hot pages are written once instead of once a commit. */
#define WAL_IDLE_BYTES	(1024 * 1024)
#define WAL_BUSY_BYTES	(32 * 1024 * 1024)
#define WAL_FRAME_BYTES (SQLITE_PAGE_SIZE + 24)

enum sqlite_query {
	QUERY_BEGIN,
	QUERY_COMMIT,
	QUERY_ROLLBACK,
	QUERY_APPEND,
	QUERY_PUT_MESSAGE,
	QUERY_PUT_TEXT,
	QUERY_PUT_CASE,
	QUERY_PUT_CURSOR,
	QUERY_PUT_TOTALS,
	QUERY_FIND_MESSAGE,
	QUERY_FIND_NAME,
	QUERY_LOST_NAMES,
	QUERY_READ_MESSAGE,
	QUERY_READ_TEXT,
	QUERY_READ_CASE,
	QUERY_READ_CURSOR,
	QUERY_LAST_CASE,
	QUERY_LAST_RECORD,
	QUERY_TAIL,
	QUERY_HEAD,
	QUERY_HEAD_AT,
	QUERY_OPEN,
	QUERY_CASES,
	QUERY_OPEN_CASES,
	QUERY_JOURNAL,
	QUERY_HISTORY,
	QUERY_STREAM,
	QUERY_END
};

/* What moves with every batch and goes back with a rollback. */
struct sqlite_tail {
	int64_t batch; /* counts commits, from the store's making on */
	int64_t seq;
	struct digest head;
	struct store_totals totals;
};

/* sqlite_witness.c */
struct sqlite_witness {
	int64_t batch, seq; /* what it saw committed before the store was opened; 0: nothing */
	sqlite3_file *file; /* NULL: not written by this handle */
	const char *name;   /* SQLite's, as long as the file is open */
	bool is_dirty;	    /* written since it was synced */
	int64_t synced_us;  /* sqlite_clock_us */
};

struct sqlite_store {
	struct store store; /* first: a struct store * is one of these */
	sqlite3 *db;
	sqlite3_stmt *statements[QUERY_END];
	sqlite3_stmt *active;
	int lock; /* file descriptor, -1: read-only, or the lock is another's */
	bool read_only;
	bool in_batch;
	bool failed;
	struct store_identity identity;
	struct sqlite_tail now;
	struct sqlite_tail committed;
	struct sqlite_witness witness;
	int64_t written_seq;   /* the journal's end as the store's own row has it, when it was opened */
	int64_t wal_frames;    /* after the last commit */
	int64_t idle_frames;   /* after the last checkpoint: nothing new to write back */
	int64_t checkpoint_at; /* frames */
	char *copy; /* of the store before its schema changed at this opening; NULL: none was made */
	struct store_sqlite_gauges gauges;
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
	return (struct sqlite_store *)store;
}

/* sqlite_statements.c */

/* Prepares all statements; false with the fault set. */
bool sqlite_prepare_all(struct sqlite_store *self, struct fault *ret_fault);
void sqlite_finalize_all(struct sqlite_store *self);

/* Ends what is active and gives the statement to be bound and stepped; it is the active one now. */
sqlite3_stmt *sqlite_start(struct sqlite_store *self, enum sqlite_query query);
void sqlite_settle(struct sqlite_store *self);

/* 0: a row is there. STORE_NOT_FOUND: no (further) row, and nothing is active. Negative: fatal. */
int sqlite_next(struct sqlite_store *self, sqlite3_stmt *statement);

/* Why the file cannot be used, with the way out: a backup only for a file that is bad, for restoring one
 * because the machine is short of memory would lose what came after it. Returns false. */
bool sqlite_blame(sqlite3 *db, const char *what, struct fault *ret_fault);

/* -errno that stands for a result of SQLite, traced with its text. */
int sqlite_fatal(struct sqlite_store *self, int result, const char *what);

/* A row with a value that was not bound would hold that of the row before. */
void sqlite_bind_number(sqlite3_stmt *statement, int at, int64_t number);
void sqlite_bind_null(sqlite3_stmt *statement, int at);

/* Empty is NULL. The bytes must stay until the statement was stepped. */
void sqlite_bind_text(sqlite3_stmt *statement, int at, struct span text);
void sqlite_bind_digest(sqlite3_stmt *statement, int at, const struct digest *digest);
struct span sqlite_column_text(sqlite3_stmt *statement, int at);

/* NULL is zero; false if it has another size. */
bool sqlite_column_digest(sqlite3_stmt *statement, int at, struct digest *ret_digest);

/* sqlite_schema.c */

/* One step of the schema each; number n leads from version n - 1 to n. Only tests pass others than NULL. */
struct sqlite_migrations {
	const char *const *sql;
	int count;
};
extern const struct sqlite_migrations sqlite_migrations;

/* Sets and reads back what reliability rests on, before and after it is known that the file is ours. */
bool sqlite_harden(sqlite3 *db, struct fault *ret_fault);
bool sqlite_use_wal(sqlite3 *db, struct fault *ret_fault);

/* False with the fault set unless the file is a store of ours, or empty, and not newer. */
bool sqlite_schema_check(sqlite3 *db, int newest, struct fault *ret_fault, int *ret_version);

/* Brings the schema from `version` to the newest, one transaction a step; `options` are for a store made now.
 */
bool sqlite_schema_migrate(sqlite3 *db, const struct sqlite_migrations *migrations, int version,
	const struct store_sqlite_options *options, struct fault *ret_fault);

/* sqlite_upgrade.c */

struct sqlite_upgrade {
	sqlite3 *db;
	const char *path; /* of its file, absolute */
	const struct sqlite_migrations *steps;
	int version; /* that the file has; 0: it was made now */
	const struct store_sqlite_options *options;
};

/* The schema's missing steps; before the first one over a store with content the store is copied aside. False
 * with the fault set: nothing was changed, or whole steps. `ret_copy`, the caller's to free, is written only
 * when a copy was made, also when a step failed afterwards. */
bool sqlite_upgrade(const struct sqlite_upgrade *self, struct fault *ret_fault, char **ret_copy);

/* Tables, indexes and triggers are word for word what the migrations make. */
bool sqlite_schema_is_whole(sqlite3 *db);

/* sqlite_sum.c: what stands in the column `sum` of a row, and in `name` of a message's. */
int64_t sqlite_sum_store(
	const struct store_identity *identity, const struct store_totals *totals, int64_t seq, int64_t batch);
int64_t sqlite_sum_message(const struct message_row *row);
int64_t sqlite_sum_name(struct span portal, struct span message_id);
int64_t sqlite_sum_text(int64_t id, const struct digest *digest);
int64_t sqlite_sum_case(const struct case_row *row);
int64_t sqlite_sum_cursor(struct span principal, int64_t cursor);

/* sqlite_wal.c */

/* A WAL with something in it stands beside the database. */
bool sqlite_wal_is_there(sqlite3 *db);

/* Before anything is read: the frame from which on the WAL was damaged after it had been whole, 0: its
 * header; negative: nothing can be seen. */
int64_t sqlite_wal_damage(sqlite3 *db);

/* sqlite_witness.c */
#define SQLITE_WITNESS_SUFFIX "-witness"

/* Reads what it saw, before the store itself is read; false with the fault set: it cannot be read. What is no
 * testimony says nothing. */
bool sqlite_witness_hear(struct sqlite_store *self, struct fault *ret_fault);

/* The store, which ends with this batch and record, has all that was seen; else false with the fault set. */
bool sqlite_witness_agrees(
	const struct sqlite_store *self, int64_t batch, int64_t seq, struct fault *ret_fault);

/* From here on it sees each commit of this handle; made if there is none, and synced. False with the fault
 * set. */
bool sqlite_witness_begin(struct sqlite_store *self, struct fault *ret_fault);

/* It sees what is committed now; then makes that durable, at once or once a second. 0, or fatal. */
int sqlite_witness_tell(struct sqlite_store *self);
int sqlite_witness_sync(struct sqlite_store *self);
int sqlite_witness_rest(struct sqlite_store *self);

/* Synced, unless the store failed, and closed. */
void sqlite_witness_end(struct sqlite_store *self);

/* sqlite_file.c */

/* PATH with its directory's links resolved; false with the fault set. The caller frees it. */
bool sqlite_file_resolve(const char *path, struct fault *ret_fault, char **ret_path);

/* Takes PATH.lock, or says who has it. */
bool sqlite_file_lock(const char *path, struct fault *ret_fault, int *ret_lock);

/* Makes the file if there is none; refuses what must not be opened. */
bool sqlite_file_prepare(const char *path, struct fault *ret_fault);

/* The database's file as the VFS has it open; the connection's. */
sqlite3_file *sqlite_file_of(sqlite3 *db);

/* sqlite_read.c */

/* A text's row number; 0 is none's: no text can have this case and ordinal. */
int64_t sqlite_text_id(int64_t case_id, int64_t ordinal);

/* Fatal, with nothing active: the row named so cannot be what was written. */
int sqlite_damaged(struct sqlite_store *self, const char *what, int64_t number);

/* `statement` selects seq, kind, at and RECORD_FIELDS from column 0 on; false: the row is no record. */
bool sqlite_read_record(sqlite3_stmt *statement, struct record *ret_record);

/* The same, with its head and the head before it in the next columns: the record must follow. */
bool sqlite_read_chained(const struct sqlite_store *self, sqlite3_stmt *statement, struct record *ret_record);

/* `statement` selects a message's columns from `at` on. */
bool sqlite_message_at(
	const struct sqlite_store *self, sqlite3_stmt *statement, int at, struct message_row *ret_row);

int sqlite_find_message(
	struct store *store, struct span portal, struct span message_id, struct message_row *ret_row);
int sqlite_read_message(struct store *store, int64_t case_id, struct message_row *ret_row);
int sqlite_read_text(struct store *store, int64_t case_id, int64_t ordinal, struct text_row *ret_row);
int sqlite_read_case(struct store *store, int64_t case_id, struct case_row *ret_row);
int sqlite_read_cursor(struct store *store, struct span principal, int64_t *ret_cursor);
int sqlite_last_case_of_day(struct store *store, int64_t first_id, int64_t last_id, int64_t *ret_case_id);
int sqlite_last_record(struct store *store, struct record *ret_record);
int sqlite_totals(struct store *store, struct store_totals *ret_totals);
int sqlite_chain_head(struct store *store, int64_t *ret_seq, struct digest *ret_head);

/* sqlite_walk.c */
int sqlite_walk_open(struct store *store, store_case_fn each, void *context);
int sqlite_walk_cases(
	struct store *store, const struct case_filter *filter, store_case_fn each, void *context);
int sqlite_walk_journal(
	struct store *store, int64_t after_seq, int64_t limit, store_record_fn each, void *context);
int sqlite_walk_history(struct store *store, int64_t case_id, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context);
int sqlite_walk_stream(struct store *store, struct span stream, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context);

/* `statement` selects case_id, CASE_FIELDS, sum, and perhaps a message; false: the row is no case. */
bool sqlite_case_of(const struct sqlite_store *self, sqlite3_stmt *statement, struct case_row *ret_row);
bool sqlite_case_with_sum(
	const struct sqlite_store *self, sqlite3_stmt *statement, struct case_row *ret_row, int64_t *ret_sum);

/* sqlite_write.c */
int sqlite_append(struct store *store, struct record *record);
int sqlite_put_message(struct store *store, const struct message_row *row);
int sqlite_put_text(struct store *store, struct text_row *row);
int sqlite_put_case(struct store *store, const struct case_row *row);
int sqlite_put_cursor(struct store *store, struct span principal, int64_t cursor);

/* sqlite_commit.c */

/* Does a result of SQLite, with the system's errno of that call, say that there is no more room? */
bool sqlite_is_full(int result, int error);

/* Monotonic. */
int64_t sqlite_clock_us(void);

/* Opens the batch if none is open. */
int sqlite_begin(struct sqlite_store *self);

/* Steps a writing statement once: 0, STORE_FULL with the whole batch rolled back, or fatal. */
int sqlite_write(struct sqlite_store *self, sqlite3_stmt *statement);
int sqlite_commit(struct store *store);
int sqlite_idle(struct store *store);

/* Counts the WAL's frames from now on. */
void sqlite_watch_wal(struct sqlite_store *self);
int sqlite_checkpoint(struct sqlite_store *self);

#endif
