#include "tests/sim/judge_clock.h"

#include <stdlib.h>

#define AHEAD_US_MAX (40 * US_PER_DAY)

bool judge_clock_is_plausible(const struct judge_clock *self, struct moment now)
{
	int64_t wall = now.wall.us;
	int64_t line = self->anchor_wall + (now.mono.us - self->anchor_mono);
	if (self->running)
		return llabs(wall - line) <= JUDGE_JUMP_US_MAX;
	if (self->anchor_wall == 0)
		return true;
	if (self->ahead && wall >= self->held_at - JUDGE_JUMP_US_MAX)
		return false;
	return wall >= self->anchor_wall - JUDGE_JUMP_US_MAX && wall <= line + AHEAD_US_MAX;
}

void judge_clock_trust(struct judge_clock *self, struct moment now, int64_t error)
{
	self->held = false;
	self->running = true;
	self->ahead = false;
	self->anchor_mono = now.mono.us;
	self->anchor_wall = now.wall.us;
	self->accepted_error = error;
}

void judge_clock_restart(struct judge_clock *self, struct moment now, int64_t error, int64_t last_at)
{
	self->running = false;
	self->anchor_mono = now.mono.us;
	self->anchor_wall = self->held ? self->trusted : last_at;
	self->ahead = self->held && self->trusted && self->held_at > self->trusted;
	if (!self->held && judge_clock_is_plausible(self, now))
		judge_clock_trust(self, now, error);
}

void judge_clock_hold(struct judge_clock *self, int64_t at, int64_t last_at)
{
	self->held = true;
	self->held_at = at;
	self->trusted = last_at;
}
