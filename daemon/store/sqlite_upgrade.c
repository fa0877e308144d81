#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/store/sqlite.h"

/*
 * A step of the schema changes what citizens wrote in place, and an older program cannot read it afterwards.
 * So the store as it was stands beside it from then on: PATH.schema-1.20261127T071500Z, until the next
 * upgrade.
 *
 * The order is the promise: the copy is whole, synced, read back and compared before the first step begins.
 * It is made in one transaction of its own, so a power cut leaves an empty file or all of it; EXTRA, because
 * the journal that would empty it again must be gone for good.
 */
#define INFIX	   ".schema-"
#define STEP_PAGES 1024 /* between two signs of life: 4 MiB */

static char *name_copy(const struct sqlite_upgrade *self)
{
	time_t seconds = (time_t)(self->options->created.us / US_PER_S);
	struct tm parts;
	char moment[32], *name = NULL;
	ENSURE(gmtime_r(&seconds, &parts));
	ENSURE(strftime(moment, sizeof(moment), "%Y%m%dT%H%M%SZ", &parts) > 0);
	ENSURE(asprintf(&name, "%s" INFIX "%d.%s", self->path, self->version, moment) > 0);
	return name;
}

static void show_life(const struct store_sqlite_options *options)
{
	if (options->busy)
		options->busy(options->context);
}

static bool copy_pages(const struct sqlite_upgrade *self, sqlite3 *copy, struct fault *ret_fault)
{
	/* What is in the WAL only would not be compared. */
	int result = sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_FULL, NULL, NULL);
	if (result != SQLITE_OK)
		return fault_set(ret_fault, "its WAL cannot be written back: %s", sqlite3_errstr(result));
	sqlite3_backup *copying = sqlite3_backup_init(copy, "main", self->db, "main");
	result = copying ? SQLITE_OK : sqlite3_errcode(copy);
	while (result == SQLITE_OK) {
		result = sqlite3_backup_step(copying, STEP_PAGES);
		show_life(self->options);
	}
	/* SQLITE_DONE: committed. Finishing says nothing new. */
	(void)sqlite3_backup_finish(copying);
	if (result == SQLITE_DONE)
		return true;
	return fault_set(ret_fault, "%s", sqlite3_errstr(result));
}

/* The change counter, the schema's cookie, and for which counter by which SQLite the header was written: a
 * copy counts for itself. */
static void pass_over_counters(uint8_t header[static 100])
{
	memset(header + 24, 0, 4);
	memset(header + 40, 0, 4);
	memset(header + 92, 0, 8);
}

static bool compare(const struct sqlite_upgrade *self, sqlite3 *copy, struct fault *ret_fault)
{
	sqlite3_file *files[] = {sqlite_file_of(self->db), sqlite_file_of(copy)};
	uint8_t bytes[2][SQLITE_PAGE_SIZE];
	for (int64_t page = 0;; page++) {
		int64_t at = page * SQLITE_PAGE_SIZE;
		int result = files[0]->pMethods->xRead(files[0], bytes[0], SQLITE_PAGE_SIZE, at);
		if (result == SQLITE_IOERR_SHORT_READ)
			return true;
		if (result == SQLITE_OK)
			result = files[1]->pMethods->xRead(files[1], bytes[1], SQLITE_PAGE_SIZE, at);
		if (result != SQLITE_OK)
			return fault_set(ret_fault, "it cannot be read back: %s", sqlite3_errstr(result));
		if (page == 0) {
			pass_over_counters(bytes[0]);
			pass_over_counters(bytes[1]);
		}
		if (memcmp(bytes[0], bytes[1], SQLITE_PAGE_SIZE) != 0)
			return fault_set(ret_fault, "what was read back is not what was written");
		if (page % STEP_PAGES == 0)
			show_life(self->options);
	}
}

static bool make_copy(const struct sqlite_upgrade *self, const char *name, struct fault *ret_fault)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
			  SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3 *copy = NULL;
	/* One from the same second: what is written over a store would stand in its WAL. */
	(void)vfs->xDelete(vfs, name, 0);
	if (!sqlite_file_prepare(name, ret_fault))
		return false;
	int result = sqlite3_open_v2(name, &copy, flags, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(copy, "PRAGMA synchronous = EXTRA", NULL, NULL, NULL);
	bool is_made = result == SQLITE_OK
			       ? copy_pages(self, copy, ret_fault) && compare(self, copy, ret_fault)
			       : fault_set(ret_fault, "%s", sqlite3_errstr(result));
	ENSURE(sqlite3_close(copy) == SQLITE_OK);
	return is_made;
}

/* Earlier ones, and what is left of those that were not finished. What cannot be removed stays: it does no
 * harm but that it takes room. */
static void forget_others(const char *path, const char *kept)
{
	const char *slash = strrchr(path, '/'), *kept_name = kept + (slash - path) + 1;
	size_t size = strlen(slash + 1);
	CLEANUP(cleanup_free) char *folder = strndup(path, (size_t)(slash - path) + 1);
	ENSURE(folder);
	DIR *entries = opendir(folder);
	struct dirent *entry;
	while (entries && (entry = readdir(entries))) {
		const char *name = entry->d_name;
		bool is_copy = strncmp(name, slash + 1, size) == 0 &&
			       strncmp(name + size, INFIX, strlen(INFIX)) == 0;
		if (is_copy && strcmp(name, kept_name) != 0)
			(void)unlinkat(dirfd(entries), name, 0);
	}
	if (entries)
		closedir(entries);
}

static bool copy_aside(const struct sqlite_upgrade *self, struct fault *ret_fault, char **ret_copy)
{
	CLEANUP(cleanup_free) char *name = name_copy(self);
	if (!make_copy(self, name, ret_fault)) {
		(void)unlink(name);
		(void)fault_prefix(ret_fault, name);
		return fault_prefix(ret_fault,
			"the store cannot be copied aside before its schema changes, and nothing was changed (it needs "
			"as much room as the store takes)");
	}
	forget_others(self->path, name);
	*ret_copy = TAKE(name);
	return true;
}

bool sqlite_upgrade(const struct sqlite_upgrade *self, struct fault *ret_fault, char **ret_copy)
{
	REQUIRE(self && self->path[0] == '/' && ret_copy);
	bool is_old = self->version > 0 && self->version < self->steps->count;
	if (is_old && !copy_aside(self, ret_fault, ret_copy))
		return false;
	return sqlite_schema_migrate(self->db, self->steps, self->version, self->options, ret_fault);
}
