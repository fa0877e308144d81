#include "tests/unit/core/records.h"

#include "base/limits.h"
#include "tests/unit/core/place.h"

/* What each decision writes into the journal, field by field: who, what, where to, and nothing else. */

#define PEER	      (UINT64_C(1) << 40 | 1)
#define OTHER	      (UINT64_C(1) << 40 | 2)
#define TEXT(literal) SPAN_LITERAL(literal)

static int64_t holder_of(const struct place *place, uint64_t peer)
{
	struct worker_view worker;
	assert_true(core_worker_by_peer(place->core, peer, &worker));
	return (int64_t)worker.holder;
}

static void due(struct place *place, struct decision *ret_decision)
{
	core_decide_due(place->core, place->now, place->now.wall, ret_decision);
}

static void act(
	struct place *place, struct worker_request request, const char *text, struct decision *ret_decision)
{
	request.peer = request.peer ? request.peer : PEER;
	request.has_reason = true;
	request.digest = digest_of(span_of_string(text));
	core_decide_worker(place->core, place->now, &request, ret_decision);
}

/* A case of edu in the hands of worker-edu: offered, or also taken. */
static int64_t case_with(struct place *place, bool taken, bool process)
{
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 4, process);
	place_run(place);
	if (taken)
		assert_int_equal(place_act(place, ACT_TAKE, PEER, id, 1, 0, ""), VERDICT_DONE);
	return id;
}

static void an_offer(void **state)
{
	struct place *place = *state;
	struct decision decision;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL);
	place_ready(place, "worker-edu", PEER, 7, 4, false);
	due(place, &decision);
	assert_int_equal(decision.case_id, id);
	assert_int_equal(decision.state, CASE_OFFERED);
	assert_int_equal(decision.record_count, 1);
	assert_record(&decision.records[0], (struct record){.kind = RECORD_OFFERED,
						    .at = place->now.wall,
						    .case_id = id,
						    .department = TEXT("edu"),
						    .subject = TEXT("worker-edu"),
						    .epoch = 1,
						    .holder = holder_of(place, PEER)});
}

static void a_take(void **state)
{
	struct place *place = *state;
	for (int process = 0; process < 2; process++) {
		struct decision decision;
		int64_t id = case_with(place, false, process);
		act(place, (struct worker_request){.act = ACT_TAKE, .case_id = id, .epoch = 1}, "",
			&decision);
		assert_int_equal(decision.state, CASE_TAKEN);
		assert_int_equal(decision.epoch, 1);
		assert_record(&decision.records[0], (struct record){.kind = RECORD_TAKEN,
							    .at = place->now.wall,
							    .case_id = id,
							    .actor = TEXT("worker-edu"),
							    .stream = TEXT("portal/portal-a"),
							    .department = TEXT("edu"),
							    .epoch = 1,
							    .holder = holder_of(place, PEER),
							    .flags = process ? RECORD_PROCESS : 0});
		place_do(place, &decision);
		assert_int_equal(place_row(place, id).holder, process ? holder_of(place, PEER) : 0);
		assert_int_equal(place_row(place, id).taken.us, place->now.wall.us);
		assert_true(span_equal_string(place_row(place, id).holder_name, "worker-edu"));
	}
}

static void replies(void **state)
{
	struct place *place = *state;
	static const enum reply_kind kinds[] = {REPLY_INTERIM, REPLY_INTERIM, REPLY_REFUSAL};
	static const char *const texts[] = {"a", "b", "b"};
	int64_t id = case_with(place, true, true);
	for (int i = 0; i < 3; i++) {
		struct decision decision;
		place_pass(place, US_PER_S);
		act(place,
			(struct worker_request){
				.act = ACT_REPLY, .case_id = id, .epoch = 1, .reply_kind = kinds[i]},
			texts[i], &decision);
		assert_int_equal(decision.state, i < 2 ? CASE_TAKEN : CASE_ANSWERED);
		assert_record(&decision.records[0], (struct record){.kind = RECORD_REPLIED,
							    .at = place->now.wall,
							    .case_id = id,
							    .actor = TEXT("worker-edu"),
							    .stream = TEXT("portal/portal-a"),
							    .department = TEXT("edu"),
							    .epoch = 1,
							    .number = kinds[i],
							    .text = i + 2,
							    .digest = digest_of(span_of_string(texts[i]))});
		place_do(place, &decision);
		assert_int_equal(place_row(place, id).reply_kind, kinds[i]);
		assert_int_equal(place_row(place, id).texts, i + 2);
	}
	struct case_row row = place_row(place, id);
	assert_int_equal(row.answered.us, place->now.wall.us);
	assert_int_equal(row.holder, 0);
	assert_false(row.process_custody);
}

static void a_refusal_needs_a_reason(void **state)
{
	struct place *place = *state;
	int64_t id = case_with(place, true, false);
	struct worker_request request = {
		.act = ACT_REPLY, .peer = PEER, .case_id = id, .epoch = 1, .reply_kind = REPLY_REFUSAL};
	struct decision decision;
	core_decide_worker(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_REASON_MISSING);
	request.reply_kind = REPLY_FINAL;
	core_decide_worker(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_DONE);
}

static void a_return_and_a_failure(void **state)
{
	struct place *place = *state;
	int64_t id = case_with(place, true, true);
	for (int failed = 0; failed < 2; failed++) {
		struct decision decision;
		uint32_t epoch = failed ? 2 : 1;
		act(place,
			(struct worker_request){
				.act = failed ? ACT_FAIL : ACT_RETURN, .case_id = id, .epoch = epoch},
			"why", &decision);
		assert_int_equal(decision.state, CASE_TRIAGE);
		assert_int_equal(decision.record_count, failed ? 2 : 1);
		assert_record(&decision.records[0],
			(struct record){.kind = failed ? RECORD_FAILED : RECORD_RETURNED,
				.at = place->now.wall,
				.case_id = id,
				.actor = TEXT("worker-edu"),
				.stream = TEXT("triage"),
				.department = TEXT("edu"),
				.epoch = epoch,
				.text = failed ? 4 : 2,
				.digest = digest_of(TEXT("why"))});
		if (failed)
			assert_record(&decision.records[1], (struct record){.kind = RECORD_ALARM,
								    .at = place->now.wall,
								    .case_id = id,
								    .stream = TEXT("operator"),
								    .department = TEXT("edu"),
								    .subject = TEXT("parked")});
		place_do(place, &decision);
		struct case_row row = place_row(place, id);
		assert_int_equal(row.holder, 0);
		assert_int_equal(row.returns, 1);
		assert_int_equal(row.department.size, 0);
		assert_false(row.process_custody);
		if (!failed) {
			assert_int_equal(place_assign(place, id, "edu", false), VERDICT_DONE);
			place_run(place);
		}
	}
}

static void a_ruling(void **state)
{
	struct place *place = *state;
	for (int final = 1; final >= 0; final--) {
		struct decision decision;
		int64_t id = place_submit(place, final ? "m1" : "m2", "天空", NULL, NULL);
		struct assign_request request = {.actor = TEXT("triage"),
			.case_id = id,
			.department = TEXT("edu"),
			.final = final,
			.digest = digest_of(TEXT("why"))};
		core_decide_assign(place->core, place->now, &request, &decision);
		assert_int_equal(decision.state, CASE_QUEUED);
		assert_int_equal(decision.case_id, id);
		assert_record(&decision.records[0], (struct record){.kind = RECORD_ASSIGNED,
							    .at = place->now.wall,
							    .case_id = id,
							    .actor = TEXT("triage"),
							    .stream = TEXT("portal/portal-a"),
							    .department = TEXT("edu"),
							    .flags = final ? RECORD_FINAL : 0,
							    .text = 2,
							    .digest = digest_of(TEXT("why"))});
		place_do(place, &decision);
		assert_int_equal(place_row(place, id).final_ruling, final);
		assert_int_equal(place_row(place, id).texts, 2);
	}
}

static void a_ruling_on_what_is_not_open(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct case_row closed = {.case_id = 5};
	struct assign_request request = {.actor = TEXT("triage"), .case_id = 5, .department = TEXT("edu")};
	core_decide_assign(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_NOT_FOUND);
	request.closed = &closed;
	core_decide_assign(place->core, place->now, &request, &decision);
	assert_int_equal(decision.verdict, VERDICT_WRONG_STATE);
	assert_int_equal(decision.state, CASE_ANSWERED);
	assert_int_equal(decision.case_id, 5);
}

static void a_lost_offer(void **state)
{
	struct place *place = *state;
	static const char *const whys[] = {"lease", "lost", "bye"};
	for (int i = 0; i < 3; i++) {
		struct decision decision;
		uint64_t peer = PEER + 10u * (unsigned)i;
		int64_t id = place_submit(place, whys[i], "学校", "edu", NULL);
		place_ready(place, "worker-edu", peer, 7 + i, 4, false);
		place_run(place);
		int64_t holder = holder_of(place, peer);
		if (i == 0) {
			place_pass(place, 30 * US_PER_S);
			core_worker_heard(place->core, place->now, peer, TEXT("worker-edu"));
		} else {
			core_worker_end(place->core, peer, i == 1);
		}
		due(place, &decision);
		assert_int_equal(decision.state, CASE_QUEUED);
		assert_int_equal(decision.case_id, id);
		assert_record(&decision.records[0], (struct record){.kind = RECORD_REQUEUED,
							    .at = place->now.wall,
							    .case_id = id,
							    .department = TEXT("edu"),
							    .subject = span_of_string(whys[i]),
							    .epoch = 1,
							    .holder = holder,
							    .number = i == 1 ? 1 : 0});
		place_do(place, &decision);
		assert_int_equal(place_row(place, id).holder, 0);
		/* Whoever comes next: out of the way. */
		core_worker_end(place->core, peer, false);
		place_ready(place, "worker-both", OTHER + (unsigned)i, 20 + i, 1, false);
		place_run(place);
		assert_int_equal(place_act(place, ACT_TAKE, OTHER + (unsigned)i, id, 2, 0, ""), VERDICT_DONE);
		assert_int_equal(place_act(place, ACT_REPLY, OTHER + (unsigned)i, id, 2, REPLY_FINAL, "r"),
			VERDICT_DONE);
		core_worker_end(place->core, OTHER + (unsigned)i, false);
		place_run(place);
	}
}

static void the_fifth_loss_parks(void **state)
{
	struct place *place = *state;
	struct decision decision;
	int64_t id = place_submit(place, "m1", "学校", "edu", NULL), holder = 0;
	for (int i = 1; i <= HOLDER_LOSSES_MAX; i++) {
		place_ready(place, "worker-edu", PEER + (unsigned)i, i, 1, false);
		place_run(place);
		holder = holder_of(place, PEER + (unsigned)i);
		core_worker_end(place->core, PEER + (unsigned)i, true);
		if (i < HOLDER_LOSSES_MAX)
			place_run(place);
	}
	due(place, &decision);
	assert_int_equal(decision.state, CASE_TRIAGE);
	assert_record(&decision.records[0], (struct record){.kind = RECORD_PARKED,
						    .at = place->now.wall,
						    .case_id = id,
						    .stream = TEXT("triage"),
						    .department = TEXT("edu"),
						    .subject = TEXT("lost"),
						    .epoch = HOLDER_LOSSES_MAX,
						    .holder = holder,
						    .number = HOLDER_LOSSES_MAX});
	assert_record(&decision.records[1], (struct record){.kind = RECORD_ALARM,
						    .at = place->now.wall,
						    .case_id = id,
						    .stream = TEXT("operator"),
						    .department = TEXT("edu"),
						    .subject = TEXT("parked")});
	place_do(place, &decision);
	assert_int_equal(place_row(place, id).losses, HOLDER_LOSSES_MAX);
	assert_int_equal(place_row(place, id).holder, 0);
	/* A ruling begins the count anew; so does an interim reply. */
	assert_int_equal(place_assign(place, id, "edu", false), VERDICT_DONE);
	assert_int_equal(place_row(place, id).losses, 0);
}

static void a_reply_forgives_the_losses_before_it(void **state)
{
	struct place *place = *state;
	int64_t id = case_with(place, true, true);
	core_worker_end(place->core, PEER, true);
	place_run(place);
	assert_int_equal(place_row(place, id).losses, 1);
	place_ready(place, "worker-edu", OTHER, 8, 1, true);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, OTHER, id, 2, 0, ""), VERDICT_DONE);
	assert_int_equal(place_act(place, ACT_REPLY, OTHER, id, 2, REPLY_INTERIM, "i"), VERDICT_DONE);
	assert_int_equal(place_row(place, id).losses, 0);
}

static void a_reminder_and_a_rung(void **state)
{
	struct place *place = *state;
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	struct record want = {.kind = RECORD_REMINDED,
		.case_id = id,
		.stream = TEXT("supervisor"),
		.department = TEXT("water"),
		.due = place_local(9, 18, 0).us,
		.due_date = place_date(9, 17),
		.due_version = 1};
	for (int rung = 0; rung < 2; rung++) {
		struct decision decision;
		place_at(place, 9, rung ? 18 : 16, rung ? 0 : 9, 0);
		due(place, &decision);
		assert_int_equal(decision.case_id, id);
		assert_int_equal(decision.state, CASE_QUEUED);
		want.at = place->now.wall;
		want.kind = rung ? RECORD_ESCALATED : RECORD_REMINDED;
		want.number = rung;
		assert_record(&decision.records[0], want);
		place_do(place, &decision);
		assert_true(place_row(place, id).reminded);
		assert_int_equal(place_row(place, id).rung_reached, rung);
		assert_int_equal(place_row(place, id).fired, rung ? 3 : 1);
		assert_int_equal(core_totals(place->core).overdue, rung);
	}
}

static void a_new_calendar_writes_what_it_moves(void **state)
{
	struct place *place = *state;
	struct decision decision;
	place_at(place, 9, 30, 16, 0);
	int64_t id = place_submit(place, "m1", "水", NULL, NULL);
	struct workdays *before = place->workdays;
	place->workdays = place_workdays(2027, false);
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	workdays_destroy(&before);
	due(place, &decision);
	assert_int_equal(decision.case_id, id);
	assert_record(&decision.records[0], (struct record){.kind = RECORD_DUE,
						    .at = place->now.wall,
						    .case_id = id,
						    .stream = TEXT("portal/portal-a"),
						    .department = TEXT("water"),
						    .subject = TEXT("recounted"),
						    .due = place_local(10, 13, 0).us,
						    .due_date = place_date(10, 12),
						    .due_version = 2});
	place_do(place, &decision);
	assert_int_equal(place_row(place, id).due.us, place_local(10, 13, 0).us);
	assert_int_equal(place_row(place, id).due_date, place_date(10, 12));
	assert_int_equal(place_run(place), 0);
}

static void a_clock_held_resumed_and_accepted(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct instant right = place->now.wall;
	struct record want = {.kind = RECORD_CLOCK, .stream = TEXT("operator")};
	static const char *const words[] = {"held", "resumed", "held", "accepted"};
	for (int i = 0; i < 4; i++) {
		place->now.wall.us = right.us + (i == 1 ? 0 : US_PER_DAY);
		if (i == 3)
			core_decide_clock_accept(place->core, TEXT("op"), place->now, &decision);
		else
			core_decide_clock(place->core, place->now, &decision);
		want.at = place->now.wall;
		want.subject = span_of_string(words[i]);
		want.actor = i == 3 ? TEXT("op") : SPAN_EMPTY;
		assert_int_equal(decision.verdict, VERDICT_DONE);
		assert_int_equal(decision.record_count, 1);
		assert_record(&decision.records[0], want);
		place_do(place, &decision);
		assert_int_equal(core_clock_held(place->core), i % 2 == 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_offer),
		TEST(a_take),
		TEST(replies),
		TEST(a_refusal_needs_a_reason),
		TEST(a_return_and_a_failure),
		TEST(a_ruling),
		TEST(a_ruling_on_what_is_not_open),
		TEST(a_lost_offer),
		TEST(the_fifth_loss_parks),
		TEST(a_reply_forgives_the_losses_before_it),
		TEST(a_reminder_and_a_rung),
		TEST(a_new_calendar_writes_what_it_moves),
		TEST(a_clock_held_resumed_and_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
