#include "calendar/ical_events.h"

#include <string.h>

#include "base/assert.h"
#include "base/utf8.h"

static const char *const field_names[ICAL_FIELDS] = {
	[ICAL_FIELD_DTSTART] = "DTSTART",
	[ICAL_FIELD_DTEND] = "DTEND",
	[ICAL_FIELD_DURATION] = "DURATION",
	[ICAL_FIELD_SUMMARY] = "SUMMARY",
	[ICAL_FIELD_CATEGORIES] = "CATEGORIES",
	[ICAL_FIELD_STATUS] = "STATUS",
	[ICAL_FIELD_SPECIAL_DAY] = "X-APPLE-SPECIAL-DAY",
	[ICAL_FIELD_RRULE] = "RRULE",
	[ICAL_FIELD_RDATE] = "RDATE",
};

const char *ical_field_name(enum ical_field field)
{
	REQUIRE(field < ICAL_FIELDS);
	return field_names[field];
}

void ical_events_init(struct ical_events *self, struct span text, const char *file_name)
{
	REQUIRE(self && file_name);
	*self = (struct ical_events){.file_name = file_name, .block = BUFFER_NULL};
	ical_lines_init(&self->lines, text);
}

void ical_events_deinit(struct ical_events *self)
{
	ical_lines_deinit(&self->lines);
	buffer_deinit(&self->block);
}

static bool in_event(const struct ical_events *self)
{
	return self->depth > 0 && strcmp(self->names[self->depth - 1], "VEVENT") == 0;
}

static void begin_event(struct ical_events *self, uint32_t line)
{
	self->event = (struct ical_event){.line = line};
	buffer_clear(&self->block);
	buffer_printf(&self->block, "BEGIN:VEVENT\r\n");
}

static void end_event(struct ical_events *self)
{
	buffer_printf(&self->block, "END:VEVENT\r\n");
	self->event.text = buffer_string(&self->block);
}

static bool open_component(struct ical_events *self, struct span name, uint32_t line, struct fault *fault)
{
	if (self->depth == 0 && !ical_lines_same_name(name, "VCALENDAR"))
		return fault_set(fault, "%s:%u: a calendar begins with BEGIN:VCALENDAR, not with BEGIN:%.*s",
			self->file_name, line, name.size < 40 ? (int)name.size : 40, name.data);
	if (self->depth == ICAL_DEPTH_MAX)
		return fault_set(fault, "%s:%u: components are nested more than %d deep", self->file_name,
			line, ICAL_DEPTH_MAX);
	char *open = self->names[self->depth];
	if (name.size == 0 || !span_copy(name, open, sizeof(self->names[0])))
		return fault_set(fault, "%s:%u: BEGIN: names no component that iCalendar knows",
			self->file_name, line);
	for (char *c = open; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	self->depth++;
	if (self->depth == 1)
		self->calendars++;
	if (!in_event(self))
		return true;
	if (self->depth != 2)
		return fault_set(fault, "%s:%u: BEGIN:VEVENT stands inside %s; is an END: missing above?",
			self->file_name, line, self->names[self->depth - 2]);
	if (self->events == ICAL_EVENTS_MAX)
		return fault_set(fault, "%s:%u: more than %d events, which is no calendar of public holidays",
			self->file_name, line, ICAL_EVENTS_MAX);
	self->events++;
	begin_event(self, line);
	return true;
}

static bool close_component(struct ical_events *self, struct span name, uint32_t line, struct fault *fault)
{
	if (self->depth == 0 || !ical_lines_same_name(name, self->names[self->depth - 1]))
		return fault_set(fault, "%s:%u: END:%.*s does not close what is open here (%s)",
			self->file_name, line, name.size < 40 ? (int)name.size : 40,
			name.size ? name.data : "", self->depth ? self->names[self->depth - 1] : "nothing");
	if (in_event(self))
		end_event(self);
	self->depth--;
	return true;
}

/* "20261001" or "20261001T090000" or "20261001T090000Z". */
static bool is_date_value(struct span value)
{
	static const char shape[] = "ddddddddTddddddZ";
	if (value.size != 8 && value.size != 15 && value.size != 16)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		bool digit = value.data[i] >= '0' && value.data[i] <= '9';
		if (shape[i] == 'd' ? !digit : value.data[i] != shape[i])
			return false;
	}
	return true;
}

static bool keep_field(struct ical_events *self, struct span text, uint32_t line, struct fault *fault)
{
	struct span name = ical_lines_name(text);
	enum ical_field field = 0;
	while (field < ICAL_FIELDS && !ical_lines_same_name(name, field_names[field]))
		field++;
	if (field == ICAL_FIELDS)
		return true;
	if (text.size > ICAL_LINE_SIZE_MAX || self->event.counts[field] == ICAL_FIELD_COUNT_MAX)
		return fault_set(fault, "%s:%u: %s is too long, or there are too many in one event",
			self->file_name, line, field_names[field]);
	if (!utf8_is_text(text, UTF8_SEVERAL_LINES))
		return fault_set(fault, "%s:%u: %s is not UTF-8 text; save the file as UTF-8",
			self->file_name, line, field_names[field]);
	self->event.counts[field]++;
	/* libical reads 2026101x as the 1st of October. It is counted but not shown, so that the event is
	 * refused for it if the event matters. */
	if ((field == ICAL_FIELD_DTSTART || field == ICAL_FIELD_DTEND) &&
		!is_date_value(ical_lines_value(text)))
		return true;
	buffer_append_span(&self->block, text);
	buffer_append(&self->block, "\r\n", 2);
	return true;
}

/* "20070101" or "2007-01-01". */
static bool parse_bound(struct span text, struct civil_date *ret_date)
{
	char dashed[CIVIL_DATE_SIZE];
	if (text.size != 8)
		return civil_parse_date(text, ret_date);
	memcpy(dashed, text.data, 4);
	memcpy(dashed + 5, text.data + 4, 2);
	memcpy(dashed + 8, text.data + 6, 2);
	dashed[4] = dashed[7] = '-';
	return civil_parse_date(span_of(dashed, sizeof(dashed) - 1), ret_date);
}

static bool keep_coverage(struct ical_events *self, struct span text, uint32_t line, struct fault *fault)
{
	struct span name = ical_lines_name(text);
	struct ical_coverage_bound *bound = NULL;
	if (ical_lines_same_name(name, "X-CN-COVERAGE-FROM"))
		bound = &self->from;
	else if (ical_lines_same_name(name, "X-CN-COVERAGE-UNTIL"))
		bound = &self->until;
	if (!bound)
		return true;
	if (bound->line)
		return fault_set(fault, "%s:%u: %.*s is given already in line %u", self->file_name, line,
			SPAN_PRINT(name), bound->line);
	if (!parse_bound(ical_lines_value(text), &bound->date))
		return fault_set(fault, "%s:%u: %.*s is not a date like 20261231", self->file_name, line,
			SPAN_PRINT(name));
	bound->line = line;
	return true;
}

static bool take_line(
	struct ical_events *self, struct span text, uint32_t line, bool *ret_closed, struct fault *fault)
{
	struct span name = ical_lines_name(text);
	*ret_closed = false;
	if (ical_lines_same_name(name, "BEGIN"))
		return open_component(self, ical_lines_value(text), line, fault);
	if (ical_lines_same_name(name, "END")) {
		*ret_closed = in_event(self);
		return close_component(self, ical_lines_value(text), line, fault);
	}
	if (self->depth == 0)
		return fault_set(fault,
			"%s:%u: this is not an iCalendar file: it does not begin with BEGIN:VCALENDAR",
			self->file_name, line);
	if (in_event(self))
		return keep_field(self, text, line, fault);
	return self->depth > 1 || keep_coverage(self, text, line, fault);
}

static bool check_end(const struct ical_events *self, struct fault *fault)
{
	if (self->calendars == 0)
		return fault_set(fault,
			"%s:1: this is not an iCalendar file: there is no BEGIN:VCALENDAR in it",
			self->file_name);
	if (self->depth > 0)
		return fault_set(fault, "%s:%u: the file ends inside %s: is it cut off?", self->file_name,
			self->lines.number, self->names[self->depth - 1]);
	if (!self->from.line != !self->until.line)
		return fault_set(fault,
			"%s:%u: X-CN-COVERAGE-FROM and X-CN-COVERAGE-UNTIL are given together or not at all",
			self->file_name, self->from.line ? self->from.line : self->until.line);
	return true;
}

enum ical_events_outcome ical_events_next(struct ical_events *self, struct fault *fault)
{
	struct span text;
	uint32_t line;
	while (ical_lines_next(&self->lines, &text, &line)) {
		bool closed;
		if (!take_line(self, text, line, &closed, fault))
			return ICAL_EVENTS_FAULT;
		if (closed)
			return ICAL_EVENTS_EVENT;
	}
	return check_end(self, fault) ? ICAL_EVENTS_END : ICAL_EVENTS_FAULT;
}
