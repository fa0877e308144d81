#include "client/side.h"

#include "base/assert.h"
#include "client/error.h"

enum wz_outcome side_open(
	struct side *self, const struct wz_connection_options *options, struct session *session)
{
	struct fault fault = FAULT_NONE;
	*self = (struct side){0};
	error_clear(&self->error);
	if (!loop_open(&self->loop, options, session, &fault))
		return error_of_fault(&self->error, &fault);
	return WZ_OK;
}

void side_close(struct side *self)
{
	loop_close(&self->loop);
	reading_deinit(&self->reading);
}

int64_t side_resend_us(const struct wz_connection_options *options)
{
	return (options->resend_ms > 0 ? options->resend_ms : WZ_RESEND_MS) * US_PER_MS;
}

enum wz_outcome side_has_room(struct side *self)
{
	if (self->loop.session->requests.count < WZ_IN_FLIGHT_MAX)
		return WZ_OK;
	return error_set(
		&self->error, WZ_FULL, "", "%d requests wait for their answers already", WZ_IN_FLIGHT_MAX);
}

static enum wz_outcome run(struct side *self, const struct loop_goal *goal, int64_t timeout_ms)
{
	struct result *result = NULL;
	struct wz_standing standing;
	reading_begin(&self->reading, NULL);
	enum wz_outcome outcome = loop_run(&self->loop, goal, timeout_ms, &result);
	switch (outcome) {
	case WZ_OK:
		error_clear(&self->error);
		reading_begin(&self->reading, result);
		return WZ_OK;
	case WZ_TIMEOUT:
	case WZ_KEY_REFUSED:
		loop_standing(&self->loop, &standing);
		return error_of_standing(&self->error, outcome, &standing);
	case WZ_WOKEN:
		return error_set(&self->error, WZ_WOKEN, "", "woken by the caller's descriptor");
	default:
		return error_set(
			&self->error, WZ_FATAL, "", "the connection failed; standard error says where");
	}
}

enum wz_outcome side_await(struct side *self, int64_t ticket, enum kind expected, int64_t timeout_ms)
{
	REQUIRE(ticket > 0);
	struct loop_goal goal = {.ticket = ticket};
	enum wz_outcome outcome = run(self, &goal, timeout_ms);
	if (outcome != WZ_OK) {
		session_forget(self->loop.session, ticket);
		return outcome;
	}
	const struct result *result = self->reading.result;
	if (result->type == RESULT_REFUSED)
		return error_of_message(&self->error, &result->message);
	if (expected != SIDE_ANY_KIND && result->message.kind != expected)
		return error_set(&self->error, WZ_ERROR, "unreadable",
			"the daemon answered with another kind of message");
	return WZ_OK;
}

enum wz_outcome side_next(struct side *self, int64_t timeout_ms)
{
	struct loop_goal goal = {.wakes = true};
	enum wz_outcome outcome = run(self, &goal, timeout_ms);
	if (outcome != WZ_OK)
		return outcome;
	const struct result *result = self->reading.result;
	if (result->type == RESULT_TURNED_AWAY || result->type == RESULT_COMPLAINT)
		return error_of_message(&self->error, &result->message);
	return WZ_OK;
}

/* The time is for both parts: what is left after the first is not measured, since a BYE that is late does no
 * harm. */
enum wz_outcome side_finish(struct side *self, int64_t timeout_ms)
{
	struct loop_goal goal = {.idle = true};
	enum wz_outcome outcome = run(self, &goal, timeout_ms);
	if (outcome != WZ_OK)
		return outcome;
	struct writer writer;
	int64_t ticket = session_begin(self->loop.session, KIND_BYE, PURPOSE_OWNER, &writer);
	session_end(&writer);
	outcome = side_await(self, ticket, KIND_CONFIRM, timeout_ms);
	/* "not-ready": the daemon does not know us any more, which is what we wanted. */
	return outcome == WZ_ERROR ? WZ_OK : outcome;
}
