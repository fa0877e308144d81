#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/utf8.h"

#define BYTES(text)                      \
	{                                \
		(text), sizeof(text) - 1 \
	}

static void test_text_is_well_formed_utf8(void **state)
{
	(void)state;
	static const struct span right[] = {BYTES(""), BYTES("abc ~"), BYTES("路灯不亮，三天了"),
		BYTES("\xc2\xa0"), BYTES("\xdf\xbf"), BYTES("\xe0\xa0\x80"), BYTES("\xed\x9f\xbf"),
		BYTES("\xee\x80\x80"), BYTES("\xef\xbf\xbf"), BYTES("\xf0\x90\x80\x80"),
		BYTES("\xf4\x8f\xbf\xbf"), BYTES("𠮷😀")};
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		if (!utf8_is_text(right[i], UTF8_ONE_LINE) || !utf8_is_text(right[i], UTF8_SEVERAL_LINES))
			fail_msg("refused text %zu", i);
	static const struct span wrong[] = {BYTES("\x80"), BYTES("a\xbf"), BYTES("\xc0\x80"),
		BYTES("\xc1\xbf"), BYTES("\xe0\x9f\xbf"), BYTES("\xed\xa0\x80"), BYTES("\xf0\x8f\xbf\xbf"),
		BYTES("\xf4\x90\x80\x80"), BYTES("\xf5\x80\x80\x80"), BYTES("\xff"), BYTES("\xc2"),
		BYTES("\xe4\xb8"), BYTES("\xf0\x9f\x98"), BYTES("\xe4\xb8-"), BYTES("\xc2\xc2"),
		BYTES("\xb7\xc5\xbc\xd9")};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (utf8_is_text(wrong[i], UTF8_SEVERAL_LINES))
			fail_msg("took bytes %zu", i);
}

static void test_control_characters_stand_nowhere_and_line_breaks_only_in_long_texts(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 0xa0; code++) {
		char text[3];
		size_t size = 1;
		text[0] = (char)code;
		if (code >= 0x80) {
			text[0] = '\xc2';
			text[1] = (char)code;
			size = 2;
		}
		bool breaks = code == '\t' || code == '\n' || code == '\r';
		bool printable = code >= 0x20 && code < 0x7f;
		assert_int_equal(utf8_is_text(span_of(text, size), UTF8_ONE_LINE), printable);
		assert_int_equal(utf8_is_text(span_of(text, size), UTF8_SEVERAL_LINES), printable || breaks);
	}
}

/* A plain decoder as the judge of every sequence of up to three bytes and many of four. */
static bool decodes(const uint8_t *bytes, size_t size)
{
	size_t length = bytes[0] < 0x80	   ? 1
			: bytes[0] >= 0xf0 ? 4
			: bytes[0] >= 0xe0 ? 3
			: bytes[0] >= 0xc0 ? 2
					   : 0;
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	if (length != size || bytes[0] >= 0xf8)
		return false;
	uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (bytes[i] >> 6 != 2)
			return false;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
	return code >= smallest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && !control;
}

static void test_every_single_character_is_judged_as_a_decoder_would(void **state)
{
	(void)state;
	/* Second and later bytes at the edges of their ranges; all first bytes. */
	static const uint8_t edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
	const size_t n = sizeof(edges);
	for (unsigned first = 0; first < 256; first++)
		for (size_t rest = 0; rest < n * n * n; rest++) {
			uint8_t bytes[4] = {
				(uint8_t)first, edges[rest % n], edges[rest / n % n], edges[rest / n / n]};
			size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
			if (utf8_is_text(span_of(bytes, size), UTF8_ONE_LINE) != decodes(bytes, size))
				fail_msg("%02x %02x %02x %02x", bytes[0], bytes[1], bytes[2], bytes[3]);
		}
}

static void test_truncating_never_cuts_a_character(void **state)
{
	(void)state;
	struct span text = SPAN_LITERAL("a路é😀z");
	static const size_t kept[] = {0, 1, 1, 1, 4, 4, 6, 6, 6, 6, 10, 11, 11, 11};
	for (size_t size = 0; size < sizeof(kept) / sizeof(kept[0]); size++) {
		struct span cut = utf8_truncate(text, size);
		assert_int_equal(cut.size, kept[size]);
		assert_true(utf8_is_text(cut, UTF8_ONE_LINE));
	}
	assert_int_equal(utf8_truncate(SPAN_EMPTY, 5).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_well_formed_utf8),
		cmocka_unit_test(test_control_characters_stand_nowhere_and_line_breaks_only_in_long_texts),
		cmocka_unit_test(test_every_single_character_is_judged_as_a_decoder_would),
		cmocka_unit_test(test_truncating_never_cuts_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
