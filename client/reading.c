#include "client/reading.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

void reading_deinit(struct reading *self)
{
	reading_begin(self, NULL);
}

void reading_begin(struct reading *self, struct result *result)
{
	result_destroy(&self->result);
	free(self->texts);
	free(self->list);
	*self = (struct reading){.result = result};
	if (!result)
		return;
	/* On the wire every text has at least one byte before it, in whose stead we put a NUL after it; each
	 * is asked for once. */
	self->capacity = result->map.size;
	self->texts = memory_new(self->capacity, 1);
}

const char *reading_text(struct reading *self, const struct message *message, enum field field)
{
	if (!message_has(message, field))
		return NULL;
	struct span text = message_text(message, field);
	ENSURE(self->capacity - self->used >= text.size + 1);
	char *copy = self->texts + self->used;
	if (text.size > 0)
		memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	self->used += text.size + 1;
	return copy;
}

int64_t reading_time(const struct message *message, enum field field)
{
	return message_time(message, field, (struct instant){WZ_NO_TIME}).us;
}

void *reading_list(struct reading *self, size_t item_size, size_t *ret_count)
{
	const struct message *message = &self->result->message;
	*ret_count = message_has(message, FIELD_ITEMS) ? message->values[FIELD_ITEMS].count : 0;
	if (*ret_count > 0)
		self->list = memory_new(*ret_count, item_size);
	return self->list;
}

void reading_case(struct reading *self, const struct message *message, struct wz_case *ret_case)
{
	*ret_case = (struct wz_case){
		.case_number = reading_text(self, message, FIELD_CASE),
		.epoch = message_number(message, FIELD_EPOCH, WZ_NO_NUMBER),
		.state = reading_text(self, message, FIELD_STATE),
		.department = reading_text(self, message, FIELD_DEPARTMENT),
		.title = reading_text(self, message, FIELD_TITLE),
		.body = reading_text(self, message, FIELD_BODY),
		.category = reading_text(self, message, FIELD_CATEGORY),
		.region = reading_text(self, message, FIELD_REGION),
		.portal = reading_text(self, message, FIELD_PORTAL),
		.class_name = reading_text(self, message, FIELD_CLASS),
		.received_us = reading_time(message, FIELD_RECEIVED),
		.due_us = reading_time(message, FIELD_DUE),
		.provisional = message_flag(message, FIELD_PROVISIONAL),
		.final_ruling = message_flag(message, FIELD_FINAL),
		.reminded = message_flag(message, FIELD_REMINDED),
		.lease_ms = message_number(message, FIELD_LEASE_MS, WZ_NO_NUMBER),
		.taken_us = reading_time(message, FIELD_TAKEN),
		.answered_us = reading_time(message, FIELD_ANSWERED),
	};
}

void reading_event(struct reading *self, const struct message *message, struct wz_event *ret_event)
{
	*ret_event = (struct wz_event){
		.cursor = message_number(message, FIELD_CURSOR, WZ_NO_NUMBER),
		.name = reading_text(self, message, FIELD_EVENT),
		.at_us = reading_time(message, FIELD_AT),
		.case_number = reading_text(self, message, FIELD_CASE),
		.id = reading_text(self, message, FIELD_ID),
		.department = reading_text(self, message, FIELD_DEPARTMENT),
		.class_name = reading_text(self, message, FIELD_CLASS),
		.portal = reading_text(self, message, FIELD_PORTAL),
		.title = reading_text(self, message, FIELD_TITLE),
		.received_us = reading_time(message, FIELD_RECEIVED),
		.due_us = reading_time(message, FIELD_DUE),
		.provisional = message_flag(message, FIELD_PROVISIONAL),
		.due_version = message_number(message, FIELD_DUE_VERSION, WZ_NO_NUMBER),
		.epoch = message_number(message, FIELD_EPOCH, WZ_NO_NUMBER),
		.rung = message_number(message, FIELD_RUNG, WZ_NO_NUMBER),
		.fired_us = reading_time(message, FIELD_FIRED),
		.reply = reading_text(self, message, FIELD_REPLY),
		.reply_kind = reading_text(self, message, FIELD_REPLY_KIND),
		.reason = reading_text(self, message, FIELD_REASON),
		.rule = reading_text(self, message, FIELD_RULE),
		.final_ruling = message_flag(message, FIELD_FINAL),
		.state = reading_text(self, message, FIELD_STATE),
		.actor = reading_text(self, message, FIELD_ACTOR),
		.text = reading_text(self, message, FIELD_TEXT),
	};
}
