#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "daemon/store/store.h"

/*
 * Digests computed by a program of another language from the words of store.h alone. They hold for ever: a
 * store written by an old daemon must verify under a new one.
 */
#define L(text) SPAN_LITERAL(text)

static void assert_digest(struct digest digest, const char *expected)
{
	char hex[DIGEST_HEX_SIZE];
	digest_to_hex(&digest, hex);
	assert_string_equal(hex, expected);
}

static void the_chain_is_of_the_bytes_the_header_says(void **state)
{
	(void)state;
	static char subject[2000];
	memset(subject, 's', sizeof(subject));
	struct record records[] = {
		{.seq = 1, .kind = RECORD_STARTED, .at = {1790000000000000}, .subject = L("0.1.0")},
		{.seq = 2,
			.kind = RECORD_REPLIED,
			.at = {1790000000123456},
			.case_id = 20260930000001,
			.actor = L("worker-1"),
			.stream = L("portal/web"),
			.department = L("water"),
			.subject = L("主题"),
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
			.digest = digest_of(L("x"))},
		{.seq = 3, .kind = RECORD_ALARM, .at = {5}, .subject = {subject, sizeof(subject)}},
	};
	static const char *const heads[] = {
		"784d502685e8c425a9abb0661a2b9ef164203cd7a468dab5770494c7c4ac4a31",
		"613fc559b386f2e868406b4397d87d94cf742543a1e66a3459afc7aad1d2e222",
		"c886dff5af3bdb219452dfb32ba1bb218c64b22e06996aaf47802b9159d1d0a2",
	};
	struct digest head = chain_first();
	assert_digest(head, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		head = chain_next(&head, &records[i]);
		assert_digest(head, heads[i]);
	}
}

static void a_text_digest_is_of_the_bytes_of_its_parts(void **state)
{
	(void)state;
	struct text_row row = {.case_id = 20260930000001,
		.ordinal = 1,
		.role = TEXT_MESSAGE,
		.title = L("标题"),
		.body = L("正文\n")};
	assert_digest(text_digest(&row), "54ac1ac84de37c0186fa898d6460d9c17e10cc89786557b7b60f6f29b318fcf8");
	struct text_row empty = {.case_id = 1, .ordinal = 9, .role = TEXT_REASON};
	assert_digest(
		text_digest(&empty), "676d72722b4b233e0a2642bae7dd04773a19cda484d8633641a8a8d5122012d3");
}

/* No two records of one change each have one hash: every field is in it, and none runs into the next. */
static void every_field_of_a_record_moves_the_hash(void **state)
{
	(void)state;
	struct digest head = chain_first(), plain, moved;
	struct record record = {.seq = 1, .kind = RECORD_TAKEN};
	plain = chain_next(&head, &record);
#define MOVE_TEXT(field)   record.field = L("a")
#define MOVE_NUMBER(field) record.field = 1
#define MOVE_DIGEST(field) record.field = head
#define X(name, type)                                             \
	record = (struct record){.seq = 1, .kind = RECORD_TAKEN}; \
	MOVE_##type(name);                                        \
	moved = chain_next(&head, &record);                       \
	assert_false(digest_equal(&plain, &moved));
	RECORD_FIELDS(X)
#undef X
	struct record one = {.seq = 1, .kind = RECORD_TAKEN, .actor = L("ab"), .stream = L("c")};
	struct record two = {.seq = 1, .kind = RECORD_TAKEN, .actor = L("a"), .stream = L("bc")};
	plain = chain_next(&head, &one);
	moved = chain_next(&head, &two);
	assert_false(digest_equal(&plain, &moved));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chain_is_of_the_bytes_the_header_says),
		cmocka_unit_test(a_text_digest_is_of_the_bytes_of_its_parts),
		cmocka_unit_test(every_field_of_a_record_moves_the_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
