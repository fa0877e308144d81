#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "tests/sim/sim.h"

/* The life of a case as its records tell it, against what the promises allow. */

void oracle_deinit(struct oracle *self)
{
	free(self->lives);
	for (uint32_t i = 0; i < self->streams_count; i++)
		free(self->streams[i].events);
}

struct life *oracle_life(struct oracle *self, int64_t case_id)
{
	for (uint32_t i = self->count; i > 0; i--)
		if (self->lives[i - 1].case_id == case_id)
			return &self->lives[i - 1];
	return NULL;
}

struct life *oracle_life_of_number(struct oracle *self, struct span case_number)
{
	int64_t case_id;
	return case_number_parse(case_number, &case_id) ? oracle_life(self, case_id) : NULL;
}

static bool is(struct span text, const char *word)
{
	return span_equal_string(text, word);
}

static uint32_t department_bit(struct span department)
{
	return is(department, "edu") ? 1 : is(department, "water") ? 2 : is(department, "roads") ? 4 : 0;
}

/* Where a portal's message must go, from what was sent. */
static const struct sim_message *message_of(struct sim *sim, const struct life *life)
{
	const struct sim_peer *portal = sim_peer_named(sim, span_of_string(life->portal));
	SIM_CHECK(sim, portal && portal->role == ROLE_PORTAL);
	for (uint32_t i = 0; i < portal->message_count; i++)
		if (strcmp(portal->messages[i].id, life->message_id) == 0)
			return &portal->messages[i];
	SIM_CHECK(sim, !"a case of a message that nobody sent");
	return NULL;
}

static void begin(struct sim *sim, const struct record *record)
{
	struct oracle *self = &sim->oracle;
	SIM_CHECK(sim, !oracle_life(self, record->case_id) && !self->draining && !self->stopped);
	/* Promise 8: with less than the reserve no new message is taken in. */
	SIM_CHECK(sim, !sim->low || sim->now.mono.us - sim->room_changed_at < US_PER_S);
	if (self->count == self->capacity) {
		self->capacity = self->capacity ? self->capacity * 2 : 64;
		self->lives = memory_resize(self->lives, self->capacity, sizeof(*self->lives));
	}
	struct life *life = &self->lives[self->count];
	*life = (struct life){.case_id = record->case_id, .received = record->at.us};
	sim_copy_text(record->actor, life->portal, sizeof(life->portal));
	sim_copy_text(record->subject, life->message_id, sizeof(life->message_id));
	for (uint32_t i = 0; i < self->count; i++) /* promise 2: one message, one case */
		SIM_CHECK(sim, strcmp(self->lives[i].portal, life->portal) != 0 ||
				       strcmp(self->lives[i].message_id, life->message_id) != 0);
	self->count++;
	message_of(sim, life);
	oracle_accepted(sim, life, record);
}

static void set_department(struct life *life, struct span department)
{
	sim_copy_text(department, life->department, sizeof(life->department));
}

static void route(struct sim *sim, struct life *life, const struct record *record)
{
	const struct sim_message *message = message_of(sim, life);
	SIM_CHECK(sim, !life->routed);
	life->routed = true;
	life->state = record->kind == RECORD_ROUTED ? LIFE_QUEUED : LIFE_TRIAGE;
	SIM_CHECK(sim, is(record->department, message->department ? message->department : ""));
	set_department(life, record->department);
}

static void offer(struct sim *sim, struct life *life, const struct record *record)
{
	SIM_CHECK(sim, life->state == LIFE_QUEUED && record->epoch > life->epoch && record->holder);
	SIM_CHECK(sim, is(record->department, life->department));
	SIM_CHECK(sim, !sim->oracle.draining && !(sim->oracle.drained & department_bit(record->department)));
	SIM_CHECK(sim, place_may_serve(&sim->place, record->subject, record->department));
	life->state = LIFE_OFFERED;
	life->epoch = record->epoch;
	life->holder = record->holder;
	sim_copy_text(record->subject, life->holder_name, sizeof(life->holder_name));
	int64_t untaken = 0;
	for (uint32_t i = 0; i < sim->oracle.count; i++)
		untaken += sim->oracle.lives[i].state == LIFE_OFFERED &&
			   sim->oracle.lives[i].holder == record->holder;
	SIM_CHECK(sim, untaken <= sim_peer_named(sim, record->subject)->credit_max);
}

/* Promise 3: who speaks serves the department, has the current epoch, and holds the case. */
static void speaks(struct sim *sim, const struct life *life, const struct record *record)
{
	SIM_CHECK(sim, record->epoch == life->epoch);
	SIM_CHECK(sim, is(record->department, life->department));
	SIM_CHECK(sim, place_may_serve(&sim->place, record->actor, record->department));
	bool sole = life->state == LIFE_OFFERED || life->process;
	SIM_CHECK(sim, !sole || is(record->actor, life->holder_name));
}

static void take(struct sim *sim, struct life *life, const struct record *record)
{
	SIM_CHECK(sim, life->state == LIFE_OFFERED && record->holder == life->holder);
	speaks(sim, life, record);
	life->state = LIFE_TAKEN;
	life->taken_epoch = life->epoch;
	life->process = record->flags & RECORD_PROCESS;
}

static void reply(struct sim *sim, struct life *life, const struct record *record)
{
	SIM_CHECK(sim, life->state == LIFE_TAKEN);
	speaks(sim, life, record);
	life->losses = 0;
	if (record->number != REPLY_INTERIM)
		life->state = LIFE_ANSWERED;
}

/* Five holders lost in a row: each loss counts one, a lease run out or a leave-taking counts none. */
static void lose(struct sim *sim, struct life *life, const struct record *record)
{
	bool blame = is(record->subject, "lost");
	SIM_CHECK(sim, blame || is(record->subject, "lease") || is(record->subject, "bye"));
	SIM_CHECK(sim, life->state == LIFE_OFFERED || (life->state == LIFE_TAKEN && life->process));
	SIM_CHECK(sim, record->holder == life->holder && record->epoch == life->epoch);
	SIM_CHECK(sim, record->number == life->losses + blame);
	SIM_CHECK(sim, (record->kind == RECORD_PARKED) == (blame && record->number == HOLDER_LOSSES_MAX));
	life->losses = record->number;
	life->process = false;
	life->state = record->kind == RECORD_PARKED ? LIFE_TRIAGE : LIFE_QUEUED;
	sim->oracle.losses += blame;
	if (life->state != LIFE_TRIAGE)
		return;
	set_department(life, SPAN_EMPTY);
	sim->oracle.parked++;
}

static void give_back(struct sim *sim, struct life *life, const struct record *record)
{
	SIM_CHECK(sim, life->state == LIFE_OFFERED || life->state == LIFE_TAKEN);
	speaks(sim, life, record);
	if (record->kind == RECORD_RETURNED)
		SIM_CHECK(sim, !life->final && life->returns++ < sim->place.returns_max);
	life->state = LIFE_TRIAGE;
	life->process = false;
	set_department(life, SPAN_EMPTY);
	sim->oracle.returns++;
}

/* From a department's hands only where that is no more, and never from a process that has the case. */
static void assign(struct sim *sim, struct life *life, const struct record *record)
{
	bool in_hands = life->state == LIFE_QUEUED || (life->state == LIFE_TAKEN && !life->process);
	bool is_left_behind = in_hands && strcmp(life->department, "roads") == 0 && !sim->place.roads_exist;
	SIM_CHECK(sim, (life->state == LIFE_TRIAGE || is_left_behind) && is(record->actor, "triage"));
	sim->oracle.left_behind += is_left_behind;
	life->state = LIFE_QUEUED;
	life->losses = 0;
	life->final = record->flags & RECORD_FINAL;
	set_department(life, record->department);
}

static void live(struct sim *sim, struct life *life, const struct record *record)
{
	SIM_CHECK(sim, life && life->state != LIFE_ANSWERED);
	SIM_CHECK(sim, record->at.us == sim_clock(sim).wall.us);
	switch (record->kind) {
	case RECORD_ROUTED:
	case RECORD_TRIAGED:
		return route(sim, life, record);
	case RECORD_OFFERED:
		return offer(sim, life, record);
	case RECORD_TAKEN:
		return take(sim, life, record);
	case RECORD_REPLIED:
		return reply(sim, life, record);
	case RECORD_REQUEUED:
	case RECORD_PARKED:
		return lose(sim, life, record);
	case RECORD_RETURNED:
	case RECORD_FAILED:
		return give_back(sim, life, record);
	case RECORD_ASSIGNED:
		return assign(sim, life, record);
	case RECORD_REMINDED:
	case RECORD_ESCALATED:
		return oracle_rung(sim, life, record);
	case RECORD_DUE:
		return oracle_due(sim, life, record);
	case RECORD_ALARM:
		return;
	case RECORD_CONTACT: /* once, and before anything becomes of the case */
		SIM_CHECK(sim, !life->contact && (life->state == LIFE_QUEUED || life->state == LIFE_TRIAGE));
		SIM_CHECK(sim, is(record->actor, life->portal));
		life->contact = true;
		return;
	default:
		SIM_CHECK(sim, !"a kind of record that is about no case");
	}
}

/* A restart voids every offer, and no draining outlives it. */
static void start(struct sim *sim)
{
	struct oracle *self = &sim->oracle;
	oracle_begun(sim);
	for (uint32_t i = 0; i < self->count; i++)
		if (self->lives[i].state == LIFE_OFFERED)
			self->lives[i].state = LIFE_QUEUED;
	self->draining = self->stopped = false;
	self->drained = 0;
}

static void drain(struct oracle *self, const struct record *record)
{
	uint32_t bit = department_bit(record->department);
	if (record->department.size == 0)
		self->draining = record->number;
	else
		self->drained = record->number ? self->drained | bit : self->drained & ~bit;
}

static void keep_event(struct oracle *self, const struct record *record)
{
	uint32_t at = 0;
	while (at < self->streams_count && !is(record->stream, self->streams[at].name))
		at++;
	ENSURE(at < ORACLE_STREAMS);
	struct oracle_stream *stream = &self->streams[at];
	if (at == self->streams_count) {
		self->streams_count++;
		sim_copy_text(record->stream, stream->name, sizeof(stream->name));
	}
	if (stream->count == stream->capacity) {
		stream->capacity = stream->capacity ? stream->capacity * 2 : 64;
		stream->events = memory_resize(stream->events, stream->capacity, sizeof(*stream->events));
	}
	stream->events[stream->count++] = (struct oracle_event){
		record->seq, record->case_id, record->at.us, record->number, record->kind};
}

static int read_record(void *context, const struct record *record)
{
	struct sim *sim = context;
	struct oracle *self = &sim->oracle;
	SIM_CHECK(sim, record->seq == self->last_seq + 1); /* no gap in the journal */
	SIM_CHECK(sim, !place_is_revoked(&sim->place, record->actor));
	sim_trace(sim, record_kind_name(record->kind), record->case_id, record->subject);
	if (record->stream.size > 0)
		keep_event(self, record);
	if (record->kind == RECORD_ACCEPTED)
		begin(sim, record);
	else if (record->kind == RECORD_STARTED)
		start(sim);
	else if (record->kind == RECORD_DRAINED)
		drain(self, record);
	else if (record->kind == RECORD_CLOCK)
		oracle_clock_record(sim, record);
	else if (record->case_id)
		live(sim, oracle_life(self, record->case_id), record);
	self->last_seq = record->seq;
	self->last_at = record->at.us;
	return 0;
}

void oracle_read(struct sim *sim)
{
	SIM_CHECK(sim, sim->store->interface->walk_journal(
			       sim->store, sim->oracle.last_seq, -1, read_record, sim) == 0);
}
