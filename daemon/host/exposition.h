#ifndef WENZHENG_HOST_EXPOSITION_H
#define WENZHENG_HOST_EXPOSITION_H

#include <stdbool.h>

#include "base/buffer.h"
#include "daemon/host/figures.h"

/*
 * Figures as Prometheus reads them (text format 0.0.4), a part at a time: with four thousand departments the
 * text has forty thousand lines, and nobody shall wait behind them.
 *
 *	struct exposition exposition = {.figures = &figures};
 *	while (!exposition_write(&exposition, lines_max, &text))
 *		… something else …
 */
struct exposition {
	const struct figures *figures; /* borrowed, and unchanged until the end */
	size_t family;
	uint32_t item; /* of that family */
};

/* Appends some `lines_max` more lines: a histogram is not divided, nor a name's lines of HELP and TYPE from
 * its first value. True when all is written. */
bool exposition_write(struct exposition *self, unsigned lines_max, struct buffer *text);

/* A label's value between its quotes: backslash, quote and line feed are escaped. */
void exposition_escape(struct buffer *text, const char *value);

/* `value` in units of `unit` (1, or a power of ten), exactly and as short as it goes: 1500000 of a million is
 * 1.5. */
void exposition_number(struct buffer *text, int64_t value, int64_t unit);

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
