#include "daemon/host/restore_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/host/archive.h"
#include "daemon/store/store_sqlite.h"

/*
 * The swap is one rename, so that there is the old store or the new one at any moment. It can only be that if
 * the old one is one file: a WAL that stood beside would be taken for the new one's, and taken away before it
 * would leave the old one without what was committed last. Hence the WAL is written back first, as the daemon
 * does at its start. The witness then goes first: without it the old store is what it was, and beside it the
 * new one would be refused.
 *
 * A store that no daemon can open keeps its WAL, and cannot be swapped so. There the place is taken by a file
 * that no daemon opens either, until the WAL is out of the way: a daemon started in between refuses, as it
 * did before.
 */
#define WORK_SUFFIX   ".restoring"
#define NOTICE_SUFFIX ".notice"
#define KEPT_INFIX    ".before-restore-"

static const char notice[] =
	"A restore of this store was interrupted. Run wenzhengd --restore again; what was here before is beside this "
	"file.\n";

static char *name_with(const char *name, const char *suffix)
{
	struct buffer text = BUFFER_NULL;
	buffer_printf(&text, "%s%s", name, suffix);
	buffer_string(&text);
	return text.data;
}

static bool has(const struct restore_place *self, const char *suffix)
{
	CLEANUP(cleanup_free) char *name = name_with(self->name, suffix);
	return archive_folder_has(&self->folder, name);
}

bool restore_place_open(struct restore_place *self, const char *path, struct fault *fault)
{
	*self = RESTORE_PLACE_NONE;
	CLEANUP(cleanup_free) char *for_folder = memory_copy_string(path);
	CLEANUP(cleanup_free) char *for_name = memory_copy_string(path);
	struct fault why = FAULT_NONE;
	self->path = memory_copy_string(path);
	self->name = memory_copy_string(basename(for_name));
	if (!archive_folder_open(&self->folder, dirname(for_folder), fault))
		return false;
	if (store_sqlite_lock(path, &why, &self->lock) != 0)
		return archive_fault(fault, ARCHIVE_RUNNING, "%s", why.text);
	/* A lock file that root made must be the daemon's. */
	if (geteuid() == 0 && fchown(self->lock, self->folder.status.st_uid, self->folder.status.st_gid) != 0)
		return archive_fault_of_errno(fault, path, "its lock cannot be given to the daemon");
	return true;
}

void restore_place_close(struct restore_place *self)
{
	archive_folder_close(&self->folder);
	if (self->lock >= 0)
		close(self->lock);
	free(self->name);
	free(self->path);
	free(self->kept);
	*self = RESTORE_PLACE_NONE;
}

/* The head of record `at`; of the first `at` = 0, the chain's beginning. */
static void learn(struct restore_place *self, struct store *store, int64_t at, struct digest *ret_head)
{
	ENSURE(store->interface->chain_head(store, &self->records, &self->head) == 0);
	if (at == 0)
		*ret_head = chain_first();
	else if (store_sqlite_head_at(store, at, ret_head) != 0)
		*ret_head = (struct digest){{0}};
	self->is_readable = true;
}

bool restore_place_look(struct restore_place *self, int64_t at, struct digest *ret_head)
{
	struct store *store;
	struct stat status;
	*ret_head = (struct digest){{0}};
	/* An empty file is what a daemon leaves that was stopped while it made its store; but with something
	 * beside it, it is what is left of one. */
	self->has_database =
		fstatat(self->folder.fd, self->name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size > 0;
	self->is_there = self->has_database || has(self, "-wal") || has(self, "-witness");
	if (!self->is_there || store_sqlite_open_read_only(self->path, &self->why, &store) != 0)
		return self->is_there;
	learn(self, store, at, ret_head);
	store->interface->destroy(&store);
	return true;
}

/* As the daemon's start does it. False: no daemon could go on from what is there. */
static bool write_wal_back(struct restore_place *self)
{
	struct store *store;
	struct fault why;
	struct store_sqlite_options options = {.path = self->path, .lock = self->lock};
	if (store_sqlite_open(&options, &why, &store) != 0)
		return false;
	store->interface->destroy(&store);
	return true;
}

char *restore_place_work(const struct restore_place *self)
{
	return name_with(self->path, WORK_SUFFIX);
}

void restore_place_remove_work(const struct restore_place *self)
{
	CLEANUP(cleanup_free) char *work = name_with(self->name, WORK_SUFFIX);
	archive_folder_remove(&self->folder, work);
}

static void remove_with(const struct restore_place *self, const char *name, const char *suffix)
{
	CLEANUP(cleanup_free) char *whole = name_with(name, suffix);
	archive_folder_remove(&self->folder, whole);
}

static void remove_beside(const struct restore_place *self, const char *name)
{
	for (const char *const *suffix = store_sqlite_beside; *suffix; suffix++)
		remove_with(self, name, *suffix);
}

/* An earlier restore, killed between keeping the old store and replacing it, left second names of the one
 * store and of its WAL. */
static void remove_aliases(const struct restore_place *self)
{
	CLEANUP(cleanup_free) char *prefix = name_with(self->name, KEPT_INFIX);
	struct stat store, other;
	DIR *entries = opendir(self->folder.path);
	bool is_there = fstatat(self->folder.fd, self->name, &store, AT_SYMLINK_NOFOLLOW) == 0;
	for (struct dirent *entry; entries && (entry = readdir(entries));) {
		if (!is_there || strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
			fstatat(self->folder.fd, entry->d_name, &other, AT_SYMLINK_NOFOLLOW) != 0 ||
			other.st_ino != store.st_ino)
			continue;
		remove_beside(self, entry->d_name);
		remove_with(self, entry->d_name, "");
	}
	if (entries)
		closedir(entries);
}

int restore_place_make(struct restore_place *self, struct fault *fault)
{
	CLEANUP(cleanup_free) char *work = name_with(self->name, WORK_SUFFIX);
	restore_place_remove_work(self);
	remove_aliases(self);
	return archive_folder_make(&self->folder, work, fault);
}

/* A second name for what is there: nothing is moved before the new store stands in its place. */
static bool keep(const struct restore_place *self, const char *kept, const char *suffix, struct fault *fault)
{
	CLEANUP(cleanup_free) char *from = name_with(self->name, suffix);
	CLEANUP(cleanup_free) char *to = name_with(kept, suffix);
	if (!archive_folder_has(&self->folder, from))
		return true;
	return linkat(self->folder.fd, from, self->folder.fd, to, 0) == 0 ||
	       archive_fault_of_errno(fault, self->path, "cannot be kept under another name");
}

static bool put_notice(struct restore_place *self, struct fault *fault)
{
	CLEANUP(cleanup_free) char *work = name_with(self->name, NOTICE_SUFFIX);
	archive_folder_remove(&self->folder, work);
	CLEANUP(cleanup_close) int file = archive_folder_make(&self->folder, work, fault);
	if (file < 0)
		return false;
	if (write(file, notice, strlen(notice)) != (ssize_t)strlen(notice))
		return archive_fault_of_errno(fault, self->path, "the notice cannot be written");
	return archive_folder_sync_file(&self->folder, file, work, fault) &&
	       archive_folder_rename(&self->folder, work, self->name, fault) &&
	       archive_folder_sync(&self->folder, fault);
}

/* Was an earlier restore killed while this held the place? What was here is kept already then. */
static bool is_notice(const struct restore_place *self)
{
	char text[sizeof(notice)];
	CLEANUP(cleanup_close)
	int file = openat(self->folder.fd, self->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return file >= 0 && read(file, text, sizeof(text)) == (ssize_t)strlen(notice) &&
	       memcmp(text, notice, strlen(notice)) == 0;
}

/* The new store must not meet what is the old one's. */
static bool clear_beside(const struct restore_place *self, struct fault *fault)
{
	remove_beside(self, self->name);
	return archive_folder_sync(&self->folder, fault);
}

static bool keep_beside(const struct restore_place *self, const char *kept, struct fault *fault)
{
	bool is_kept = true;
	for (const char *const *suffix = store_sqlite_beside; is_kept && *suffix; suffix++)
		is_kept = keep(self, kept, *suffix, fault);
	return is_kept;
}

static bool make_way(struct restore_place *self, const char *kept, struct fault *fault)
{
	/* A WAL without its database would be deleted. */
	bool is_one_file = self->has_database && write_wal_back(self);
	/* The last to close it has taken both away. */
	if (is_one_file && (has(self, "-wal") || has(self, "-shm")))
		return archive_fault(fault, ARCHIVE_BUSY,
			"%s: another program still has it open, a wenzhengd --verify or sqlite3 perhaps: end it first",
			self->path);
	if (!keep(self, kept, "", fault))
		return false;
	if (!is_one_file && (!keep_beside(self, kept, fault) || !archive_folder_sync(&self->folder, fault) ||
				    !put_notice(self, fault)))
		return false;
	return clear_beside(self, fault);
}

/* It belongs to whom the old one belonged, if root puts it there. */
static bool give_to_owner(const struct restore_place *self, const char *work, struct fault *fault)
{
	struct stat old;
	if (geteuid() != 0 || fstatat(self->folder.fd, self->name, &old, 0) != 0)
		return true;
	return fchownat(self->folder.fd, work, old.st_uid, old.st_gid, AT_SYMLINK_NOFOLLOW) == 0 ||
	       archive_fault_of_errno(fault, self->path, "cannot be given to its owner");
}

/* With one number more for every restore of the same second. */
static void choose_name(struct restore_place *self)
{
	char stamp[ARCHIVE_STAMP_SIZE];
	archive_stamp(archive_now(), stamp);
	for (int i = 1; !self->kept || archive_folder_has(&self->folder, self->kept); i++) {
		struct buffer name = BUFFER_NULL;
		buffer_printf(&name, "%s" KEPT_INFIX "%s", self->name, stamp);
		if (i > 1)
			buffer_printf(&name, "-%d", i);
		buffer_string(&name);
		free(self->kept);
		self->kept = name.data;
	}
}

bool restore_place_put(struct restore_place *self, struct fault *fault)
{
	CLEANUP(cleanup_free) char *work = name_with(self->name, WORK_SUFFIX);
	if (!give_to_owner(self, work, fault))
		return false;
	if (is_notice(self)) {
		if (!clear_beside(self, fault))
			return false;
	} else if (self->is_there) {
		choose_name(self);
		if (!make_way(self, self->kept, fault))
			return false;
	}
	return archive_folder_rename(&self->folder, work, self->name, fault) &&
	       archive_folder_sync(&self->folder, fault);
}
