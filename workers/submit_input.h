#ifndef WENZHENG_WORKERS_SUBMIT_INPUT_H
#define WENZHENG_WORKERS_SUBMIT_INPUT_H

#include <jansson.h>
#include <stdio.h>

#include "client/wenzheng/portal.h"
#include "workers/tool.h"

/* Messages from a file of JSON lines. */
struct submit_input;

/* One line: `message` points into it. */
struct submit_line {
	int64_t number; /* from 1 */
	json_t *object;
	struct wz_message message;
	char id_text[32]; /* of an id that was a number */
};

enum submit_read {
	SUBMIT_READ,
	SUBMIT_READ_BAD, /* not a message; told on standard error */
	SUBMIT_READ_END
};

#define SUBMIT_LINE_SIZE_MAX                                                           \
	(1024 * 1024) /* a body of 32 KiB, every character escaped, with room to spare \
		       */

/* "-": standard input. NULL when it cannot be opened, which is told. */
struct submit_input *submit_input_open(const struct tool *tool, const char *path);
void submit_input_close(struct submit_input **self);

/* The caller ends the line with submit_line_deinit, if it is SUBMIT_READ. Empty lines are passed over. */
enum submit_read submit_input_next(struct submit_input *self, struct submit_line *ret_line);
void submit_line_deinit(struct submit_line *line);

/* Lines in all; 0 when that cannot be known beforehand. */
int64_t submit_input_total(const struct submit_input *self);
const char *submit_input_name(const struct submit_input *self);

#endif
