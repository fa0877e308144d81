#include "calendar/ical.h"

#include <libical/ical.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "calendar/ical_events.h"

static void cleanup_component(icalcomponent **component)
{
	if (*component)
		icalcomponent_free(*component);
}

static void cleanup_builder(struct workdays_builder **builder)
{
	workdays_builder_destroy(builder);
}

/* ---- What an event says of its days. */

enum verdict {
	VERDICT_NONE,
	VERDICT_OFF,
	VERDICT_ON,
	VERDICT_AMBIGUOUS,
};

/* The first word that stands in the summary decides; hence make-up words before words of rest. */
static const struct {
	const char *word;
	enum verdict verdict;
} summary_words[] = {
	{"不上班", VERDICT_OFF},
	{"班", VERDICT_ON}, /* 上班, 补班, 调休上班, (班) */
	{"工作日", VERDICT_ON},
	{"workday", VERDICT_ON},
	{"working day", VERDICT_ON},
	{"假", VERDICT_OFF}, /* 放假, 假期, 休假 */
	{"休息", VERDICT_OFF},
	{"补休", VERDICT_OFF},
	{"调休", VERDICT_AMBIGUOUS}, /* alone it is said of the day off and of the day worked for it */
	{"休", VERDICT_OFF},	     /* (休) */
	{"holiday", VERDICT_OFF},
	{"day off", VERDICT_OFF},
};

static const icalproperty_kind property_kinds[ICAL_FIELDS] = {
	[ICAL_FIELD_DTSTART] = ICAL_DTSTART_PROPERTY,
	[ICAL_FIELD_DTEND] = ICAL_DTEND_PROPERTY,
	[ICAL_FIELD_DURATION] = ICAL_DURATION_PROPERTY,
	[ICAL_FIELD_SUMMARY] = ICAL_SUMMARY_PROPERTY,
	[ICAL_FIELD_CATEGORIES] = ICAL_CATEGORIES_PROPERTY,
	[ICAL_FIELD_STATUS] = ICAL_STATUS_PROPERTY,
	[ICAL_FIELD_SPECIAL_DAY] = ICAL_X_PROPERTY,
	[ICAL_FIELD_RRULE] = ICAL_RRULE_PROPERTY,
	[ICAL_FIELD_RDATE] = ICAL_RDATE_PROPERTY,
};

/* An event as libical read it. */
struct reading {
	icalcomponent *component;
	const struct ical_event *event;
	const char *file_name;
};

static icalproperty *property_of(const struct reading *reading, enum ical_field field)
{
	return icalcomponent_get_first_property(reading->component, property_kinds[field]);
}

/* libical gives NULL for what is not there. */
static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static const char *text_of(const struct reading *reading, enum ical_field field)
{
	icalproperty *property = property_of(reading, field);
	return or_empty(property ? icalproperty_get_value_as_string(property) : NULL);
}

/* The text value as it was meant, without the escapes of the file. */
static const char *summary_of(const struct reading *reading)
{
	icalproperty *property = property_of(reading, ICAL_FIELD_SUMMARY);
	return or_empty(property ? icalproperty_get_summary(property) : NULL);
}

static enum verdict verdict_of_special_day(const struct reading *reading)
{
	const char *text = text_of(reading, ICAL_FIELD_SPECIAL_DAY);
	if (strcasecmp(text, "WORK-HOLIDAY") == 0)
		return VERDICT_OFF;
	return strcasecmp(text, "ALTERNATE-WORKDAY") == 0 ? VERDICT_ON : VERDICT_NONE;
}

static enum verdict verdict_of_categories(const struct reading *reading)
{
	bool off = false, on = false;
	for (icalproperty *property = property_of(reading, ICAL_FIELD_CATEGORIES); property;
		property = icalcomponent_get_next_property(reading->component, ICAL_CATEGORIES_PROPERTY)) {
		const char *text = or_empty(icalproperty_get_categories(property));
		off = off || strcasecmp(text, "HOLIDAY") == 0;
		on = on || strcasecmp(text, "WORKDAY") == 0;
	}
	if (off && on)
		return VERDICT_AMBIGUOUS;
	return off ? VERDICT_OFF : on ? VERDICT_ON : VERDICT_NONE;
}

static enum verdict verdict_of_summary(const struct reading *reading)
{
	const char *text = summary_of(reading);
	for (size_t i = 0; i < sizeof(summary_words) / sizeof(summary_words[0]); i++)
		if (strcasestr(text, summary_words[i].word))
			return summary_words[i].verdict;
	return VERDICT_NONE;
}

static enum verdict verdict_of(const struct reading *reading)
{
	if (strcasecmp(text_of(reading, ICAL_FIELD_STATUS), "CANCELLED") == 0)
		return VERDICT_NONE;
	enum verdict verdict = verdict_of_special_day(reading);
	if (verdict == VERDICT_NONE)
		verdict = verdict_of_categories(reading);
	return verdict == VERDICT_NONE ? verdict_of_summary(reading) : verdict;
}

/* ---- Which days an event covers. */

static bool is_utc(icalproperty *property, struct icaltimetype time)
{
	if (icaltime_is_utc(time))
		return true;
	icalparameter *zone = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
	const char *name = or_empty(zone ? icalparameter_get_tzid(zone) : NULL);
	return strcasecmp(name, "UTC") == 0 || strcasecmp(name, "Etc/UTC") == 0 ||
	       strcasecmp(name, "GMT") == 0 || strcasecmp(name, "Z") == 0;
}

/* A DATE or DATE-TIME value in local seconds since 1970-01-01 00:00 local; a DATE is its first second. */
static bool local_seconds(icalproperty *property, int64_t *ret_seconds)
{
	/* Of what is no date libical makes the year 0; 30 February and 99 o'clock it takes as they come. */
	struct icaltimetype time = icalvalue_get_datetimedate(icalproperty_get_value(property));
	struct civil_date date;
	if (!civil_from_ymd(time.year, time.month, time.day, &date) || date.days < 0)
		return false;
	int64_t seconds = (int64_t)date.days * SECONDS_PER_DAY;
	if (!time.is_date) {
		if ((unsigned)time.hour > 23 || (unsigned)time.minute > 59 || (unsigned)time.second > 60)
			return false;
		seconds += time.hour * 3600 + time.minute * 60 + time.second;
		if (is_utc(property, time))
			seconds += UTC_OFFSET_CHINA.seconds;
	}
	*ret_seconds = seconds;
	return true;
}

static bool duration_seconds(icalproperty *property, int64_t *ret_seconds)
{
	struct icaldurationtype duration = icalproperty_get_duration(property);
	const unsigned most = ICAL_EVENT_DAYS_MAX * SECONDS_PER_DAY;
	if (duration.is_neg || duration.weeks > most || duration.days > most || duration.hours > most ||
		duration.minutes > most || duration.seconds > most)
		return false;
	int64_t seconds = ((int64_t)duration.weeks * 7 + duration.days) * SECONDS_PER_DAY +
			  (int64_t)duration.hours * 3600 + (int64_t)duration.minutes * 60 + duration.seconds;
	/* libical reads "P2" as no time at all. */
	if (seconds == 0)
		return false;
	*ret_seconds = seconds;
	return true;
}

static bool event_fault(const struct reading *reading, struct fault *fault, const char *reason)
{
	return fault_set(fault, "%s:%u: event \"%.120s\": %s", reading->file_name, reading->event->line,
		summary_of(reading), reason);
}

/* What the file gives but libical dropped was malformed. Taking it as absent would make a week's holiday one
 * day. */
static bool check_understood(const struct reading *reading, struct fault *fault)
{
	for (enum ical_field field = 0; field < ICAL_FIELDS; field++) {
		int found = icalcomponent_count_properties(reading->component, property_kinds[field]);
		if (found < (int)reading->event->counts[field])
			return fault_set(fault, "%s:%u: event \"%.120s\": its %s cannot be read",
				reading->file_name, reading->event->line, summary_of(reading),
				ical_field_name(field));
		if (field <= ICAL_FIELD_DURATION && found > 1)
			return fault_set(fault, "%s:%u: event \"%.120s\": it has more than one %s",
				reading->file_name, reading->event->line, summary_of(reading),
				ical_field_name(field));
	}
	if (property_of(reading, ICAL_FIELD_RRULE) || property_of(reading, ICAL_FIELD_RDATE))
		return event_fault(reading, fault,
			"it repeats (RRULE or RDATE); a notice names its days one by one, so must this file");
	return true;
}

static bool span_of_event(
	const struct reading *reading, int64_t *ret_start, int64_t *ret_end, struct fault *fault)
{
	icalproperty *start_property = property_of(reading, ICAL_FIELD_DTSTART);
	icalproperty *end_property = property_of(reading, ICAL_FIELD_DTEND);
	icalproperty *duration_property = property_of(reading, ICAL_FIELD_DURATION);
	int64_t start, end, duration = 0;
	if (!start_property)
		return event_fault(reading, fault, "it has no DTSTART");
	if (!local_seconds(start_property, &start))
		return event_fault(reading, fault, "its DTSTART is not a date from 1970 on");
	end = start;
	if (end_property && !local_seconds(end_property, &end))
		return event_fault(reading, fault, "its DTEND is not a date from 1970 on");
	if (!end_property && duration_property) {
		if (!duration_seconds(duration_property, &duration))
			return event_fault(reading, fault, "its DURATION is not a length of time like P3D");
		end = start + duration;
	}
	if (end < start)
		return event_fault(reading, fault, "it ends before it begins");
	*ret_start = start;
	*ret_end = end;
	return true;
}

static bool add_days(const struct reading *reading, enum workdays_mark mark, struct workdays_builder *builder,
	struct fault *fault)
{
	int64_t start = 0, end = 0;
	if (!span_of_event(reading, &start, &end, fault))
		return false;
	struct civil_date first = {(int32_t)(start / SECONDS_PER_DAY)};
	struct civil_date last = {end > start ? (int32_t)((end - 1) / SECONDS_PER_DAY) : first.days};
	if (last.days - first.days >= ICAL_EVENT_DAYS_MAX)
		return event_fault(reading, fault, "it is longer than 60 days; is its end right?");
	static_assert(ICAL_EVENT_DAYS_MAX == 60, "the sentence above names the limit");
	struct span name = span_of_string(summary_of(reading));
	for (struct civil_date date = first; !civil_before(last, date); date = civil_plus(date, 1))
		if (!workdays_builder_add(builder, date, mark, name, reading->event->line, fault))
			return false;
	return true;
}

/* ---- The file. */

static bool read_event(const struct ical_event *event, const char *file_name,
	struct workdays_builder *builder, struct fault *fault)
{
	CLEANUP(cleanup_component) icalcomponent *component = icalparser_parse_string(event->text);
	if (!component || icalcomponent_isa(component) != ICAL_VEVENT_COMPONENT)
		return fault_set(fault, "%s:%u: this event cannot be read", file_name, event->line);
	struct reading reading = {.component = component, .event = event, .file_name = file_name};
	enum verdict verdict = verdict_of(&reading);
	if (verdict == VERDICT_NONE)
		return true;
	if (verdict == VERDICT_AMBIGUOUS)
		return event_fault(&reading, fault,
			"it can mean a day off or a make-up working day; say HOLIDAY or "
			"WORKDAY in its CATEGORIES");
	if (!check_understood(&reading, fault))
		return false;
	return add_days(&reading, verdict == VERDICT_OFF ? WORKDAYS_OFF : WORKDAYS_ON, builder, fault);
}

static bool read_events(struct ical_events *events, struct workdays_builder *builder, struct fault *fault)
{
	enum ical_events_outcome outcome;
	while ((outcome = ical_events_next(events, fault)) == ICAL_EVENTS_EVENT)
		if (!read_event(&events->event, events->file_name, builder, fault))
			return false;
	if (outcome == ICAL_EVENTS_FAULT)
		return false;
	return !events->from.line || workdays_builder_cover(builder, events->from.date, events->until.date,
					     events->until.line, fault);
}

/* The text's days in a builder, or NULL with a fault. */
static struct workdays_builder *read_text(struct span text, const char *file_name, struct fault *fault)
{
	REQUIRE(file_name && fault);
	if (text.size > ICAL_TEXT_SIZE_MAX || memchr(text.size ? text.data : "", '\0', text.size)) {
		fault_set(fault, "%s:1: larger than %d MiB, or not a text file", file_name,
			ICAL_TEXT_SIZE_MAX / (1024 * 1024));
		return NULL;
	}
	icalerror_set_errors_are_fatal(false);
	CLEANUP(cleanup_builder) struct workdays_builder *builder = workdays_builder_new(file_name);
	struct ical_events events;
	ical_events_init(&events, text, file_name);
	bool read = read_events(&events, builder, fault);
	ical_events_deinit(&events);
	icalmemory_free_ring();
	return read ? TAKE(builder) : NULL;
}

struct workdays *workdays_read_ical(const char *text, size_t size, const char *file_name, struct fault *fault)
{
	CLEANUP(cleanup_builder)
	struct workdays_builder *builder = read_text(span_of(text, size), file_name, fault);
	return builder ? workdays_build(builder, fault) : NULL;
}

struct workdays *workdays_overlay_ical(const struct workdays *base, const char *text, size_t size,
	const char *file_name, struct fault *fault)
{
	REQUIRE(base);
	CLEANUP(cleanup_builder)
	struct workdays_builder *builder = read_text(span_of(text, size), file_name, fault);
	return builder ? workdays_build_over(base, builder, fault) : NULL;
}
