#ifndef WENZHENG_CALENDAR_WORKDAYS_H
#define WENZHENG_CALENDAR_WORKDAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/outcome.h"
#include "base/span.h"
#include "calendar/civil.h"

/*
 * Which days are working days: Monday to Friday, less the days a notice makes off, plus the weekend days it
 * makes working days (调休). Compiled once from the days a notice names; immutable afterwards, so that any
 * number of readers may share it.
 *
 * Published, firm, horizon. A notice names a year's days about two months before the year. A day is
 * *published* if its year's notice is in the table. The last week of December is firm only when the next
 * year's notice is there too, because that notice moves days of it (2018-12-29 became a working day by the
 * notice of 2019). The *horizon* is the last published day. Days nobody published follow the Monday-to-Friday
 * pattern and say that they are not published; they are never passed off as known.
 */
struct workdays;

/* The last December day that a year's own notice settles. */
#define WORKDAYS_DECEMBER_FIRM_DAY 25

/* The years a calendar may speak of; outside them a date is a slip of the pen. */
#define WORKDAYS_YEAR_MIN 1970
#define WORKDAYS_YEAR_MAX 2199

#define WORKDAYS_MARKS_MAX     32768 /* marked days of one file: 230 years of 140 */
#define WORKDAYS_NAME_SIZE_MAX 128   /* of a holiday; longer is cut between characters */

/* Accepts NULL behind the pointer. */
void workdays_destroy(struct workdays **self);

bool workdays_is_workday(const struct workdays *self, struct civil_date date);

/* The n-th working day after `date` (n >= 1), whatever `date` itself is. Logarithmic in the table's size. */
struct civil_date workdays_add(const struct workdays *self, struct civil_date date, int32_t n);

/* The n-th working day before `date` (n >= 1). */
struct civil_date workdays_subtract(const struct workdays *self, struct civil_date date, int32_t n);

/* The first working day after, and the last one before `date`. */
struct civil_date workdays_next(const struct workdays *self, struct civil_date date);
struct civil_date workdays_previous(const struct workdays *self, struct civil_date date);

/* Working days d with after < d <= until; negative if `until` lies before `after`. Constant time. */
int32_t workdays_count_between(const struct workdays *self, struct civil_date after, struct civil_date until);

enum workdays_kind {
	WORKDAYS_WEEKDAY, /* Monday to Friday, working */
	WORKDAYS_WEEKEND, /* Saturday or Sunday, off */
	WORKDAYS_HOLIDAY, /* made off by a notice, on whatever weekday */
	WORKDAYS_MAKEUP,  /* Saturday or Sunday, made a working day by a notice */
};

struct workdays_reason {
	enum workdays_kind kind;
	const char *name; /* what the notice calls it, "" if nothing; lives as long as the table */
};

struct workdays_reason workdays_reason(const struct workdays *self, struct civil_date date);

/* "weekday", "weekend", "holiday", "makeup": static text. */
const char *workdays_kind_name(enum workdays_kind kind);

bool workdays_is_published(const struct workdays *self, struct civil_date date);
bool workdays_is_firm(const struct workdays *self, struct civil_date date);

/* The first and the last published day. Between them whole years may be missing: ask workdays_is_published.
 */
struct civil_date workdays_coverage_from(const struct workdays *self);
struct civil_date workdays_horizon(const struct workdays *self);

/* BLAKE2b over every published or marked day and its name: equal if and only if nothing that is shown
 * changed. */
const struct digest *workdays_version(const struct workdays *self);

/*
 * ---- Building.
 *
 * A builder collects the marked days of one source, with the line each stands in, and becomes a table only if
 * they make a plausible calendar. Faults read "source:line: reason". Readers of files, overlays and tests all
 * come this way, so that there is one place where a calendar is judged.
 */
struct workdays_builder;

enum workdays_mark {
	WORKDAYS_OFF,
	WORKDAYS_ON,
};

/* `source` names the file in faults; it is copied. */
struct workdays_builder *workdays_builder_new(const char *source);
void workdays_builder_destroy(struct workdays_builder **self);

/*
 * Marks one day. The same mark twice is harmless; the first name stays. False with a fault if the date is
 * outside WORKDAYS_YEAR_MIN to _MAX or there are more than WORKDAYS_MARKS_MAX.
 */
MUST_CHECK bool workdays_builder_add(struct workdays_builder *self, struct civil_date date,
	enum workdays_mark mark, struct span name, uint32_t line, struct fault *fault);

/* Says which days the source publishes, both ends included. Without it: every whole year in which it has days
 * (those after 25 December do not count, they belong to the next year's notice). */
MUST_CHECK bool workdays_builder_cover(struct workdays_builder *self, struct civil_date from,
	struct civil_date until, uint32_t line, struct fault *fault);

/*
 * The national table. NULL with a fault if there is no day, a day is both off and on, or a Monday-to-Friday
 * is marked as a make-up working day. The builder stays the caller's and can be destroyed.
 */
MUST_CHECK struct workdays *workdays_build(const struct workdays_builder *builder, struct fault *fault);

/*
 * A new table: `base` with a region's own days laid over it. They win in both directions: a national make-up
 * Saturday can be off, a national holiday can be worked. NULL with a fault as above, where a Monday-to-Friday
 * may be marked on only if `base` has it off. The coverage stays that of `base`, for a local order publishes
 * no year. `base` stays the caller's.
 */
MUST_CHECK struct workdays *workdays_build_over(
	const struct workdays *base, const struct workdays_builder *overlay, struct fault *fault);

#endif
