#include "calendar/workdays.h"

#include <stdlib.h>

#include "base/assert.h"
#include "calendar/workdays_table.h"

/*
 * Everything counts with one function, rank(d): the number of working days up to and including d since a
 * fixed Monday long ago. Inside the table it is a prefix sum, outside it is arithmetic on weeks of five. The
 * n-th working day after d is then the first day whose rank is rank(d) + n.
 */

void workdays_destroy(struct workdays **self)
{
	if (!*self)
		return;
	for (uint16_t i = 0; i < (*self)->names_count; i++)
		free((*self)->names[i]);
	free((*self)->names);
	free((*self)->days);
	free(*self);
	*self = NULL;
}

static bool is_working(enum workdays_kind kind)
{
	return kind == WORKDAYS_WEEKDAY || kind == WORKDAYS_MAKEUP;
}

/* Rank and its inverse for plain weeks. Day 0 of this count is Monday 0001-01-01, so nothing here is
 * negative. */
#define PATTERN_EPOCH 719162 /* days from 0001-01-01 to 1970-01-01 */

static int64_t pattern_rank(struct civil_date date)
{
	int64_t days = (int64_t)date.days + PATTERN_EPOCH + 1;
	REQUIRE(days >= 0);
	int64_t in_week = days % 7;
	return days / 7 * 5 + (in_week < 5 ? in_week : 5);
}

static struct civil_date pattern_select(int64_t rank)
{
	REQUIRE(rank > 0);
	int64_t weeks = (rank - 1) / 5, in_week = (rank - 1) % 5;
	return (struct civil_date){(int32_t)(weeks * 7 + in_week - PATTERN_EPOCH)};
}

static int64_t rank_before_table(const struct workdays *self)
{
	return pattern_rank((struct civil_date){self->first - 1});
}

/* How far the table's last day is ahead of plain weeks (make-up days) or behind them (holidays). */
static int64_t rank_shift(const struct workdays *self)
{
	struct civil_date last = {self->first + self->size - 1};
	return rank_before_table(self) + self->days[self->size - 1].through - pattern_rank(last);
}

static int64_t rank_of(const struct workdays *self, struct civil_date date)
{
	const struct workdays_day *day = workdays_entry(self, date);
	if (day)
		return rank_before_table(self) + day->through;
	return pattern_rank(date) + (date.days < self->first ? 0 : rank_shift(self));
}

/* The first day of the table that reaches `through`, by bisection. */
static struct civil_date table_select(const struct workdays *self, uint32_t through)
{
	int32_t low = 0, high = self->size - 1;
	while (low < high) {
		int32_t middle = low + (high - low) / 2;
		if (self->days[middle].through < through)
			low = middle + 1;
		else
			high = middle;
	}
	ENSURE(self->days[low].through == through && is_working(self->days[low].kind));
	return (struct civil_date){self->first + low};
}

static struct civil_date select_rank(const struct workdays *self, int64_t rank)
{
	int64_t before = rank_before_table(self);
	if (rank <= before)
		return pattern_select(rank);
	if (rank <= before + self->days[self->size - 1].through)
		return table_select(self, (uint32_t)(rank - before));
	return pattern_select(rank - rank_shift(self));
}

bool workdays_is_workday(const struct workdays *self, struct civil_date date)
{
	return is_working(workdays_reason(self, date).kind);
}

struct civil_date workdays_add(const struct workdays *self, struct civil_date date, int32_t n)
{
	REQUIRE(n >= 1);
	struct civil_date found = select_rank(self, rank_of(self, date) + n);
	ENSURE(civil_before(date, found));
	return found;
}

struct civil_date workdays_subtract(const struct workdays *self, struct civil_date date, int32_t n)
{
	REQUIRE(n >= 1);
	struct civil_date found = select_rank(self, rank_of(self, civil_plus(date, -1)) - n + 1);
	ENSURE(civil_before(found, date));
	return found;
}

struct civil_date workdays_next(const struct workdays *self, struct civil_date date)
{
	return workdays_add(self, date, 1);
}

struct civil_date workdays_previous(const struct workdays *self, struct civil_date date)
{
	return workdays_subtract(self, date, 1);
}

int32_t workdays_count_between(const struct workdays *self, struct civil_date after, struct civil_date until)
{
	return (int32_t)(rank_of(self, until) - rank_of(self, after));
}

struct workdays_reason workdays_reason(const struct workdays *self, struct civil_date date)
{
	const struct workdays_day *day = workdays_entry(self, date);
	if (day)
		return (struct workdays_reason){.kind = day->kind, .name = self->names[day->name]};
	bool weekend = civil_weekday(date) >= 6;
	return (struct workdays_reason){.kind = weekend ? WORKDAYS_WEEKEND : WORKDAYS_WEEKDAY, .name = ""};
}

const char *workdays_kind_name(enum workdays_kind kind)
{
	static const char *const names[] = {
		[WORKDAYS_WEEKDAY] = "weekday",
		[WORKDAYS_WEEKEND] = "weekend",
		[WORKDAYS_HOLIDAY] = "holiday",
		[WORKDAYS_MAKEUP] = "makeup",
	};
	REQUIRE((size_t)kind < sizeof(names) / sizeof(names[0]));
	return names[kind];
}

bool workdays_is_published(const struct workdays *self, struct civil_date date)
{
	const struct workdays_day *day = workdays_entry(self, date);
	return day && day->published;
}

bool workdays_is_firm(const struct workdays *self, struct civil_date date)
{
	if (!workdays_is_published(self, date))
		return false;
	struct civil_ymd ymd = civil_to_ymd(date);
	if (ymd.month < 12 || ymd.day <= WORKDAYS_DECEMBER_FIRM_DAY)
		return true;
	return workdays_is_published(self, civil_plus(date, 32 - ymd.day)); /* next 1 January */
}

struct civil_date workdays_coverage_from(const struct workdays *self)
{
	return self->coverage_from;
}

struct civil_date workdays_horizon(const struct workdays *self)
{
	return self->horizon;
}

const struct digest *workdays_version(const struct workdays *self)
{
	return &self->version;
}
