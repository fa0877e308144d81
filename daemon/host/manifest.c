#include "daemon/host/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"

#define FORMAT "wenzheng-backup"

static json_t *moment(struct instant instant)
{
	char text[ARCHIVE_MOMENT_SIZE];
	archive_moment(instant, (struct utc_offset){0}, text);
	return json_string(text);
}

static json_t *hex(const struct digest *digest)
{
	char text[DIGEST_HEX_SIZE];
	digest_to_hex(digest, text);
	return json_string(text);
}

json_t *manifest_begin(const char *format, struct instant created, const struct store_identity *store,
	int64_t records, const struct digest *head)
{
	json_t *document = json_pack("{s:s, s:i, s:s, s:o, s:{s:o, s:b}, s:I, s:o}", "format", format,
		"version", MANIFEST_VERSION, "program", "wenzhengd " WENZHENG_VERSION, "created",
		moment(created), "store", "created", moment(store->created), "laboratory", store->laboratory,
		"records", (json_int_t)records, "head", hex(head));
	ENSURE(document);
	return document;
}

json_t *manifest_document(const struct manifest *self)
{
	json_t *document = manifest_begin(FORMAT, self->created, &self->store, self->records, &self->head);
	ENSURE(json_object_set_new(document, "file", json_string(self->file)) == 0);
	ENSURE(json_object_set_new(document, "size", json_integer(self->size)) == 0);
	ENSURE(json_object_set_new(document, "blake2b", hex(&self->digest)) == 0);
	return document;
}

bool manifest_write(
	const struct archive_folder *folder, const char *name, json_t *document, struct fault *fault)
{
	CLEANUP(cleanup_close) int file = archive_folder_make(folder, name, fault);
	CLEANUP(cleanup_free) char *text = json_dumps(document, JSON_INDENT(1));
	json_decref(document);
	ENSURE(text);
	if (file < 0)
		return false;
	size_t size = strlen(text);
	text[size] = '\n'; /* in place of the NUL: what is written has a size */
	if (write(file, text, size + 1) != (ssize_t)size + 1)
		return archive_fault_of_errno(fault, folder->path, "the manifest cannot be written");
	return archive_folder_sync_file(folder, file, name, fault);
}

void manifest_print(json_t *document, FILE *out)
{
	CLEANUP(cleanup_free) char *text = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	ENSURE(text);
	fprintf(out, "%s\n", text);
}

static bool read_moment(const char *text, struct instant *ret_instant)
{
	return civil_parse_instant(span_of_string(text), (struct utc_offset){0}, ret_instant);
}

static bool read_hex(const char *text, struct digest *ret_digest)
{
	return digest_from_hex(span_of_string(text), ret_digest);
}

/* A name and no path: what it names is in the manifest's own folder. */
static bool read_name(const char *text, char ret_name[static MANIFEST_NAME_MAX])
{
	return *text && *text != '.' && !strchr(text, '/') &&
	       span_copy(span_of_string(text), ret_name, MANIFEST_NAME_MAX);
}

static bool read_document(json_t *document, struct manifest *ret_manifest)
{
	const char *format, *created, *store_created, *head, *file, *digest;
	int version, laboratory;
	json_int_t records, size;
	struct manifest read = {.records = 0};
	if (json_unpack(document, "{s:s, s:i, s:s, s:{s:s, s:b}, s:I, s:s, s:s, s:I, s:s}", "format", &format,
		    "version", &version, "created", &created, "store", "created", &store_created,
		    "laboratory", &laboratory, "records", &records, "head", &head, "file", &file, "size",
		    &size, "blake2b", &digest) != 0)
		return false;
	read.records = records;
	read.size = size;
	read.store.laboratory = laboratory;
	if (records < 0 || size < 0 || strcmp(format, FORMAT) != 0 || version != MANIFEST_VERSION ||
		!read_moment(created, &read.created) || !read_moment(store_created, &read.store.created) ||
		!read_hex(head, &read.head) || !read_hex(digest, &read.digest) || !read_name(file, read.file))
		return false;
	*ret_manifest = read;
	return true;
}

enum manifest_outcome manifest_read(const char *path, struct manifest *ret_manifest)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
	if (!file)
		return MANIFEST_ABSENT;
	json_t *document = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	bool is_ours = document && read_document(document, ret_manifest);
	json_decref(document);
	return is_ours ? MANIFEST_READ : MANIFEST_FOREIGN;
}
