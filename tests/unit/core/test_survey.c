#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/core/place.h"

#define PEER_EDU (UINT64_C(1) << 40 | 1)

struct seen {
	uint32_t triage, departments[8];
	struct instant oldest;
};

static void see(void *context, const struct core_surveyed *surveyed)
{
	struct seen *seen = context;
	seen->oldest = instant_min(seen->oldest, surveyed->received);
	if (surveyed->department == CORE_SURVEY_TRIAGE)
		seen->triage++;
	else
		seen->departments[surveyed->department]++;
}

/* The whole walk in parts of so many slots; how many parts it took. */
static uint32_t survey(const struct place *place, uint32_t slots_max, struct seen *ret_seen)
{
	uint32_t parts = 0, at = 0;
	*ret_seen = (struct seen){.oldest = INSTANT_NEVER};
	do {
		at = core_survey(place->core, at, slots_max, see, ret_seen);
		parts++;
	} while (at != CORE_SURVEY_END);
	return parts;
}

static uint32_t department(const struct place *place, const char *id)
{
	struct department_view view;
	for (uint32_t i = 0; core_department_at(place->core, i, &view); i++)
		if (span_equal_string(view.id, id))
			return i;
	fail_msg("no department %s", id);
	return 0;
}

static void every_open_case_is_seen_with_its_department_in_parts_of_any_size(void **state)
{
	struct place *place = *state;
	struct seen seen;
	assert_int_equal(survey(place, 1, &seen), 1);
	assert_true(instant_is_never(seen.oldest));
	place_at(place, 9, 14, 9, 0);
	place_submit_many(place, 5);
	place_pass(place, US_PER_S);
	place_submit(place, "wet", "水管", NULL, NULL);
	place_submit(place, "odd", "路灯", NULL, NULL);
	for (uint32_t part = 1; part <= 9; part++) {
		assert_int_equal(survey(place, part, &seen), (7 + part - 1) / part);
		assert_int_equal(seen.triage, 1);
		assert_int_equal(seen.departments[department(place, "edu")], 5);
		assert_int_equal(seen.departments[department(place, "water")], 1);
		assert_true(seen.oldest.us == place_local(9, 14, 9).us);
	}
}

static void an_answered_case_is_no_longer_seen_before_and_after_it_is_forgotten(void **state)
{
	struct place *place = *state;
	struct seen seen;
	place_at(place, 9, 14, 9, 0);
	place_ready(place, "worker-edu", PEER_EDU, 7, 1, false);
	int64_t first = place_submit(place, "a", "a", "edu", NULL);
	place_run(place);
	place_pass(place, US_PER_S);
	place_submit(place, "b", "b", "edu", NULL);
	assert_int_equal(place_act(place, ACT_TAKE, PEER_EDU, first, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER_EDU, first, 1, REPLY_FINAL, "已办"), VERDICT_DONE);
	survey(place, 100, &seen);
	assert_int_equal(seen.departments[department(place, "edu")], 1);
	assert_true(seen.oldest.us == place->now.wall.us);
	struct case_row row;
	while (core_next_changed(place->core, &row))
		;
	core_forget_answered(place->core, &first, 1);
	survey(place, 1, &seen);
	assert_int_equal(seen.departments[department(place, "edu")], 1);
	assert_true(seen.oldest.us == place->now.wall.us);
}

static void nothing_lies_behind_the_end(void **state)
{
	struct place *place = *state;
	struct seen seen = {.oldest = INSTANT_NEVER};
	place_submit(place, "a", "a", "edu", NULL);
	assert_true(core_survey(place->core, 1, 1, see, &seen) == CORE_SURVEY_END);
	assert_true(core_survey(place->core, 500, 1, see, &seen) == CORE_SURVEY_END);
	assert_true(core_survey(place->core, UINT32_MAX - 1, 9, see, &seen) == CORE_SURVEY_END);
	assert_int_equal(seen.departments[department(place, "edu")], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_open_case_is_seen_with_its_department_in_parts_of_any_size),
		TEST(an_answered_case_is_no_longer_seen_before_and_after_it_is_forgotten),
		TEST(nothing_lies_behind_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
