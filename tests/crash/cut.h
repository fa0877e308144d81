#ifndef WENZHENG_TESTS_CRASH_CUT_H
#define WENZHENG_TESTS_CRASH_CUT_H

#include "tests/crash/disk.h"

/*
 * What a power cut may leave of a disk. Walks a log; at each place it knows what is durable and what is not,
 * and makes disks of it: the durable part, and of the rest what a seed says — nothing, all, a part of the
 * writes in another order, sectors of 512 bytes torn out of them, or sectors of nonsense in their place.
 * Names follow the order they were given in, as on a journaling file system, but any of the last may be
 * missing.
 */
struct cut {
	const struct disk *log;
	size_t place; /* operations before it have been asked for */
	size_t told;  /* the last mark */
	struct disk durable;
	size_t *pending; /* operations not durable, in order */
	size_t pending_count, pending_capacity;
};

/* Begins with `base`, all of which is durable; both must stay. */
void cut_init(struct cut *self, const struct disk *base, const struct disk *log);
void cut_deinit(struct cut *self);

/* One operation more; false at the end. */
bool cut_advance(struct cut *self);

enum cut_damage {
	CUT_NONE,     /* nothing of what was not synced is there */
	CUT_ALL,      /* all is, as after SIGKILL */
	CUT_SUBSET,   /* any of the writes */
	CUT_TORN,     /* any of their sectors */
	CUT_PREFIX,   /* the first ones, the last of them torn */
	CUT_NONSENSE, /* any of their sectors, the others overwritten with nonsense */
	CUT_DAMAGES
};

void cut_make(const struct cut *self, enum cut_damage damage, struct prng *prng, struct disk *to);

#endif
