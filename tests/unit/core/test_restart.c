#include "tests/unit/core/records.h"

#include <string.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

/* A core made from the rows of another is that other, but for what died with its process. */

#define PEER	 (UINT64_C(1) << 40 | 1)
#define OTHER	 (UINT64_C(1) << 40 | 2)
#define WET	 (UINT64_C(1) << 40 | 3)
#define CASES	 9
#define GRACE_US (30 * US_PER_S) /* six heartbeats of five seconds */

/* The same place after a restart; `ret_before` stays alive, because rows borrow its texts. */
static void restart(struct place *place, struct core **ret_before)
{
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	struct core *before = place->core;
	struct case_row row;
	place->core = core_new(&options);
	for (int64_t id = place->last_case - CASES; id <= place->last_case; id++)
		if (core_row(before, id, &row) && row.state != CASE_ANSWERED)
			core_load(place->core, &row);
	core_loaded(place->core, place->now, &(struct clock_past){.last_record = place->now.wall});
	core_check(place->core);
	*ret_before = before;
}

static void void_offers(struct place *place)
{
	struct record started = {.kind = RECORD_STARTED, .at = place->now.wall, .subject = SPAN_LITERAL("1")};
	core_apply(place->core, place->now, &started);
	core_check(place->core);
}

static void assert_departments(const struct core *a, const struct core *b)
{
	struct department_view one, other;
	for (uint32_t i = 0; core_department_at(a, i, &one); i++) {
		assert_true(core_department_at(b, i, &other));
		assert_true(span_equal(one.id, other.id) && span_equal(one.name, other.name));
		assert_int_equal(one.queued, other.queued);
		assert_int_equal(one.offered, other.offered);
		assert_int_equal(one.taken, other.taken);
		assert_int_equal(one.overdue, other.overdue);
		assert_int_equal(one.in_profile, other.in_profile);
	}
	struct core_totals x = core_totals(a), y = core_totals(b);
	assert_int_equal(x.open, y.open);
	assert_int_equal(x.triage, y.triage);
	assert_int_equal(x.queued, y.queued);
	assert_int_equal(x.offered, y.offered);
	assert_int_equal(x.taken, y.taken);
	assert_int_equal(x.overdue, y.overdue);
}

/* One case of every kind; their ids end in 1 to CASES. */
static int64_t fill(struct place *place)
{
	place_at(place, 9, 14, 9, 0);
	int64_t first = place_submit(place, "triage", "天空", NULL, NULL);
	place_submit(place, "returned and ruled on", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 1, true);
	place_run(place);
	assert_int_equal(place_act(place, ACT_RETURN, PEER, first + 1, 1, 0, "not ours"), VERDICT_DONE);
	place_submit(place, "process", "学校", "edu", NULL);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, first + 2, 1, 0, ""), VERDICT_DONE);
	assert_int_equal(
		place_act(place, ACT_REPLY, PEER, first + 2, 1, REPLY_INTERIM, "soon"), VERDICT_DONE);
	place_submit(place, "offered", "学校", "edu", "major");
	place_run(place);
	place_ready(place, "worker-wet", WET, 8, 1, false);
	place_submit(place, "taken", "水", NULL, NULL);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, WET, first + 4, 1, 0, ""), VERDICT_DONE);
	core_worker_end(place->core, WET, false);
	place_run(place);
	place_submit(place, "queued", "水", NULL, "major");
	place_submit(place, "without a deadline", "水", NULL, "open");
	place_submit(place, "ruled on", "天空", NULL, NULL);
	assert_int_equal(place_assign(place, first + 7, "water", true), VERDICT_DONE);
	place_submit(place, "returned, at triage", "天空", NULL, NULL);
	return first;
}

/* Time until some are reminded, some overdue; the worker of edu beats on. */
static void grow_old(struct place *place)
{
	for (int day = 14; day <= 23; day++) {
		place_at(place, 9, day, 12, 0);
		core_worker_heard(place->core, place->now, PEER, SPAN_LITERAL("worker-edu"));
		struct decision decision;
		core_decide_due(
			place->core, (struct moment){place->now.mono, {0}}, place->now.wall, &decision);
		(void)decision;
		while (core_decide_due(place->core, place->now, place->now.wall, &decision),
			decision.verdict != VERDICT_NOTHING)
			place_do(place, &decision);
	}
}

static void every_field_of_every_open_case_comes_back(void **state)
{
	struct place *place = *state;
	struct core *before;
	int64_t first = fill(place);
	for (int old = 0; old < 2; old++) {
		if (old)
			grow_old(place);
		assert_int_equal(core_totals(place->core).overdue > 0, old);
		restart(place, &before);
		for (int64_t id = first; id < first + CASES; id++) {
			struct case_row was, is;
			assert_true(core_row(before, id, &was) && core_row(place->core, id, &is));
			assert_row(&is, &was);
		}
		assert_departments(before, place->core);
		/* Nothing is due that was not due before: each rung fired once. */
		assert_true(core_next_wakeup(before).wall.us == core_next_wakeup(place->core).wall.us);
		core_destroy(&place->core);
		place->core = before;
	}
}

static void what_was_loaded_is_not_written_again(void **state)
{
	struct place *place = *state;
	struct core *before;
	struct case_row row;
	fill(place);
	restart(place, &before);
	assert_false(core_next_changed(place->core, &row));
	core_destroy(&before);
}

static void each_changed_row_is_written_once_in_the_order_of_change(void **state)
{
	struct place *place = *state;
	struct case_row row;
	int64_t first = place_submit(place, "a", "水", NULL, NULL);
	int64_t second = place_submit(place, "b", "水", NULL, NULL);
	for (int round = 0; round < 2; round++) {
		assert_true(core_next_changed(place->core, &row));
		assert_int_equal(row.case_id, first);
		assert_true(core_next_changed(place->core, &row));
		assert_int_equal(row.case_id, second);
		assert_false(core_next_changed(place->core, &row));
		assert_false(core_next_changed(place->core, &row));
		place_at(place, 9, round ? 18 : 16, round ? 0 : 9, 0);
		assert_int_equal(place_run(place), 2); /* a reminder, then a rung, for each */
	}
	while (core_next_changed(place->core, &row))
		;
	/* Twice before it is written: once, as it is then. */
	place_ready(place, "worker-wet", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, first, 1, 0, ""), VERDICT_DONE);
	assert_true(core_next_changed(place->core, &row));
	assert_true(row.case_id == first && row.state == CASE_TAKEN);
	assert_false(core_next_changed(place->core, &row));
}

static void answered_cases_are_readable_until_they_are_forgotten(void **state)
{
	struct place *place = *state;
	struct case_row row;
	int64_t ids[2];
	place_ready(place, "worker-edu", PEER, 7, 2, false);
	for (int i = 0; i < 2; i++) {
		ids[i] = place_submit(place, i ? "b" : "a", "学校", "edu", NULL);
		place_run(place);
		assert_int_equal(place_act(place, ACT_TAKE, PEER, ids[i], 1, 0, ""), VERDICT_DONE);
		assert_int_equal(
			place_act(place, ACT_REPLY, PEER, ids[i], 1, REPLY_FINAL, "r"), VERDICT_DONE);
	}
	while (core_next_changed(place->core, &row))
		continue;
	core_forget_answered(place->core, ids, 2);
	core_check(place->core);
	for (int i = 0; i < 2; i++)
		assert_false(core_row(place->core, ids[i], &row));
	/* From the store's row it is still known what was answered. */
	struct case_row closed = {.case_id = ids[0],
		.state = CASE_ANSWERED,
		.department = SPAN_LITERAL("edu"),
		.epoch = 1,
		.reply_kind = REPLY_FINAL,
		.reply_digest = digest_of(SPAN_LITERAL("r"))};
	struct worker_request request = {.act = ACT_REPLY,
		.peer = PEER,
		.case_id = ids[0],
		.epoch = 1,
		.reply_kind = REPLY_FINAL,
		.digest = digest_of(SPAN_LITERAL("r")),
		.closed = &closed};
	static const struct {
		enum worker_act act;
		uint32_t epoch;
		enum reply_kind kind;
		const char *department;
		enum verdict verdict;
	} rows[] = {
		{ACT_REPLY, 1, REPLY_FINAL, "edu", VERDICT_REPEATED},
		{ACT_REPLY, 1, REPLY_REFUSAL, "edu", VERDICT_CONFLICT},
		{ACT_REPLY, 2, REPLY_FINAL, "edu", VERDICT_STALE},
		{ACT_TAKE, 1, 0, "edu", VERDICT_WRONG_STATE},
		{ACT_FAIL, 1, 0, "edu", VERDICT_WRONG_STATE},
		{ACT_REPLY, 1, REPLY_FINAL, "water", VERDICT_NOT_YOURS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decision decision;
		request.act = rows[i].act;
		request.epoch = rows[i].epoch;
		request.reply_kind = rows[i].kind;
		closed.department = span_of_string(rows[i].department);
		core_decide_worker(place->core, place->now, &request, &decision);
		assert_int_equal(decision.verdict, rows[i].verdict);
		assert_int_equal(decision.case_id, ids[0]);
		assert_int_equal(decision.state, CASE_ANSWERED);
		assert_int_equal(decision.epoch, 1);
		assert_int_equal(decision.record_count, 0);
	}
}

static void a_start_voids_offers_and_nothing_else(void **state)
{
	struct place *place = *state;
	struct core *before;
	int64_t first = fill(place);
	restart(place, &before);
	void_offers(place);
	for (int64_t id = first; id < first + CASES; id++) {
		struct case_row was, is;
		assert_true(core_row(before, id, &was) && core_row(place->core, id, &is));
		if (was.state == CASE_OFFERED) {
			assert_int_equal(is.state, CASE_QUEUED);
			assert_int_equal(is.holder, 0);
			assert_int_equal(is.epoch, was.epoch); /* the next offer gets a higher one */
			assert_int_equal(is.losses, was.losses);
		} else {
			assert_row(&is, &was);
		}
	}
	place_ready(place, "worker-edu", PEER, 7, 1, true);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place_row(place, first + 3).state, CASE_OFFERED);
	assert_int_equal(place_row(place, first + 3).epoch, 2);
	core_destroy(&before);
}

static void the_oldest_case_is_offered_first_after_a_restart(void **state)
{
	struct place *place = *state;
	struct core *before;
	int64_t first = fill(place);
	restart(place, &before);
	void_offers(place);
	place_ready(place, "worker-wet", WET, 9, 3, false);
	assert_int_equal(place_run(place), 3);
	static const int order[] = {5, 6, 7};
	for (int i = 0; i < 3; i++)
		assert_int_equal(place_row(place, first + order[i]).state, CASE_OFFERED);
	assert_int_equal(place->last.case_id, first + 7);
	core_destroy(&before);
}

static void a_process_that_comes_back_keeps_its_case(void **state)
{
	struct place *place = *state;
	struct core *before;
	int64_t first = fill(place);
	restart(place, &before);
	void_offers(place);
	place_pass(place, GRACE_US - 1);
	assert_int_equal(place_run(place), 0);
	/* Another incarnation is another process. */
	place_ready(place, "worker-edu", OTHER, 99, 1, true);
	place_run(place);
	assert_int_equal(
		place_act(place, ACT_REPLY, OTHER, first + 2, 1, REPLY_FINAL, "r"), VERDICT_WRONG_STATE);
	place_ready(place, "worker-edu", PEER, 7, 1, true);
	for (int i = 0; i < 4; i++) {
		place_pass(place, 10 * US_PER_S);
		core_worker_heard(place->core, place->now, PEER, SPAN_LITERAL("worker-edu"));
		core_worker_heard(place->core, place->now, OTHER, SPAN_LITERAL("worker-edu"));
		place_run(place);
	}
	assert_int_equal(place_row(place, first + 2).state, CASE_TAKEN);
	assert_int_equal(place_act(place, ACT_REPLY, PEER, first + 2, 1, REPLY_FINAL, "r"), VERDICT_DONE);
	core_destroy(&before);
}

static void a_process_that_does_not_come_back_is_lost_after_its_grace(void **state)
{
	struct place *place = *state;
	struct core *before;
	struct decision decision;
	int64_t first = fill(place);
	struct case_row was = place_row(place, first + 2);
	restart(place, &before);
	void_offers(place);
	assert_int_equal(place_run(place), 0); /* looks at every department once */
	assert_true(core_next_wakeup(place->core).mono.us == place->now.mono.us + GRACE_US);
	place_pass(place, GRACE_US - 1);
	assert_int_equal(place_run(place), 0);
	place_pass(place, 1);
	core_decide_due(place->core, place->now, place->now.wall, &decision);
	assert_int_equal(decision.record_count, 1);
	assert_record(&decision.records[0], (struct record){.kind = RECORD_REQUEUED,
						    .at = place->now.wall,
						    .case_id = first + 2,
						    .department = SPAN_LITERAL("edu"),
						    .subject = SPAN_LITERAL("lost"),
						    .epoch = 1,
						    .holder = was.holder,
						    .number = 1});
	place_do(place, &decision);
	assert_int_equal(place_run(place), 0);
	core_destroy(&before);
}

static void a_new_calendar_is_seen_after_a_restart_as_well(void **state)
{
	struct place *place = *state;
	struct core *before;
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	struct workdays *old = place->workdays;
	place->workdays = place_workdays(2027, false);
	restart(place, &before);
	assert_int_equal(core_next_wakeup(place->core).mono.us, 0);
	assert_int_equal(place_run(place), 1);
	assert_int_equal(place->last.kind, RECORD_DUE);
	assert_int_equal(place_row(place, id).due_version, 2);
	core_destroy(&before);
	workdays_destroy(&old);
}

static void a_reminder_alone_is_not_overdue(void **state)
{
	struct place *place = *state;
	struct core *before;
	place_submit(place, "m1", "水", NULL, NULL);
	place_at(place, 9, 16, 9, 0);
	assert_int_equal(place_run(place), 1);
	for (int overdue = 0; overdue < 2; overdue++) {
		if (overdue)
			place_at(place, 9, 18, 0, 0);
		place_run(place);
		restart(place, &before);
		core_destroy(&before);
		struct department_view water;
		assert_true(core_department_at(place->core, 1, &water));
		assert_int_equal(core_totals(place->core).overdue, overdue);
		assert_int_equal(water.overdue, overdue);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_field_of_every_open_case_comes_back),
		TEST(what_was_loaded_is_not_written_again),
		TEST(each_changed_row_is_written_once_in_the_order_of_change),
		TEST(answered_cases_are_readable_until_they_are_forgotten),
		TEST(a_start_voids_offers_and_nothing_else),
		TEST(the_oldest_case_is_offered_first_after_a_restart),
		TEST(a_process_that_comes_back_keeps_its_case),
		TEST(a_process_that_does_not_come_back_is_lost_after_its_grace),
		TEST(a_new_calendar_is_seen_after_a_restart_as_well),
		TEST(a_reminder_alone_is_not_overdue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
