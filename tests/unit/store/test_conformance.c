#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "tests/unit/store/engines.h"

/* What store.h promises, once for each engine. */

#define ID(n)	      (INT64_C(20260930000000) + (n))
#define L(text)	      SPAN_LITERAL(text)
#define CALL(f, ...)  (place->store->interface->f(place->store, ##__VA_ARGS__))
#define OK(call)      assert_int_equal((call), 0)
#define MISSING(call) assert_int_equal((call), STORE_NOT_FOUND)
#define PLACE	      struct place *place = *state

static int setup(void **state, const struct engine *engine)
{
	static struct place place;
	place = (struct place){.engine = engine};
	engine->open(&place);
	*state = &place;
	return 0;
}

static int setup_sqlite(void **state)
{
	return setup(state, &engine_sqlite);
}

static int setup_memory(void **state)
{
	return setup(state, &engine_memory);
}

static int teardown(void **state)
{
	PLACE;
	place->engine->close(place);
	return 0;
}

static struct record full_record(void)
{
	return (struct record){
		.kind = RECORD_REPLIED,
		.at = {1790000000123456},
		.case_id = ID(1),
		.actor = L("worker-1"),
		.stream = L("portal/web"),
		.department = L("water"),
		.subject = L("主题 with \"quotes\" and ';"),
		.class = L("ordinary"),
		.within = L("3 workday"),
		.epoch = 7,
		.holder = INT64_MAX,
		.due = INT64_MIN,
		.due_date = -1,
		.due_version = 2,
		.number = REPLY_FINAL,
		.flags = RECORD_FINAL | RECORD_PROCESS,
		.text = 3,
		.digest = digest_of(L("x")),
	};
}

static struct case_row full_case(int64_t case_id)
{
	return (struct case_row){
		.case_id = case_id,
		.state = CASE_TAKEN,
		.portal = L("web"),
		.department = L("water"),
		.class = L("major"),
		.within = L("7 workday"),
		.received = {1790000000000001},
		.due = {1790900000000002},
		.due_date = 20733,
		.due_version = 3,
		.provisional = true,
		.fired = 0x7fff,
		.rung_reached = 15,
		.reminded = true,
		.epoch = 9,
		.holder = INT64_MAX - 1,
		.holder_name = L("worker-1"),
		.process_custody = true,
		.final_ruling = true,
		.losses = 4,
		.returns = 2,
		.texts = 5,
		.taken = {1790000000000003},
		.answered = {1790000000000004},
		.reply_kind = REPLY_INTERIM,
		.reply_digest = digest_of(L("reply")),
	};
}

static void put_message(struct place *place, int64_t case_id, struct span portal, struct span message_id)
{
	struct message_row row = {.case_id = case_id, .portal = portal, .message_id = message_id};
	OK(CALL(put_message, &row));
}

static void put_case(struct place *place, int64_t case_id, enum case_state state, struct span department)
{
	struct case_row row = {.case_id = case_id,
		.state = state,
		.portal = L("web"),
		.department = department,
		.due = INSTANT_NEVER,
		.due_version = 1};
	OK(CALL(put_case, &row));
}

static void append(struct place *place, enum record_kind kind, int64_t case_id, struct span stream)
{
	struct record record = {.kind = kind, .at = {1790000000000000}, .case_id = case_id, .stream = stream};
	OK(CALL(append, &record));
}

struct seen {
	int64_t numbers[32];
	int count;
	int stop_after; /* 0: never */
};

static int see_record(void *context, const struct record *record)
{
	struct seen *seen = context;
	seen->numbers[seen->count++] = record->seq;
	return seen->count == seen->stop_after ? 77 : 0;
}

static int see_case(void *context, const struct case_row *row)
{
	struct seen *seen = context;
	seen->numbers[seen->count++] = row->case_id - ID(0);
	return seen->count == seen->stop_after ? -77 : 0;
}

static void assert_seen(const struct seen *seen, const char *expected)
{
	char text[256] = "";
	size_t size = 0;
	for (int i = 0; i < seen->count; i++)
		size += (size_t)snprintf(
			text + size, sizeof(text) - size, "%s%d", i ? " " : "", (int)seen->numbers[i]);
	assert_string_equal(text, expected);
}

static void a_new_store_is_empty_and_knows_what_it_was_made_as(void **state)
{
	PLACE;
	struct store_identity identity = place->store->interface->identity(place->store);
	assert_false(identity.laboratory);
	assert_int_equal(identity.created.us, PLACE_CREATED);
	struct record record;
	struct case_row row;
	struct message_row message;
	struct text_row text;
	int64_t number = 55, seq = 55;
	MISSING(CALL(last_record, &record));
	MISSING(CALL(read_case, ID(1), &row));
	MISSING(CALL(read_message, ID(1), &message));
	MISSING(CALL(find_message, L("web"), L("m-1"), &message));
	MISSING(CALL(read_text, ID(1), 1, &text));
	MISSING(CALL(read_cursor, L("web"), &number));
	MISSING(CALL(last_case_of_day, ID(0), ID(999999), &number));
	assert_int_equal(number, 55);
	struct store_totals totals = {5, 5};
	OK(CALL(totals, &totals));
	assert_int_equal(totals.accepted + totals.answered, 0);
	struct digest head, first = digest_of(SPAN_EMPTY);
	OK(CALL(chain_head, &seq, &head));
	assert_int_equal(seq, 0);
	assert_true(digest_equal(&head, &first));
	OK(CALL(commit));
}

static void every_field_of_a_record_comes_back_after_a_restart(void **state)
{
	PLACE;
	struct record record = full_record(), bare = {.kind = RECORD_STARTED, .at = {1}}, got;
	OK(CALL(append, &bare));
	OK(CALL(append, &record));
	assert_int_equal(bare.seq, 1);
	assert_int_equal(record.seq, 2);
	OK(CALL(last_record, &got));
	assert_true(records_equal(&record, &got));
	OK(CALL(commit));
	place->engine->reopen(place);
	OK(CALL(last_record, &got));
	assert_true(records_equal(&record, &got));
	struct record next = {.kind = RECORD_STARTED, .at = {2}};
	OK(CALL(append, &next));
	assert_int_equal(next.seq, 3);
}

static void every_field_of_a_case_comes_back_after_a_restart_and_is_replaced(void **state)
{
	PLACE;
	struct case_row row = full_case(ID(1)), got;
	OK(CALL(put_case, &row));
	OK(CALL(read_case, ID(1), &got));
	assert_true(cases_equal(&row, &got));
	put_message(place, ID(1), L("web"), L("m-1"));
	row.message_id = L("m-1");
	OK(CALL(commit));
	place->engine->reopen(place);
	OK(CALL(read_case, ID(1), &got));
	assert_true(cases_equal(&row, &got));

	struct case_row next = {.case_id = ID(1), .state = CASE_ANSWERED, .due = INSTANT_NEVER};
	OK(CALL(put_case, &next));
	next.message_id = L("m-1");
	OK(CALL(read_case, ID(1), &got));
	assert_true(cases_equal(&next, &got));
	assert_true(instant_is_never(got.due));
}

static void a_message_is_found_by_its_portal_and_id_and_by_its_case(void **state)
{
	PLACE;
	struct message_row row = {.case_id = ID(1),
		.portal = L("web"),
		.message_id = L("编号/1"),
		.digest = digest_of(L("content")),
		.category = L("供水"),
		.region = L("广州市")};
	struct message_row got;
	OK(CALL(put_message, &row));
	put_message(place, ID(2), L("app"), L("编号/1"));
	put_message(place, ID(3), L("web"), L("编号/2"));
	for (int round = 0; round < 2; round++) {
		OK(CALL(find_message, L("web"), L("编号/1"), &got));
		assert_true(messages_equal(&row, &got));
		OK(CALL(find_message, L("app"), L("编号/1"), &got));
		assert_int_equal(got.case_id, ID(2));
		OK(CALL(read_message, ID(1), &got));
		assert_true(messages_equal(&row, &got));
		MISSING(CALL(find_message, L("we"), L("b编号/1"), &got));
		MISSING(CALL(find_message, L("web"), L("编号/3"), &got));
		OK(CALL(commit));
		place->engine->reopen(place);
	}
}

static void a_second_message_or_text_of_one_key_is_an_error_that_ends_writing(void **state)
{
	PLACE;
	put_message(place, ID(1), L("web"), L("m-1"));
	struct text_row text = {.case_id = ID(1), .ordinal = 1, .role = TEXT_MESSAGE, .body = L("a")};
	OK(CALL(put_text, &text));
	OK(CALL(commit));
	struct message_row same_name = {.case_id = ID(2), .portal = L("web"), .message_id = L("m-1")};
	assert_int_equal(CALL(put_message, &same_name), -EEXIST);
	assert_true(CALL(put_case, &(struct case_row){.case_id = ID(5), .state = CASE_QUEUED}) < 0);
	assert_true(CALL(commit) < 0);
	place->engine->reopen(place);
	struct message_row same_case = {.case_id = ID(1), .portal = L("web"), .message_id = L("m-2")};
	assert_int_equal(CALL(put_message, &same_case), -EEXIST);
	place->engine->reopen(place);
	assert_int_equal(CALL(put_text, &text), -EEXIST);
	place->engine->reopen(place);
	struct message_row got;
	OK(CALL(find_message, L("web"), L("m-1"), &got));
	assert_int_equal(got.case_id, ID(1));
	MISSING(CALL(read_message, ID(2), &got));
}

static void texts_come_back_with_their_digest(void **state)
{
	PLACE;
	static char large[64 * 1024];
	memset(large, 'z', sizeof(large));
	struct text_row rows[] = {
		{.case_id = ID(1),
			.ordinal = 1,
			.role = TEXT_MESSAGE,
			.title = L("标题"),
			.body = L("正文\n第二行")},
		{.case_id = ID(1), .ordinal = 2, .role = TEXT_REPLY, .body = span_of(large, sizeof(large))},
		{.case_id = ID(1), .ordinal = TEXT_ORDINAL_MAX, .role = TEXT_REASON},
		{.case_id = INT64_C(99991231999999), .ordinal = 1, .role = TEXT_REASON, .body = L("last")},
	};
	for (size_t i = 0; i < 4; i++) {
		OK(CALL(put_text, &rows[i]));
		struct digest expected = text_digest(&rows[i]);
		assert_true(digest_equal(&expected, &rows[i].digest));
	}
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 4; i++) {
			struct text_row got;
			OK(CALL(read_text, rows[i].case_id, rows[i].ordinal, &got));
			assert_true(texts_equal(&rows[i], &got));
		}
		struct text_row got;
		MISSING(CALL(read_text, ID(1), 3, &got));
		MISSING(CALL(read_text, ID(1), 0, &got));
		MISSING(CALL(read_text, ID(1), TEXT_ORDINAL_MAX + 2, &got));
		MISSING(CALL(read_text, ID(2), 1, &got));
		OK(CALL(commit));
		place->engine->reopen(place);
	}
}

static void a_text_digest_covers_case_role_title_and_body_but_not_the_ordinal(void **state)
{
	(void)state;
	struct text_row row = {
		.case_id = 1, .ordinal = 1, .role = TEXT_REPLY, .title = L("ab"), .body = L("c")};
	struct text_row others[] = {row, row, row, row};
	others[0].case_id = 2;
	others[1].role = TEXT_REASON;
	others[2].title = L("a"), others[2].body = L("bc");
	others[3].body = L("d");
	struct digest digest = text_digest(&row), other;
	for (size_t i = 0; i < 4; i++) {
		other = text_digest(&others[i]);
		assert_false(digest_equal(&digest, &other));
	}
	row.ordinal = 2;
	other = text_digest(&row);
	assert_true(digest_equal(&digest, &other));
}

static void a_cursor_is_kept_per_principal_and_overwritten(void **state)
{
	PLACE;
	int64_t cursor;
	OK(CALL(put_cursor, L("web"), 5));
	OK(CALL(put_cursor, L("app"), 0));
	OK(CALL(put_cursor, L("web"), 9));
	OK(CALL(commit));
	place->engine->reopen(place);
	OK(CALL(read_cursor, L("web"), &cursor));
	assert_int_equal(cursor, 9);
	OK(CALL(read_cursor, L("app"), &cursor));
	assert_int_equal(cursor, 0);
	MISSING(CALL(read_cursor, L("we"), &cursor));
}

static void what_was_not_committed_is_read_but_gone_after_a_restart(void **state)
{
	PLACE;
	struct record kept = full_record();
	OK(CALL(append, &kept));
	put_case(place, ID(1), CASE_QUEUED, L("water"));
	OK(CALL(put_cursor, L("web"), 1));
	OK(CALL(commit));
	struct digest head_before, head;
	int64_t seq, number;
	OK(CALL(chain_head, &seq, &head_before));

	append(place, RECORD_ACCEPTED, ID(2), L("portal/web"));
	put_case(place, ID(1), CASE_ANSWERED, L("roads"));
	put_case(place, ID(2), CASE_QUEUED, L("roads"));
	put_message(place, ID(2), L("web"), L("m-2"));
	struct text_row text = {.case_id = ID(2), .ordinal = 1, .role = TEXT_MESSAGE};
	OK(CALL(put_text, &text));
	OK(CALL(put_cursor, L("web"), 2));
	OK(CALL(put_cursor, L("app"), 3));
	struct case_row row;
	OK(CALL(read_case, ID(1), &row));
	assert_int_equal(row.state, CASE_ANSWERED);
	OK(CALL(last_case_of_day, ID(0), ID(999999), &number));
	assert_int_equal(number, ID(2));
	struct seen seen = {.count = 0};
	OK(CALL(walk_stream, L("portal/web"), 0, -1, see_record, &seen));
	assert_seen(&seen, "1 2");

	place->engine->reopen(place);
	struct store_totals totals;
	struct message_row message;
	OK(CALL(chain_head, &seq, &head));
	assert_int_equal(seq, 1);
	assert_true(digest_equal(&head, &head_before));
	OK(CALL(read_case, ID(1), &row));
	assert_true(row.state == CASE_QUEUED && span_equal(row.department, L("water")));
	MISSING(CALL(read_case, ID(2), &row));
	MISSING(CALL(find_message, L("web"), L("m-2"), &message));
	MISSING(CALL(read_text, ID(2), 1, &text));
	MISSING(CALL(read_cursor, L("app"), &number));
	OK(CALL(read_cursor, L("web"), &number));
	assert_int_equal(number, 1);
	OK(CALL(totals, &totals));
	assert_int_equal(totals.accepted, 0);
	seen.count = 0;
	OK(CALL(walk_stream, L("portal/web"), 0, -1, see_record, &seen));
	assert_seen(&seen, "1");
}

static void the_last_case_of_a_day_is_the_highest_in_its_range(void **state)
{
	PLACE;
	int64_t number = 0;
	put_message(place, ID(3), L("web"), L("a"));
	put_message(place, ID(1), L("web"), L("b"));
	put_message(place, ID(1000001), L("web"), L("c"));
	OK(CALL(last_case_of_day, ID(1), ID(999999), &number));
	assert_int_equal(number, ID(3));
	OK(CALL(last_case_of_day, ID(1), ID(2), &number));
	assert_int_equal(number, ID(1));
	MISSING(CALL(last_case_of_day, ID(4), ID(999999), &number));
}

static void totals_count_acceptances_and_closing_replies(void **state)
{
	PLACE;
	for (enum reply_kind kind = 0; kind <= REPLY_REFUSAL; kind++) {
		struct record record = {.kind = RECORD_REPLIED, .number = kind};
		OK(CALL(append, &record));
		append(place, RECORD_ACCEPTED, ID(kind + 1), SPAN_EMPTY);
	}
	struct store_totals totals;
	for (int round = 0; round < 2; round++) {
		OK(CALL(totals, &totals));
		assert_int_equal(totals.accepted, 4);
		assert_int_equal(totals.answered, 2);
		OK(CALL(commit));
		place->engine->reopen(place);
	}
}

static void the_chain_is_over_every_record_in_order(void **state)
{
	PLACE;
	struct digest expected = digest_of(SPAN_EMPTY), head;
	int64_t seq;
	for (int i = 0; i < 5; i++) {
		struct record record = full_record();
		record.number = i;
		OK(CALL(append, &record));
		expected = chain_next(&expected, &record);
		OK(CALL(chain_head, &seq, &head));
		assert_int_equal(seq, i + 1);
		assert_true(digest_equal(&expected, &head));
	}
	OK(CALL(commit));
	place->engine->reopen(place);
	OK(CALL(chain_head, &seq, &head));
	assert_true(seq == 5 && digest_equal(&expected, &head));
}

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

static void what_a_read_lends_may_be_written_back_when_copied(void **state)
{
	PLACE;
	struct case_row row = full_case(ID(1));
	OK(CALL(put_case, &row));
	OK(CALL(read_case, ID(1), &row));
	char department[8] = "";
	assert_true(span_copy(row.department, department, sizeof(department)));
	put_case(place, ID(2), CASE_QUEUED, span_of_string(department));
	OK(CALL(read_case, ID(2), &row));
	assert_true(span_equal(row.department, L("water")));
}

#define BOTH(test)                                                    \
	{#test " (sqlite)", test, setup_sqlite, teardown, NULL},      \
	{                                                             \
#test " (memory)", test, setup_memory, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_new_store_is_empty_and_knows_what_it_was_made_as),
		BOTH(every_field_of_a_record_comes_back_after_a_restart),
		BOTH(every_field_of_a_case_comes_back_after_a_restart_and_is_replaced),
		BOTH(a_message_is_found_by_its_portal_and_id_and_by_its_case),
		BOTH(a_second_message_or_text_of_one_key_is_an_error_that_ends_writing),
		BOTH(texts_come_back_with_their_digest),
		cmocka_unit_test(a_text_digest_covers_case_role_title_and_body_but_not_the_ordinal),
		BOTH(a_cursor_is_kept_per_principal_and_overwritten),
		BOTH(what_was_not_committed_is_read_but_gone_after_a_restart),
		BOTH(the_last_case_of_a_day_is_the_highest_in_its_range),
		BOTH(totals_count_acceptances_and_closing_replies),
		BOTH(the_chain_is_over_every_record_in_order),
		BOTH(journal_history_and_stream_are_walked_in_order_from_a_place_and_to_a_limit),
		BOTH(a_callback_ends_the_walk_with_what_it_returns),
		BOTH(cases_are_listed_by_every_filter_and_their_conjunction),
		BOTH(a_listed_case_has_its_message_id_and_a_restored_one_does_not),
		BOTH(what_a_read_lends_may_be_written_back_when_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
