#include <stdlib.h>

#include "tests/sim/sim.h"

/* Workers, of both custodies: they take, answer, return and fail, die and come back. */

#define BEAT_US		 (5 * US_PER_S)
#define CREDIT_ANY	 6
#define HELD_OF_REQUESTS 3 /* now and then a worker asks what it holds: a CONFIRM may be lost */
#define CREDIT_USUAL	 4

static void say_ready(struct sim *self, struct sim_peer *peer)
{
	static const struct span some[] = {{"water", 5}};
	bool both = strcmp(peer->name, "worker-edu") != 0;
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	int64_t credit = sim_strikes(self, FAULT_CREDIT, 500)
				 ? 1 + (int64_t)prng_below(&self->prng, CREDIT_ANY)
				 : CREDIT_USUAL;
	peer->credit_max = credit > peer->credit_max ? credit : peer->credit_max;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, ++peer->req);
	writer_number(&writer, FIELD_CREDIT, credit);
	writer_number(&writer, FIELD_INCARNATION, peer->incarnation);
	if (peer->process_custody)
		writer_text(&writer, FIELD_CUSTODY, SPAN_LITERAL("process"));
	if (both && sim_strikes(self, FAULT_CREDIT, 200))
		writer_lines(&writer, FIELD_DEPARTMENTS, some, 1);
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
	sim_copy_text(case_number, free_job->case_number, sizeof(free_job->case_number));
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
		snprintf(text, sizeof(text), "reply %u by %s", job->interims, peer->name);
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
		if (!sim_is_waiting(self, job->asked_at))
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

/* The process dies and another one starts. */
static void die(struct sim *self, struct sim_peer *peer)
{
	memset(peer->jobs, 0, sizeof(peer->jobs));
	peer->incarnation++;
	sim_disconnect(self, peer);
}

static void take_leave(struct sim *self, struct sim_peer *peer)
{
	sim_send_number(self, peer, KIND_BYE, FIELD_TOTAL, 0);
	peer->welcome = false;
	peer->away_until = self->now.mono.us + (int64_t)prng_below(&self->prng, 120 * US_PER_S);
}

/* Speaks of a case that may be anybody's, in any state, with an epoch that is current or was. */
static void meddle(struct sim *self, struct sim_peer *peer)
{
	static const enum kind kinds[] = {KIND_TAKE, KIND_REPLY, KIND_RETURN, KIND_FAIL};
	if (self->oracle.count == 0)
		return;
	const struct life *life = &self->oracle.lives[prng_below(&self->prng, self->oracle.count)];
	struct sim_job job = {.epoch = life->epoch, .interims = (unsigned)prng_below(&self->prng, 3)};
	if (job.epoch > 0 && prng_chance(&self->prng, 30))
		job.epoch--;
	case_number_print(life->case_id, job.case_number);
	speak(self, peer, &job, kinds[prng_below(&self->prng, 4)]);
}

void sim_worker_act(struct sim *self, struct sim_peer *peer)
{
	if (sim_strikes(self, FAULT_DEATH, 3))
		die(self, peer);
	if (self->now.mono.us < peer->away_until)
		return;
	bool anew = peer->welcome && sim_strikes(self, FAULT_CREDIT, 5);
	if (anew || (!peer->welcome && !sim_is_waiting(self, peer->said_at)))
		say_ready(self, peer);
	if (!peer->welcome)
		return;
	if (self->now.mono.us >= peer->beat_at) {
		sim_send_number(self, peer, KIND_BEAT, FIELD_TOTAL, 0);
		peer->beat_at = self->now.mono.us + BEAT_US;
		if (peer->req % HELD_OF_REQUESTS == 0)
			sim_send_number(self, peer, KIND_HELD, FIELD_TOTAL, 0);
	}
	for (uint32_t i = 0; i < SIM_JOBS_MAX; i++)
		if (*peer->jobs[i].case_number)
			work_on(self, peer, &peer->jobs[i]);
	if (sim_strikes(self, FAULT_HOSTILE, 30))
		meddle(self, peer);
	if (sim_strikes(self, FAULT_DEATH, 3))
		take_leave(self, peer);
}

/* Promise 3: an offer always has a higher epoch than what came before. */
void sim_worker_offer(struct sim *self, struct sim_peer *peer, const struct message *offer)
{
	struct span body = message_text(offer, FIELD_BODY);
	if (body.size > 0 && body.data[0] == 'p' && sim_strikes(self, FAULT_POISON, 900))
		return die(self, peer);
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

void sim_worker_held(struct sim_peer *peer, const struct message *list)
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

void sim_worker_confirm(struct sim_peer *peer, const struct message *answer)
{
	struct sim_job *job = job_of_request(peer, message_number(answer, FIELD_REQ, -1));
	if (!job)
		return;
	job->asked = 0;
	job->taken = span_equal_string(message_text(answer, FIELD_STATE), "taken");
	if (!job->taken)
		*job = (struct sim_job){0};
}

void sim_worker_error(struct sim_peer *peer, const struct message *answer)
{
	struct sim_job *job = job_of_request(peer, message_number(answer, FIELD_REQ, -1));
	if (!job)
		return;
	if (span_equal_string(message_text(answer, FIELD_CODE), "return-limit"))
		job->asked = 0;
	else
		*job = (struct sim_job){0}; /* another has it, or it is answered: PROTOCOL.md says drop it */
}
