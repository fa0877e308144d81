#include <msgpack.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "proto/message.h"

/*
 * Writing maps whose size is known only at their end. A header of one byte is left free at the start, which
 * is all that a map or array of up to fifteen needs, so that our messages are in msgpack's shortest form; a
 * longer one is moved up by the two bytes it lacks.
 */
#define FIX_COUNT_MAX	 15
#define WIDE_HEADER_SIZE 3

struct header_form {
	uint8_t fix, wide;
};

static const struct header_form map_form = {0x80, 0xde}, array_form = {0x90, 0xdc};

static int append(void *buffer, const char *data, size_t size)
{
	buffer_append(buffer, data, size);
	return 0;
}

static msgpack_packer packer_of(struct writer *self)
{
	msgpack_packer packer;
	msgpack_packer_init(&packer, self->buffer, append);
	return packer;
}

static size_t header_open(struct buffer *buffer)
{
	buffer_append_byte(buffer, 0);
	return buffer->size - 1;
}

static void header_close(struct buffer *buffer, size_t at, struct header_form form, uint32_t count)
{
	REQUIRE(at < buffer->size && count <= UINT16_MAX);
	if (count <= FIX_COUNT_MAX) {
		buffer->data[at] = (char)(form.fix | count);
		return;
	}
	size_t after = buffer->size - at - 1;
	buffer_append(buffer, "\0\0", WIDE_HEADER_SIZE - 1);
	memmove(buffer->data + at + WIDE_HEADER_SIZE, buffer->data + at + 1, after);
	buffer->data[at] = (char)form.wide;
	buffer->data[at + 1] = (char)(count >> 8);
	buffer->data[at + 2] = (char)(count & 0xff);
}

static void write_text(msgpack_packer *packer, struct span text)
{
	msgpack_pack_str(packer, text.size);
	msgpack_pack_str_body(packer, text.data, text.size);
}

/* Counts the field and writes its key. */
static msgpack_packer begin_field(struct writer *self, enum field field)
{
	uint64_t bit = UINT64_C(1) << (field % 64);
	REQUIRE(field < FIELD_TOTAL && !(self->present[field / 64] & bit));
	REQUIRE(self->count < MAP_FIELDS_MAX);
	self->present[field / 64] |= bit;
	self->count++;
	msgpack_packer packer = packer_of(self);
	write_text(&packer, span_of(field_infos[field].key, field_infos[field].key_size));
	return packer;
}

void writer_begin(struct writer *self, struct buffer *buffer)
{
	*self = (struct writer){.buffer = buffer, .map_at = header_open(buffer)};
}

/* A text of several lines is checked for its size only: it was decoded or checked by field_check_text once,
 * and a second look at every body would double what the codec costs. */
void writer_text(struct writer *self, enum field field, struct span text)
{
	const struct field_info *info = &field_infos[field];
	REQUIRE(info->type == TYPE_LINE || info->type == TYPE_TEXT);
	REQUIRE(text.size <= (uint64_t)info->limit);
	IMPLIES(info->type == TYPE_LINE, field_check_text(field, text) == ERROR_NONE);
	msgpack_packer packer = begin_field(self, field);
	write_text(&packer, text);
}

void writer_number(struct writer *self, enum field field, int64_t number)
{
	REQUIRE(field_infos[field].type == TYPE_COUNT);
	REQUIRE(number >= 0 && number <= field_infos[field].limit);
	msgpack_packer packer = begin_field(self, field);
	msgpack_pack_int64(&packer, number);
}

void writer_time(struct writer *self, enum field field, struct instant time)
{
	REQUIRE(field_infos[field].type == TYPE_TIME);
	REQUIRE(time.us >= 0 && time.us <= INSTANT_US_MAX);
	msgpack_packer packer = begin_field(self, field);
	msgpack_pack_int64(&packer, time.us);
}

void writer_flag(struct writer *self, enum field field, bool flag)
{
	REQUIRE(field_infos[field].type == TYPE_FLAG);
	msgpack_packer packer = begin_field(self, field);
	flag ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer);
}

void writer_lines(struct writer *self, enum field field, const struct span *texts, size_t count)
{
	REQUIRE(field_infos[field].type == TYPE_LINES && count <= (uint64_t)field_infos[field].limit);
	msgpack_packer packer = begin_field(self, field);
	msgpack_pack_array(&packer, count);
	for (size_t i = 0; i < count; i++) {
		REQUIRE(texts[i].size <= FIELD_LINES_ITEM_SIZE_MAX && utf8_is_text(texts[i], UTF8_ONE_LINE));
		write_text(&packer, texts[i]);
	}
}

/* array_at is 0 outside of items: a map's header stands before any array. An item's map begins after the
 * array's header; between two items map_at is the outer map's again. */
static bool between_items(const struct writer *self)
{
	return self->array_at > 0 && self->map_at < self->array_at;
}

static bool inside_item(const struct writer *self)
{
	return self->array_at > 0 && self->map_at > self->array_at;
}

void writer_items_begin(struct writer *self)
{
	REQUIRE(self->array_at == 0);
	begin_field(self, FIELD_ITEMS);
	self->array_at = header_open(self->buffer);
	self->array_count = 0;
}

void writer_item_begin(struct writer *self)
{
	REQUIRE(between_items(self) && self->array_count < (uint64_t)field_infos[FIELD_ITEMS].limit);
	self->array_count++;
	self->outer_map_at = self->map_at;
	self->outer_count = self->count;
	memcpy(self->outer_present, self->present, sizeof(self->present));
	self->map_at = header_open(self->buffer);
	self->count = 0;
	memset(self->present, 0, sizeof(self->present));
}

void writer_item_end(struct writer *self)
{
	REQUIRE(inside_item(self));
	header_close(self->buffer, self->map_at, map_form, self->count);
	self->map_at = self->outer_map_at;
	self->count = self->outer_count;
	memcpy(self->present, self->outer_present, sizeof(self->present));
}

void writer_items_end(struct writer *self)
{
	REQUIRE(between_items(self));
	header_close(self->buffer, self->array_at, array_form, self->array_count);
	self->array_at = 0;
}

void writer_end(struct writer *self)
{
	REQUIRE(self->array_at == 0);
	header_close(self->buffer, self->map_at, map_form, self->count);
	ENSURE(self->buffer->size - self->map_at <= FRAME_SIZE_MAX);
}

struct span message_kind_frame(enum kind kind, char ret_bytes[static KIND_FRAME_SIZE])
{
	memcpy(ret_bytes, "WZP1", 4);
	ret_bytes[4] = (char)kind;
	return span_of(ret_bytes, KIND_FRAME_SIZE);
}
