#include "proto/scan.h"

#include "base/assert.h"
#include "base/limits.h"

/* The forms of msgpack from c0 to df: how many bytes of length or number follow the first byte. Below and
 * above, the first byte holds the length or number itself. */
struct form {
	enum scan_type type;
	uint8_t width;
	enum scan_outcome refused;
};

static const struct form forms[0x20] = {
	[0x00] = {SCAN_NIL, 0, SCAN_OK},
	[0x01] = {SCAN_NIL, 0, SCAN_RESERVED},
	[0x02] = {SCAN_FLAG, 0, SCAN_OK},
	[0x03] = {SCAN_FLAG, 0, SCAN_OK},
	[0x04] = {SCAN_BYTES, 1, SCAN_OK},
	[0x05] = {SCAN_BYTES, 2, SCAN_OK},
	[0x06] = {SCAN_BYTES, 4, SCAN_OK},
	[0x07] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x08] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x09] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x0a] = {SCAN_FLOAT, 4, SCAN_OK},
	[0x0b] = {SCAN_FLOAT, 8, SCAN_OK},
	[0x0c] = {SCAN_NATURAL, 1, SCAN_OK},
	[0x0d] = {SCAN_NATURAL, 2, SCAN_OK},
	[0x0e] = {SCAN_NATURAL, 4, SCAN_OK},
	[0x0f] = {SCAN_NATURAL, 8, SCAN_OK},
	[0x10] = {SCAN_NEGATIVE, 1, SCAN_OK}, /* signed: may turn out natural */
	[0x11] = {SCAN_NEGATIVE, 2, SCAN_OK},
	[0x12] = {SCAN_NEGATIVE, 4, SCAN_OK},
	[0x13] = {SCAN_NEGATIVE, 8, SCAN_OK},
	[0x14] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x15] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x16] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x17] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x18] = {SCAN_BYTES, 0, SCAN_EXTENSION},
	[0x19] = {SCAN_TEXT, 1, SCAN_OK},
	[0x1a] = {SCAN_TEXT, 2, SCAN_OK},
	[0x1b] = {SCAN_TEXT, 4, SCAN_OK},
	[0x1c] = {SCAN_ARRAY, 2, SCAN_OK},
	[0x1d] = {SCAN_ARRAY, 4, SCAN_OK},
	[0x1e] = {SCAN_MAP, 2, SCAN_OK},
	[0x1f] = {SCAN_MAP, 4, SCAN_OK},
};

/* Values whose first byte says everything. */
static bool short_head(uint8_t first, struct scan_head *ret_head)
{
	if (first < 0x80)
		*ret_head = (struct scan_head){SCAN_NATURAL, 1, first};
	else if (first < 0x90)
		*ret_head = (struct scan_head){SCAN_MAP, 1, first & 0x0f};
	else if (first < 0xa0)
		*ret_head = (struct scan_head){SCAN_ARRAY, 1, first & 0x0f};
	else if (first < 0xc0)
		*ret_head = (struct scan_head){SCAN_TEXT, 1, first & 0x1f};
	else if (first >= 0xe0)
		*ret_head = (struct scan_head){SCAN_NEGATIVE, 1, UINT64_MAX << 8 | first};
	else
		return false;
	return true;
}

static uint64_t big_endian(const uint8_t *bytes, size_t width)
{
	uint64_t number = 0;
	for (size_t i = 0; i < width; i++)
		number = number << 8 | bytes[i];
	return number;
}

enum scan_outcome scan_head(struct span bytes, struct scan_head *ret_head)
{
	const uint8_t *at = (const uint8_t *)bytes.data;
	if (bytes.size == 0)
		return SCAN_CUT;
	if (short_head(at[0], ret_head))
		return SCAN_OK;
	const struct form *form = &forms[at[0] - 0xc0];
	if (form->refused != SCAN_OK)
		return form->refused;
	if (bytes.size - 1 < form->width)
		return SCAN_CUT;
	struct scan_head head = {form->type, 1 + (size_t)form->width, big_endian(at + 1, form->width)};
	if (head.type == SCAN_FLAG)
		head.value = at[0] & 1;
	if (head.type == SCAN_NEGATIVE) {
		uint64_t sign = UINT64_C(1) << (8 * form->width - 1);
		if (head.value & sign)
			head.value |= ~(sign - 1); /* carry the sign up to 64 bits */
		else
			head.type = SCAN_NATURAL;
	}
	*ret_head = head;
	return SCAN_OK;
}

/* May this container stand here? `ret_parts`: the values to come in it, a pair of a map being two. */
static enum scan_outcome open_container(
	const struct scan_head *head, size_t depth, size_t left, uint64_t *ret_parts)
{
	if (depth == MAP_DEPTH_MAX)
		return SCAN_TOO_DEEP;
	uint64_t parts = head->type == SCAN_MAP ? head->value * 2 : head->value;
	if (parts > left)
		return SCAN_TOO_MANY; /* each part costs a byte at least */
	if (head->type == SCAN_MAP && head->value > MAP_FIELDS_MAX)
		return SCAN_TOO_MANY_KEYS;
	*ret_parts = parts;
	return SCAN_OK;
}

enum scan_outcome scan_value(struct span bytes, size_t *ret_size)
{
	uint64_t open[MAP_DEPTH_MAX]; /* values still to come in each open container */
	size_t depth = 0, at = 0;
	if (bytes.size == 0)
		return SCAN_CUT;
	do {
		struct scan_head head;
		enum scan_outcome outcome = scan_head(span_of(bytes.data + at, bytes.size - at), &head);
		if (outcome != SCAN_OK)
			return outcome;
		at += head.size;
		if (depth > 0)
			open[depth - 1]--;
		if (head.type == SCAN_BYTES || head.type == SCAN_TEXT) {
			if (head.value > bytes.size - at)
				return SCAN_CUT;
			at += head.value;
		} else if (head.type == SCAN_ARRAY || head.type == SCAN_MAP) {
			outcome = open_container(&head, depth, bytes.size - at, &open[depth]);
			if (outcome != SCAN_OK)
				return outcome;
			depth++;
		}
		while (depth > 0 && open[depth - 1] == 0)
			depth--;
	} while (depth > 0);
	ENSURE(at <= bytes.size);
	*ret_size = at;
	return SCAN_OK;
}

enum scan_outcome scan_whole(struct span bytes)
{
	size_t size;
	enum scan_outcome outcome = scan_value(bytes, &size);
	if (outcome == SCAN_OK && size != bytes.size)
		return SCAN_TRAILING;
	return outcome;
}

const char *scan_outcome_text(enum scan_outcome outcome)
{
	static const char *const texts[] = {
		[SCAN_OK] = "is whole",
		[SCAN_CUT] = "ends inside a value",
		[SCAN_TOO_MANY] = "announces more values than it has bytes left",
		[SCAN_TOO_DEEP] = "nests deeper than the limit",
		[SCAN_TOO_MANY_KEYS] = "has a map with more keys than the limit",
		[SCAN_EXTENSION] = "contains an extension type, which WZP/1 does not use",
		[SCAN_RESERVED] = "contains the byte c1, which is not msgpack",
		[SCAN_TRAILING] = "goes on after the end of its map",
	};
	return texts[outcome];
}
