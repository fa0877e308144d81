#ifndef WENZHENG_TESTS_FRAME_CHECK_H
#define WENZHENG_TESTS_FRAME_CHECK_H

#include <msgpack.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "proto/message.h"
#include "proto/scan.h"

/*
 * What must hold for every frame, shared by the unit tests and the fuzzer: msgpack-c reads the same from it
 * as we do, and what we read can be written and read again. All of it aborts by ENSURE when it does not hold.
 */

static inline bool is_text_type(enum field_type type)
{
	return type == TYPE_LINE || type == TYPE_TEXT;
}

/* Writes the fields of a message or item in the order of the table. */
static inline void reencode_fields(struct writer *writer, const struct message *message)
{
	for (enum field field = 0; field < FIELD_TOTAL; field++) {
		if (!message_has(message, field))
			continue;
		struct field_value value = message->values[field];
		struct span lines[DEPARTMENTS_PER_PRINCIPAL_MAX], line;
		struct message item;
		size_t count = 0;
		switch (field_infos[field].type) {
		case TYPE_LINE:
		case TYPE_TEXT:
			writer_text(writer, field, message_text(message, field));
			break;
		case TYPE_TIME:
			writer_time(writer, field, message_time(message, field, INSTANT_NEVER));
			break;
		case TYPE_COUNT:
			writer_number(writer, field, message_number(message, field, -1));
			break;
		case TYPE_FLAG:
			writer_flag(writer, field, message_flag(message, field));
			break;
		case TYPE_LINES:
			while (message_lines_next(&value, &line))
				lines[count++] = line;
			writer_lines(writer, field, lines, count);
			break;
		case TYPE_ITEMS:
			writer_items_begin(writer);
			while (message_items_next(&value, &item)) {
				writer_item_begin(writer);
				reencode_fields(writer, &item);
				writer_item_end(writer);
			}
			writer_items_end(writer);
			break;
		}
	}
}

static inline void reencode(const struct message *message, struct buffer *out)
{
	struct writer writer;
	buffer_clear(out);
	writer_begin(&writer, out);
	reencode_fields(&writer, message);
	writer_end(&writer);
}

static inline const msgpack_object *object_in_map(const msgpack_object *map, const char *key)
{
	ENSURE(map->type == MSGPACK_OBJECT_MAP);
	for (uint32_t i = 0; i < map->via.map.size; i++) {
		const msgpack_object *k = &map->via.map.ptr[i].key;
		if (k->type == MSGPACK_OBJECT_STR &&
			span_equal_string(span_of(k->via.str.ptr, k->via.str.size), key))
			return &map->via.map.ptr[i].val;
	}
	return NULL;
}

/* Another reading of UTF-8 than base/utf8.c's: by the numbers of the characters, not by a table of bytes. */
static inline bool is_utf8_by_numbers(struct span text)
{
	static const uint32_t lowest[] = {0x01, 0x80, 0x800, 0x10000}; /* NUL is no text of ours */
	for (size_t at = 0; at < text.size;) {
		uint32_t first = (uint8_t)text.data[at++];
		uint32_t more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
		uint32_t number = more ? first & (0x3fu >> more) : first;
		if ((more && first < 0xc0) || first > 0xf7 || text.size - at < more)
			return false;
		for (uint32_t i = 0; i < more; i++) {
			uint32_t next = (uint8_t)text.data[at++];
			if ((next & 0xc0) != 0x80)
				return false;
			number = number << 6 | (next & 0x3f);
		}
		if (number < lowest[more] || number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff))
			return false;
	}
	return true;
}

static inline void check_text_agrees(struct span text, const msgpack_object *object)
{
	ENSURE(object->type == MSGPACK_OBJECT_STR && is_utf8_by_numbers(text));
	ENSURE(span_equal(text, span_of(object->via.str.ptr, object->via.str.size)));
}

/* Each field that we read stands in msgpack-c's map with the same value. */
static inline void check_fields_agree(const struct message *message, const msgpack_object *map)
{
	for (enum field field = 0; field < FIELD_TOTAL; field++) {
		if (!message_has(message, field))
			continue;
		const msgpack_object *object = object_in_map(map, field_infos[field].key);
		struct field_value value = message->values[field];
		enum field_type type = field_infos[field].type;
		struct span line;
		struct message item;
		ENSURE(object);
		if (is_text_type(type)) {
			check_text_agrees(value.text, object);
		} else if (type == TYPE_FLAG) {
			ENSURE(object->type == MSGPACK_OBJECT_BOOLEAN);
			ENSURE(object->via.boolean == (value.number != 0));
		} else if (type == TYPE_TIME || type == TYPE_COUNT) {
			ENSURE(object->type == MSGPACK_OBJECT_POSITIVE_INTEGER);
			ENSURE(object->via.u64 == (uint64_t)value.number);
		} else {
			ENSURE(object->type == MSGPACK_OBJECT_ARRAY && object->via.array.size == value.count);
			const msgpack_object *element = object->via.array.ptr;
			if (type == TYPE_LINES)
				while (message_lines_next(&value, &line))
					check_text_agrees(line, element++);
			else
				while (message_items_next(&value, &item))
					check_fields_agree(&item, element++);
		}
	}
}

/* What the scan finds whole, msgpack-c finds whole with the same end; what it finds cut, stray or with c1 in
 * it, msgpack-c does not accept. Where the scan stopped for a limit of ours the rest is unseen, and msgpack-c
 * could be made to ask for any amount of memory, so it is not asked. */
static inline void check_scan_agrees(struct span bytes)
{
	enum scan_outcome outcome = scan_whole(bytes);
	if (outcome != SCAN_OK && outcome != SCAN_CUT && outcome != SCAN_TRAILING && outcome != SCAN_RESERVED)
		return;
	msgpack_unpacked unpacked;
	msgpack_unpacked_init(&unpacked);
	size_t end = 0;
	msgpack_unpack_return result = msgpack_unpack_next(&unpacked, bytes.data, bytes.size, &end);
	if (outcome == SCAN_OK)
		ENSURE(result == MSGPACK_UNPACK_SUCCESS && end == bytes.size);
	else if (outcome == SCAN_TRAILING)
		ENSURE(result == MSGPACK_UNPACK_EXTRA_BYTES || end < bytes.size);
	else
		ENSURE(result == MSGPACK_UNPACK_CONTINUE || result == MSGPACK_UNPACK_PARSE_ERROR);
	msgpack_unpacked_destroy(&unpacked);
}

static inline void check_accepted(
	struct span kind_frame, struct span map_frame, const struct message *message)
{
	CLEANUP(buffer_deinit) struct buffer printed = BUFFER_NULL, once = BUFFER_NULL, twice = BUFFER_NULL;
	CLEANUP(msgpack_unpacked_destroy) msgpack_unpacked unpacked;
	msgpack_unpacked_init(&unpacked);
	size_t end = 0;
	ENSURE(msgpack_unpack_next(&unpacked, map_frame.data, map_frame.size, &end) ==
		MSGPACK_UNPACK_SUCCESS);
	check_fields_agree(message, &unpacked.data);

	message_print(message, &printed);
	ENSURE(printed.size >= 2);

	struct message again;
	struct refusal refusal;
	reencode(message, &once);
	ENSURE(message_decode(kind_frame, buffer_span(&once), &again, &refusal));
	ENSURE(again.present[0] == message->present[0] && again.present[1] == message->present[1]);
	reencode(&again, &twice);
	ENSURE(span_equal(buffer_span(&once), buffer_span(&twice)));
}

static inline void check_refusal(const struct refusal *refusal)
{
	ENSURE(refusal->code > ERROR_NONE && refusal->code < ERROR_TOTAL);
	ENSURE(refusal->field <= FIELD_TOTAL && refusal->req >= -1);
	size_t size = strnlen(refusal->text, sizeof(refusal->text));
	ENSURE(size > 0 && size < sizeof(refusal->text) - 1 && refusal->text[size - 1] == '.');
}

/* All of the above on the two frames of one message; true if it was accepted. */
static inline bool check_frames(struct span kind_frame, struct span map_frame)
{
	struct message message;
	struct refusal refusal;
	check_scan_agrees(map_frame);
	if (!message_decode(kind_frame, map_frame, &message, &refusal)) {
		check_refusal(&refusal);
		return false;
	}
	check_accepted(kind_frame, map_frame, &message);
	return true;
}

#endif
