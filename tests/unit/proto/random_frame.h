#ifndef WENZHENG_TESTS_RANDOM_FRAME_H
#define WENZHENG_TESTS_RANDOM_FRAME_H

#include "base/buffer.h"
#include "base/utf8.h"
#include "proto/message.h"
#include "tests/lib/prng.h"

/* Messages of any kind with any values, drawn from the tables, so that a new field or kind is tested the
 * moment it stands there. */

/* At most `size` bytes; short ones mostly, the empty and the longest often enough. */
static inline struct span random_text(struct prng *prng, size_t limit, bool several_lines, struct buffer *out)
{
	static const char *const pieces[] = {
		"a", "Z", "9", " ", "-", "水", "路", "é", "𠮷", "。", "\\", "\""};
	static const char *const breaks[] = {"\n", "\r\n", "\t"};
	uint64_t choice = prng_below(prng, 10);
	size_t size = choice == 0   ? limit
		      : choice == 1 ? 1
				    : (size_t)prng_below(prng, limit < 80 ? limit + 1 : 80);
	buffer_clear(out);
	while (out->size < size) {
		const char *piece = several_lines && prng_chance(prng, 5) ? breaks[prng_below(prng, 3)]
									  : pieces[prng_below(prng, 12)];
		buffer_append_span(out, span_of_string(piece));
	}
	return utf8_truncate(buffer_span(out), size);
}

static inline int64_t random_number(struct prng *prng, int64_t limit)
{
	switch (prng_below(prng, 4)) {
	case 0:
		return 0;
	case 1:
		return limit;
	case 2:
		return (int64_t)prng_below(prng, (uint64_t)(limit < 300 ? limit : 300) + 1);
	default:
		return (int64_t)((prng_next(prng) >> 1) % ((uint64_t)limit + 1));
	}
}

static inline void random_fields(
	struct prng *prng, struct writer *writer, const uint64_t *wanted, bool may_be_empty);

static inline void random_items(struct prng *prng, struct writer *writer)
{
	uint64_t count = prng_chance(prng, 10) ? 20 : prng_below(prng, 4);
	writer_items_begin(writer);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t wanted[2] = {prng_next(prng) & prng_next(prng) & prng_next(prng),
			prng_next(prng) & prng_next(prng) & prng_next(prng)};
		wanted[FIELD_ITEMS / 64] &= ~(UINT64_C(1) << (FIELD_ITEMS % 64));
		wanted[FIELD_REPLY / 64] &= ~(UINT64_C(1) << (FIELD_REPLY % 64)); /* else 20 do not fit */
		wanted[FIELD_BODY / 64] &= ~(UINT64_C(1) << (FIELD_BODY % 64));
		writer_item_begin(writer);
		random_fields(prng, writer, wanted, true);
		writer_item_end(writer);
	}
	writer_items_end(writer);
}

static inline void random_field(struct prng *prng, struct writer *writer, enum field field, bool may_be_empty)
{
	const struct field_info *info = &field_infos[field];
	struct buffer scratch = BUFFER_NULL;
	struct span text,
		lines[3] = {SPAN_LITERAL("fangguan"), SPAN_LITERAL("jiaotong"), SPAN_LITERAL("水务")};
	switch (info->type) {
	case TYPE_LINE:
	case TYPE_TEXT:
		text = random_text(prng, (size_t)info->limit, info->type == TYPE_TEXT, &scratch);
		writer_text(writer, field, text.size || may_be_empty ? text : SPAN_LITERAL("x"));
		break;
	case TYPE_TIME:
		writer_time(writer, field, (struct instant){random_number(prng, INSTANT_US_MAX)});
		break;
	case TYPE_COUNT:
		writer_number(writer, field, random_number(prng, info->limit));
		break;
	case TYPE_FLAG:
		writer_flag(writer, field, prng_chance(prng, 50));
		break;
	case TYPE_LINES:
		writer_lines(writer, field, lines, prng_below(prng, 4));
		break;
	case TYPE_ITEMS:
		random_items(prng, writer);
		break;
	}
	buffer_deinit(&scratch);
}

static inline void random_fields(
	struct prng *prng, struct writer *writer, const uint64_t *wanted, bool may_be_empty)
{
	for (enum field field = 0; field < FIELD_TOTAL; field++)
		if ((wanted[field / 64] >> (field % 64)) & 1)
			random_field(prng, writer, field, may_be_empty);
}

/* Appends the map frame of a message of this kind; the chance of an optional field in percent. `ret_wanted`:
 * which fields it has. */
static inline void random_message(struct prng *prng, const struct kind_info *info, unsigned optional_percent,
	struct buffer *out, uint64_t ret_wanted[static 2])
{
	struct writer writer;
	ret_wanted[0] = ret_wanted[1] = 0;
	for (const enum field *field = kind_required(info->kind); *field != FIELD_TOTAL; field++)
		ret_wanted[*field / 64] |= UINT64_C(1) << (*field % 64);
	for (const enum field *field = kind_optional(info->kind); *field != FIELD_TOTAL; field++)
		if (prng_chance(prng, optional_percent))
			ret_wanted[*field / 64] |= UINT64_C(1) << (*field % 64);
	writer_begin(&writer, out);
	random_fields(prng, &writer, ret_wanted, info->senders == SENDER_DAEMON);
	writer_end(&writer);
}

#endif
