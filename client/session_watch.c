#include "client/session_watch.h"

#include "base/assert.h"

static struct session_watch *of(struct session *session)
{
	return (struct session_watch *)session;
}

static const struct session_watch *of_const(const struct session *session)
{
	return (const struct session_watch *)session;
}

static bool greets(const struct session *session)
{
	return of_const(session)->watching;
}

static void write_greeting(const struct session *session, struct writer *writer)
{
	if (of_const(session)->cursor >= 0)
		writer_number(writer, FIELD_CURSOR, of_const(session)->cursor);
}

static bool greeted(struct session *session, const struct message *answer)
{
	struct session_watch *self = of(session);
	self->cursor = message_number(answer, FIELD_CURSOR, self->cursor);
	return false;
}

/* Events that come before the WATCH is confirmed belong to one before it, and come again. */
static bool pushed(struct session *session, const struct message *message)
{
	struct session_watch *self = of(session);
	if (message->kind != KIND_EVENT || session->state != SESSION_OPEN || !self->watching)
		return false;
	int64_t cursor = message_number(message, FIELD_CURSOR, 0);
	if (cursor <= self->cursor)
		return false;
	self->cursor = cursor;
	return true;
}

static void tell_seen(struct session_watch *self)
{
	struct writer writer;
	if (self->seen_waits || self->seen <= self->seen_told)
		return;
	session_begin(&self->session, KIND_SEEN, PURPOSE_ROUTINE, &writer);
	writer_number(&writer, FIELD_CURSOR, self->seen);
	session_end(&writer);
	self->seen_waits = true;
}

static void routine_answered(
	struct session *session, const struct request *request, const struct message *answer)
{
	struct session_watch *self = of(session);
	struct message asked;
	struct refusal refusal;
	char kind[KIND_FRAME_SIZE];
	(void)answer; /* an ERROR to a SEEN will not become better by saying it again */
	ENSURE(message_decode(
		message_kind_frame(request->kind, kind), buffer_span(&request->map), &asked, &refusal));
	self->seen_told = message_number(&asked, FIELD_CURSOR, 0);
	self->seen_waits = false;
	tell_seen(self);
}

static const struct session_manner manner = {
	.greeting = KIND_WATCH,
	.greets = greets,
	.write_greeting = write_greeting,
	.greeted = greeted,
	.pushed = pushed,
	.routine_answered = routine_answered,
};

void session_watch_init(struct session_watch *self, int64_t resend_us)
{
	*self = (struct session_watch){.cursor = -1};
	session_init(&self->session, &manner, resend_us);
	self->session.beat_us = WATCH_BEAT_US;
}

void session_watch_deinit(struct session_watch *self)
{
	session_deinit(&self->session);
}

void session_watch_start(struct session_watch *self, int64_t cursor)
{
	REQUIRE(cursor >= -1);
	self->watching = true;
	self->cursor = cursor;
	session_greet(&self->session);
}

void session_watch_seen(struct session_watch *self, int64_t cursor)
{
	if (cursor > self->seen)
		self->seen = cursor;
	tell_seen(self);
}
