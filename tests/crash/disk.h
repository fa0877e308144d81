#ifndef WENZHENG_TESTS_CRASH_DISK_H
#define WENZHENG_TESTS_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lib/prng.h"

/*
 * A disk in memory that holds one database, its WAL, its rollback journal and its witness, and the copy that
 * an upgrade puts aside with its own, as an SQLite VFS. It writes down what it was asked to do, so that any
 * moment of it can be cut short afterwards (cut.h). Paths are not looked at but for their endings: the
 * store's own files of that name (the lock, an empty file) stand on a real disk.
 */
enum disk_name {
	DISK_DATABASE,
	DISK_WAL,
	DISK_JOURNAL,
	DISK_SHM,
	DISK_WITNESS,
	DISK_COPY, /* of an odd schema */
	DISK_COPY_WAL,
	DISK_COPY_JOURNAL,
	DISK_EVEN_COPY,
	DISK_EVEN_COPY_WAL,
	DISK_EVEN_COPY_JOURNAL,
	DISK_NAMES
};

struct disk_file {
	char *bytes;
	size_t size, capacity;
};

/* Makes it as long as `size`; what is new is zero. */
void disk_file_resize(struct disk_file *self, size_t size);

enum disk_op_kind {
	DISK_WRITE,	  /* `data`, `size` bytes of the log's, at `at` */
	DISK_TRUNCATE,	  /* to `at` bytes */
	DISK_SYNC,	  /* of one file */
	DISK_CREATE,	  /* `name` is `file` from now on; -1: no more */
	DISK_SYNC_FOLDER, /* names are durable */
	DISK_MARK,	  /* not of the disk: somebody outside was told something; `at` says what */
};

struct disk_op {
	enum disk_op_kind kind;
	enum disk_name name;
	int file;
	size_t at, size, data;
};

#define DISK_FILES_MAX 64 /* that ever lived, deleted ones too */
#define DISK_SHM_PAGES 8  /* of 32 KiB: a WAL of 32,000 frames */
#define DISK_SHM_LOCKS 8
#define DISK_SHM_HEAD  136

struct disk {
	struct disk_file files[DISK_FILES_MAX];
	int file_count;
	int names[DISK_NAMES]; /* a file, or -1 */

	bool records;
	struct disk_op *ops;
	size_t op_count, op_capacity;
	struct disk_file data;

	bool lies_about[DISK_NAMES]; /* says that it synced a file of this name, and did not */

	struct disk_fault {
		int64_t at;		/* the request with this number, from 1, fails; 0: none */
		bool for_good;		/* and all after it */
		bool is_full, is_quota; /* writes say so; other requests go well */
		bool then_reads_fail;	/* after that */
		int64_t asked;
		int64_t met;
	} fault;

	/* Shared memory. Its head is written to the file DISK_SHM as it changes, and never synced: a real one
	 * is a mapped file, of which a power cut leaves one version or another. */
	char *shm[DISK_SHM_PAGES];
	char shm_head[DISK_SHM_HEAD];
	int shm_users, shm_shared[DISK_SHM_LOCKS];
	bool shm_exclusive[DISK_SHM_LOCKS];
};

/* Empty. Memory is kept for the next use; disk_deinit gives it back. */
void disk_init(struct disk *self);
void disk_clear(struct disk *self);
void disk_deinit(struct disk *self);

/* The disk becomes `to` as it is, without its log. */
void disk_copy(const struct disk *from, struct disk *to);

void disk_mark(struct disk *self, size_t what);

/* Registers the VFS as the process's default; once. */
void disk_register(void);

/* Whose files are seen from now on; nothing may be open. */
void disk_mount(struct disk *self);

/* Makes SQLite's random numbers (the WAL's salts) follow from a seed. */
void disk_seed(uint64_t seed);

#endif
