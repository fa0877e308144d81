#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "client/reading.h"

static struct result *result_of(struct buffer *map, enum kind kind)
{
	struct result *result = memory_new(1, sizeof(*result));
	struct refusal refusal;
	char bytes[KIND_FRAME_SIZE];
	*result = (struct result){.type = RESULT_PUSHED, .map = *map};
	*map = BUFFER_NULL;
	bool decoded = message_decode(
		message_kind_frame(kind, bytes), buffer_span(&result->map), &result->message, &refusal);
	if (!decoded)
		fail_msg("%s", refusal.text);
	return result;
}

static void test_what_is_absent_shows_as_absent(void **state)
{
	(void)state;
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	struct wz_event event;
	struct reading reading = {0};
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_CURSOR, 9);
	writer_text(&writer, FIELD_EVENT, SPAN_LITERAL("alarm"));
	writer_time(&writer, FIELD_AT, (struct instant){7});
	writer_end(&writer);
	reading_begin(&reading, result_of(&map, KIND_EVENT));
	reading_event(&reading, &reading.result->message, &event);
	assert_int_equal(event.cursor, 9);
	assert_string_equal(event.name, "alarm");
	assert_int_equal(event.at_us, 7);
	assert_null(event.case_number);
	assert_null(event.title);
	assert_int_equal(event.due_us, WZ_NO_TIME);
	assert_int_equal(event.rung, WZ_NO_NUMBER);
	assert_int_equal(event.epoch, WZ_NO_NUMBER);
	assert_false(event.provisional);
	reading_deinit(&reading);
}

/* Every text one byte long: the NULs need as much room again, which is just what the headers had. */
static void test_texts_end_in_nul_however_tightly_they_were_packed(void **state)
{
	(void)state;
	static const enum field fields[] = {FIELD_CASE, FIELD_DEPARTMENT, FIELD_TITLE, FIELD_BODY,
		FIELD_CATEGORY, FIELD_REGION, FIELD_PORTAL, FIELD_CLASS};
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	struct wz_case offer;
	struct reading reading = {0};
	writer_begin(&writer, &map);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		writer_text(&writer, fields[i], span_of(&"abcdefgh"[i], 1));
	writer_number(&writer, FIELD_EPOCH, 3);
	writer_number(&writer, FIELD_LEASE_MS, 100);
	writer_time(&writer, FIELD_RECEIVED, (struct instant){1});
	writer_end(&writer);
	reading_begin(&reading, result_of(&map, KIND_OFFER));
	reading_case(&reading, &reading.result->message, &offer);
	assert_string_equal(offer.case_number, "a");
	assert_string_equal(offer.department, "b");
	assert_string_equal(offer.title, "c");
	assert_string_equal(offer.body, "d");
	assert_string_equal(offer.category, "e");
	assert_string_equal(offer.region, "f");
	assert_string_equal(offer.portal, "g");
	assert_string_equal(offer.class_name, "h");
	assert_int_equal(offer.epoch, 3);
	assert_int_equal(offer.lease_ms, 100);
	assert_null(offer.state);
	reading_deinit(&reading);
}

static void test_a_list_keeps_every_item_of_a_full_page(void **state)
{
	(void)state;
	const size_t count = HELD_PER_PAGE;
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	struct reading reading = {0};
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, 1);
	writer_items_begin(&writer);
	for (size_t i = 0; i < count; i++) {
		char name[8];
		snprintf(name, sizeof(name), "%zu", i);
		writer_item_begin(&writer);
		writer_text(&writer, FIELD_DEPARTMENT, span_of_string(name));
		writer_item_end(&writer);
	}
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, false);
	writer_end(&writer);
	reading_begin(&reading, result_of(&map, KIND_LIST));
	size_t got = 0;
	struct wz_case *cases = reading_list(&reading, sizeof(*cases), &got);
	assert_int_equal(got, count);
	struct field_value rest = reading.result->message.values[FIELD_ITEMS];
	struct message item;
	for (size_t i = 0; i < count; i++) {
		assert_true(message_items_next(&rest, &item));
		reading_case(&reading, &item, &cases[i]);
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(strtol(cases[i].department, NULL, 10), (long)i);
	reading_begin(&reading, NULL);
	assert_null(reading.texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_absent_shows_as_absent),
		cmocka_unit_test(test_texts_end_in_nul_however_tightly_they_were_packed),
		cmocka_unit_test(test_a_list_keeps_every_item_of_a_full_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
