#include "tests/unit/core/records.h"

#include "tests/unit/core/place.h"

/* What an acceptance writes into the journal, field by field. */

#define PEER	      (UINT64_C(1) << 40 | 1)
#define OTHER	      (UINT64_C(1) << 40 | 2)
#define TEXT(literal) SPAN_LITERAL(literal)

static void submit(struct place *place, const struct submission *submission, struct decision *ret_decision)
{
	struct submission_facts facts = {0};
	core_decide_submit(place->core, place->now, submission, &facts, ret_decision);
}

static void an_acceptance_by_rule(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct submission submission = {.portal = TEXT("portal-a"),
		.message_id = TEXT("m1"),
		.request = {.title = TEXT("水管"), .body = TEXT("b")}};
	submit(place, &submission, &decision);
	assert_int_equal(decision.verdict, VERDICT_DONE);
	assert_int_equal(decision.state, CASE_QUEUED);
	assert_int_equal(decision.case_id, INT64_C(20260914000001));
	assert_int_equal(decision.record_count, 2);
	assert_record(&decision.records[0], (struct record){.kind = RECORD_ACCEPTED,
						    .at = place->now.wall,
						    .case_id = INT64_C(20260914000001),
						    .actor = TEXT("portal-a"),
						    .subject = TEXT("m1"),
						    .class = TEXT("ordinary"),
						    .within = TEXT("3 workday"),
						    .due = place_local(9, 18, 0).us,
						    .due_date = place_date(9, 17),
						    .due_version = 1,
						    .text = 1,
						    .digest = submission_digest(&submission)});
	assert_record(&decision.records[1], (struct record){.kind = RECORD_ROUTED,
						    .at = place->now.wall,
						    .case_id = INT64_C(20260914000001),
						    .department = TEXT("water"),
						    .subject = TEXT("water")});
}

static void an_acceptance_that_names_department_and_class(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct submission submission = {.portal = TEXT("portal-a"),
		.message_id = TEXT("m1"),
		.request = {.title = TEXT("水管"), .department = TEXT("edu"), .class = TEXT("open")}};
	submit(place, &submission, &decision);
	assert_record(&decision.records[0], (struct record){.kind = RECORD_ACCEPTED,
						    .at = place->now.wall,
						    .case_id = INT64_C(20260914000001),
						    .actor = TEXT("portal-a"),
						    .department = TEXT("edu"),
						    .subject = TEXT("m1"),
						    .class = TEXT("open"),
						    .due_version = 1,
						    .number = 1,
						    .text = 1,
						    .digest = submission_digest(&submission)});
	assert_record(&decision.records[1], (struct record){.kind = RECORD_ROUTED,
						    .at = place->now.wall,
						    .case_id = INT64_C(20260914000001),
						    .department = TEXT("edu"),
						    .subject = TEXT("explicit")});
}

static void an_acceptance_no_rule_knows_is_an_event_for_triage(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct submission submission = {.portal = TEXT("portal-a"),
		.message_id = TEXT("m1"),
		.request = {.title = TEXT("天空"), .class = TEXT("major")}};
	place_at(place, 12, 30, 9, 0); /* beyond what is firm: the next year is published, so it is */
	submit(place, &submission, &decision);
	assert_int_equal(decision.state, CASE_TRIAGE);
	assert_int_equal(decision.records[0].flags, 0);
	assert_record(&decision.records[1], (struct record){.kind = RECORD_TRIAGED,
						    .at = place->now.wall,
						    .case_id = INT64_C(20261230000001),
						    .stream = TEXT("triage"),
						    .subject = TEXT("no-rule")});
}

static void what_the_profile_does_not_have_is_refused_by_name(void **state)
{
	struct place *place = *state;
	struct decision decision;
	struct submission submission = {
		.portal = TEXT("portal-a"), .request = {.title = TEXT("t"), .department = TEXT("tax")}};
	submit(place, &submission, &decision);
	assert_int_equal(decision.verdict, VERDICT_UNKNOWN_DEPARTMENT);
	submission.request = (struct routing_request){.title = TEXT("t"), .class = TEXT("urgent")};
	submit(place, &submission, &decision);
	assert_int_equal(decision.verdict, VERDICT_UNKNOWN_CLASS);
	assert_int_equal(decision.record_count, 0);
}

static void every_field_is_content(void **state)
{
	(void)state;
	struct submission variants[7];
	for (size_t i = 0; i < 7; i++)
		variants[i] = (struct submission){.portal = TEXT("p"), .message_id = TEXT("m")};
	variants[1].request.title = TEXT("x");
	variants[2].request.body = TEXT("x");
	variants[3].request.category = TEXT("x");
	variants[4].request.region = TEXT("x");
	variants[5].request.department = TEXT("x");
	variants[6].request.class = TEXT("x");
	for (size_t i = 0; i < 7; i++)
		for (size_t j = 0; j < 7; j++) {
			struct digest a = submission_digest(&variants[i]),
				      b = submission_digest(&variants[j]);
			assert_int_equal(digest_equal(&a, &b), i == j);
		}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_acceptance_by_rule),
		TEST(an_acceptance_that_names_department_and_class),
		TEST(an_acceptance_no_rule_knows_is_an_event_for_triage),
		TEST(what_the_profile_does_not_have_is_refused_by_name),
		TEST(every_field_is_content),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
