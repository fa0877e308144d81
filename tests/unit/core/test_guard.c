#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/core/place.h"

/* The clock's guard at its bounds: a minute while running, a minute back and forty days ahead at a start. */

#define MINUTE (60 * US_PER_S)

static bool is_held_by(struct place *place, int64_t wall_us)
{
	struct decision decision;
	struct moment now = {.mono = place->now.mono, .wall = {wall_us}};
	core_decide_clock(place->core, now, &decision);
	assert_true(decision.verdict == VERDICT_DONE || decision.verdict == VERDICT_NOTHING);
	assert_int_equal(decision.record_count, decision.verdict == VERDICT_DONE);
	return decision.verdict == VERDICT_DONE;
}

static void while_running_a_minute_is_the_bound_in_both_directions(void **state)
{
	struct place *place = *state;
	place_pass(place, 77 * US_PER_S);
	int64_t right = place->now.wall.us;
	assert_false(is_held_by(place, right));
	assert_false(is_held_by(place, right + MINUTE));
	assert_true(is_held_by(place, right + MINUTE + 1));
	assert_false(is_held_by(place, right - MINUTE));
	assert_true(is_held_by(place, right - MINUTE - 1));
}

static void at_a_start_the_bounds_are_a_minute_back_and_forty_days_ahead(void **state)
{
	struct place *place = *state;
	int64_t now = place->now.wall.us;
	const struct {
		int64_t last_record;
		bool held;
	} rows[] = {
		{0, false}, /* an empty journal */
		{1, true},
		{now + MINUTE, false},
		{now + MINUTE + 1, true},
		{now - 40 * US_PER_DAY, false},
		{now - 40 * US_PER_DAY - 1, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		core_loaded(
			place->core, place->now, &(struct clock_past){.last_record = {rows[i].last_record}});
		assert_int_equal(is_held_by(place, now), rows[i].held);
	}
}

static void a_plausible_start_is_what_jumps_are_measured_from(void **state)
{
	struct place *place = *state;
	int64_t now = place->now.wall.us;
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = {now - 10 * US_PER_DAY}});
	assert_false(is_held_by(place, now));
	assert_true(is_held_by(place, now + 2 * MINUTE)); /* though it is within forty days of the record */
	assert_true(is_held_by(place, now - 2 * MINUTE));
}

static void an_implausible_start_goes_on_being_judged_by_the_last_record(void **state)
{
	struct place *place = *state;
	struct decision decision;
	int64_t now = place->now.wall.us;
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = {now - 50 * US_PER_DAY}});
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	assert_true(core_clock_held(place->core));
	/* An hour later by the monotonic clock, forty days after the record have moved on by that hour. */
	place->now.mono.us += US_PER_HOUR;
	int64_t ahead = now - 10 * US_PER_DAY + US_PER_HOUR;
	assert_false(is_held_by(place, ahead + 1)); /* still held: nothing to say */
	assert_true(is_held_by(place, ahead));	    /* back */
	assert_true(is_held_by(place, now - 50 * US_PER_DAY - MINUTE));
	assert_false(is_held_by(place, now - 50 * US_PER_DAY - MINUTE - 1));
}

/* A restart while the clock was held: `held` is when that was seen, `trusted` the last record before it. */
static void an_inherited_hold_ends_only_when_the_clock_is_really_back(void **state)
{
	struct place *place = *state;
	int64_t trusted = place->now.wall.us, held = trusted + 20 * US_PER_DAY;
	struct clock_past past = {.last_record = {held + 5}, .held = {held}, .trusted = {trusted}};
	core_loaded(place->core, place->now, &past);
	assert_true(core_clock_held(place->core));
	assert_false(is_held_by(place, held)); /* as wrong as it was: nothing to say */
	assert_false(is_held_by(place, held - MINUTE));
	assert_true(is_held_by(place, held - MINUTE - 1)); /* behind the moment of the hold: back */
	assert_true(is_held_by(place, trusted - MINUTE));
	assert_false(is_held_by(place, trusted - MINUTE - 1));
}

static void a_hold_that_went_back_does_not_shut_out_the_future(void **state)
{
	struct place *place = *state;
	int64_t trusted = place->now.wall.us;
	struct clock_past past = {.last_record = {trusted}, .held = {trusted}, .trusted = {trusted}};
	core_loaded(place->core, place->now, &past);
	assert_true(core_clock_held(place->core));
	assert_true(is_held_by(place, trusted)); /* it goes on */
	past.held.us = trusted - US_PER_DAY;
	core_loaded(place->core, place->now, &past);
	assert_true(is_held_by(place, trusted));
	past.held.us = trusted + 1;
	core_loaded(place->core, place->now, &past);
	assert_false(is_held_by(place, trusted + 1));
}

static void an_accepted_clock_is_the_new_measure(void **state)
{
	struct place *place = *state;
	struct decision decision;
	place->now.wall.us += US_PER_DAY;
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	int64_t wrong = place->now.wall.us;
	place_pass(place, US_PER_S);
	core_decide_clock_accept(place->core, SPAN_LITERAL("op"), place->now, &decision);
	place_do(place, &decision);
	assert_false(is_held_by(place, wrong + US_PER_S + MINUTE));
	assert_true(is_held_by(place, wrong + US_PER_S + MINUTE + 1));
	assert_true(is_held_by(place, wrong - US_PER_DAY));
}

static void an_accepted_clock_forgets_an_inherited_hold(void **state)
{
	struct place *place = *state;
	struct decision decision;
	int64_t trusted = place->now.wall.us;
	struct clock_past past = {
		.last_record = {trusted}, .held = {trusted + US_PER_DAY}, .trusted = {trusted}};
	place->now.wall.us += 2 * US_PER_DAY;
	core_loaded(place->core, place->now, &past);
	assert_false(is_held_by(place, place->now.wall.us));
	core_decide_clock_accept(place->core, SPAN_LITERAL("op"), place->now, &decision);
	place_do(place, &decision);
	assert_false(core_clock_held(place->core));
	assert_false(is_held_by(place, place->now.wall.us));
	assert_true(is_held_by(place, place->now.wall.us + MINUTE + 1)); /* as while running */
	assert_true(is_held_by(place, trusted));
}

static void a_jump_right_after_an_accepted_start_is_seen(void **state)
{
	struct place *place = *state;
	struct decision decision;
	int64_t now = place->now.wall.us;
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = {now - 50 * US_PER_DAY}});
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	core_decide_clock_accept(place->core, SPAN_LITERAL("op"), place->now, &decision);
	place_do(place, &decision);
	assert_false(core_clock_held(place->core));
	/* The first look since; a start would let forty days pass. */
	assert_true(is_held_by(place, now + MINUTE + 1));
}

static void a_journal_being_replayed_moves_no_measure(void **state)
{
	struct place *place = *state;
	struct moment replay = {.mono = MONO_NEVER, .wall = {1}};
	struct record record = {.kind = RECORD_CLOCK, .at = {1}, .subject = SPAN_LITERAL("held")};
	core_apply(place->core, replay, &record);
	assert_true(core_clock_held(place->core));
	record.subject = SPAN_LITERAL("resumed");
	core_apply(place->core, replay, &record);
	assert_false(core_clock_held(place->core));
	assert_false(is_held_by(place, place->now.wall.us));
	assert_true(is_held_by(place, place->now.wall.us + MINUTE + 1));
}

static void a_laboratory_is_not_watched(void **state)
{
	struct place *place = *state;
	struct core_options options = {place->profile, place->principals, place->workdays, true};
	core_configure(place->core, &options);
	assert_false(is_held_by(place, place->now.wall.us + 400 * US_PER_DAY));
}

static void under_a_held_clock_no_rung_wakes_anybody_and_offers_go_on(void **state)
{
	struct place *place = *state;
	struct decision decision;
	place_submit(place, "m1", "水", NULL, NULL);
	assert_false(instant_is_never(core_next_wakeup(place->core).wall));
	place->now.wall.us += 30 * US_PER_DAY;
	core_decide_clock(place->core, place->now, &decision);
	place_do(place, &decision);
	assert_true(instant_is_never(core_next_wakeup(place->core).wall));
	place_ready(place, "worker-wet", UINT64_C(1) << 40 | 1, 7, 1, false);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_OFFERED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(while_running_a_minute_is_the_bound_in_both_directions),
		TEST(at_a_start_the_bounds_are_a_minute_back_and_forty_days_ahead),
		TEST(a_plausible_start_is_what_jumps_are_measured_from),
		TEST(an_implausible_start_goes_on_being_judged_by_the_last_record),
		TEST(an_inherited_hold_ends_only_when_the_clock_is_really_back),
		TEST(a_hold_that_went_back_does_not_shut_out_the_future),
		TEST(an_accepted_clock_is_the_new_measure),
		TEST(an_accepted_clock_forgets_an_inherited_hold),
		TEST(a_jump_right_after_an_accepted_start_is_seen),
		TEST(a_journal_being_replayed_moves_no_measure),
		TEST(a_laboratory_is_not_watched),
		TEST(under_a_held_clock_no_rung_wakes_anybody_and_offers_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
