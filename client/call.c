#include "client/call.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "client/error.h"
#include "client/session_watch.h"
#include "client/side.h"

struct caller {
	struct side side;
	struct session_watch session; /* which never watches */
	struct writer writer;
	int64_t ticket;
};

enum wz_outcome caller_new(
	const struct wz_connection_options *options, struct caller **ret_caller, struct wz_error *ret_error)
{
	REQUIRE(options && ret_caller && ret_error);
	struct caller *self = memory_new(1, sizeof(*self));
	session_watch_init(&self->session, side_resend_us(options));
	enum wz_outcome outcome = side_open(&self->side, options, &self->session.session);
	if (outcome == WZ_OK) {
		*ret_caller = self;
		return WZ_OK;
	}
	*ret_error = self->side.error;
	caller_destroy(&self);
	return outcome;
}

void caller_destroy(struct caller **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	side_close(&(*self)->side);
	session_watch_deinit(&(*self)->session);
	free(*self);
	*self = NULL;
}

struct writer *caller_begin(struct caller *self, enum kind kind)
{
	REQUIRE(self && self->ticket == 0);
	self->ticket = session_begin(&self->session.session, kind, PURPOSE_OWNER, &self->writer);
	return &self->writer;
}

enum wz_outcome caller_run(struct caller *self, int64_t timeout_ms, const struct message **ret_answer)
{
	REQUIRE(self && self->ticket > 0 && ret_answer);
	session_end(&self->writer);
	int64_t ticket = self->ticket;
	self->ticket = 0;
	enum wz_outcome outcome = side_await(&self->side, ticket, SIDE_ANY_KIND, timeout_ms);
	if (outcome == WZ_OK)
		*ret_answer = &self->side.reading.result->message;
	return outcome;
}

const struct wz_error *caller_error(const struct caller *self)
{
	return &self->side.error;
}
