#include "tests/sim/almanac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/instant.h"

#define LOCAL_US (8 * US_PER_HOUR)

static bool is_leap(int32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_of_month(int32_t year, int32_t month)
{
	static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year));
}

int32_t almanac_date(int32_t year, int32_t month, int32_t day)
{
	int32_t date = day - 1;
	for (int32_t y = ALMANAC_YEAR_FIRST; y < year; y++)
		date += is_leap(y) ? 366 : 365;
	for (int32_t m = 1; m < month; m++)
		date += days_of_month(year, m);
	return date;
}

void almanac_init(struct almanac *self)
{
	*self = (struct almanac){.days = 0};
	for (int32_t year = ALMANAC_YEAR_FIRST; year <= ALMANAC_YEAR_LAST; year++)
		for (int32_t month = 1; month <= 12; month++)
			for (int32_t day = 1; day <= days_of_month(year, month); day++, self->days++) {
				self->years[self->days] = (uint8_t)(year - ALMANAC_YEAR_FIRST);
				self->ends_year[self->days] = month == 12 && day > 25;
			}
}

/* The first of January 1970 was a Thursday. */
bool almanac_is_weekend(int32_t date)
{
	return (date + 3) % 7 >= 5;
}

bool almanac_is_workday(const struct almanac *self, const struct almanac_policy *policy, int32_t date)
{
	REQUIRE(date >= 0 && date < self->days);
	if (self->marks[date] == ALMANAC_PLAIN)
		return !almanac_is_weekend(date);
	return self->marks[date] == ALMANAC_ON && policy->makeup_counts;
}

static bool is_firm(const struct almanac *self, int32_t date)
{
	int32_t year = self->years[date];
	return self->published[year] && (!self->ends_year[date] || self->published[year + 1]);
}

struct almanac_due almanac_due(const struct almanac *self, const struct almanac_policy *policy,
	int64_t received, enum almanac_unit unit, int32_t count)
{
	struct almanac_due due = {.date = (int32_t)((received + LOCAL_US) / US_PER_DAY)};
	if (unit == ALMANAC_HOUR) {
		due.us = received + count * US_PER_HOUR;
		due.date = (int32_t)((due.us - 1 + LOCAL_US) / US_PER_DAY);
		return due;
	}
	if (policy->receipt_on_workday) {
		due.provisional |= !is_firm(self, due.date);
		while (!almanac_is_workday(self, policy, due.date))
			due.provisional |= !is_firm(self, ++due.date);
	}
	while (count > 0) {
		due.date++;
		bool asks = unit == ALMANAC_WORKDAY || (unit == ALMANAC_DAY_ROLL && count == 1);
		due.provisional |= asks && !is_firm(self, due.date);
		count -= !asks || almanac_is_workday(self, policy, due.date);
	}
	due.us = (due.date + 1) * US_PER_DAY - LOCAL_US;
	return due;
}

int64_t almanac_moment(const struct almanac *self, const struct almanac_policy *policy, int32_t date,
	int32_t n, int32_t second)
{
	int32_t step = n < 0 ? -1 : 1;
	while (n != 0) {
		date += step;
		if (almanac_is_workday(self, policy, date))
			n -= step;
	}
	return date * US_PER_DAY + second * US_PER_S - LOCAL_US;
}

/* ---- the published calendar ---- */

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static int32_t date_after_colon(const char *line)
{
	int year, month, day;
	const char *colon = strrchr(line, ':');
	ENSURE(colon && sscanf(colon + 1, "%4d%2d%2d", &year, &month, &day) == 3);
	return almanac_date(year, month, day);
}

void almanac_read(struct almanac *self, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[1024];
	int32_t from = -1, until = -1;
	ENSURE(file);
	while (fgets(line, sizeof(line), file)) {
		if (begins(line, "DTSTART;VALUE=DATE:"))
			from = date_after_colon(line);
		else if (begins(line, "DTEND;VALUE=DATE:"))
			until = date_after_colon(line);
		else if (begins(line, "CATEGORIES:"))
			for (int32_t date = from; date < until; date++)
				self->marks[date] = strstr(line, "HOLIDAY") ? ALMANAC_OFF : ALMANAC_ON;
		else if (begins(line, "X-CN-COVERAGE-FROM"))
			from = date_after_colon(line);
		else if (begins(line, "X-CN-COVERAGE-UNTIL"))
			for (until = date_after_colon(line); from <= until; from++)
				self->published[self->years[from]] = true;
	}
	fclose(file);
}

/* A day's mark comes with its year's notice, the last week of December's with the next one's. */
static bool is_told(const struct almanac *self, int32_t date, int32_t last_year)
{
	return ALMANAC_YEAR_FIRST + self->years[date] + self->ends_year[date] <= last_year;
}

void almanac_forget_after(struct almanac *self, int32_t last_year)
{
	for (int32_t date = 0; date < self->days; date++)
		if (!is_told(self, date, last_year))
			self->marks[date] = ALMANAC_PLAIN;
	for (int32_t year = last_year + 1; year <= ALMANAC_YEAR_LAST + 1; year++)
		self->published[year - ALMANAC_YEAR_FIRST] = false;
}

struct workdays *almanac_table(const struct almanac *self, int32_t last_year)
{
	struct fault fault;
	struct workdays_builder *builder = workdays_builder_new("almanac");
	struct civil_date from = {INT32_MAX}, until = {0};
	for (int32_t date = 0; date < self->days; date++) {
		struct civil_date day = {date};
		int32_t year = ALMANAC_YEAR_FIRST + self->years[date];
		if (self->published[self->years[date]] && year <= last_year) {
			from = civil_before(day, from) ? day : from;
			until = day;
		}
		if (self->marks[date] && is_told(self, date, last_year))
			ENSURE(workdays_builder_add(builder, day,
				self->marks[date] == ALMANAC_OFF ? WORKDAYS_OFF : WORKDAYS_ON, SPAN_EMPTY, 1,
				&fault));
	}
	ENSURE(workdays_builder_cover(builder, from, until, 1, &fault));
	struct workdays *table = workdays_build(builder, &fault);
	ENSURE(table);
	workdays_builder_destroy(&builder);
	return table;
}
