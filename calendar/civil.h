#ifndef WENZHENG_CALENDAR_CIVIL_H
#define WENZHENG_CALENDAR_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/span.h"

/*
 * Dates as people write them, at one fixed offset from UTC.
 *
 * A place has one offset (its profile's `utc_offset`, +08:00 in China, which has had no summer time since
 * 1992). Nothing here looks at the host's time zone, and nothing knows what "now" is.
 */

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
struct civil_date {
	int32_t days;
};

struct civil_ymd {
	int32_t year;
	int32_t month; /* 1 to 12 */
	int32_t day;   /* 1 to 31 */
};

/* Local time minus UTC. */
struct utc_offset {
	int32_t seconds;
};

#define UTC_OFFSET_CHINA       ((struct utc_offset){8 * 3600})
#define UTC_OFFSET_SECONDS_MAX (14 * 3600) /* +14:00 is the farthest any place keeps */

#define CIVIL_YEAR_MIN	1
#define CIVIL_YEAR_MAX	9999 /* four digits in print; INSTANT_US_MAX ends there too */
#define SECONDS_PER_DAY 86400

/* False, and nothing written, if there is no such day (2026-02-30) or the year is out of range. */
bool civil_from_ymd(int32_t year, int32_t month, int32_t day, struct civil_date *ret_date);

/* The date must lie in the years CIVIL_YEAR_MIN to CIVIL_YEAR_MAX. */
struct civil_ymd civil_to_ymd(struct civil_date date);

/* 1 = Monday … 7 = Sunday. */
int32_t civil_weekday(struct civil_date date);

static inline struct civil_date civil_plus(struct civil_date date, int32_t days)
{
	return (struct civil_date){date.days + days};
}

static inline bool civil_before(struct civil_date a, struct civil_date b)
{
	return a.days < b.days;
}

static inline bool civil_equal(struct civil_date a, struct civil_date b)
{
	return a.days == b.days;
}

/* The local date of an instant, and the second of that day (0 to 86399). */
struct civil_date civil_date_of(struct instant instant, struct utc_offset offset);
int32_t civil_second_of_day(struct instant instant, struct utc_offset offset);

/* The instant of a local date and second of day; 86400 is the midnight that ends the day. */
struct instant civil_instant(struct civil_date date, int32_t second_of_day, struct utc_offset offset);

/* "YYYY-MM-DD", nothing before or after. */
bool civil_parse_date(struct span text, struct civil_date *ret_date);

/*
 * "YYYY-MM-DDTHH:MM:SS", with one to six decimals if there are any. It is local time at `offset`, unless it
 * says its own ("+08:00" or "Z" at the end). False, and nothing written, if it is anything else or not within
 * 1970 to 9999.
 */
bool civil_parse_instant(struct span text, struct utc_offset offset, struct instant *ret_instant);

/* "+08:00", within UTC_OFFSET_SECONDS_MAX. */
bool civil_parse_offset(struct span text, struct utc_offset *ret_offset);

#define CIVIL_DATE_SIZE	   11 /* "2026-10-10" and NUL */
#define CIVIL_INSTANT_SIZE 26 /* "2026-10-10T09:00:00+08:00" and NUL */
#define CIVIL_OFFSET_SIZE  7  /* "+08:00" and NUL */

void civil_print_date(struct civil_date date, char ret_text[static CIVIL_DATE_SIZE]);

/* For people: whole seconds, the fraction is cut off; local years before 1970 or after 9999 show as that
 * bound. */
void civil_print_instant(
	struct instant instant, struct utc_offset offset, char ret_text[static CIVIL_INSTANT_SIZE]);

/* Whole minutes: an offset that has seconds is not one that civil_parse_offset gave. */
void civil_print_offset(struct utc_offset offset, char ret_text[static CIVIL_OFFSET_SIZE]);

#endif
