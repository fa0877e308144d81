#ifndef WENZHENG_CALENDAR_ICAL_LINES_H
#define WENZHENG_CALENDAR_ICAL_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

/*
 * The lines of an iCalendar text (RFC 5545, 3.1), unfolded, each with the number it has in the file.
 *
 * libical forgets line numbers, and a fault without one is of little use to whoever must mend the file.
 * Unfolding is done on bytes, because real feeds fold inside a character. Line ends may be CRLF or LF; a byte
 * order mark is skipped, and so are empty lines.
 */
struct ical_lines {
	struct span rest;
	uint32_t number; /* physical lines read so far */
	struct buffer line;
};

/* `text` stays the caller's and must outlive the iterator. */
void ical_lines_init(struct ical_lines *self, struct span text);
void ical_lines_deinit(struct ical_lines *self);

/* False at the end. The span is valid until the next call; the number is that of the line's first part,
 * from 1. */
bool ical_lines_next(struct ical_lines *self, struct span *ret_line, uint32_t *ret_number);

/* The property name of a line: what stands before its first ':' or ';'. */
struct span ical_lines_name(struct span line);

/* What stands after the first ':' that is outside quotes; empty if there is none. */
struct span ical_lines_value(struct span line);

/* Names are ASCII and compare without case. */
bool ical_lines_same_name(struct span name, const char *upper_case);

#endif
