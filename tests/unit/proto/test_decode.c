#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/message.h"
#include "tests/unit/proto/packing.h"

/* Most frames here are a whole SUBMIT but for the one field that a case replaces or adds. */
#define REQ 7

/* A whole SUBMIT; `key` has `value` instead of its own, or is added. A value without anything leaves the key
 * out. */
static void pack_submit(struct buffer *out, const char *key, const struct value *value)
{
	static const char *const keys[] = {"req", "id", "title", "body"};
	const struct value values[] = {RAW("\x07"), TEXT("a-1"), TEXT("路灯"), TEXT("路灯不亮\n三天了")};
	bool leave_out = value && !value->raw.size && !value->text_size && !value->text.data;
	bool replaced = !key;
	msgpack_packer packer;
	msgpack_packer_init(&packer, out, append);
	buffer_clear(out);
	uint32_t count = 4;
	for (size_t i = 0; key && i < 4; i++)
		replaced = replaced || strcmp(key, keys[i]) == 0;
	count += replaced ? 0 : 1;
	count -= leave_out ? 1 : 0;
	msgpack_pack_map(&packer, count);
	for (size_t i = 0; i < 4; i++) {
		bool own = !key || strcmp(key, keys[i]) != 0;
		if (!own && leave_out)
			continue;
		pack_text(&packer, span_of_string(keys[i]));
		pack_value(&packer, out, own ? &values[i] : value);
	}
	if (!replaced) {
		pack_text(&packer, span_of_string(key));
		pack_value(&packer, out, value);
	}
}

static void a_whole_submit_is_read(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	pack_submit(&frame, NULL, NULL);
	assert_true(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
	assert_int_equal(message.kind, KIND_SUBMIT);
	assert_int_equal(message_number(&message, FIELD_REQ, -1), REQ);
	assert_true(span_equal_string(message_text(&message, FIELD_TITLE), "路灯"));
	assert_true(span_equal_string(message_text(&message, FIELD_BODY), "路灯不亮\n三天了"));
	assert_false(message_has(&message, FIELD_CATEGORY));
	assert_int_equal(message_text(&message, FIELD_CATEGORY).size, 0);
	assert_int_equal(message_number(&message, FIELD_EPOCH, 5), 5);
	assert_true(instant_is_never(message_time(&message, FIELD_DUE, INSTANT_NEVER)));
	assert_false(message_flag(&message, FIELD_PROVISIONAL));
	buffer_deinit(&frame);
}

static void each_fault_of_a_field_is_named(void **state)
{
	(void)state;
	const struct {
		const char *key;
		struct value value;
		enum error_code code;
		enum field field;
		int64_t req;
	} cases[] = {
		/* left out, or with nothing in it */
		{"req", {.raw = {0}}, ERROR_MISSING_FIELD, FIELD_REQ, -1},
		{"id", {.raw = {0}}, ERROR_MISSING_FIELD, FIELD_ID, REQ},
		{"title", {.raw = {0}}, ERROR_MISSING_FIELD, FIELD_TITLE, REQ},
		{"body", {.raw = {0}}, ERROR_MISSING_FIELD, FIELD_BODY, REQ},
		{"id", RAW("\xa0"), ERROR_INVALID_VALUE, FIELD_ID, REQ},
		{"body", RAW("\xd9\x00"), ERROR_INVALID_VALUE, FIELD_BODY, REQ},
		/* of another type */
		{"title", RAW("\xc0"), ERROR_WRONG_TYPE, FIELD_TITLE, REQ},
		{"title", RAW("\xc4\x01x"), ERROR_WRONG_TYPE, FIELD_TITLE, REQ}, /* bin is not str */
		{"title", RAW("\x01"), ERROR_WRONG_TYPE, FIELD_TITLE, REQ},
		{"body", RAW("\x91\xa1x"), ERROR_WRONG_TYPE, FIELD_BODY, REQ},
		{"body", RAW("\x80"), ERROR_WRONG_TYPE, FIELD_BODY, REQ},
		{"category", RAW("\xc3"), ERROR_WRONG_TYPE, FIELD_CATEGORY, REQ},
		{"req", RAW("\xa1\x37"), ERROR_WRONG_TYPE, FIELD_REQ, -1},
		{"req", RAW("\xca\x40\xe0\x00\x00"), ERROR_WRONG_TYPE, FIELD_REQ, -1}, /* 7.0 is not 7 */
		{"req", RAW("\xc0"), ERROR_WRONG_TYPE, FIELD_REQ, -1},
		/* out of range */
		{"req", RAW("\xff"), ERROR_INVALID_VALUE, FIELD_REQ, -1},
		{"req", RAW("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), ERROR_INVALID_VALUE, FIELD_REQ, -1},
		{"req", RAW("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), ERROR_INVALID_VALUE, FIELD_REQ, -1},
		/* longer than the limit */
		{"title", LONG(TITLE_SIZE_MAX + 1), ERROR_TOO_LONG, FIELD_TITLE, REQ},
		{"body", LONG(BODY_SIZE_MAX + 1), ERROR_TOO_LONG, FIELD_BODY, REQ},
		{"id", LONG(MESSAGE_ID_SIZE_MAX + 1), ERROR_TOO_LONG, FIELD_ID, REQ},
		{"category", LONG(CATEGORY_SIZE_MAX + 1), ERROR_TOO_LONG, FIELD_CATEGORY, REQ},
		{"department", LONG(DEPARTMENT_ID_SIZE_MAX + 1), ERROR_TOO_LONG, FIELD_DEPARTMENT, REQ},
		/* not text that may be kept and shown */
		{"title", TEXT("two\nlines"), ERROR_INVALID_TEXT, FIELD_TITLE, REQ},
		{"title", TEXT("a\0b"), ERROR_INVALID_TEXT, FIELD_TITLE, REQ},
		{"body", TEXT("\x1b[2J"), ERROR_INVALID_TEXT, FIELD_BODY, REQ},
		{"body", TEXT("\xc3\x28"), ERROR_INVALID_TEXT, FIELD_BODY, REQ},
		{"body", TEXT("\xc0\xaf"), ERROR_INVALID_TEXT, FIELD_BODY, REQ},
		{"body", TEXT("\xed\xa0\x80"), ERROR_INVALID_TEXT, FIELD_BODY, REQ},
		{"body", TEXT("\xf4\x90\x80\x80"), ERROR_INVALID_TEXT, FIELD_BODY, REQ},
		/* how to reach the citizen is a text like others here */
		{"contact", RAW("\xc0"), ERROR_WRONG_TYPE, FIELD_CONTACT, REQ},
		{"contact", TEXT("a\xff"), ERROR_INVALID_TEXT, FIELD_CONTACT, REQ},
	};
	struct buffer frame = BUFFER_NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct refusal refusal;
		pack_submit(&frame, cases[i].key, &cases[i].value);
		assert_false(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
		assert_int_equal(refusal.code, cases[i].code);
		assert_int_equal(refusal.field, cases[i].field);
		assert_int_equal(refusal.req, cases[i].req);
		assert_non_null(strstr(refusal.text, cases[i].key));
	}
	buffer_deinit(&frame);
}

static void a_text_at_its_limit_is_accepted(void **state)
{
	(void)state;
	static const struct {
		const char *key;
		size_t size;
	} cases[] = {
		{"title", TITLE_SIZE_MAX},
		{"body", BODY_SIZE_MAX},
		{"id", MESSAGE_ID_SIZE_MAX},
		{"category", CATEGORY_SIZE_MAX},
		{"region", REGION_SIZE_MAX},
		{"department", DEPARTMENT_ID_SIZE_MAX},
		{"class", CLASS_NAME_SIZE_MAX},
	};
	struct buffer frame = BUFFER_NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct refusal refusal;
		pack_submit(&frame, cases[i].key, &LONG(cases[i].size));
		assert_true(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
	}
	buffer_deinit(&frame);
}

static void a_refused_text_tells_its_limit_and_nothing_of_what_was_sent(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	pack_submit(&frame, "title", &LONG(TITLE_SIZE_MAX + 1));
	assert_false(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
	assert_string_equal(refusal.text, "The field title is longer than its limit of 512 bytes.");
	pack_submit(&frame, "title", &TEXT("<script>\n"));
	assert_false(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
	assert_null(strstr(refusal.text, "script"));
	buffer_deinit(&frame);
}

static void fields_unknown_or_of_other_kinds_are_skipped(void **state)
{
	(void)state;
	const struct {
		const char *key;
		struct value value;
	} cases[] = {
		{"later", RAW("\x93\x01\x80\xc4\x02xy")},
		{"Title", RAW("\x01")}, /* keys are compared byte for byte */
		{"titl", RAW("\xc0")},
		{"epoch", RAW("\xa1x")}, /* known, but nothing that SUBMIT carries */
		{"items", RAW("\x01")},
		{"", RAW("\x01")},
	};
	struct buffer frame = BUFFER_NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct refusal refusal;
		pack_submit(&frame, cases[i].key, &cases[i].value);
		assert_true(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
		assert_false(message_has(&message, FIELD_EPOCH));
		assert_false(message_has(&message, FIELD_ITEMS));
		assert_true(message_has(&message, FIELD_BODY));
	}
	buffer_deinit(&frame);
}

/* Silence would be taken for a promise to keep it. */
static void faulty_maps_are_malformed(void **state)
{
	(void)state;
	static const struct {
		struct span frame;
		enum field field;
		int64_t req;
	} cases[] = {
		{SPAN_LITERAL(""), FIELD_TOTAL, -1},
		{SPAN_LITERAL("\xdd\x7f\xff\xff\xff"), FIELD_TOTAL, -1},
		{SPAN_LITERAL("\x90"), FIELD_TOTAL, -1},
		{SPAN_LITERAL("\xc0"), FIELD_TOTAL, -1},
		{SPAN_LITERAL("\x81\xa3req\x05\x00"), FIELD_TOTAL, -1},
		{SPAN_LITERAL("\x81\xa3req"), FIELD_TOTAL, -1},
		{SPAN_LITERAL("\x81\xa3req\xd4\x01\x01"), FIELD_TOTAL, -1},
		{SPAN_LITERAL("\x82\xa3req\x05\x01\x02"), FIELD_TOTAL, 5},	      /* a number as key */
		{SPAN_LITERAL("\x82\xa3req\x05\xc4\x02id\xa1x"), FIELD_TOTAL, 5},     /* bin as key */
		{SPAN_LITERAL("\x82\xa3req\x05\xc0\xa1x"), FIELD_TOTAL, 5},	      /* nil as key */
		{SPAN_LITERAL("\x83\xa2id\xa1x\xa2id\xa1x\xa3req\x05"), FIELD_ID, 5}, /* twice, the same */
		{SPAN_LITERAL("\x82\xa3req\x05\xa3req\x05"), FIELD_REQ, -1},
		{SPAN_LITERAL("\x83\xa3req\x05\xa5"
			      "epoch\x01\xa5"
			      "epoch\x01"),
			FIELD_EPOCH, 5}, /* though ignored */
		{SPAN_LITERAL("\x82\xa3req\x05\xa3req\xc0"), FIELD_REQ, -1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct refusal refusal;
		assert_false(decode(KIND_SUBMIT, cases[i].frame, &message, &refusal));
		assert_int_equal(refusal.code, ERROR_MALFORMED);
		assert_int_equal(refusal.field, cases[i].field);
		assert_int_equal(refusal.req, cases[i].req);
	}
}

static void a_frame_beyond_the_limit_is_malformed(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	/* An unknown field fills the frame to its last byte. */
	struct value filler = LONG(FRAME_SIZE_MAX - 1000);
	pack_submit(&frame, "filler", &filler);
	filler.text_size += FRAME_SIZE_MAX - frame.size;
	pack_submit(&frame, "filler", &filler);
	assert_int_equal(frame.size, FRAME_SIZE_MAX);
	assert_true(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
	filler.text_size++;
	pack_submit(&frame, "filler", &filler);
	assert_false(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
	assert_int_equal(refusal.code, ERROR_MALFORMED);
	buffer_deinit(&frame);
}

static void the_kind_frame_is_five_exact_bytes(void **state)
{
	(void)state;
	static const struct {
		struct span kind_frame;
		enum error_code code;
	} cases[] = {
		{{NULL, 0}, ERROR_VERSION}, {SPAN_LITERAL("WZP1"), ERROR_VERSION},
		{SPAN_LITERAL("WZP1\x01\x01"), ERROR_VERSION}, {SPAN_LITERAL("WZP2\x01"), ERROR_VERSION},
		{SPAN_LITERAL("wzp1\x01"), ERROR_VERSION}, {SPAN_LITERAL("WZP1\x00"), ERROR_UNKNOWN_KIND},
		{SPAN_LITERAL("WZP1\xff"), ERROR_UNKNOWN_KIND},
		{SPAN_LITERAL("WZP1\x0a"), ERROR_UNKNOWN_KIND},
		{SPAN_LITERAL("WZP1\x02"), ERROR_UNSUPPORTED}, /* FOLLOW_UP */
	};
	struct buffer frame = BUFFER_NULL;
	pack_submit(&frame, NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		struct refusal refusal;
		assert_false(check_frames(cases[i].kind_frame, buffer_span(&frame)));
		assert_false(message_decode(cases[i].kind_frame, buffer_span(&frame), &message, &refusal));
		assert_int_equal(refusal.code, cases[i].code);
		assert_int_equal(refusal.field, FIELD_TOTAL);
		assert_int_equal(refusal.req, REQ); /* its sender is told which request it was */
	}
	buffer_deinit(&frame);
}

static void every_kind_of_the_table_is_built_or_unsupported(void **state)
{
	(void)state;
	for (unsigned number = 0; number < 256; number++) {
		const struct kind_info *info = kind_info((uint8_t)number);
		char frame[KIND_FRAME_SIZE] = {'W', 'Z', 'P', '1', (char)number};
		struct message message;
		struct refusal refusal;
		bool accepted = message_decode(
			span_of(frame, sizeof(frame)), SPAN_LITERAL("\x80"), &message, &refusal);
		if (!info)
			assert_int_equal(refusal.code, ERROR_UNKNOWN_KIND);
		else if (!info->built) {
			assert_int_equal(refusal.code, ERROR_UNSUPPORTED);
			assert_int_equal(*kind_required(info->kind), FIELD_TOTAL);
			assert_int_equal(*kind_optional(info->kind), FIELD_TOTAL);
		} else if (*kind_required(info->kind) == FIELD_TOTAL)
			assert_true(accepted);
		else
			assert_int_equal(refusal.code, ERROR_MISSING_FIELD);
	}
}

static void nothing_is_written_when_a_message_is_refused(void **state)
{
	(void)state;
	struct message message, before;
	struct refusal refusal;
	memset(&message, 0x5a, sizeof(message));
	memset(&before, 0x5a, sizeof(before));
	assert_false(decode(KIND_SUBMIT, SPAN_LITERAL("\x82\xa3req\x05\xa5title\xa1x"), &message, &refusal));
	assert_memory_equal(&message, &before, sizeof(message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_submit_is_read),
		cmocka_unit_test(each_fault_of_a_field_is_named),
		cmocka_unit_test(a_text_at_its_limit_is_accepted),
		cmocka_unit_test(a_refused_text_tells_its_limit_and_nothing_of_what_was_sent),
		cmocka_unit_test(fields_unknown_or_of_other_kinds_are_skipped),
		cmocka_unit_test(faulty_maps_are_malformed),
		cmocka_unit_test(a_frame_beyond_the_limit_is_malformed),
		cmocka_unit_test(the_kind_frame_is_five_exact_bytes),
		cmocka_unit_test(every_kind_of_the_table_is_built_or_unsupported),
		cmocka_unit_test(nothing_is_written_when_a_message_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
