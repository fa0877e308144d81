#ifndef WENZHENG_HOST_PROGRESS_H
#define WENZHENG_HOST_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How far long work has come: a bar on standard error if that is a terminal, which is wiped away when the
 * part is done, and nothing elsewhere, for in a file it would be noise. In colour unless $NO_COLOR says not
 * to.
 */
struct progress {
	bool is_shown;
	bool has_color;
	int percent; /* as shown */
};

void progress_init(struct progress *self);

/* `part`: a word; `done` of `total`, whatever is counted. */
void progress_show(struct progress *self, const char *part, int64_t done, int64_t total);

#endif
