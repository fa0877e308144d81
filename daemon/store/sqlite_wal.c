#include <assert.h>
#include <endian.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/store/sqlite.h"

/*
 * SQLite reads its WAL up to the first frame that does not fit its checksum and takes that for the end: what
 * a power cut tore must not count. A frame that was damaged later, in the middle, ends it just so, and the
 * batches behind it, acknowledged and synced, would be gone without a word. The two can be told apart, for a
 * batch is synced before the next one's first frame is written: a batch that others follow had been whole.
 * Only the last one may be torn, and damage to it looks like a tear.
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

/* From `first` on, where SQLite does not reach: a batch of this generation, and a frame that was written
 * after it. What an older one left there has another salt, and what was torn or rolled back is followed by
 * nothing. */
static bool is_followed(struct wal *self, int64_t first)
{
	bool after_commit = false;
	struct sum before = {0, 0};
	for (int64_t i = first; i <= self->frames && read_frame(self, i); i++) {
		bool is_ours = has_salt(self);
		if (is_ours && after_commit && follows(self, before))
			return true;
		after_commit = is_ours && is_commit(self->frame);
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

/* `witnessed`: so many frames were synced. */
static int64_t find_damage(struct wal *self, int64_t size, int64_t witnessed)
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
	return end <= witnessed || is_followed(self, end) ? end : -1;
}

/* The head of the -shm file: two copies of this, in the machine's byte order, and how many frames are in the
 * database already. */
struct witness {
	uint32_t version, unused, change;
	uint8_t is_made, big_endian;
	uint16_t page_size;
	uint32_t frames, pages, last_sum[2];
	uint8_t salt[8];
	uint32_t sum[2];
};
static_assert(sizeof(struct witness) == 48, "as SQLite has it");

struct witness_file {
	struct witness copies[2];
	uint32_t written_back;
};

static int64_t witnessed_frames(const struct witness_file *file, const uint8_t header[static HEADER_SIZE])
{
	const struct witness *first = &file->copies[0];
	struct sum computed = add((struct sum){0, 0}, first, offsetof(struct witness, sum));
	struct sum stored = {first->sum[0], first->sum[1]};
	bool is_whole = memcmp(first, &file->copies[1], sizeof(*first)) == 0 && first->is_made &&
			sums_equal(computed, stored);
	return is_whole && memcmp(first->salt, header + 16, sizeof(first->salt)) == 0 ? first->frames : 0;
}

/* What is there of a file beside the database, from its beginning; the file stays open for the caller. */
static bool read_head(sqlite3_file *file, const char *path, void *to, int size)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	int is_there = 0;
	return vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &is_there) == SQLITE_OK && is_there &&
	       vfs->xOpen(vfs, path, file, SQLITE_OPEN_WAL | SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	       file->pMethods->xRead(file, to, size, 0) == SQLITE_OK;
}

static void close_file(sqlite3_file *file)
{
	if (file->pMethods)
		file->pMethods->xClose(file);
	file->pMethods = NULL;
}

static int64_t find_in(struct wal *self, const char *wal, const char *shm)
{
	struct witness_file witness = {0};
	sqlite3_int64 size;
	bool has_witness = shm && read_head(self->file, shm, &witness, sizeof(witness));
	close_file(self->file);
	if (!read_head(self->file, wal, self->header, HEADER_SIZE) ||
		self->file->pMethods->xFileSize(self->file, &size) != SQLITE_OK)
		return -1;
	int64_t witnessed = has_witness ? witnessed_frames(&witness, self->header) : 0;
	return find_damage(self, size, witnessed);
}

int64_t sqlite_wal_damage(sqlite3 *db)
{
	const char *path = sqlite3_db_filename(db, "main");
	struct buffer shm = BUFFER_NULL;
	buffer_printf(&shm, "%s-shm", path);
	/* NULL: no memory, and SQLite will say so of all it does next. */
	const char *name = sqlite3_create_filename(buffer_string(&shm), "", "", 0, NULL);
	buffer_deinit(&shm);
	CLEANUP(cleanup_free) struct wal *self = memory_new(1, sizeof(*self));
	CLEANUP(cleanup_free) void *room = memory_new(1, (size_t)sqlite3_vfs_find(NULL)->szOsFile);
	self->file = room;
	int64_t damage = find_in(self, sqlite3_filename_wal(path), name);
	close_file(self->file);
	sqlite3_free_filename((char *)name);
	return damage;
}
