#ifndef WENZHENG_LAB_PROGRESS_H
#define WENZHENG_LAB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line on standard error that is drawn again and again; nothing at all where that is no terminal. */
struct progress {
	int64_t drawn_us;
	bool shown;
};

#define PROGRESS_NULL ((struct progress){0, false})

/* `label` stands before the bar, at most 40 columns. Draws at most ten times a second, and when done ==
 * total. */
void progress_show(struct progress *self, const char *label, size_t done, size_t total);

/* Wipes the line. */
void progress_end(struct progress *self);

#endif
