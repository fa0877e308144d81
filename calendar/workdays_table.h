#ifndef WENZHENG_CALENDAR_WORKDAYS_TABLE_H
#define WENZHENG_CALENDAR_WORKDAYS_TABLE_H

#include "calendar/workdays.h"

/*
 * The compiled table, shared by workdays.c (which asks it) and workdays_build.c (which makes it) and nobody
 *else.
 *
 *	1. days[i] is the day first + i; `size` is at least 1.
 *	2. through of days[i] is the number of working days in days[0..i].
 *	3. name indexes names[]; names[0] is "".
 *	4. Before and after the table: Monday to Friday, not published.
 */
struct workdays_day {
	uint32_t through;
	uint16_t name;
	uint8_t kind; /* enum workdays_kind */
	bool published;
};

struct workdays {
	struct workdays_day *days;
	int32_t first; /* as in struct civil_date */
	int32_t size;
	char **names;
	uint16_t names_count;
	struct civil_date coverage_from;
	struct civil_date horizon;
	struct digest version;
};

/* The day's entry, NULL outside the table. */
static inline struct workdays_day *workdays_entry(const struct workdays *self, struct civil_date date)
{
	int64_t index = (int64_t)date.days - self->first;
	return index >= 0 && index < self->size ? &self->days[index] : NULL;
}

#endif
