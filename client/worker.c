#include "client/wenzheng/worker.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "client/session_worker.h"
#include "client/side.h"
#include "client/texts.h"

struct wz_worker {
	struct side side;
	struct session_worker session;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Random, so that a process is never taken for another one: they keep offers by this number. */
static int64_t draw_incarnation(void)
{
	uint64_t bits = 0;
	while (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		continue;
	return (int64_t)(bits >> 1) | 1;
}

static enum wz_outcome check_options(const struct wz_worker_options *options, struct wz_error *error)
{
	if (options->credit < 1 || options->credit > CREDIT_MAX)
		return error_of_field(error, FIELD_CREDIT, "must be 1 to 1024");
	size_t count = options->departments ? options->departments_count : 0;
	if (count > DEPARTMENTS_PER_PRINCIPAL_MAX)
		return error_of_field(error, FIELD_DEPARTMENTS, "are more than 256");
	for (size_t i = 0; i < count; i++) {
		const struct text_field name = {FIELD_DEPARTMENT, options->departments[i], true};
		if (texts_check(&name, 1, error) != WZ_OK)
			return WZ_INVALID;
	}
	return WZ_OK;
}

static void init_session(
	struct session_worker *session, const struct wz_worker_options *options, int64_t resend_us)
{
	size_t count = options->departments ? options->departments_count : 0;
	struct span *departments CLEANUP(cleanup_free) = memory_new(count + 1, sizeof(*departments));
	for (size_t i = 0; i < count; i++)
		departments[i] = span_of_string(options->departments[i]);
	struct session_worker_options session_options = {
		.incarnation = draw_incarnation(),
		.credit = options->credit,
		.process_custody = options->custody == WZ_CUSTODY_PROCESS,
		.departments = count > 0 ? departments : NULL,
		.departments_count = count,
		.resend_us = resend_us,
	};
	session_worker_init(session, &session_options);
}

enum wz_outcome wz_worker_new(const struct wz_connection_options *options,
	const struct wz_worker_options *worker_options, struct wz_worker **ret_worker,
	struct wz_error *ret_error)
{
	REQUIRE(options && worker_options && ret_worker && ret_error);
	enum wz_outcome outcome = check_options(worker_options, ret_error);
	if (outcome != WZ_OK)
		return outcome;
	struct wz_worker *self = memory_new(1, sizeof(*self));
	init_session(&self->session, worker_options, side_resend_us(options));
	outcome = side_open(&self->side, options, &self->session.session);
	if (outcome == WZ_OK) {
		*ret_worker = self;
		return WZ_OK;
	}
	*ret_error = self->side.error;
	wz_worker_destroy(&self);
	return outcome;
}

void wz_worker_destroy(struct wz_worker **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	side_close(&(*self)->side);
	session_worker_deinit(&(*self)->session);
	free(*self);
	*self = NULL;
}

const struct wz_error *wz_worker_error(const struct wz_worker *self)
{
	return &self->side.error;
}

void wz_worker_standing(const struct wz_worker *self, struct wz_standing *ret_standing)
{
	loop_standing(&self->side.loop, ret_standing);
}

enum wz_outcome wz_worker_credit(struct wz_worker *self, int64_t credit)
{
	REQUIRE(self);
	if (credit < 1 || credit > CREDIT_MAX)
		return error_of_field(&self->side.error, FIELD_CREDIT, "must be 1 to 1024");
	session_worker_credit(&self->session, credit);
	return WZ_OK;
}

/* ---- news ---- */

static void read_confirm(struct reading *reading, struct wz_confirm *ret_confirm)
{
	const struct message *message = &reading->result->message;
	*ret_confirm = (struct wz_confirm){
		.case_number = reading_text(reading, message, FIELD_CASE),
		.epoch = message_number(message, FIELD_EPOCH, WZ_NO_NUMBER),
		.state = reading_text(reading, message, FIELD_STATE),
		.at_us = reading_time(message, FIELD_AT),
	};
}

static void read_pushed(struct reading *reading, struct wz_worker_news *ret_news)
{
	const struct message *message = &reading->result->message;
	if (message->kind == KIND_OFFER) {
		ret_news->type = WZ_WORKER_OFFER;
		reading_case(reading, message, &ret_news->offer);
	} else {
		ret_news->type = WZ_WORKER_NOTICE;
		reading_event(reading, message, &ret_news->notice);
	}
}

static void read_answer(struct side *side, struct wz_worker_news *ret_news)
{
	const struct message *message = &side->reading.result->message;
	ret_news->ticket = (uint64_t)side->reading.result->ticket;
	if (message->kind == KIND_CONFIRM) {
		ret_news->type = WZ_WORKER_CONFIRMED;
		read_confirm(&side->reading, &ret_news->confirm);
		return;
	}
	ret_news->type = WZ_WORKER_REFUSED;
	ret_news->error = &side->error;
	if (message->kind == KIND_ERROR)
		error_of_message(&side->error, message);
	else
		error_set(&side->error, WZ_ERROR, "unreadable",
			"the daemon answered an act with another kind of message");
}

enum wz_outcome wz_worker_next(struct wz_worker *self, int64_t timeout_ms, struct wz_worker_news *ret_news)
{
	REQUIRE(self && ret_news);
	enum wz_outcome outcome = side_next(&self->side, timeout_ms);
	if (outcome != WZ_OK)
		return outcome;
	struct reading *reading = &self->side.reading;
	const struct message *message = &reading->result->message;
	*ret_news = (struct wz_worker_news){0};
	if (reading->result->type == RESULT_PUSHED) {
		read_pushed(reading, ret_news);
	} else if (reading->result->type == RESULT_GREETED) {
		ret_news->type = WZ_WORKER_WELCOME;
		ret_news->lease_ms = message_number(message, FIELD_LEASE_MS, WZ_NO_NUMBER);
		ret_news->heartbeat_ms = message_number(message, FIELD_HEARTBEAT_MS, WZ_NO_NUMBER);
		ret_news->credit = message_number(message, FIELD_CREDIT, WZ_NO_NUMBER);
	} else {
		read_answer(&self->side, ret_news);
	}
	return WZ_OK;
}

/* ---- acts ---- */

/* What each act carries beside case and epoch. */
static const struct act_form {
	enum kind kind;
	bool reply;
	bool needs_reason;
} act_forms[] = {
	[WZ_ACT_TAKE] = {KIND_TAKE, false, false},
	[WZ_ACT_REPLY] = {KIND_REPLY, true, false},
	[WZ_ACT_RETURN] = {KIND_RETURN, false, true},
	[WZ_ACT_FAIL] = {KIND_FAIL, false, true},
};

static const char *const reply_kinds[] = {
	[WZ_REPLY_FINAL] = "final",
	[WZ_REPLY_INTERIM] = "interim",
	[WZ_REPLY_REFUSAL] = "refusal",
};

static enum wz_outcome ask_act(struct wz_worker *self, const struct wz_act *act, int64_t *ret_ticket)
{
	struct wz_error *error = &self->side.error;
	if ((size_t)act->type >= COUNT(act_forms))
		return error_set(error, WZ_INVALID, "", "there is no such act");
	if ((size_t)act->reply_kind >= COUNT(reply_kinds))
		return error_of_field(error, FIELD_REPLY_KIND, "is none of final, interim, refusal");
	const struct act_form *form = &act_forms[act->type];
	bool refuses = form->reply && act->reply_kind == WZ_REPLY_REFUSAL;
	const struct text_field texts[] = {
		{FIELD_CASE, act->case_number, true},
		{FIELD_REPLY, form->reply ? act->reply : NULL, form->reply},
		{FIELD_REPLY_KIND, form->reply ? reply_kinds[act->reply_kind] : NULL, false},
		{FIELD_REASON, act->type == WZ_ACT_TAKE ? NULL : act->reason, form->needs_reason || refuses},
	};
	enum wz_outcome outcome = texts_check(texts, COUNT(texts), error);
	if (outcome != WZ_OK)
		return outcome;
	if (act->epoch < 0 || act->epoch > UINT32_MAX)
		return error_of_field(error, FIELD_EPOCH, "is not one that an offer has");
	outcome = side_has_room(&self->side);
	if (outcome != WZ_OK)
		return outcome;
	struct writer writer;
	*ret_ticket = session_begin(&self->session.session, form->kind, PURPOSE_OWNER, &writer);
	writer_number(&writer, FIELD_EPOCH, act->epoch);
	texts_write(texts, COUNT(texts), &writer);
	session_end(&writer);
	return WZ_OK;
}

enum wz_outcome wz_worker_send(struct wz_worker *self, const struct wz_act *act, uint64_t *ret_ticket)
{
	REQUIRE(self && act && ret_ticket);
	int64_t ticket;
	enum wz_outcome outcome = ask_act(self, act, &ticket);
	if (outcome == WZ_OK)
		*ret_ticket = (uint64_t)ticket;
	return outcome;
}

enum wz_outcome wz_worker_do(
	struct wz_worker *self, const struct wz_act *act, int64_t timeout_ms, struct wz_confirm *ret_confirm)
{
	REQUIRE(self && act && ret_confirm);
	int64_t ticket;
	enum wz_outcome outcome = ask_act(self, act, &ticket);
	if (outcome == WZ_OK)
		outcome = side_await(&self->side, ticket, KIND_CONFIRM, timeout_ms);
	if (outcome == WZ_OK)
		read_confirm(&self->side.reading, ret_confirm);
	return outcome;
}

enum wz_outcome wz_worker_take(
	struct wz_worker *self, const char *case_number, int64_t epoch, int64_t timeout_ms)
{
	struct wz_act act = {.type = WZ_ACT_TAKE, .case_number = case_number, .epoch = epoch};
	struct wz_confirm confirm;
	return wz_worker_do(self, &act, timeout_ms, &confirm);
}

enum wz_outcome wz_worker_reply(struct wz_worker *self, const char *case_number, int64_t epoch,
	const char *reply, enum wz_reply_kind kind, const char *reason, int64_t timeout_ms)
{
	struct wz_act act = {.type = WZ_ACT_REPLY,
		.case_number = case_number,
		.epoch = epoch,
		.reply = reply,
		.reply_kind = kind,
		.reason = reason};
	struct wz_confirm confirm;
	return wz_worker_do(self, &act, timeout_ms, &confirm);
}

enum wz_outcome wz_worker_return(struct wz_worker *self, const char *case_number, int64_t epoch,
	const char *reason, int64_t timeout_ms)
{
	struct wz_act act = {
		.type = WZ_ACT_RETURN, .case_number = case_number, .epoch = epoch, .reason = reason};
	struct wz_confirm confirm;
	return wz_worker_do(self, &act, timeout_ms, &confirm);
}

enum wz_outcome wz_worker_fail(struct wz_worker *self, const char *case_number, int64_t epoch,
	const char *reason, int64_t timeout_ms)
{
	struct wz_act act = {
		.type = WZ_ACT_FAIL, .case_number = case_number, .epoch = epoch, .reason = reason};
	struct wz_confirm confirm;
	return wz_worker_do(self, &act, timeout_ms, &confirm);
}

/* ---- what is held ---- */

static enum wz_outcome ask_held(
	struct wz_worker *self, const struct text_field *field, int64_t timeout_ms, struct wz_held *ret_held)
{
	enum wz_outcome outcome = texts_check(field, 1, &self->side.error);
	if (outcome == WZ_OK)
		outcome = side_has_room(&self->side);
	if (outcome != WZ_OK)
		return outcome;
	struct writer writer;
	int64_t ticket = session_begin(&self->session.session, KIND_HELD, PURPOSE_OWNER, &writer);
	texts_write(field, 1, &writer);
	session_end(&writer);
	outcome = side_await(&self->side, ticket, KIND_LIST, timeout_ms);
	if (outcome != WZ_OK)
		return outcome;
	struct reading *reading = &self->side.reading;
	const struct message *message = &reading->result->message;
	struct message item;
	struct wz_case *list = reading_list(reading, sizeof(*list), &ret_held->count);
	struct field_value rest = message->values[FIELD_ITEMS];
	for (size_t i = 0; i < ret_held->count && message_items_next(&rest, &item); i++)
		reading_case(reading, &item, &list[i]);
	ret_held->cases = list;
	ret_held->after =
		message_flag(message, FIELD_MORE) ? reading_text(reading, message, FIELD_AFTER) : NULL;
	return WZ_OK;
}

/* `after` may be what the last page gave, which the next request's reading frees: it is written before. */
enum wz_outcome wz_worker_held(
	struct wz_worker *self, const char *after, int64_t timeout_ms, struct wz_held *ret_held)
{
	REQUIRE(self && ret_held);
	const struct text_field field = {FIELD_AFTER, after, false};
	return ask_held(self, &field, timeout_ms, ret_held);
}

enum wz_outcome wz_worker_held_case(
	struct wz_worker *self, const char *case_number, int64_t timeout_ms, struct wz_case *ret_case)
{
	REQUIRE(self && ret_case);
	const struct text_field field = {FIELD_CASE, case_number, true};
	struct wz_held held;
	enum wz_outcome outcome = ask_held(self, &field, timeout_ms, &held);
	if (outcome != WZ_OK)
		return outcome;
	if (held.count != 1)
		return error_set(&self->side.error, WZ_ERROR, "unreadable",
			"the daemon answered with %zu cases instead of one", held.count);
	*ret_case = held.cases[0];
	return WZ_OK;
}

enum wz_outcome wz_worker_finish(struct wz_worker *self, int64_t timeout_ms)
{
	REQUIRE(self);
	return side_finish(&self->side, timeout_ms);
}
