#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/message.h"
#include "tests/unit/proto/packing.h"

/* HELD's answer and READY's departments: one fault each. */
static void lists_are_read_as_strictly(void **state)
{
	(void)state;
#define LIST_OF "\x83\xa3req\x05\xa4more\xc2\xa5items"
#define READY_OF              \
	"\x84\xa3req\x05\xa6" \
	"credit\x01\xab"      \
	"incarnation\x09\xab" \
	"departments"
	static const struct {
		enum kind kind;
		struct span frame;
		enum error_code code; /* ERROR_NONE: accepted */
		enum field field;
	} cases[] = {
		{KIND_LIST, SPAN_LITERAL(LIST_OF "\x90"), ERROR_NONE, 0},
		{KIND_LIST,
			SPAN_LITERAL(LIST_OF "\x92\x80\x81\xa5"
					     "epoch\x03"),
			ERROR_NONE, 0},
		{KIND_LIST, SPAN_LITERAL(LIST_OF "\x91\x81\xa3new\x91\x80"), ERROR_NONE, 0},
		{KIND_LIST, SPAN_LITERAL(LIST_OF "\x80"), ERROR_WRONG_TYPE, FIELD_ITEMS},
		{KIND_LIST, SPAN_LITERAL(LIST_OF "\x91\x01"), ERROR_WRONG_TYPE, FIELD_ITEMS},
		{KIND_LIST, SPAN_LITERAL(LIST_OF "\x91\x90"), ERROR_WRONG_TYPE, FIELD_ITEMS},
		{KIND_LIST, SPAN_LITERAL(LIST_OF "\x91\x81\x01\x01"), ERROR_MALFORMED, FIELD_TOTAL},
		{KIND_LIST,
			SPAN_LITERAL(LIST_OF "\x91\x81\xa5"
					     "epoch\xa1x"),
			ERROR_WRONG_TYPE, FIELD_EPOCH},
		{KIND_LIST,
			SPAN_LITERAL(LIST_OF "\x91\x82\xa5"
					     "epoch\x03\xa5"
					     "epoch\x03"),
			ERROR_MALFORMED, FIELD_EPOCH},
		{KIND_LIST, SPAN_LITERAL(LIST_OF "\x91\x81\xa5items\x90"), ERROR_MALFORMED, FIELD_ITEMS},
		{KIND_READY, SPAN_LITERAL(READY_OF "\x90"), ERROR_NONE, 0},
		{KIND_READY, SPAN_LITERAL(READY_OF "\x92\xa1x\xa6水务"), ERROR_NONE, 0},
		{KIND_READY, SPAN_LITERAL(READY_OF "\xa1x"), ERROR_WRONG_TYPE, FIELD_DEPARTMENTS},
		{KIND_READY, SPAN_LITERAL(READY_OF "\x91\x01"), ERROR_WRONG_TYPE, FIELD_DEPARTMENTS},
		{KIND_READY, SPAN_LITERAL(READY_OF "\x91\xc4\x01x"), ERROR_WRONG_TYPE, FIELD_DEPARTMENTS},
		{KIND_READY, SPAN_LITERAL(READY_OF "\x91\xa1\n"), ERROR_INVALID_TEXT, FIELD_DEPARTMENTS},
		{KIND_READY, SPAN_LITERAL(READY_OF "\x91\xa1\xff"), ERROR_INVALID_TEXT, FIELD_DEPARTMENTS},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct refusal refusal;
		bool accepted = decode(cases[i].kind, cases[i].frame, &message, &refusal);
		assert_int_equal(accepted, cases[i].code == ERROR_NONE);
		if (accepted)
			continue;
		assert_int_equal(refusal.code, cases[i].code);
		assert_int_equal(refusal.field, cases[i].field);
		assert_int_equal(refusal.req, 5);
	}
}

static void lists_end_at_their_limit(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	msgpack_packer packer;
	msgpack_packer_init(&packer, &frame, append);
	for (size_t count = DEPARTMENTS_PER_PRINCIPAL_MAX; count <= DEPARTMENTS_PER_PRINCIPAL_MAX + 1;
		count++) {
		buffer_clear(&frame);
		buffer_append_span(&frame, SPAN_LITERAL(READY_OF));
		msgpack_pack_array(&packer, count);
		for (size_t i = 0; i < count; i++)
			pack_text(&packer, SPAN_LITERAL("d"));
		bool fits = count <= DEPARTMENTS_PER_PRINCIPAL_MAX;
		assert_int_equal(decode(KIND_READY, buffer_span(&frame), &message, &refusal), fits);
		assert_true(fits || (refusal.code == ERROR_TOO_LONG && refusal.field == FIELD_DEPARTMENTS));
	}
	for (size_t size = FIELD_LINES_ITEM_SIZE_MAX; size <= FIELD_LINES_ITEM_SIZE_MAX + 1; size++) {
		buffer_clear(&frame);
		buffer_append_span(&frame, SPAN_LITERAL(READY_OF));
		msgpack_pack_array(&packer, 1);
		pack_value(&packer, &frame, &LONG(size));
		bool fits = size <= FIELD_LINES_ITEM_SIZE_MAX;
		assert_int_equal(decode(KIND_READY, buffer_span(&frame), &message, &refusal), fits);
		assert_true(fits || (refusal.code == ERROR_TOO_LONG && refusal.field == FIELD_DEPARTMENTS));
	}
	int64_t limit = field_infos[FIELD_ITEMS].limit;
	for (int64_t count = limit; count <= limit + 1; count++) {
		buffer_clear(&frame);
		buffer_append_span(&frame, SPAN_LITERAL(LIST_OF));
		msgpack_pack_array(&packer, (size_t)count);
		for (int64_t i = 0; i < count; i++)
			msgpack_pack_map(&packer, 0);
		assert_int_equal(decode(KIND_LIST, buffer_span(&frame), &message, &refusal), count == limit);
		assert_true(
			count == limit || (refusal.code == ERROR_TOO_LONG && refusal.field == FIELD_ITEMS));
	}
	buffer_deinit(&frame);
}

static void numbers_end_at_their_limit(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	msgpack_packer packer;
	msgpack_packer_init(&packer, &frame, append);
	/* An item takes any field, so one LIST tries them all. */
	for (enum field field = 0; field < FIELD_TOTAL; field++) {
		const struct field_info *info = &field_infos[field];
		bool time = info->type == TYPE_TIME;
		if (!time && info->type != TYPE_COUNT)
			continue;
		uint64_t limit = (uint64_t)(time ? INSTANT_US_MAX : info->limit);
		for (uint64_t number = limit; number <= limit + 1; number++) {
			struct message message, item;
			struct refusal refusal;
			buffer_clear(&frame);
			buffer_append_span(&frame, SPAN_LITERAL(LIST_OF "\x91\x81"));
			pack_text(&packer, span_of_string(info->key));
			msgpack_pack_uint64(&packer, number);
			bool accepted = decode(KIND_LIST, buffer_span(&frame), &message, &refusal);
			assert_int_equal(accepted, number == limit);
			if (!accepted) {
				assert_int_equal(refusal.code, ERROR_INVALID_VALUE);
				assert_int_equal(refusal.field, field);
				continue;
			}
			struct field_value items = message.values[FIELD_ITEMS];
			assert_true(message_items_next(&items, &item));
			assert_true(item.values[field].number == (int64_t)limit);
			assert_false(message_items_next(&items, &item));
		}
	}
	buffer_deinit(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read_as_strictly),
		cmocka_unit_test(lists_end_at_their_limit),
		cmocka_unit_test(numbers_end_at_their_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
