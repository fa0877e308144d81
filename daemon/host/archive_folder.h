#ifndef WENZHENG_HOST_ARCHIVE_FOLDER_H
#define WENZHENG_HOST_ARCHIVE_FOLDER_H

#include <sys/stat.h>

#include "base/digest.h"
#include "base/fault.h"

/*
 * A folder that files are put into whole or not at all: written under a name of work, synced, given their own
 * name, the folder synced. One process at a time works in it, so that what stands there under a name of work
 * and is locked by nobody was left by one that died.
 *
 * Files are made with mode 0600. Made by root they belong to whom the folder belongs, for it is the daemon's
 * user that will look after them.
 */
struct archive_folder {
	char *path;
	int fd;
	struct stat status;
	int lock; /* -1: none */
};

#define ARCHIVE_FOLDER_NONE ((struct archive_folder){.fd = -1, .lock = -1})

/* False with the fault set; `archive_folder_close` in any case. */
bool archive_folder_open(struct archive_folder *self, const char *path, struct fault *fault);
void archive_folder_close(struct archive_folder *self);

/* Or BUSY, if another process has it. The file `.lock` stays. */
bool archive_folder_lock(struct archive_folder *self, struct fault *fault);

bool archive_folder_has(const struct archive_folder *self, const char *name);

/* PATH/NAME, the caller's. */
char *archive_folder_join(const struct archive_folder *self, const char *name);

/* FULL unless so many bytes fit. */
bool archive_folder_has_room(const struct archive_folder *self, int64_t size, struct fault *fault);

/* An empty file, open for writing; -1 with the fault set. */
int archive_folder_make(const struct archive_folder *self, const char *name, struct fault *fault);

/* Its bytes are on stable storage when this returns true. */
bool archive_folder_sync_file(
	const struct archive_folder *self, int file, const char *name, struct fault *fault);
bool archive_folder_rename(
	const struct archive_folder *self, const char *from, const char *to, struct fault *fault);
bool archive_folder_sync(const struct archive_folder *self, struct fault *fault);

/* That it is not there afterwards is all that matters. */
void archive_folder_remove(const struct archive_folder *self, const char *name);

/* Reads `from` to its end: its digest and size, and its bytes into `to` if that is not -1. 0; what `stop`
 * returned; or negative with errno set, -1 when reading failed and -2 when writing did. */
int archive_file_read(int from, int to, int (*stop)(void *context), void *context, struct digest *ret_digest,
	int64_t *ret_size);

#endif
