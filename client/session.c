#include "client/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/assert.h"
#include "base/memory.h"

void result_destroy(struct result **self)
{
	if (!*self)
		return;
	buffer_deinit(&(*self)->map);
	free(*self);
	*self = NULL;
}

void session_init(struct session *self, const struct session_manner *manner, int64_t resend_us)
{
	REQUIRE(manner && resend_us > 0);
	*self = (struct session){.manner = manner, .resend_us = resend_us, .scratch = BUFFER_NULL};
	requests_init(&self->requests);
}

void session_deinit(struct session *self)
{
	struct result *result;
	while ((result = session_take_result(self, 0)))
		result_destroy(&result);
	requests_deinit(&self->requests);
	buffer_deinit(&self->scratch);
}

/* ---- requests ---- */

int64_t session_begin(struct session *self, enum kind kind, enum purpose purpose, struct writer *ret_writer)
{
	struct request *request = requests_add(&self->requests, kind, (int)purpose);
	writer_begin(ret_writer, &request->map);
	writer_number(ret_writer, FIELD_REQ, request->req);
	return request->req;
}

void session_end(struct writer *writer)
{
	writer_end(writer);
}

static struct request *greeting_of(const struct session *self)
{
	for (int state = 0; state < REQUEST_STATES; state++)
		for (struct request *request = self->requests.lists[state]; request; request = request->next)
			if (request->purpose == PURPOSE_GREETING)
				return request;
	return NULL;
}

/* A greeting of a former connection or with former settings must not be taken for this one's. */
static void drop_greeting(struct session *self)
{
	struct request *greeting = greeting_of(self);
	if (greeting)
		requests_remove(&self->requests, greeting);
	self->turned_away = false;
	self->trouble[0] = '\0';
}

void session_greet(struct session *self)
{
	struct writer writer;
	if (self->state == SESSION_DOWN)
		return; /* session_up will do it */
	drop_greeting(self);
	if (!self->manner->greets(self)) {
		self->state = SESSION_OPEN;
		return;
	}
	self->state = SESSION_GREETING;
	session_begin(self, self->manner->greeting, PURPOSE_GREETING, &writer);
	self->manner->write_greeting(self, &writer);
	session_end(&writer);
}

void session_up(struct session *self, struct mono now)
{
	REQUIRE(self->state == SESSION_DOWN);
	requests_resend_all(&self->requests);
	self->state = SESSION_OPEN;
	self->said = now;
	self->asked = MONO_NEVER;
	self->revoked = false;
	session_greet(self);
}

void session_down(struct session *self)
{
	drop_greeting(self);
	self->state = SESSION_DOWN;
}

void session_forget(struct session *self, int64_t ticket)
{
	struct request *request = requests_find(&self->requests, ticket);
	if (request)
		requests_remove(&self->requests, request);
}

/* ---- results ---- */

struct result *session_take_result(struct session *self, int64_t ticket)
{
	struct result *result = self->results;
	while (result && ticket && result->ticket != ticket)
		result = result->next;
	if (!result)
		return NULL;
	DL_DELETE(self->results, result);
	self->results_count--;
	return result;
}

/* The message's bytes are copied, and read again where they then lie. */
static void add_result(struct session *self, enum result_type type, int64_t ticket,
	const struct message *message, struct span map)
{
	struct result *result = memory_new(1, sizeof(*result));
	*result = (struct result){.type = type, .ticket = ticket, .map = BUFFER_NULL};
	buffer_append_span(&result->map, map);
	char kind[KIND_FRAME_SIZE];
	struct refusal refusal;
	ENSURE(message_decode(message_kind_frame(message->kind, kind), buffer_span(&result->map),
		&result->message, &refusal));
	DL_APPEND(self->results, result);
	self->results_count++;
}

/* An answer that we cannot read is told to the owner as an ERROR of our own making. */
static void refuse_unreadable(struct session *self, const struct refusal *refusal)
{
	struct request *request = requests_find(&self->requests, refusal->req);
	if (refusal->req <= 0 || !request || request->purpose != PURPOSE_OWNER)
		return;
	struct writer writer;
	struct message message = {.kind = KIND_ERROR};
	buffer_clear(&self->scratch);
	writer_begin(&writer, &self->scratch);
	writer_number(&writer, FIELD_REQ, refusal->req);
	writer_text(&writer, FIELD_CODE, SPAN_LITERAL("unreadable"));
	writer_text(&writer, FIELD_TEXT,
		SPAN_LITERAL("the daemon's answer cannot be read: is it newer than we?"));
	writer_end(&writer);
	add_result(self, RESULT_REFUSED, refusal->req, &message, buffer_span(&self->scratch));
	requests_remove(&self->requests, request);
}

/* ---- receiving ---- */

static void note_trouble(struct session *self, const struct message *message)
{
	if (!span_copy(message_text(message, FIELD_CODE), self->trouble, sizeof(self->trouble)))
		self->trouble[0] = '\0';
	snprintf(self->trouble_text, sizeof(self->trouble_text), "%.*s",
		SPAN_PRINT(message_text(message, FIELD_TEXT)));
}

static bool is_code(const struct message *message, enum error_code code)
{
	return message->kind == KIND_ERROR &&
	       span_equal_string(message_text(message, FIELD_CODE), error_code_text(code));
}

static void rest(struct session *self, struct request *request, const struct message *busy)
{
	int64_t pause = message_number(busy, FIELD_RETRY_MS, 1000) * US_PER_MS;
	note_trouble(self, busy);
	requests_move(&self->requests, request, REQUEST_RESTING, mono_add(self->now, pause));
}

static void greeting_answered(
	struct session *self, struct request *request, const struct message *message, struct span map)
{
	if (message->kind == KIND_ERROR) {
		note_trouble(self, message);
		self->turned_away = true;
		add_result(self, RESULT_TURNED_AWAY, request->req, message, map);
		requests_move(
			&self->requests, request, REQUEST_RESTING, mono_add(self->now, GREETING_RETRY_US));
		return;
	}
	self->state = SESSION_OPEN;
	self->turned_away = false;
	self->trouble[0] = '\0';
	if (self->manner->greeted(self, message))
		add_result(self, RESULT_GREETED, request->req, message, map);
	requests_remove(&self->requests, request);
}

static void answered(
	struct session *self, struct request *request, const struct message *message, struct span map)
{
	if (message->kind == KIND_BUSY) {
		rest(self, request, message);
	} else if (request->purpose == PURPOSE_GREETING) {
		greeting_answered(self, request, message, map);
	} else if (is_code(message, ERROR_NOT_READY) && self->manner->greets(self)) {
		/* The daemon does not know this connection (any more): greet, then ask again. */
		requests_move(&self->requests, request, REQUEST_TO_SEND, self->now);
		if (self->state == SESSION_OPEN)
			session_greet(self);
	} else if (request->purpose == PURPOSE_ROUTINE) {
		self->manner->routine_answered(self, request, message);
		requests_remove(&self->requests, request);
	} else {
		enum result_type type = message->kind == KIND_ERROR ? RESULT_REFUSED : RESULT_ANSWER;
		add_result(self, type, request->req, message, map);
		requests_remove(&self->requests, request);
	}
	if (message->kind != KIND_BUSY && self->state == SESSION_OPEN &&
		!self->requests.lists[REQUEST_RESTING])
		self->trouble[0] = '\0';
}

/* What came without a request that we know: pushed, a late second answer, or a complaint. */
static void unasked(struct session *self, const struct message *message, struct span map)
{
	if (message->kind == KIND_OFFER || message->kind == KIND_NOTICE || message->kind == KIND_EVENT) {
		bool room = message->kind != KIND_NOTICE || self->results_count < RESULTS_PUSHED_MAX;
		if (self->manner->pushed(self, message) && room)
			add_result(self, RESULT_PUSHED, 0, message, map);
		return;
	}
	if (message->kind != KIND_ERROR || message_has(message, FIELD_REQ))
		return;
	if (!is_code(message, ERROR_NOT_READY))
		add_result(self, RESULT_COMPLAINT, 0, message, map);
	else if (self->state == SESSION_OPEN)
		session_greet(self); /* the answer to a BEAT */
}

void session_receive(struct session *self, struct mono now, struct span kind_frame, struct span map_frame)
{
	struct message message;
	struct refusal refusal = {.req = -1};
	self->now = now;
	self->asked = MONO_NEVER;
	if (!message_decode(kind_frame, map_frame, &message, &refusal)) {
		refuse_unreadable(self, &refusal);
		return;
	}
	if (is_code(&message, ERROR_REVOKED)) {
		self->revoked =
			true; /* nothing is lost: what waits goes out when the key is admitted again */
		return;
	}
	struct request *request = requests_find(&self->requests, message_number(&message, FIELD_REQ, 0));
	if (request)
		answered(self, request, &message, map_frame);
	else
		unasked(self, &message, map_frame);
}

/* ---- time ---- */

void session_tick(struct session *self, struct mono now)
{
	self->now = now;
	requests_refresh(&self->requests, (struct mono){now.us - self->resend_us}, now);
}

static struct mono beat_at(const struct session *self)
{
	bool beats = self->beat_us > 0 && self->state == SESSION_OPEN && self->manner->greets(self);
	return beats ? mono_add(self->said, self->beat_us) : MONO_NEVER;
}

static struct mono stalled_at(const struct session *self)
{
	bool beats = self->beat_us > 0 && self->state != SESSION_DOWN && self->manner->greets(self);
	/* What we say is said at the latest one beat after we last heard. */
	return beats ? mono_add(self->asked, (BEATS_SILENT_MAX - 1) * self->beat_us) : MONO_NEVER;
}

struct mono session_wakeup(const struct session *self)
{
	if (self->state == SESSION_DOWN)
		return MONO_NEVER;
	struct mono wakeup = mono_add(requests_oldest(&self->requests), self->resend_us);
	wakeup = mono_min(wakeup, requests_first_rested(&self->requests));
	wakeup = mono_min(wakeup, beat_at(self));
	return mono_min(wakeup, stalled_at(self));
}

bool session_is_stalled(const struct session *self, struct mono now)
{
	return self->state != SESSION_DOWN && (self->revoked || !mono_before(now, stalled_at(self)));
}

/* ---- sending ---- */

static struct request *next_to_send(const struct session *self)
{
	struct request *request = self->requests.lists[REQUEST_TO_SEND];
	while (request && self->state == SESSION_GREETING && request->purpose != PURPOSE_GREETING)
		request = request->next;
	return request;
}

bool session_frame(struct session *self, char ret_kind[static KIND_FRAME_SIZE], struct span *ret_kind_frame,
	struct span *ret_map_frame)
{
	if (self->state == SESSION_DOWN || self->revoked)
		return false;
	self->next = next_to_send(self);
	if (self->next) {
		*ret_kind_frame = message_kind_frame(self->next->kind, ret_kind);
		*ret_map_frame = buffer_span(&self->next->map);
		return true;
	}
	if (mono_before(self->now, beat_at(self)))
		return false;
	struct writer writer;
	buffer_clear(&self->scratch);
	writer_begin(&writer, &self->scratch);
	writer_end(&writer);
	*ret_kind_frame = message_kind_frame(KIND_BEAT, ret_kind);
	*ret_map_frame = buffer_span(&self->scratch);
	return true;
}

void session_sent(struct session *self, struct mono now)
{
	self->said = now;
	self->asked = mono_min(self->asked, now);
	if (self->next)
		requests_move(&self->requests, self->next, REQUEST_SENT, now);
	self->next = NULL;
}
