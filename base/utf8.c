#include "base/utf8.h"

#include <stdint.h>

/* Bytes of the well-formed sequence at the start, 0 if there is none. */
static size_t sequence_size(const uint8_t *bytes, size_t left)
{
	uint8_t first = bytes[0];
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (left < size)
		return 0;
	/* Only the second byte's range depends on the first: that is where overlongs and surrogates are shut
	 * out. */
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (bytes[1] < low || bytes[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

static bool is_control(const uint8_t *bytes, size_t size, enum utf8_lines lines)
{
	if (size == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0)
		return true; /* C1, U+0080 to U+009F: terminals obey some of them */
	if (size != 1 || (bytes[0] >= 0x20 && bytes[0] != 0x7f))
		return false;
	bool breaks = bytes[0] == '\t' || bytes[0] == '\n' || bytes[0] == '\r';
	return !(breaks && lines == UTF8_SEVERAL_LINES);
}

bool utf8_is_text(struct span text, enum utf8_lines lines)
{
	const uint8_t *bytes = (const uint8_t *)text.data;
	for (size_t i = 0; i < text.size;) {
		size_t size = sequence_size(bytes + i, text.size - i);
		if (size == 0 || is_control(bytes + i, size, lines))
			return false;
		i += size;
	}
	return true;
}

struct span utf8_truncate(struct span text, size_t size)
{
	if (text.size <= size)
		return text;
	while (size > 0 && ((uint8_t)text.data[size] & 0xc0) == 0x80)
		size--;
	return span_of(text.data, size);
}
