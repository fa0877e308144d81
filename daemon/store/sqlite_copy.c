#include <errno.h>

#include "base/assert.h"
#include "daemon/store/sqlite.h"

/*
 * Copies for backups. SQLite's backup interface takes the pages as they are: VACUUM INTO would write the rows
 * anew, and make indexes whole again that are damaged in the store, so that nobody heard of it.
 *
 * The source is a read-only handle, whose one read transaction is the moment the copy is of. It neither
 * commits nor checkpoints, which is what the WAL-reset bug of SQLite before 3.51.3 takes.
 */
#define STEP_PAGES 1024 /* 4 MiB: some milliseconds between two questions */

#define ASK_EVERY 10000 /* of SQLite's instructions: about a millisecond */

void store_sqlite_stop_when(struct store *store, int (*stop)(void *context), void *context)
{
	REQUIRE(store && stop);
	sqlite3_progress_handler(sqlite_of(store)->db, ASK_EVERY, stop, context);
}

int store_sqlite_head_at(struct store *store, int64_t seq, struct digest *ret_head)
{
	REQUIRE(store && ret_head);
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_HEAD_AT);
	sqlite_bind_number(statement, 1, seq);
	struct digest head;
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	bool is_head = sqlite_column_digest(statement, 0, &head);
	sqlite_settle(self);
	if (!is_head)
		return sqlite_damaged(self, "journal record", seq);
	*ret_head = head;
	return 0;
}

/* A full disk is an outcome; all else is told in the fault. */
static int outcome_of(sqlite3 *copy, int result, struct fault *ret_fault)
{
	if (result == SQLITE_OK)
		return 0;
	if (sqlite_is_full(result, sqlite3_system_errno(copy)))
		return STORE_FULL;
	(void)fault_set(ret_fault, "cannot be copied: %s", sqlite3_errstr(result));
	return -EIO;
}

static int copy_pages(struct sqlite_store *self, sqlite3 *copy, const struct store_copy_options *options,
	struct fault *ret_fault)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", self->db, "main");
	ENSURE(backup); /* both handles are ours, and nothing is done with the copy's */
	int result, stopped = 0;
	do {
		result = sqlite3_backup_step(backup, STEP_PAGES);
		int64_t total = sqlite3_backup_pagecount(backup);
		if (result == SQLITE_OK || result == SQLITE_DONE)
			stopped = options->step(
				options->context, total - sqlite3_backup_remaining(backup), total);
	} while (result == SQLITE_OK && stopped == 0);
	/* It says once more what was wrong with a step. */
	result = sqlite3_backup_finish(backup);
	return stopped != 0 ? stopped : outcome_of(copy, result, ret_fault);
}

/* The pages say of themselves that a WAL belongs to them. Reading them makes SQLite believe it, so that it
 * can leave that mode: the copy is one file, to be read where nothing can be written. */
static int stand_alone(sqlite3 *copy, struct fault *ret_fault)
{
	int result = sqlite3_exec(
		copy, "SELECT count(*) FROM sqlite_schema; PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	return outcome_of(copy, result, ret_fault);
}

int store_sqlite_copy(struct store *store, const struct store_copy_options *options, struct fault *ret_fault)
{
	REQUIRE(store && options && options->path && options->step && ret_fault);
	struct sqlite_store *self = sqlite_of(store);
	REQUIRE(self->read_only);
	sqlite_settle(self);
	sqlite3 *copy = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_PRIVATECACHE;
	int result = sqlite3_open_v2(options->path, &copy, flags, NULL);
	/* What is not whole is thrown away: neither journal nor syncing would help it. */
	if (result == SQLITE_OK)
		result = sqlite3_exec(copy,
			"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
			NULL, NULL, NULL);
	int r = outcome_of(copy, result, ret_fault);
	if (r == 0)
		r = copy_pages(self, copy, options, ret_fault);
	if (r == 0)
		r = stand_alone(copy, ret_fault);
	ENSURE(sqlite3_close(copy) == SQLITE_OK);
	return r;
}
