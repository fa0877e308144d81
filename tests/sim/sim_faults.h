#ifndef WENZHENG_TESTS_SIM_FAULTS_H
#define WENZHENG_TESTS_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What goes wrong. The schedule of a run is drawn up front: what strikes at a step hangs on the seed, the
 * step and nothing else, so that a run can be cut short, or a kind of fault be switched off, and all the
 * others still strike where they did.
 */
#define SIM_FAULTS(X)                                                                           \
	X(CRASH, "crash")	  /* the process is killed and starts again */                  \
	X(STORE, "store")	  /* a write or commit fails: before, or after it happened */   \
	X(FULL, "full")		  /* the disk fills up, or only the reserve is left */          \
	X(CUT, "cut")		  /* a connection breaks, with what was under way */            \
	X(LOSE, "lose")		  /* a peer does not read, and a frame to it is dropped */      \
	X(ECHO, "echo")		  /* an old request arrives again: repeated and out of order */ \
	X(DELAY, "delay")	  /* frames take up to a minute */                              \
	X(PARTITION, "partition") /* a group of peers is cut off for long, then healed */       \
	X(JUMP, "jump")		  /* the wall clock jumps, by up to ten years */                \
	X(DRIFT, "drift")	  /* the wall clock runs wrong */                               \
	X(DOWN, "down")		  /* the daemon is down, for up to 45 days */                   \
	X(SLEEP, "sleep")	  /* days pass in one step */                                   \
	X(RELOAD, "reload")	  /* profile, principals or calendar change */                  \
	X(DRAIN, "drain")	  /* an operator stops offers and intake */                     \
	X(DEATH, "death")	  /* a worker's process dies, or takes its leave */             \
	X(POISON, "poison")	  /* cases whose every worker dies of the offer */              \
	X(CREDIT, "credit")	  /* workers change credit and departments as they go */        \
	X(HOSTILE, "hostile")	  /* acts on others' cases, stale epochs, other content, foreign cursors */

enum sim_fault {
#define X(name, text) FAULT_##name,
	SIM_FAULTS(X)
#undef X
		FAULT_END
};

const char *sim_fault_name(enum sim_fault kind);

enum sim_reload {
	RELOAD_NOTHING,
	RELOAD_PROFILE,
	RELOAD_PRINCIPALS,
	RELOAD_CALENDAR,
	RELOAD_PEACE, /* all keys good, all departments there */
};

enum sim_store_fault {
	STORE_GOOD,
	STORE_LOST,
	STORE_KEPT,
	STORE_NO_ROOM,
};

struct sim_plan {
	int64_t step_us;
	bool to_rung; /* to the next moment of a ladder, or the microsecond before it */
	bool crash;
	enum sim_store_fault store;
	int64_t countdown; /* of the store's fault */
	bool fill, drain_reserve, make_room;
	bool sets_clock;
	int64_t wall_error;
	bool sets_drift;
	int64_t drift_ppm;
	int64_t down_us; /* 0: stays up */
	bool down_in_order, reboots;
	enum sim_reload reload;
	uint32_t apart; /* mask of peers */
	int64_t apart_us;
	int32_t cut; /* peer; -1: none */
	bool slow_sets;
	uint32_t slow; /* mask of peers */
	int64_t slow_us;
};

/* A mask from "crash,jump"; false if a word is none. */
bool sim_faults_parse(const char *text, uint32_t *ret_mask);
void sim_faults_print(uint32_t mask, char *ret_text, unsigned size);

void sim_faults_draw(uint64_t seed, uint64_t step, uint32_t without, struct sim_plan *ret_plan);

struct sim;
void sim_faults_strike(struct sim *sim, const struct sim_plan *plan);
/* From now on nothing goes wrong, and the clock is right. */
void sim_faults_stop(struct sim *sim);

#endif
