#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "lab/replay_state.h"

/* What comes from the daemon, message by message. */

uint64_t replay_case_key(struct span number)
{
	uint64_t key = 0;
	for (size_t i = 0; i < number.size; i++)
		if (number.data[i] >= '0' && number.data[i] <= '9')
			key = key * 10 + (uint64_t)(number.data[i] - '0');
	return key;
}

/* YYYYMMDD-NNNNNN-C */
void replay_case_print(uint64_t key, char ret_number[static REPLAY_CASE_SIZE])
{
	char digits[24];
	snprintf(digits, sizeof(digits), "%015" PRIu64, key);
	snprintf(ret_number, REPLAY_CASE_SIZE, "%.8s-%.6s-%.1s", digits, digits + 8, digits + 14);
}

static struct fate *fate_of(struct replay *self, uint64_t key)
{
	uint32_t slot = slots_find(self->cases, key);
	return slot == SLOT_NONE ? NULL
				 : &self->fates[((struct case_slot *)slots_at(self->cases, slot))->message];
}

/* Receipt and offer of a case come by different connections, in any order; both name it first. */
static struct fate *meet(struct replay *self, uint64_t key)
{
	struct fate *known = fate_of(self, key);
	if (known)
		return known;
	uint32_t slot = slots_insert(self->cases, key);
	((struct case_slot *)slots_at(self->cases, slot))->message = self->current;
	return &self->fates[self->current];
}

static bool on_receipt(struct replay *self, const struct message *message)
{
	uint64_t key = replay_case_key(message_text(message, FIELD_CASE));
	struct fate *fate = meet(self, key);
	fate->case_key = key;
	fate->due = message_time(message, FIELD_DUE, INSTANT_NEVER);
	ENSURE(span_copy(message_text(message, FIELD_CLASS), self->class, sizeof(self->class)));
	self->outstanding--;
	return true;
}

static bool on_offer(struct replay *self, const struct message *message)
{
	struct span number = message_text(message, FIELD_CASE);
	struct fate *fate = meet(self, replay_case_key(number));
	fate->epoch = (uint32_t)message_number(message, FIELD_EPOCH, 0);
	struct writer *writer = peer_begin(self->peers[SITE_WORKER], KIND_TAKE, NULL);
	writer_text(writer, FIELD_CASE, number);
	writer_number(writer, FIELD_EPOCH, fate->epoch);
	return peer_send(self->peers[SITE_WORKER], self->fault);
}

static bool on_worker_confirm(struct replay *self, const struct message *message)
{
	struct fate *fate = fate_of(self, replay_case_key(message_text(message, FIELD_CASE)));
	if (!fate)
		return true;
	bool answered = span_equal_string(message_text(message, FIELD_STATE), "answered");
	struct instant at = message_time(message, FIELD_AT, INSTANT_NEVER);
	if (answered && !fate->answered) {
		fate->answered = true;
		fate->in_time = at.us <= fate->due.us;
		self->outstanding--;
	} else if (!answered && !fate->taken) {
		fate->taken = true;
		self->outstanding--;
	}
	return true;
}

static bool on_arrival(struct replay *self, const struct message *message)
{
	self->now = message_time(message, FIELD_NOW, self->now);
	self->next = message_time(message, FIELD_NEXT, INSTANT_NEVER);
	self->outstanding--;
	return true;
}

/* Every event may come twice: only those beyond the cursor count. */
static bool on_event(struct replay *self, const struct message *message)
{
	int64_t cursor = message_number(message, FIELD_CURSOR, 0);
	struct fate *fate = fate_of(self, replay_case_key(message_text(message, FIELD_CASE)));
	struct span event = message_text(message, FIELD_EVENT);
	if (cursor <= self->cursor)
		return true;
	self->cursor = cursor;
	if (fate && span_equal_string(event, "reminded"))
		fate->fired |= 1;
	if (fate && span_equal_string(event, "escalated"))
		fate->fired = (uint16_t)(fate->fired | 1u << message_number(message, FIELD_RUNG, 0));
	struct writer *writer = peer_begin(self->peers[SITE_SUPERVISOR], KIND_SEEN, NULL);
	writer_number(writer, FIELD_CURSOR, cursor);
	return peer_send(self->peers[SITE_SUPERVISOR], self->fault);
}

static bool on_dossier(struct replay *self, const struct message *message)
{
	uint64_t key = replay_case_key(message_text(message, FIELD_CASE));
	const struct fate *fate = fate_of(self, key);
	uint16_t highest = 0;
	for (uint16_t rung = 1; fate && rung <= RUNGS_MAX; rung++)
		if (fate->fired >> rung & 1)
			highest = rung;
	bool same = fate && highest == message_number(message, FIELD_RUNG, 0) &&
		    (fate->fired & 1) == message_flag(message, FIELD_REMINDED) &&
		    fate->answered == span_equal_string(message_text(message, FIELD_STATE), "answered");
	self->mismatches += !same;
	self->outstanding--;
	return true;
}

static bool on_error(struct replay *self, enum site_role role, const struct message *message)
{
	/* The lease ran out while we were held up: the case comes in a new offer. */
	if (role == SITE_WORKER && span_equal_string(message_text(message, FIELD_CODE), "stale"))
		return true;
	if (role == SITE_PORTAL && message->kind == KIND_BUSY) {
		self->busy_ms = message_number(message, FIELD_RETRY_MS, 1000);
		self->outstanding = 0;
		return true;
	}
	return peer_fault_of(self->peers[role], message, self->fault);
}

static bool deal_with(struct replay *self, enum site_role role, const struct message *message)
{
	switch (message->kind) {
	case KIND_RECEIPT:
		return on_receipt(self, message);
	case KIND_OFFER:
		return on_offer(self, message);
	case KIND_EVENT:
		return on_event(self, message);
	case KIND_DOSSIER:
		return on_dossier(self, message);
	case KIND_CONFIRM:
		if (role == SITE_OPERATOR)
			return on_arrival(self, message);
		return role != SITE_WORKER || on_worker_confirm(self, message);
	case KIND_ERROR:
	case KIND_BUSY:
		return on_error(self, role, message);
	default:
		return true; /* notices */
	}
}

bool replay_turn(struct replay *self, int64_t timeout_ms)
{
	bool any = false;
	for (enum site_role role = 0; role < SITE_ROLES; role++) {
		struct message message;
		enum peer_outcome outcome;
		while ((outcome = peer_receive(self->peers[role], &message, self->fault)) == PEER_MESSAGE) {
			any = true;
			if (!deal_with(self, role, &message))
				return false;
		}
		if (outcome == PEER_FAULT)
			return false;
	}
	struct child *child = site_child(self->options->site);
	return any || peers_wait(self->peers, SITE_ROLES, child, timeout_ms, self->fault);
}

bool replay_settle(struct replay *self)
{
	int64_t until = peer_now_us() + REPLAY_ANSWER_MS * 1000;
	while (self->outstanding > 0) {
		int64_t left = until - peer_now_us();
		if (left <= 0)
			return fault_set(
				self->fault, "the daemon has not answered for %d s", REPLAY_ANSWER_MS / 1000);
		if (!replay_turn(self, left / 1000 + 1))
			return false;
	}
	return true;
}
