#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "proto/message.h"

static void assert_prints(enum kind kind, struct span frame, const char *expected)
{
	CLEANUP(buffer_deinit) struct buffer out = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	char bytes[KIND_FRAME_SIZE];
	assert_true(message_decode(message_kind_frame(kind, bytes), frame, &message, &refusal));
	message_print(&message, &out);
	assert_string_equal(buffer_string(&out), expected);
}

static void a_message_is_one_line_in_the_order_of_the_table(void **state)
{
	(void)state;
	assert_prints(KIND_STATUS, SPAN_LITERAL("\x81\xa3req\x01"), "STATUS {req: 1}");
	assert_prints(KIND_BEAT, SPAN_LITERAL("\x80"), "BEAT {}");
	assert_prints(KIND_RETURN,
		SPAN_LITERAL("\x84\xa6reason\xabnot\n\"ours\"\t\xa3req\x02\xa5"
			     "epoch\x03\xa4"
			     "case\xa1x"),
		"RETURN {req: 2, case: \"x\", epoch: 3, reason: \"not\\n\\\"ours\\\"\\t\"}");
}

static void long_texts_are_shown_by_size_and_secrets_not_at_all(void **state)
{
	(void)state;
	assert_prints(KIND_QUERY,
		SPAN_LITERAL("\x82\xa3req\x01\xaaquery_code\xa3"
			     "ABC"),
		"QUERY {req: 1, query_code: <secret>}");
	assert_prints(KIND_REPLY,
		SPAN_LITERAL("\x84\xa3req\x02\xa5"
			     "epoch\x03\xa4"
			     "case\xa1x\xa5reply\xd9\x29"
			     "01234567890123456789012345678901234567890"),
		"REPLY {req: 2, case: \"x\", epoch: 3, reply: <41 bytes>}");
}

static void times_lists_and_items_are_readable(void **state)
{
	(void)state;
	assert_prints(KIND_CLOCK, SPAN_LITERAL("\x82\xa3req\x01\xa3set\xcf\x00\x06\x47\x99\x94\x11\x64\x01"),
		"CLOCK {req: 1, set: 2026-01-05T01:00:00.000001Z}");
	assert_prints(KIND_LIST,
		SPAN_LITERAL("\x83\xa3req\x01\xa4more\xc3\xa5items\x92\x81\xa5"
			     "epoch\x03\x81\xab"
			     "departments\x92\xa1"
			     "a\xa1"
			     "b"),
		"LIST {req: 1, items: [{epoch: 3}, {departments: [\"a\", \"b\"]}], more: true}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line_in_the_order_of_the_table),
		cmocka_unit_test(long_texts_are_shown_by_size_and_secrets_not_at_all),
		cmocka_unit_test(times_lists_and_items_are_readable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
