#ifndef WENZHENG_CALENDAR_ICAL_EVENTS_H
#define WENZHENG_CALENDAR_ICAL_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/outcome.h"
#include "calendar/civil.h"
#include "calendar/ical_lines.h"

/*
 * The events of an iCalendar text, one after the other, cut down to the properties that tell working days.
 *
 * This is the doorkeeper before libical: it checks that the text is one closed VCALENDAR (a file cut off in
 * the middle lacks half a year of holidays, and libical would not mind), bounds everything, drops what is of
 * no interest (alarms, descriptions, time zones), and hands libical one small event at a time, of which the
 * line is known.
 */

#define ICAL_EVENTS_MAX	     4096 /* a notice makes some 13 events a year */
#define ICAL_LINE_SIZE_MAX   4096 /* unfolded, of a property we read */
#define ICAL_FIELD_COUNT_MAX 16	  /* lines of one property in one event */
#define ICAL_DEPTH_MAX	     8	  /* components within components */

enum ical_field {
	ICAL_FIELD_DTSTART,
	ICAL_FIELD_DTEND,
	ICAL_FIELD_DURATION,
	ICAL_FIELD_SUMMARY,
	ICAL_FIELD_CATEGORIES,
	ICAL_FIELD_STATUS,
	ICAL_FIELD_SPECIAL_DAY, /* X-APPLE-SPECIAL-DAY */
	ICAL_FIELD_RRULE,
	ICAL_FIELD_RDATE,
	ICAL_FIELDS,
};

/* The property's name in the file. */
const char *ical_field_name(enum ical_field field);

struct ical_event {
	uint32_t line;		      /* of its BEGIN:VEVENT */
	uint32_t counts[ICAL_FIELDS]; /* lines of each property in the file, readable or not */
	const char *text; /* the event with those properties that are readable, NUL at the end; valid until
			     the next call */
};

struct ical_coverage_bound {
	struct civil_date date;
	uint32_t line; /* 0: not given */
};

struct ical_events {
	const char *file_name;
	struct ical_lines lines;
	uint32_t depth;
	char names[ICAL_DEPTH_MAX][32]; /* of the open components */
	uint32_t calendars;
	uint32_t events;
	struct buffer block;
	struct ical_event event;
	/* X-CN-COVERAGE-FROM and -UNTIL; complete when the end was reached. */
	struct ical_coverage_bound from;
	struct ical_coverage_bound until;
};

/* Both stay the caller's and must outlive the reader. */
void ical_events_init(struct ical_events *self, struct span text, const char *file_name);
void ical_events_deinit(struct ical_events *self);

enum ical_events_outcome {
	ICAL_EVENTS_END,
	ICAL_EVENTS_EVENT, /* self->event holds it */
	ICAL_EVENTS_FAULT, /* `fault` says what; the reader is of no more use */
};

MUST_CHECK enum ical_events_outcome ical_events_next(struct ical_events *self, struct fault *fault);

#endif
