#include "daemon/host/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/assert.h"
#include "daemon/core/case.h"
#include "proto/message.h"

/* ---- words ---- */

/* A line stays a line, whatever stands in a file's name or in the reason why it is no good. */
static void append_value(struct buffer *to, const char *value)
{
	for (; *value; value++)
		buffer_append_byte(to, (uint8_t)*value < ' ' ? ' ' : (uint8_t)*value);
}

/* The field whose {NAME} stands here; LOGGED_END: none. */
static enum logged field_at(const char *text)
{
	for (enum logged field = 0; field < LOGGED_END; field++) {
		size_t size = strlen(logged_name(field));
		if (text[0] == '{' && strncmp(text + 1, logged_name(field), size) == 0 &&
			text[size + 1] == '}')
			return field;
	}
	return LOGGED_END;
}

static const char *value_of(const struct log_record *record, enum logged field)
{
	return record->values[field] ? record->values[field] : "none";
}

/* The event's words with its fields in their places; returns which had one. */
static uint32_t append_words(struct buffer *to, const struct log_record *record)
{
	uint32_t said = 0;
	for (const char *at = log_event_info(record->event)->text; *at;) {
		enum logged field = field_at(at);
		if (field == LOGGED_END) {
			buffer_append_byte(to, (uint8_t)*at++);
			continue;
		}
		append_value(to, value_of(record, field));
		at += strlen(logged_name(field)) + 2;
		said |= UINT32_C(1) << field;
	}
	return said;
}

static void append_lower(struct buffer *to, const char *name)
{
	for (; *name; name++)
		buffer_append_byte(to, (uint8_t)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name));
}

/* What a person reads: the words, and every field that they do not name. */
static void compose_message(struct log *self, const struct log_record *record)
{
	buffer_clear(&self->message);
	uint32_t said = append_words(&self->message, record);
	for (enum logged field = 0; field < LOGGED_END; field++) {
		if (!record->values[field] || said & UINT32_C(1) << field)
			continue;
		buffer_append_byte(&self->message, ' ');
		append_lower(&self->message, logged_name(field));
		buffer_append_byte(&self->message, '=');
		append_value(&self->message, record->values[field]);
	}
}

/* ---- where to ---- */

static void append_field(struct log *self, const char *name, const char *value)
{
	buffer_printf(&self->record, "%s=", name);
	append_value(&self->record, value);
	buffer_append_byte(&self->record, '\n');
}

static enum datagram_sent send_to_journal(struct log *self, int level, const struct log_record *record)
{
	const struct log_event_info *info = log_event_info(record->event);
	buffer_clear(&self->record);
	append_field(self, "MESSAGE", buffer_string(&self->message));
	append_field(self, "MESSAGE_ID", info->id);
	buffer_printf(&self->record, "PRIORITY=%d\nSYSLOG_IDENTIFIER=wenzhengd\n", level);
	append_field(self, "EVENT", info->name);
	for (enum logged field = 0; field < LOGGED_END; field++)
		if (record->values[field])
			append_field(self, logged_name(field), record->values[field]);
	return datagram_send(&self->journal, buffer_span(&self->record));
}

/* False if it is lost, for the journal does not read. */
static bool deliver(struct log *self, int level, const struct log_record *record)
{
	compose_message(self, record);
	enum datagram_sent sent = send_to_journal(self, level, record);
	if (sent == DATAGRAM_GONE)
		fprintf(stderr, "<%d>%s\n", level, buffer_string(&self->message));
	return sent != DATAGRAM_FULL;
}

static bool tell_lost(struct log *self)
{
	char count[24];
	struct log_record record = {.event = HOST_JOURNAL_FULL, .values = {[LOGGED_LEFT_OUT] = count}};
	int level = log_event_info(record.event)->level;
	if (self->lost == 0)
		return true;
	snprintf(count, sizeof(count), "%" PRIu64, self->lost);
	if (level <= self->level_max && !deliver(self, level, &record))
		return false;
	self->lost = 0;
	return true;
}

static void write_record(struct log *self, int level, const struct log_record *record)
{
	if (!tell_lost(self) || !deliver(self, level, record))
		self->lost++;
}

/* ---- how often ---- */

static void tell_left_out(struct log *self, struct mono now)
{
	struct log_source source;
	char count[24];
	while (log_limit_take(&self->limit, now, &source)) {
		const struct log_event_info *info = log_event_info(source.event);
		struct log_record record = {.event = HOST_LEFT_OUT,
			.values = {
				[LOGGED_PRINCIPAL] = *source.principal ? source.principal : NULL,
				[LOGGED_LEFT_OUT] = count,
				[LOGGED_LEFT_EVENT] = info->name,
			}};
		snprintf(count, sizeof(count), "%" PRIu64, source.left_out);
		write_record(self, info->level, &record);
	}
}

void log_turned(struct log *self, struct mono now)
{
	tell_left_out(self, now);
	(void)tell_lost(self);
}

/* ---- the log ---- */

static bool is_standard_error(const char *stream)
{
	char own[48];
	struct stat status;
	if (!stream || fstat(STDERR_FILENO, &status) != 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(own, stream) == 0;
}

void log_init(struct log *self, const struct log_options *options)
{
	*self = (struct log){.level_max = LOG_DEBUG, .journal = DATAGRAM_NULL};
	/* Without a descriptor for the journal there is standard error still. */
	if (is_standard_error(options->journal_stream))
		(void)!datagram_init(&self->journal, options->journal_socket);
}

void log_deinit(struct log *self)
{
	log_turned(self, MONO_NEVER);
	datagram_deinit(&self->journal);
	buffer_deinit(&self->message);
	buffer_deinit(&self->record);
}

void log_write(struct log *self, struct mono now, const struct log_record *record)
{
	const struct log_event_info *info = log_event_info(record->event);
	for (enum logged field = 0; field < LOGGED_END; field++)
		IMPLIES(record->values[field], info->fields & UINT32_C(1) << field);
	if (info->level > self->level_max)
		return;
	tell_left_out(self, now);
	if (info->per_second > 0 &&
		!log_limit_admits(&self->limit, now, record->event, record->values[LOGGED_PRINCIPAL]))
		return;
	write_record(self, info->level, record);
}

/* What an event of the shell means by its number. */
static const enum logged number_is[LOG_EVENT_END] = {
	[LOG_STARTED] = LOGGED_OPEN,
	[LOG_ESCALATED] = LOGGED_RUNG,
	[LOG_TEXT_DAMAGED] = LOGGED_TEXT,
};
static_assert(LOGGED_CASE == 0, "which no number is: the table's empty places");

void log_write_entry(struct log *self, struct mono now, const struct log_entry *entry)
{
	char case_number[CASE_NUMBER_SIZE], department[DEPARTMENT_ID_SIZE_MAX + 1], number[24];
	char portal[PRINCIPAL_NAME_SIZE_MAX + 1], principal[PRINCIPAL_NAME_SIZE_MAX + 1];
	struct log_record record = {.event = entry->event};
	REQUIRE(entry->event < LOG_EVENT_END);
	ENSURE(span_copy(entry->department, department, sizeof(department)) &&
		span_copy(entry->portal, portal, sizeof(portal)) &&
		span_copy(entry->principal, principal, sizeof(principal)));
	snprintf(number, sizeof(number), "%" PRId64, entry->number);
	if (entry->case_id) {
		case_number_print(entry->case_id, case_number);
		record.values[LOGGED_CASE] = case_number;
	}
	record.values[LOGGED_DEPARTMENT] = *department ? department : NULL;
	record.values[LOGGED_PORTAL] = *portal ? portal : NULL;
	record.values[LOGGED_PRINCIPAL] = *principal ? principal : NULL;
	if (entry->event == LOG_REFUSED)
		record.values[LOGGED_CODE] = error_code_text((enum error_code)entry->number);
	else if (number_is[entry->event])
		record.values[number_is[entry->event]] = number;
	log_write(self, now, &record);
}
