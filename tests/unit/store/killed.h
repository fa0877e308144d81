#ifndef WENZHENG_TESTS_STORE_KILLED_H
#define WENZHENG_TESTS_STORE_KILLED_H

#include "tests/unit/store/engines.h"

/* The files that SIGKILL left of a store with a few batches in its WAL, to be damaged again and again. */
#define KILLED_BATCHES 4

struct killed {
	struct place place; /* the files; opened by a test */
	struct place living;
	int64_t frames[KILLED_BATCHES + 1]; /* of the WAL, after each batch */
};

/* A cmocka fixture: *state is a struct killed, whose place is empty. */
int killed_setup(void **state);
int killed_teardown(void **state);

/* The files as they are now, while their store is open; those of the place are replaced. */
void killed_copy(struct killed *self);

/* Of the place's file with this ending ("": the database). */
void killed_path(const struct killed *self, const char *ending, char ret_path[static 128]);
void killed_change(const struct killed *self, const char *ending, int64_t at, const void *bytes, size_t size);
void killed_flip(const struct killed *self, const char *ending, int64_t at);
void killed_cut(const struct killed *self, const char *ending, int64_t size);
void killed_remove(const struct killed *self, const char *ending);

/* Opened by neither handle, the reading one first; both say these words, and no file has changed. */
void killed_is_refused(struct killed *self, const char *words);

/* It opens, and has the first `batches`. */
void killed_opens(struct killed *self, int64_t batches);

#endif
