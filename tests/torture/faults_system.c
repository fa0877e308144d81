/* System calls as the C library names them. Each fails as the kernel would, without being made. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tests/torture/faults.h"

#define REAL(name) (faults_find(&real, name), real)

static bool strike(const char *name, int first, int second)
{
	/* Signals come, and go again. */
	bool has_second = second != 0 && (second != EINTR || !faults_for_good());
	if (!faults_strike(FAULTS_SYSTEM, name, has_second))
		return false;
	errno = faults_flavour() == FAULTS_SECOND ? second : first;
	return true;
}

/* A function that says -1, or (type)-1, and errno; `second` 0: it has one answer only. */
#define FAULTY(type, name, parameters, arguments, first, second) \
	type name parameters;                                    \
	type name parameters                                     \
	{                                                        \
		static type(*real) parameters;                   \
		if (strike(#name, first, second))                \
			return (type)-1;                         \
		return REAL(#name) arguments;                    \
	}

#define FAULTY_OPEN(name)                                     \
	int name(const char *path, int flags, ...)            \
	{                                                     \
		static int (*real)(const char *, int, ...);   \
		va_list rest;                                 \
		va_start(rest, flags);                        \
		mode_t mode = (mode_t)va_arg(rest, unsigned); \
		va_end(rest);                                 \
		if (strike(#name, EMFILE, EACCES))            \
			return -1;                            \
		return REAL(#name)(path, flags, mode);        \
	}
FAULTY_OPEN(open)
FAULTY_OPEN(open64)

#define FAULTY_CONTROL(name)                               \
	int name(int fd, int command, ...)                 \
	{                                                  \
		static int (*real)(int, int, ...);         \
		va_list rest;                              \
		va_start(rest, command);                   \
		void *argument = va_arg(rest, void *);     \
		va_end(rest);                              \
		if (strike(#name, ENOLCK, 0))              \
			return -1;                         \
		return REAL(#name)(fd, command, argument); \
	}
FAULTY_CONTROL(fcntl)
FAULTY_CONTROL(fcntl64)

FAULTY(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), EIO, 0)
FAULTY(ssize_t, __read_chk, (int fd, void *data, size_t size, size_t room), (fd, data, size, room), EIO, 0)
FAULTY(ssize_t, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at), EIO, 0)
FAULTY(ssize_t, pread64, (int fd, void *data, size_t size, off_t at), (fd, data, size, at), EIO, 0)
FAULTY(ssize_t, __pread_chk, (int fd, void *data, size_t size, off_t at, size_t room),
	(fd, data, size, at, room), EIO, 0)
FAULTY(ssize_t, __pread64_chk, (int fd, void *data, size_t size, off_t at, size_t room),
	(fd, data, size, at, room), EIO, 0)
FAULTY(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), EIO, ENOSPC)
FAULTY(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), EIO, ENOSPC)
FAULTY(ssize_t, pwrite64, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), EIO,
	ENOSPC)
FAULTY(int, ftruncate, (int fd, off_t size), (fd, size), EIO, ENOSPC)
FAULTY(int, ftruncate64, (int fd, off_t size), (fd, size), EIO, ENOSPC)
FAULTY(int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size), ENOSPC, 0)
FAULTY(int, posix_fallocate, (int fd, off_t at, off_t size), (fd, at, size), ENOSPC, 0)
FAULTY(int, flock, (int fd, int operation), (fd, operation), ENOLCK, EWOULDBLOCK)
FAULTY(int, stat, (const char *path, struct stat *status), (path, status), EACCES, 0)
FAULTY(int, lstat, (const char *path, struct stat *status), (path, status), EACCES, 0)
FAULTY(int, fstat, (int fd, struct stat *status), (fd, status), EIO, 0)
FAULTY(int, stat64, (const char *path, struct stat64 *status), (path, status), EACCES, 0)
FAULTY(int, lstat64, (const char *path, struct stat64 *status), (path, status), EACCES, 0)
FAULTY(int, fstat64, (int fd, struct stat64 *status), (fd, status), EIO, 0)
FAULTY(int, access, (const char *path, int mode), (path, mode), EACCES, 0)
FAULTY(int, unlink, (const char *path), (path), EACCES, 0)
FAULTY(int, mkdir, (const char *path, mode_t mode), (path, mode), EACCES, ENOSPC)
FAULTY(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM, 0)
FAULTY(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), EPERM, 0)
FAULTY(int, statvfs, (const char *path, struct statvfs *disk), (path, disk), EIO, 0)
FAULTY(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t from),
	(at, size, protection, flags, fd, from), ENOMEM, 0)
FAULTY(void *, mmap64, (void *at, size_t size, int protection, int flags, int fd, off_t from),
	(at, size, protection, flags, fd, from), ENOMEM, 0)

FAULTY(int, socket, (int domain, int type, int protocol), (domain, type, protocol), EMFILE, 0)
FAULTY(int, bind, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size), EADDRINUSE,
	EACCES)
FAULTY(int, listen, (int fd, int backlog), (fd, backlog), EADDRINUSE, 0)
FAULTY(int, accept, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size), EMFILE,
	ECONNABORTED)
FAULTY(int, accept4, (int fd, struct sockaddr *address, socklen_t *size, int flags),
	(fd, address, size, flags), EMFILE, ECONNABORTED)
FAULTY(int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size),
	ECONNREFUSED, ETIMEDOUT)
FAULTY(ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags), ECONNRESET,
	EPIPE)
FAULTY(ssize_t, recv, (int fd, void *data, size_t size, int flags), (fd, data, size, flags), ECONNRESET,
	ETIMEDOUT)
FAULTY(ssize_t, __recv_chk, (int fd, void *data, size_t size, size_t room, int flags),
	(fd, data, size, room, flags), ECONNRESET, ETIMEDOUT)
FAULTY(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), ENOBUFS, 0)
FAULTY(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
	(fd, level, name, value, size), EINVAL, 0)
FAULTY(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
	(fd, level, name, value, size), EINVAL, 0)
FAULTY(int, getsockname, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size), ENOBUFS, 0)
FAULTY(int, epoll_create1, (int flags), (flags), EMFILE, 0)
FAULTY(int, epoll_create, (int size), (size), EMFILE, 0)
FAULTY(int, epoll_ctl, (int fd, int operation, int what, struct epoll_event *event),
	(fd, operation, what, event), ENOMEM, 0)
FAULTY(int, epoll_wait, (int fd, struct epoll_event *events, int most, int ms), (fd, events, most, ms), EIO,
	EINTR)
FAULTY(int, poll, (struct pollfd * items, nfds_t count, int ms), (items, count, ms), ENOMEM, EINTR)
FAULTY(int, __poll_chk, (struct pollfd * items, nfds_t count, int ms, size_t room), (items, count, ms, room),
	ENOMEM, EINTR)
FAULTY(int, eventfd, (unsigned value, int flags), (value, flags), EMFILE, 0)
FAULTY(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags), EMFILE, 0)

/* A pthread function's answer is the error itself. */
int pthread_create(unsigned long *thread, const void *attributes, void *(*start)(void *), void *argument);
int pthread_create(unsigned long *thread, const void *attributes, void *(*start)(void *), void *argument)
{
	static int (*real)(unsigned long *, const void *, void *(*)(void *), void *);
	return strike("pthread_create", EAGAIN, 0)
		       ? EAGAIN
		       : REAL("pthread_create")(thread, attributes, start, argument);
}

/* Closed all the same, as Linux does. */
int close(int fd)
{
	static int (*real)(int);
	bool struck = strike("close", EIO, 0);
	int r = REAL("close")(fd);
	if (!struck)
		return r;
	errno = EIO;
	return -1;
}

static int sync_or_fail(const char *name, int fd, int (*sync)(int))
{
	struct stat status;
	if (!strike(name, EIO, ENOSPC))
		return sync(fd);
	int error = errno;
	static int (*real)(int, struct stat *);
	if (REAL("fstat")(fd, &status) == 0 && S_ISREG(status.st_mode))
		faults_note_failed_sync();
	errno = error;
	return -1;
}

int fsync(int fd)
{
	static int (*real)(int);
	return sync_or_fail("fsync", fd, REAL("fsync"));
}

int fdatasync(int fd)
{
	static int (*real)(int);
	return sync_or_fail("fdatasync", fd, REAL("fdatasync"));
}

/* SQLite waits so for a lock that it does not get. How long it waits is not what is looked at here. */
int usleep(useconds_t us)
{
	(void)us;
	return 0;
}

/* Those that say NULL. */
#define FAULTY_STREAM(type, name, parameters, arguments, first) \
	type name parameters                                    \
	{                                                       \
		static type(*real) parameters;                  \
		if (strike(#name, first, 0))                    \
			return NULL;                            \
		return REAL(#name) arguments;                   \
	}
FAULTY_STREAM(FILE *, fopen, (const char *path, const char *mode), (path, mode), EMFILE)
FAULTY_STREAM(FILE *, fopen64, (const char *path, const char *mode), (path, mode), EMFILE)
FAULTY_STREAM(FILE *, fdopen, (int fd, const char *mode), (fd, mode), ENOMEM)
FAULTY_STREAM(DIR *, opendir, (const char *path), (path), EMFILE)
FAULTY_STREAM(char *, realpath, (const char *path, char *resolved), (path, resolved), EACCES)
