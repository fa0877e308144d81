#include <errno.h>
#include <time.h>

#include "base/assert.h"
#include "daemon/store/sqlite.h"

/*
 * Batches: begun by the first write, ended by commit or by a full disk.
 *
 * A full disk is the one failure that a store survives, and only if it is certain that nothing of the batch
 * is there: SQLite says that no transaction is open and the journal ends where it ended after the last
 * commit. Every other failure of a write or a commit leaves open what is on disk (a commit whose fsync failed
 * was found whole after the next start), so it is fatal and nothing is written after it.
 */
int64_t sqlite_clock_us(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static int fail(struct sqlite_store *self, int result, const char *what)
{
	self->failed = true;
	int error = sqlite_fatal(self, result, what);
	sqlite_settle(self);
	return error;
}

bool sqlite_is_full(int result, int error)
{
	/* A quota is a full disk with another name. */
	return result == SQLITE_FULL || (result == SQLITE_IOERR_WRITE && error == EDQUOT);
}

/* SQLite has rolled back by itself, or it has not: it does as it sees fit. Then there is nothing to roll
 * back. */
static int roll_back(struct sqlite_store *self)
{
	(void)sqlite3_step(sqlite_start(self, QUERY_ROLLBACK));
	struct record last = {.seq = 0};
	int r = sqlite_last_record(&self->store, &last);
	sqlite_settle(self);
	if (r < 0) {
		self->failed = true;
		return FORWARD(r);
	}
	ENSURE(sqlite3_get_autocommit(self->db) && last.seq == self->committed.seq);
	self->in_batch = false;
	self->now = self->committed;
	self->gauges.full_count++;
	return STORE_FULL;
}

int sqlite_write(struct sqlite_store *self, sqlite3_stmt *statement)
{
	REQUIRE(statement == self->active);
	int result = sqlite3_step(statement);
	if (result == SQLITE_DONE) {
		sqlite_settle(self);
		return 0;
	}
	return sqlite_is_full(result, sqlite3_system_errno(self->db)) ? roll_back(self)
								      : fail(self, result, "write");
}

int sqlite_begin(struct sqlite_store *self)
{
	sqlite_settle(self);
	if (self->failed)
		return FATAL(EIO, "store: written to after a failure");
	if (self->in_batch)
		return 0;
	int r = sqlite_write(self, sqlite_start(self, QUERY_BEGIN));
	if (r == 0)
		self->in_batch = true;
	return r;
}

/* The store's own row says where the journal ends, for a journal cut short would not know it, and with which
 * batch the store does, for the witness. */
static int write_totals(struct sqlite_store *self)
{
	const struct store_totals *totals = &self->now.totals;
	self->now.batch = self->committed.batch + 1;
	sqlite3_stmt *statement = sqlite_start(self, QUERY_PUT_TOTALS);
	sqlite_bind_number(statement, 1, totals->accepted);
	sqlite_bind_number(statement, 2, totals->answered);
	sqlite_bind_number(statement, 3, self->now.seq);
	sqlite_bind_number(statement, 4, self->now.batch);
	sqlite_bind_number(
		statement, 5, sqlite_sum_store(&self->identity, totals, self->now.seq, self->now.batch));
	return sqlite_write(self, statement);
}

int sqlite_commit(struct store *store)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite_settle(self);
	if (self->failed)
		return FATAL(EIO, "store: commit after a failure");
	if (!self->in_batch)
		return 0;
	int64_t begun = sqlite_clock_us();
	int r = write_totals(self);
	if (r == 0)
		r = sqlite_write(self, sqlite_start(self, QUERY_COMMIT));
	if (r != 0)
		return r;
	ENSURE(sqlite3_get_autocommit(self->db));
	self->in_batch = false;
	self->committed = self->now;

	struct store_sqlite_gauges *gauges = &self->gauges;
	gauges->commits++;
	gauges->commit_us_last = sqlite_clock_us() - begun;
	if (gauges->commit_us_last > gauges->commit_us_max)
		gauges->commit_us_max = gauges->commit_us_last;
	r = sqlite_witness_tell(self);
	return r == 0 && self->wal_frames >= self->checkpoint_at ? sqlite_checkpoint(self) : r;
}

int sqlite_idle(struct store *store)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite_settle(self);
	if (self->failed || self->in_batch)
		return 0;
	bool is_long = self->wal_frames >= WAL_IDLE_BYTES / WAL_FRAME_BYTES;
	if (is_long && self->wal_frames != self->idle_frames)
		return sqlite_checkpoint(self);
	return sqlite_witness_rest(self);
}

/* PASSIVE waits for nobody: a reader that holds an old state keeps the rest for later, and a full disk does
 * too. */
int sqlite_checkpoint(struct sqlite_store *self)
{
	sqlite_settle(self);
	int frames = 0, done = 0;
	int result = sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &done);
	if (result != SQLITE_OK && result != SQLITE_BUSY &&
		!sqlite_is_full(result, sqlite3_system_errno(self->db)))
		return fail(self, result, "checkpoint");
	self->gauges.checkpoints++;
	bool is_done = result == SQLITE_OK && done == frames;
	if (result == SQLITE_OK)
		self->wal_frames = frames;
	self->idle_frames = self->wal_frames;
	self->checkpoint_at = WAL_BUSY_BYTES / WAL_FRAME_BYTES;
	if (!is_done && self->checkpoint_at <= self->wal_frames)
		self->checkpoint_at = self->wal_frames + WAL_BUSY_BYTES / WAL_FRAME_BYTES / 4;
	return sqlite_witness_sync(self);
}

static int on_wal(void *context, sqlite3 *db, const char *name, int frames)
{
	(void)db;
	(void)name;
	((struct sqlite_store *)context)->wal_frames = frames;
	return SQLITE_OK;
}

void sqlite_watch_wal(struct sqlite_store *self)
{
	sqlite3_wal_hook(self->db, on_wal, self);
}
