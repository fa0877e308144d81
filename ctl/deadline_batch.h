#ifndef WENZHENG_CTL_DEADLINE_BATCH_H
#define WENZHENG_CTL_DEADLINE_BATCH_H

#include <stdio.h>

#include "base/fault.h"
#include "base/outcome.h"
#include "calendar/workdays.h"

/*
 * Deadlines of many receipts. Reads rows `received_local,kind_days[,…]` (kind_days are working days; further
 * columns are passed over; empty lines too) and writes
 * `received_local,kind_days,deadline_date,final|provisional` for each. A header line is answered with one.
 * `path` "-" is standard input.
 *
 * False with a fault "path:line: reason" on the first bad row. A file that can be read twice is checked whole
 * before anything is written, so that a bad row leaves no output at all; a pipe leaves the rows before it,
 * each whole. Memory does not grow with the file.
 */
#define DEADLINE_BATCH_LINE_SIZE_MAX 4096

MUST_CHECK bool deadline_batch_run(
	const struct workdays *workdays, const char *path, FILE *out, struct fault *fault);

#endif
