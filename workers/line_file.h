#ifndef WENZHENG_WORKERS_LINE_FILE_H
#define WENZHENG_WORKERS_LINE_FILE_H

#include "workers/tool.h"

/* A file of lines that is only appended to, or standard output. Every fault is told on standard error. */
struct line_file;

/* `path` NULL: standard output. A last line that a crash cut in two is ended first, so that the next one
 * stands alone. NULL when it cannot be opened. */
struct line_file *line_file_open(const struct tool *tool, const char *path);
void line_file_close(struct line_file **self);

/* Adds the newline. False when it could not be written whole. */
bool line_file_write(struct line_file *self, const char *line);

/* True when all lines are on the disk, or for a pipe with its reader. */
bool line_file_sync(struct line_file *self);

/* Closes and opens it by its path, which may be another file by now. */
bool line_file_reopen(struct line_file *self);

#endif
