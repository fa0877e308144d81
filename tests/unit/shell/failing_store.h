#ifndef WENZHENG_TESTS_UNIT_SHELL_FAILING_STORE_H
#define WENZHENG_TESTS_UNIT_SHELL_FAILING_STORE_H

#include "daemon/store/store.h"

/*
 * A store before another one, whose calls fail when a test says so. It owns what it stands before. What fails
 * is not passed on: with the outcome 0 it seems done and is not.
 */
enum failing_calls {
	FAILING_ANY,
	FAILING_WRITES,	      /* append, put_…, commit */
	FAILING_READS_OF_ONE, /* read_text, read_message */
	FAILING_CASE,	      /* read_case */
	FAILING_OPEN,	      /* walk_open: what a start begins with */
	FAILING_HISTORY,      /* walk_history */
};

struct failing_store {
	struct store base; /* first */
	struct store *behind;
	enum failing_calls calls;
	int64_t left; /* calls of that kind until the one that fails; 0: none will */
	int outcome;
	bool failed;
	/* Every case's row passes here on its way out; NULL: as it is. */
	void (*change)(struct failing_store *self, struct case_row *row);
	int which;	     /* for `change` */
	bool change_message; /* read_message gives another category */
	bool change_mark;    /* read_text gives contact details a mark that is longer than ours are */
};

struct store *failing_store_new(struct store *behind);
void failing_store_arm(struct store *self, enum failing_calls calls, int64_t nth, int outcome);
/* True if it has failed since it was armed. */
bool failing_store_failed(const struct store *self);

#endif
