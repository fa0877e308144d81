#include "client/wenzheng/portal.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "client/session_watch.h"
#include "client/side.h"
#include "client/texts.h"

struct wz_portal {
	struct side side;
	struct session_watch session;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum wz_outcome wz_portal_new(const struct wz_connection_options *options, struct wz_portal **ret_portal,
	struct wz_error *ret_error)
{
	REQUIRE(options && ret_portal && ret_error);
	struct wz_portal *self = memory_new(1, sizeof(*self));
	session_watch_init(&self->session, side_resend_us(options));
	enum wz_outcome outcome = side_open(&self->side, options, &self->session.session);
	if (outcome == WZ_OK) {
		*ret_portal = self;
		return WZ_OK;
	}
	*ret_error = self->side.error;
	wz_portal_destroy(&self);
	return outcome;
}

void wz_portal_destroy(struct wz_portal **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	side_close(&(*self)->side);
	session_watch_deinit(&(*self)->session);
	free(*self);
	*self = NULL;
}

const struct wz_error *wz_portal_error(const struct wz_portal *self)
{
	return &self->side.error;
}

void wz_portal_standing(const struct wz_portal *self, struct wz_standing *ret_standing)
{
	loop_standing(&self->side.loop, ret_standing);
}

/* Checks, writes and queues a request. WZ_OK, WZ_INVALID, WZ_FULL. */
static enum wz_outcome ask(struct wz_portal *self, enum kind kind, const struct text_field *texts,
	size_t count, int64_t *ret_ticket)
{
	struct writer writer;
	enum wz_outcome outcome = texts_check(texts, count, &self->side.error);
	if (outcome == WZ_OK)
		outcome = side_has_room(&self->side);
	if (outcome != WZ_OK)
		return outcome;
	*ret_ticket = session_begin(&self->session.session, kind, PURPOSE_OWNER, &writer);
	texts_write(texts, count, &writer);
	session_end(&writer);
	return WZ_OK;
}

/* ---- submitting ---- */

static enum wz_outcome ask_submit(
	struct wz_portal *self, const struct wz_message *message, int64_t *ret_ticket)
{
	const struct text_field texts[] = {
		{FIELD_ID, message->id, true},
		{FIELD_TITLE, message->title, true},
		{FIELD_BODY, message->body, true},
		{FIELD_CATEGORY, message->category, false},
		{FIELD_REGION, message->region, false},
		{FIELD_DEPARTMENT, message->department, false},
		{FIELD_CLASS, message->class_name, false},
		{FIELD_CONTACT, message->contact, false},
	};
	return ask(self, KIND_SUBMIT, texts, COUNT(texts), ret_ticket);
}

static void read_receipt(struct reading *reading, struct wz_receipt *ret_receipt)
{
	const struct message *message = &reading->result->message;
	*ret_receipt = (struct wz_receipt){
		.id = reading_text(reading, message, FIELD_ID),
		.case_number = reading_text(reading, message, FIELD_CASE),
		.query_code = reading_text(reading, message, FIELD_QUERY_CODE),
		.department = reading_text(reading, message, FIELD_DEPARTMENT),
		.class_name = reading_text(reading, message, FIELD_CLASS),
		.received_us = reading_time(message, FIELD_RECEIVED),
		.due_us = reading_time(message, FIELD_DUE),
		.provisional = message_flag(message, FIELD_PROVISIONAL),
	};
}

enum wz_outcome wz_portal_submit(struct wz_portal *self, const struct wz_message *message, int64_t timeout_ms,
	struct wz_receipt *ret_receipt)
{
	REQUIRE(self && message && ret_receipt);
	int64_t ticket;
	enum wz_outcome outcome = ask_submit(self, message, &ticket);
	if (outcome == WZ_OK)
		outcome = side_await(&self->side, ticket, KIND_RECEIPT, timeout_ms);
	if (outcome == WZ_OK)
		read_receipt(&self->side.reading, ret_receipt);
	return outcome;
}

enum wz_outcome wz_portal_send_submit(
	struct wz_portal *self, const struct wz_message *message, uint64_t *ret_ticket)
{
	REQUIRE(self && message && ret_ticket);
	int64_t ticket;
	enum wz_outcome outcome = ask_submit(self, message, &ticket);
	if (outcome == WZ_OK)
		*ret_ticket = (uint64_t)ticket;
	return outcome;
}

/* ---- news ---- */

enum wz_outcome wz_portal_next(struct wz_portal *self, int64_t timeout_ms, struct wz_portal_news *ret_news)
{
	REQUIRE(self && ret_news);
	enum wz_outcome outcome = side_next(&self->side, timeout_ms);
	if (outcome != WZ_OK)
		return outcome;
	struct reading *reading = &self->side.reading;
	const struct result *result = reading->result;
	*ret_news = (struct wz_portal_news){.ticket = (uint64_t)result->ticket};
	if (result->type == RESULT_PUSHED) {
		ret_news->type = WZ_PORTAL_EVENT;
		reading_event(reading, &result->message, &ret_news->event);
	} else if (result->message.kind == KIND_RECEIPT) {
		ret_news->type = WZ_PORTAL_RECEIPT;
		read_receipt(reading, &ret_news->receipt);
	} else {
		ret_news->type = WZ_PORTAL_REFUSED;
		ret_news->error = &self->side.error;
		if (result->message.kind == KIND_ERROR)
			error_of_message(&self->side.error, &result->message);
		else
			error_set(&self->side.error, WZ_ERROR, "unreadable",
				"the daemon answered a SUBMIT with another kind of message");
	}
	return WZ_OK;
}

void wz_portal_watch(struct wz_portal *self, int64_t cursor)
{
	REQUIRE(self && cursor >= WZ_CURSOR_STORED);
	session_watch_start(&self->session, cursor);
}

void wz_portal_seen(struct wz_portal *self, int64_t cursor)
{
	REQUIRE(self && cursor >= 0);
	session_watch_seen(&self->session, cursor);
}

enum wz_outcome wz_portal_finish(struct wz_portal *self, int64_t timeout_ms)
{
	REQUIRE(self);
	return side_finish(&self->side, timeout_ms);
}

/* ---- asking ---- */

static void read_dossier(struct reading *reading, struct wz_dossier *ret_dossier)
{
	const struct message *message = &reading->result->message;
	struct message item;
	reading_case(reading, message, &ret_dossier->head);
	struct wz_reply *replies =
		reading_list(reading, sizeof(struct wz_reply), &ret_dossier->replies_count);
	ret_dossier->replies = replies;
	struct field_value rest = message->values[FIELD_ITEMS];
	for (size_t i = 0; i < ret_dossier->replies_count && message_items_next(&rest, &item); i++)
		replies[i] = (struct wz_reply){
			.at_us = reading_time(&item, FIELD_AT),
			.kind = reading_text(reading, &item, FIELD_REPLY_KIND),
			.reply = reading_text(reading, &item, FIELD_REPLY),
			.reason = reading_text(reading, &item, FIELD_REASON),
			.department = reading_text(reading, &item, FIELD_DEPARTMENT),
		};
}

enum wz_outcome wz_portal_query(struct wz_portal *self, const struct wz_question *question,
	int64_t timeout_ms, struct wz_dossier *ret_dossier)
{
	REQUIRE(self && question && ret_dossier);
	const struct text_field texts[] = {
		{FIELD_CASE, question->case_number, !question->id},
		{FIELD_QUERY_CODE, question->query_code, !question->id},
		{FIELD_ID, question->id, false},
	};
	int64_t ticket;
	enum wz_outcome outcome = ask(self, KIND_QUERY, texts, COUNT(texts), &ticket);
	if (outcome == WZ_OK)
		outcome = side_await(&self->side, ticket, KIND_DOSSIER, timeout_ms);
	if (outcome == WZ_OK)
		read_dossier(&self->side.reading, ret_dossier);
	return outcome;
}

enum wz_outcome wz_portal_directory(
	struct wz_portal *self, const char *after, int64_t timeout_ms, struct wz_directory *ret_directory)
{
	REQUIRE(self && ret_directory);
	const struct text_field texts[] = {{FIELD_AFTER, after, false}};
	int64_t ticket;
	enum wz_outcome outcome = ask(self, KIND_DIRECTORY, texts, COUNT(texts), &ticket);
	if (outcome == WZ_OK)
		outcome = side_await(&self->side, ticket, KIND_LIST, timeout_ms);
	if (outcome != WZ_OK)
		return outcome;
	struct reading *reading = &self->side.reading;
	const struct message *message = &reading->result->message;
	struct message item;
	struct wz_department *list = reading_list(reading, sizeof(*list), &ret_directory->count);
	struct field_value rest = message->values[FIELD_ITEMS];
	for (size_t i = 0; i < ret_directory->count && message_items_next(&rest, &item); i++)
		list[i] = (struct wz_department){
			.id = reading_text(reading, &item, FIELD_DEPARTMENT),
			.name = reading_text(reading, &item, FIELD_NAME),
			.signature = reading_text(reading, &item, FIELD_SIGNATURE),
		};
	ret_directory->departments = list;
	ret_directory->more = message_flag(message, FIELD_MORE);
	return WZ_OK;
}
