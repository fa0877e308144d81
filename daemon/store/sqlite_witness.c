#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"
#include "daemon/store/sqlite.h"

/*
 * The witness (ADR 25): which batch was committed last, in a file of its own. It is written after the commit,
 * so that no order in which a power cut keeps the two files puts it ahead of the store; and it is synced now
 * and then, for what it protects from is damage, not power cuts.
 */
#define MAGIC "WZwitns1"

/* The file; its numbers are big-endian. */
struct testimony {
	char magic[8];
	uint64_t batch, seq;
	struct digest digest; /* of all before it */
};
static_assert(sizeof(struct testimony) == 56, "as ADR 25 says");

static struct digest digest_of_testimony(const struct testimony *self)
{
	return digest_of(span_of(self, offsetof(struct testimony, digest)));
}

/* The name lives until release_name; NULL: no memory. */
static const char *make_name(sqlite3 *db)
{
	struct buffer name = BUFFER_NULL;
	buffer_printf(&name, "%s" SQLITE_WITNESS_SUFFIX, sqlite3_db_filename(db, "main"));
	const char *made = sqlite3_create_filename(buffer_string(&name), "", "", 0, NULL);
	buffer_deinit(&name);
	return made;
}

static void release_name(const char *name)
{
	sqlite3_free_filename((char *)name);
}

static void close_file(sqlite3_file *file)
{
	if (file->pMethods)
		file->pMethods->xClose(file);
	file->pMethods = NULL;
}

/* As a WAL: SQLite gives it the database's mode and owner, and makes its name durable when it is synced. */
static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags)
{
	file->pMethods = NULL;
	return vfs->xOpen(vfs, name, file, SQLITE_OPEN_WAL | flags, NULL);
}

/* An absent or empty file is no testimony, and neither is one that is too short. */
static int read_testimony(sqlite3_vfs *vfs, const char *name, struct testimony *ret_testimony)
{
	CLEANUP(cleanup_free) sqlite3_file *file = memory_new(1, (size_t)vfs->szOsFile);
	int is_there = 0;
	*ret_testimony = (struct testimony){.batch = 0};
	int result = vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &is_there);
	if (result != SQLITE_OK || !is_there)
		return result;
	result = open_file(vfs, name, file, SQLITE_OPEN_READONLY);
	if (result == SQLITE_OK)
		result = file->pMethods->xRead(file, ret_testimony, sizeof(*ret_testimony), 0);
	close_file(file);
	return result == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : result;
}

bool sqlite_witness_hear(struct sqlite_store *self, struct fault *ret_fault)
{
	struct testimony testimony;
	const char *name = make_name(self->db);
	int result = name ? read_testimony(sqlite3_vfs_find(NULL), name, &testimony) : SQLITE_NOMEM;
	release_name(name);
	if (result != SQLITE_OK)
		return fault_set(ret_fault,
			"its -witness file cannot be read (%s): look at its owner and at the disk, then start again",
			sqlite3_errstr(result));
	struct digest digest = digest_of_testimony(&testimony);
	bool is_one = memcmp(testimony.magic, MAGIC, sizeof(testimony.magic)) == 0 &&
		      digest_equal(&digest, &testimony.digest);
	self->witness.batch = is_one ? (int64_t)be64toh(testimony.batch) : 0;
	self->witness.seq = is_one ? (int64_t)be64toh(testimony.seq) : 0;
	return true;
}

bool sqlite_witness_agrees(
	const struct sqlite_store *self, int64_t batch, int64_t seq, struct fault *ret_fault)
{
	const struct sqlite_witness *witness = &self->witness;
	if (batch >= witness->batch)
		return true;
	return fault_set(ret_fault,
		"its end is lost: it ends with record %lld (batch %lld), and its -witness file saw record %lld committed "
		"(batch %lld): restore it from a backup (to go on without what is lost, or with an older store put here on "
		"purpose: move the -witness file away)",
		(long long)seq, (long long)batch, (long long)witness->seq, (long long)witness->batch);
}

/* A full disk leaves what stood there, which is true and older. */
static int write_testimony(struct sqlite_store *self)
{
	struct testimony testimony = {
		.magic = MAGIC,
		.batch = htobe64((uint64_t)self->committed.batch),
		.seq = htobe64((uint64_t)self->committed.seq),
	};
	testimony.digest = digest_of_testimony(&testimony);
	sqlite3_file *file = self->witness.file;
	int result = file->pMethods->xWrite(file, &testimony, sizeof(testimony), 0);
	if (sqlite_is_full(result, errno))
		return SQLITE_OK;
	self->witness.is_dirty = true;
	return result;
}

static int sync_file(struct sqlite_witness *self)
{
	if (!self->is_dirty)
		return SQLITE_OK;
	self->is_dirty = false;
	self->synced_us = sqlite_clock_us();
	return self->file->pMethods->xSync(self->file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

bool sqlite_witness_begin(struct sqlite_store *self, struct fault *ret_fault)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	struct sqlite_witness *witness = &self->witness;
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	witness->file = memory_new(1, (size_t)vfs->szOsFile);
	witness->name = make_name(self->db);
	int result = witness->name ? open_file(vfs, witness->name, witness->file, flags) : SQLITE_NOMEM;
	if (result == SQLITE_OK)
		result = write_testimony(self);
	if (result == SQLITE_OK)
		result = sync_file(witness);
	if (result == SQLITE_OK)
		return true;
	return fault_set(ret_fault, "its -witness file cannot be written: %s", sqlite3_errstr(result));
}

/* The connection knows nothing of it, and so has no words for it. */
static int outcome_of(struct sqlite_store *self, int result)
{
	if (result == SQLITE_OK)
		return 0;
	self->failed = true;
	char text[96];
	snprintf(text, sizeof(text), "store: witness: %s (SQLite %d)", sqlite3_errstr(result), result);
	return FATAL(EIO, text);
}

int sqlite_witness_tell(struct sqlite_store *self)
{
	return outcome_of(self, write_testimony(self));
}

int sqlite_witness_sync(struct sqlite_store *self)
{
	/* The first checkpoint of a store that is being opened comes before it. */
	return self->witness.file ? outcome_of(self, sync_file(&self->witness)) : 0;
}

int sqlite_witness_rest(struct sqlite_store *self)
{
	bool is_due = sqlite_clock_us() - self->witness.synced_us >= US_PER_S;
	return is_due ? sqlite_witness_sync(self) : 0;
}

void sqlite_witness_end(struct sqlite_store *self)
{
	struct sqlite_witness *witness = &self->witness;
	if (!witness->file)
		return;
	if (!self->failed)
		(void)sync_file(witness);
	close_file(witness->file);
	release_name(witness->name);
	free(witness->file);
	witness->file = NULL;
}
