#include "base/assert.h"
#include "tests/sim/sim.h"

/* Deadlines and the ladder by the judge's own calendar, and the clock they are measured with. */

/* ---- the clock ---- */

static bool is_plausible(const struct sim *sim)
{
	return judge_clock_is_plausible(&sim->oracle.clock, sim_clock(sim));
}

void oracle_restarted(struct sim *sim)
{
	judge_clock_restart(&sim->oracle.clock, sim_clock(sim), sim->wall_error, sim->oracle.last_at);
}

void oracle_begun(struct sim *sim)
{
	struct judge_clock *clock = &sim->oracle.clock;
	if (!clock->held && !clock->running && is_plausible(sim))
		judge_clock_trust(clock, sim_clock(sim), sim->wall_error);
}

void oracle_clock_record(struct sim *sim, const struct record *record)
{
	struct judge_clock *clock = &sim->oracle.clock;
	bool held = span_equal_string(record->subject, "held");
	SIM_CHECK(sim, clock->held != held);
	SIM_CHECK(sim, record->actor.size > 0 || held == !is_plausible(sim));
	if (held)
		judge_clock_hold(clock, record->at.us, sim->oracle.last_at);
	else
		judge_clock_trust(clock, sim_clock(sim), sim->wall_error);
}

/* ---- due moments ---- */

static struct almanac_due due_now(const struct sim *sim, const struct life *life)
{
	return almanac_due(&sim->place.almanac, &sim->place.policy, life->received, ALMANAC_WORKDAY,
		(int32_t)life->within_days);
}

static void set_due(struct sim *sim, struct life *life, const struct record *record, struct almanac_due due)
{
	SIM_CHECK(sim, record->due == due.us && record->due_date == due.date);
	SIM_CHECK(sim, ((record->flags & RECORD_PROVISIONAL) != 0) == due.provisional);
	SIM_CHECK(sim, record->due_version == life->due_version + (due.us != life->due));
	life->fired = due.us != life->due ? 0 : life->fired;
	life->due = due.us;
	life->due_date = due.date;
	life->provisional = due.provisional;
	life->due_version = record->due_version;
	life->timed = false;
}

void oracle_accepted(struct sim *sim, struct life *life, const struct record *record)
{
	char within[16];
	SIM_CHECK(sim, record->at.us == sim_clock(sim).wall.us);
	life->within_days = place_days_of_class(record->class);
	snprintf(within, sizeof(within), "%d workday", (int)life->within_days);
	SIM_CHECK(sim, span_equal_string(record->within, within));
	set_due(sim, life, record, due_now(sim, life));
	life->first_due = life->due;
}

/* A due moment that was announced does not come nearer. */
void oracle_due(struct sim *sim, struct life *life, const struct record *record)
{
	struct almanac_due due = due_now(sim, life);
	if (due.us < life->due) {
		due.us = life->due;
		due.date = life->due_date;
	}
	SIM_CHECK(sim, due.us != life->due || due.provisional != life->provisional);
	sim->oracle.due_changes += due.us != life->due;
	set_due(sim, life, record, due);
}

/* ---- the ladder ---- */

/* Worked out anew after whatever may have changed them: by then the due moment is the calendar's of now. */
static const int64_t *moments_of(const struct sim *sim, struct life *life)
{
	const struct sim_place *place = &sim->place;
	if (life->timed)
		return life->moments;
	struct almanac_due due = due_now(sim, life);
	SIM_CHECK(sim, due.us <= life->due && due.provisional == life->provisional);
	life->timed = true;
	for (uint32_t i = 0; i < LIFE_MOMENTS; i++) {
		const struct place_rung *rung = i == 0 ? &place->reminder : &place->rungs[i - 1];
		life->moments[i] = rung->workdays == 0
					   ? life->due
					   : almanac_moment(&place->almanac, &place->policy, life->due_date,
						     rung->workdays, rung->second);
	}
	if (life->moments[0] <= life->received)
		life->moments[0] = INT64_MAX; /* it would remind of nothing */
	return life->moments;
}

/* Promise 6: once per version, not before its moment, by a clock that is to be trusted, on a due moment that
 * is the calendar's of now. */
void oracle_rung(struct sim *sim, struct life *life, const struct record *record)
{
	const struct judge_clock *clock = &sim->oracle.clock;
	int64_t rung = record->kind == RECORD_REMINDED ? 0 : record->number;
	SIM_CHECK(sim, rung >= 0 && rung < LIFE_MOMENTS && (record->kind == RECORD_REMINDED) == (rung == 0));
	SIM_CHECK(sim, record->due_version == life->due_version && record->due == life->due);
	SIM_CHECK(sim, !(life->fired & 1u << rung));
	int64_t moment = moments_of(sim, life)[rung];
	SIM_CHECK(sim, record->at.us >= moment);
	SIM_CHECK(sim, !clock->held);
	SIM_CHECK(sim, sim->now.wall.us + clock->accepted_error + JUDGE_JUMP_US_MAX >= moment);
	life->fired |= 1u << rung;
	sim->oracle.rungs++;
}

void oracle_reconfigured(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->oracle.count; i++)
		sim->oracle.lives[i].timed = false;
}

int64_t oracle_next_moment(const struct sim *sim)
{
	int64_t wall = sim_clock(sim).wall.us, next = INT64_MAX;
	for (uint32_t i = 0; i < sim->oracle.count; i++) {
		const struct life *life = &sim->oracle.lives[i];
		for (uint32_t rung = 0; life->timed && life->state != LIFE_ANSWERED && rung < LIFE_MOMENTS;
			rung++)
			if (!(life->fired & 1u << rung) && life->moments[rung] > wall &&
				life->moments[rung] < next)
				next = life->moments[rung];
	}
	return next;
}

/* And not later either: when there is nothing left to do, nothing is due. */
static void check_nothing_is_late(struct sim *sim)
{
	int64_t wall = sim_clock(sim).wall.us;
	for (uint32_t i = 0; i < sim->oracle.count; i++) {
		struct life *life = &sim->oracle.lives[i];
		if (life->state == LIFE_ANSWERED)
			continue;
		const int64_t *moments = moments_of(sim, life);
		for (uint32_t rung = 0; rung < LIFE_MOMENTS; rung++)
			SIM_CHECK(sim, life->fired & 1u << rung || moments[rung] > wall);
	}
}

void oracle_turned(struct sim *sim)
{
	const struct oracle *self = &sim->oracle;
	SIM_CHECK(sim, store_memory_is_durable(sim->store));
	oracle_read(sim);
	if (self->stopped)
		return;
	SIM_CHECK(sim, self->clock.held == !is_plausible(sim));
	SIM_CHECK(sim, core_clock_held(shell_core(sim->shell)) == self->clock.held);
	if (!self->clock.held && shell_wait_us(sim->shell) > 0)
		check_nothing_is_late(sim);
}
