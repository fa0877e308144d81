#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/store/sqlite.h"

/*
 * SQLite reads its WAL up to the first frame that does not fit its checksum and takes that for the end: what
 * a power cut tore must not count. A frame that was damaged later, in the middle, ends it just so, and the
 * batches behind it, acknowledged and synced, would be gone without a word. The two can be told apart, for a
 * batch is synced before the next one's first frame is written: a batch that others follow had been whole.
 * Only the last one may be torn; damage to it looks like a tear here, and is the witness's to tell
 * (sqlite_witness.c).
 *
 * The same with the header, which is synced before any frame: where frames follow from it, or where it is
 * none at all, it was damaged.
 */
#define HEADER_SIZE	  32
#define FRAME_HEADER_SIZE 24
#define FRAME_SIZE	  (FRAME_HEADER_SIZE + SQLITE_PAGE_SIZE)
#define MAGIC		  (0x377f0682u | (BYTE_ORDER == BIG_ENDIAN)) /* which order the sums are in */

struct sum {
	uint32_t a, b;
};

struct wal {
	sqlite3_file *file;
	int64_t frames;
	uint8_t header[HEADER_SIZE];
	uint8_t frame[FRAME_HEADER_SIZE + SQLITE_PAGE_SIZE];
};

static uint32_t word(const uint8_t *bytes)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

static struct sum sum_at(const uint8_t *bytes)
{
	return (struct sum){word(bytes), word(bytes + 4)};
}

static bool sums_equal(struct sum x, struct sum y)
{
	return memcmp(&x, &y, sizeof(x)) == 0;
}

/* In the machine's own order, as SQLite does it: a WAL from another kind of machine is not looked at. */
static struct sum add(struct sum sum, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 8) {
		uint32_t words[2];
		memcpy(words, (const uint8_t *)bytes + i, sizeof(words));
		sum.a += words[0] + sum.b;
		sum.b += words[1] + sum.a;
	}
	return sum;
}

/* Frame `number`, from 1, into `frame`. */
static bool read_frame(struct wal *self, int64_t number)
{
	return self->file->pMethods->xRead(self->file, self->frame, FRAME_SIZE,
		       HEADER_SIZE + (number - 1) * FRAME_SIZE) == SQLITE_OK;
}

static bool is_commit(const uint8_t *frame)
{
	return word(frame + 4) != 0;
}

/* The frame that was read follows from a sum. */
static bool follows(const struct wal *self, struct sum before)
{
	struct sum sum = add(before, self->frame, 8);
	sum = add(sum, self->frame + FRAME_HEADER_SIZE, SQLITE_PAGE_SIZE);
	return sums_equal(sum, sum_at(self->frame + 16));
}

static bool has_salt(const struct wal *self)
{
	return memcmp(self->frame + 8, self->header + 16, 8) == 0;
}

/* From `first` on, where SQLite does not reach: the end of a batch, and a frame of this generation that was
 * written after it. What an older one left there has another salt, and what was torn or rolled back is
 * followed by nothing. */
static bool is_followed(struct wal *self, int64_t first)
{
	bool after_commit = false;
	struct sum before = {0, 0};
	for (int64_t i = first; i <= self->frames && read_frame(self, i); i++) {
		if (has_salt(self) && after_commit && follows(self, before))
			return true;
		after_commit = is_commit(self->frame);
		before = sum_at(self->frame + 16);
	}
	return false;
}

/* Any two frames that follow from each other. One that cannot be read follows from nothing. */
static bool has_frames(struct wal *self)
{
	struct sum before = {0, 0};
	for (int64_t i = 1; i <= self->frames; i++) {
		(void)read_frame(self, i);
		if (i > 1 && follows(self, before))
			return true;
		before = sum_at(self->frame + 16);
	}
	return false;
}

/* The first frame that does not belong to those before it; one past the end: all do. */
static int64_t find_end(struct wal *self)
{
	struct sum sum = sum_at(self->header + 24);
	for (int64_t i = 1; i <= self->frames; i++) {
		if (!read_frame(self, i) || !has_salt(self) || !follows(self, sum))
			return i;
		sum = sum_at(self->frame + 16);
	}
	return self->frames + 1;
}

static int64_t find_damage(struct wal *self, int64_t size)
{
	bool has_magic = word(self->header) == MAGIC;
	self->frames = (size - HEADER_SIZE) / FRAME_SIZE;
	struct sum stored = sum_at(self->header + 24);
	struct sum computed = add((struct sum){0, 0}, self->header, 24);
	if (!has_magic)
		return has_frames(self) ? 0 : -1;
	if (!sums_equal(computed, stored))
		return read_frame(self, 1) && (follows(self, computed) || follows(self, stored)) ? 0 : -1;
	if (word(self->header + 8) != SQLITE_PAGE_SIZE)
		return -1; /* made by another's hand: SQLite reads it, this does not */
	int64_t end = find_end(self);
	return is_followed(self, end) ? end : -1;
}

static const char *name_of(sqlite3 *db)
{
	return sqlite3_filename_wal(sqlite3_db_filename(db, "main"));
}

bool sqlite_wal_is_there(sqlite3 *db)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	int is_there = 0;
	return vfs->xAccess(vfs, name_of(db), SQLITE_ACCESS_EXISTS, &is_there) == SQLITE_OK && is_there;
}

/* The header; the file stays open. */
static bool open_wal(struct wal *self, const char *path)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	return vfs->xOpen(vfs, path, self->file, SQLITE_OPEN_WAL | SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	       self->file->pMethods->xRead(self->file, self->header, HEADER_SIZE, 0) == SQLITE_OK;
}

int64_t sqlite_wal_damage(sqlite3 *db)
{
	CLEANUP(cleanup_free) struct wal *self = memory_new(1, sizeof(*self));
	CLEANUP(cleanup_free) void *room = memory_new(1, (size_t)sqlite3_vfs_find(NULL)->szOsFile);
	self->file = room;
	int64_t damage = -1;
	sqlite3_int64 size;
	if (sqlite_wal_is_there(db) && open_wal(self, name_of(db)) &&
		self->file->pMethods->xFileSize(self->file, &size) == SQLITE_OK)
		damage = find_damage(self, size);
	if (self->file->pMethods)
		self->file->pMethods->xClose(self->file);
	return damage;
}
