#include "calendar/deadline.h"

#include <stdio.h>

#include "base/assert.h"

/*
 * One walk over the days serves computing and explaining, so that they cannot disagree. It is at most a few
 * hundred table look-ups long, which is nothing beside the commit that follows it.
 */
struct walk {
	const struct workdays *workdays;
	const struct deadline_policy *policy;
	deadline_explain_fn *each; /* may be NULL */
	void *context;
	bool provisional;
};

static void check_policy(const struct deadline_policy *policy)
{
	REQUIRE(policy);
	REQUIRE(policy->offset.seconds >= -UTC_OFFSET_SECONDS_MAX &&
		policy->offset.seconds <= UTC_OFFSET_SECONDS_MAX);
	REQUIRE(policy->after_hours_from_s >= DEADLINE_SAME_DAY &&
		policy->after_hours_from_s <= SECONDS_PER_DAY);
	REQUIRE(policy->close_of_business_s >= 0 && policy->close_of_business_s <= SECONDS_PER_DAY);
}

/* Is this a working day as the policy sees it? */
static bool counts(
	const struct workdays *workdays, const struct deadline_policy *policy, struct civil_date date)
{
	enum workdays_kind kind = workdays_reason(workdays, date).kind;
	return kind == WORKDAYS_WEEKDAY || (kind == WORKDAYS_MAKEUP && policy->makeup_day_counts);
}

/* The same, where the answer decides the deadline. */
static bool judge(struct walk *walk, struct civil_date date)
{
	if (!workdays_is_firm(walk->workdays, date))
		walk->provisional = true;
	return counts(walk->workdays, walk->policy, date);
}

static void tell(const struct walk *walk, struct civil_date date, enum deadline_role role, int32_t number)
{
	if (!walk->each)
		return;
	struct deadline_day day = {
		.date = date,
		.role = role,
		.number = number,
		.reason = workdays_reason(walk->workdays, date),
		.published = workdays_is_published(walk->workdays, date),
		.firm = workdays_is_firm(walk->workdays, date),
	};
	walk->each(walk->context, &day);
}

/* Day 0: the day of receipt, or the working day on which the policy deems it received. */
static struct civil_date walk_receipt(struct walk *walk, struct instant received)
{
	const struct deadline_policy *policy = walk->policy;
	struct civil_date date = civil_date_of(received, policy->offset);
	int32_t second = civil_second_of_day(received, policy->offset);
	bool late = policy->after_hours_from_s != DEADLINE_SAME_DAY && second >= policy->after_hours_from_s;
	tell(walk, date, DEADLINE_RECEIPT, 0);
	if (!policy->nonworkday_receipt_next && !late)
		return date;
	bool defer = judge(walk, date) ? late : policy->nonworkday_receipt_next;
	while (defer) {
		date = civil_plus(date, 1);
		tell(walk, date, DEADLINE_DEFERRED, 0);
		defer = !judge(walk, date);
	}
	return date;
}

/* Does `date`, a day after day 0, count towards the term? `last` is true if it would be the last one. */
static bool counts_towards(struct walk *walk, enum deadline_unit unit, struct civil_date date, bool last)
{
	REQUIRE(unit != DEADLINE_HOUR);
	if (unit == DEADLINE_DAY || (unit == DEADLINE_DAY_ROLL && !last))
		return true;
	return judge(walk, date);
}

static struct civil_date walk_days(
	struct walk *walk, struct civil_date day_zero, struct deadline_within within)
{
	struct civil_date date = day_zero;
	for (int32_t number = 0; number < within.count;) {
		date = civil_plus(date, 1);
		bool counted = counts_towards(walk, within.unit, date, number + 1 == within.count);
		number += counted;
		tell(walk, date, counted ? DEADLINE_COUNTED : DEADLINE_SKIPPED, counted ? number : 0);
	}
	return date;
}

static struct civil_date walk_hours(struct walk *walk, struct instant received, struct instant due)
{
	struct utc_offset offset = walk->policy->offset;
	struct civil_date last = civil_date_of((struct instant){due.us - 1}, offset);
	for (struct civil_date date = civil_date_of(received, offset); !civil_before(last, date);
		date = civil_plus(date, 1)) {
		struct instant end = instant_min(civil_instant(date, SECONDS_PER_DAY, offset), due);
		tell(walk, date, DEADLINE_COUNTED, (int32_t)((end.us - received.us) / US_PER_HOUR));
	}
	return last;
}

static struct instant due_of(const struct deadline_policy *policy, struct civil_date due_date)
{
	bool close = policy->due == DEADLINE_DUE_CLOSE_OF_BUSINESS;
	return civil_instant(due_date, close ? policy->close_of_business_s : SECONDS_PER_DAY, policy->offset);
}

bool deadline_explain(const struct workdays *workdays, const struct deadline_policy *policy,
	struct instant received, struct deadline_within within, deadline_explain_fn *each, void *context,
	struct deadline *ret_deadline)
{
	REQUIRE(workdays && ret_deadline);
	check_policy(policy);
	/* Room for the longest term: tables end long before, so it is at most two years of plain weeks. */
	const int64_t latest = INSTANT_US_MAX - 4 * DEADLINE_COUNT_MAX * US_PER_DAY;
	if (received.us < 0 || received.us > latest || within.count < 1 || within.count > DEADLINE_COUNT_MAX)
		return false;
	struct walk walk = {.workdays = workdays, .policy = policy, .each = each, .context = context};
	struct deadline deadline;
	if (within.unit == DEADLINE_HOUR) {
		deadline.due = (struct instant){received.us + within.count * US_PER_HOUR};
		deadline.due_date = walk_hours(&walk, received, deadline.due);
	} else {
		deadline.due_date = walk_days(&walk, walk_receipt(&walk, received), within);
		deadline.due = due_of(policy, deadline.due_date);
	}
	deadline.provisional = walk.provisional;
	ENSURE(instant_before(received, deadline.due));
	*ret_deadline = deadline;
	return true;
}

bool deadline_compute(const struct workdays *workdays, const struct deadline_policy *policy,
	struct instant received, struct deadline_within within, struct deadline *ret_deadline)
{
	return deadline_explain(workdays, policy, received, within, NULL, NULL, ret_deadline);
}

/* The n-th working day from `date` in steps of `step` days. */
static struct instant moment(const struct workdays *workdays, const struct deadline_policy *policy,
	struct civil_date date, int32_t n, int32_t step, int32_t second_of_day)
{
	check_policy(policy);
	REQUIRE(n >= 0 && n <= DEADLINE_COUNT_MAX);
	while (n > 0) {
		date = civil_plus(date, step);
		n -= counts(workdays, policy, date);
	}
	return civil_instant(date, second_of_day, policy->offset);
}

struct instant deadline_moment_before(const struct workdays *workdays, const struct deadline_policy *policy,
	struct civil_date due_date, int32_t n, int32_t second_of_day)
{
	return moment(workdays, policy, due_date, n, -1, second_of_day);
}

struct instant deadline_moment_after(const struct workdays *workdays, const struct deadline_policy *policy,
	struct civil_date due_date, int32_t n, int32_t second_of_day)
{
	return moment(workdays, policy, due_date, n, 1, second_of_day);
}

/* ---- Terms as text. */

static const char *const unit_names[] = {
	[DEADLINE_WORKDAY] = "workday",
	[DEADLINE_DAY] = "day",
	[DEADLINE_DAY_ROLL] = "day_roll",
	[DEADLINE_HOUR] = "hour",
};

#define UNITS (sizeof(unit_names) / sizeof(unit_names[0]))

const char *deadline_unit_name(enum deadline_unit unit)
{
	REQUIRE((size_t)unit < UNITS);
	return unit_names[unit];
}

static bool parse_unit(struct span text, enum deadline_unit *ret_unit)
{
	for (size_t i = 0; i < UNITS; i++) {
		size_t size = strlen(unit_names[i]);
		bool plural = text.size == size + 1 && text.data[size] == 's';
		if (span_equal_string(plural ? span_of(text.data, size) : text, unit_names[i])) {
			*ret_unit = (enum deadline_unit)i;
			return true;
		}
	}
	return false;
}

bool deadline_within_parse(struct span text, struct deadline_within *ret_within)
{
	size_t at = 0;
	int32_t count = 0;
	for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
		count = count * 10 + (text.data[at] - '0');
		if (count > DEADLINE_COUNT_MAX)
			return false;
	}
	enum deadline_unit unit;
	if (count < 1 || at == text.size || text.data[at] != ' ' ||
		!parse_unit(span_of(text.data + at + 1, text.size - at - 1), &unit))
		return false;
	*ret_within = (struct deadline_within){.count = count, .unit = unit};
	return true;
}

void deadline_within_print(struct deadline_within within, char ret_text[static DEADLINE_WITHIN_SIZE])
{
	snprintf(ret_text, DEADLINE_WITHIN_SIZE, "%d %s", within.count, deadline_unit_name(within.unit));
}
