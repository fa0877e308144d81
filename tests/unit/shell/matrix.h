#ifndef WENZHENG_TESTS_UNIT_SHELL_MATRIX_H
#define WENZHENG_TESTS_UNIT_SHELL_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

/* The two tables that say what is allowed, read from their files: tests/data/matrix.txt and PROTOCOL.md's
 * kinds. */
enum situation {
	SITUATION_NONE,
	SITUATION_TRIAGE,
	SITUATION_RETURNED,
	SITUATION_QUEUED,
	SITUATION_OFFERED,
	SITUATION_LENT,
	SITUATION_TAKEN,
	SITUATION_SHARED,
	SITUATION_ANSWERED,
	SITUATION_END
};

#define MATRIX_ROWS_MAX	 128
#define MATRIX_KINDS_MAX 96

struct matrix_row {
	char line[1024]; /* what the pointers point into */
	const char *kind;
	const char *fields;
	bool own, other;
	const char *cells[SITUATION_END];
	const char *unready;
};

struct matrix_kind {
	char name[32];
	uint8_t number;
	char senders[128];
	bool built;
};

struct matrix {
	struct matrix_row rows[MATRIX_ROWS_MAX];
	unsigned rows_count;
	struct matrix_kind kinds[MATRIX_KINDS_MAX];
	unsigned kinds_count;
};

/* Fails the test if a file is not as expected. */
void matrix_read(struct matrix *self);

/* May a role of this name send the kind, by the page? */
bool matrix_may_send(const struct matrix_kind *kind, const char *role);

#endif
