#include "daemon/host/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "daemon/host/archive.h"
#include "daemon/host/manifest.h"
#include "daemon/host/restore_place.h"
#include "daemon/store/store_sqlite.h"

struct restore {
	struct archive archive;
	const struct restore_options *options;
	struct restore_place place;
	struct store_identity identity; /* of the backup, and where it ends */
	int64_t records;
	struct digest head;
	struct digest head_in_backup; /* after as many records as the store has; zero if it has fewer */
	struct digest head_in_store;  /* and the other way round */
	int64_t lost;		      /* records of the store that are not in the backup */
};

/* ---- the backup, beside the store ---- */

/* A manifest that is there must be right; a backup made by other means has none. */
static bool is_as_its_manifest_says(
	const char *file, const struct digest *digest, int64_t size, struct fault *fault)
{
	struct manifest manifest;
	size_t length = strlen(file);
	if (length < 3 || strcmp(file + length - 3, ".db") != 0)
		return true;
	struct buffer path = BUFFER_NULL;
	buffer_printf(&path, "%.*s.json", (int)length - 3, file);
	enum manifest_outcome outcome = manifest_read(buffer_string(&path), &manifest);
	bool good = outcome == MANIFEST_ABSENT || (outcome == MANIFEST_READ && manifest.size == size &&
							  digest_equal(&manifest.digest, digest));
	if (!good)
		archive_fault(fault, ARCHIVE_DAMAGED, "%s: is not the file that its manifest %s speaks of",
			file, buffer_string(&path));
	buffer_deinit(&path);
	return good;
}

/* What was committed last would be in its WAL: this is a store, and not its backup. */
static bool stands_alone(const char *file, struct fault *fault)
{
	struct buffer path = BUFFER_NULL;
	buffer_printf(&path, "%s-wal", file);
	struct stat wal;
	bool good = stat(buffer_string(&path), &wal) != 0 || wal.st_size == 0;
	buffer_deinit(&path);
	return good ||
	       archive_fault(fault, ARCHIVE_NO_FILE,
		       "%s: a WAL stands beside it: this is a store in use, not a backup of one", file);
}

static bool open_backup(const char *file, int *ret_from, struct fault *fault)
{
	int from = open(file, O_RDONLY | O_CLOEXEC);
	struct stat status;
	if (from >= 0 && fstat(from, &status) == 0 && S_ISREG(status.st_mode)) {
		*ret_from = from;
		return stands_alone(file, fault);
	}
	const char *why = from < 0 ? language_error(errno) : _("is not a regular file");
	if (from >= 0)
		close(from);
	return archive_fault(fault, ARCHIVE_NO_FILE, "%s: %s", file, why);
}

static bool copy_bytes(struct restore *self, int from, int to, struct fault *fault)
{
	const char *file = self->options->file;
	struct digest digest;
	struct stat status;
	int64_t size;
	if (fstat(from, &status) != 0)
		return archive_fault(fault, ARCHIVE_NO_FILE, "%s: %s", file, language_error(errno));
	if (!archive_folder_has_room(&self->place.folder, status.st_size, fault))
		return false;
	int r = archive_file_read(from, to, archive_is_interrupted, &self->archive, &digest, &size);
	if (r > 0)
		return archive_fault(fault, ARCHIVE_INTERRUPTED, "stopped by a signal; nothing was changed");
	if (r < 0)
		return archive_fault_of_errno(fault, r == -1 ? file : self->place.path,
			r == -1 ? N_("cannot be read") : N_("cannot be written"));
	return is_as_its_manifest_says(file, &digest, size, fault) &&
	       archive_folder_sync_file(&self->place.folder, to, _("the copy"), fault);
}

static bool bring(struct restore *self, struct fault *fault)
{
	CLEANUP(cleanup_close) int from = -1;
	if (!open_backup(self->options->file, &from, fault))
		return false;
	CLEANUP(cleanup_close) int to = restore_place_make(&self->place, fault);
	return to >= 0 && copy_bytes(self, from, to, fault);
}

/* ---- may it stand in the store's place? ---- */

static bool refuse(const struct restore *self, enum archive_error error, const char *why, struct fault *fault)
{
	char last[24] = "unreadable";
	if (self->place.is_readable)
		snprintf(last, sizeof(last), "%" PRId64, self->place.records);
	const char *discard = self->options->discard;
	if (discard && strcmp(discard, last) == 0)
		return true;
	if (discard)
		return archive_fault(fault, error,
			"%s: its last record is %s, and you gave up %s: nothing was changed",
			self->place.path, last, discard);
	return archive_fault(
		fault, error, "%s: %s. To give that up: --discard-newer %s", self->place.path, why, last);
}

static bool judge(struct restore *self, struct fault *fault)
{
	const struct restore_place *place = &self->place;
	char why[640];
	if (!place->is_readable) {
		snprintf(why, sizeof(why),
			_("cannot be opened (%.400s), so nobody knows what it has that the backup has not"),
			place->why.text);
		return refuse(self, ARCHIVE_UNREADABLE, why, fault);
	}
	bool is_older = place->records <= self->records &&
			(place->records == 0 || digest_equal(&self->head_in_backup, &place->head));
	if (is_older)
		return !self->options->discard || refuse(self, ARCHIVE_NEWER, "", fault);
	if (place->records > self->records && digest_equal(&self->head_in_store, &self->head)) {
		self->lost = place->records - self->records;
		snprintf(why, sizeof(why),
			_("is newer than the backup: it has %lld records, the backup the first %lld of them; "
			  "%lld would be lost"),
			(long long)place->records, (long long)self->records, (long long)self->lost);
		return refuse(self, ARCHIVE_NEWER, why, fault);
	}
	self->lost = place->records;
	snprintf(why, sizeof(why),
		_("has another history than the backup: its %lld records are not those that the backup's %lld "
		  "begin or go on with"),
		(long long)place->records, (long long)self->records);
	return refuse(self, ARCHIVE_OTHER_HISTORY, why, fault);
}

static bool put(struct restore *self, struct fault *fault)
{
	if (archive_is_interrupted(&self->archive))
		return archive_fault(fault, ARCHIVE_INTERRUPTED, "stopped by a signal; nothing was changed");
	return restore_place_put(&self->place, fault);
}

/* ---- what it means ---- */

static void report(const struct restore *self)
{
	FILE *out = self->archive.out;
	char head[DIGEST_HEX_SIZE];
	digest_to_hex(&self->head, head);
	fprintf(out, _("restored    %s from %s%s\n"), self->place.path, self->options->file,
		self->identity.laboratory ? _(" (a LABORATORY)") : "");
	fprintf(out, _("records     %lld, head %s\n"), (long long)self->records, head);
	if (self->place.kept)
		fprintf(out, _("kept        %s/%s\n"), self->place.folder.path, self->place.kept);
	if (self->place.is_there && !self->place.is_readable)
		fprintf(out,
			_("lost        what the unreadable store had after record %lld, as far as it had\n"),
			(long long)self->records);
	else if (self->lost > 0)
		fprintf(out,
			_("lost        %lld records: what was received, taken and answered by them is unknown, and\n"
			  "            receipts of messages among them are void; their case numbers are given again\n"),
			(long long)self->lost);
	fputs(_("offers      a start voids all of them; what was not taken is offered again\n"
		"events      cursors are those of the backup: what was SEEN since then comes again\n"
		"next        systemctl start wenzhengd; have portals submit again what they sent since the backup\n"),
		out);
}

static void report_json(const struct restore *self)
{
	json_t *document = manifest_begin(
		"wenzheng-restore", archive_now(), &self->identity, self->records, &self->head);
	ENSURE(json_object_set_new(document, "lost", json_integer(self->lost)) == 0);
	ENSURE(json_object_set_new(document, "kept",
		       self->place.kept ? json_string(self->place.kept) : json_null()) == 0);
	manifest_print(document, stdout);
}

/* Of the copy, which is what the daemon will go on from: is it whole, and how does it stand to what is there?
 */
static bool compare(struct restore *self, struct store *copy, struct fault *fault)
{
	struct restore_place *place = &self->place;
	self->identity = copy->interface->identity(copy);
	ENSURE(copy->interface->chain_head(copy, &self->records, &self->head) == 0);
	if (!archive_verify(&self->archive, copy, self->options->file, fault))
		return false;
	if (!restore_place_look(place, self->records, &self->head_in_store))
		return true;
	if (place->records == 0 || store_sqlite_head_at(copy, place->records, &self->head_in_backup) != 0)
		self->head_in_backup = (struct digest){{0}};
	return judge(self, fault);
}

static bool restore(struct restore *self, struct fault *fault)
{
	struct store *copy;
	struct fault why = FAULT_NONE;
	if (!restore_place_open(&self->place, self->archive.config->store, fault) || !bring(self, fault))
		return false;
	CLEANUP(cleanup_free) char *work = restore_place_work(&self->place);
	if (store_sqlite_open_read_only(work, &why, &copy) != 0)
		return archive_fault(fault, ARCHIVE_DAMAGED, "%s: %s", self->options->file, why.text);
	bool good = compare(self, copy, fault);
	copy->interface->destroy(&copy);
	return good && put(self, fault);
}

bool restore_backup(const struct restore_options *options, struct fault *fault)
{
	struct restore self = {.options = options, .place = RESTORE_PLACE_NONE};
	FILE *out = options->json ? stderr : stdout;
	bool good = archive_begin(&self.archive, options->config, out, fault) && restore(&self, fault);
	if (good)
		report(&self);
	else if (self.place.lock >= 0)
		restore_place_remove_work(&self.place);
	if (good && options->json)
		report_json(&self);
	restore_place_close(&self.place);
	archive_end(&self.archive);
	return good;
}
