#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/client/peer.h"

void peer_init(struct peer *self, struct session *session)
{
	*self = (struct peer){
		.session = session, .now = {1000 * US_PER_S}, .said = BUFFER_NULL, .answer = BUFFER_NULL};
}

void peer_deinit(struct peer *self)
{
	buffer_deinit(&self->said);
	buffer_deinit(&self->answer);
}

bool peer_hears(struct peer *self)
{
	char kind[KIND_FRAME_SIZE];
	struct span frames[2];
	struct refusal refusal;
	if (!session_frame(self->session, kind, &frames[0], &frames[1]))
		return false;
	buffer_clear(&self->said);
	buffer_append_span(&self->said, frames[1]);
	assert_true(message_decode(frames[0], buffer_span(&self->said), &self->message, &refusal));
	session_sent(self->session, self->now);
	return true;
}

int64_t peer_expect(struct peer *self, enum kind kind)
{
	assert_true(peer_hears(self));
	assert_int_equal(self->message.kind, kind);
	return message_number(&self->message, FIELD_REQ, -1);
}

void peer_expect_silence(struct peer *self)
{
	assert_false(peer_hears(self));
}

struct writer *peer_begin(struct peer *self, enum kind kind, int64_t req)
{
	buffer_clear(&self->answer);
	self->answer_kind = kind;
	writer_begin(&self->writer, &self->answer);
	if (req >= 0)
		writer_number(&self->writer, FIELD_REQ, req);
	return &self->writer;
}

void peer_end(struct peer *self)
{
	char kind[KIND_FRAME_SIZE];
	writer_end(&self->writer);
	session_receive(self->session, self->now, message_kind_frame(self->answer_kind, kind),
		buffer_span(&self->answer));
}

void peer_error(struct peer *self, int64_t req, const char *code)
{
	struct writer *writer = peer_begin(self, KIND_ERROR, req);
	writer_text(writer, FIELD_CODE, span_of_string(code));
	writer_text(writer, FIELD_TEXT, SPAN_LITERAL("because"));
	peer_end(self);
}

void peer_busy(struct peer *self, int64_t req, int64_t retry_ms)
{
	struct writer *writer = peer_begin(self, KIND_BUSY, req);
	writer_text(writer, FIELD_CODE, SPAN_LITERAL("disk"));
	writer_number(writer, FIELD_RETRY_MS, retry_ms);
	writer_text(writer, FIELD_TEXT, SPAN_LITERAL("the disk is nearly full"));
	peer_end(self);
}

void peer_confirm(struct peer *self, int64_t req)
{
	peer_begin(self, KIND_CONFIRM, req);
	peer_end(self);
}

void peer_confirm_cursor(struct peer *self, int64_t req, int64_t cursor)
{
	writer_number(peer_begin(self, KIND_CONFIRM, req), FIELD_CURSOR, cursor);
	peer_end(self);
}

void peer_event(struct peer *self, int64_t cursor)
{
	struct writer *writer = peer_begin(self, KIND_EVENT, -1);
	writer_number(writer, FIELD_CURSOR, cursor);
	writer_text(writer, FIELD_EVENT, SPAN_LITERAL("escalated"));
	writer_time(writer, FIELD_AT, (struct instant){cursor});
	peer_end(self);
}

void peer_wait(struct peer *self, int64_t us)
{
	self->now = mono_add(self->now, us);
	session_tick(self->session, self->now);
}

struct result *peer_result(struct peer *self, int64_t ticket, enum result_type type)
{
	struct result *result = session_take_result(self->session, ticket);
	assert_non_null(result);
	assert_int_equal(result->type, type);
	return result;
}

void peer_expect_no_result(struct peer *self)
{
	assert_null(session_take_result(self->session, 0));
}
