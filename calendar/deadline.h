#ifndef WENZHENG_CALENDAR_DEADLINE_H
#define WENZHENG_CALENDAR_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/outcome.h"
#include "base/span.h"
#include "calendar/civil.h"
#include "calendar/workdays.h"

/*
 * When an answer is due.
 *
 * The day of receipt is day 0; counting begins on the day after (民法典 201). Days are local dates at the
 * policy's offset. The due moment is the first instant that is too late, by default 00:00 after the last
 * counted day.
 *
 * A deadline is *provisional* if a day had to be judged that is not firm yet (workdays_is_firm): it must be
 * computed again when the next notice is there. Units that do not look at the calendar are never provisional.
 */

enum deadline_unit {
	DEADLINE_WORKDAY,  /* working days */
	DEADLINE_DAY,	   /* natural days, whatever they are */
	DEADLINE_DAY_ROLL, /* natural days; a last day that is off moves on to the next working day (民法典
			      203) */
	DEADLINE_HOUR,	   /* hours from the moment of receipt */
};

struct deadline_within {
	int32_t count; /* 1 to DEADLINE_COUNT_MAX */
	enum deadline_unit unit;
};

/* "3 workday", "48 hour", "3 day_roll"; a plural s is understood. False, and nothing written, for anything
 * else. */
bool deadline_within_parse(struct span text, struct deadline_within *ret_within);

#define DEADLINE_WITHIN_SIZE 32
void deadline_within_print(struct deadline_within within, char ret_text[static DEADLINE_WITHIN_SIZE]);

/* "workday", "day", "day_roll", "hour": static text. */
const char *deadline_unit_name(enum deadline_unit unit);

enum deadline_due {
	DEADLINE_DUE_END_OF_DAY,
	DEADLINE_DUE_CLOSE_OF_BUSINESS,
};

#define DEADLINE_SAME_DAY (-1)

/* How a place reads the law. The first two are about the day of receipt and do not touch hours. */
struct deadline_policy {
	struct utc_offset offset;
	bool nonworkday_receipt_next; /* received on a day off: deemed received on the next working day */
	int32_t after_hours_from_s;   /* received from this second of a working day on: likewise;
					 DEADLINE_SAME_DAY: no */
	bool makeup_day_counts;	      /* a make-up Saturday is a working day */
	enum deadline_due due;
	int32_t close_of_business_s; /* second of the day, for DEADLINE_DUE_CLOSE_OF_BUSINESS */
};

#define DEADLINE_POLICY_DEFAULT                          \
	((struct deadline_policy){                       \
		.offset = UTC_OFFSET_CHINA,              \
		.nonworkday_receipt_next = false,        \
		.after_hours_from_s = DEADLINE_SAME_DAY, \
		.makeup_day_counts = true,               \
		.due = DEADLINE_DUE_END_OF_DAY,          \
		.close_of_business_s = 17 * 3600 + 1800, \
	})

struct deadline {
	struct instant due;	    /* the first instant that is too late */
	struct civil_date due_date; /* the last counted day: the local date of the microsecond before `due` */
	bool provisional;
};

/*
 * False, and nothing written, if the count is not within 1 to DEADLINE_COUNT_MAX or receipt or due date do
 * not lie in the years 1970 to 9999.
 */
MUST_CHECK bool deadline_compute(const struct workdays *workdays, const struct deadline_policy *policy,
	struct instant received, struct deadline_within within, struct deadline *ret_deadline);

enum deadline_role {
	DEADLINE_RECEIPT,  /* the day of receipt */
	DEADLINE_DEFERRED, /* a day between receipt and the working day it is deemed received on, that day
			      included */
	DEADLINE_COUNTED,
	DEADLINE_SKIPPED,
};

/* One local day between receipt and due date. */
struct deadline_day {
	struct civil_date date;
	enum deadline_role role;
	int32_t number; /* if counted, the how-manieth day; for hours, whole hours that have run by the day's
			   end */
	struct workdays_reason reason;
	bool published;
	bool firm;
};

/* `day` is valid during the call, the name in it as long as the workdays. */
typedef void deadline_explain_fn(void *context, const struct deadline_day *day);

/*
 * As deadline_compute, which is this function without anybody listening: `each` is called for every day from
 * the day of receipt to the due date, in order. The last call is the due date's and has the highest number.
 * It may have been called for some days when the function returns false.
 */
MUST_CHECK bool deadline_explain(const struct workdays *workdays, const struct deadline_policy *policy,
	struct instant received, struct deadline_within within, deadline_explain_fn *each, void *context,
	struct deadline *ret_deadline);

/*
 * Moments of the ladder: `second_of_day` (0 to 86400) of the n-th working day before or after the due date,
 * as the policy counts working days; n = 0 is the due date itself, working day or not.
 */
struct instant deadline_moment_before(const struct workdays *workdays, const struct deadline_policy *policy,
	struct civil_date due_date, int32_t n, int32_t second_of_day);
struct instant deadline_moment_after(const struct workdays *workdays, const struct deadline_policy *policy,
	struct civil_date due_date, int32_t n, int32_t second_of_day);

#endif
