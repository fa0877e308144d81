#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/lib/prng.h"

/*
 * A disk that fails when told to: preloaded into a program (LD_PRELOAD), it stands between SQLite and libc.
 * Only files whose path begins with $FAULTY_DISK_FOLDER are touched. What goes wrong stands in a small file,
 * $FAULTY_DISK_CONTROL, that the test maps and changes while the program runs (faulty_disk.py).
 *
 * Unlike a file system in user space it needs no privileges and no module of the kernel, and costs nothing
 * while no fault is armed. What it cannot see are pages written through a mapping: SQLite writes so to its
 * -shm file only.
 */

#define MAGIC	    UINT64_C(0x3144554c54594446)
#define SHORT_WRITE -1 /* as `error`: half of it is written, which is no error */
#define PER_MILLION 1000000
#define SUFFIX_SIZE 8
#define PATH_SIZE   512

enum operation { WRITE, TRUNCATE, SYNC, OPEN, OPERATION_END };

/* The layout is faulty_disk.py's too. */
struct rule {
	int32_t error;	      /* errno, SHORT_WRITE, or 0 */
	uint32_t per_million; /* how many of the calls meet it */
	uint32_t delay_ms;    /* before each call, whether it fails or not */
	uint32_t spare;	      /* so many calls pass before the first fails */
	uint64_t calls;
	uint64_t faults;
	char suffix[SUFFIX_SIZE]; /* only files that end so; empty: all */
};

struct control {
	uint64_t magic;
	uint64_t seed;
	uint32_t armed; /* 0: nothing is looked at */
	uint32_t has_free;
	int64_t free; /* what statvfs says, if has_free */
	struct rule rules[OPERATION_END];
};

/* One thread of the program writes its files, so nothing here is guarded. */
static struct control *control;
static const char *folder;
static struct prng prng;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static __attribute__((constructor)) void start(void)
{
	const char *path = getenv("FAULTY_DISK_CONTROL");
	folder = getenv("FAULTY_DISK_FOLDER");
	int file = path && folder ? NEXT(open)(path, O_RDWR | O_CLOEXEC) : -1;
	if (file < 0)
		return;
	void *map = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	if (map == MAP_FAILED || ((struct control *)map)->magic != MAGIC) {
		fputs("faulty disk: the control file is none\n", stderr);
		abort();
	}
	control = map;
	prng_init(&prng, control->seed);
}

static bool concerns(const struct rule *rule, const char *path)
{
	size_t size = strlen(path), suffix = strnlen(rule->suffix, SUFFIX_SIZE);
	return strncmp(path, folder, strlen(folder)) == 0 && size >= suffix &&
	       memcmp(path + size - suffix, rule->suffix, suffix) == 0;
}

/* The fault that this call meets: an errno, SHORT_WRITE, or 0. */
static int fault_at(enum operation operation, const char *path)
{
	struct rule *rule = &control->rules[operation];
	if (!concerns(rule, path))
		return 0;
	rule->calls++;
	if (rule->delay_ms > 0)
		(void)poll(NULL, 0, (int)rule->delay_ms);
	if (rule->error == 0)
		return 0;
	if (rule->spare > 0) {
		rule->spare--;
		return 0;
	}
	if (prng_below(&prng, PER_MILLION) >= rule->per_million)
		return 0;
	rule->faults++;
	return rule->error;
}

static int fault_of(enum operation operation, int file)
{
	char link[32], path[PATH_SIZE];
	int before = errno;
	if (!control || !control->armed)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	ssize_t size = readlink(link, path, sizeof(path) - 1);
	errno = before;
	if (size < 0)
		return 0;
	path[size] = '\0';
	return fault_at(operation, path);
}

static int fault_of_path(const char *path)
{
	return control && control->armed ? fault_at(OPEN, path) : 0;
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

#define WRITING(name, declared, given)                                               \
	ssize_t name declared                                                        \
	{                                                                            \
		int fault = fault_of(WRITE, file);                                   \
		if (fault > 0)                                                       \
			return refuse(fault);                                        \
		size_t size = fault == SHORT_WRITE && whole > 1 ? whole / 2 : whole; \
		return NEXT(name) given;                                             \
	}

WRITING(write, (int file, const void *data, size_t whole), (file, data, size))
WRITING(pwrite, (int file, const void *data, size_t whole, off_t at), (file, data, size, at))
WRITING(pwrite64, (int file, const void *data, size_t whole, off64_t at), (file, data, size, at))

#define CALLING(name, operation, declared, given)                    \
	int name declared                                            \
	{                                                            \
		int fault = fault_of(operation, file);               \
		return fault > 0 ? refuse(fault) : NEXT(name) given; \
	}

CALLING(ftruncate, TRUNCATE, (int file, off_t size), (file, size))
CALLING(ftruncate64, TRUNCATE, (int file, off64_t size), (file, size))
CALLING(fsync, SYNC, (int file), (file))
CALLING(fdatasync, SYNC, (int file), (file))

#define OPENING(name)                                                                   \
	int name(const char *path, int flags, ...)                                      \
	{                                                                               \
		va_list rest;                                                           \
		va_start(rest, flags);                                                  \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
		va_end(rest);                                                           \
		int fault = fault_of_path(path);                                        \
		return fault > 0 ? refuse(fault) : NEXT(name)(path, flags, mode);       \
	}

OPENING(open)
OPENING(open64)

static void tell_free(const char *path, fsblkcnt_t *ret_free, unsigned long block)
{
	if (control && control->has_free && strncmp(path, folder, strlen(folder)) == 0)
		*ret_free = (fsblkcnt_t)control->free / block;
}

int statvfs(const char *restrict path, struct statvfs *restrict ret_status)
{
	int r = NEXT(statvfs)(path, ret_status);
	if (r == 0)
		tell_free(path, &ret_status->f_bavail, ret_status->f_frsize);
	return r;
}

int statvfs64(const char *restrict path, struct statvfs64 *restrict ret_status)
{
	int r = NEXT(statvfs64)(path, ret_status);
	if (r == 0)
		tell_free(path, &ret_status->f_bavail, ret_status->f_frsize);
	return r;
}
