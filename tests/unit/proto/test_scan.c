#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/scan.h"
#include "tests/lib/prng.h"
#include "tests/unit/proto/frame_check.h"
#include "tests/unit/proto/random_frame.h"

#define BYTES(literal) SPAN_LITERAL(literal)

static void one_scan_tells_a_value_from_its_head(void **state)
{
	(void)state;
	struct span frame = BYTES("\x82\xa1"
				  "a\x01\xa1"
				  "b\x92\xc3\xc0");
	struct scan_head head;
	size_t size;
	assert_int_equal(scan_whole(frame), SCAN_OK);
	assert_int_equal(scan_head(frame, &head), SCAN_OK);
	assert_int_equal(head.type, SCAN_MAP);
	assert_int_equal(head.value, 2);
	assert_int_equal(scan_value(span_of(frame.data + 1, frame.size - 1), &size), SCAN_OK);
	assert_int_equal(size, 2);
}

static void heads_of_every_form_are_read(void **state)
{
	(void)state;
	static const struct {
		struct span bytes;
		enum scan_type type;
		size_t size;
		uint64_t value;
	} cases[] = {
		{BYTES("\x00"), SCAN_NATURAL, 1, 0},
		{BYTES("\x7f"), SCAN_NATURAL, 1, 127},
		{BYTES("\x83"), SCAN_MAP, 1, 3},
		{BYTES("\x9f"), SCAN_ARRAY, 1, 15},
		{BYTES("\xbf"), SCAN_TEXT, 1, 31},
		{BYTES("\xc0"), SCAN_NIL, 1, 0},
		{BYTES("\xc2"), SCAN_FLAG, 1, 0},
		{BYTES("\xc3"), SCAN_FLAG, 1, 1},
		{BYTES("\xc4\x05"), SCAN_BYTES, 2, 5},
		{BYTES("\xc5\x01\x00"), SCAN_BYTES, 3, 256},
		{BYTES("\xc6\x00\x01\x00\x00"), SCAN_BYTES, 5, 65536},
		{BYTES("\xca\x00\x00\x00\x00"), SCAN_FLOAT, 5, 0},
		{BYTES("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), SCAN_FLOAT, 9, 0},
		{BYTES("\xcc\xff"), SCAN_NATURAL, 2, 255},
		{BYTES("\xcd\xff\xff"), SCAN_NATURAL, 3, 65535},
		{BYTES("\xce\xff\xff\xff\xff"), SCAN_NATURAL, 5, UINT32_MAX},
		{BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), SCAN_NATURAL, 9, UINT64_MAX},
		{BYTES("\xd0\x7f"), SCAN_NATURAL, 2, 127},
		{BYTES("\xd0\x80"), SCAN_NEGATIVE, 2, (uint64_t)-128},
		{BYTES("\xd1\xff\xff"), SCAN_NEGATIVE, 3, (uint64_t)-1},
		{BYTES("\xd2\x80\x00\x00\x00"), SCAN_NEGATIVE, 5, (uint64_t)INT32_MIN},
		{BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), SCAN_NEGATIVE, 9, (uint64_t)INT64_MIN},
		{BYTES("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), SCAN_NATURAL, 9, INT64_MAX},
		{BYTES("\xd9\x20"), SCAN_TEXT, 2, 32},
		{BYTES("\xda\x01\x00"), SCAN_TEXT, 3, 256},
		{BYTES("\xdb\x00\x01\x00\x00"), SCAN_TEXT, 5, 65536},
		{BYTES("\xdc\x01\x00"), SCAN_ARRAY, 3, 256},
		{BYTES("\xdd\x7f\xff\xff\xff"), SCAN_ARRAY, 5, INT32_MAX},
		{BYTES("\xde\x00\x10"), SCAN_MAP, 3, 16},
		{BYTES("\xdf\x00\x00\x00\x10"), SCAN_MAP, 5, 16},
		{BYTES("\xe0"), SCAN_NEGATIVE, 1, (uint64_t)-32},
		{BYTES("\xff"), SCAN_NEGATIVE, 1, (uint64_t)-1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scan_head head;
		assert_int_equal(scan_head(cases[i].bytes, &head), SCAN_OK);
		assert_int_equal(head.type, cases[i].type);
		assert_int_equal(head.size, cases[i].size);
		assert_true(head.value == cases[i].value);
		for (size_t size = 0; size < cases[i].size; size++)
			assert_int_equal(scan_head(span_of(cases[i].bytes.data, size), &head), SCAN_CUT);
	}
}

static void what_msgpack_c_would_choke_on_is_refused(void **state)
{
	(void)state;
	static const struct {
		struct span bytes;
		enum scan_outcome outcome;
	} cases[] = {
		{{NULL, 0}, SCAN_CUT},
		{BYTES("\xdd\x7f\xff\xff\xff"), SCAN_TOO_MANY}, /* 68 GB in five bytes */
		{BYTES("\xdd\xff\x00\x00\x00"), SCAN_TOO_MANY},
		{BYTES("\xdd\x08\x00\x00\x00"), SCAN_TOO_MANY},
		{BYTES("\xdf\x7f\xff\xff\xff"), SCAN_TOO_MANY},
		{BYTES("\xdf\xff\xff\xff\xff"), SCAN_TOO_MANY}, /* twice this does not fit 32 bits */
		{BYTES("\x92\xdd\x00\x00\x00\x02\x01"), SCAN_TOO_MANY},
		{BYTES("\x82\x01\x02\x03"), SCAN_TOO_MANY}, /* two pairs need four bytes */
		{BYTES("\xdb\xff\xff\xff\xff"), SCAN_CUT},
		{BYTES("\xc6\xff\xff\xff\xff"), SCAN_CUT},
		{BYTES("\xc1"), SCAN_RESERVED},
		{BYTES("\x91\xc1"), SCAN_RESERVED},
		{BYTES("\xd4\x01\x01"), SCAN_EXTENSION},
		{BYTES("\xd6\xff\x00\x00\x00\x00"), SCAN_EXTENSION}, /* a timestamp */
		{BYTES("\xc7\x00\x01"), SCAN_EXTENSION},
		{BYTES("\xc8\x00\x00\x01"), SCAN_EXTENSION},
		{BYTES("\xc9\x00\x00\x00\x00\x01"), SCAN_EXTENSION},
		{BYTES("\x80\x80"), SCAN_TRAILING},
		{BYTES("\xc0\x00"), SCAN_TRAILING},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(scan_whole(cases[i].bytes), cases[i].outcome);
		assert_true(strlen(scan_outcome_text(cases[i].outcome)) > 5);
	}
}

static void nesting_ends_at_the_limit(void **state)
{
	(void)state;
	char arrays[MAP_DEPTH_MAX + 2];
	memset(arrays, 0x91, sizeof(arrays));
	arrays[MAP_DEPTH_MAX] = 0x01;
	assert_int_equal(scan_whole(span_of(arrays, MAP_DEPTH_MAX + 1)), SCAN_OK);
	arrays[MAP_DEPTH_MAX] = (char)0x90; /* one more, though empty */
	assert_int_equal(scan_whole(span_of(arrays, MAP_DEPTH_MAX + 1)), SCAN_TOO_DEEP);
	arrays[MAP_DEPTH_MAX - 1] = (char)0x90;
	assert_int_equal(scan_whole(span_of(arrays, MAP_DEPTH_MAX)), SCAN_OK);
}

static void a_hundred_thousand_open_arrays_are_harmless(void **state)
{
	(void)state;
	static char arrays[100000];
	memset(arrays, 0x91, sizeof(arrays));
	assert_int_equal(scan_whole(span_of(arrays, sizeof(arrays))), SCAN_TOO_DEEP);
}

static void keys_of_a_map_are_counted(void **state)
{
	(void)state;
	char map[3 + 2 * (MAP_FIELDS_MAX + 1)] = {0};
	map[0] = (char)0xde;
	map[2] = MAP_FIELDS_MAX;
	assert_int_equal(scan_whole(span_of(map, 3 + 2 * MAP_FIELDS_MAX)), SCAN_OK);
	map[2] = MAP_FIELDS_MAX + 1;
	assert_int_equal(scan_whole(span_of(map, sizeof(map))), SCAN_TOO_MANY_KEYS);
}

static void a_frame_cut_anywhere_is_refused(void **state)
{
	(void)state;
	struct prng prng;
	struct buffer frame = BUFFER_NULL;
	uint64_t wanted[2];
	prng_init(&prng, prng_seed_of_run());
	for (size_t i = 0; kind_info_at(i); i++) {
		if (!kind_info_at(i)->built)
			continue;
		buffer_clear(&frame);
		random_message(&prng, kind_info_at(i), 100, &frame, wanted);
		assert_int_equal(scan_whole(buffer_span(&frame)), SCAN_OK);
		size_t step = 1 + frame.size / 2000; /* every byte, but for the longest */
		for (size_t size = 0; size < frame.size; size += size < 600 ? 1 : step) {
			enum scan_outcome outcome = scan_whole(span_of(frame.data, size));
			assert_true(outcome == SCAN_CUT || outcome == SCAN_TOO_MANY);
		}
		buffer_append_byte(&frame, 0xc0);
		assert_int_equal(scan_whole(buffer_span(&frame)), SCAN_TRAILING);
	}
	buffer_deinit(&frame);
}

/* Any value in any of its forms, whole most of the time. */
static void random_value(struct prng *prng, int depth, struct buffer *out)
{
	static const uint8_t firsts[] = {0x00, 0x7f, 0x80, 0x81, 0x83, 0x90, 0x92, 0xa0, 0xa3, 0xc0, 0xc2,
		0xc3, 0xc4, 0xc5, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd9, 0xda,
		0xdb, 0xdc, 0xde, 0xe0, 0xff};
	uint8_t first =
		prng_chance(prng, 3) ? (uint8_t)prng_next(prng) : firsts[prng_below(prng, sizeof(firsts))];
	size_t at = out->size;
	uint8_t head[9] = {first};
	struct scan_head scanned;
	for (size_t i = 1; i < sizeof(head); i++)
		head[i] = first >= 0xca && first <= 0xd3 ? (uint8_t)prng_next(prng) : 0;
	if (scan_head(span_of(head, sizeof(head)), &scanned) != SCAN_OK) {
		buffer_append_byte(out, first);
		return;
	}
	if (scanned.size > 1 && !(first >= 0xca && first <= 0xd3))
		head[scanned.size - 1] = (uint8_t)prng_below(prng, 5);
	scan_head(span_of(head, sizeof(head)), &scanned);
	buffer_append(out, head, scanned.size);
	uint64_t parts = scanned.type == SCAN_ARRAY ? scanned.value
			 : scanned.type == SCAN_MAP ? 2 * scanned.value
						    : 0;
	if (scanned.type == SCAN_TEXT || scanned.type == SCAN_BYTES)
		for (uint64_t i = 0; i < scanned.value; i++)
			buffer_append_byte(out, (uint8_t)prng_next(prng));
	for (uint64_t i = 0; i < parts && depth < MAP_DEPTH_MAX + 2 && out->size < at + 2000; i++)
		random_value(prng, depth + 1, out);
}

static void msgpack_c_agrees_on_random_values(void **state)
{
	(void)state;
	struct prng prng;
	struct buffer bytes = BUFFER_NULL;
	unsigned accepted = 0;
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 100000; i++) {
		buffer_clear(&bytes);
		random_value(&prng, 0, &bytes);
		if (prng_chance(&prng, 10))
			buffer_append_byte(&bytes, (uint8_t)prng_next(&prng));
		if (prng_chance(&prng, 10))
			bytes.size = (size_t)prng_below(&prng, bytes.size + 1);
		if (bytes.size && prng_chance(&prng, 10))
			bytes.data[prng_below(&prng, bytes.size)] = (char)prng_next(&prng);
		check_scan_agrees(buffer_span(&bytes));
		accepted += scan_whole(buffer_span(&bytes)) == SCAN_OK;
	}
	assert_in_range(accepted, 10000, 99000); /* else one side was never tried */
	buffer_deinit(&bytes);
}

static void msgpack_c_agrees_on_random_bytes(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	unsigned accepted = 0;
	for (int i = 0; i < 200000; i++) {
		char bytes[24];
		size_t size = 1 + (size_t)prng_below(&prng, sizeof(bytes));
		for (size_t j = 0; j < size; j++)
			bytes[j] = (char)prng_next(&prng);
		check_scan_agrees(span_of(bytes, size));
		accepted += scan_whole(span_of(bytes, size)) == SCAN_OK;
	}
	assert_true(accepted > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_scan_tells_a_value_from_its_head),
		cmocka_unit_test(heads_of_every_form_are_read),
		cmocka_unit_test(what_msgpack_c_would_choke_on_is_refused),
		cmocka_unit_test(nesting_ends_at_the_limit),
		cmocka_unit_test(a_hundred_thousand_open_arrays_are_harmless),
		cmocka_unit_test(keys_of_a_map_are_counted),
		cmocka_unit_test(a_frame_cut_anywhere_is_refused),
		cmocka_unit_test(msgpack_c_agrees_on_random_values),
		cmocka_unit_test(msgpack_c_agrees_on_random_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
