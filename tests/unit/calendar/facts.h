#ifndef WENZHENG_TESTS_CALENDAR_FACTS_H
#define WENZHENG_TESTS_CALENDAR_FACTS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "calendar/calendar_file.h"
#include "calendar/civil.h"
#include "calendar/workdays.h"

/* What the calendar's tests share: short ways to write dates, and the national calendar of the repository. */

static inline struct civil_date facts_date(const char *text)
{
	struct civil_date date = {0};
	if (!civil_parse_date(span_of_string(text), &date))
		fail_msg("not a date: %s", text);
	return date;
}

/* Fails with both dates as text, which is what one wants to read. */
static inline void facts_assert_date(struct civil_date is, const char *expected, const char *what)
{
	char text[CIVIL_DATE_SIZE];
	civil_print_date(is, text);
	if (strcmp(text, expected) != 0)
		fail_msg("%s: expected %s, got %s", what, expected, text);
}

static inline struct workdays *facts_read(const char *path)
{
	struct fault fault = FAULT_NONE;
	struct workdays *workdays = calendar_file_read(&path, 1, &fault);
	if (!workdays)
		fail_msg("%s", fault.text);
	return workdays;
}

/* Tests run in the source directory. */
static inline struct workdays *facts_national(void)
{
	return facts_read("profiles/calendars/cn.ics");
}

#endif
