#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

/*
 * Stands in for libFuzzer in ordinary builds: feeds every file of a corpus folder to the target once, in the
 * order of their names. An input that once crashed stays in the corpus and so stays a test. Exit status 0 if
 * there was at least one file and nothing crashed.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(const char *path)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
	if (!file) {
		perror(path);
		return -1;
	}
	CLEANUP(buffer_deinit) struct buffer input = BUFFER_NULL;
	char chunk[4096];
	size_t size;
	while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_append(&input, chunk, size);
	if (ferror(file)) {
		perror(path);
		return -1;
	}
	/* A block of the exact size, so that AddressSanitizer sees a read past the end. */
	CLEANUP(cleanup_free) uint8_t *exact = malloc(input.size ? input.size : 1);
	if (!exact)
		return -1;
	if (input.size)
		memcpy(exact, input.data, input.size);
	LLVMFuzzerTestOneInput(exact, input.size);
	return 0;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	struct dirent **entries;
	int count = scandir(argv[1], &entries, visible, alphasort);
	if (count < 0) {
		perror(argv[1]);
		return 1;
	}
	int failed = 0;
	for (int i = 0; i < count; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
		failed += feed(path) < 0;
		free(entries[i]);
	}
	free(entries);
	printf("%d inputs replayed\n", count);
	return count == 0 || failed > 0;
}
