#include "tests/unit/store/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#define BODY_SIZE 3000

int64_t sample_case_id(int64_t n)
{
	return INT64_C(20260930000000) + n;
}

static void name_message(int64_t n, char ret_text[static 32])
{
	snprintf(ret_text, 32, "m-%" PRId64, n);
}

int sample_write(struct store *store, int64_t n)
{
	const struct store_interface *it = store->interface;
	char name[32], body[BODY_SIZE];
	name_message(n, name);
	memset(body, 'a' + (int)(n % 26), sizeof(body));
	struct message_row message = {.case_id = sample_case_id(n),
		.portal = SPAN_LITERAL("web"),
		.message_id = span_of_string(name),
		.digest = digest_of(span_of_string(name))};
	struct text_row asked = {.case_id = message.case_id,
		.ordinal = 1,
		.role = TEXT_MESSAGE,
		.title = SPAN_LITERAL("标题"),
		.body = span_of(body, sizeof(body))};
	struct text_row answer = {
		.case_id = message.case_id, .ordinal = 2, .role = TEXT_REPLY, .body = span_of_string(name)};
	struct record accepted = {.kind = RECORD_ACCEPTED,
		.at = {n + 1},
		.case_id = message.case_id,
		.actor = message.portal,
		.subject = message.message_id,
		.text = 1,
		.digest = message.digest};
	struct record replied = {.kind = RECORD_REPLIED,
		.at = {n + 1},
		.case_id = message.case_id,
		.actor = SPAN_LITERAL("worker-1"),
		.stream = SPAN_LITERAL("portal/web"),
		.number = REPLY_FINAL,
		.text = 2};
	struct case_row row = {.case_id = message.case_id,
		.state = CASE_ANSWERED,
		.portal = message.portal,
		.due = INSTANT_NEVER,
		.texts = 2};
	int r;
	if ((r = it->append(store, &accepted)) != 0 || (r = it->put_message(store, &message)) != 0 ||
		(r = it->put_text(store, &asked)) != 0 || (r = it->put_text(store, &answer)) != 0)
		return r;
	replied.digest = answer.digest;
	if ((r = it->append(store, &replied)) != 0)
		return r;
	return it->put_case(store, &row);
}

static int count_record(void *context, const struct record *record)
{
	(void)record;
	++*(int *)context;
	return 0;
}

bool sample_is_there(struct store *store, int64_t n)
{
	const struct store_interface *it = store->interface;
	char name[32];
	name_message(n, name);
	int64_t case_id = sample_case_id(n);
	struct message_row message;
	struct text_row text;
	struct case_row row;
	int records = 0;
	bool is_there = it->find_message(store, SPAN_LITERAL("web"), span_of_string(name), &message) == 0;
	int expected = is_there ? 0 : STORE_NOT_FOUND;
	assert_int_equal(it->read_message(store, case_id, &message), expected);
	assert_int_equal(it->read_text(store, case_id, 1, &text), expected);
	if (is_there) {
		assert_int_equal(text.body.size, BODY_SIZE);
		assert_int_equal(text.body.data[BODY_SIZE - 1], 'a' + (int)(n % 26));
	}
	assert_int_equal(it->read_text(store, case_id, 2, &text), expected);
	assert_int_equal(it->read_case(store, case_id, &row), expected);
	assert_int_equal(it->walk_history(store, case_id, 0, -1, count_record, &records), 0);
	assert_int_equal(records, is_there ? SAMPLE_RECORDS : 0);
	return is_there;
}

void sample_tamper(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	assert_int_equal(
		sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}
