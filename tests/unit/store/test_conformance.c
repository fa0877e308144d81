#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "tests/unit/store/examples.h"

/* What store.h promises, once for each engine; walks are in test_walks.c. */

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
	put_message(place, ID(1), L("web"), L("m-1"));
	row.message_id = L("m-1");
	OK(CALL(read_case, ID(1), &got));
	assert_true(cases_equal(&row, &got));
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
		MISSING(CALL(read_text, 0, 1, &got));
		MISSING(CALL(read_text, INT64_MAX, 1, &got));
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
	put_message(place, ID(1), L("web"), L("m-1"));
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

static void what_a_read_lends_may_be_written_back_when_copied(void **state)
{
	PLACE;
	struct case_row row = full_case(ID(1));
	put_message(place, ID(1), L("web"), L("m-1"));
	put_message(place, ID(2), L("web"), L("m-2"));
	OK(CALL(put_case, &row));
	OK(CALL(read_case, ID(1), &row));
	char department[8] = "";
	assert_true(span_copy(row.department, department, sizeof(department)));
	put_case(place, ID(2), CASE_QUEUED, span_of_string(department));
	OK(CALL(read_case, ID(2), &row));
	assert_true(span_equal(row.department, L("water")));
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
		BOTH(what_a_read_lends_may_be_written_back_when_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
