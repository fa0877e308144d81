#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "tests/sim/sim.h"

/* How portals, workers and desks behave: as PROTOCOL.md asks, with every lapse a real one has. */

#define PATIENCE_US (3 * US_PER_S) /* without an answer a request is sent again */

static bool is_waiting(const struct sim *self, int64_t asked_at)
{
	return asked_at > 0 && self->now.mono.us - asked_at < PATIENCE_US;
}

static void send_number(
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

/* ---- portals ---- */

static void submit(struct sim *self, struct sim_peer *peer, struct sim_message *message)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, message - peer->messages);
	writer_text(&writer, FIELD_ID, span_of_string(message->id));
	writer_text(&writer, FIELD_TITLE, SPAN_LITERAL("问题"));
	writer_text(&writer, FIELD_BODY, span_of_string(message->body));
	if (message->body[0] == 'r')
		writer_text(&writer, FIELD_DEPARTMENT, SPAN_LITERAL("roads"));
	if (message->body[0] == 'n')
		writer_text(&writer, FIELD_CONTACT, SPAN_LITERAL("nobody at all"));
	if (message->body[0] == 'e')
		writer_text(&writer, FIELD_DEPARTMENT, SPAN_LITERAL("edu"));
	writer_end(&writer);
	message->asked_at = self->now.mono.us;
	message->sent = true;
	sim_send(self, peer, KIND_SUBMIT, &map);
}

static void new_message(struct sim *self, struct sim_peer *peer)
{
	static const char *const bodies[] = {"roads", "edu", "水管", "nobody knows"};
	if (peer->message_count == SIM_MESSAGES_MAX)
		return;
	struct sim_message *message = &peer->messages[peer->message_count];
	unsigned number = peer->message_count++;
	snprintf(message->id, sizeof(message->id), "m%u", number);
	snprintf(message->body, sizeof(message->body), "%s %u", bodies[prng_below(&self->prng, 4)], number);
	self->submitted++;
	submit(self, peer, message);
}

static void copy_text(struct span from, char *to, size_t size)
{
	ENSURE(span_copy(from, to, size));
}

/* Promise 2: a receipt is the same for ever. */
static void take_receipt(struct sim *self, struct sim_peer *peer, const struct message *answer)
{
	struct sim_message *message = &peer->messages[message_number(answer, FIELD_REQ, 0)],
			   before = *message;
	copy_text(message_text(answer, FIELD_CASE), message->case_number, sizeof(message->case_number));
	copy_text(message_text(answer, FIELD_QUERY_CODE), message->query_code, sizeof(message->query_code));
	message->received = message_time(answer, FIELD_RECEIVED, INSTANT_NEVER).us;
	message->due = message_time(answer, FIELD_DUE, INSTANT_NEVER).us;
	message->receipted = true;
	if (!before.receipted)
		return;
	SIM_CHECK(self, strcmp(before.case_number, message->case_number) == 0);
	SIM_CHECK(self, strcmp(before.query_code, message->query_code) == 0);
	SIM_CHECK(self, before.received == message->received && before.due == message->due);
}

static void act_portal(struct sim *self, struct sim_peer *peer)
{
	if (self->faults && prng_chance(&self->prng, 20))
		new_message(self, peer);
	for (uint32_t i = 0; i < peer->message_count; i++) {
		struct sim_message *message = &peer->messages[i];
		bool again = self->faults && message->receipted && prng_below(&self->prng, 2000) == 0;
		if (again || (!message->receipted && !is_waiting(self, message->asked_at)))
			submit(self, peer, message);
	}
}

/* ---- watchers ---- */

/* An ASSIGN can be lost with its connection: triage asks now and then what still lies there. */
static void list_triage(struct sim *self, struct sim_peer *peer)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, ++peer->req);
	writer_text(&writer, FIELD_STATE, SPAN_LITERAL("triage"));
	writer_end(&writer);
	sim_send(self, peer, KIND_CASES, &map);
}

static void watch(struct sim *self, struct sim_peer *peer)
{
	if (!peer->welcome && !is_waiting(self, peer->said_at)) {
		send_number(self, peer, KIND_WATCH, FIELD_TOTAL, 0);
		peer->said_at = self->now.mono.us;
	}
	if (peer->welcome && peer->cursor > peer->seen && prng_chance(&self->prng, self->faults ? 30 : 100)) {
		send_number(self, peer, KIND_SEEN, FIELD_CURSOR, peer->cursor);
		peer->seen = peer->cursor;
	}
	/* A connection the daemon forgot is noticed by the beat. */
	if (peer->welcome && self->now.mono.us >= peer->beat_at) {
		send_number(self, peer, KIND_BEAT, FIELD_TOTAL, 0);
		if (peer->role == ROLE_TRIAGE)
			list_triage(self, peer);
		peer->beat_at = self->now.mono.us + 5 * US_PER_S;
	}
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
	writer_flag(&writer, FIELD_FINAL, true);
	writer_end(&writer);
	sim_send(self, peer, KIND_ASSIGN, &map);
}

/* Promise 5: in order, at least once. */
static void take_event(struct sim *self, struct sim_peer *peer, const struct message *event)
{
	int64_t cursor = message_number(event, FIELD_CURSOR, 0);
	SIM_CHECK(self, cursor > 0);
	if (cursor <= peer->cursor)
		return; /* again, after a reconnection */
	peer->cursor = cursor;
	peer->events++;
	if (peer->role == ROLE_TRIAGE && span_equal_string(message_text(event, FIELD_EVENT), "triage"))
		assign(self, peer, message_text(event, FIELD_CASE));
}

/* ---- workers ---- */

static void say_ready(struct sim *self, struct sim_peer *peer)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, ++peer->req);
	writer_number(&writer, FIELD_CREDIT, 4);
	writer_number(&writer, FIELD_INCARNATION, peer->incarnation);
	if (peer->process_custody)
		writer_text(&writer, FIELD_CUSTODY, SPAN_LITERAL("process"));
	writer_end(&writer);
	sim_send(self, peer, KIND_READY, &map);
	peer->said_at = self->now.mono.us;
}

static struct sim_job *job_of(struct sim_peer *peer, struct span case_number, bool make)
{
	struct sim_job *free_job = NULL;
	for (uint32_t i = 0; i < SIM_JOBS_MAX; i++) {
		if (span_equal_string(case_number, peer->jobs[i].case_number))
			return &peer->jobs[i];
		if (!*peer->jobs[i].case_number && !free_job)
			free_job = &peer->jobs[i];
	}
	if (!make || !free_job)
		return NULL;
	*free_job = (struct sim_job){0};
	copy_text(case_number, free_job->case_number, sizeof(free_job->case_number));
	return free_job;
}

static void speak(struct sim *self, struct sim_peer *peer, struct sim_job *job, enum kind kind)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	char text[64];
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, job->req = ++peer->req);
	writer_text(&writer, FIELD_CASE, span_of_string(job->case_number));
	writer_number(&writer, FIELD_EPOCH, job->epoch);
	if (kind == KIND_REPLY) {
		bool interim = job->interims == 1;
		snprintf(text, sizeof(text), "reply %u by %s", job->interims, peer->principal->name);
		writer_text(&writer, FIELD_REPLY, span_of_string(text));
		if (interim)
			writer_text(&writer, FIELD_REPLY_KIND, SPAN_LITERAL("interim"));
	}
	if (kind == KIND_RETURN || kind == KIND_FAIL)
		writer_text(&writer, FIELD_REASON, SPAN_LITERAL("不属本部门"));
	writer_end(&writer);
	job->asked = kind;
	job->asked_at = self->now.mono.us;
	sim_send(self, peer, kind, &map);
}

static void work_on(struct sim *self, struct sim_peer *peer, struct sim_job *job)
{
	if (job->asked) {
		if (!is_waiting(self, job->asked_at))
			speak(self, peer, job, job->asked);
		return;
	}
	uint64_t dice = prng_below(&self->prng, 100);
	bool honest = !self->faults;
	if (!job->taken && (honest || dice < 60))
		speak(self, peer, job, KIND_TAKE);
	else if (!job->taken && dice < 63)
		speak(self, peer, job, KIND_RETURN);
	else if (!job->taken && dice < 65)
		speak(self, peer, job, KIND_FAIL);
	else if (job->taken && (honest || dice < 3)) {
		job->interims = honest ? 2 : job->interims + 1 + (dice == 0);
		speak(self, peer, job, KIND_REPLY);
	} else if (job->taken && dice == 99)
		speak(self, peer, job, KIND_RETURN);
}

static void act_worker(struct sim *self, struct sim_peer *peer)
{
	if (self->faults && prng_below(&self->prng, 400) == 0) {
		/* The process dies and another one starts. */
		memset(peer->jobs, 0, sizeof(peer->jobs));
		peer->incarnation++;
		sim_disconnect(self, peer);
	}
	if (!peer->welcome && !is_waiting(self, peer->said_at))
		say_ready(self, peer);
	if (!peer->welcome)
		return;
	if (self->now.mono.us >= peer->beat_at) {
		send_number(self, peer, KIND_BEAT, FIELD_TOTAL, 0);
		peer->beat_at = self->now.mono.us + 5 * US_PER_S;
		send_number(self, peer, KIND_HELD, FIELD_TOTAL, 0);
	}
	for (uint32_t i = 0; i < SIM_JOBS_MAX; i++)
		if (*peer->jobs[i].case_number)
			work_on(self, peer, &peer->jobs[i]);
}

/* Promise 3: an offer always has a higher epoch than what came before. */
static void take_offer(struct sim *self, struct sim_peer *peer, const struct message *offer)
{
	struct sim_job *job = job_of(peer, message_text(offer, FIELD_CASE), true);
	if (!job)
		return; /* its lease runs out */
	int64_t epoch = message_number(offer, FIELD_EPOCH, 0);
	SIM_CHECK(self, epoch > job->epoch);
	char number[18];
	memcpy(number, job->case_number, sizeof(number));
	*job = (struct sim_job){.epoch = epoch};
	memcpy(job->case_number, number, sizeof(number));
}

static void assign_listed(struct sim *self, struct sim_peer *peer, const struct message *list)
{
	struct message item;
	struct field_value rest = list->values[FIELD_ITEMS];
	while (message_items_next(&rest, &item))
		assign(self, peer, message_text(&item, FIELD_CASE));
}

static void take_held(struct sim_peer *peer, const struct message *list)
{
	struct message item;
	struct field_value rest = list->values[FIELD_ITEMS];
	while (message_items_next(&rest, &item)) {
		struct sim_job *job = job_of(peer, message_text(&item, FIELD_CASE), true);
		if (job && !job->asked && !job->taken) {
			job->epoch = message_number(&item, FIELD_EPOCH, 0);
			job->taken = true;
		}
	}
}

static struct sim_job *job_of_request(struct sim_peer *peer, int64_t req)
{
	for (uint32_t i = 0; i < SIM_JOBS_MAX; i++)
		if (*peer->jobs[i].case_number && peer->jobs[i].asked && peer->jobs[i].req == req)
			return &peer->jobs[i];
	return NULL;
}

static void take_confirm(struct sim_peer *peer, const struct message *answer)
{
	struct sim_job *job = job_of_request(peer, message_number(answer, FIELD_REQ, -1));
	if (!job)
		return;
	job->asked = 0;
	job->taken = span_equal_string(message_text(answer, FIELD_STATE), "taken");
	if (!job->taken)
		*job = (struct sim_job){0};
}

static void take_error(struct sim *self, struct sim_peer *peer, const struct message *answer)
{
	struct span code = message_text(answer, FIELD_CODE);
	if (span_equal_string(code, "not-ready")) {
		peer->welcome = false;
		return;
	}
	struct sim_job *job = job_of_request(peer, message_number(answer, FIELD_REQ, -1));
	SIM_CHECK(self, peer->role != ROLE_PORTAL);
	if (!job)
		return;
	if (span_equal_string(code, "return-limit"))
		job->asked = 0;
	else
		*job = (struct sim_job){0}; /* another has it, or it is answered: PROTOCOL.md says drop it */
}

static void take_answer(struct sim *self, struct sim_peer *peer, const struct message *answer)
{
	switch ((uint8_t)answer->kind) {
	case KIND_RECEIPT:
		return take_receipt(self, peer, answer);
	case KIND_WELCOME:
		peer->welcome = true;
		return;
	case KIND_OFFER:
		return take_offer(self, peer, answer);
	case KIND_EVENT:
		return take_event(self, peer, answer);
	case KIND_LIST:
		return peer->role == ROLE_TRIAGE ? assign_listed(self, peer, answer)
						 : take_held(peer, answer);
	case KIND_CONFIRM:
		if (peer->role != ROLE_WORKER)
			peer->welcome = true;
		return take_confirm(peer, answer);
	case KIND_ERROR:
		return take_error(self, peer, answer);
	default:
		return; /* NOTICE, PULSE, BUSY */
	}
}

void sim_act(struct sim *self, struct sim_peer *peer)
{
	struct sim_frame frame;
	while (sim_next(peer, &frame)) {
		struct message answer;
		struct refusal refusal;
		char kind[KIND_FRAME_SIZE];
		bool good = message_decode(message_kind_frame(frame.kind, kind),
			span_of(frame.map, frame.size), &answer, &refusal);
		SIM_CHECK(self, good);
		take_answer(self, peer, &answer);
		free(frame.map);
	}
	if (self->faults && prng_below(&self->prng, 300) == 0)
		sim_disconnect(self, peer);
	if (peer->role == ROLE_WORKER)
		act_worker(self, peer);
	else
		watch(self, peer);
	if (peer->role == ROLE_PORTAL)
		act_portal(self, peer);
	if (peer->role == ROLE_OPERATOR && core_clock_held(shell_core(self->shell)) &&
		prng_chance(&self->prng, 5)) {
		struct buffer map = BUFFER_NULL;
		struct writer writer;
		writer_begin(&writer, &map);
		writer_number(&writer, FIELD_REQ, ++peer->req);
		writer_flag(&writer, FIELD_ACCEPT, true);
		writer_end(&writer);
		sim_send(self, peer, KIND_CLOCK, &map);
	}
}
