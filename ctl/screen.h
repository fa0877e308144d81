#ifndef WENZHENG_CTL_SCREEN_H
#define WENZHENG_CTL_SCREEN_H

#include <stdbool.h>

#include "base/language.h"
#include "ctl/columns.h"
#include "ctl/words.h"
#include "proto/message.h"

/*
 * What people see: tables (libsmartcols, which knows how wide Chinese is), lists of properties, texts.
 *Colours only on a terminal, and not if NO_COLOR is set.
 *
 *	struct screen_table *table = screen_table_new(columns, count);
 *	screen_row(table); screen_cell(table, name); screen_cell_time(table, item, FIELD_DUE); …
 *	screen_table_print(&table);
 */
struct screen_table;

/* All cells are written, whichever of them the view shows. NULL: all. */
struct screen_table *screen_table_new(
	const struct screen_column *columns, unsigned count, const struct screen_view *view);

/* Prints and frees it. Nothing is printed for a table without rows. Returns the number of rows. */
unsigned screen_table_print(struct screen_table **self);
/* The same of the first rows alone. */
unsigned screen_table_print_some(struct screen_table **self, unsigned rows_max);
/* By the figures of a column, the largest first; what is equal stays as it was. */
void screen_table_sort(struct screen_table *self, const char *column);
void screen_table_destroy(struct screen_table **self);

void screen_row(struct screen_table *self);

/* The row's next cell. What is absent stays empty. */
void screen_cell(struct screen_table *self, struct span text);
__attribute__((format(printf, 2, 3))) void screen_cell_printf(
	struct screen_table *self, const char *format, ...);
void screen_cell_text(struct screen_table *self, const struct message *item, enum field field);
void screen_cell_word(
	struct screen_table *self, enum words kind, const struct message *item, enum field field);
void screen_cell_time(struct screen_table *self, const struct message *item, enum field field);
void screen_cell_count(struct screen_table *self, const struct message *item, enum field field);

enum screen_paint { SCREEN_PLAIN, SCREEN_BAD, SCREEN_WARNING, SCREEN_FAINT };

/* The whole row. */
void screen_paint_row(struct screen_table *self, enum screen_paint paint);

/* Begins and ends a painted piece of standard output: "" where there are no colours. */
const char *screen_paint_on(enum screen_paint paint);
const char *screen_paint_off(void);

/* "Name        value": a line of a list of properties, and its beginning alone. */
void screen_label(const char *name);
__attribute__((format(printf, 2, 3))) void screen_property(const char *name, const char *format, ...);

/* What a citizen or an office wrote: as it stands, in a line of a list of properties, or as a text with each
 * line indented. What could move the cursor or turn the direction of writing is not obeyed. */
void screen_words(struct span text);
void screen_property_text(const char *name, struct span text);
void screen_text(struct span text);

/* A moment of a message as people read it, or "-". */
struct screen_time {
	char text[20];
};
struct screen_time screen_time_of(const struct message *message, enum field field);

#endif
