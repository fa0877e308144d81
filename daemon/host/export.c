#include "daemon/host/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "daemon/host/archive.h"
#include "daemon/host/archive_folder.h"
#include "daemon/host/export_lines.h"
#include "daemon/host/manifest.h"
#include "daemon/store/store_sqlite.h"

/* Made under this name, and given its own when it is whole. */
#define WORK ".unfinished-export"
#define PAGE_COUNT                                                                                         \
	1000 /* rows noted in one walk: what is of them is read afterwards, for walks may not be disturbed \
	      */

struct lines {
	const char *name; /* NULL: not asked for */
	FILE *file;
	struct digest_stream digest;
	int64_t count;
	int64_t size;
};

enum line_kind { RECORDS, CASES, TEXTS, CONTACTS, LINE_KINDS };

/* A text that a record names. */
struct named_text {
	int64_t case_id;
	int64_t ordinal;
};

struct export
{
	struct archive archive;
	const struct export_options *options;
	struct archive_folder into;   /* what was named */
	struct archive_folder folder; /* the new one in it */
	struct store *store;
	const char *path; /* of what is exported */
	struct utc_offset offset;
	struct instant created;
	char name[64]; /* of the new folder */
	int64_t records;
	struct digest head;
	struct lines lines[LINE_KINDS];
	/* While the journal is walked. */
	struct digest walked;
	int64_t seq;
	struct named_text texts[PAGE_COUNT];
	size_t texts_count;
	int64_t cases[PAGE_COUNT];
	size_t cases_count;
};

/* ---- lines ---- */

static int add_line(struct lines *self, json_t *object)
{
	CLEANUP(cleanup_free) char *text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	ENSURE(text);
	size_t size = strlen(text);
	text[size++] = '\n'; /* in place of the NUL */
	digest_stream_add(&self->digest, span_of(text, size));
	self->size += (int64_t)size;
	self->count++;
	if (fwrite(text, 1, size, self->file) == size)
		return 0;
	return errno > 0 ? -errno : -EIO;
}

static bool open_lines(struct export *self, enum line_kind kind, const char *name, struct fault *fault)
{
	struct lines *lines = &self->lines[kind];
	int file = archive_folder_make(&self->folder, name, fault);
	if (file < 0)
		return false;
	lines->name = name;
	lines->file = fdopen(file, "w");
	ENSURE(lines->file);
	digest_stream_init(&lines->digest);
	return true;
}

static bool close_lines(struct export *self, struct lines *lines, json_t *files, struct fault *fault)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest digest = digest_stream_end(&lines->digest);
	if (fflush(lines->file) != 0)
		return archive_fault_of_errno(fault, self->folder.path, "cannot be written to");
	if (!archive_folder_sync_file(&self->folder, fileno(lines->file), lines->name, fault))
		return false;
	digest_to_hex(&digest, hex);
	json_t *file = json_pack("{s:s, s:I, s:I, s:s}", "file", lines->name, "lines",
		(json_int_t)lines->count, "size", (json_int_t)lines->size, "blake2b", hex);
	ENSURE(json_array_append_new(files, file) == 0);
	return true;
}

/* ---- rows ---- */

/* Between two pages: the daemon has its WAL first. */
static bool may_go_on(struct export *self, struct fault *fault)
{
	struct stat wal;
	struct buffer path = BUFFER_NULL;
	buffer_printf(&path, "%s-wal", self->path);
	bool is_held = stat(buffer_string(&path), &wal) == 0 && wal.st_size > BACKUP_WAL_SIZE_MAX;
	buffer_deinit(&path);
	if (archive_is_interrupted(&self->archive))
		return archive_fault(fault, ARCHIVE_INTERRUPTED, "stopped by a signal; nothing was changed");
	if (is_held)
		return archive_fault(fault, ARCHIVE_BUSY,
			"the store's WAL has grown beyond %d MiB meanwhile, and was let go: export from a backup, --from",
			(int)(BACKUP_WAL_SIZE_MAX / (1024 * 1024)));
	progress_show(&self->archive.progress, _("exporting"), self->seq, self->records);
	return true;
}

static int write_record(void *context, const struct record *record)
{
	struct export *self = context;
	self->seq = record->seq;
	self->walked = chain_next(&self->walked, record);
	if (record->text != 0)
		self->texts[self->texts_count++] = (struct named_text){record->case_id, record->text};
	if (record->kind == RECORD_ACCEPTED)
		self->cases[self->cases_count++] = record->case_id;
	return add_line(&self->lines[RECORDS], export_record(record, &self->walked, self->offset));
}

static int write_texts(struct export *self)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < self->texts_count; i++) {
		const struct named_text *named = &self->texts[i];
		enum line_kind kind = named->ordinal == TEXT_ORDINAL_CONTACT ? CONTACTS : TEXTS;
		struct text_row row;
		if (!self->lines[kind].name)
			continue;
		r = self->store->interface->read_text(self->store, named->case_id, named->ordinal, &row);
		if (r == 0)
			r = add_line(&self->lines[kind], export_text(&row));
	}
	return r;
}

/* Two rows, of which the second reading ends the first: each is made a part of the line before. */
static int write_case(struct export *self, int64_t case_id)
{
	struct message_row message;
	struct case_row row;
	const struct store_interface *interface = self->store->interface;
	int r = interface->read_message(self->store, case_id, &message);
	if (r != 0)
		return r;
	json_t *object = export_message(&message);
	r = interface->read_case(self->store, case_id, &row);
	if (r == 0) {
		export_case(object, &row, self->offset);
		return add_line(&self->lines[CASES], object);
	}
	json_decref(object);
	return r;
}

/* The journal leads: every case and every text has its record, which verifying has shown. */
static int write_page(struct export *self)
{
	self->texts_count = self->cases_count = 0;
	int r = self->store->interface->walk_journal(self->store, self->seq, PAGE_COUNT, write_record, self);
	for (size_t i = 0; r == 0 && i < self->cases_count; i++)
		r = write_case(self, self->cases[i]);
	return r == 0 ? write_texts(self) : r;
}

static bool write_rows(struct export *self, struct fault *fault)
{
	self->walked = chain_first();
	while (self->seq < self->records) {
		int r = write_page(self);
		if (r == 0 && may_go_on(self, fault))
			continue;
		if (r == 0)
			return false;
		if (r == -ENOSPC || r == -EDQUOT)
			return archive_fault(fault, ARCHIVE_FULL, "%s: no room for the export: make room",
				self->folder.path);
		return archive_fault(fault,
			self->archive.is_interrupted ? ARCHIVE_INTERRUPTED : ARCHIVE_FAILED,
			"%s: cannot be read or written", self->path);
	}
	return true;
}

/* ---- the whole ---- */

static void remove_work(const struct export *self)
{
	static const char *const names[] = {
		"records.jsonl", "cases.jsonl", "texts.jsonl", "contacts.jsonl", "manifest.json"};
	if (self->into.lock < 0)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buffer name = BUFFER_NULL;
		buffer_printf(&name, WORK "/%s", names[i]);
		archive_folder_remove(&self->into, buffer_string(&name));
		buffer_deinit(&name);
	}
	CLEANUP(cleanup_free) char *work = archive_folder_join(&self->into, WORK);
	(void)rmdir(work);
}

static bool prepare(struct export *self, struct fault *fault)
{
	char stamp[ARCHIVE_STAMP_SIZE];
	archive_stamp(self->created, stamp);
	snprintf(self->name, sizeof(self->name), "wenzheng-export-%s", stamp);
	if (!archive_folder_open(&self->into, self->options->folder, fault) ||
		!archive_folder_lock(&self->into, fault))
		return false;
	remove_work(self);
	CLEANUP(cleanup_free) char *work = archive_folder_join(&self->into, WORK);
	if (archive_folder_has(&self->into, self->name))
		return archive_fault(
			fault, ARCHIVE_EXISTS, "%s/%s: is there already", self->into.path, self->name);
	if (mkdir(work, 0700) != 0)
		return archive_fault_of_errno(fault, work, "cannot be made");
	return archive_folder_open(&self->folder, work, fault) &&
	       open_lines(self, RECORDS, "records.jsonl", fault) &&
	       open_lines(self, CASES, "cases.jsonl", fault) &&
	       (!self->options->texts || open_lines(self, TEXTS, "texts.jsonl", fault)) &&
	       (!self->options->contacts || open_lines(self, CONTACTS, "contacts.jsonl", fault));
}

static bool read_store(struct export *self, struct fault *fault)
{
	struct fault why = FAULT_NONE;
	self->path = self->options->from ? self->options->from : self->archive.config->store;
	if (store_sqlite_open_read_only(self->path, &why, &self->store) != 0)
		return archive_fault(fault, ARCHIVE_UNREADABLE, "%s", why.text);
	ENSURE(self->store->interface->chain_head(self->store, &self->records, &self->head) == 0);
	/* Before a line is written: what follows relies on each row. */
	return archive_verify(&self->archive, self->store, self->path, fault) && write_rows(self, fault);
}

static json_t *manifest_of(const struct export *self)
{
	struct store_identity identity = self->store->interface->identity(self->store);
	return manifest_begin("wenzheng-export", self->created, &identity, self->records, &self->head);
}

/* `ret_manifest` is the caller's. */
static bool finish(struct export *self, json_t **ret_manifest, struct fault *fault)
{
	json_t *files = json_array();
	bool good = true;
	for (enum line_kind kind = 0; good && kind < LINE_KINDS; kind++)
		if (self->lines[kind].name)
			good = close_lines(self, &self->lines[kind], files, fault);
	json_t *manifest = manifest_of(self);
	ENSURE(json_object_set_new(manifest, "files", files) == 0);
	good = good && manifest_write(&self->folder, "manifest.json", json_incref(manifest), fault) &&
	       archive_folder_sync(&self->folder, fault) &&
	       archive_folder_rename(&self->into, WORK, self->name, fault) &&
	       archive_folder_sync(&self->into, fault);
	*ret_manifest = manifest;
	return good;
}

static void report(const struct export *self)
{
	CLEANUP(cleanup_free) char *path = archive_folder_join(&self->into, self->name);
	FILE *out = self->archive.out;
	char head[DIGEST_HEX_SIZE];
	digest_to_hex(&self->head, head);
	fprintf(out, _("export      %s\n"), path);
	fprintf(out, _("records     %lld, head %s\n"), (long long)self->records, head);
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++)
		if (self->lines[kind].name)
			fprintf(out, _("%-11s %lld lines, %lld bytes\n"), self->lines[kind].name,
				(long long)self->lines[kind].count, (long long)self->lines[kind].size);
}

static bool export(struct export *self, struct fault *fault)
{
	json_t *manifest = NULL;
	bool good = archive_begin(&self->archive, self->options->config,
			    self->options->json ? stderr : stdout, fault) &&
		    prepare(self, fault);
	if (good) {
		self->offset = self->archive.policy.profile->policy.offset;
		good = read_store(self, fault) && finish(self, &manifest, fault);
	}
	if (good)
		report(self);
	if (good && self->options->json)
		manifest_print(json_incref(manifest), stdout);
	json_decref(manifest);
	return good;
}

bool export_store(const struct export_options *options, struct fault *fault)
{
	CLEANUP(cleanup_free) struct export *self = memory_new(1, sizeof(*self));
	*self = (struct export){.options = options,
		.into = ARCHIVE_FOLDER_NONE,
		.folder = ARCHIVE_FOLDER_NONE,
		.created = archive_now()};
	bool good = export(self, fault);
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++)
		if (self->lines[kind].file)
			(void)fclose(self->lines[kind].file); /* what is good was closed before */
	if (!good)
		remove_work(self);
	if (self->store)
		self->store->interface->destroy(&self->store);
	archive_folder_close(&self->folder);
	archive_folder_close(&self->into);
	archive_end(&self->archive);
	return good;
}
