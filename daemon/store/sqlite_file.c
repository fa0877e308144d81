#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/memory.h"
#include "daemon/store/sqlite.h"

const char *const store_sqlite_beside[] = {"-wal", "-shm", SQLITE_WITNESS_SUFFIX, NULL};

/*
 * The file before SQLite sees it. SQLite's own refusal of symbolic links covers every folder of the path, and
 * state directories of services are often reached by one: hence folders are resolved and only the last part
 * must not be a link.
 */
bool sqlite_file_resolve(const char *path, struct fault *ret_fault, char **ret_path)
{
	REQUIRE(path && ret_path);
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fault_set(ret_fault, "%s: not a file name", path);
	CLEANUP(cleanup_free) char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	ENSURE(folder);
	CLEANUP(cleanup_free) char *real = realpath(folder, NULL);
	if (!real)
		return fault_set(ret_fault, "%s: %s: make the folder first", folder, language_error(errno));
	char *whole = NULL;
	ENSURE(asprintf(&whole, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) > 0);
	*ret_path = whole;
	return true;
}

static bool say_who_has_it(const char *path, int lock, struct fault *ret_fault)
{
	const char *why = language_error(errno);
	char pid[24] = "";
	ssize_t size = pread(lock, pid, sizeof(pid) - 1, 0);
	pid[size > 0 ? strcspn(pid, "\n") : 0] = '\0';
	return fault_set(ret_fault, "%s: another wenzhengd has this store open (pid %s): stop it first (%s)",
		path, *pid ? pid : _("unknown"), why);
}

/* The lock file stays for ever: whoever unlinked it could let two daemons lock two files of one name. */
bool sqlite_file_lock(const char *path, struct fault *ret_fault, int *ret_lock)
{
	char name[PATH_MAX];
	if (snprintf(name, sizeof(name), "%s.lock", path) >= PATH_MAX)
		return fault_set(ret_fault, "the path is too long: %.100s…", path);
	CLEANUP(cleanup_close) int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return fault_set(ret_fault, "%s: %s: the store's folder must be writable", name,
			language_error(errno));
	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		return say_who_has_it(path, lock, ret_fault);
	/* For people only: if it cannot be written, the lock holds all the same. */
	int emptied = ftruncate(lock, 0);
	(void)emptied;
	(void)dprintf(lock, "%ld\n", (long)getpid());
	*ret_lock = lock;
	lock = -1;
	return true;
}

static bool create(const char *path, struct fault *ret_fault)
{
	/* Before SQLite has it open: closing a file drops the process's locks on it. */
	CLEANUP(cleanup_close)
	int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return fault_set(ret_fault, "%s: cannot be made: %s", path, language_error(errno));
	return true;
}

bool sqlite_file_prepare(const char *path, struct fault *ret_fault)
{
	struct stat status;
	if (lstat(path, &status) != 0)
		return errno == ENOENT ? create(path, ret_fault)
				       : fault_set(ret_fault, "%s: %s", path, language_error(errno));
	if (S_ISLNK(status.st_mode))
		return fault_set(ret_fault, "%s: is a symbolic link: give the path of the file itself", path);
	if (!S_ISREG(status.st_mode))
		return fault_set(ret_fault, "%s: is not a regular file", path);
	if (status.st_mode & (S_IRWXO | S_IWGRP))
		return fault_set(ret_fault,
			"%s: others may read or write it (mode %04o), and it holds what citizens wrote: chmod 600 it",
			path, (unsigned)status.st_mode & 07777);
	return true;
}

sqlite3_file *sqlite_file_of(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	ENSURE(sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK);
	return file;
}
