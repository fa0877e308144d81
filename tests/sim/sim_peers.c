#include <stdlib.h>

#include "base/assert.h"
#include "tests/sim/sim.h"

/* How portals, workers and desks behave: as PROTOCOL.md asks, with every lapse a real one has. */

#define PATIENCE_US (3 * US_PER_S) /* without an answer a request is sent again */

bool sim_is_waiting(const struct sim *self, int64_t asked_at)
{
	return asked_at > 0 && self->now.mono.us - asked_at < PATIENCE_US;
}

void sim_copy_text(struct span from, char *to, size_t size)
{
	ENSURE(span_copy(from, to, size));
}

struct sim_peer *sim_peer_named(struct sim *self, struct span name)
{
	for (uint32_t i = 0; i < self->peer_count; i++)
		if (span_equal_string(name, self->peers[i].name))
			return &self->peers[i];
	return NULL;
}

void sim_send_number(
	struct sim *self, struct sim_peer *peer, enum kind kind, enum field field, int64_t number)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, ++peer->req);
	if (field != FIELD_TOTAL)
		writer_number(&writer, field, number);
	writer_end(&writer);
	sim_send(self, peer, kind, &map);
}

/* What no honest peer is ever told, whatever goes wrong round it. */
static bool is_our_fault(struct span code)
{
	static const char *const ours[] = {"frames", "malformed", "version", "unknown-kind", "unsupported",
		"missing-field", "wrong-type", "too-long", "invalid-text", "bad-identity", "forbidden",
		"unknown-class", "not-laboratory"};
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (span_equal_string(code, ours[i]))
			return true;
	return false;
}

static void take_error(struct sim *self, struct sim_peer *peer, const struct message *answer)
{
	struct span code = message_text(answer, FIELD_CODE);
	SIM_CHECK(self, !is_our_fault(code));
	if (span_equal_string(code, "not-ready") || span_equal_string(code, "revoked"))
		peer->welcome = false;
	else if (peer->role == ROLE_PORTAL)
		sim_portal_error(self, peer, answer);
	else if (peer->role == ROLE_WORKER)
		sim_worker_error(peer, answer);
}

static void take_answer(struct sim *self, struct sim_peer *peer, const struct message *answer)
{
	switch ((uint8_t)answer->kind) {
	case KIND_RECEIPT:
		return sim_portal_receipt(self, peer, answer);
	case KIND_WELCOME:
		peer->welcome = true;
		return;
	case KIND_OFFER:
		return sim_worker_offer(self, peer, answer);
	case KIND_EVENT:
		return sim_desk_event(self, peer, answer);
	case KIND_LIST:
		return peer->role == ROLE_WORKER ? sim_worker_held(peer, answer)
						 : sim_desk_list(self, peer, answer);
	case KIND_CONFIRM:
		if (peer->role == ROLE_WORKER)
			sim_worker_confirm(peer, answer);
		else if (message_has(answer, FIELD_CURSOR))
			peer->welcome = true;
		return;
	case KIND_ERROR:
		return take_error(self, peer, answer);
	default:
		return; /* NOTICE, PULSE, BUSY */
	}
}

static void read_answers(struct sim *self, struct sim_peer *peer)
{
	struct sim_frame frame;
	while (sim_next(self, peer, &frame)) {
		struct message answer;
		struct refusal refusal;
		char kind[KIND_FRAME_SIZE];
		bool good = message_decode(message_kind_frame(frame.kind, kind),
			span_of(frame.map, frame.size), &answer, &refusal);
		SIM_CHECK(self, good);
		take_answer(self, peer, &answer);
		free(frame.map);
	}
}

void sim_act(struct sim *self, struct sim_peer *peer)
{
	if (peer->apart_until && self->now.mono.us >= peer->apart_until) {
		peer->apart_until = 0;
		sim_net_heal(self, peer);
	}
	read_answers(self, peer);
	if (sim_strikes(self, FAULT_ECHO, 20))
		sim_echo(self, peer);
	if (peer->role == ROLE_WORKER)
		sim_worker_act(self, peer);
	else
		sim_desk_watch(self, peer);
	if (peer->role == ROLE_PORTAL)
		sim_portal_act(self, peer);
	if (peer->role == ROLE_OPERATOR)
		sim_desk_operate(self, peer);
}
