#include <errno.h>

#include "base/assert.h"
#include "base/language.h"
#include "base/memory.h"
#include "daemon/shell/state.h"

/*
 * One turn of the loop. A message's answer comes before what is merely due, so that at equal instants a reply
 * beats the rung it forestalls; what messages made due (offers above all) goes out with the same commit.
 */

static const handler_fn handlers[256] = {
	[KIND_SUBMIT] = handle_submit,
	[KIND_QUERY] = handle_query,
	[KIND_DIRECTORY] = handle_directory,
	[KIND_WATCH] = handle_watch,
	[KIND_SEEN] = handle_seen,
	[KIND_BEAT] = handle_beat,
	[KIND_BYE] = handle_bye,
	[KIND_READY] = handle_ready,
	[KIND_HELD] = handle_held,
	[KIND_TAKE] = handle_worker_act,
	[KIND_REPLY] = handle_worker_act,
	[KIND_RETURN] = handle_worker_act,
	[KIND_FAIL] = handle_worker_act,
	[KIND_ASSIGN] = handle_assign,
	[KIND_OPEN_CONTACT] = handle_open_contact,
	[KIND_STATUS] = handle_status,
	[KIND_CASES] = handle_cases,
	[KIND_SHOW] = handle_show,
	[KIND_HISTORY] = handle_history,
	[KIND_WHY] = handle_why,
	[KIND_WORKERS] = handle_workers,
	[KIND_DRAIN] = handle_drain,
	[KIND_CLOCK] = handle_clock,
	[KIND_RELOAD] = handle_reload,
	[KIND_REVOKE] = handle_revoke,
};

/* A key that was struck from the principals while its connection lived. Its line may still be there. */
static void refuse_stranger(
	struct shell *self, const struct incoming *incoming, const struct principal *revoked)
{
	struct refusal refusal = {.code = ERROR_REVOKED,
		.field = FIELD_TOTAL,
		.req = -1,
		.text = N_("this key is no longer admitted")};
	answer_refusal(self, incoming->zone, incoming->peer, &refusal);
	struct log_entry entry = {
		.event = LOG_STRANGER, .principal = revoked ? span_of_string(revoked->name) : SPAN_EMPTY};
	self->options.io->log(self->options.io, &entry);
}

/* Decides who may say what. True if the request may go to its handler. */
static bool is_allowed(const struct request *request)
{
	unsigned role = 1u << request->principal->role;
	bool here = zone_of_role(request->principal->role) == request->zone;
	if (!here || !(kind_info((uint8_t)request->message->kind)->senders & role)) {
		answer_error(request, ERROR_FORBIDDEN, FIELD_TOTAL, "your role may not send this kind here");
		return false;
	}
	struct shell *self = request->shell;
	if (request->principal->role != ROLE_WORKER)
		return true;
	bool known = core_worker_heard(
		self->core, self->now, request->peer, span_of_string(request->principal->name));
	enum kind kind = request->message->kind;
	if (known || kind == KIND_READY || kind == KIND_BEAT || kind == KIND_BYE)
		return true;
	answer_error(request, ERROR_NOT_READY, FIELD_TOTAL, "this connection is not known: say READY first");
	return false;
}

/* What is about the connection alone is kept in memory and served though the disk is full. A SEEN above all:
 * it is said once, and whoever waits for room in his stream would wait for ever if it were refused. */
static bool needs_disk(enum kind kind)
{
	return kind != KIND_SEEN && kind != KIND_BEAT && kind != KIND_BYE;
}

static int serve(struct shell *self, const struct incoming *incoming, const struct principal *principal)
{
	struct message message;
	struct refusal refusal = {.code = ERROR_FRAMES,
		.field = FIELD_TOTAL,
		.req = -1,
		.text = N_("a message has two frames")};
	if (incoming->frames != 2 ||
		!message_decode(incoming->kind_frame, incoming->map_frame, &message, &refusal)) {
		answer_refusal(self, incoming->zone, incoming->peer, &refusal);
		return 0;
	}
	struct request request = {
		.shell = self,
		.principal = principal,
		.zone = incoming->zone,
		.peer = incoming->peer,
		.message = &message,
		.req = message_number(&message, FIELD_REQ, -1),
	};
	if (!is_allowed(&request))
		return 0;
	if (self->stopped_writing && needs_disk(message.kind)) {
		answer_disk_full(self, request.zone, request.peer, request.req);
		return 0;
	}
	handler_fn handler = handlers[(uint8_t)message.kind];
	ENSURE(handler); /* a kind that is built and may be sent has one: a unit test walks the table */
	int r = handler(&request);
	if (r > 0) /* the store is full, and this one, cut short, has no answer to be replaced yet */
		answer_disk_full(self, request.zone, request.peer, request.req);
	return r;
}

/* Answered at once, without waiting for a commit: once the next message is read it can no longer be reached.
 */
static void refuse_identity(struct shell *self, const struct incoming *incoming)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	char kind[KIND_FRAME_SIZE];
	struct io *io = self->options.io;
	writer_begin(&writer, &map);
	writer_text(&writer, FIELD_CODE, span_of_string(error_code_text(ERROR_BAD_IDENTITY)));
	writer_text(&writer, FIELD_TEXT,
		SPAN_LITERAL("do not set a routing id (ZMQ_ROUTING_ID, ZMQ_IDENTITY) on the socket"));
	writer_end(&writer);
	io->send(io, incoming->zone, 0, message_kind_frame(KIND_ERROR, kind), buffer_span(&map));
	buffer_deinit(&map);
	self->counts.errors[ERROR_BAD_IDENTITY]++;
}

/* Bounded by number and by what the answers weigh: nobody may make a turn long by asking for much. */
static int receive(struct shell *self)
{
	struct io *io = self->options.io;
	for (int i = 0; i < BATCH_MESSAGES_MAX && self->arena.size < BATCH_ANSWERS_SIZE_MAX; i++) {
		struct incoming incoming;
		int r = io->receive(io, &incoming);
		if (r != 0)
			return r < 0 ? FORWARD(r) : 0;
		if (incoming.peer == 0) {
			refuse_identity(self, &incoming);
			continue;
		}
		const struct principal *principal = principals_find_key(self->admitted, incoming.key);
		if (!principal || principal->revoked) {
			refuse_stranger(self, &incoming, principal);
			continue;
		}
		r = serve(self, &incoming, principal);
		if (r != 0)
			return r;
	}
	self->more = true;
	return 0;
}

static int do_what_is_due(struct shell *self)
{
	struct decision decision;
	int r = 0;
	if (self->stopped_writing)
		return 0;
	for (int i = 0; r == 0 && i < BATCH_TIMERS_MAX; i++) {
		core_decide_due(self->core, self->now, clock_ladder_until(self), &decision);
		if (decision.verdict == VERDICT_DONE)
			r = carry_out(self, &decision);
		else if (!clock_advance(self))
			return 0;
	}
	self->more = true;
	return r;
}

int flush_rows(struct shell *self)
{
	struct store *store = self->options.store;
	struct case_row row;
	while (core_next_changed(self->core, &row)) {
		int r = store->interface->put_case(store, &row);
		if (r != 0)
			return r;
		if (row.state != CASE_ANSWERED)
			continue;
		if (self->answered_count == self->answered_capacity) {
			self->answered_capacity = self->answered_capacity ? self->answered_capacity * 2 : 64;
			self->answered =
				memory_resize(self->answered, self->answered_capacity, sizeof(int64_t));
		}
		self->answered[self->answered_count++] = row.case_id;
	}
	return 0;
}

static int commit(struct shell *self)
{
	struct store *store = self->options.store;
	bool cursors_wait = self->cursors_dirty && !mono_before(self->now.mono, streams_next(self));
	if (self->stopped_writing || (!self->written && !cursors_wait))
		return 0;
	int r = flush_rows(self);
	if (r == 0)
		r = streams_write_cursors(self);
	if (r == 0)
		r = store->interface->commit(store);
	if (r != 0)
		return r;
	core_forget_answered(self->core, self->answered, self->answered_count);
	self->answered_count = 0;
	self->configured_said = 0;
	self->written = false;
	counts_committed(self);
	return 0;
}

int watch_clock(struct shell *self)
{
	struct decision decision;
	core_decide_clock(self->core, self->now, &decision);
	return decision.verdict == VERDICT_DONE ? carry_out(self, &decision) : 0;
}

static int step(struct shell *self)
{
	/* The clock first: the record before a hold is then the last that was written with a time to be
	 * trusted. */
	int r = self->stopped_writing ? 0 : watch_clock(self);
	if (r == 0 && !self->stopped_writing)
		r = configure_note(self);
	if (r == 0)
		r = receive(self);
	return r == 0 ? do_what_is_due(self) : r;
}

int shell_turn(struct shell *self)
{
	self->now = clock_now(self);
	self->turns++;
	self->more = false;
	int r = store_look_at_disk(self);
	if (r == 0)
		r = step(self);
	if (r == 0)
		r = commit(self);
	if (r > 0)
		return store_full(self);
	if (r < 0)
		return FORWARD(r);
	self->known_clock = core_clock(self->core);
	outgoing_send(self);
	r = streams_pump(self);
	return r < 0 ? FORWARD(r) : 0;
}

static void tell_draining(void *context, const struct worker_view *worker)
{
	struct shell *self = context;
	struct writer writer;
	outgoing_begin(self, ZONE_WORKER, worker->peer, KIND_NOTICE, &writer);
	writer_text(&writer, FIELD_EVENT, SPAN_LITERAL("draining"));
	writer_time(&writer, FIELD_AT, self->now.wall);
	outgoing_end(self, &writer);
}

int shell_stop(struct shell *self)
{
	self->now = clock_now(self);
	core_each_worker(self->core, SPAN_EMPTY, tell_draining, self);
	self->written |= self->cursors_dirty;
	int r = commit(self);
	if (r != 0)
		return r < 0 ? FORWARD(r) : FATAL(ENOSPC, "no room on the store's disk for the last batch");
	outgoing_send(self);
	return 0;
}

static int64_t until(struct mono moment, struct mono now)
{
	if (mono_is_never(moment))
		return INT64_MAX;
	return moment.us > now.us ? moment.us - now.us : 0;
}

int64_t shell_wait_us(const struct shell *self)
{
	IMPLIES(self->clock.running, self->more);
	if (self->more)
		return 0;
	if (self->stopped_writing)
		return US_PER_S;
	if (self->configured_unsaid)
		return 0;
	struct moment next = core_next_wakeup(self->core);
	int64_t wait = until(mono_min(next.mono, streams_next(self)), self->now.mono);
	if (!self->identity.laboratory && !instant_is_never(next.wall)) {
		int64_t wall = next.wall.us > self->now.wall.us ? next.wall.us - self->now.wall.us : 0;
		wait = wall < wait ? wall : wait;
	}
	return wait;
}
