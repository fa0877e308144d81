#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/message.h"
#include "tests/unit/proto/frame_check.h"
#include "tests/unit/proto/random_frame.h"

static void a_message_is_written_in_the_shortest_form(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct writer writer;
	char kind[KIND_FRAME_SIZE];
	writer_begin(&writer, &frame);
	writer_number(&writer, FIELD_REQ, 300);
	writer_text(&writer, FIELD_CASE, SPAN_LITERAL("20260105-000001-7"));
	writer_flag(&writer, FIELD_FINAL, true);
	writer_end(&writer);
	struct span expected = SPAN_LITERAL("\x83\xa3req\xcd\x01\x2c\xa4"
					    "case\xb1"
					    "20260105-000001-7\xa5"
					    "final\xc3");
	assert_true(span_equal(buffer_span(&frame), expected));
	assert_true(span_equal(message_kind_frame(KIND_OFFER, kind), SPAN_LITERAL("WZP1\x82")));
	buffer_deinit(&frame);
}

static void frames_are_appended_to_a_buffer_one_after_the_other(void **state)
{
	(void)state;
	struct buffer arena = BUFFER_NULL;
	struct prng prng;
	uint64_t wanted[2];
	size_t starts[21];
	char kind[KIND_FRAME_SIZE];
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 20; i++) {
		starts[i] = arena.size;
		random_message(&prng, kind_info(KIND_DOSSIER), 90, &arena, wanted);
	}
	starts[20] = arena.size;
	for (int i = 0; i < 20; i++) {
		struct message message;
		struct refusal refusal;
		struct span frame = span_of(arena.data + starts[i], starts[i + 1] - starts[i]);
		assert_true(
			message_decode(message_kind_frame(KIND_DOSSIER, kind), frame, &message, &refusal));
	}
	buffer_deinit(&arena);
}

static void lists_and_items_are_read_back_in_order(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct writer writer;
	struct message message, item;
	struct refusal refusal;
	char kind[KIND_FRAME_SIZE];
	writer_begin(&writer, &frame);
	writer_number(&writer, FIELD_REQ, 1);
	writer_items_begin(&writer);
	for (int64_t i = 0; i < 40; i++) { /* more than a one-byte header can say */
		writer_item_begin(&writer);
		writer_number(&writer, FIELD_REQ, i); /* an item's fields are its own */
		if (i % 2)
			writer_text(&writer, FIELD_NAME, SPAN_LITERAL("水务局"));
		writer_item_end(&writer);
	}
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, false);
	writer_end(&writer);
	assert_true(
		message_decode(message_kind_frame(KIND_LIST, kind), buffer_span(&frame), &message, &refusal));
	assert_int_equal(message_number(&message, FIELD_REQ, -1), 1);
	assert_true(message_has(&message, FIELD_MORE));
	struct field_value items = message.values[FIELD_ITEMS];
	assert_int_equal(items.count, 40);
	for (int64_t i = 0; i < 40; i++) {
		assert_true(message_items_next(&items, &item));
		assert_int_equal(message_number(&item, FIELD_REQ, -1), i);
		assert_int_equal(message_has(&item, FIELD_NAME), i % 2);
	}
	assert_false(message_items_next(&items, &item));
	buffer_deinit(&frame);
}

static void a_map_of_any_number_of_fields_is_read_back(void **state)
{
	(void)state;
	struct buffer frame = BUFFER_NULL;
	struct message message, item;
	struct refusal refusal;
	char kind[KIND_FRAME_SIZE];
	for (unsigned count = 0; count <= MAP_FIELDS_MAX; count++) {
		struct prng prng;
		struct writer writer;
		uint64_t wanted[2] = {0};
		unsigned left = count;
		prng_init(&prng, count);
		for (enum field field = 0; field < FIELD_TOTAL && left > 0; field++) {
			bool wide = field == FIELD_BODY || field == FIELD_REPLY;
			if (wide || field_infos[field].type >= TYPE_ITEMS)
				continue;
			wanted[field / 64] |= UINT64_C(1) << (field % 64);
			left--;
		}
		assert_int_equal(left, 0);
		buffer_clear(&frame);
		writer_begin(&writer, &frame);
		writer_number(&writer, FIELD_REQ, 1);
		writer_flag(&writer, FIELD_MORE, true);
		writer_items_begin(&writer);
		writer_item_begin(&writer);
		random_fields(&prng, &writer, wanted, true);
		writer_item_end(&writer);
		writer_items_end(&writer);
		writer_end(&writer);
		assert_true(message_decode(
			message_kind_frame(KIND_LIST, kind), buffer_span(&frame), &message, &refusal));
		struct field_value items = message.values[FIELD_ITEMS];
		/* One byte of header for up to fifteen, three beyond: never longer than need be. */
		assert_int_equal((uint8_t)items.array.data[0], count <= 15 ? 0x80 + count : 0xde);
		assert_true(message_items_next(&items, &item));
		assert_true(item.present[0] == wanted[0] && item.present[1] == wanted[1]);
	}
	buffer_deinit(&frame);
}

static void every_kind_with_every_field_survives_the_way_there_and_back(void **state)
{
	(void)state;
	struct prng prng;
	struct buffer frame = BUFFER_NULL, again = BUFFER_NULL;
	char kind[KIND_FRAME_SIZE];
	prng_init(&prng, prng_seed_of_run());
	for (size_t i = 0; kind_info_at(i); i++) {
		const struct kind_info *info = kind_info_at(i);
		for (int round = 0; info->built && round < 100; round++) {
			struct message message;
			struct refusal refusal;
			uint64_t wanted[2];
			unsigned percent = round == 0 ? 0 : round < 10 ? 100 : 50;
			buffer_clear(&frame);
			random_message(&prng, info, percent, &frame, wanted);
			struct span kind_frame = message_kind_frame(info->kind, kind);
			assert_true(check_frames(kind_frame, buffer_span(&frame)));
			assert_true(message_decode(kind_frame, buffer_span(&frame), &message, &refusal));
			assert_int_equal(message.kind, info->kind);
			assert_true(message.present[0] == wanted[0] && message.present[1] == wanted[1]);
			reencode(&message, &again);
			assert_true(span_equal(buffer_span(&frame), buffer_span(&again)));
		}
	}
	buffer_deinit(&frame);
	buffer_deinit(&again);
}

/* One byte changed, or cut, or a part doubled: whatever becomes of it, all checks hold. */
static void damaged_frames_are_refused_or_read_as_msgpack_c_reads_them(void **state)
{
	(void)state;
	struct prng prng;
	struct buffer frame = BUFFER_NULL;
	char kind[KIND_FRAME_SIZE];
	uint64_t wanted[2];
	unsigned accepted = 0, refused = 0;
	prng_init(&prng, prng_seed_of_run());
	for (size_t i = 0; kind_info_at(i); i++) {
		const struct kind_info *info = kind_info_at(i);
		for (int round = 0; info->built && round < 300; round++) {
			buffer_clear(&frame);
			random_message(&prng, info, 30, &frame, wanted);
			if (frame.size > 4000)
				continue; /* the short ones have their faults where it matters */
			for (uint64_t damage = 1 + prng_below(&prng, 3); damage > 0; damage--)
				frame.data[prng_below(&prng, frame.size)] = (char)prng_next(&prng);
			if (prng_chance(&prng, 10))
				frame.size = (size_t)prng_below(&prng, frame.size + 1);
			if (check_frames(message_kind_frame(info->kind, kind), buffer_span(&frame)))
				accepted++;
			else
				refused++;
		}
	}
	assert_true(accepted > 100 && refused > 100);
	buffer_deinit(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_written_in_the_shortest_form),
		cmocka_unit_test(frames_are_appended_to_a_buffer_one_after_the_other),
		cmocka_unit_test(lists_and_items_are_read_back_in_order),
		cmocka_unit_test(a_map_of_any_number_of_fields_is_read_back),
		cmocka_unit_test(every_kind_with_every_field_survives_the_way_there_and_back),
		cmocka_unit_test(damaged_frames_are_refused_or_read_as_msgpack_c_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
