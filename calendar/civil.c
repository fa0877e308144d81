#include "calendar/civil.h"

#include "base/assert.h"

#define DAYS_PER_ERA	 146097 /* 400 Gregorian years */
#define DAYS_BEFORE_1970 719468 /* from 0000-03-01 */

/* Division that rounds down, for dates before 1970. */
static int64_t floor_divide(int64_t a, int64_t b)
{
	int64_t quotient = a / b;
	return a % b < 0 ? quotient - 1 : quotient;
}

/*
 * Years are counted from 1 March, so that the leap day is the last day of its year and the months before it
 * have fixed starts: (153 m + 2) / 5 days for month m after March.
 */
static int32_t days_of(int32_t year, int32_t month, int32_t day)
{
	int32_t y = month <= 2 ? year - 1 : year;
	int32_t era = (int32_t)floor_divide(y, 400);
	int32_t year_of_era = y - era * 400;
	int32_t month_from_march = (month + 9) % 12;
	int32_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
	int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970;
}

static struct civil_ymd ymd_of(int32_t days)
{
	int32_t from_march_0000 = days + DAYS_BEFORE_1970;
	int32_t era = (int32_t)floor_divide(from_march_0000, DAYS_PER_ERA);
	int32_t day_of_era = from_march_0000 - era * DAYS_PER_ERA;
	int32_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
	int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int32_t month_from_march = (5 * day_of_year + 2) / 153;
	int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	return (struct civil_ymd){
		.year = era * 400 + year_of_era + (month <= 2),
		.month = month,
		.day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
	};
}

bool civil_from_ymd(int32_t year, int32_t month, int32_t day, struct civil_date *ret_date)
{
	REQUIRE(ret_date);
	if (year < CIVIL_YEAR_MIN || year > CIVIL_YEAR_MAX || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	int32_t days = days_of(year, month, day);
	struct civil_ymd back = ymd_of(days);
	if (back.month != month) /* a day the month does not have is one of the next */
		return false;
	ret_date->days = days;
	return true;
}

struct civil_ymd civil_to_ymd(struct civil_date date)
{
	struct civil_ymd ymd = ymd_of(date.days);
	REQUIRE(ymd.year >= CIVIL_YEAR_MIN && ymd.year <= CIVIL_YEAR_MAX);
	return ymd;
}

int32_t civil_weekday(struct civil_date date)
{
	/* 1970-01-01 was a Thursday. */
	return (int32_t)(date.days + INT64_C(3) - 7 * floor_divide(date.days + INT64_C(3), 7)) + 1;
}

static bool offset_in_range(struct utc_offset offset)
{
	return offset.seconds >= -UTC_OFFSET_SECONDS_MAX && offset.seconds <= UTC_OFFSET_SECONDS_MAX;
}

static int64_t local_us(struct instant instant, struct utc_offset offset)
{
	REQUIRE(offset_in_range(offset));
	REQUIRE(instant.us >= -2 * US_PER_DAY && instant.us <= INSTANT_US_MAX + 2 * US_PER_DAY);
	return instant.us + offset.seconds * US_PER_S;
}

struct civil_date civil_date_of(struct instant instant, struct utc_offset offset)
{
	return (struct civil_date){(int32_t)floor_divide(local_us(instant, offset), US_PER_DAY)};
}

int32_t civil_second_of_day(struct instant instant, struct utc_offset offset)
{
	int64_t us = local_us(instant, offset);
	return (int32_t)((us - floor_divide(us, US_PER_DAY) * US_PER_DAY) / US_PER_S);
}

struct instant civil_instant(struct civil_date date, int32_t second_of_day, struct utc_offset offset)
{
	REQUIRE(second_of_day >= 0 && second_of_day <= SECONDS_PER_DAY);
	REQUIRE(offset_in_range(offset));
	return (struct instant){date.days * US_PER_DAY + (second_of_day - offset.seconds) * US_PER_S};
}

/* Reads exactly `digits` decimal digits at the front and moves past them. */
static bool take_number(struct span *text, size_t digits, int32_t *ret_number)
{
	if (text->size < digits)
		return false;
	int32_t number = 0;
	for (size_t i = 0; i < digits; i++) {
		if (text->data[i] < '0' || text->data[i] > '9')
			return false;
		number = number * 10 + (text->data[i] - '0');
	}
	*text = span_of(text->data + digits, text->size - digits);
	*ret_number = number;
	return true;
}

static bool take_character(struct span *text, char character)
{
	if (text->size == 0 || text->data[0] != character)
		return false;
	*text = span_of(text->data + 1, text->size - 1);
	return true;
}

static bool take_date(struct span *text, struct civil_date *ret_date)
{
	int32_t year, month, day;
	return take_number(text, 4, &year) && take_character(text, '-') && take_number(text, 2, &month) &&
	       take_character(text, '-') && take_number(text, 2, &day) &&
	       civil_from_ymd(year, month, day, ret_date);
}

bool civil_parse_date(struct span text, struct civil_date *ret_date)
{
	struct civil_date date;
	if (!take_date(&text, &date) || text.size > 0)
		return false;
	*ret_date = date;
	return true;
}

static bool take_clock(struct span *text, int32_t *ret_seconds)
{
	int32_t hour, minute, second;
	bool shaped = take_number(text, 2, &hour) && take_character(text, ':') &&
		      take_number(text, 2, &minute) && take_character(text, ':') &&
		      take_number(text, 2, &second);
	if (!shaped || hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_seconds = hour * 3600 + minute * 60 + second;
	return true;
}

/* The decimals after the second, in microseconds; none is fine, a dot without digits is not. */
static bool take_fraction(struct span *text, int32_t *ret_us)
{
	int32_t us = 0, digit = 0, unit = 100000;
	if (take_character(text, '.')) {
		if (!take_number(text, 1, &digit))
			return false;
		do {
			us += digit * unit;
			unit /= 10;
		} while (unit > 0 && take_number(text, 1, &digit));
	}
	*ret_us = us;
	return true;
}

static bool take_offset(struct span *text, struct utc_offset *ret_offset)
{
	bool west = text->size > 0 && text->data[0] == '-';
	int32_t hours, minutes;
	if (!take_character(text, west ? '-' : '+') || !take_number(text, 2, &hours) ||
		!take_character(text, ':') || !take_number(text, 2, &minutes) || minutes > 59)
		return false;
	struct utc_offset offset = {(hours * 3600 + minutes * 60) * (west ? -1 : 1)};
	if (!offset_in_range(offset))
		return false;
	*ret_offset = offset;
	return true;
}

bool civil_parse_offset(struct span text, struct utc_offset *ret_offset)
{
	struct utc_offset offset;
	if (!take_offset(&text, &offset) || text.size > 0)
		return false;
	*ret_offset = offset;
	return true;
}

bool civil_parse_instant(struct span text, struct utc_offset offset, struct instant *ret_instant)
{
	struct civil_date date;
	int32_t seconds, us;
	if (!take_date(&text, &date) || !take_character(&text, 'T') || !take_clock(&text, &seconds) ||
		!take_fraction(&text, &us))
		return false;
	if (take_character(&text, 'Z'))
		offset.seconds = 0;
	else if (text.size > 0 && !take_offset(&text, &offset))
		return false;
	if (text.size > 0)
		return false;
	struct instant instant = civil_instant(date, seconds, offset);
	instant.us += us;
	if (instant.us < 0 || instant.us > INSTANT_US_MAX)
		return false;
	*ret_instant = instant;
	return true;
}

/* Digits by hand: these formats are fixed width, and snprintf cannot know that. */
static char *put_number(char *at, int32_t number, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return at + digits;
}

static char *put_pair(char *at, char before, int32_t number)
{
	*at = before;
	return put_number(at + 1, number, 2);
}

static char *put_date(char *at, struct civil_date date)
{
	struct civil_ymd ymd = civil_to_ymd(date);
	at = put_number(at, ymd.year, 4);
	at = put_pair(at, '-', ymd.month);
	return put_pair(at, '-', ymd.day);
}

static char *put_offset(char *at, struct utc_offset offset)
{
	REQUIRE(offset_in_range(offset) && offset.seconds % 60 == 0);
	int32_t minutes = (offset.seconds < 0 ? -offset.seconds : offset.seconds) / 60;
	at = put_pair(at, offset.seconds < 0 ? '-' : '+', minutes / 60);
	return put_pair(at, ':', minutes % 60);
}

void civil_print_date(struct civil_date date, char ret_text[static CIVIL_DATE_SIZE])
{
	*put_date(ret_text, date) = '\0';
}

void civil_print_instant(
	struct instant instant, struct utc_offset offset, char ret_text[static CIVIL_INSTANT_SIZE])
{
	/* What cannot be shown in four digits of a year is shown as the last or first that can: data must not
	 * abort us. */
	int64_t first = -offset.seconds * US_PER_S, last = INSTANT_US_MAX - offset.seconds * US_PER_S;
	struct instant shown = {instant.us < first ? first : instant.us > last ? last : instant.us};
	int32_t seconds = civil_second_of_day(shown, offset);
	char *at = put_date(ret_text, civil_date_of(shown, offset));
	at = put_pair(at, 'T', seconds / 3600);
	at = put_pair(at, ':', seconds / 60 % 60);
	at = put_pair(at, ':', seconds % 60);
	*put_offset(at, offset) = '\0';
}

void civil_print_offset(struct utc_offset offset, char ret_text[static CIVIL_OFFSET_SIZE])
{
	*put_offset(ret_text, offset) = '\0';
}
