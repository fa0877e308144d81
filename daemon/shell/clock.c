#include "base/assert.h"
#include "base/language.h"
#include "daemon/shell/state.h"

/*
 * The laboratory's clock. The wall stands still; CLOCK moves it on, and on the way every timer fires at its
 * own moment. A timer whose moment is the present waits for the next CLOCK, so that whoever acts at that
 * instant comes before it.
 */

struct moment clock_now(const struct shell *self)
{
	struct moment now = self->options.io->now(self->options.io);
	if (self->identity.laboratory)
		now.wall = self->clock.wall;
	return now;
}

struct instant clock_ladder_until(const struct shell *self)
{
	if (!self->identity.laboratory || self->clock.running)
		return self->now.wall;
	return (struct instant){INT64_MIN};
}

static void answer_arrival(struct shell *self)
{
	struct writer writer;
	struct instant next = core_next_wakeup(self->core).wall;
	outgoing_begin_answer(
		self, self->clock.zone, self->clock.peer, self->clock.req, KIND_CONFIRM, &writer);
	writer_time(&writer, FIELD_NOW, self->clock.wall);
	if (!instant_is_never(next))
		writer_time(&writer, FIELD_NEXT, next);
	writer_text(&writer, FIELD_CLOCK, SPAN_LITERAL("ok"));
	outgoing_end(self, &writer);
}

bool clock_advance(struct shell *self)
{
	if (!self->clock.running)
		return false;
	struct moment wakeup = core_next_wakeup(self->core);
	if (wakeup.mono.us == 0)
		return true; /* the present is not dealt with yet */
	struct instant next = wakeup.wall;
	bool arrived = !instant_before(next, self->clock.target);
	self->clock.wall = arrived ? self->clock.target : next;
	self->now.wall = self->clock.wall;
	if (!arrived)
		return true;
	self->clock.running = false;
	answer_arrival(self);
	return false;
}

static int set_clock(const struct request *request)
{
	struct shell *self = request->shell;
	struct instant target = message_time(request->message, FIELD_SET, self->now.wall);
	if (!self->identity.laboratory) {
		answer_error(request, ERROR_NOT_LABORATORY, FIELD_SET,
			"this store is no laboratory: its clock is the machine's");
		return 0;
	}
	if (self->clock.running || instant_before(target, self->clock.wall)) {
		answer_error(request, ERROR_INVALID_VALUE, FIELD_SET,
			self->clock.running ? N_("the clock is still on its way")
					    : N_("the clock does not go back"));
		return 0;
	}
	self->clock = (struct virtual_clock){
		.wall = self->clock.wall,
		.running = true,
		.target = target,
		.zone = request->zone,
		.peer = request->peer,
		.req = request->req,
	};
	return 0;
}

static int accept_clock(const struct request *request)
{
	struct shell *self = request->shell;
	struct decision decision;
	core_decide_clock_accept(self->core, span_of_string(request->principal->name), self->now, &decision);
	return decision.verdict == VERDICT_DONE ? carry_out(self, &decision) : 0;
}

int handle_clock(const struct request *request)
{
	struct shell *self = request->shell;
	if (message_has(request->message, FIELD_SET))
		return set_clock(request);
	if (message_flag(request->message, FIELD_ACCEPT)) {
		int r = accept_clock(request);
		if (r != 0)
			return r;
	}
	struct writer writer;
	struct instant next = core_next_wakeup(self->core).wall;
	answer_begin(request, KIND_CONFIRM, &writer);
	writer_time(&writer, FIELD_NOW, self->now.wall);
	if (!instant_is_never(next))
		writer_time(&writer, FIELD_NEXT, next);
	writer_text(&writer, FIELD_CLOCK,
		core_clock_held(self->core) ? SPAN_LITERAL("held") : SPAN_LITERAL("ok"));
	answer_end(request, &writer);
	return 0;
}
