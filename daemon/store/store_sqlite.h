#ifndef WENZHENG_STORE_STORE_SQLITE_H
#define WENZHENG_STORE_STORE_SQLITE_H

#include "daemon/store/store.h"

/*
 * The store in one SQLite file: WAL, synchronous=FULL, one writing connection in the whole system.
 *
 * Four more files stand beside it: PATH-wal and PATH-shm are SQLite's, PATH-witness knows what was committed
 * last (ADR 25), PATH.lock says who has it open. The directory must be writable, on a local disk, and may be
 * reached by symbolic links; the file itself must not be one.
 */
/* The endings of the files beside it that belong to it alone; NULL ends the list. Who moves the store moves
 * these. */
extern const char *const store_sqlite_beside[];

struct store_sqlite_options {
	const char *path;
	bool create_laboratory; /* of a store made now; a store that exists must then be a laboratory already
				 */
	struct instant created; /* now: written into a store made now, and into the name of a copy */
	/* Called again and again while a store of an older schema is copied aside, which takes as long as the
	 * disk does; may be NULL. */
	void (*busy)(void *context);
	void *context;
	int lock; /* 0: PATH.lock is taken; else of store_sqlite_lock, and stays the caller's */
};

/*
 * Opens the store for the daemon, making it if there is none (mode 0600). Refused, with the reason and the
 * way out in `ret_fault`: a second daemon, a symbolic link, a file others can read or write, a file that is
 * no store of ours, a newer schema, a laboratory asked of a store that is none, a journal whose last records
 * do not match their hashes, an index that does not lead to the last messages, a WAL damaged in its middle,
 * an end that the witness saw and that is not there.
 * Returns 0 or a negative errno. The caller destroys the store by its interface, which writes the WAL back.
 *
 * A store of an older schema is brought up; before that it is copied to PATH.schema-N.TIME, which is synced
 * and compared, and earlier copies are removed. No room for it is refused too.
 */
MUST_CHECK int store_sqlite_open(
	const struct store_sqlite_options *options, struct fault *ret_fault, struct store **ret_store);

/* Where the store as it was before its schema changed at this opening is; NULL: it did not change. The
 * store's. */
const char *store_sqlite_kept(const struct store *self);

/*
 * Opens it for reading only, beside a running daemon or without one; never writes and never checkpoints. The
 * handle sees the store as it is now for as long as it lives, and as long the WAL cannot be reused: keep it
 * for minutes, not for days. Its writing functions are NULL. It is for verify: but for texts, it gives rows
 * as they stand, damaged or not.
 */
MUST_CHECK int store_sqlite_open_read_only(
	const char *path, struct fault *ret_fault, struct store **ret_store);

/* Takes PATH.lock and with it the right to change the store's files, or says who has it. The caller closes
 * the descriptor. */
MUST_CHECK int store_sqlite_lock(const char *path, struct fault *ret_fault, int *ret_lock);

/* `stop` is asked every few milliseconds while this handle reads; non-zero ends what is being read with
 * -ECANCELED. For handles whose reading a person may interrupt. */
void store_sqlite_stop_when(struct store *store, int (*stop)(void *context), void *context);

struct store_copy_options {
	const char *path; /* an empty file of the caller's, who syncs it afterwards */
	/* Called after every few megabytes; non-zero ends the copy, which returns it. */
	int (*step)(void *context, int64_t pages_done, int64_t pages_total);
	void *context;
};

/*
 * Copies all that a read-only handle sees into a file that stands for itself, without a WAL. Page by page, so
 * that damage of the store is damage of its copy and verifying the one verifies the other. The daemon goes on
 * beside it; only its WAL cannot be reused before the handle is destroyed. Returns 0, STORE_FULL, what `step`
 * returned, or a negative errno with the fault set; but for 0 the file is to be thrown away.
 */
MUST_CHECK int store_sqlite_copy(
	struct store *self, const struct store_copy_options *options, struct fault *ret_fault);

/* The chain's head after record `seq`, as it is stored. STORE_NOT_FOUND: there is no such record. */
MUST_CHECK int store_sqlite_head_at(struct store *self, int64_t seq, struct digest *ret_head);

/* For `status`. */
struct store_sqlite_gauges {
	int64_t commits;	/* since it was opened */
	int64_t commit_us_last; /* of the last commit, fsync included */
	int64_t commit_us_max;
	int64_t wal_bytes;  /* not yet written back, or not yet reused */
	int64_t full_count; /* batches rolled back because the disk was full */
	int64_t checkpoints;
};

struct store_sqlite_gauges store_sqlite_gauges(const struct store *self);

#endif
