#include "daemon/core/core.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/core/state.h"

static void add_departments(struct core *self)
{
	const struct profile *profile = self->options.profile;
	for (uint32_t i = 0; i < self->departments_count; i++)
		self->departments[i].in_profile =
			profile_find_department(profile, span_of_string(self->departments[i].id));
	for (uint32_t i = 0; i < profile->departments_count; i++)
		roster_department(self, span_of_string(profile->departments[i].id));
}

struct core *core_new(const struct core_options *options)
{
	REQUIRE(options->profile && options->principals && options->workdays);
	struct core *self = memory_new(1, sizeof(*self));
	self->options = *options;
	self->cases = slots_new(sizeof(struct case_record));
	self->wall = heap_new();
	self->mono = heap_new();
	self->beats = heap_new();
	self->orphans = CASE_LIST_EMPTY;
	self->recompute_at = SLOT_NONE;
	self->workdays_digest = *workdays_version(options->workdays);
	add_departments(self);
	return self;
}

static void destroy_worker(struct core *self, struct worker *worker)
{
	HASH_DELETE(by_holder, self->workers_by_holder, worker);
	if (!worker->ended)
		HASH_DELETE(by_peer, self->workers_by_peer, worker);
	free(worker->departments);
	free(worker->department_ids);
	free(worker);
}

void core_destroy(struct core **self)
{
	struct core *core = *self;
	if (!core)
		return;
	for (uint32_t id = 0; id < WORKERS_MAX; id++)
		if (core->workers_by_id[id])
			destroy_worker(core, core->workers_by_id[id]);
	for (uint32_t i = 0; i < core->departments_count; i++)
		free(core->departments[i].workers);
	slots_destroy(&core->cases);
	heap_destroy(&core->wall);
	heap_destroy(&core->mono);
	heap_destroy(&core->beats);
	free(core->departments);
	free(core->pending);
	free(core->names);
	free(core->dirty);
	free(core);
	*self = NULL;
}

static uint8_t flags_of_row(const struct case_row *row)
{
	return (uint8_t)((row->provisional ? CASE_PROVISIONAL : 0) | (row->final_ruling ? CASE_FINAL : 0) |
			 (row->process_custody ? CASE_PROCESS : 0) | (row->reminded ? CASE_REMINDED : 0));
}

/* Overdue is not stored: it is that a rung has fired, for all stand at the due moment or after it. */
static bool is_overdue(const struct case_row *row)
{
	return row->fired >> (LADDER_REMINDER + 1) != 0;
}

static void load_record(struct core *self, struct case_record *record, const struct case_row *row)
{
	record->received = row->received;
	record->due = row->due;
	record->taken = row->taken;
	record->answered = row->answered;
	record->holder = (uint64_t)row->holder;
	record->list_previous = record->list_next = SLOT_NONE;
	record->epoch = (uint32_t)row->epoch;
	record->due_version = (uint32_t)row->due_version;
	record->due_date = row->due_date;
	record->within = roster_name(self, row->within);
	record->department = roster_department(self, row->department);
	record->portal = roster_name(self, row->portal);
	record->holder_name = roster_name(self, row->holder_name);
	record->class = roster_name(self, row->class);
	record->fired = (uint16_t)row->fired;
	record->state = (uint8_t)row->state;
	record->losses = (uint8_t)row->losses;
	record->returns = (uint8_t)row->returns;
	record->texts = (uint8_t)row->texts;
	record->rung_reached = (uint8_t)row->rung_reached;
	record->reply_kind = (uint8_t)row->reply_kind;
	record->flags = flags_of_row(row);
	record->reply_digest = row->reply_digest;
}

void core_load(struct core *self, const struct case_row *row)
{
	REQUIRE(case_row_is_sound(row) && case_row_is_open(row));
	uint32_t slot = slots_insert(self->cases, (uint64_t)row->case_id);
	struct case_record *record = case_at(self, slot);
	load_record(self, record, row);
	struct department *department =
		record->department == DEPARTMENT_NONE ? NULL : &self->departments[record->department];
	if (is_overdue(row)) {
		record->flags |= CASE_OVERDUE;
		self->overdue_count++;
		if (department)
			department->overdue++;
	}
	REQUIRE(department || row->state == CASE_TRIAGE);
	switch (row->state) {
	case CASE_TRIAGE:
		self->triage_count++;
		break;
	case CASE_QUEUED:
		case_list_push_back(self, &department->queue, slot);
		break;
	case CASE_OFFERED:
		department->offered++;
		case_list_push_back(self, &self->orphans, slot);
		break;
	default:
		department->taken++;
		if (record->flags & CASE_PROCESS)
			case_list_push_back(self, &self->orphans, slot);
	}
	ladder_schedule(self, slot);
}

#define ORPHAN_GRACE_BEATS 6 /* twice what loses a worker: it must first notice that we were gone */

void core_loaded(struct core *self, struct moment now, const struct clock_past *past)
{
	clock_start(&self->clock, now, past);
	/* The calendar may have been changed while nobody was looking. */
	self->recompute_at = 0;
	struct mono grace = mono_add(now.mono, ORPHAN_GRACE_BEATS * self->options.profile->heartbeat_us);
	for (uint32_t slot = self->orphans.head; slot != SLOT_NONE; slot = case_at(self, slot)->list_next)
		if (case_at(self, slot)->state == CASE_TAKEN)
			heap_set(self->mono, slot, grace.us);
	for (uint32_t i = 0; i < self->departments_count; i++)
		roster_pend(self, (uint16_t)i);
}

/* Workers whose key was revoked or exchanged, or whose departments were taken away, end; they may say READY
 * for what is left. */
static void end_unauthorised_workers(struct core *self, const struct principals *before)
{
	for (uint32_t id = 0; id < WORKERS_MAX; id++) {
		struct worker *worker = self->workers_by_id[id];
		if (!worker || worker->ended)
			continue;
		const struct principal *principal =
			principals_find_name(self->options.principals, span_of_string(worker->principal));
		bool may =
			principals_same(before, self->options.principals, span_of_string(worker->principal));
		for (uint32_t i = 0; may && i < worker->departments_count; i++)
			may = principal_serves(
				      principal, roster_department_id(self, worker->departments[i])) &&
			      self->departments[worker->departments[i]].in_profile;
		if (!may)
			core_worker_end(self, worker->peer, false);
	}
}

void core_configure(struct core *self, const struct core_options *options)
{
	REQUIRE(options->profile && options->principals && options->workdays);
	/* The profile says how days are counted, the calendar which: either can move a due moment. */
	if (!digest_equal(&options->profile->digest, &self->options.profile->digest) ||
		!digest_equal(workdays_version(options->workdays), &self->workdays_digest))
		self->recompute_at = 0;
	const struct principals *before = self->options.principals;
	self->workdays_digest = *workdays_version(options->workdays);
	self->options = *options;
	add_departments(self);
	end_unauthorised_workers(self, before);
	for (uint32_t slot = slots_next(self->cases, 0); slot != SLOT_NONE;
		slot = slots_next(self->cases, slot + 1))
		ladder_schedule(self, slot);
	for (uint32_t i = 0; i < self->departments_count; i++)
		roster_pend(self, (uint16_t)i);
}

bool core_next_changed(struct core *self, struct case_row *ret_row)
{
	if (self->dirty_taken == self->dirty_count) {
		self->dirty_count = self->dirty_taken = 0;
		return false;
	}
	struct case_record *record = case_at(self, self->dirty[self->dirty_taken++]);
	record->flags &= (uint8_t)~CASE_DIRTY;
	case_to_row(self, record, ret_row);
	return true;
}

void core_forget_answered(struct core *self, const int64_t *case_ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t slot;
		struct case_record *record = case_find(self, case_ids[i], &slot);
		REQUIRE(record && record->state == CASE_ANSWERED && !(record->flags & CASE_DIRTY));
		slots_remove(self->cases, slot);
		self->answered_kept--;
	}
}

bool core_row(const struct core *self, int64_t case_id, struct case_row *ret_row)
{
	const struct case_record *record = case_find(self, case_id, NULL);
	if (record)
		case_to_row(self, record, ret_row);
	return record != NULL;
}
