#include "daemon/host/archive_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/host/archive.h"

#define LOCK_NAME  ".lock"
#define CHUNK_SIZE (1024 * 1024)

bool archive_folder_open(struct archive_folder *self, const char *path, struct fault *fault)
{
	*self = ARCHIVE_FOLDER_NONE;
	self->path = memory_copy_string(path);
	self->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (self->fd < 0 || fstat(self->fd, &self->status) != 0)
		return archive_fault_of_errno(fault, path, "the folder cannot be opened");
	return true;
}

void archive_folder_close(struct archive_folder *self)
{
	if (self->lock >= 0)
		close(self->lock);
	if (self->fd >= 0)
		close(self->fd);
	free(self->path);
	*self = ARCHIVE_FOLDER_NONE;
}

/* Only root may give files away, and only root has to. */
static bool give_to_owner(const struct archive_folder *self, int file)
{
	return geteuid() != 0 || fchown(file, self->status.st_uid, self->status.st_gid) == 0;
}

bool archive_folder_lock(struct archive_folder *self, struct fault *fault)
{
	CLEANUP(cleanup_close)
	int lock = openat(self->fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0 || !give_to_owner(self, lock))
		return archive_fault_of_errno(fault, self->path, "cannot be written to");
	if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
		self->lock = lock;
		lock = -1;
		return true;
	}
	if (errno == EWOULDBLOCK)
		return archive_fault(fault, ARCHIVE_BUSY,
			"%s: another backup or export is being written there: wait for its end", self->path);
	return archive_fault_of_errno(fault, self->path, "cannot be locked");
}

bool archive_folder_has(const struct archive_folder *self, const char *name)
{
	struct stat status;
	return fstatat(self->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

char *archive_folder_join(const struct archive_folder *self, const char *name)
{
	struct buffer path = BUFFER_NULL;
	buffer_printf(&path, "%s/%s", self->path, name);
	buffer_string(&path);
	return path.data;
}

bool archive_folder_has_room(const struct archive_folder *self, int64_t size, struct fault *fault)
{
	struct statvfs disk;
	if (fstatvfs(self->fd, &disk) != 0)
		return archive_fault_of_errno(fault, self->path, "its disk cannot be looked at");
	int64_t room = (int64_t)(disk.f_bavail * disk.f_frsize);
	if (room >= size)
		return true;
	return archive_fault(fault, ARCHIVE_FULL, "%s: %lld MiB are free and %lld needed: make room",
		self->path, (long long)room / (1024 * 1024), (long long)size / (1024 * 1024) + 1);
}

int archive_folder_make(const struct archive_folder *self, const char *name, struct fault *fault)
{
	int file = openat(self->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file >= 0 && give_to_owner(self, file))
		return file;
	(void)archive_fault_of_errno(fault, self->path, "no file can be made in it");
	if (file >= 0) {
		close(file);
		archive_folder_remove(self, name);
	}
	return -1;
}

bool archive_folder_sync_file(
	const struct archive_folder *self, int file, const char *name, struct fault *fault)
{
	CLEANUP(cleanup_free) char *path = archive_folder_join(self, name);
	return fsync(file) == 0 || archive_fault_of_errno(fault, path, "cannot be synced");
}

bool archive_folder_rename(
	const struct archive_folder *self, const char *from, const char *to, struct fault *fault)
{
	CLEANUP(cleanup_free) char *path = archive_folder_join(self, to);
	return renameat(self->fd, from, self->fd, to) == 0 ||
	       archive_fault_of_errno(fault, path, "cannot be given its name");
}

bool archive_folder_sync(const struct archive_folder *self, struct fault *fault)
{
	return fsync(self->fd) == 0 || archive_fault_of_errno(fault, self->path, "cannot be synced");
}

void archive_folder_remove(const struct archive_folder *self, const char *name)
{
	(void)unlinkat(self->fd, name, 0);
}

static bool write_all(int to, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(to, data, size);
		if (written < 0)
			return false;
		data += written;
		size -= (size_t)written;
	}
	return true;
}

int archive_file_read(int from, int to, int (*stop)(void *context), void *context, struct digest *ret_digest,
	int64_t *ret_size)
{
	CLEANUP(cleanup_free) char *chunk = memory_new(1, CHUNK_SIZE);
	struct digest_stream stream;
	digest_stream_init(&stream);
	int64_t total = 0;
	ssize_t size;
	while ((size = pread(from, chunk, CHUNK_SIZE, total)) > 0) {
		digest_stream_add(&stream, span_of(chunk, (size_t)size));
		total += size;
		if (to >= 0 && !write_all(to, chunk, (size_t)size))
			return -2;
		int stopped = stop(context);
		if (stopped != 0)
			return stopped;
	}
	*ret_digest = digest_stream_end(&stream);
	*ret_size = total;
	return size == 0 ? 0 : -1;
}
