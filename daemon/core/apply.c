#include "base/assert.h"
#include "daemon/core/state.h"

/*
 * Makes a journal record true. One function per kind, in a table; what they assert was promised by the
 * decision that made the record, and when a journal is replayed a failed assertion means that its history is
 * not one this program wrote.
 */

struct change {
	struct core *core;
	struct moment now;
	const struct record *record;
	uint32_t slot;
	struct case_record *target;
};

typedef void (*apply_fn)(const struct change *change);

static void set_due(const struct change *change)
{
	const struct record *record = change->record;
	struct case_record *target = change->target;
	target->due = record->within.size || record->due ? (struct instant){record->due} : INSTANT_NEVER;
	target->due_date = (int32_t)record->due_date;
	target->due_version = (uint32_t)record->due_version;
	if (record->flags & RECORD_PROVISIONAL)
		target->flags |= CASE_PROVISIONAL;
	else
		target->flags &= (uint8_t)~CASE_PROVISIONAL;
}

static void move(const struct change *change, enum case_state to)
{
	case_move(change->core, change->slot, to);
}

/* Hands the case to a department's queue; from here it is offered. */
static void enqueue(const struct change *change, bool first)
{
	struct core *core = change->core;
	move(change, CASE_QUEUED);
	change->target->holder = 0;
	change->target->flags &= (uint8_t)~CASE_PROCESS;
	struct case_list *queue = &core->departments[change->target->department].queue;
	if (first)
		case_list_push_front(core, queue, change->slot);
	else
		case_list_push_back(core, queue, change->slot);
	roster_pend(core, change->target->department);
}

static void count_overdue(const struct change *change, int step)
{
	if (!(change->target->flags & CASE_OVERDUE) || change->target->department == DEPARTMENT_NONE)
		return;
	change->core->departments[change->target->department].overdue += (uint32_t)step;
}

/* A case that changes departments takes its being overdue along. */
static void set_department(const struct change *change, uint16_t department)
{
	count_overdue(change, -1);
	change->target->department = department;
	count_overdue(change, +1);
}

static void to_triage(const struct change *change)
{
	move(change, CASE_TRIAGE);
	change->target->holder = 0;
	change->target->flags &= (uint8_t)~CASE_PROCESS;
	set_department(change, DEPARTMENT_NONE);
}

static void apply_started(const struct change *change)
{
	struct core *core = change->core;
	for (uint32_t slot = slots_next(core->cases, 0); slot != SLOT_NONE;
		slot = slots_next(core->cases, slot + 1)) {
		if (case_at(core, slot)->state != CASE_OFFERED)
			continue;
		struct change one = {core, change->now, change->record, slot, case_at(core, slot)};
		enqueue(&one, false);
	}
}

static void apply_accepted(const struct change *change)
{
	const struct record *record = change->record;
	struct case_record *target = change->target;
	target->received = record->at;
	target->portal = roster_name(change->core, record->actor);
	target->class = roster_name(change->core, record->class);
	target->within = roster_name(change->core, record->within);
	target->holder_name = NAME_NONE;
	target->department = DEPARTMENT_NONE;
	target->list_previous = target->list_next = SLOT_NONE;
	target->texts = (uint8_t)record->text;
	set_due(change);
	submit_pay(change->core, target->portal, change->now.mono);
}

static void apply_routed(const struct change *change)
{
	set_department(change, roster_department(change->core, change->record->department));
	enqueue(change, false);
}

static void apply_triaged(const struct change *change)
{
	move(change, CASE_TRIAGE);
}

static void list_with_holder(const struct change *change)
{
	struct core *core = change->core;
	struct worker *worker = roster_by_holder(core, change->target->holder);
	case_list_push_back(core, worker ? &worker->cases : &core->orphans, change->slot);
}

static void apply_offered(const struct change *change)
{
	struct core *core = change->core;
	move(change, CASE_OFFERED);
	change->target->epoch = (uint32_t)change->record->epoch;
	change->target->holder = (uint64_t)change->record->holder;
	change->target->holder_name = roster_name(core, change->record->subject);
	list_with_holder(change);
	struct worker *worker = roster_by_holder(core, change->target->holder);
	if (worker) {
		worker->offers++;
		roster_picked(core, change->target->department, worker);
		heap_set(core->mono, change->slot,
			mono_add(change->now.mono, core->options.profile->lease_us).us);
	}
}

static void apply_requeued(const struct change *change)
{
	struct worker *worker = roster_by_holder(change->core, change->target->holder);
	change->target->losses = (uint8_t)change->record->number;
	enqueue(change, true);
	if (!worker || worker->ended)
		return;
	/* Nothing else takes a case from a worker that is there. */
	ENSURE(span_equal(change->record->subject, SPAN_LITERAL("lease")));
	roster_rest(change->core, worker, change->now.mono);
}

static void apply_taken(const struct change *change)
{
	struct worker *worker = roster_by_holder(change->core, (uint64_t)change->record->holder);
	if (worker)
		worker->expiries = 0;
	bool process = change->record->flags & RECORD_PROCESS;
	move(change, CASE_TAKEN);
	change->target->taken = change->record->at;
	change->target->holder_name = roster_name(change->core, change->record->actor);
	change->target->holder = process ? (uint64_t)change->record->holder : 0;
	if (!process)
		return;
	change->target->flags |= CASE_PROCESS;
	list_with_holder(change);
}

static void keep_text(const struct change *change)
{
	change->target->texts = (uint8_t)change->record->text;
	change->target->reply_digest = change->record->digest;
}

static void apply_replied(const struct change *change)
{
	keep_text(change);
	change->target->reply_kind = (uint8_t)change->record->number;
	change->target->losses = 0;
	if (change->record->number == REPLY_INTERIM) {
		case_touch(change->core, change->slot);
		return;
	}
	move(change, CASE_ANSWERED);
	change->target->answered = change->record->at;
	change->target->holder = 0;
	change->target->flags &= (uint8_t)~CASE_PROCESS;
	change->core->answered_kept++;
}

static void apply_given_back(const struct change *change)
{
	keep_text(change);
	change->target->holder_name = roster_name(change->core, change->record->actor);
	if (change->record->kind == RECORD_RETURNED)
		change->target->returns++;
	to_triage(change);
}

static void apply_parked(const struct change *change)
{
	change->target->losses = (uint8_t)change->record->number;
	to_triage(change);
}

static void apply_assigned(const struct change *change)
{
	if (change->target->state != CASE_TRIAGE)
		to_triage(change); /* out of what its department left behind */
	change->target->texts = (uint8_t)change->record->text;
	change->target->losses = 0;
	if (change->record->flags & RECORD_FINAL)
		change->target->flags |= CASE_FINAL;
	else
		change->target->flags &= (uint8_t)~CASE_FINAL;
	set_department(change, roster_department(change->core, change->record->department));
	enqueue(change, false);
}

static void apply_rung(const struct change *change)
{
	struct case_record *target = change->target;
	uint32_t rung = (uint32_t)change->record->number;
	ENSURE(rung <= RUNGS_MAX && !((target->fired >> rung) & 1));
	ENSURE(change->record->due_version == target->due_version);
	target->fired = (uint16_t)(target->fired | (1u << rung));
	case_touch(change->core, change->slot);
	if (change->record->kind == RECORD_REMINDED) {
		target->flags |= CASE_REMINDED;
		return;
	}
	if (rung > target->rung_reached)
		target->rung_reached = (uint8_t)rung;
	/* Rungs stand at the due moment or after it: whoever reached one is overdue. */
	if (!(target->flags & CASE_OVERDUE)) {
		target->flags |= CASE_OVERDUE;
		change->core->overdue_count++;
		count_overdue(change, +1);
	}
}

static void apply_due(const struct change *change)
{
	struct case_record *target = change->target;
	bool moved = change->record->due_version != target->due_version;
	set_due(change);
	case_touch(change->core, change->slot);
	if (!moved)
		return;
	target->fired = 0;
	if (target->flags & CASE_OVERDUE) {
		count_overdue(change, -1);
		change->core->overdue_count--;
		target->flags &= (uint8_t)~CASE_OVERDUE;
	}
}

static void apply_drained(const struct change *change)
{
	struct core *core = change->core;
	bool draining = change->record->number != 0;
	uint16_t only = roster_find_department(core, change->record->department);
	if (change->record->department.size == 0)
		core->draining = draining;
	else if (only != DEPARTMENT_NONE)
		core->departments[only].draining = draining;
	for (uint32_t i = 0; i < core->departments_count; i++)
		roster_pend(core, (uint16_t)i);
}

static void apply_clock(const struct change *change)
{
	struct clock_guard *guard = &change->core->clock;
	guard->held = span_equal(change->record->subject, SPAN_LITERAL("held"));
	if (guard->held || mono_is_never(change->now.mono))
		return;
	guard->running = true;
	guard->held_at = (struct instant){0};
	guard->anchor_mono = change->now.mono;
	guard->anchor_wall = change->now.wall;
}

static void apply_nothing(const struct change *change)
{
	(void)change; /* a record for people and streams: it moves no case */
}

static const struct {
	apply_fn apply;
	bool about_case;
} appliers[RECORD_KIND_END] = {
	[RECORD_STARTED] = {apply_started, false},
	[RECORD_ACCEPTED] = {apply_accepted, true},
	[RECORD_ROUTED] = {apply_routed, true},
	[RECORD_TRIAGED] = {apply_triaged, true},
	[RECORD_OFFERED] = {apply_offered, true},
	[RECORD_REQUEUED] = {apply_requeued, true},
	[RECORD_TAKEN] = {apply_taken, true},
	[RECORD_REPLIED] = {apply_replied, true},
	[RECORD_RETURNED] = {apply_given_back, true},
	[RECORD_FAILED] = {apply_given_back, true},
	[RECORD_PARKED] = {apply_parked, true},
	[RECORD_ASSIGNED] = {apply_assigned, true},
	[RECORD_REMINDED] = {apply_rung, true},
	[RECORD_ESCALATED] = {apply_rung, true},
	[RECORD_DUE] = {apply_due, true},
	[RECORD_ALARM] = {apply_nothing, false},
	[RECORD_CONFIGURED] = {apply_nothing, false},
	[RECORD_CLOCK] = {apply_clock, false},
	[RECORD_DRAINED] = {apply_drained, false},
	[RECORD_CONTACT] = {apply_nothing, false},
	[RECORD_CONTACT_OPENED] = {apply_nothing, false},
	[RECORD_REVOKED] = {apply_nothing, false},
};

void core_apply(struct core *self, struct moment now, const struct record *record)
{
	REQUIRE(record->kind > 0 && record->kind < RECORD_KIND_END && appliers[record->kind].apply);
	struct change change = {.core = self, .now = now, .record = record, .slot = SLOT_NONE};
	if (!appliers[record->kind].about_case) {
		appliers[record->kind].apply(&change);
		return;
	}
	REQUIRE(record->case_id > 0);
	if (record->kind == RECORD_ACCEPTED)
		change.slot = slots_insert(self->cases, (uint64_t)record->case_id);
	else
		ENSURE(case_find(self, record->case_id, &change.slot));
	change.target = case_at(self, change.slot);
	appliers[record->kind].apply(&change);
	ladder_schedule(self, change.slot);
}
