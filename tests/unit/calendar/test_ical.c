#include "tests/unit/calendar/facts.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "calendar/ical.h"
#include "tests/lib/prng.h"

#define HEAD "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
#define TAIL "END:VCALENDAR\r\n"
/* An event whose BEGIN:VEVENT is line 3 of a text that starts with HEAD. */
#define EVENT(lines) "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"
#define ONE(lines)   HEAD EVENT(lines) TAIL
/* A second event that makes a calendar of it, for cases where the first is passed over. */
#define NEW_YEAR EVENT("DTSTART;VALUE=DATE:20260101\r\nSUMMARY:元旦 放假\r\n")

static struct workdays *read_text(const char *text, struct fault *fault)
{
	return workdays_read_ical(text, strlen(text), "x.ics", fault);
}

/*
 * One event and the days of 2026 it makes off ('-') or worked ('+'), as "-01-01 +01-04". Each row is a shape
 * that some real feed uses.
 */
static const struct {
	const char *what;
	const char *text;
	const char *days;
} shapes[] = {
	{"the last day is the one before DTEND",
		ONE("DTSTART;VALUE=DATE:20260504\r\nDTEND;VALUE=DATE:20260506\r\nCATEGORIES:HOLIDAY\r\n"),
		"-05-04 -05-05"},
	{"DTEND that equals DTSTART is one day",
		ONE("DTSTART;VALUE=DATE:20260504\r\nDTEND;VALUE=DATE:20260504\r\nSUMMARY:劳动节 假期 第4天/共5天\r\n"),
		"-05-04"},
	{"neither DTEND nor DURATION is one day",
		ONE("DTSTART;VALUE=DATE:20260504\r\nSUMMARY:劳动节 放假\r\n"), "-05-04"},
	{"a DURATION in days", ONE("DTSTART;VALUE=DATE:20260504\r\nDURATION:P2D\r\nSUMMARY:劳动节 放假\r\n"),
		"-05-04 -05-05"},
	{"a DURATION in weeks", ONE("DTSTART;VALUE=DATE:20260504\r\nDURATION:P1W\r\nSUMMARY:劳动节 放假\r\n"),
		"-05-04 -05-05 -05-06 -05-07 -05-08 -05-09 -05-10"},
	{"an all-day event with times",
		ONE("DTSTART:20260504T000001\r\nDTEND:20260504T235959\r\nSUMMARY:假期\r\n"), "-05-04"},
	{"office hours of a make-up day, tentative",
		ONE("DTSTART:20260509T090000\r\nDTEND:20260509T180000\r\nSUMMARY:劳动节 补班\r\nSTATUS:TENTATIVE\r\n"
		    "BEGIN:VALARM\r\nTRIGGER:-PT60M\r\nDTSTART:garbage\r\nSUMMARY:放假\r\nEND:VALARM\r\n"),
		"+05-09"},
	{"midnights in China written in UTC",
		ONE("DTSTART:20260503T160000Z\r\nDTEND:20260505T160000Z\r\nCATEGORIES:HOLIDAY\r\n"),
		"-05-04 -05-05"},
	{"UTC named as a time zone",
		ONE("DTSTART;TZID=UTC:20260503T160000\r\nDTEND;TZID=Etc/UTC:20260505T160000\r\nCATEGORIES:HOLIDAY\r\n"),
		"-05-04 -05-05"},
	{"UTC under its other names, and a leap second",
		HEAD EVENT("DTSTART;TZID=GMT:20260503T160000\r\nDTEND;TZID=Z:20260504T155960\r\n"
			   "CATEGORIES:HOLIDAY\r\n") TAIL,
		"-05-04"},
	{"midnights with a time zone that the file does not define",
		ONE("DTSTART;TZID=China Standard Time:20260504T000000\r\n"
		    "DTEND;TZID=China Standard Time:20260505T000000\r\nCATEGORIES:HOLIDAY\r\n"),
		"-05-04"},
	{"the make-up word wins over the holiday it makes up for",
		ONE("DTSTART;VALUE=DATE:20260509\r\nSUMMARY:上班(补劳动节假期)\r\n"), "+05-09"},
	{"the same category on both kinds, Apple's special day tells them apart",
		HEAD EVENT("DTSTART;VALUE=DATE:20260504\r\nSUMMARY:劳动节\r\nCATEGORIES:节假日\r\n"
			   "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY\r\n")
			EVENT("DTSTART;VALUE=DATE:20260509\r\nSUMMARY:劳动节\r\nCATEGORIES:节假日\r\n"
			      "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\r\n") TAIL,
		"-05-04 +05-09"},
	{"short marks in brackets",
		HEAD EVENT("DTSTART;VALUE=DATE:20260504\r\nSUMMARY:劳动节(休)\r\n")
			EVENT("DTSTART;VALUE=DATE:20260509\r\nSUMMARY:劳动节(班)\r\n") TAIL,
		"-05-04 +05-09"},
	{"categories in lists, on several lines, in any case",
		HEAD EVENT("dtstart;value=date:20260504\r\nCategories:public,Holiday\r\n") EVENT(
			"DTSTART;VALUE=DATE:20260509\r\nCATEGORIES:shift\r\nCATEGORIES:workday\r\n") TAIL,
		"-05-04 +05-09"},
	{"a category wins over the summary's words",
		ONE("DTSTART;VALUE=DATE:20260504\r\nSUMMARY:劳动节放假，9日（周六）上班\r\nCATEGORIES:HOLIDAY\r\n"),
		"-05-04"},
	{"English words",
		HEAD EVENT("DTSTART;VALUE=DATE:20260504\r\nSUMMARY:Labour Day Holiday\r\n") EVENT(
			"DTSTART;VALUE=DATE:20260509\r\nSUMMARY:Workday for Labour Day holiday\r\n") TAIL,
		"-05-04 +05-09"},
	{"cancelled events and festivals on which offices are open are passed over",
		HEAD EVENT("DTSTART;VALUE=DATE:20260608\r\nDTEND;VALUE=DATE:20260613\r\nSUMMARY:误发 放假\r\n"
			   "STATUS:CANCELLED\r\n") EVENT("DTSTART;VALUE=DATE:20260308\r\nSUMMARY:妇女节\r\n")
			EVENT("SUMMARY:春分\r\n") NEW_YEAR TAIL,
		"-01-01"},
	{"bare line feeds and a byte order mark",
		"\xef\xbb\xbf"
		"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260504\nSUMMARY:\xe6\x94\n \xbe假\nEND:VEVENT\n"
		"END:VCALENDAR\n",
		"-05-04"},
	{"properties that RFC 5545 would not have, and unreadable ones that tell no days",
		"BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nTIMEZONE-ID:Asia/Shanghai\r\nCLASS:PUBLIC\r\n" EVENT(
			"DTSTAMP;VALUE=DATE:20260101\r\nSUMMARY:劳动节 放假\r\nDTSTART;VALUE=DATE:20260504\r\n"
			"LAST-MODIFIED:yesterday\r\nno colon at all\r\nDESCRIPTION:\xff\xfe\r\n") TAIL,
		"-05-04"},
};

static void describe_2026(const struct workdays *workdays, struct buffer *ret_days)
{
	for (struct civil_date date = facts_date("2026-01-01"); date.days <= facts_date("2026-12-31").days;
		date = civil_plus(date, 1)) {
		enum workdays_kind kind = workdays_reason(workdays, date).kind;
		if (kind != WORKDAYS_HOLIDAY && kind != WORKDAYS_MAKEUP)
			continue;
		char text[CIVIL_DATE_SIZE];
		civil_print_date(date, text);
		buffer_printf(ret_days, "%s%c%s", ret_days->size ? " " : "",
			kind == WORKDAYS_HOLIDAY ? '-' : '+', text + 5);
	}
}

static void test_every_shape_of_real_feeds_gives_its_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct fault fault = FAULT_NONE;
		struct workdays *workdays = read_text(shapes[i].text, &fault);
		if (!workdays)
			fail_msg("%s: %s", shapes[i].what, fault.text);
		struct buffer days = BUFFER_NULL;
		describe_2026(workdays, &days);
		if (strcmp(buffer_string(&days), shapes[i].days) != 0)
			fail_msg("%s: expected %s, got %s", shapes[i].what, shapes[i].days,
				buffer_string(&days));
		buffer_deinit(&days);
		workdays_destroy(&workdays);
	}
}

#define OFF_DAY "DTSTART;VALUE=DATE:20260504\r\nCATEGORIES:HOLIDAY\r\n"

static const struct {
	const char *text;
	const char *reason;
} refusals[] = {
	/* Not a calendar, or not the whole of it. */
	{"", "x.ics:1: this is not an iCalendar file"},
	{"\r\n\r\n", "x.ics:1: this is not an iCalendar file"},
	{"<html>\n", "x.ics:1: this is not an iCalendar file: it does not begin with BEGIN:VCALENDAR"},
	{"\nBEGIN:VEVENT\n", "x.ics:2: a calendar begins with BEGIN:VCALENDAR, not with BEGIN:VEVENT"},
	{HEAD TAIL, "x.ics:1: no event in it says that a day is off or worked"},
	{HEAD EVENT("DTSTART;VALUE=DATE:20260308\r\nSUMMARY:妇女节\r\n") TAIL,
		"x.ics:1: no event in it says that a day is off or worked"},
	{HEAD NEW_YEAR, "x.ics:6: the file ends inside VCALENDAR: is it cut off?"},
	{HEAD "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260504\r\n", "x.ics:4: the file ends inside VEVENT"},
	{HEAD "BEGIN:VEVENT\r\nBEGIN:VEVENT\r\n", "x.ics:4: BEGIN:VEVENT stands inside VEVENT"},
	{HEAD "END:VEVENT\r\n", "x.ics:3: END:VEVENT does not close what is open here (VCALENDAR)"},
	{HEAD NEW_YEAR TAIL "END:VCALENDAR\r\n",
		"x.ics:8: END:VCALENDAR does not close what is open here (nothing)"},
	{HEAD NEW_YEAR TAIL "trailing\r\n", "x.ics:8: this is not an iCalendar file"},
	{HEAD "BEGIN:\r\n", "x.ics:3: BEGIN: names no component"},
	{"BEGIN:a-name-that-is-far-too-long-for-the-sentence-about-it\r\n",
		"x.ics:1: a calendar begins with BEGIN:VCALENDAR, not with BEGIN:a-name-that-is-far-too-long-for-the-"
		"sent"},
	{HEAD "END:\r\n", "x.ics:3: END: does not close what is open here (VCALENDAR)"},
	{HEAD "END:a-name-that-is-far-too-long-for-the-sentence-about-it\r\n",
		"x.ics:3: END:a-name-that-is-far-too-long-for-the-sent does not close"},
	{HEAD "BEGIN:curly{brace\r\n", "x.ics:3: the file ends inside CURLY{BRACE"},
	{HEAD "BEGIN:A-NAME-THAT-IS-FAR-TOO-LONG-FOR-A-COMPONENT\r\n", "x.ics:3: BEGIN: names no component"},
	{HEAD "BEGIN:A\r\nBEGIN:A\r\nBEGIN:A\r\nBEGIN:A\r\nBEGIN:A\r\nBEGIN:A\r\nBEGIN:A\r\nBEGIN:A\r\n",
		"x.ics:10: components are nested more than 8 deep"},

	/* A day nobody can believe. */
	{ONE("DTSTART;VALUE=DATE:20260507\r\nCATEGORIES:WORKDAY\r\n"),
		"x.ics:3: 2026-05-07 is marked as a make-up working day but is a Thursday"},
	{HEAD NEW_YEAR EVENT("DTSTART;VALUE=DATE:20260509\r\nCATEGORIES:WORKDAY\r\n") EVENT(
		 "DTSTART;VALUE=DATE:20260508\r\nDTEND;VALUE=DATE:20260510\r\nCATEGORIES:HOLIDAY\r\n") TAIL,
		"x.ics:11: 2026-05-09 is off here and a working day in line 7"},
	{ONE("DTSTART:20260504T240000\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART is not a date"},
	{ONE("DTSTART:20260504T006000\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART is not a date"},
	{ONE("DTSTART:20260504T000061\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART is not a date"},
	{ONE(OFF_DAY "DTEND;VALUE=DATE:20260231\r\n"),
		"x.ics:3: event \"\": its DTEND is not a date from 1970 on"},
	{ONE(OFF_DAY "DURATION:P9999999W\r\n"),
		"x.ics:3: event \"\": its DURATION is not a length of time like P3D"},
	{ONE(OFF_DAY "DURATION:P9999999D\r\n"),
		"x.ics:3: event \"\": its DURATION is not a length of time like P3D"},
	{ONE(OFF_DAY "DURATION:PT9999999H\r\n"),
		"x.ics:3: event \"\": its DURATION is not a length of time like P3D"},
	{ONE(OFF_DAY "DURATION:PT9999999M\r\n"),
		"x.ics:3: event \"\": its DURATION is not a length of time like P3D"},
	{ONE(OFF_DAY "DURATION:PT9999999S\r\n"),
		"x.ics:3: event \"\": its DURATION is not a length of time like P3D"},
	{ONE("DTSTART;VALUE=DATE:20260504\r\nCATEGORIES:HOLIDAY,WORKDAY\r\n"),
		"x.ics:3: event \"\": it can mean a day off or a make-up working day"},
	{ONE("DTSTART;VALUE=DATE:20260504\r\nSUMMARY:国庆 调休\r\n"),
		"x.ics:3: event \"国庆 调休\": it can mean a day off or a make-up working day"},
	{ONE("DTSTART;VALUE=DATE:20260504\r\nDTEND;VALUE=DATE:20260503\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": it ends before it begins"},
	{ONE("DTSTART;VALUE=DATE:20260504\r\nDTEND;VALUE=DATE:20260704\r\nSUMMARY:暑假\r\n"),
		"x.ics:3: event \"暑假\": it is longer than 60 days"},
	{ONE(OFF_DAY "RRULE:FREQ=YEARLY\r\n"), "x.ics:3: event \"\": it repeats"},
	{ONE(OFF_DAY "RDATE;VALUE=DATE:20270504\r\n"), "x.ics:3: event \"\": it repeats"},

	/* Dates that are none. */
	{ONE("CATEGORIES:HOLIDAY\r\n"), "x.ics:3: event \"\": it has no DTSTART"},
	{ONE("DTSTART;VALUE=DATE:2026051x\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART cannot be read"},
	{ONE("DTSTART:20260504T0900\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART cannot be read"},
	{ONE("DTSTART;VALUE=DATE:2026050x\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART cannot be read"},
	{ONE("DTSTART;VALUE=DATE:20260230\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART is not a date from 1970 on"},
	{ONE("DTSTART:20260504T250000\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART is not a date from 1970 on"},
	{ONE("DTSTART;VALUE=DATE:19691231\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: event \"\": its DTSTART is not a date from 1970 on"},
	{ONE("DTSTART;VALUE=DATE:22000101\r\nCATEGORIES:HOLIDAY\r\n"),
		"x.ics:3: the date is not within the years 1970 to 2199"},
	{ONE(OFF_DAY "DTEND;VALUE=DATE:2026050x\r\n"), "x.ics:3: event \"\": its DTEND cannot be read"},
	{ONE(OFF_DAY "DTEND;VALUE=DATE20260506\r\n"), "x.ics:3: event \"\": its DTEND cannot be read"},
	{ONE(OFF_DAY "DTEND;VALUE=DATE:20260506\r\nDTEND;VALUE=DATE:20260507\r\n"),
		"x.ics:3: event \"\": it has more than one DTEND"},
	{ONE(OFF_DAY "DURATION:P2\r\n"),
		"x.ics:3: event \"\": its DURATION is not a length of time like P3D"},
	{ONE(OFF_DAY "DURATION:-P1D\r\n"),
		"x.ics:3: event \"\": its DURATION is not a length of time like P3D"},
	{ONE(OFF_DAY "DURATION:P99999999999D\r\n"), "x.ics:3: event \"\": its DURATION"},
	{ONE("DTSTART;VALUE=DATE:20260504\r\nSUMMARY:\xb7\xc5\xbc\xd9\r\n"),
		"x.ics:5: SUMMARY is not UTF-8 text"},

	/* Coverage. */
	{HEAD "X-CN-COVERAGE-FROM;VALUE=DATE:20260101\r\n" NEW_YEAR TAIL,
		"x.ics:3: X-CN-COVERAGE-FROM and X-CN-COVERAGE-UNTIL are given together"},
	{HEAD "X-CN-COVERAGE-UNTIL;VALUE=DATE:20261231\r\n" NEW_YEAR TAIL,
		"x.ics:3: X-CN-COVERAGE-FROM and X-CN-COVERAGE-UNTIL are given together"},
	{HEAD "X-CN-COVERAGE-UNTIL:2026\r\n" NEW_YEAR TAIL, "x.ics:3: X-CN-COVERAGE-UNTIL is not a date"},
	{HEAD "X-CN-COVERAGE-UNTIL:20261231\r\nX-CN-COVERAGE-UNTIL:20261231\r\n" NEW_YEAR TAIL,
		"x.ics:4: X-CN-COVERAGE-UNTIL is given already in line 3"},
	{HEAD "X-CN-COVERAGE-FROM:20261231\r\nX-CN-COVERAGE-UNTIL:20260101\r\n" NEW_YEAR TAIL,
		"x.ics:4: the coverage ends before it begins"},
};

static void test_what_is_no_plausible_calendar_is_refused_with_file_line_and_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct fault fault = FAULT_NONE;
		struct workdays *workdays = read_text(refusals[i].text, &fault);
		if (workdays)
			fail_msg("taken, but expected: %s", refusals[i].reason);
		if (strncmp(fault.text, refusals[i].reason, strlen(refusals[i].reason)) != 0)
			fail_msg("expected \"%s\", got \"%s\"", refusals[i].reason, fault.text);
	}
}

static void test_a_coverage_is_read_in_both_writings(void **state)
{
	(void)state;
	static const char *const texts[] = {
		HEAD
		"X-CN-COVERAGE-FROM;VALUE=DATE:20260101\r\nx-cn-coverage-until;VALUE=DATE:20270110\r\n" NEW_YEAR
			TAIL,
		HEAD NEW_YEAR "X-CN-COVERAGE-FROM:2026-01-01\r\nX-CN-COVERAGE-UNTIL:2027-01-10\r\n" TAIL,
	};
	for (size_t i = 0; i < 2; i++) {
		struct fault fault = FAULT_NONE;
		struct workdays *workdays = read_text(texts[i], &fault);
		assert_non_null(workdays);
		facts_assert_date(workdays_horizon(workdays), "2027-01-10", "horizon");
		facts_assert_date(workdays_coverage_from(workdays), "2026-01-01", "from");
		workdays_destroy(&workdays);
	}
}

static void test_what_is_too_large_is_refused(void **state)
{
	(void)state;
	struct fault fault = FAULT_NONE;
	struct buffer text = BUFFER_NULL;
	buffer_printf(&text, HEAD);
	for (int i = 0; i <= 4096; i++)
		buffer_printf(&text, NEW_YEAR);
	buffer_printf(&text, TAIL);
	assert_null(workdays_read_ical(text.data, text.size, "x.ics", &fault));
	assert_non_null(strstr(fault.text, "x.ics:16387: more than 4096 events"));

	buffer_clear(&text);
	buffer_printf(&text, HEAD "BEGIN:VEVENT\r\nSUMMARY:");
	for (int i = 0; i < 5000; i++)
		buffer_append_byte(&text, 'x');
	buffer_printf(&text, "\r\nEND:VEVENT\r\n" NEW_YEAR TAIL);
	assert_null(workdays_read_ical(text.data, text.size, "x.ics", &fault));
	assert_non_null(strstr(fault.text, "x.ics:4: SUMMARY is too long"));

	buffer_clear(&text);
	buffer_printf(&text, HEAD "BEGIN:VEVENT\r\n");
	for (int i = 0; i < 17; i++)
		buffer_printf(&text, "CATEGORIES:c%d\r\n", i);
	buffer_printf(&text, "END:VEVENT\r\n" NEW_YEAR TAIL);
	assert_null(workdays_read_ical(text.data, text.size, "x.ics", &fault));
	assert_non_null(
		strstr(fault.text, "x.ics:20: CATEGORIES is too long, or there are too many in one event"));

	buffer_clear(&text);
	while (text.size <= 4 * 1024 * 1024)
		buffer_append(&text, "X-A:b\r\n\r\n", 9);
	assert_null(workdays_read_ical(text.data, text.size, "x.ics", &fault));
	assert_non_null(strstr(fault.text, "x.ics:1: larger than 4 MiB"));
	buffer_deinit(&text);

	assert_null(workdays_read_ical("BEGIN\0:", 7, "x.ics", &fault));
	assert_non_null(strstr(fault.text, "not a text file"));
	assert_null(workdays_read_ical(NULL, 0, "x.ics", &fault));
}

/* libical, failing as it may (built with --wrap). */
static icalcomponent *(*parse)(const char *text);
icalcomponent *__real_icalparser_parse_string(const char *text);
icalcomponent *__wrap_icalparser_parse_string(const char *text);

icalcomponent *__wrap_icalparser_parse_string(const char *text)
{
	return parse ? parse(text) : __real_icalparser_parse_string(text);
}

static icalcomponent *parse_nothing(const char *text)
{
	(void)text;
	return NULL;
}

static icalcomponent *parse_something_else(const char *text)
{
	(void)text;
	return icalcomponent_new(ICAL_VTODO_COMPONENT);
}

static void test_an_event_that_libical_cannot_read_is_refused(void **state)
{
	(void)state;
	struct fault fault;
	parse = parse_nothing;
	assert_null(read_text(HEAD NEW_YEAR TAIL, &fault));
	assert_string_equal(fault.text, "x.ics:3: this event cannot be read");
	parse = parse_something_else;
	assert_null(read_text(HEAD NEW_YEAR TAIL, &fault));
	assert_string_equal(fault.text, "x.ics:3: this event cannot be read");
	parse = NULL;
}

/* One to three small injuries to the national calendar. */
static void injure(struct buffer *text, struct prng *prng)
{
	static const char *const pieces[] = {"\n", "\r\n ", ":", ";", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n",
		"99999999", "\xff", "DURATION:P1D\r\n", "RRULE:FREQ=SECONDLY\r\n", "\"", "=", "T000000Z",
		"\\", ",", "\t"};
	for (uint64_t wounds = 1 + prng_below(prng, 3); wounds > 0 && text->size > 100; wounds--) {
		size_t at = prng_below(prng, text->size - 60);
		const char *piece = pieces[prng_below(prng, sizeof(pieces) / sizeof(pieces[0]))];
		switch (prng_below(prng, 3)) {
		case 0:
			text->data[at] = (char)prng_next(prng);
			break;
		case 1:
			memmove(text->data + at, text->data + at + 40, text->size - at - 40);
			text->size -= 40;
			break;
		default:
			memcpy(text->data + at, piece, strlen(piece));
		}
	}
}

static void test_an_injured_calendar_is_read_or_refused_but_never_crashes(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	FILE *file = fopen("profiles/calendars/cn.ics", "r");
	assert_non_null(file);
	static char whole[1 << 17];
	size_t size = fread(whole, 1, sizeof(whole), file);
	fclose(file);
	unsigned taken = 0, refused = 0;
	for (int round = 0; round < 150; round++) {
		struct buffer text = BUFFER_NULL;
		buffer_append(&text, whole, size);
		injure(&text, &prng);
		struct fault fault = FAULT_NONE;
		struct workdays *workdays = workdays_read_ical(text.data, text.size, "x.ics", &fault);
		if (!workdays && strncmp(fault.text, "x.ics:", 6) != 0)
			fail_msg("a fault without its place: %s", fault.text);
		*(workdays ? &taken : &refused) += 1;
		workdays_destroy(&workdays);
		buffer_deinit(&text);
	}
	assert_int_equal(taken + refused, 150);
	assert_true(taken > 0 && refused > 0); /* else the injuries are no test */
}

static int start(void **state)
{
	(void)state;
	digest_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_shape_of_real_feeds_gives_its_days),
		cmocka_unit_test(test_what_is_no_plausible_calendar_is_refused_with_file_line_and_reason),
		cmocka_unit_test(test_a_coverage_is_read_in_both_writings),
		cmocka_unit_test(test_what_is_too_large_is_refused),
		cmocka_unit_test(test_an_event_that_libical_cannot_read_is_refused),
		cmocka_unit_test(test_an_injured_calendar_is_read_or_refused_but_never_crashes),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
