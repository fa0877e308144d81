#include "ctl/screen.h"

#include <libsmartcols.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "ctl/moment.h"
#include "ctl/width.h"

/* ---- colours ---- */

static bool wants_colours(void)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
	return isatty(STDOUT_FILENO) && (!no || !*no) && terminal && strcmp(terminal, "dumb") != 0;
}

static const char *const paints[] = {
	[SCREEN_PLAIN] = "",
	[SCREEN_BAD] = "\033[1;31m",
	[SCREEN_WARNING] = "\033[33m",
	[SCREEN_FAINT] = "\033[2m",
};

const char *screen_paint_on(enum screen_paint paint)
{
	return wants_colours() ? paints[paint] : "";
}

const char *screen_paint_off(void)
{
	return wants_colours() ? "\033[0m" : "";
}

/* ---- tables ---- */

struct screen_table {
	const struct screen_column *columns;
	unsigned columns_count;
	const struct screen_view *view;
	struct libscols_table *table;
	struct libscols_line *line;
	size_t next; /* column of the line's next cell */
	unsigned rows;
};

struct screen_table *screen_table_new(
	const struct screen_column *columns, unsigned count, const struct screen_view *view)
{
	struct screen_table *self = memory_new(1, sizeof(*self));
	*self = (struct screen_table){.columns = columns, .columns_count = count, .view = view};
	self->table = scols_new_table();
	ENSURE(self->table);
	scols_table_enable_colors(self->table, wants_colours());
	for (unsigned i = 0; i < count; i++) {
		int flags = (columns[i].right ? SCOLS_FL_RIGHT : 0) | (columns[i].wide ? SCOLS_FL_TRUNC : 0);
		ENSURE(scols_table_new_column(self->table, _(columns[i].name), 0, flags));
	}
	return self;
}

void screen_table_destroy(struct screen_table **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	scols_unref_table((*self)->table);
	free(*self);
	*self = NULL;
}

/* Behind the last one that is shown. */
static void show(struct libscols_table *table, struct libscols_column *column, struct libscols_column **last)
{
	ENSURE(scols_column_set_flags(column, scols_column_get_flags(column) & ~SCOLS_FL_HIDDEN) == 0);
	ENSURE(scols_table_move_column(table, *last, column) == 0);
	*last = column;
}

static void choose_columns(struct screen_table *self)
{
	const char *rest = self->view->output;
	/* A column's place changes when another one is moved. */
	struct libscols_column **columns CLEANUP(cleanup_free) =
		memory_new(self->columns_count, sizeof(struct libscols_column *));
	struct libscols_column *last = NULL;
	for (unsigned i = 0; i < self->columns_count; i++) {
		columns[i] = scols_table_get_column(self->table, i);
		ENSURE(scols_column_set_flags(
			       columns[i], scols_column_get_flags(columns[i]) | SCOLS_FL_HIDDEN) == 0);
	}
	while (*rest) {
		struct span name = columns_next(&rest);
		unsigned at = columns_find(self->columns, self->columns_count, name);
		REQUIRE(at < self->columns_count); /* columns_check found it */
		show(self->table, columns[at], &last);
	}
}

unsigned screen_table_print(struct screen_table **self)
{
	return screen_table_print_some(self, UINT_MAX);
}

unsigned screen_table_print_some(struct screen_table **self, unsigned rows_max)
{
	REQUIRE(self && *self && rows_max > 0);
	struct libscols_table *table = (*self)->table;
	const struct screen_view *view = (*self)->view;
	unsigned rows = (*self)->rows;
	if (rows > 0 && view && view->output)
		choose_columns(*self);
	if (view)
		scols_table_enable_noheadings(table, view->no_headings);
	while (scols_table_get_nlines(table) > rows_max)
		scols_table_remove_line(table, scols_table_get_line(table, rows_max));
	if (rows > 0)
		ENSURE(scols_print_table(table) == 0);
	screen_table_destroy(self);
	return rows;
}

static long figure_of(struct libscols_cell *cell)
{
	const char *text = scols_cell_get_data(cell);
	return text ? strtol(text, NULL, 10) : 0;
}

static int compare_figures(struct libscols_cell *a, struct libscols_cell *b, void *data)
{
	(void)data;
	return (figure_of(a) < figure_of(b)) - (figure_of(a) > figure_of(b));
}

void screen_table_sort(struct screen_table *self, const char *column)
{
	unsigned at = columns_find(self->columns, self->columns_count, span_of_string(column));
	REQUIRE(at < self->columns_count);
	struct libscols_column *by = scols_table_get_column(self->table, at);
	ENSURE(scols_column_set_cmpfunc(by, compare_figures, NULL) == 0);
	ENSURE(scols_sort_table(self->table, by) == 0);
}

void screen_row(struct screen_table *self)
{
	self->line = scols_table_new_line(self->table, NULL);
	ENSURE(self->line);
	self->next = 0;
	self->rows++;
}

void screen_cell(struct screen_table *self, struct span text)
{
	REQUIRE(self->line && self->next < scols_table_get_ncols(self->table));
	struct buffer copy = BUFFER_NULL;
	buffer_append_span(&copy, text);
	ENSURE(scols_line_set_data(self->line, self->next++, buffer_string(&copy)) == 0);
	buffer_deinit(&copy);
}

void screen_cell_printf(struct screen_table *self, const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	screen_cell(self, span_of_string(text));
}

void screen_cell_text(struct screen_table *self, const struct message *item, enum field field)
{
	screen_cell(self, message_text(item, field));
}

void screen_cell_word(
	struct screen_table *self, enum words kind, const struct message *item, enum field field)
{
	screen_cell(self, words_say(kind, message_text(item, field)));
}

void screen_cell_time(struct screen_table *self, const struct message *item, enum field field)
{
	struct screen_time time = screen_time_of(item, field);
	screen_cell(self, message_has(item, field) ? span_of_string(time.text) : SPAN_EMPTY);
}

void screen_cell_count(struct screen_table *self, const struct message *item, enum field field)
{
	if (message_has(item, field))
		screen_cell_printf(self, "%lld", (long long)message_number(item, field, 0));
	else
		screen_cell(self, SPAN_EMPTY);
}

void screen_paint_row(struct screen_table *self, enum screen_paint paint)
{
	REQUIRE(self->line);
	if (paint != SCREEN_PLAIN)
		ENSURE(scols_line_set_color(self->line, paints[paint]) == 0);
}

/* ---- properties and texts ---- */

#define LABEL_COLUMNS 12

void screen_label(const char *name)
{
	width_pad(name, LABEL_COLUMNS);
}

void screen_property(const char *name, const char *format, ...)
{
	screen_label(name);
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

/* Bytes of a character that turns the direction of what follows (U+202A to U+202E, U+2066 to U+2069): with
 * one a text can pretend to be something else. */
static size_t turning_size(struct span rest)
{
	const unsigned char *bytes = (const unsigned char *)rest.data;
	if (rest.size < 3 || bytes[0] != 0xe2)
		return 0;
	bool embeds = bytes[1] == 0x80 && bytes[2] >= 0xaa && bytes[2] <= 0xae;
	bool isolates = bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9;
	return embeds || isolates ? 3 : 0;
}

/* Writes the character at the start of the text, unless it would be obeyed. Returns its bytes, or some of
 * them. */
static size_t put_harmless(struct span rest)
{
	size_t turning = turning_size(rest);
	if (turning > 0)
		fputs("\xef\xbf\xbd", stdout);
	else if (rest.data[0] != '\r')
		putchar(rest.data[0]);
	return turning > 0 ? turning : 1;
}

void screen_words(struct span text)
{
	for (size_t i = 0; i < text.size;)
		i += put_harmless(span_of(text.data + i, text.size - i));
}

void screen_property_text(const char *name, struct span text)
{
	screen_label(name);
	screen_words(text);
	putchar('\n');
}

void screen_text(struct span text)
{
	bool line_begins = true;
	for (size_t i = 0; i < text.size;) {
		if (line_begins)
			fputs("  ", stdout);
		line_begins = text.data[i] == '\n';
		i += put_harmless(span_of(text.data + i, text.size - i));
	}
	if (!line_begins)
		putchar('\n');
}

struct screen_time screen_time_of(const struct message *message, enum field field)
{
	struct screen_time time = {"-"};
	if (message_has(message, field))
		moment_short(message_time(message, field, INSTANT_NEVER), time.text);
	return time;
}
