#include "tests/sim/sim.h"

/* Who reads a stream — portals, supervisor, triage, operator — and what triage and operator do besides. */

#define BEAT_US		 (5 * US_PER_S)
#define LIST_OF_REQUESTS 3

static void send_flag(
	struct sim *self, struct sim_peer *peer, enum kind kind, const char *department, bool accept)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, ++peer->req);
	if (department)
		writer_text(&writer, FIELD_DEPARTMENT, span_of_string(department));
	if (accept)
		writer_flag(&writer, FIELD_ACCEPT, true);
	writer_end(&writer);
	sim_send(self, peer, kind, &map);
}

/* An ASSIGN can be lost with its connection: triage asks now and then what still lies there, and what a
 * department left behind that is no more. That may be back before the rulings arrive. */
static void list_cases(struct sim *self, struct sim_peer *peer)
{
	bool is_left_behind = !self->place.roads_exist && prng_chance(&self->prng, 50);
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, ++peer->req);
	if (is_left_behind)
		writer_text(&writer, FIELD_DEPARTMENT, SPAN_LITERAL("roads"));
	else
		writer_text(&writer, FIELD_STATE, SPAN_LITERAL("triage"));
	writer_end(&writer);
	sim_send(self, peer, KIND_CASES, &map);
}

static void assign(struct sim *self, struct sim_peer *peer, struct span case_number)
{
	static const char *const to[] = {"edu", "water", "roads"};
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, ++peer->req);
	writer_text(&writer, FIELD_CASE, case_number);
	writer_text(&writer, FIELD_DEPARTMENT, span_of_string(to[prng_below(&self->prng, 3)]));
	writer_text(&writer, FIELD_REASON, SPAN_LITERAL("职责所在"));
	writer_flag(&writer, FIELD_FINAL, prng_chance(&self->prng, 50));
	writer_end(&writer);
	sim_send(self, peer, KIND_ASSIGN, &map);
}

/* The reader's process died, and knows only what it said it had SEEN. */
static void forget(struct sim *self, struct sim_peer *peer)
{
	peer->cursor = peer->seen;
	sim_disconnect(self, peer);
}

/* Somebody looks at the stream from its end, and says nothing: that moves nobody's cursor. */
static void peek(struct sim *self, struct sim_peer *peer)
{
	peer->peeks = true;
	sim_send_number(self, peer, KIND_WATCH, FIELD_CURSOR, self->oracle.last_seq);
	peer->said_at = self->now.mono.us;
}

void sim_desk_watch(struct sim *self, struct sim_peer *peer)
{
	if (sim_strikes(self, FAULT_DEATH, 4) || (peer->peeks && prng_chance(&self->prng, 30)))
		forget(self, peer);
	if (!peer->welcome && !sim_is_waiting(self, peer->said_at)) {
		if (!peer->peeks && sim_strikes(self, FAULT_HOSTILE, 30))
			return peek(self, peer);
		sim_send_number(self, peer, KIND_WATCH, FIELD_TOTAL, 0);
		peer->said_at = self->now.mono.us;
	}
	if (peer->peeks)
		return;
	if (peer->welcome && (peer->owes_seen || peer->cursor > peer->seen) &&
		prng_chance(&self->prng, self->faults ? 30 : 100)) {
		sim_send_number(self, peer, KIND_SEEN, FIELD_CURSOR, peer->cursor);
		peer->seen = peer->cursor;
		peer->owes_seen = false;
	}
	/* A connection the daemon forgot is noticed by the beat. */
	if (peer->welcome && self->now.mono.us >= peer->beat_at) {
		sim_send_number(self, peer, KIND_BEAT, FIELD_TOTAL, 0);
		if (peer->role == ROLE_TRIAGE && peer->req % LIST_OF_REQUESTS == 0)
			list_cases(self, peer);
		peer->beat_at = self->now.mono.us + BEAT_US;
	}
}

/* Promise 5: in order, without a gap, at least once. */
void sim_desk_event(struct sim *self, struct sim_peer *peer, const struct message *event)
{
	int64_t cursor = message_number(event, FIELD_CURSOR, 0);
	int64_t before = oracle_event_before(self, peer, cursor);
	if (peer->peeks)
		return;
	if (cursor <= peer->cursor) {
		peer->owes_seen = true; /* again: our SEEN was lost, and it waits for one */
		return;
	}
	SIM_CHECK(self, before <= peer->cursor);
	peer->cursor = cursor;
	if (peer->role == ROLE_TRIAGE && span_equal_string(message_text(event, FIELD_EVENT), "triage"))
		assign(self, peer, message_text(event, FIELD_CASE));
}

void sim_desk_list(struct sim *self, struct sim_peer *peer, const struct message *list)
{
	struct message item;
	struct field_value rest = list->values[FIELD_ITEMS];
	while (peer->role == ROLE_TRIAGE && message_items_next(&rest, &item))
		assign(self, peer, message_text(&item, FIELD_CASE));
}

#define SURE_US (10 * 60 * US_PER_S) /* an operator's watch tells him that much */

/* A held clock is accepted when it is right, and one time in twenty when it is not. */
static void look_at_clock(struct sim *self, struct sim_peer *peer)
{
	bool right = self->wall_error > -SURE_US && self->wall_error < SURE_US;
	if (core_clock_held(shell_core(self->shell)) && prng_below(&self->prng, right ? 20 : 400) == 0)
		send_flag(self, peer, KIND_CLOCK, NULL, true);
}

void sim_desk_operate(struct sim *self, struct sim_peer *peer)
{
	static const char *const where[] = {NULL, "edu", "water", "roads"};
	look_at_clock(self, peer);
	uint64_t one = prng_below(&self->prng, 4);
	if (sim_strikes(self, FAULT_DRAIN, 10))
		send_flag(self, peer, KIND_DRAIN, where[one], false);
	else if (prng_below(&self->prng, 20) == 0)
		send_flag(self, peer, KIND_DRAIN, where[one], true);
}
