#include "tests/unit/workers/failing.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	const char *name;
	int left;
	int error;
	bool fired;
} armed;

void failing_arm(const char *name, int nth, int error)
{
	armed.name = name;
	armed.left = nth;
	armed.error = error;
	armed.fired = false;
}

bool failing_fired(void)
{
	armed.name = NULL;
	return armed.fired;
}

static bool fails(const char *name)
{
	if (!armed.name || strcmp(armed.name, name) != 0 || --armed.left > 0)
		return false;
	armed.name = NULL;
	armed.fired = true;
	errno = armed.error;
	return true;
}

/* One wrapper; `failure` is what the call says when it fails. */
#define WRAP(type, failure, name, parameters, arguments)                   \
	type __real_##name parameters;                                     \
	type __wrap_##name parameters;                                     \
	type __wrap_##name parameters                                      \
	{                                                                  \
		return fails(#name) ? (failure) : __real_##name arguments; \
	}

WRAP(int, -1, pipe2, (int ends[2], int flags), (ends, flags))
WRAP(int, -1, fcntl, (int fd, int command, long argument), (fd, command, argument))
WRAP(int, -1, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
	(epoll, operation, fd, event))
WRAP(int, -1, pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
WRAP(ssize_t, -1, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP(ssize_t, -1, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP(ssize_t, -1, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
WRAP(int, -1, fdatasync, (int fd), (fd))
WRAP(pid_t, -1, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
WRAP(int, errno, posix_spawn_file_actions_init, (posix_spawn_file_actions_t * actions), (actions))
WRAP(int, errno, posix_spawnattr_init, (posix_spawnattr_t * attributes), (attributes))
WRAP(int, errno, posix_spawn_file_actions_adddup2, (posix_spawn_file_actions_t * actions, int fd, int as),
	(actions, fd, as))
WRAP(int, errno, posix_spawn_file_actions_addclosefrom_np, (posix_spawn_file_actions_t * actions, int from),
	(actions, from))
WRAP(int, errno, posix_spawnattr_setsigmask, (posix_spawnattr_t * attributes, const sigset_t *mask),
	(attributes, mask))
WRAP(int, errno, posix_spawnattr_setsigdefault, (posix_spawnattr_t * attributes, const sigset_t *mask),
	(attributes, mask))
