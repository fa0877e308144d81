#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/rebuild.h"
#include "tests/sim/sim.h"

/*
 * The journal as an outsider reads it: a small automaton of its own for each case, written from the promises
 * and not from the core's code.
 */

struct life {
	int64_t case_id;
	char portal[PRINCIPAL_NAME_SIZE_MAX + 1];
	char message_id[32];
	bool open, held, finished;
	int64_t epoch, due, due_version, received;
	unsigned fired; /* of this version */
	unsigned losses;
};

struct lives {
	struct sim *sim;
	struct life *lives;
	uint32_t count;
	int64_t last_seq;
	int64_t stream_supervisor, stream_triage, stream_operator;
};

static struct life *life_of(struct lives *self, int64_t case_id)
{
	for (uint32_t i = self->count; i > 0; i--)
		if (self->lives[i - 1].case_id == case_id)
			return &self->lives[i - 1];
	return NULL;
}

static void begin_life(struct lives *self, const struct record *record)
{
	SIM_CHECK(self->sim, !life_of(self, record->case_id));
	self->lives = memory_resize(self->lives, self->count + 1, sizeof(*self->lives));
	struct life *life = &self->lives[self->count++];
	*life = (struct life){.case_id = record->case_id,
		.open = true,
		.due = record->due,
		.due_version = 1,
		.received = record->at.us};
	ENSURE(span_copy(record->actor, life->portal, sizeof(life->portal)));
	ENSURE(span_copy(record->subject, life->message_id, sizeof(life->message_id)));
	for (uint32_t i = 0; i + 1 < self->count; i++) /* one message, one case */
		SIM_CHECK(self->sim, strcmp(self->lives[i].portal, life->portal) != 0 ||
					     strcmp(self->lives[i].message_id, life->message_id) != 0);
}

static void fire(struct lives *self, struct life *life, const struct record *record, unsigned rung)
{
	SIM_CHECK(self->sim, record->due_version == life->due_version && record->due == life->due);
	SIM_CHECK(self->sim, !(life->fired & (1u << rung)));
	SIM_CHECK(self->sim, rung == 0 || record->at.us >= life->due);
	life->fired |= 1u << rung;
}

static void live(struct lives *self, struct life *life, const struct record *record)
{
	SIM_CHECK(self->sim, life && life->open);
	switch (record->kind) {
	case RECORD_OFFERED:
		SIM_CHECK(self->sim, !life->held && record->epoch > life->epoch);
		life->epoch = record->epoch;
		break;
	case RECORD_TAKEN:
		SIM_CHECK(self->sim, !life->held && record->epoch == life->epoch);
		life->held = true;
		break;
	case RECORD_REPLIED:
		SIM_CHECK(self->sim, life->held && record->epoch == life->epoch);
		life->losses = 0;
		if (record->number != REPLY_INTERIM)
			life->open = false;
		break;
	case RECORD_REQUEUED:
		SIM_CHECK(self->sim,
			record->number < HOLDER_LOSSES_MAX && (unsigned)record->number - life->losses <= 1);
		life->losses = (unsigned)record->number;
		life->held = false;
		break;
	case RECORD_PARKED:
	case RECORD_RETURNED:
	case RECORD_FAILED:
	case RECORD_ASSIGNED:
		life->losses = record->kind == RECORD_PARKED	 ? HOLDER_LOSSES_MAX
			       : record->kind == RECORD_ASSIGNED ? 0
								 : life->losses;
		life->held = false;
		break;
	case RECORD_REMINDED:
		fire(self, life, record, 0);
		break;
	case RECORD_ESCALATED:
		fire(self, life, record, (unsigned)record->number);
		break;
	default:
		break;
	}
}

static int judge_record(void *context, const struct record *record)
{
	struct lives *self = context;
	SIM_CHECK(self->sim, record->seq == self->last_seq + 1); /* no gap in the journal */
	self->last_seq = record->seq;
	self->stream_supervisor += span_equal(record->stream, STREAM_SUPERVISOR);
	self->stream_triage += span_equal(record->stream, STREAM_TRIAGE);
	self->stream_operator += span_equal(record->stream, STREAM_OPERATOR);
	if (record->kind == RECORD_ACCEPTED)
		begin_life(self, record);
	else if (record->case_id)
		live(self, life_of(self, record->case_id), record);
	return 0;
}

/* Promise 1: whoever holds a receipt has a case. */
static void judge_receipts(struct lives *self)
{
	for (uint32_t i = 0; i < self->sim->peer_count; i++) {
		const struct sim_peer *peer = &self->sim->peers[i];
		for (uint32_t j = 0; peer->role == ROLE_PORTAL && j < peer->message_count; j++) {
			const struct sim_message *message = &peer->messages[j];
			int64_t case_id;
			if (!message->receipted)
				continue;
			SIM_CHECK(
				self->sim, case_number_parse(span_of_string(message->case_number), &case_id));
			const struct life *life = life_of(self, case_id);
			SIM_CHECK(self->sim, life && strcmp(life->message_id, message->id) == 0);
			SIM_CHECK(self->sim, strcmp(life->portal, peer->principal->name) == 0);
			SIM_CHECK(self->sim, life->received == message->received);
		}
	}
}

/* After the faults: every message has its receipt, every case its answer, every event its reader, every rung
 * fired. */
static void judge_settled(struct lives *self)
{
	uint32_t messages = 0;
	for (uint32_t i = 0; i < self->sim->peer_count; i++) {
		const struct sim_peer *peer = &self->sim->peers[i];
		for (uint32_t j = 0; j < peer->message_count; j++)
			SIM_CHECK(self->sim, peer->messages[j].receipted);
		messages += peer->message_count;
		if (peer->role == ROLE_SUPERVISOR)
			SIM_CHECK(self->sim, peer->events == self->stream_supervisor);
		if (peer->role == ROLE_TRIAGE)
			SIM_CHECK(self->sim, peer->events == self->stream_triage);
		if (peer->role == ROLE_OPERATOR)
			SIM_CHECK(self->sim, peer->events == self->stream_operator);
	}
	SIM_CHECK(self->sim, messages == self->count);
	for (uint32_t i = 0; i < self->count; i++)
		SIM_CHECK(self->sim, !self->lives[i].open);
}

static void print_difference(void *context, int64_t case_id, const char *what)
{
	(void)context;
	fprintf(stderr, "case %ld: %s\n", (long)case_id, what);
}

/* Promise 4: the rows are what the journal makes them. */
static void judge_rows(struct sim *self)
{
	struct rebuild_options options = {
		.store = self->store,
		.core = {self->profile, self->principals, self->workdays, .laboratory = true},
		.differs = print_difference,
	};
	struct rebuild_counts counts;
	SIM_CHECK(self, rebuild_and_compare(&options, &counts) == 0);
	SIM_CHECK(self, counts.differences == 0);
}

void sim_judge(struct sim *self, bool settled)
{
	judge_rows(self);
	struct lives lives = {.sim = self};
	SIM_CHECK(self, self->store->interface->walk_journal(self->store, 0, -1, judge_record, &lives) == 0);
	judge_receipts(&lives);
	if (settled)
		judge_settled(&lives);
	free(lives.lives);
}
