#include "tests/lib/failing.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

FAILING_WRAP(int, -1, pipe2, (int ends[2], int flags), (ends, flags))
FAILING_WRAP(int, -1, fcntl, (int fd, int command, long argument), (fd, command, argument))
FAILING_WRAP(int, -1, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
	(epoll, operation, fd, event))
FAILING_WRAP(int, -1, pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
FAILING_WRAP(ssize_t, -1, read, (int fd, void *data, size_t size), (fd, data, size))
FAILING_WRAP(ssize_t, -1, write, (int fd, const void *data, size_t size), (fd, data, size))
FAILING_WRAP(ssize_t, -1, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
FAILING_WRAP(int, -1, fdatasync, (int fd), (fd))
FAILING_WRAP(pid_t, -1, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
FAILING_WRAP(int, errno, posix_spawn_file_actions_init, (posix_spawn_file_actions_t * actions), (actions))
FAILING_WRAP(int, errno, posix_spawnattr_init, (posix_spawnattr_t * attributes), (attributes))
FAILING_WRAP(int, errno, posix_spawn_file_actions_adddup2,
	(posix_spawn_file_actions_t * actions, int fd, int as), (actions, fd, as))
FAILING_WRAP(int, errno, posix_spawn_file_actions_addclosefrom_np,
	(posix_spawn_file_actions_t * actions, int from), (actions, from))
FAILING_WRAP(int, errno, posix_spawnattr_setsigmask, (posix_spawnattr_t * attributes, const sigset_t *mask),
	(attributes, mask))
FAILING_WRAP(int, errno, posix_spawnattr_setsigdefault,
	(posix_spawnattr_t * attributes, const sigset_t *mask), (attributes, mask))
