#ifndef WENZHENG_CALENDAR_ICAL_H
#define WENZHENG_CALENDAR_ICAL_H

#include <stddef.h>

#include "base/fault.h"
#include "base/outcome.h"
#include "calendar/workdays.h"

/*
 * Working days from iCalendar text, as the feeds of the field really write it.
 *
 * An event counts as off or as a make-up working day by, in this order, X-APPLE-SPECIAL-DAY (WORK-HOLIDAY,
 * ALTERNATE-WORKDAY), CATEGORIES (HOLIDAY, WORKDAY), and the words of its SUMMARY, where make-up words are
 * tried first because 上班(补春节假期) holds 假期 too. An event that says neither is passed over: feeds also
 * carry festivals on which offices are open. STATUS:CANCELLED is passed over; TENTATIVE counts.
 *
 * Days: DTEND is exclusive; DTEND equal to DTSTART, or neither DTEND nor DURATION, is one day; an event with
 * times covers each local day it touches. Times in UTC are read at +08:00; a TZID is taken as local, whatever
 * it is called. DATE values have no zone and are not converted. Repetitions (RRULE, RDATE) are refused: a
 * notice names days, it does not predict them.
 *
 * The text may come from anywhere: it is bounded, and no input makes these functions crash. Call digest_start
 * first.
 */

#define ICAL_TEXT_SIZE_MAX  (4 * 1024 * 1024) /* twenty years of notices take 90 KB */
#define ICAL_EVENT_DAYS_MAX 60 /* the longest holiday ever was 10 days; a summer is a mistake */

/*
 * The national calendar. NULL with a fault "file_name:line: reason" if the text is no calendar or not a
 * plausible one (see workdays_build). The line is that of the event's BEGIN:VEVENT, or of the line itself
 * where it is malformed.
 */
MUST_CHECK struct workdays *workdays_read_ical(
	const char *text, size_t size, const char *file_name, struct fault *fault);

/* A region's calendar laid over `base`, which stays the caller's: see workdays_build_over. */
MUST_CHECK struct workdays *workdays_overlay_ical(const struct workdays *base, const char *text, size_t size,
	const char *file_name, struct fault *fault);

#endif
