#ifndef WENZHENG_HOST_MANIFEST_H
#define WENZHENG_HOST_MANIFEST_H

#include <jansson.h>

#include "daemon/host/archive.h"
#include "daemon/host/archive_folder.h"

/*
 * What stands beside a backup: a JSON object that says of which store and which moment it is, and by which
 *digest its file is known. Times are RFC 3339 in UTC, sizes bytes.
 *
 *	{"format": "wenzheng-backup", "version": 1, "program": "wenzhengd 0.1.0", "created": …,
 *	 "store": {"created": …, "laboratory": false}, "records": 26, "head": "9e74…",
 *	 "file": "wenzheng-20261127T150909Z.db", "size": 4096, "blake2b": "…"}
 */
#define MANIFEST_VERSION  1
#define MANIFEST_NAME_MAX 64 /* bytes of a backup's file name, NUL included */

struct manifest {
	struct store_identity store;
	struct instant created;
	int64_t records;
	struct digest head;
	char file[MANIFEST_NAME_MAX];
	int64_t size;
	struct digest digest;
};

enum manifest_outcome {
	MANIFEST_READ,
	MANIFEST_ABSENT,
	MANIFEST_FOREIGN, /* something else, of a later version, or damaged */
};

/* The caller's. */
json_t *manifest_document(const struct manifest *self);

/* What manifests of all kinds begin with: format, version, program, created, store, records, head. The
 * caller's. */
json_t *manifest_begin(const char *format, struct instant created, const struct store_identity *store,
	int64_t records, const struct digest *head);

/* Writes a document and gives it back; synced. `name` must not be there. */
bool manifest_write(
	const struct archive_folder *folder, const char *name, json_t *document, struct fault *fault);

/* A document as one line; gives it back. */
void manifest_print(json_t *document, FILE *out);

enum manifest_outcome manifest_read(const char *path, struct manifest *ret_manifest);

#endif
