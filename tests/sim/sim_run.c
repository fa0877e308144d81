#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/sim.h"

/* One seed: the faults' time, then peace, in which all must come to its end. */

#define SETTLE_STEPS_MAX 8000
#define QUIET_STEPS	 60 /* after the last case: for the last events to be seen */

#define RUNG_WAIT_US_MAX (10 * US_PER_DAY)

static void pass_time(struct sim *self, const struct sim_plan *plan)
{
	int64_t us = plan->step_us, wall = sim_clock(self).wall.us;
	int64_t next = plan->to_rung ? oracle_next_moment(self) : INT64_MAX;
	if (plan->to_rung)
		us = next - wall < RUNG_WAIT_US_MAX ? next - wall + us : 0;
	self->now.mono.us += us;
	self->now.wall.us += us;
	self->wall_error += us / 1000000 * self->drift_ppm;
}

static void step(struct sim *self)
{
	struct sim_plan plan;
	self->step++;
	uint32_t without = self->faults ? self->options.without : UINT32_MAX;
	sim_faults_draw(self->options.seed, self->step, without, &plan);
	pass_time(self, &plan);
	if (self->faults)
		sim_faults_strike(self, &plan);
	for (uint32_t i = 0; i < self->peer_count; i++)
		if (!self->faults || prng_chance(&self->prng, 50))
			sim_act(self, &self->peers[i]);
	sim_turn(self);
}

static bool is_settled(struct sim *self)
{
	const struct core *core = shell_core(self->shell);
	for (uint32_t i = 0; i < self->peer_count; i++)
		for (uint32_t j = 0; j < self->peers[i].message_count; j++)
			if (!self->peers[i].messages[j].receipted)
				return false;
	return core_totals(core).open == 0 && !core_clock_held(core);
}

static void settle(struct sim *self)
{
	uint64_t last = self->step + SETTLE_STEPS_MAX;
	while (!is_settled(self) && self->step < last)
		step(self);
	if (!is_settled(self)) {
		struct core_totals totals = core_totals(shell_core(self->shell));
		fprintf(stderr, "open %u: triage %u, queued %u, offered %u, taken %u; workers %u\n",
			totals.open, totals.triage, totals.queued, totals.offered, totals.taken,
			totals.workers);
	}
	SIM_CHECK(self, is_settled(self));
	for (int i = 0; i < QUIET_STEPS; i++)
		step(self);
}

struct sim_result sim_run(const struct sim_options *options)
{
	struct sim *sim = memory_new(1, sizeof(*sim));
	sim_init(sim, options);
	while (sim->step < options->steps)
		step(sim);
	sim_faults_stop(sim);
	sim_turn(sim);
	oracle_rows(sim);
	settle(sim);
	oracle_rows(sim);
	oracle_settled(sim);
	sim_trace(sim, "end", sim->oracle.last_seq, SPAN_EMPTY);
	struct sim_result result = {
		.trace = digest_of(buffer_span(&sim->trace_bytes)),
		.messages = sim->submitted,
		.turns = sim->turns,
		.crashes = sim->crashes,
		.starts = sim->starts,
		.virtual_us = sim->now.wall.us - sim->started_wall,
		.rungs = sim->oracle.rungs,
		.due_changes = sim->oracle.due_changes,
		.losses = sim->oracle.losses,
		.parked = sim->oracle.parked,
		.left_behind = sim->oracle.left_behind,
	};
	sim_deinit(sim);
	free(sim);
	return result;
}
