#include "workers/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"

struct line_file {
	const struct tool *tool;
	const char *path; /* NULL: standard output */
	int fd;
};

static bool complain(const struct line_file *self, const char *what)
{
	tool_say(self->tool, "%s: %s: %s", self->path ? self->path : _("standard output"), what,
		language_error(errno));
	return false;
}

static bool open_path(struct line_file *self)
{
	self->fd = open(self->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (self->fd < 0)
		return complain(self, _("cannot open it for appending"));
	char last = '\n';
	off_t size = lseek(self->fd, 0, SEEK_END);
	if (size > 0 && pread(self->fd, &last, 1, size - 1) == 1 && last != '\n' &&
		write(self->fd, "\n", 1) != 1)
		return complain(self, _("cannot write"));
	return true;
}

struct line_file *line_file_open(const struct tool *tool, const char *path)
{
	struct line_file *self = memory_new(1, sizeof(*self));
	*self = (struct line_file){.tool = tool, .path = path, .fd = STDOUT_FILENO};
	if (path && !open_path(self))
		line_file_close(&self);
	return self;
}

void line_file_close(struct line_file **self)
{
	if (!*self)
		return;
	if ((*self)->path && (*self)->fd >= 0)
		close((*self)->fd);
	free(*self);
	*self = NULL;
}

bool line_file_write(struct line_file *self, const char *line)
{
	size_t size = strlen(line);
	struct iovec parts[2] = {{(void *)(uintptr_t)line, size}, {(void *)(uintptr_t) "\n", 1}};
	for (size_t written = 0; written < size + 1;) {
		ssize_t n = writev(self->fd, parts, 2);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return complain(self, _("cannot write"));
		written += (size_t)n;
		size_t first = (size_t)n < parts[0].iov_len ? (size_t)n : parts[0].iov_len;
		parts[0].iov_base = (char *)parts[0].iov_base + first;
		parts[0].iov_len -= first;
		parts[1].iov_len -= (size_t)n - first;
	}
	return true;
}

bool line_file_sync(struct line_file *self)
{
	/* Pipes and terminals have nothing to sync. */
	if (fdatasync(self->fd) == 0 || errno == EINVAL || errno == EROFS)
		return true;
	return complain(self, _("cannot force it to the disk"));
}

bool line_file_reopen(struct line_file *self)
{
	if (!self->path)
		return true;
	close(self->fd);
	self->fd = -1;
	return open_path(self);
}
