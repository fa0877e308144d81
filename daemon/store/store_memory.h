#ifndef WENZHENG_STORE_STORE_MEMORY_H
#define WENZHENG_STORE_STORE_MEMORY_H

#include "daemon/store/store.h"

/*
 * The store's in-memory twin, for tests and the simulator: the same outcomes as SQLite's, kept in this
 * process. It copies all it is given, and no call has a clock, a random number or a system call in it, so
 * that a run repeats to the byte. Most calls cost about a microsecond; walk_open and walk_cases look at every
 * case ever. What a read lends is a copy that the next call frees, so that a sanitizer sees who keeps a span
 * too long.
 *
 * A handle outlives the "process" that used it: store_memory_crash gives what a new process would open.
 */
struct store *store_memory_new(struct store_identity created_as);

/* What was not committed is gone, a failure is forgotten, planned faults too: as after SIGKILL and a start.
 */
void store_memory_crash(struct store *store);

enum store_memory_fault {
	STORE_MEMORY_FULL,	/* STORE_FULL: the batch is rolled back and the handle goes on */
	STORE_MEMORY_FAIL_LOST, /* -EIO, and after the crash the batch is not there */
	STORE_MEMORY_FAIL_KEPT, /* -EIO, and after the crash the batch is there, if the call was a commit */
};

/*
 * The `countdown`-th call from now of append, a put, or a commit that has something to commit meets the
 * fault; 1: the next. One fault is planned at a time. After a FAIL every write is -EIO until
 * store_memory_crash.
 */
void store_memory_plan(struct store *store, enum store_memory_fault fault, int64_t countdown);

/* While set, every commit of something is STORE_FULL. Survives a crash, as a full disk does. */
void store_memory_set_full(struct store *store, bool is_full);

/* Nothing that was written waits for a commit. */
bool store_memory_is_durable(const struct store *store);

/* Flips a bit of a text that must be there: reading it is STORE_DAMAGED from now on. */
void store_memory_damage_text(struct store *store, int64_t case_id, int64_t ordinal);

#endif
