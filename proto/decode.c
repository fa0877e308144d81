#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "proto/message.h"
#include "proto/scan.h"

/*
 * Strict decoding, in one walk over bytes that the scan has found whole.
 *
 * The values are pulled with scan_head instead of being unpacked by msgpack-c. Speed is not the reason: of
 * the 16,100 instructions (1.5 µs) that a SUBMIT of 1 KB of Chinese takes here, 11,100 look at its UTF-8, and
 * msgpack-c with its zone would add 1,700 and two allocations. The reasons are three: a list has to remain
 * encoded bytes of the frame, which an object tree does not point to; nothing a peer sends can make us
 * allocate; and there is one reader of the bytes, not two that would have to agree. That msgpack-c reads the
 * same from every frame we accept is shown by tests/unit/proto and tests/fuzz/fuzz_frame.c.
 */

/* One map on its way into a message. */
struct decoder {
	struct span rest; /* what is not read yet */
	const uint64_t *allowed;
	uint64_t seen[2]; /* keys met, whether used or ignored: none may come twice */
	enum field guess; /* where the search for the next key begins: senders follow some order */
	bool nested;	  /* inside an item, where no further items may stand */
	struct message *message;
	struct refusal *refusal;
};

static const uint64_t allow_all[2] = {UINT64_MAX, UINT64_MAX};

__attribute__((format(printf, 4, 5))) static bool refuse(
	struct refusal *refusal, enum error_code code, enum field field, const char *format, ...)
{
	*refusal = (struct refusal){.code = code, .field = field, .req = -1};
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(refusal->text, sizeof(refusal->text), format, arguments);
	va_end(arguments);
	return false;
}

static void advance(struct span *rest, size_t size)
{
	ENSURE(size <= rest->size);
	rest->data += size;
	rest->size -= size;
}

/* The head at the front, which the scan has seen before. */
static struct scan_head pull_head(struct span *rest)
{
	struct scan_head head;
	enum scan_outcome outcome = scan_head(*rest, &head);
	ENSURE(outcome == SCAN_OK);
	advance(rest, head.size);
	return head;
}

static struct span pull_payload(struct span *rest, const struct scan_head *head)
{
	REQUIRE(head->type == SCAN_TEXT || head->type == SCAN_BYTES);
	struct span payload = span_of(rest->data, head->value);
	advance(rest, head->value);
	return payload;
}

/* A whole value, unread. */
static struct span pull_value(struct span *rest)
{
	size_t size;
	enum scan_outcome outcome = scan_value(*rest, &size);
	ENSURE(outcome == SCAN_OK);
	struct span value = span_of(rest->data, size);
	advance(rest, size);
	return value;
}

/* FIELD_TOTAL if the key is not in the table. */
static enum field find_field(struct span key, enum field guess)
{
	enum field field = guess;
	for (size_t i = 0; i < FIELD_TOTAL; i++) {
		const struct field_info *info = &field_infos[field];
		if (info->key_size == key.size && memcmp(info->key, key.data, key.size) == 0)
			return field;
		field = field + 1 == FIELD_TOTAL ? 0 : field + 1;
	}
	return FIELD_TOTAL;
}

static bool wrong_type(struct refusal *refusal, enum field field)
{
	static const char *const names[] = {
		[TYPE_LINE] = "a text (str)",
		[TYPE_TEXT] = "a text (str)",
		[TYPE_TIME] = "an integer, microseconds since 1970",
		[TYPE_COUNT] = "an integer",
		[TYPE_FLAG] = "true or false",
		[TYPE_LINES] = "an array of texts",
		[TYPE_ITEMS] = "an array of maps",
	};
	return refuse(refusal, ERROR_WRONG_TYPE, field, "The field %s must be %s.", field_infos[field].key,
		names[field_infos[field].type]);
}

static bool read_text(struct decoder *self, enum field field, struct field_value *value)
{
	const struct field_info *info = &field_infos[field];
	struct scan_head head = pull_head(&self->rest);
	if (head.type != SCAN_TEXT)
		return wrong_type(self->refusal, field);
	value->text = pull_payload(&self->rest, &head);
	switch (field_check_text(field, value->text)) {
	case ERROR_NONE:
		return true;
	case ERROR_TOO_LONG:
		return refuse(self->refusal, ERROR_TOO_LONG, field,
			"The field %s is longer than its limit of %" PRId64 " bytes.", info->key,
			info->limit);
	default:
		return refuse(self->refusal, ERROR_INVALID_TEXT, field,
			"The field %s is not well-formed UTF-8, or has a control character that may not stand there.",
			info->key);
	}
}

static bool read_number(struct decoder *self, enum field field, struct field_value *value)
{
	const struct field_info *info = &field_infos[field];
	int64_t limit = info->type == TYPE_TIME ? INSTANT_US_MAX : info->limit;
	struct scan_head head = pull_head(&self->rest);
	if (head.type != SCAN_NATURAL && head.type != SCAN_NEGATIVE)
		return wrong_type(self->refusal, field);
	if (head.type == SCAN_NEGATIVE || head.value > (uint64_t)limit)
		return refuse(self->refusal, ERROR_INVALID_VALUE, field,
			"The field %s must be between 0 and %" PRId64 ".", info->key, limit);
	value->number = (int64_t)head.value;
	return true;
}

static bool read_flag(struct decoder *self, enum field field, struct field_value *value)
{
	struct scan_head head = pull_head(&self->rest);
	if (head.type != SCAN_FLAG)
		return wrong_type(self->refusal, field);
	value->number = (int64_t)head.value;
	return true;
}

/* The head of an array within the field's limit. */
static bool read_array_head(struct decoder *self, enum field field, uint32_t *ret_count)
{
	const struct field_info *info = &field_infos[field];
	struct scan_head head = pull_head(&self->rest);
	if (head.type != SCAN_ARRAY)
		return wrong_type(self->refusal, field);
	if (head.value > (uint64_t)info->limit)
		return refuse(self->refusal, ERROR_TOO_LONG, field,
			"The field %s has more than its limit of %" PRId64 " elements.", info->key,
			info->limit);
	*ret_count = (uint32_t)head.value;
	return true;
}

static bool read_lines(struct decoder *self, enum field field, struct field_value *value)
{
	if (!read_array_head(self, field, &value->count))
		return false;
	const char *start = self->rest.data;
	for (uint32_t i = 0; i < value->count; i++) {
		struct scan_head head = pull_head(&self->rest);
		if (head.type != SCAN_TEXT)
			return wrong_type(self->refusal, field);
		struct span line = pull_payload(&self->rest, &head);
		if (line.size > FIELD_LINES_ITEM_SIZE_MAX)
			return refuse(self->refusal, ERROR_TOO_LONG, field,
				"An element of the field %s is longer than the limit of %d bytes.",
				field_infos[field].key, FIELD_LINES_ITEM_SIZE_MAX);
		if (!utf8_is_text(line, UTF8_ONE_LINE))
			return refuse(self->refusal, ERROR_INVALID_TEXT, field,
				"An element of the field %s is not well-formed UTF-8 without control characters.",
				field_infos[field].key);
	}
	value->array = span_of(start, (size_t)(self->rest.data - start));
	return true;
}

static bool decode_map(struct span *rest, const uint64_t *allowed, bool nested, struct message *message,
	struct refusal *ret_refusal);

static bool read_items(struct decoder *self, enum field field, struct field_value *value)
{
	if (self->nested)
		return refuse(self->refusal, ERROR_MALFORMED, field,
			"The field %s stands inside an item of itself.", field_infos[field].key);
	if (!read_array_head(self, field, &value->count))
		return false;
	const char *start = self->rest.data;
	for (uint32_t i = 0; i < value->count; i++) {
		struct span ahead = self->rest;
		if (pull_head(&ahead).type != SCAN_MAP)
			return wrong_type(self->refusal, field);
		struct message item = {0};
		if (!decode_map(&self->rest, allow_all, true, &item, self->refusal))
			return false;
	}
	value->array = span_of(start, (size_t)(self->rest.data - start));
	return true;
}

static bool read_value(struct decoder *self, enum field field, struct field_value *value)
{
	switch (field_infos[field].type) {
	case TYPE_LINE:
	case TYPE_TEXT:
		return read_text(self, field, value);
	case TYPE_TIME:
	case TYPE_COUNT:
		return read_number(self, field, value);
	case TYPE_FLAG:
		return read_flag(self, field, value);
	case TYPE_LINES:
		return read_lines(self, field, value);
	case TYPE_ITEMS:
		return read_items(self, field, value);
	}
	UNREACHABLE();
}

static bool read_pair(struct decoder *self)
{
	struct scan_head head = pull_head(&self->rest);
	if (head.type != SCAN_TEXT)
		return refuse(
			self->refusal, ERROR_MALFORMED, FIELD_TOTAL, "A key of the map is not a text (str).");
	enum field field = find_field(pull_payload(&self->rest, &head), self->guess);
	if (field == FIELD_TOTAL) {
		pull_value(&self->rest);
		return true;
	}
	uint64_t bit = UINT64_C(1) << (field % 64);
	if (self->seen[field / 64] & bit)
		return refuse(self->refusal, ERROR_MALFORMED, field, "The field %s stands twice in one map.",
			field_infos[field].key);
	self->seen[field / 64] |= bit;
	self->guess = field + 1 == FIELD_TOTAL ? 0 : field + 1;
	if (!(self->allowed[field / 64] & bit)) {
		pull_value(&self->rest);
		return true;
	}
	if (!read_value(self, field, &self->message->values[field]))
		return false;
	self->message->present[field / 64] |= bit;
	return true;
}

/* Takes the map at the front of `rest`, which is a whole one, into `message`, which is empty. */
static bool decode_map(struct span *rest, const uint64_t *allowed, bool nested, struct message *message,
	struct refusal *ret_refusal)
{
	struct decoder decoder = {.rest = *rest,
		.allowed = allowed,
		.nested = nested,
		.message = message,
		.refusal = ret_refusal};
	struct scan_head head = pull_head(&decoder.rest);
	REQUIRE(head.type == SCAN_MAP);
	for (uint64_t i = 0; i < head.value; i++)
		if (!read_pair(&decoder))
			return false;
	*rest = decoder.rest;
	return true;
}

static bool check_kind(struct span frame, enum kind *ret_kind, struct refusal *ret_refusal)
{
	if (frame.size != KIND_FRAME_SIZE || memcmp(frame.data, "WZP1", 4) != 0)
		return refuse(ret_refusal, ERROR_VERSION, FIELD_TOTAL,
			"The first frame must be the four bytes WZP1 and one kind byte.");
	const struct kind_info *info = kind_info((uint8_t)frame.data[4]);
	if (!info)
		return refuse(ret_refusal, ERROR_UNKNOWN_KIND, FIELD_TOTAL,
			"WZP/1 has no kind of number 0x%02x.", (unsigned)(uint8_t)frame.data[4]);
	if (!info->built)
		return refuse(ret_refusal, ERROR_UNSUPPORTED, FIELD_TOTAL,
			"The kind %s is reserved and not supported yet.", info->name);
	*ret_kind = info->kind;
	return true;
}

static bool check_map(struct span frame, struct refusal *ret_refusal)
{
	if (frame.size > FRAME_SIZE_MAX)
		return refuse(ret_refusal, ERROR_MALFORMED, FIELD_TOTAL,
			"The second frame is longer than the limit of %d bytes.", FRAME_SIZE_MAX);
	enum scan_outcome outcome = scan_whole(frame);
	if (outcome != SCAN_OK)
		return refuse(ret_refusal, ERROR_MALFORMED, FIELD_TOTAL, "The second frame %s.",
			scan_outcome_text(outcome));
	if (pull_head(&frame).type != SCAN_MAP)
		return refuse(ret_refusal, ERROR_MALFORMED, FIELD_TOTAL, "The second frame is not a map.");
	return true;
}

/* An empty required text says nothing where something must be said: no id, an answer without a word. What the
 * daemon sends is left alone, a client has no use for a refusal there. */
static bool is_empty_text(const struct message *message, const struct kind_info *info, enum field field)
{
	enum field_type type = field_infos[field].type;
	bool text = type == TYPE_LINE || type == TYPE_TEXT;
	return text && info->senders != SENDER_DAEMON && message->values[field].text.size == 0;
}

static bool check_required(const struct message *message, struct refusal *ret_refusal)
{
	const struct kind_info *info = kind_info((uint8_t)message->kind);
	for (const enum field *field = kind_required(message->kind); *field != FIELD_TOTAL; field++) {
		if (!message_has(message, *field))
			return refuse(ret_refusal, ERROR_MISSING_FIELD, *field,
				"The field %s is missing in %s.", field_infos[*field].key, info->name);
		if (is_empty_text(message, info, *field))
			return refuse(ret_refusal, ERROR_INVALID_VALUE, *field, "The field %s is empty.",
				field_infos[*field].key);
	}
	return true;
}

static void allow(const enum field *fields, uint64_t *allowed)
{
	for (; *fields != FIELD_TOTAL; fields++)
		allowed[*fields / 64] |= UINT64_C(1) << (*fields % 64);
}

/* The request id of a message that was refused for something else: its sender wants to know which one. -1 if
 * the frame is no whole map, or has no such number, or two. */
static int64_t recover_req(struct span frame)
{
	struct refusal ignored;
	if (!check_map(frame, &ignored))
		return -1;
	int64_t req = -1;
	bool met = false;
	struct scan_head map = pull_head(&frame);
	for (uint64_t i = 0; i < map.value; i++) {
		struct span key = pull_value(&frame), value = pull_value(&frame);
		struct scan_head head = pull_head(&key);
		if (head.type != SCAN_TEXT || !span_equal_string(key, field_infos[FIELD_REQ].key))
			continue;
		if (met)
			return -1;
		met = true;
		head = pull_head(&value);
		if (head.type == SCAN_NATURAL && head.value <= INT64_MAX)
			req = (int64_t)head.value;
	}
	return req;
}

bool message_decode(struct span kind_frame, struct span map_frame, struct message *ret_message,
	struct refusal *ret_refusal)
{
	struct message message = {0};
	uint64_t allowed[2] = {0};
	struct span rest = map_frame;
	struct refusal refusal;
	if (check_kind(kind_frame, &message.kind, &refusal) && check_map(map_frame, &refusal)) {
		allow(kind_required(message.kind), allowed);
		allow(kind_optional(message.kind), allowed);
		if (decode_map(&rest, allowed, false, &message, &refusal) &&
			check_required(&message, &refusal)) {
			ENSURE(rest.size == 0);
			*ret_message = message;
			return true;
		}
	}
	refusal.req = recover_req(map_frame);
	*ret_refusal = refusal;
	return false;
}

bool message_lines_next(struct field_value *rest, struct span *ret_text)
{
	if (rest->count == 0)
		return false;
	struct scan_head head = pull_head(&rest->array);
	*ret_text = pull_payload(&rest->array, &head);
	rest->count--;
	return true;
}

bool message_items_next(struct field_value *rest, struct message *ret_item)
{
	if (rest->count == 0)
		return false;
	struct message item = {0};
	struct refusal refusal;
	bool decoded = decode_map(&rest->array, allow_all, true, &item, &refusal);
	ENSURE(decoded); /* message_decode has read it before */
	*ret_item = item;
	rest->count--;
	return true;
}
