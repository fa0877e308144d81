#include "client/session_worker.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

static const struct session_worker *of_const(const struct session *session)
{
	return (const struct session_worker *)session;
}

static bool greets(const struct session *session)
{
	(void)session;
	return true;
}

static void write_greeting(const struct session *session, struct writer *writer)
{
	const struct session_worker *self = of_const(session);
	writer_number(writer, FIELD_INCARNATION, self->incarnation);
	writer_number(writer, FIELD_CREDIT, self->credit);
	if (self->departments)
		writer_lines(writer, FIELD_DEPARTMENTS, self->departments, self->departments_count);
	if (self->process_custody)
		writer_text(writer, FIELD_CUSTODY, SPAN_LITERAL("process"));
}

static bool greeted(struct session *session, const struct message *answer)
{
	int64_t beat_ms = message_number(answer, FIELD_HEARTBEAT_MS, 0);
	session->beat_us = beat_ms > 0 ? beat_ms * US_PER_MS : WORKER_BEAT_US;
	return true;
}

static bool pushed(struct session *session, const struct message *message)
{
	(void)session;
	return message->kind == KIND_OFFER || message->kind == KIND_NOTICE;
}

static void routine_answered(
	struct session *session, const struct request *request, const struct message *answer)
{
	(void)session, (void)request, (void)answer; /* a worker has no routine but its beats */
}

static const struct session_manner manner = {
	.greeting = KIND_READY,
	.greets = greets,
	.write_greeting = write_greeting,
	.greeted = greeted,
	.pushed = pushed,
	.routine_answered = routine_answered,
};

static void copy_departments(struct session_worker *self, const struct session_worker_options *options)
{
	size_t size = 0, at = 0;
	for (size_t i = 0; i < options->departments_count; i++)
		size += options->departments[i].size;
	self->departments = memory_new(options->departments_count, sizeof(*self->departments));
	self->names = memory_new(size + 1, 1);
	for (size_t i = 0; i < options->departments_count; i++) {
		struct span name = options->departments[i];
		memcpy(self->names + at, name.data, name.size);
		self->departments[i] = span_of(self->names + at, name.size);
		at += name.size;
	}
	self->departments_count = options->departments_count;
}

void session_worker_init(struct session_worker *self, const struct session_worker_options *options)
{
	REQUIRE(options->incarnation > 0 && options->credit > 0);
	REQUIRE(!options->departments == (options->departments_count == 0));
	*self = (struct session_worker){
		.incarnation = options->incarnation,
		.credit = options->credit,
		.process_custody = options->process_custody,
	};
	if (options->departments)
		copy_departments(self, options);
	session_init(&self->session, &manner, options->resend_us);
	self->session.beat_us = WORKER_BEAT_US;
}

void session_worker_deinit(struct session_worker *self)
{
	session_deinit(&self->session);
	free(self->departments);
	free(self->names);
}

void session_worker_credit(struct session_worker *self, int64_t credit)
{
	REQUIRE(credit > 0);
	self->credit = credit;
	session_greet(&self->session);
}
