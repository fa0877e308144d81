#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "tests/sim/sim.h"

/* Runs seeds. Options: --seed N (one, twice, compared), --seeds N, --first N, --steps N. */

static int64_t step_of(struct sim *self)
{
	uint64_t dice = prng_below(&self->prng, 1000);
	if (dice < 900)
		return (int64_t)prng_below(&self->prng, 2 * (uint64_t)US_PER_S);
	if (dice < 997)
		return (int64_t)prng_below(&self->prng, 60 * (uint64_t)US_PER_S);
	return (int64_t)prng_below(&self->prng, 3 * (uint64_t)US_PER_DAY);
}

static void pass_time(struct sim *self)
{
	int64_t us = step_of(self);
	self->now.mono.us += us;
	self->now.wall.us += us;
	if (!self->faults)
		self->wall_error = 0;
	else if (prng_below(&self->prng, 2000) == 0)
		self->wall_error =
			(int64_t)prng_below(&self->prng, 4 * (uint64_t)US_PER_DAY) - 2 * US_PER_DAY;
	else if (prng_below(&self->prng, 200) == 0)
		self->wall_error = 0;
}

static void break_something(struct sim *self)
{
	uint64_t dice = prng_below(&self->prng, 1000);
	if (dice < 4)
		sim_crash(self);
	else if (dice < 8)
		store_memory_plan(self->store, dice < 6 ? STORE_MEMORY_FAIL_LOST : STORE_MEMORY_FAIL_KEPT,
			(int64_t)prng_below(&self->prng, 12) + 1);
	else if (dice < 10)
		store_memory_plan(self->store, STORE_MEMORY_FULL, (int64_t)prng_below(&self->prng, 12) + 1);
	else if (dice < 12)
		store_memory_set_full(self->store, self->full = true);
	else if (dice < 60 && self->full)
		store_memory_set_full(self->store, self->full = false);
}

static void run_steps(struct sim *self, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		pass_time(self);
		if (self->faults)
			break_something(self);
		for (uint32_t j = 0; j < self->peer_count; j++)
			if (!self->faults || prng_chance(&self->prng, 50))
				sim_act(self, &self->peers[j]);
		sim_turn(self);
	}
}

static bool is_settled(struct sim *self)
{
	const struct core *core = shell_core(self->shell);
	return core_totals(core).open == 0 && !core_clock_held(core);
}

#define SETTLE_ROUNDS_MAX 200

static struct digest run(uint64_t seed, uint64_t steps, bool talk)
{
	struct sim *sim = memory_new(1, sizeof(*sim));
	sim_init(sim, seed);
	run_steps(sim, steps);
	/* Faults stop; now everything must come to its end. */
	sim->faults = false;
	sim->wall_error = 0;
	store_memory_set_full(sim->store, sim->full = false);
	sim_crash(sim);
	sim_turn(sim);
	sim_judge(sim, false);
	int rounds = 0;
	for (run_steps(sim, 40); !is_settled(sim) && rounds < SETTLE_ROUNDS_MAX; rounds++)
		run_steps(sim, 40);
	run_steps(sim, 60);
	sim_judge(sim, is_settled(sim));
	if (!is_settled(sim)) {
		struct core_totals totals = core_totals(shell_core(sim->shell));
		fprintf(stderr,
			"open %u: triage %u, queued %u, offered %u, taken %u; workers %u, overdue %u\n",
			totals.open, totals.triage, totals.queued, totals.offered, totals.taken,
			totals.workers, totals.overdue);
	}
	SIM_CHECK(sim, is_settled(sim));
	if (talk)
		printf("seed %" PRIu64 ": %" PRIu64 " messages, %" PRIu64 " turns, %" PRIu64
		       " crashes, settled after %d rounds\n",
			seed, sim->submitted, sim->turns, sim->crashes, rounds);
	struct digest trace = sim->trace;
	sim_deinit(sim);
	free(sim);
	return trace;
}

static void compare(uint64_t seed, uint64_t steps)
{
	struct digest a = run(seed, steps, true), b = run(seed, steps, false);
	if (digest_equal(&a, &b))
		return;
	fprintf(stderr, "seed %" PRIu64 ": two runs differ\n", seed);
	abort();
}

int main(int argc, char **argv)
{
	uint64_t seeds = 20, steps = 600, first = 0, only = 0;
	digest_start();
	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t number = strtoull(argv[i + 1], NULL, 0);
		if (strcmp(argv[i], "--seed") == 0)
			only = number;
		else if (strcmp(argv[i], "--seeds") == 0)
			seeds = number;
		else if (strcmp(argv[i], "--steps") == 0)
			steps = number;
		else if (strcmp(argv[i], "--first") == 0)
			first = number;
		else
			return fprintf(stderr,
				       "usage: test-sim [--seed N | --first N --seeds N] [--steps N]\n"),
			       2;
	}
	if (only) {
		compare(only, steps);
		return 0;
	}
	first = first ? first : prng_seed_of_run();
	compare(first, steps);
	for (uint64_t i = 1; i < seeds; i++)
		run(first + i, steps, i < 3);
	printf("%" PRIu64 " seeds from %" PRIu64 " passed\n", seeds, first);
	return 0;
}
