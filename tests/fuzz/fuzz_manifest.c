#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/host/manifest.h"
#include "tests/fuzz/feed.h"

/*
 * Any text as the manifest of a backup: somebody else's, or one whose file is a name in the manifest's own
 * folder, and which says the same when it is written down and read again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct manifest *manifest)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	ENSURE(out);
	manifest_print(manifest_document(manifest), out);
	ENSURE(fclose(out) == 0);
	struct feed_file file = feed_file_of(span_of(text, size), 0600);
	struct manifest again;
	ENSURE(manifest_read(file.path, &again) == MANIFEST_READ);
	ENSURE(strcmp(again.file, manifest->file) == 0 && again.size == manifest->size &&
		again.records == manifest->records && digest_equal(&again.digest, &manifest->digest) &&
		digest_equal(&again.head, &manifest->head) && again.created.us == manifest->created.us &&
		again.store.created.us == manifest->store.created.us &&
		again.store.laboratory == manifest->store.laboratory);
	feed_file_close(&file);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed_file file = feed_file_of(span_of(data, size), 0600);
	struct manifest manifest;
	digest_start();
	if (manifest_read(file.path, &manifest) == MANIFEST_READ) {
		ENSURE(*manifest.file && *manifest.file != '.' && !strchr(manifest.file, '/') &&
			strlen(manifest.file) < MANIFEST_NAME_MAX);
		ENSURE(manifest.size >= 0 && manifest.records >= 0);
		check_again(&manifest);
	}
	feed_file_close(&file);
	return 0;
}
