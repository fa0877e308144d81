#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/core/state.h"

struct case_record *case_at(const struct core *self, uint32_t slot)
{
	return slots_at(self->cases, slot);
}

struct case_record *case_find(const struct core *self, int64_t case_id, uint32_t *ret_slot)
{
	if (case_id <= 0)
		return NULL;
	uint32_t slot = slots_find(self->cases, (uint64_t)case_id);
	if (slot == SLOT_NONE)
		return NULL;
	if (ret_slot)
		*ret_slot = slot;
	return case_at(self, slot);
}

/* Which counter of its department a case stands in, NULL if in none. */
static uint32_t *counter_of(struct core *self, const struct case_record *record)
{
	switch ((enum case_state)record->state) {
	case CASE_TRIAGE:
		return &self->triage_count;
	case CASE_OFFERED:
		return &self->departments[record->department].offered;
	case CASE_TAKEN:
		return &self->departments[record->department].taken;
	default:
		return NULL; /* a queue counts itself */
	}
}

/* Takes it off the overdue figures; the ladder puts it on. */
static void count_overdue_out(struct core *self, struct case_record *record)
{
	if (!(record->flags & CASE_OVERDUE))
		return;
	self->overdue_count--;
	self->departments[record->department].overdue--; /* triage answers nothing: it has a department */
	record->flags &= (uint8_t)~CASE_OVERDUE;
}

static void leave_lists(struct core *self, uint32_t slot, struct case_record *record)
{
	uint32_t *counter = counter_of(self, record);
	if (counter)
		(*counter)--;
	if (record->state == CASE_QUEUED) {
		case_list_remove(self, &self->departments[record->department].queue, slot);
		return;
	}
	bool listed = record->state == CASE_OFFERED ||
		      (record->state == CASE_TAKEN && (record->flags & CASE_PROCESS));
	if (!listed)
		return;
	struct worker *worker = roster_by_holder(self, record->holder);
	case_list_remove(self, worker ? &worker->cases : &self->orphans, slot);
	if (worker && record->state == CASE_OFFERED) {
		worker->offers--;
		for (uint32_t i = 0; i < worker->departments_count; i++)
			roster_pend(self, worker->departments[i]);
	}
	heap_set(self->mono, slot, HEAP_NEVER);
}

void case_move(struct core *self, uint32_t slot, enum case_state to)
{
	struct case_record *record = case_at(self, slot);
	REQUIRE(case_state_may(record->state, to));
	leave_lists(self, slot, record);
	if (to == CASE_ANSWERED)
		count_overdue_out(self, record);
	record->state = (uint8_t)to;
	uint32_t *counter = counter_of(self, record);
	if (counter)
		(*counter)++;
	case_touch(self, slot);
}

void case_touch(struct core *self, uint32_t slot)
{
	struct case_record *record = case_at(self, slot);
	if (record->flags & CASE_DIRTY)
		return;
	record->flags |= CASE_DIRTY;
	if (self->dirty_count == self->dirty_capacity) {
		self->dirty_capacity = self->dirty_capacity ? self->dirty_capacity * 2 : 64;
		self->dirty = memory_resize(self->dirty, self->dirty_capacity, sizeof(*self->dirty));
	}
	self->dirty[self->dirty_count++] = slot;
}

void case_list_push_back(struct core *self, struct case_list *list, uint32_t slot)
{
	struct case_record *record = case_at(self, slot);
	record->list_previous = list->tail;
	record->list_next = SLOT_NONE;
	if (list->tail == SLOT_NONE)
		list->head = slot;
	else
		case_at(self, list->tail)->list_next = slot;
	list->tail = slot;
	list->count++;
}

void case_list_push_front(struct core *self, struct case_list *list, uint32_t slot)
{
	struct case_record *record = case_at(self, slot);
	record->list_previous = SLOT_NONE;
	record->list_next = list->head;
	if (list->head == SLOT_NONE)
		list->tail = slot;
	else
		case_at(self, list->head)->list_previous = slot;
	list->head = slot;
	list->count++;
}

void case_list_remove(struct core *self, struct case_list *list, uint32_t slot)
{
	REQUIRE(list->count > 0);
	struct case_record *record = case_at(self, slot);
	if (record->list_previous == SLOT_NONE)
		list->head = record->list_next;
	else
		case_at(self, record->list_previous)->list_next = record->list_next;
	if (record->list_next == SLOT_NONE)
		list->tail = record->list_previous;
	else
		case_at(self, record->list_next)->list_previous = record->list_previous;
	record->list_previous = record->list_next = SLOT_NONE;
	list->count--;
}

void case_to_row(const struct core *self, const struct case_record *record, struct case_row *ret_row)
{
	*ret_row = (struct case_row){
		.case_id = (int64_t)record->id,
		.state = (enum case_state)record->state,
		.portal = roster_name_text(self, record->portal),
		.department = roster_department_id(self, record->department),
		.class = roster_name_text(self, record->class),
		.within = roster_name_text(self, record->within),
		.received = record->received,
		.due = record->due,
		.due_date = record->due_date,
		.due_version = record->due_version,
		.provisional = record->flags & CASE_PROVISIONAL,
		.fired = record->fired,
		.rung_reached = record->rung_reached,
		.reminded = record->flags & CASE_REMINDED,
		.epoch = record->epoch,
		.holder = (int64_t)record->holder,
		.holder_name = roster_name_text(self, record->holder_name),
		.process_custody = record->flags & CASE_PROCESS,
		.final_ruling = record->flags & CASE_FINAL,
		.losses = record->losses,
		.returns = record->returns,
		.texts = record->texts,
		.taken = record->taken,
		.answered = record->answered,
		.reply_kind = record->reply_kind,
		.reply_digest = record->reply_digest,
	};
}
