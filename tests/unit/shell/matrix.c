#include "tests/unit/shell/matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"

#define MATRIX_FILE "tests/data/matrix.txt"
#define PAGE_FILE   "proto/PROTOCOL.md"

static void parse_row(struct matrix_row *row)
{
	char *rest = NULL, *whose;
	row->kind = strtok_r(row->line, " \n", &rest);
	whose = strtok_r(NULL, " \n", &rest);
	row->fields = strtok_r(NULL, " \n", &rest);
	for (int i = 0; i < SITUATION_END; i++)
		row->cells[i] = strtok_r(NULL, " \n", &rest);
	row->unready = strtok_r(NULL, " \n", &rest);
	if (!row->unready || strtok_r(NULL, " \n", &rest))
		fail_msg("a row of %s has another number of cells: %s", MATRIX_FILE, row->kind);
	bool all = strcmp(whose, "any") == 0 || strcmp(whose, "both") == 0;
	row->own = all || strcmp(whose, "own") == 0;
	row->other = all || strcmp(whose, "other") == 0;
	assert_true(row->own || row->other);
}

static void read_rows(struct matrix *self)
{
	FILE *file CLEANUP(cleanup_fclose) = fopen(MATRIX_FILE, "rb");
	assert_non_null(file);
	for (;;) {
		assert_true(self->rows_count < MATRIX_ROWS_MAX);
		struct matrix_row *row = &self->rows[self->rows_count];
		if (!fgets(row->line, sizeof(row->line), file))
			break;
		if (row->line[0] == '#' || row->line[0] == '\n')
			continue;
		parse_row(row);
		self->rows_count++;
	}
	assert_true(self->rows_count > 0);
}

static void read_kinds(struct matrix *self)
{
	char line[1024], state[16];
	unsigned number;
	FILE *file CLEANUP(cleanup_fclose) = fopen(PAGE_FILE, "rb");
	assert_non_null(file);
	do
		assert_non_null(fgets(line, sizeof(line), file));
	while (strcmp(line, "<!-- table: kinds -->\n") != 0);
	while (fgets(line, sizeof(line), file) && line[0] == '|') {
		struct matrix_kind kind = {.number = 0};
		if (sscanf(line, "| 0x%x | %31s | %127[^|]| %15s |", &number, kind.name, kind.senders,
			    state) != 4)
			continue; /* the head and the line below it */
		assert_true(self->kinds_count < MATRIX_KINDS_MAX);
		kind.number = (uint8_t)number;
		kind.built = strcmp(state, "built") == 0;
		self->kinds[self->kinds_count++] = kind;
	}
	assert_true(self->kinds_count > 50);
}

void matrix_read(struct matrix *self)
{
	memset(self, 0, sizeof(*self));
	read_rows(self);
	read_kinds(self);
}

bool matrix_may_send(const struct matrix_kind *kind, const char *role)
{
	char senders[sizeof(kind->senders)], *rest = NULL;
	memcpy(senders, kind->senders, sizeof(senders));
	for (char *word = strtok_r(senders, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest))
		if (strcmp(word, role) == 0)
			return true;
	return false;
}
