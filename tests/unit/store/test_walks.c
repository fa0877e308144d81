#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/examples.h"

/* What store.h promises of walks, once for each engine. */

static void journal_history_and_stream_are_walked_in_order_from_a_place_and_to_a_limit(void **state)
{
	PLACE;
	append(place, RECORD_STARTED, 0, SPAN_EMPTY);
	append(place, RECORD_ACCEPTED, ID(1), SPAN_EMPTY);
	append(place, RECORD_TAKEN, ID(1), L("portal/web"));
	append(place, RECORD_ACCEPTED, ID(2), SPAN_EMPTY);
	append(place, RECORD_TAKEN, ID(2), L("portal/app"));
	append(place, RECORD_REPLIED, ID(1), L("portal/web"));
	append(place, RECORD_ALARM, 0, L("operator"));
	append(place, RECORD_REPLIED, ID(2), L("portal/web"));
	static const struct {
		char walk; /* journal, history, stream */
		int64_t case_id;
		struct span stream;
		int64_t after, limit;
		const char *expected;
	} walks[] = {
		{'j', 0, {0}, 0, -1, "1 2 3 4 5 6 7 8"}, {'j', 0, {0}, 3, 2, "4 5"}, {'j', 0, {0}, 8, -1, ""},
		{'j', 0, {0}, 0, 0, ""}, {'h', ID(1), {0}, 0, -1, "2 3 6"}, {'h', ID(1), {0}, 2, 1, "3"},
		{'h', ID(3), {0}, 0, -1, ""}, {'h', 0, {0}, 0, -1, ""}, /* no case is no case's history */
		{'s', 0, {"portal/web", 10}, 0, -1, "3 6 8"}, {'s', 0, {"portal/web", 10}, 3, -1, "6 8"},
		{'s', 0, {"portal/web", 10}, 0, 2, "3 6"}, {'s', 0, {"operator", 8}, 0, -1, "7"},
		{'s', 0, {"portal", 6}, 0, -1, ""},
		{'s', 0, {"", 0}, 0, -1, ""}, /* nobody's stream holds nothing */
	};
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
			struct seen seen = {.count = 0};
			int64_t after = walks[i].after, limit = walks[i].limit;
			if (walks[i].walk == 'j')
				OK(CALL(walk_journal, after, limit, see_record, &seen));
			else if (walks[i].walk == 'h')
				OK(CALL(walk_history, walks[i].case_id, after, limit, see_record, &seen));
			else
				OK(CALL(walk_stream, walks[i].stream, after, limit, see_record, &seen));
			assert_seen(&seen, walks[i].expected);
		}
		OK(CALL(commit));
		place->engine->reopen(place);
	}
}

static void a_callback_ends_the_walk_with_what_it_returns(void **state)
{
	PLACE;
	for (int i = 1; i <= 4; i++) {
		append(place, RECORD_TAKEN, ID(1), L("triage"));
		put_message(place, ID(i), L("web"), span_of(&"abcd"[i - 1], 1));
		put_case(place, ID(i), CASE_QUEUED, L("water"));
	}
	struct case_filter all = {.after = 0};
	for (int walk = 0; walk < 5; walk++) {
		struct seen seen = {.stop_after = 2};
		int r = walk == 0   ? CALL(walk_journal, 0, -1, see_record, &seen)
			: walk == 1 ? CALL(walk_history, ID(1), 0, -1, see_record, &seen)
			: walk == 2 ? CALL(walk_stream, L("triage"), 0, -1, see_record, &seen)
			: walk == 3 ? CALL(walk_open, see_case, &seen)
				    : CALL(walk_cases, &all, see_case, &seen);
		assert_int_equal(r, walk < 3 ? 77 : -77);
		assert_seen(&seen, "1 2");
	}
	append(place, RECORD_TAKEN, ID(1), L("triage"));
	OK(CALL(commit));
}

static void cases_are_listed_by_every_filter_and_their_conjunction(void **state)
{
	PLACE;
	static const struct {
		enum case_state state;
		const char *portal, *department;
		int64_t due;
	} cases[] = {
		{CASE_TRIAGE, "web", "", 300},
		{CASE_QUEUED, "web", "water", 100},
		{CASE_ANSWERED, "web", "water", 50},
		{CASE_TAKEN, "app", "roads", 200},
		{CASE_OFFERED, "app", "water", INT64_MAX},
		{CASE_ANSWERED, "app", "roads", INT64_MAX},
	};
	for (int i = 5; i >= 0; i--) {
		struct case_row row = {.case_id = ID(i + 1),
			.state = cases[i].state,
			.portal = span_of_string(cases[i].portal),
			.department = span_of_string(cases[i].department),
			.due = {cases[i].due}};
		put_message(place, ID(i + 1), row.portal, span_of(&"abcdef"[i], 1));
		OK(CALL(put_case, &row));
	}
	static const struct {
		struct case_filter filter;
		const char *expected;
	} walks[] = {
		{{.after = 0}, "1 2 3 4 5 6"},
		{{.after = ID(4)}, "5 6"},
		{{.limit = 2}, "1 2"},
		{{.limit = -1}, "1 2 3 4 5 6"},
		{{.after = ID(1), .limit = 3}, "2 3 4"},
		{{.open_only = true}, "1 2 4 5"},
		{{.open_only = true, .limit = 3}, "1 2 4"},
		{{.state = CASE_ANSWERED}, "3 6"},
		{{.state = CASE_TAKEN}, "4"},
		{{.state = CASE_ANSWERED, .open_only = true}, ""},
		{{.department = {"water", 5}}, "2 3 5"},
		{{.department = {"water", 5}, .open_only = true}, "2 5"},
		{{.department = {"wate", 4}}, ""},
		{{.portal = {"app", 3}}, "4 5 6"},
		{{.portal = {"app", 3}, .department = {"roads", 5}, .state = CASE_ANSWERED}, "6"},
		{{.due_before = {200}}, "2 4"},
		{{.due_before = {99}}, ""},
		{{.due_before = {1000}, .portal = {"web", 3}, .after = ID(1)}, "2"},
		{{.due_before = {INT64_MAX}}, "1 2 4"},
		{{.due_before = {1000}, .state = CASE_ANSWERED}, ""},
	};
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		struct seen seen = {.count = 0};
		OK(CALL(walk_cases, &walks[i].filter, see_case, &seen));
		assert_seen(&seen, walks[i].expected);
	}
	struct seen seen = {.count = 0};
	OK(CALL(walk_open, see_case, &seen));
	assert_seen(&seen, "1 2 4 5");
}

static int see_message_id(void *context, const struct case_row *row)
{
	*(bool *)context = span_equal(row->message_id, L("m-1"));
	return 0;
}

static void a_listed_case_has_its_message_id_and_a_restored_one_does_not(void **state)
{
	PLACE;
	put_message(place, ID(1), L("web"), L("m-1"));
	put_case(place, ID(1), CASE_QUEUED, L("water"));
	bool has;
	OK(CALL(walk_cases, &(struct case_filter){.limit = 1}, see_message_id, &has));
	assert_true(has);
	OK(CALL(walk_cases, &(struct case_filter){.open_only = true}, see_message_id, &has));
	assert_true(has);
	OK(CALL(walk_open, see_message_id, &has));
	assert_false(has);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(journal_history_and_stream_are_walked_in_order_from_a_place_and_to_a_limit),
		BOTH(a_callback_ends_the_walk_with_what_it_returns),
		BOTH(cases_are_listed_by_every_filter_and_their_conjunction),
		BOTH(a_listed_case_has_its_message_id_and_a_restored_one_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
