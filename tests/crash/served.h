#ifndef WENZHENG_TESTS_CRASH_SERVED_H
#define WENZHENG_TESTS_CRASH_SERVED_H

#include "daemon/store/store.h"

/*
 * Everything that a store's reading functions serve, question by question. The questions are made from a
 * sound store; asked of a damaged one, each answer is the same, refused, missing — or wrong.
 */
enum served {
	SERVED_SAME,
	SERVED_REFUSED, /* an error, or STORE_DAMAGED */
	SERVED_MISSING, /* not found, or fewer rows, and no error */
	SERVED_WRONG,	/* a row that was never written, or is not what was asked for */
};

struct question;

struct questions {
	struct question *list;
	size_t count, capacity;
};

void questions_init(struct questions *self, struct store *sound);
void questions_deinit(struct questions *self);

struct answers {
	size_t same, refused, missing, wrong;
	size_t perhaps_old; /* of the wrong: rows that are replaced while they live, which may stand as they
			       once were */
	size_t lost_names;  /* of the missing: a message by its id, which would be accepted a second time */
	size_t open_forgotten; /* open cases not walked, though as many as the totals say */
	const char *first_wrong;
};

struct answers questions_ask(const struct questions *self, struct store *store);

#endif
