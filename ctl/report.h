#ifndef WENZHENG_CTL_REPORT_H
#define WENZHENG_CTL_REPORT_H

#include "ctl/screen.h"

/* What STATUS is answered with, as people read it: the whole in figures, and each department's. */
#define REPORT_COLUMNS 8
extern const struct screen_column report_columns[REPORT_COLUMNS];

/* A figure of the whole or of a department; 0 if it is not there. Whether a field says this word. */
long long report_count(const struct message *report, enum field field);
bool report_is(const struct message *report, enum field field, const char *word);

void report_print_head(const struct message *report);

/*
 * Departments with cases or workers, or all, in the profile's order; returns how many were left out. If
 * `rows_max` is less than UINT_MAX, only so many, those with most overdue first, then those with most
 * waiting.
 */
unsigned report_print_departments(
	const struct message *report, const struct screen_view *view, bool all, unsigned rows_max);

#endif
