#include "base/assert.h"
#include "daemon/core/state.h"

/*
 * What falls due by itself. The order is fixed: lost workers first, so that their cases can be offered in the
 * same turn; then leases; then offers; a new calendar's due moments before any rung, so that none fires on an
 * old one.
 */

/* A lost holder's case goes back to the queue, or after the fifth in a row to triage. */
static void requeue(const struct core *self, struct moment now, const struct case_record *record,
	struct span why, bool blame, struct decision *ret_decision)
{
	decision_of_case(ret_decision, record);
	uint32_t losses = record->losses + (blame ? 1u : 0u);
	bool park = blame && losses >= HOLDER_LOSSES_MAX;
	struct record *change =
		decision_add(ret_decision, park ? RECORD_PARKED : RECORD_REQUEUED, now, (int64_t)record->id);
	change->epoch = record->epoch;
	change->holder = (int64_t)record->holder;
	change->department = roster_department_id(self, record->department);
	change->subject = why;
	change->number = losses;
	ret_decision->state = park ? CASE_TRIAGE : CASE_QUEUED;
	if (!park)
		return;
	change->stream = STREAM_TRIAGE;
	struct record *alarm = decision_add(ret_decision, RECORD_ALARM, now, (int64_t)record->id);
	alarm->stream = STREAM_OPERATOR;
	alarm->subject = SPAN_LITERAL("parked");
	alarm->department = change->department;
}

bool decide_lost(struct core *self, struct moment now, struct decision *ret_decision)
{
	uint32_t id;
	while (heap_first(self->beats, &id) <= now.mono.us) {
		struct worker *worker = self->workers_by_id[id];
		if (roster_lost(self, worker, now.mono))
			core_worker_end(self, worker->peer, true);
	}
	for (id = 0; self->ended_count > 0; id++) {
		ENSURE(id < WORKERS_MAX);
		struct worker *worker = self->workers_by_id[id];
		if (!worker || !worker->ended)
			continue;
		if (worker->cases.count > 0) {
			const struct case_record *record = case_at(self, worker->cases.head);
			struct span why = worker->blame ? SPAN_LITERAL("lost") : SPAN_LITERAL("bye");
			requeue(self, now, record, why, worker->blame, ret_decision);
			return true;
		}
		roster_free_worker(self, worker);
	}
	return false;
}

bool decide_lease(const struct core *self, struct moment now, struct decision *ret_decision)
{
	uint32_t slot;
	if (heap_first(self->mono, &slot) > now.mono.us)
		return false;
	const struct case_record *record = case_at(self, slot);
	/* A lease that runs out while its worker lives is nobody's death; a process that did not come back
	 * is. */
	bool orphan = record->state == CASE_TAKEN;
	requeue(self, now, record, orphan ? SPAN_LITERAL("lost") : SPAN_LITERAL("lease"), orphan,
		ret_decision);
	return true;
}

bool decide_offer(struct core *self, struct moment now, struct decision *ret_decision)
{
	while (self->pending_count > 0) {
		uint16_t index = self->pending[self->pending_head];
		struct department *department = &self->departments[index];
		struct worker *worker = department->queue.count && !department->draining && !self->draining
						? roster_pick(self, index, now.mono)
						: NULL;
		if (!worker) {
			department->pending = false;
			self->pending_head = (self->pending_head + 1) % self->departments_count;
			self->pending_count--;
			continue;
		}
		const struct case_record *record = case_at(self, department->queue.head);
		decision_of_case(ret_decision, record);
		struct record *offered = decision_add(ret_decision, RECORD_OFFERED, now, (int64_t)record->id);
		offered->department = span_of_string(department->id);
		offered->subject = span_of_string(worker->principal);
		offered->holder = (int64_t)worker->holder;
		offered->epoch = record->epoch + 1;
		ret_decision->state = CASE_OFFERED;
		return true;
	}
	return false;
}

void core_decide_due(
	struct core *self, struct moment now, struct instant ladder_until, struct decision *ret_decision)
{
	if (decide_lost(self, now, ret_decision) || decide_lease(self, now, ret_decision) ||
		decide_offer(self, now, ret_decision) || decide_recompute(self, now, ret_decision) ||
		decide_rung(self, now, ladder_until, ret_decision))
		return;
	decision_init(ret_decision, VERDICT_NOTHING);
}

struct moment core_next_wakeup(const struct core *self)
{
	struct moment next = {
		.mono = {heap_first(self->mono, NULL)},
		.wall = {self->clock.held ? HEAP_NEVER : heap_first(self->wall, NULL)},
	};
	next.mono = mono_min(next.mono, (struct mono){heap_first(self->beats, NULL)});
	if (self->pending_count > 0 || self->ended_count > 0 || self->recompute_at != SLOT_NONE)
		next.mono = (struct mono){0};
	return next;
}
