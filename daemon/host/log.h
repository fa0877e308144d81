#ifndef WENZHENG_HOST_LOG_H
#define WENZHENG_HOST_LOG_H

#include "daemon/shell/io.h"

/*
 * One line an event on standard error, with the journal's priority prefix (<4> and so on). The words come
 * from a table and the fields are names, numbers and case numbers: nothing a citizen or a department wrote
 * can get here.
 */
void log_entry_write(int level_max, const struct log_entry *entry);

/* Somebody was turned away at a zone's door; `unlogged` more were since the last line. */
void log_denied(
	int level_max, const char *zone, const char *address, const char *fingerprint, uint64_t unlogged);

/* A line of the host's own, for what is not an event of the shell. */
__attribute__((format(printf, 3, 4))) void log_line(int level_max, int level, const char *format, ...);

#endif
