#include "base/assert.h"
#include "base/memory.h"
#include "daemon/core/state.h"

#include <stdlib.h>

/* The invariants of state.h, executable. */

static void check_list(const struct core *self, const struct case_list *list)
{
	uint32_t count = 0, previous = SLOT_NONE;
	for (uint32_t slot = list->head; slot != SLOT_NONE; slot = case_at(self, slot)->list_next) {
		ENSURE(case_at(self, slot)->list_previous == previous);
		previous = slot;
		count++;
	}
	ENSURE(list->tail == previous && list->count == count);
}

static void check_is_in_list(const struct core *self, const struct case_list *list, uint32_t slot)
{
	for (uint32_t at = list->head; at != slot; at = case_at(self, at)->list_next)
		ENSURE(at != SLOT_NONE);
}

static const struct case_list *list_of(const struct core *self, const struct case_record *record)
{
	const struct worker *worker;
	switch ((enum case_state)record->state) {
	case CASE_QUEUED:
		return &self->departments[record->department].queue;
	case CASE_TAKEN:
		if (!(record->flags & CASE_PROCESS))
			return NULL;
		__attribute__((fallthrough));
	case CASE_OFFERED:
		worker = roster_by_holder(self, record->holder);
		return worker ? &worker->cases : &self->orphans;
	default:
		return NULL;
	}
}

static void check_case(const struct core *self, uint32_t slot)
{
	const struct case_record *record = case_at(self, slot);
	enum case_state state = (enum case_state)record->state;
	ENSURE(state > CASE_NONE && state < CASE_STATE_END);
	ENSURE((state == CASE_TRIAGE) == (record->department == DEPARTMENT_NONE));
	IMPLIES(state == CASE_QUEUED || state == CASE_TRIAGE || state == CASE_ANSWERED, record->holder == 0);
	IMPLIES(state == CASE_OFFERED, record->holder != 0 && record->epoch > 0);
	IMPLIES(state == CASE_TAKEN, (record->holder != 0) == ((record->flags & CASE_PROCESS) != 0));
	IMPLIES(record->within == NAME_NONE, instant_is_never(record->due));
	const struct case_list *list = list_of(self, record);
	if (list)
		check_is_in_list(self, list, slot);
	IMPLIES(list == NULL, record->list_previous == SLOT_NONE && record->list_next == SLOT_NONE);
	uint32_t rung;
	struct instant moment;
	bool any = ladder_next(self, record, &rung, &moment);
	ENSURE(heap_key(self->wall, slot) == (any ? moment.us : HEAP_NEVER));
	IMPLIES(heap_key(self->mono, slot) != HEAP_NEVER,
		state == CASE_OFFERED || (state == CASE_TAKEN && (record->flags & CASE_PROCESS)));
	IMPLIES(state == CASE_OFFERED && roster_by_holder(self, record->holder),
		heap_key(self->mono, slot) != HEAP_NEVER);
}

struct counts {
	uint32_t queued, offered, taken, overdue;
};

static void check_counts(const struct core *self)
{
	struct counts *counts = memory_new(self->departments_count, sizeof(*counts));
	uint32_t triage = 0, answered = 0, overdue = 0;
	for (uint32_t slot = slots_next(self->cases, 0); slot != SLOT_NONE;
		slot = slots_next(self->cases, slot + 1)) {
		const struct case_record *record = case_at(self, slot);
		triage += record->state == CASE_TRIAGE;
		answered += record->state == CASE_ANSWERED;
		overdue += (record->flags & CASE_OVERDUE) != 0;
		if (record->department == DEPARTMENT_NONE)
			continue;
		struct counts *one = &counts[record->department];
		one->queued += record->state == CASE_QUEUED;
		one->offered += record->state == CASE_OFFERED;
		one->taken += record->state == CASE_TAKEN;
		one->overdue += (record->flags & CASE_OVERDUE) != 0;
	}
	ENSURE(triage == self->triage_count && answered == self->answered_kept &&
		overdue == self->overdue_count);
	for (uint32_t i = 0; i < self->departments_count; i++) {
		const struct department *one = &self->departments[i];
		ENSURE(counts[i].queued == one->queue.count && counts[i].offered == one->offered);
		ENSURE(counts[i].taken == one->taken && counts[i].overdue == one->overdue);
	}
	free(counts);
}

static void check_worker(const struct core *self, const struct worker *worker)
{
	uint32_t offers = 0;
	check_list(self, &worker->cases);
	for (uint32_t slot = worker->cases.head; slot != SLOT_NONE; slot = case_at(self, slot)->list_next) {
		ENSURE(case_at(self, slot)->holder == worker->holder);
		offers += case_at(self, slot)->state == CASE_OFFERED;
	}
	ENSURE(offers == worker->offers);
	ENSURE(worker->ended || heap_key(self->beats, worker->id) != HEAP_NEVER);
	ENSURE(worker->ended == (roster_by_peer(self, worker->peer) != worker));
}

/* Level-triggered dispatch: whatever could be offered is on its way to be. */
static void check_dispatch(const struct core *self)
{
	for (uint32_t i = 0; i < self->departments_count; i++) {
		const struct department *one = &self->departments[i];
		check_list(self, &one->queue);
		if (one->pending || one->draining || self->draining || one->queue.count == 0)
			continue;
		for (uint32_t j = 0; j < one->workers_count; j++) {
			const struct worker *worker = one->workers[j];
			/* A rest that has just ended is seen when its beat comes up, which the wake-up knows.
			 */
			bool resting = worker->rests_until.us > 0 &&
				       heap_key(self->beats, worker->id) <= worker->rests_until.us;
			ENSURE(worker->ended || worker->offers >= worker->credit || resting);
		}
	}
}

void core_check(const struct core *self)
{
	slots_check(self->cases);
	check_list(self, &self->orphans);
	for (uint32_t slot = slots_next(self->cases, 0); slot != SLOT_NONE;
		slot = slots_next(self->cases, slot + 1))
		check_case(self, slot);
	for (uint32_t id = 0; id < WORKERS_MAX; id++)
		if (self->workers_by_id[id])
			check_worker(self, self->workers_by_id[id]);
	check_counts(self);
	check_dispatch(self);
}
