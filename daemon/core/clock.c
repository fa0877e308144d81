#include <stdlib.h>

#include "base/assert.h"
#include "daemon/core/state.h"

/*
 * The clock's guard. Deadlines hang on the wall clock, and a wrong one would escalate a province in a second;
 * so when it jumps against the monotonic clock, or is implausible at the start, the ladder holds its fire
 * until the clock is back or an operator says that it is right. Everything else goes on.
 */

#define CLOCK_JUMP_US_MAX (60 * US_PER_S) /* wall against mono, while running; and before the last record */
#define CLOCK_AHEAD_US_MAX \
	(40 * US_PER_DAY) /* after the last record, at the start: a long holiday's downtime passes */

static int64_t since_anchor(const struct clock_guard *guard, struct moment now)
{
	return guard->anchor_wall.us + (now.mono.us - guard->anchor_mono.us);
}

/* `anchor` is the last record while the guard has not run yet, else a moment when the clock was right. */
static bool is_plausible(const struct clock_guard *guard, struct moment now)
{
	int64_t expected = since_anchor(guard, now);
	if (guard->running)
		return llabs(now.wall.us - expected) <= CLOCK_JUMP_US_MAX;
	if (guard->anchor_wall.us == 0)
		return true; /* an empty journal: nothing to compare with */
	/* A clock that had jumped ahead is back only if it is behind the moment at which that was seen. */
	bool was_ahead = guard->held_at.us > guard->anchor_wall.us;
	if (was_ahead && now.wall.us >= guard->held_at.us - CLOCK_JUMP_US_MAX)
		return false;
	return now.wall.us >= guard->anchor_wall.us - CLOCK_JUMP_US_MAX &&
	       now.wall.us <= expected + CLOCK_AHEAD_US_MAX;
}

/* From here on jumps are measured from a plausible clock; an implausible one will be held. */
static void begin(struct clock_guard *guard, struct moment now)
{
	if (guard->held || guard->running || !is_plausible(guard, now))
		return;
	guard->running = true;
	guard->anchor_mono = now.mono;
	guard->anchor_wall = now.wall;
}

void clock_start(struct clock_guard *guard, struct moment now, const struct clock_past *past)
{
	/* A hold outlives its process: what was written while it lasted carries the bad time and proves
	 * nothing. */
	bool inherited = past->held.us != 0;
	if (past->known) {
		REQUIRE(past->known->held == inherited);
		*guard = *past->known;
		return;
	}
	*guard = (struct clock_guard){
		.held = inherited,
		.held_at = past->held,
		.anchor_mono = now.mono,
		.anchor_wall = inherited ? past->trusted : past->last_record,
	};
	begin(guard, now);
}

static void change_clock(
	struct decision *ret_decision, struct moment now, struct span actor, struct span what)
{
	decision_init(ret_decision, VERDICT_DONE);
	struct record *record = decision_add(ret_decision, RECORD_CLOCK, now, 0);
	record->actor = actor;
	record->stream = STREAM_OPERATOR;
	record->subject = what;
}

void core_decide_clock(struct core *self, struct moment now, struct decision *ret_decision)
{
	decision_init(ret_decision, VERDICT_NOTHING);
	if (self->options.laboratory)
		return;
	/* Wrong at the start and right before anybody looked, or before a full disk let the hold be written.
	 */
	begin(&self->clock, now);
	bool plausible = is_plausible(&self->clock, now);
	if (plausible == !self->clock.held)
		return;
	change_clock(
		ret_decision, now, SPAN_EMPTY, plausible ? SPAN_LITERAL("resumed") : SPAN_LITERAL("held"));
}

void core_decide_clock_accept(
	const struct core *self, struct span actor, struct moment now, struct decision *ret_decision)
{
	decision_init(ret_decision, VERDICT_REPEATED);
	if (self->clock.held)
		change_clock(ret_decision, now, actor, SPAN_LITERAL("accepted"));
}

struct clock_guard core_clock(const struct core *self)
{
	return self->clock;
}

bool core_clock_held(const struct core *self)
{
	return self->clock.held;
}
