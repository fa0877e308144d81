#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

/* Acts that come at the wrong time, too often or twice: each has its verdict and leaves no record. */

#define PEER  (UINT64_C(1) << 40 | 1)
#define OTHER (UINT64_C(1) << 40 | 2)

static void a_case_that_waits_cannot_be_given_back(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	core_worker_end(place->core, PEER, false);
	place_run(place);
	struct record drained = {.kind = RECORD_DRAINED, .at = place->now.wall, .number = 1};
	core_apply(place->core, place->now, &drained);
	place_ready(place, "worker-edu", OTHER, 8, 1, false);
	for (int act = ACT_TAKE; act <= ACT_FAIL; act++)
		assert_int_equal(place_act(place, (enum worker_act)act, OTHER, id, 1, REPLY_FINAL, "x"),
			VERDICT_WRONG_STATE);
}

static void a_final_ruling_bars_a_first_return(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "天空", NULL, NULL);
	assert_int_equal(place_assign(place, id, "edu", true), VERDICT_DONE);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER, id, 1, 0, "no"), VERDICT_RETURN_LIMIT);
}

static void returns_are_counted_without_a_final_ruling_as_well(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER, id, 1, 0, "no"), VERDICT_DONE);
	assert_int_equal(place_assign(place, id, "edu", false), VERDICT_DONE);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER, id, 2, 0, "no again"), VERDICT_RETURN_LIMIT);
}

static void at_triage_only_the_same_giving_back_is_a_repetition(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER, id, 1, 0, "no"), VERDICT_DONE);
	static const struct {
		enum worker_act act;
		uint32_t epoch;
		const char *text;
		enum verdict verdict;
	} rows[] = {
		{ACT_RETURN, 1, "no", VERDICT_REPEATED},
		{ACT_FAIL, 1, "no", VERDICT_REPEATED},
		{ACT_RETURN, 1, "other", VERDICT_WRONG_STATE},
		{ACT_FAIL, 1, "other", VERDICT_WRONG_STATE},
		{ACT_TAKE, 1, "no", VERDICT_WRONG_STATE},
		{ACT_REPLY, 1, "no", VERDICT_WRONG_STATE},
		{ACT_RETURN, 2, "no", VERDICT_STALE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			place_act(place, rows[i].act, PEER, id, rows[i].epoch, REPLY_FINAL, rows[i].text),
			rows[i].verdict);
}

static void fill_with_texts(struct place *place, int64_t id, int texts)
{
	char text[24];
	for (int i = (int)place_row(place, id).texts; i < texts; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		assert_int_equal(place_act(place, ACT_REPLY, PEER, id, 1, REPLY_INTERIM, text), VERDICT_DONE);
	}
	assert_int_equal(place_row(place, id).texts, texts);
}

static int64_t taken(struct place *place)
{
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, id, 1, 0, ""), VERDICT_DONE);
	return id;
}

static void interim_replies_end_before_a_cases_texts_do(void **state)
{
	struct place *place = *state;
	int64_t id = taken(place);
	fill_with_texts(place, id, CASE_TEXTS_INTERIM_MAX);
	assert_int_equal(place_act(place, ACT_REPLY, PEER, id, 1, REPLY_INTERIM, "x"), VERDICT_WRONG_STATE);
	assert_int_equal(place_act(place, ACT_FAIL, PEER, id, 1, 0, "x"), VERDICT_DONE);
	assert_int_equal(place_assign(place, id, "edu", false), VERDICT_DONE);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, id, 2, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, PEER, id, 2, REPLY_FINAL, "x"), VERDICT_DONE);
}

static void a_ruling_on_nothing_has_no_record(void **state)
{
	struct place *place = *state;
	struct assign_request request = {.actor = SPAN_LITERAL("triage"), .case_id = 5};
	struct decision decision;
	memset(&decision, 0xff, sizeof(decision));
	core_decide_assign(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOT_FOUND);
	assert_int_equal(decision.record_count, 0);
}

static void a_record_is_copied_with_its_texts_end_to_end(void **state)
{
	(void)state;
	char room[RECORD_TEXTS_SIZE_MAX];
	struct record copy, record = {.kind = RECORD_ACCEPTED,
				    .case_id = 7,
				    .actor = SPAN_LITERAL("p"),
				    .subject = SPAN_LITERAL("id-1"),
				    .class = SPAN_LITERAL("major"),
				    .within = SPAN_LITERAL("7 workday")};
	assert_int_equal(record_copy(&record, room, &copy), 1 + 4 + 5 + 9);
	assert_memory_equal(room, "pid-1major7 workday", 19);
	assert_ptr_equal(copy.actor.data, room);
	assert_true(span_equal_string(copy.actor, "p") && span_equal_string(copy.subject, "id-1"));
	assert_true(span_equal_string(copy.class, "major") && span_equal_string(copy.within, "7 workday"));
	assert_int_equal(copy.stream.size, 0);
	assert_int_equal(copy.case_id, 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_case_that_waits_cannot_be_given_back),
		TEST(a_final_ruling_bars_a_first_return),
		TEST(returns_are_counted_without_a_final_ruling_as_well),
		TEST(at_triage_only_the_same_giving_back_is_a_repetition),
		TEST(interim_replies_end_before_a_cases_texts_do),
		TEST(a_ruling_on_nothing_has_no_record),
		TEST(a_record_is_copied_with_its_texts_end_to_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
