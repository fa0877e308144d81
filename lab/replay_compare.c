#include "lab/replay_state.h"

/*
 * What the daemon holds of each case against what the supervisor heard. The stream may still be on its way
 * when the clock has arrived, so a difference is looked at again.
 */
#define IN_FLIGHT	64 /* a dossier has the whole message */
#define COMPARE_TIMES	100
#define COMPARE_WAIT_MS 100

static bool ask(struct replay *self, uint64_t key)
{
	char number[REPLAY_CASE_SIZE];
	replay_case_print(key, number);
	struct writer *writer = peer_begin(self->peers[SITE_OPERATOR], KIND_SHOW, NULL);
	writer_text(writer, FIELD_CASE, span_of_string(number));
	self->outstanding++;
	return peer_send(self->peers[SITE_OPERATOR], self->fault);
}

static bool compare_once(struct replay *self)
{
	self->mismatches = 0;
	for (size_t i = 0; i < self->count; i++) {
		if (self->fates[i].case_key == 0)
			continue;
		if (!ask(self, self->fates[i].case_key))
			return false;
		if (self->outstanding == IN_FLIGHT && !replay_settle(self))
			return false;
	}
	return replay_settle(self);
}

bool replay_compare(struct replay *self)
{
	for (int i = 0; i < COMPARE_TIMES; i++) {
		if (!compare_once(self))
			return false;
		if (self->mismatches == 0)
			return true;
		if (!replay_turn(self, COMPARE_WAIT_MS))
			return false;
	}
	return fault_set(self->fault,
		"of %u cases the supervisor heard other things than the daemon's store has",
		self->mismatches);
}
