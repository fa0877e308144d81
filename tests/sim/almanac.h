#ifndef WENZHENG_TESTS_SIM_ALMANAC_H
#define WENZHENG_TESTS_SIM_ALMANAC_H

/*
 * The judge's own calendar: an array of days, walked one by one. It shares no line with calendar/, so that an
 * error there is not an error here too. Days are counted from 1970-01-01, instants in microseconds UTC; local
 * time is UTC+8.
 */

#include <stdbool.h>
#include <stdint.h>

#include "calendar/workdays.h"

#define ALMANAC_YEAR_FIRST 1970
#define ALMANAC_YEAR_LAST  2069
#define ALMANAC_YEARS	   (ALMANAC_YEAR_LAST - ALMANAC_YEAR_FIRST + 1)
#define ALMANAC_DAYS	   (366 * ALMANAC_YEARS)

enum almanac_mark {
	ALMANAC_PLAIN,
	ALMANAC_OFF, /* a notice makes it off */
	ALMANAC_ON,  /* a notice makes a weekend's day a working day */
};

struct almanac {
	uint8_t marks[ALMANAC_DAYS];
	uint8_t years[ALMANAC_DAYS];  /* since ALMANAC_YEAR_FIRST */
	bool ends_year[ALMANAC_DAYS]; /* 26 to 31 December: the next year's notice may still move it */
	bool published[ALMANAC_YEARS + 1];
	int32_t days;
};

/* How a place counts; what deadline_policy says, in the judge's words. */
struct almanac_policy {
	bool receipt_on_workday; /* received on a day off counts as received on the next working day */
	bool makeup_counts;
};

enum almanac_unit {
	ALMANAC_WORKDAY,
	ALMANAC_DAY,
	ALMANAC_DAY_ROLL,
	ALMANAC_HOUR,
};

struct almanac_due {
	int64_t us;
	int32_t date;
	bool provisional;
};

/* No marks; no year published. */
void almanac_init(struct almanac *self);

/* Reads the marks and the covered years of an iCalendar text written by hand-simple rules: one event a block,
 * DTSTART and DTEND as dates, CATEGORIES. Aborts on anything else: it is our own file. */
void almanac_read(struct almanac *self, const char *path);

/* The production's table of the same days, without the notices of `last_year` + 1 and after. */
struct workdays *almanac_table(const struct almanac *self, int32_t last_year);
/* Takes those notices out of the almanac itself. */
void almanac_forget_after(struct almanac *self, int32_t last_year);

int32_t almanac_date(int32_t year, int32_t month, int32_t day);
bool almanac_is_weekend(int32_t date);
bool almanac_is_workday(const struct almanac *self, const struct almanac_policy *policy, int32_t date);

struct almanac_due almanac_due(const struct almanac *self, const struct almanac_policy *policy,
	int64_t received, enum almanac_unit unit, int32_t count);

/* `second` of the n-th working day after the date (before it, if n is negative; n = 0: the date itself). */
int64_t almanac_moment(const struct almanac *self, const struct almanac_policy *policy, int32_t date,
	int32_t n, int32_t second);

#endif
