#include "base/assert.h"
#include "daemon/core/state.h"

/*
 * The ladder: a reminder before the due moment, rungs at it and after it. A case keeps in `fired` which of
 * them went off for its present due-version; a new due-version starts with none. A reminder whose moment is
 * not after the receipt never fires: it would remind of nothing.
 */

static bool moment_of(
	const struct core *self, const struct case_record *record, uint32_t rung, struct instant *ret_moment)
{
	const struct profile *profile = self->options.profile;
	if (rung == LADDER_REMINDER && !profile->has_reminder)
		return false;
	const struct profile_rung *one =
		rung == LADDER_REMINDER ? &profile->reminder : &profile->rungs[rung - 1];
	struct instant moment = profile_rung_moment(
		profile, one, self->options.workdays, record->due, (struct civil_date){record->due_date});
	if (rung == LADDER_REMINDER && !instant_before(record->received, moment))
		return false;
	*ret_moment = moment;
	return true;
}

bool ladder_next(const struct core *self, const struct case_record *record, uint32_t *ret_rung,
	struct instant *ret_moment)
{
	if (instant_is_never(record->due) || record->state == CASE_ANSWERED)
		return false;
	struct instant earliest = INSTANT_NEVER;
	for (uint32_t rung = 0; rung <= self->options.profile->rungs_count; rung++) {
		struct instant moment;
		if ((record->fired >> rung) & 1 || !moment_of(self, record, rung, &moment))
			continue;
		if (instant_before(moment, earliest)) {
			earliest = moment;
			*ret_rung = rung;
		}
	}
	*ret_moment = earliest;
	return !instant_is_never(earliest);
}

void ladder_schedule(struct core *self, uint32_t slot)
{
	uint32_t rung;
	struct instant moment;
	bool any = ladder_next(self, case_at(self, slot), &rung, &moment);
	heap_set(self->wall, slot, any ? moment.us : HEAP_NEVER);
}

bool decide_rung(
	const struct core *self, struct moment now, struct instant until, struct decision *ret_decision)
{
	uint32_t slot, rung;
	struct instant moment;
	/* No rung fires on a due moment that a new calendar may have moved. */
	if (self->clock.held || self->recompute_at != SLOT_NONE || heap_first(self->wall, &slot) > until.us)
		return false;
	const struct case_record *record = case_at(self, slot);
	ENSURE(ladder_next(self, record, &rung, &moment) && moment.us <= until.us);
	decision_of_case(ret_decision, record);
	struct record *change = decision_add(ret_decision,
		rung == LADDER_REMINDER ? RECORD_REMINDED : RECORD_ESCALATED, now, (int64_t)record->id);
	change->stream = STREAM_SUPERVISOR;
	change->department = roster_department_id(self, record->department);
	change->number = rung;
	change->due = record->due.us;
	change->due_date = record->due_date;
	change->due_version = record->due_version;
	change->flags = record->flags & CASE_PROVISIONAL ? RECORD_PROVISIONAL : 0;
	return true;
}

/*
 * A calendar came: the due moment is computed again from the receipt. A later one applies; an earlier one
 * only if the profile says so, since the date was announced to the citizen and the department. A due moment
 * that stays but is no longer provisional is journaled too, under the same version.
 */
static bool recompute(
	const struct core *self, const struct case_record *record, struct deadline *ret_deadline)
{
	struct deadline_within within;
	if (record->within == NAME_NONE || record->state == CASE_ANSWERED)
		return false;
	ENSURE(deadline_within_parse(roster_name_text(self, record->within), &within));
	struct deadline deadline;
	/* case_row_is_sound left room for the longest term before the calendars end. */
	ENSURE(deadline_compute(
		self->options.workdays, &self->options.profile->policy, record->received, within, &deadline));
	if (instant_before(deadline.due, record->due) && !self->options.profile->due_may_move_earlier) {
		deadline.due = record->due;
		deadline.due_date.days = record->due_date;
	}
	bool provisional = record->flags & CASE_PROVISIONAL;
	if (deadline.due.us == record->due.us && deadline.provisional == provisional)
		return false;
	*ret_deadline = deadline;
	return true;
}

#define RECOMPUTE_CASES_PER_CALL 4096 /* a province's open cases must not hold up a turn */

bool decide_recompute(struct core *self, struct moment now, struct decision *ret_decision)
{
	for (int i = 0; i < RECOMPUTE_CASES_PER_CALL && self->recompute_at != SLOT_NONE; i++) {
		uint32_t slot = slots_next(self->cases, self->recompute_at);
		self->recompute_at = slot == SLOT_NONE ? SLOT_NONE : slot + 1;
		struct deadline deadline;
		if (slot == SLOT_NONE || !recompute(self, case_at(self, slot), &deadline))
			continue;
		const struct case_record *record = case_at(self, slot);
		decision_of_case(ret_decision, record);
		struct record *change = decision_add(ret_decision, RECORD_DUE, now, (int64_t)record->id);
		decision_portal_stream(ret_decision, change, roster_name_text(self, record->portal));
		change->department = roster_department_id(self, record->department);
		change->subject = SPAN_LITERAL("recounted");
		change->due = deadline.due.us;
		change->due_date = deadline.due_date.days;
		change->due_version = record->due_version + (deadline.due.us != record->due.us);
		change->flags = deadline.provisional ? RECORD_PROVISIONAL : 0;
		return true;
	}
	return false;
}
