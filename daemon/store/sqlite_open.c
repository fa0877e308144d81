#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/memory.h"
#include "daemon/store/sqlite.h"

/* As many of the journal's last records are checked against their hashes before a daemon goes on from them: a
 * torn or exchanged file shows at its end first, and it costs milliseconds. Verify checks all. */
#define TAIL_RECORDS 1000

#define BUSY_TIMEOUT_MS 5000 /* nobody else writes; this is for a person with the sqlite3 tool */

static void destroy(struct store **self)
{
	REQUIRE(self && *self);
	struct sqlite_store *store = sqlite_of(*self);
	sqlite_finalize_all(store);
	/* What is not known to be whole is not written back: the next process recovers from the WAL. */
	if (store->db && (store->failed || store->read_only))
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	ENSURE(sqlite3_close(store->db) == SQLITE_OK);
	sqlite_witness_end(store);
	/* Only after SQLite has let go of the file. */
	if (store->lock >= 0)
		close(store->lock);
	free(store->copy);
	free(store);
	*self = NULL;
}

static struct store_identity identity(struct store *self)
{
	return sqlite_of(self)->identity;
}

#define READING                                                                                            \
	.destroy = destroy, .identity = identity, .find_message = sqlite_find_message,                     \
	.read_message = sqlite_read_message, .read_text = sqlite_read_text, .read_case = sqlite_read_case, \
	.read_cursor = sqlite_read_cursor, .last_case_of_day = sqlite_last_case_of_day,                    \
	.last_record = sqlite_last_record, .totals = sqlite_totals, .walk_open = sqlite_walk_open,         \
	.walk_cases = sqlite_walk_cases, .walk_journal = sqlite_walk_journal,                              \
	.walk_history = sqlite_walk_history, .walk_stream = sqlite_walk_stream,                            \
	.chain_head = sqlite_chain_head

static const struct store_interface writer = {
	READING,
	.append = sqlite_append,
	.put_message = sqlite_put_message,
	.put_text = sqlite_put_text,
	.put_case = sqlite_put_case,
	.put_cursor = sqlite_put_cursor,
	.commit = sqlite_commit,
	.idle = sqlite_idle,
};

static const struct store_interface reader = {READING};

static struct sqlite_store *new_store(bool read_only)
{
	struct sqlite_store *self = memory_new(1, sizeof(*self));
	self->store.interface = read_only ? &reader : &writer;
	self->read_only = read_only;
	self->lock = -1;
	digest_start();
	return self;
}

/* Before SQLite looks at its WAL and ends it at the first damaged frame. Beside a running daemon what is just
 * being written looks like damage once, and not twice. */
static bool check_wal(struct sqlite_store *self, struct fault *ret_fault)
{
	int64_t frame = sqlite_wal_damage(self->db);
	if (frame >= 0 && self->read_only)
		frame = sqlite_wal_damage(self->db);
	if (frame < 0)
		return true;
	return fault_set(ret_fault,
		"its WAL was damaged at frame %lld, and what was committed after that cannot be read: restore it "
		"from a backup (to go on without what is lost: sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)', and move "
		"the -witness file away)",
		(long long)frame);
}

static bool is_empty(sqlite3 *db)
{
	sqlite3_file *file = sqlite_file_of(db);
	sqlite3_int64 size;
	return file->pMethods->xFileSize(file, &size) == SQLITE_OK && size == 0;
}

/* Beside an empty database SQLite would delete the WAL, and a store would be made anew: what is left of the
 * one that was here may be what is needed. A store that is being made has no WAL before it has a page. */
static bool check_empty(struct sqlite_store *self, struct fault *ret_fault)
{
	if (!is_empty(self->db))
		return true;
	if (!sqlite_witness_agrees(self, 0, 0, ret_fault))
		return false;
	if (!sqlite_wal_is_there(self->db))
		return true;
	return fault_set(ret_fault,
		"its end is lost: it is empty or was gone, and has a WAL: restore it from a backup (to begin anew: move "
		"the -wal file away)");
}

static bool connect(struct sqlite_store *self, const char *path, struct fault *ret_fault)
{
	int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_PRIVATECACHE |
		    (self->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	int result = sqlite3_open_v2(path, &self->db, flags, NULL);
	if (result != SQLITE_OK)
		return fault_set(ret_fault, "cannot be opened: %s", sqlite3_errstr(result));
	sqlite3_busy_timeout(self->db, BUSY_TIMEOUT_MS);
	return sqlite_witness_hear(self, ret_fault) && check_empty(self, ret_fault) &&
	       check_wal(self, ret_fault) && sqlite_harden(self->db, ret_fault);
}

/* A schema of any version has both numbers; whether their row is whole is seen later. */
static bool compare_with_witness(struct sqlite_store *self, int version, struct fault *ret_fault)
{
	sqlite3_stmt *statement = NULL;
	if (version == 0)
		return sqlite_witness_agrees(self, 0, 0, ret_fault);
	int result = sqlite3_prepare_v2(
		self->db, "SELECT batch, seq FROM store WHERE one = 1", -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	bool agrees = result == SQLITE_ROW
			      ? sqlite_witness_agrees(self, sqlite3_column_int64(statement, 0),
					sqlite3_column_int64(statement, 1), ret_fault)
			      : sqlite_blame(self->db, N_("its own row cannot be read"), ret_fault);
	sqlite3_finalize(statement);
	return agrees;
}

static bool load_identity(struct sqlite_store *self, struct fault *ret_fault)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(self->db,
		"SELECT laboratory, created, accepted, answered, seq, batch, sum FROM store"
		" WHERE one = 1",
		-1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	bool is_whole = false;
	if (result == SQLITE_ROW) {
		self->identity.laboratory = sqlite3_column_int64(statement, 0) != 0;
		self->identity.created.us = sqlite3_column_int64(statement, 1);
		self->now.totals.accepted = sqlite3_column_int64(statement, 2);
		self->now.totals.answered = sqlite3_column_int64(statement, 3);
		self->written_seq = sqlite3_column_int64(statement, 4);
		self->now.batch = sqlite3_column_int64(statement, 5);
		int64_t sum = sqlite_sum_store(
			&self->identity, &self->now.totals, self->written_seq, self->now.batch);
		is_whole = self->read_only || sqlite3_column_int64(statement, 6) == sum;
	} else {
		sqlite_blame(self->db, N_("its own row cannot be read"), ret_fault);
	}
	sqlite3_finalize(statement);
	if (result != SQLITE_ROW)
		return false;
	if (self->now.totals.accepted < 0 || self->now.totals.answered < 0)
		return fault_set(ret_fault, "its own row counts less than nothing: restore it from a backup");
	if (is_whole)
		return true;
	return fault_set(ret_fault, "its own row is damaged: restore it from a backup");
}

/* The record of this row follows the one before; `now` is moved on. The first of a long journal is believed.
 */
static bool follows(struct sqlite_store *self, sqlite3_stmt *statement, bool is_believed)
{
	struct record record;
	struct digest stored;
	bool is_record = sqlite_read_record(statement, &record);
	is_record &= sqlite_column_digest(statement, sqlite3_column_count(statement) - 1, &stored);
	if (!is_record)
		return false;
	/* The number is among what is hashed: a gap does not follow. */
	struct digest head = chain_next(&self->now.head, &record);
	if (!is_believed && !digest_equal(&head, &stored))
		return false;
	self->now.seq = record.seq;
	self->now.head = stored;
	return true;
}

/* Learns where the journal ends, from its last `count` records. */
static bool load_tail(struct sqlite_store *self, int64_t count, struct fault *ret_fault)
{
	sqlite3_stmt *statement = sqlite_start(self, QUERY_HEAD);
	int r = sqlite_next(self, statement);
	int64_t last = r == 0 ? sqlite3_column_int64(statement, 0) : 0;
	int64_t after = last > count ? last - count : 0;
	self->now.head = chain_first();
	statement = sqlite_start(self, QUERY_TAIL);
	sqlite_bind_number(statement, 1, after);
	while (r >= 0 && (r = sqlite_next(self, statement)) == 0) {
		int64_t seq = sqlite3_column_int64(statement, 0);
		if (!follows(self, statement, after > 0 && seq == after + 1))
			return fault_set(ret_fault,
				"journal record %lld does not match its hash: the file was damaged or changed. "
				"See wenzhengd --verify; restore it from a backup",
				(long long)seq);
	}
	self->committed = self->now;
	if (r >= 0 && self->now.seq != self->written_seq)
		return fault_set(ret_fault,
			"the journal ends with record %lld and should with %lld: the file was damaged or changed. "
			"See wenzhengd --verify; restore it from a backup",
			(long long)self->now.seq, (long long)self->written_seq);
	if (r < 0)
		return sqlite_blame(self->db, N_("the journal cannot be read"), ret_fault);
	return true;
}

/* A message that its index does not lead to could be accepted a second time. Of all messages this is verify's
 * work; here it is that of the last, as with the journal. */
static bool check_names(struct sqlite_store *self, int64_t count, struct fault *ret_fault)
{
	sqlite3_stmt *statement = sqlite_start(self, QUERY_LOST_NAMES);
	sqlite_bind_number(statement, 1, count);
	int r = sqlite_next(self, statement);
	int64_t case_id = r == 0 ? sqlite3_column_int64(statement, 0) : 0;
	sqlite_settle(self);
	if (r < 0)
		return sqlite_blame(self->db, N_("the messages cannot be read"), ret_fault);
	if (r == STORE_NOT_FOUND)
		return true;
	return fault_set(ret_fault,
		"an index does not lead to the message of case %lld: the file was damaged. "
		"See wenzhengd --verify; restore it from a backup",
		(long long)case_id);
}

/* A reader takes the head as it stands: saying what is wrong with it is verify's work. */
static bool load_head(struct sqlite_store *self, struct fault *ret_fault)
{
	self->now.head = chain_first();
	sqlite3_stmt *statement = sqlite_start(self, QUERY_HEAD);
	int r = sqlite_next(self, statement);
	if (r == 0) {
		self->now.seq = sqlite3_column_int64(statement, 0);
		(void)sqlite_column_digest(statement, 1, &self->now.head);
	}
	sqlite_settle(self);
	self->committed = self->now;
	if (r < 0)
		return sqlite_blame(self->db, N_("the journal cannot be read"), ret_fault);
	return true;
}

static bool open_writer(struct sqlite_store *self, const char *path,
	const struct store_sqlite_options *options, struct fault *ret_fault)
{
	int version = 0;
	if (!connect(self, path, ret_fault) ||
		!sqlite_schema_check(self->db, sqlite_migrations.count, ret_fault, &version) ||
		!compare_with_witness(self, version, ret_fault) || !sqlite_use_wal(self->db, ret_fault))
		return false;
	struct sqlite_upgrade upgrade = {self->db, path, &sqlite_migrations, version, options};
	if (!sqlite_upgrade(&upgrade, ret_fault, &self->copy) || !load_identity(self, ret_fault))
		return false;
	if (options->create_laboratory && !self->identity.laboratory)
		return fault_set(ret_fault,
			"exists already and is no laboratory: a store becomes one only when it is "
			"made; choose another path");
	if (!sqlite_prepare_all(self, ret_fault) || !load_tail(self, TAIL_RECORDS, ret_fault) ||
		!check_names(self, TAIL_RECORDS, ret_fault))
		return false;
	sqlite_watch_wal(self);
	if (sqlite_checkpoint(self) == 0)
		return sqlite_witness_begin(self, ret_fault);
	return fault_set(ret_fault, "its WAL cannot be written back: %s", sqlite3_errmsg(self->db));
}

static bool open_reader(struct sqlite_store *self, const char *path, struct fault *ret_fault)
{
	int version = 0;
	if (!connect(self, path, ret_fault) ||
		!sqlite_schema_check(self->db, sqlite_migrations.count, ret_fault, &version))
		return false;
	if (version != sqlite_migrations.count)
		return fault_set(ret_fault,
			"schema %d, this program reads %d: start wenzhengd once to bring it up", version,
			sqlite_migrations.count);
	if (!compare_with_witness(self, version, ret_fault))
		return false;
	if (sqlite3_exec(self->db, "PRAGMA query_only = 1; BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return fault_set(ret_fault, "SQLite: %s", sqlite3_errmsg(self->db));
	return load_identity(self, ret_fault) && sqlite_prepare_all(self, ret_fault) &&
	       load_head(self, ret_fault);
}

int store_sqlite_open(
	const struct store_sqlite_options *options, struct fault *ret_fault, struct store **ret_store)
{
	REQUIRE(options && options->path && ret_fault && ret_store);
	CLEANUP(cleanup_free) char *path = NULL;
	if (!sqlite_file_resolve(options->path, ret_fault, &path))
		return -EINVAL;
	struct sqlite_store *self = new_store(false);
	struct store *store = &self->store;
	bool is_open = (options->lock > 0 || sqlite_file_lock(path, ret_fault, &self->lock)) &&
		       sqlite_file_prepare(path, ret_fault);
	if (is_open && !open_writer(self, path, options, ret_fault))
		is_open = fault_prefix(ret_fault, options->path);
	if (!is_open) {
		self->failed = true;
		destroy(&store);
		return -EINVAL;
	}
	*ret_store = store;
	return 0;
}

int store_sqlite_lock(const char *path, struct fault *ret_fault, int *ret_lock)
{
	REQUIRE(path && ret_fault && ret_lock);
	CLEANUP(cleanup_free) char *real = NULL;
	bool is_taken =
		sqlite_file_resolve(path, ret_fault, &real) && sqlite_file_lock(real, ret_fault, ret_lock);
	return is_taken ? 0 : -EINVAL;
}

int store_sqlite_open_read_only(const char *path, struct fault *ret_fault, struct store **ret_store)
{
	REQUIRE(path && ret_fault && ret_store);
	CLEANUP(cleanup_free) char *real = NULL;
	if (!sqlite_file_resolve(path, ret_fault, &real))
		return -EINVAL;
	struct sqlite_store *self = new_store(true);
	struct store *store = &self->store;
	if (!open_reader(self, real, ret_fault)) {
		(void)fault_prefix(ret_fault, path);
		destroy(&store);
		return -EINVAL;
	}
	*ret_store = store;
	return 0;
}

const char *store_sqlite_kept(const struct store *self)
{
	return ((const struct sqlite_store *)self)->copy;
}

struct store_sqlite_gauges store_sqlite_gauges(const struct store *self)
{
	const struct sqlite_store *store = (const struct sqlite_store *)self;
	struct store_sqlite_gauges gauges = store->gauges;
	gauges.wal_bytes = store->wal_frames * WAL_FRAME_BYTES;
	return gauges;
}
