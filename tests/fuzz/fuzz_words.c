#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/crockford.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "calendar/civil.h"
#include "calendar/deadline.h"
#include "ctl/case_number.h"
#include "ctl/moment.h"
#include "daemon/core/case.h"
#include "daemon/host/config_endpoint.h"
#include "daemon/rules/profile_parse.h"
#include "tests/fuzz/feed.h"

/*
 * Any text as every small word that people and programs write: case numbers, query codes, dates, moments,
 * offsets, terms, rungs, times of day, ids, numbers, endpoints. What is read prints as a word that is read as
 * the same; the daemon and wenzhengctl agree on what a case number is.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_case_number(struct span text)
{
	int64_t case_id;
	char printed[CASE_NUMBER_SIZE];
	bool good = case_number_parse(text, &case_id);
	/* wenzhengctl looks at form and check digit; whether the day exists is the daemon's. */
	IMPLIES(good, case_number_check(text) == CASE_NUMBER_GOOD);
	if (!good)
		return;
	case_number_print(case_id, printed);
	ENSURE(span_equal_string(text, printed));
}

static void check_query_code(struct span text)
{
	uint8_t bytes[CROCKFORD_BYTES], again[CROCKFORD_BYTES];
	char printed[CROCKFORD_SIZE];
	if (!crockford_decode(text, bytes))
		return;
	crockford_encode(bytes, printed);
	ENSURE(crockford_decode(span_of_string(printed), again) && memcmp(bytes, again, sizeof(bytes)) == 0);
}

static void check_moments(struct span text)
{
	char printed[MOMENT_FULL_SIZE], date_text[CIVIL_DATE_SIZE], offset_text[CIVIL_OFFSET_SIZE];
	struct instant moment, same_moment;
	struct civil_date date, same_date;
	struct utc_offset offset, same_offset;
	if (civil_parse_instant(text, UTC_OFFSET_CHINA, &moment)) {
		ENSURE(moment.us >= 0 && moment.us <= INSTANT_US_MAX);
		moment_full(moment, printed);
		/* The first and last hours of 1970 to 9999 lie outside those years at another offset. */
		if (moment.us >= US_PER_DAY && moment.us <= INSTANT_US_MAX - US_PER_DAY)
			ENSURE(civil_parse_instant(span_of_string(printed), UTC_OFFSET_CHINA, &same_moment) &&
				same_moment.us == moment.us);
	}
	if (civil_parse_date(text, &date)) {
		civil_print_date(date, date_text);
		ENSURE(span_equal_string(text, date_text));
		ENSURE(civil_parse_date(span_of_string(date_text), &same_date) &&
			same_date.days == date.days);
	}
	if (civil_parse_offset(text, &offset)) {
		civil_print_offset(offset, offset_text);
		ENSURE(civil_parse_offset(span_of_string(offset_text), &same_offset));
		ENSURE(same_offset.seconds == offset.seconds);
	}
}

static void check_term(struct span text)
{
	struct deadline_within within, again;
	char printed[DEADLINE_WITHIN_SIZE];
	if (!deadline_within_parse(text, &within))
		return;
	ENSURE(within.count >= 1 && within.count <= DEADLINE_COUNT_MAX);
	deadline_within_print(within, printed);
	ENSURE(deadline_within_parse(span_of_string(printed), &again));
	ENSURE(within.count == again.count && within.unit == again.unit);
}

static void check_profile_words(const char *text)
{
	struct fault fault;
	struct profile_rung rung;
	char id[DEPARTMENT_ID_SIZE_MAX + 1], name[DISPLAY_NAME_SIZE_MAX + 1];
	int64_t number, us;
	int32_t seconds;
	bool flag;
	const struct profile_source_rung source = {text, NULL}, timed = {"1 workday after", text};
	if (parse_rung("r", &source, &rung, &fault))
		ENSURE(rung.workdays >= 0 && rung.workdays <= DEADLINE_COUNT_MAX);
	if (parse_rung("r", &timed, &rung, &fault))
		ENSURE(rung.seconds_of_day >= 0 && rung.seconds_of_day <= SECONDS_PER_DAY);
	if (parse_id("i", text, id, sizeof(id), &fault))
		ENSURE(strcmp(id, text) == 0);
	if (parse_name("n", text, name, sizeof(name), &fault))
		ENSURE(strcmp(name, text) == 0);
	if (parse_number("n", text, 5, 1, 100000, &number, &fault))
		ENSURE(number >= 1 && number <= 100000);
	if (parse_seconds("s", text, 5, &us, &fault))
		ENSURE(us >= 50 * US_PER_MS && us <= 3600 * US_PER_S && us % US_PER_MS == 0);
	if (parse_time("t", text, &seconds, &fault))
		ENSURE(seconds >= 0 && seconds <= SECONDS_PER_DAY && seconds % 60 == 0);
	if (parse_yes_no("y", text, false, &flag, &fault))
		ENSURE(strcmp(text, flag ? "yes" : "no") == 0);
}

static void check_endpoint(const char *text)
{
	struct fault fault = FAULT_NONE;
	bool anywhere = config_endpoint_check("e", text, CONFIG_ENDPOINT_ANYWHERE, &fault);
	bool here = config_endpoint_check("e", text, CONFIG_ENDPOINT_LOOPBACK, &fault);
	IMPLIES(here, anywhere);
	IMPLIES(anywhere, strncmp(text, "tcp://", 6) == 0);
	IMPLIES(!anywhere, *fault.text != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct span cut = utf8_truncate(text, size / 2);
	ENSURE(cut.size <= size / 2);
	IMPLIES(utf8_is_text(text, UTF8_SEVERAL_LINES), utf8_is_text(cut, UTF8_SEVERAL_LINES));
	check_case_number(text);
	check_query_code(text);
	check_moments(text);
	check_term(text);
	char *string = strndup(text.data ? text.data : "", text.size);
	ENSURE(string);
	check_profile_words(string);
	check_endpoint(string);
	free(string);
	return 0;
}
