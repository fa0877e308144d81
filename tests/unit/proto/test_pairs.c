#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/message.h"
#include "proto/scan.h"
#include "tests/unit/proto/packing.h"

/* Every key of the table beside every other, once and twice, wanted and not; and what a refusal says. */

static const struct value nil = {.raw = {"\xc0", 1}};

static void put(struct buffer *out, const char *key, const struct value *value)
{
	msgpack_packer packer;
	msgpack_packer_init(&packer, out, append);
	pack_text(&packer, span_of_string(key));
	pack_value(&packer, out, value);
}

static void map_of(struct buffer *out, uint32_t count)
{
	msgpack_packer packer;
	buffer_clear(out);
	msgpack_packer_init(&packer, out, append);
	msgpack_pack_map(&packer, count);
}

/* Of a BEAT only `req` is read: every other key is passed over, whatever its value, unless it stands twice.
 */
static void a_key_stands_in_nobodys_way_but_its_own(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	const struct value number = RAW("\x07");
	for (enum field a = 0; a < FIELD_TOTAL; a++)
		for (enum field b = 0; b < FIELD_TOTAL; b++) {
			map_of(&frame, 2);
			put(&frame, field_infos[a].key, a == FIELD_REQ ? &number : &nil);
			put(&frame, field_infos[b].key, b == FIELD_REQ ? &number : &nil);
			bool read = decode(KIND_BEAT, buffer_span(&frame), &message, &refusal);
			assert_int_equal(read, a != b);
			if (!read) {
				assert_int_equal(refusal.code, ERROR_MALFORMED);
				assert_int_equal(refusal.field, a);
				continue;
			}
			for (enum field field = 0; field < FIELD_TOTAL; field++)
				assert_int_equal(message_has(&message, field),
					field == FIELD_REQ && (a == FIELD_REQ || b == FIELD_REQ));
		}
	buffer_deinit(&frame);
}

/* An OFFER has no `req`: one that is there is passed over as any other stray key is. */
static void a_req_where_none_belongs_is_passed_over(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	const struct value word = TEXT("x"), number = RAW("\x07");
	map_of(&frame, 3);
	put(&frame, "event", &word);
	put(&frame, "at", &number);
	put(&frame, "req", &nil);
	assert_true(decode(KIND_NOTICE, buffer_span(&frame), &message, &refusal));
	assert_false(message_has(&message, FIELD_REQ));
	buffer_deinit(&frame);
}

static void a_wrong_type_is_told_what_the_right_one_is(void **state)
{
	(void)state;
	static const struct {
		enum kind kind;
		enum field field;
		const char *text;
	} rows[] = {
		{KIND_SUBMIT, FIELD_TITLE, "The field title must be a text (str)."},
		{KIND_SUBMIT, FIELD_BODY, "The field body must be a text (str)."},
		{KIND_CLOCK, FIELD_SET, "The field set must be an integer, microseconds since 1970."},
		{KIND_WATCH, FIELD_CURSOR, "The field cursor must be an integer."},
		{KIND_CLOCK, FIELD_ACCEPT, "The field accept must be true or false."},
		{KIND_READY, FIELD_DEPARTMENTS, "The field departments must be an array of texts."},
		{KIND_LIST, FIELD_ITEMS, "The field items must be an array of maps."},
	};
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		map_of(&frame, 1);
		put(&frame, field_infos[rows[i].field].key, &nil);
		assert_false(decode(rows[i].kind, buffer_span(&frame), &message, &refusal));
		assert_int_equal(refusal.code, ERROR_WRONG_TYPE);
		assert_int_equal(refusal.field, rows[i].field);
		assert_int_equal(refusal.req, -1);
		assert_string_equal(refusal.text, rows[i].text);
	}
	buffer_deinit(&frame);
}

static void the_largest_request_id_comes_back_with_a_refusal(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	const struct value largest = RAW("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"),
			   larger = RAW("\xcf\x80\x00\x00\x00\x00\x00\x00\x00");
	for (int i = 0; i < 2; i++) {
		map_of(&frame, 1);
		put(&frame, "req", i ? &larger : &largest);
		assert_false(decode(KIND_SUBMIT, buffer_span(&frame), &message, &refusal));
		assert_true(refusal.req == (i ? -1 : INT64_MAX));
	}
	buffer_deinit(&frame);
}

static void an_unknown_kind_is_named_by_its_number(void **state)
{
	(void)state;
	struct message message;
	struct refusal refusal;
	assert_false(decode((enum kind)0xfe, SPAN_LITERAL("\x80"), &message, &refusal));
	assert_string_equal(refusal.text, "WZP/1 has no kind of number 0xfe.");
}

static void every_outcome_of_the_scan_has_words(void **state)
{
	(void)state;
	for (enum scan_outcome outcome = SCAN_OK; outcome <= SCAN_TRAILING; outcome++)
		assert_non_null(scan_outcome_text(outcome));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_stands_in_nobodys_way_but_its_own),
		cmocka_unit_test(a_req_where_none_belongs_is_passed_over),
		cmocka_unit_test(a_wrong_type_is_told_what_the_right_one_is),
		cmocka_unit_test(the_largest_request_id_comes_back_with_a_refusal),
		cmocka_unit_test(every_outcome_of_the_scan_has_words),
		cmocka_unit_test(an_unknown_kind_is_named_by_its_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
