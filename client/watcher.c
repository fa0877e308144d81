#include "client/wenzheng/watcher.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "client/session_watch.h"
#include "client/side.h"
#include "client/texts.h"

struct wz_watcher {
	struct side side;
	struct session_watch session;
};

enum wz_outcome wz_watcher_new(const struct wz_connection_options *options, struct wz_watcher **ret_watcher,
	struct wz_error *ret_error)
{
	REQUIRE(options && ret_watcher && ret_error);
	struct wz_watcher *self = memory_new(1, sizeof(*self));
	session_watch_init(&self->session, side_resend_us(options));
	enum wz_outcome outcome = side_open(&self->side, options, &self->session.session);
	if (outcome == WZ_OK) {
		*ret_watcher = self;
		return WZ_OK;
	}
	*ret_error = self->side.error;
	wz_watcher_destroy(&self);
	return outcome;
}

void wz_watcher_destroy(struct wz_watcher **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	side_close(&(*self)->side);
	session_watch_deinit(&(*self)->session);
	free(*self);
	*self = NULL;
}

const struct wz_error *wz_watcher_error(const struct wz_watcher *self)
{
	return &self->side.error;
}

void wz_watcher_standing(const struct wz_watcher *self, struct wz_standing *ret_standing)
{
	loop_standing(&self->side.loop, ret_standing);
}

void wz_watcher_watch(struct wz_watcher *self, int64_t cursor)
{
	REQUIRE(self && cursor >= WZ_CURSOR_STORED);
	session_watch_start(&self->session, cursor);
}

void wz_watcher_seen(struct wz_watcher *self, int64_t cursor)
{
	REQUIRE(self && cursor >= 0);
	session_watch_seen(&self->session, cursor);
}

enum wz_outcome wz_watcher_next(struct wz_watcher *self, int64_t timeout_ms, struct wz_event *ret_event)
{
	REQUIRE(self && ret_event);
	enum wz_outcome outcome = side_next(&self->side, timeout_ms);
	if (outcome != WZ_OK)
		return outcome;
	struct reading *reading = &self->side.reading;
	ENSURE(reading->result->type == RESULT_PUSHED); /* every request here is waited for */
	reading_event(reading, &reading->result->message, ret_event);
	return WZ_OK;
}

enum wz_outcome wz_watcher_assign(struct wz_watcher *self, const char *case_number, const char *department,
	const char *reason, enum wz_ruling ruling, int64_t timeout_ms)
{
	REQUIRE(self);
	const struct text_field texts[] = {
		{FIELD_CASE, case_number, true},
		{FIELD_DEPARTMENT, department, true},
		{FIELD_REASON, reason, true},
	};
	const size_t count = sizeof(texts) / sizeof(texts[0]);
	enum wz_outcome outcome = texts_check(texts, count, &self->side.error);
	if (outcome == WZ_OK)
		outcome = side_has_room(&self->side);
	if (outcome != WZ_OK)
		return outcome;
	struct writer writer;
	int64_t ticket = session_begin(&self->session.session, KIND_ASSIGN, PURPOSE_OWNER, &writer);
	texts_write(texts, count, &writer);
	if (ruling != WZ_RULING_USUAL)
		writer_flag(&writer, FIELD_FINAL, ruling == WZ_RULING_FINAL);
	session_end(&writer);
	return side_await(&self->side, ticket, KIND_CONFIRM, timeout_ms);
}

enum wz_outcome wz_watcher_finish(struct wz_watcher *self, int64_t timeout_ms)
{
	REQUIRE(self);
	return side_finish(&self->side, timeout_ms);
}
