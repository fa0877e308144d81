#ifndef WENZHENG_SHELL_REBUILD_H
#define WENZHENG_SHELL_REBUILD_H

#include "daemon/core/core.h"
#include "daemon/store/store.h"

/*
 * Rebuilds every case from the journal and compares it with its row: promise 4 turned round. For `verify` and
 * for the simulator. Only for a journal whose hash chain holds: core_apply asserts what a decision promised.
 */
struct rebuild_options {
	struct store *store; /* read only */
	struct core_options core;
	/* Called for each field that differs; `what` names it. */
	void (*differs)(void *context, int64_t case_id, const char *what);
	void *context;
};

struct rebuild_counts {
	int64_t records;
	int64_t cases;
	int64_t differences;
};

/* 0, or negative: the store cannot be read to the end. */
MUST_CHECK int rebuild_and_compare(const struct rebuild_options *options, struct rebuild_counts *ret_counts);

#endif
