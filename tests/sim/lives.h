#ifndef WENZHENG_TESTS_SIM_LIVES_H
#define WENZHENG_TESTS_SIM_LIVES_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/core.h"
#include "tests/lib/prng.h"
#include "tests/sim/almanac.h"
#include "tests/sim/judge_clock.h"

/*
 * The clock's own simulator: the production core alone, with the published calendar of 2007 to 2026, and many
 * short worlds of some dozens of cases each. Time goes to one microsecond before what is due and then to it,
 * or wherever it likes; the wall clock jumps by up to ten years; the daemon restarts, at once or after 30
 * days; next year's notice arrives, or the profile counts otherwise. A judge that walks the calendar day by
 * day says of every rung whether it may fire, and after each step whether one ought to have.
 */

#define LIVES_PER_WORLD 64
#define LIVES_MOMENTS	4 /* reminder and three rungs */

/* What all worlds share: made once. */
struct lives_place {
	struct almanac *full;
	struct almanac *known[32]; /* known[i]: without the notices after LIVES_YEAR_FIRST + i */
	struct workdays *tables[32];
	struct workdays *read; /* the file as the daemon reads it */
	struct profile *profiles[3];
	struct almanac_policy policies[3];
	struct principals *principals;
};

#define LIVES_YEAR_FIRST 2007
#define LIVES_YEAR_LAST	 2026

void lives_place_init(struct lives_place *self, const char *calendar_path);
void lives_place_deinit(struct lives_place *self);

struct lives_counts {
	uint64_t lives, whole, answered; /* whole: their ladder was climbed to its end */
	uint64_t rungs, moved, holds, restarts, jumps;
	uint64_t on_makeup_days, over_leap_days; /* due on one; received before and due after one */
};

/* One world; aborts if the core breaks its word. Adds to the counts. */
void lives_world(const struct lives_place *place, uint64_t seed, struct lives_counts *counts);

#endif
