#include "base/assert.h"
#include "daemon/shell/rebuild.h"
#include "tests/sim/sim.h"

/* What must hold of the whole, when a run pauses and when it has ended. */

static void print_difference(void *context, int64_t case_id, const char *what)
{
	(void)context;
	fprintf(stderr, "case %ld: %s\n", (long)case_id, what);
}

/* Promise 4. */
void oracle_rows(struct sim *sim)
{
	struct rebuild_options options = {
		.store = sim->store,
		.core = {sim->place.profile, sim->place.principals, sim->place.workdays, .laboratory = false},
		.differs = print_difference,
	};
	struct rebuild_counts counts;
	SIM_CHECK(sim, rebuild_and_compare(&options, &counts) == 0);
	SIM_CHECK(sim, counts.differences == 0);
}

/* After the faults: every message has its receipt, every case its answer, every event its reader. */
void oracle_settled(struct sim *sim)
{
	uint32_t messages = 0;
	for (uint32_t i = 0; i < sim->peer_count; i++) {
		const struct sim_peer *peer = &sim->peers[i];
		for (uint32_t j = 0; j < peer->message_count; j++)
			SIM_CHECK(sim, peer->messages[j].receipted);
		messages += peer->message_count;
		if (peer->role == ROLE_WORKER)
			continue;
		const struct oracle_stream *stream = oracle_stream_of(sim, peer);
		SIM_CHECK(sim, !stream || peer->cursor == stream->events[stream->count - 1].seq);
	}
	SIM_CHECK(sim, messages == sim->oracle.count);
	for (uint32_t i = 0; i < sim->oracle.count; i++)
		SIM_CHECK(sim, sim->oracle.lives[i].state == LIFE_ANSWERED);
}
