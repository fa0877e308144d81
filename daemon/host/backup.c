#include "daemon/host/backup.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "daemon/host/archive.h"
#include "daemon/host/archive_folder.h"
#include "daemon/host/backup_prune.h"
#include "daemon/host/manifest.h"
#include "daemon/store/store_sqlite.h"

/* Names of work. Hidden, and of one process at a time: what stands there and is not ours is a dead one's. */
#define WORK_FILE     ".unfinished.db"
#define WORK_MANIFEST ".unfinished.json"

struct backup {
	struct archive archive;
	struct archive_folder folder;
	struct manifest manifest;
	char *manifest_name; /* NULL: nothing has its own name so far */
	char *work;
	int file;
	bool holds_too_much; /* the store's WAL grew too large while it was copied */
	int64_t begun_us, copied_us, verified_us;
};

/* ---- where it goes ---- */

/* The usual folder is ours to make while it lies beside the store. Any other must be there: what is not there
 * may be a disk that is not mounted, and a backup on the store's own disk is none. */
static bool make_usual_folder(const struct config *config, struct fault *fault)
{
	CLEANUP(cleanup_free) char *store = memory_copy_string(config->store);
	CLEANUP(cleanup_free) char *copy = memory_copy_string(config->backup);
	const char *beside = dirname(store);
	struct stat status;
	if (strcmp(beside, dirname(copy)) != 0 || mkdir(config->backup, 0700) != 0)
		return true;
	/* Made by root, it belongs to whom the store's folder belongs. */
	if (geteuid() == 0 &&
		(stat(beside, &status) != 0 || chown(config->backup, status.st_uid, status.st_gid) != 0))
		return archive_fault_of_errno(fault, config->backup, "cannot be made");
	return true;
}

static int64_t wal_size(const struct config *config)
{
	struct stat wal;
	struct buffer path = BUFFER_NULL;
	buffer_printf(&path, "%s-wal", config->store);
	int64_t size = stat(buffer_string(&path), &wal) == 0 ? wal.st_size : 0;
	buffer_deinit(&path);
	return size;
}

/* So much as the store has, and on its own disk what the daemon keeps in reserve. */
static bool has_room(const struct backup *self, struct fault *fault)
{
	const struct config *config = self->archive.config;
	struct stat store;
	if (stat(config->store, &store) != 0)
		return true; /* opening it says what is wrong */
	int64_t size = store.st_size + wal_size(config);
	if (store.st_dev == self->folder.status.st_dev)
		size += config->disk_reserve;
	return archive_folder_has_room(&self->folder, size, fault);
}

static void remove_work(const struct backup *self)
{
	static const char *const names[] = {
		WORK_FILE, WORK_FILE "-journal", WORK_FILE "-wal", WORK_FILE "-shm", WORK_MANIFEST};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		archive_folder_remove(&self->folder, names[i]);
}

static bool prepare(struct backup *self, const char *named, struct fault *fault)
{
	const struct config *config = self->archive.config;
	char stamp[ARCHIVE_STAMP_SIZE];
	self->manifest.created = archive_now();
	archive_stamp(self->manifest.created, stamp);
	snprintf(self->manifest.file, sizeof(self->manifest.file), BACKUP_PREFIX "%s.db", stamp);
	if ((!named && !make_usual_folder(config, fault)) ||
		!archive_folder_open(&self->folder, named ? named : config->backup, fault) ||
		!archive_folder_lock(&self->folder, fault))
		return false;
	remove_work(self);
	if (archive_folder_has(&self->folder, self->manifest.file))
		return archive_fault(fault, ARCHIVE_EXISTS, "%s/%s: is there already", self->folder.path,
			self->manifest.file);
	if (!has_room(self, fault))
		return false;
	self->work = archive_folder_join(&self->folder, WORK_FILE);
	self->file = archive_folder_make(&self->folder, WORK_FILE, fault);
	return self->file >= 0;
}

/* ---- the copy ---- */

static int after_step(void *context, int64_t done, int64_t total)
{
	struct backup *self = context;
	progress_show(&self->archive.progress, _("copying"), done, total);
	self->holds_too_much = wal_size(self->archive.config) > BACKUP_WAL_SIZE_MAX;
	return self->holds_too_much || archive_is_interrupted(&self->archive);
}

static bool copy_pages(struct backup *self, struct store *store, struct fault *fault)
{
	struct store_copy_options options = {.path = self->work, .step = after_step, .context = self};
	struct fault why = FAULT_NONE;
	int r = store_sqlite_copy(store, &options, &why);
	if (r == 0)
		return true;
	if (r == STORE_FULL)
		return archive_fault(
			fault, ARCHIVE_FULL, "%s: no room for the copy: make room", self->folder.path);
	if (self->archive.is_interrupted)
		return archive_fault(fault, ARCHIVE_INTERRUPTED, "stopped by a signal; nothing was changed");
	if (self->holds_too_much)
		return archive_fault(fault, ARCHIVE_BUSY,
			"the store's WAL has grown beyond %d MiB while it was copied, and was let go: write to a "
			"faster folder, or when less is written",
			(int)(BACKUP_WAL_SIZE_MAX / (1024 * 1024)));
	return archive_fault(fault, ARCHIVE_FAILED, "%s: %s", self->work, why.text);
}

static bool copy(struct backup *self, struct fault *fault)
{
	struct store *store;
	struct fault why = FAULT_NONE;
	if (store_sqlite_open_read_only(self->archive.config->store, &why, &store) != 0)
		return archive_fault(fault, ARCHIVE_UNREADABLE, "%s", why.text);
	self->manifest.store = store->interface->identity(store);
	ENSURE(store->interface->chain_head(store, &self->manifest.records, &self->manifest.head) == 0);
	bool good = copy_pages(self, store, fault);
	/* From here on the daemon's WAL is its own again: verifying takes longer, and is done with the copy.
	 */
	store->interface->destroy(&store);
	self->copied_us = archive_clock_us();
	return good && archive_folder_sync_file(&self->folder, self->file, WORK_FILE, fault);
}

/* ---- what makes it a backup ---- */

static bool verify(struct backup *self, struct fault *fault)
{
	struct store *store;
	struct fault why = FAULT_NONE;
	int64_t records;
	struct digest head;
	if (store_sqlite_open_read_only(self->work, &why, &store) != 0)
		return archive_fault(fault, ARCHIVE_DAMAGED, "the copy cannot be read back: %s", why.text);
	ENSURE(store->interface->chain_head(store, &records, &head) == 0);
	bool is_same = records == self->manifest.records && digest_equal(&head, &self->manifest.head);
	bool good = archive_verify(&self->archive, store, self->archive.config->store, fault);
	store->interface->destroy(&store);
	self->verified_us = archive_clock_us();
	if (good && !is_same)
		return archive_fault(fault, ARCHIVE_DAMAGED, "the copy does not end where the store did");
	return good;
}

static bool take_digest(struct backup *self, struct fault *fault)
{
	int r = archive_file_read(self->file, -1, archive_is_interrupted, &self->archive,
		&self->manifest.digest, &self->manifest.size);
	if (r == 0)
		return true;
	if (r > 0)
		return archive_fault(fault, ARCHIVE_INTERRUPTED, "stopped by a signal; nothing was changed");
	return archive_fault_of_errno(fault, self->work, "cannot be read back");
}

/* The manifest first: whoever sees the file sees what it is. */
static bool give_names(struct backup *self, struct fault *fault)
{
	struct buffer name = BUFFER_NULL;
	int stem = (int)(strlen(self->manifest.file) - strlen(".db"));
	buffer_printf(&name, "%.*s.json", stem, self->manifest.file);
	buffer_string(&name);
	if (manifest_write(&self->folder, WORK_MANIFEST, manifest_document(&self->manifest), fault))
		self->manifest_name = name.data;
	else
		buffer_deinit(&name);
	return self->manifest_name &&
	       archive_folder_rename(&self->folder, WORK_MANIFEST, self->manifest_name, fault) &&
	       archive_folder_rename(&self->folder, WORK_FILE, self->manifest.file, fault) &&
	       archive_folder_sync(&self->folder, fault);
}

static void report(const struct backup *self)
{
	FILE *out = self->archive.out;
	char head[DIGEST_HEX_SIZE];
	digest_to_hex(&self->manifest.head, head);
	fprintf(out, _("backup      %s/%s%s\n"), self->folder.path, self->manifest.file,
		self->manifest.store.laboratory ? _(" (of a LABORATORY)") : "");
	fprintf(out, _("records     %lld, head %s\n"), (long long)self->manifest.records, head);
	fprintf(out, _("size        %lld bytes\n"), (long long)self->manifest.size);
	fprintf(out, _("took        %.1f s: %.1f s beside the store, %.1f s verifying the copy\n"),
		(double)(archive_clock_us() - self->begun_us) / 1e6,
		(double)(self->copied_us - self->begun_us) / 1e6,
		(double)(self->verified_us - self->copied_us) / 1e6);
}

static bool make(struct backup *self, const struct backup_options *options, struct fault *fault)
{
	bool good = prepare(self, options->folder, fault) && copy(self, fault) && verify(self, fault) &&
		    take_digest(self, fault) && give_names(self, fault);
	if (good)
		return true;
	if (self->work)
		remove_work(self);
	if (self->manifest_name) {
		archive_folder_remove(&self->folder, self->manifest.file);
		archive_folder_remove(&self->folder, self->manifest_name);
	}
	return false;
}

bool backup_make(const struct backup_options *options, struct fault *fault)
{
	struct backup self = {.folder = ARCHIVE_FOLDER_NONE, .file = -1, .begun_us = archive_clock_us()};
	FILE *out = options->json ? stderr : stdout;
	bool good = archive_begin(&self.archive, options->config, out, fault) && make(&self, options, fault);
	if (good) {
		report(&self);
		if (options->keep > 0)
			backup_prune(&self.folder, &self.manifest, options->keep, out);
		if (options->json)
			manifest_print(manifest_document(&self.manifest), stdout);
	}
	if (self.file >= 0)
		close(self.file);
	free(self.work);
	free(self.manifest_name);
	archive_folder_close(&self.folder);
	archive_end(&self.archive);
	return good;
}
