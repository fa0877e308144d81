#ifndef WENZHENG_TESTS_SIM_JUDGE_CLOCK_H
#define WENZHENG_TESTS_SIM_JUDGE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

/*
 * The rule of the clock, in the judge's words: wall against mono by more than a minute, or at a start before
 * the last record or more than 40 days after it, holds the ladder until the clock is back or an operator
 * accepts it; a hold outlives its process, since what is written meanwhile carries the bad time.
 */
struct judge_clock {
	bool held;
	int64_t held_at, trusted; /* of the hold the journal knows; trusted: the last record before it */
	bool running;		  /* was right at some moment of this process: the anchor */
	bool ahead;		  /* a hold that came with the journal, by a clock that was ahead */
	int64_t anchor_mono, anchor_wall;
	int64_t accepted_error; /* how wrong the clock was when it was last taken to be right */
};

#define JUDGE_JUMP_US_MAX (60 * US_PER_S)

/* `now` is what the daemon reads; `error` how far its wall clock is from the truth. */
bool judge_clock_is_plausible(const struct judge_clock *self, struct moment now);
/* A process begins; last_at: of the journal's last record, 0: none. */
void judge_clock_restart(struct judge_clock *self, struct moment now, int64_t error, int64_t last_at);
/* The journal says that the clock is held, or that it is not. */
void judge_clock_hold(struct judge_clock *self, int64_t at, int64_t last_at);
void judge_clock_trust(struct judge_clock *self, struct moment now, int64_t error);

#endif
