#ifndef WENZHENG_CTL_COLUMNS_H
#define WENZHENG_CTL_COLUMNS_H

#include <stdbool.h>

#include "base/span.h"

/* The columns of a table, and which of them --output asks for, in which order: names with commas between,
 * small or capital. */
struct screen_column {
	const char *name; /* for --output; its heading is what the reader's language says for it */
	bool right;	  /* figures */
	bool wide;	  /* free text: cut to fit a terminal */
};

struct screen_view {
	const char *output; /* NULL: all, as they stand */
	bool no_headings;
};

/* The next name of a list, which is moved behind it. */
struct span columns_next(const char **list);

/* Its index; `count` if there is none of that name. */
unsigned columns_find(const struct screen_column *columns, unsigned count, struct span name);

/* False: the list is empty or has a name that is none, which then stands in `ret_name`. */
bool columns_check(
	const char *output, const struct screen_column *columns, unsigned count, struct span *ret_name);

#endif
