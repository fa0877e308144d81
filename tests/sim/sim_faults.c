#include "tests/sim/sim_faults.h"

#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

static const char *const names[] = {
#define X(name, text) text,
	SIM_FAULTS(X)
#undef X
};

const char *sim_fault_name(enum sim_fault kind)
{
	return names[kind];
}

bool sim_faults_parse(const char *text, uint32_t *ret_mask)
{
	uint32_t mask = 0;
	while (*text) {
		size_t size = strcspn(text, ",");
		uint32_t found = 0;
		for (uint32_t i = 0; i < FAULT_END; i++)
			if (strlen(names[i]) == size && strncmp(names[i], text, size) == 0)
				found = UINT32_C(1) << i;
		if (!found)
			return false;
		mask |= found;
		text += size + (text[size] == ',');
	}
	*ret_mask = mask;
	return true;
}

void sim_faults_print(uint32_t mask, char *ret_text, unsigned size)
{
	unsigned at = 0;
	*ret_text = '\0';
	for (uint32_t i = 0; i < FAULT_END && at < size; i++)
		if (mask & UINT32_C(1) << i)
			at += (unsigned)snprintf(ret_text + at, size - at, "%s%s", at ? "," : "", names[i]);
}

/* ---- drawing ---- */

static int64_t between(struct prng *prng, int64_t low, int64_t high)
{
	return low + (int64_t)prng_below(prng, (uint64_t)(high - low));
}

/* Every kind draws from a generator of its own, so that none moves when another is switched off. */
static bool strikes(struct prng *ret_prng, uint64_t seed, uint64_t step, uint32_t without,
	enum sim_fault kind, uint64_t in_ten_thousand)
{
	prng_init(ret_prng, (seed * UINT64_C(0x9e3779b97f4a7c15) + step) * FAULT_END + kind);
	return prng_below(ret_prng, 10000) < in_ten_thousand && !(without & UINT32_C(1) << kind);
}

static int64_t draw_step(struct prng *prng)
{
	if (prng_below(prng, 1000) < 900)
		return between(prng, 0, 2 * US_PER_S);
	return between(prng, 0, 60 * US_PER_S);
}

static int64_t draw_jump(struct prng *prng)
{
	static const int64_t far_us[] = {
		50 * US_PER_S, 2 * US_PER_HOUR, 2 * US_PER_DAY, 45 * US_PER_DAY, 3653 * US_PER_DAY};
	int64_t far = far_us[prng_below(prng, 5)];
	return between(prng, -far, far);
}

static int64_t draw_downtime(struct prng *prng)
{
	static const int64_t long_us[] = {
		US_PER_HOUR, US_PER_HOUR, US_PER_DAY, 30 * US_PER_DAY, 45 * US_PER_DAY};
	uint64_t dice = prng_below(prng, 8);
	if (dice >= 5)
		return between(prng, US_PER_S, 10 * 60 * US_PER_S);
	return dice == 3 ? long_us[3] : between(prng, 1, long_us[dice]);
}

static void draw_clock(uint64_t seed, uint64_t step, uint32_t without, struct sim_plan *plan)
{
	struct prng prng;
	if (strikes(&prng, seed, step, without, FAULT_JUMP, 60)) {
		plan->sets_clock = true;
		plan->wall_error = prng_below(&prng, 2) ? 0 : draw_jump(&prng);
	}
	if (strikes(&prng, seed, step, without, FAULT_DRIFT, 30)) {
		plan->sets_drift = true;
		plan->drift_ppm = prng_below(&prng, 2) ? 0 : between(&prng, -5000, 5000);
	}
	if (strikes(&prng, seed, step, without, FAULT_DOWN, 30)) {
		plan->down_us = draw_downtime(&prng);
		plan->down_in_order = prng_below(&prng, 2);
		plan->reboots = prng_below(&prng, 2);
		/* What happens to a clock while nobody looks: a flat battery, a hand that sets it. */
		if (prng_below(&prng, 4) == 0 && !(without & UINT32_C(1) << FAULT_JUMP)) {
			plan->sets_clock = true;
			plan->wall_error = draw_jump(&prng);
		}
	}
	if (strikes(&prng, seed, step, without, FAULT_SLEEP, 160)) {
		plan->to_rung = prng_below(&prng, 2);
		plan->step_us = plan->to_rung ? between(&prng, -1, 1) : between(&prng, 0, 3 * US_PER_DAY);
	}
}

static void draw_store(uint64_t seed, uint64_t step, uint32_t without, struct sim_plan *plan)
{
	struct prng prng;
	plan->crash = strikes(&prng, seed, step, without, FAULT_CRASH, 40);
	if (strikes(&prng, seed, step, without, FAULT_STORE, 60))
		plan->store = STORE_LOST + prng_below(&prng, 2);
	if (strikes(&prng, seed, step, without, FAULT_FULL, 70)) {
		uint64_t dice = prng_below(&prng, 3);
		plan->store = dice == 0 ? STORE_NO_ROOM : plan->store;
		plan->fill = dice == 1;
		plan->drain_reserve = dice == 2;
	}
	plan->countdown = between(&prng, 1, 13);
	plan->make_room = prng_below(&prng, 20) == 0;
}

static void draw_net(uint64_t seed, uint64_t step, uint32_t without, struct sim_plan *plan)
{
	struct prng prng;
	plan->cut = strikes(&prng, seed, step, without, FAULT_CUT, 300)
			    ? (int32_t)prng_below(&prng, SIM_PEERS_MAX)
			    : -1;
	if (strikes(&prng, seed, step, without, FAULT_PARTITION, 40)) {
		plan->apart = (uint32_t)prng_next(&prng);
		plan->apart_us = prng_below(&prng, 3) ? between(&prng, 0, 120 * US_PER_S)
						      : between(&prng, 0, 5 * US_PER_DAY);
	}
	if (strikes(&prng, seed, step, without, FAULT_DELAY, 100)) {
		plan->slow_sets = true;
		plan->slow = (uint32_t)prng_next(&prng);
		plan->slow_us = prng_below(&prng, 2) ? 0 : between(&prng, 0, 60 * US_PER_S);
	}
}

void sim_faults_draw(uint64_t seed, uint64_t step, uint32_t without, struct sim_plan *ret_plan)
{
	struct prng prng;
	prng_init(&prng, seed ^ step << 32);
	*ret_plan = (struct sim_plan){.step_us = draw_step(&prng)};
	draw_clock(seed, step, without, ret_plan);
	draw_store(seed, step, without, ret_plan);
	draw_net(seed, step, without, ret_plan);
	if (strikes(&prng, seed, step, without, FAULT_RELOAD, 100))
		ret_plan->reload = RELOAD_PROFILE + prng_below(&prng, RELOAD_PEACE - RELOAD_PROFILE + 1);
}

/* ---- striking ---- */

static void strike_clock(struct sim *sim, const struct sim_plan *plan)
{
	if (plan->sets_clock)
		sim->wall_error = plan->wall_error;
	if (plan->sets_drift)
		sim->drift_ppm = plan->drift_ppm;
	if (plan->sets_clock || plan->sets_drift)
		sim_trace(sim, "clock is wrong by s", sim->wall_error / US_PER_S, SPAN_EMPTY);
}

static void set_room(struct sim *sim, bool full, bool low)
{
	if (sim->full == full && sim->low == low)
		return;
	sim_trace(sim, full ? "disk full" : low ? "disk low" : "disk has room", 0, SPAN_EMPTY);
	store_memory_set_full(sim->store, full);
	sim->full = full;
	sim->low = low;
	sim->room_changed_at = sim->now.mono.us;
}

static void strike_store(struct sim *sim, const struct sim_plan *plan)
{
	static const enum store_memory_fault faults[] = {[STORE_LOST] = STORE_MEMORY_FAIL_LOST,
		[STORE_KEPT] = STORE_MEMORY_FAIL_KEPT,
		[STORE_NO_ROOM] = STORE_MEMORY_FULL};
	if (plan->store != STORE_GOOD) {
		sim_trace(sim, "store will fail", plan->countdown, SPAN_EMPTY);
		store_memory_plan(sim->store, faults[plan->store], plan->countdown);
	}
	if (plan->make_room)
		set_room(sim, false, false);
	if (plan->fill || plan->drain_reserve)
		set_room(sim, plan->fill, true);
}

static void strike_net(struct sim *sim, const struct sim_plan *plan)
{
	for (uint32_t i = 0; i < sim->peer_count; i++) {
		struct sim_peer *peer = &sim->peers[i];
		if (plan->apart_us && plan->apart & 1u << i) {
			sim_trace(sim, "apart for s", plan->apart_us / US_PER_S, span_of_string(peer->name));
			peer->apart_until = sim->now.mono.us + plan->apart_us;
		}
		if (plan->slow_sets)
			peer->slow_us = plan->slow & 1u << i ? plan->slow_us : 0;
		if (plan->cut == (int32_t)i)
			sim_disconnect(sim, peer);
	}
}

void sim_faults_strike(struct sim *sim, const struct sim_plan *plan)
{
	strike_net(sim, plan);
	strike_store(sim, plan);
	if (plan->down_us)
		sim_downtime(sim, plan);
	strike_clock(sim, plan);
	if (plan->crash)
		sim_crash(sim);
	if (plan->reload != RELOAD_NOTHING)
		sim_configure(sim, plan->reload);
}

void sim_faults_stop(struct sim *sim)
{
	sim->faults = false;
	sim->wall_error = sim->drift_ppm = 0;
	set_room(sim, false, false);
	for (uint32_t i = 0; i < sim->peer_count; i++) {
		sim->peers[i].apart_until = sim->peers[i].away_until = sim->peers[i].slow_us = 0;
		sim_net_heal(sim, &sim->peers[i]);
	}
	sim_configure(sim, RELOAD_PEACE);
	sim_crash(sim);
}
