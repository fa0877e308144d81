#ifndef WENZHENG_BASE_UTF8_H
#define WENZHENG_BASE_UTF8_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Text that may be stored and shown: well-formed UTF-8 (Unicode 15, table 3-7: no overlong form, no
 * surrogate, nothing above U+10FFFF) without control characters. NUL, C0 and DEL are refused because a
 * terminal, a C string or a log would act on them; tab, line feed and carriage return are the exceptions in a
 * text of several lines.
 */
enum utf8_lines {
	UTF8_ONE_LINE,	    /* names, titles, codes: no control character at all */
	UTF8_SEVERAL_LINES, /* bodies, replies, reasons: tab, LF and CR may stand */
};

bool utf8_is_text(struct span text, enum utf8_lines lines);

/* The longest prefix of at most `size` bytes that does not cut a character. */
struct span utf8_truncate(struct span text, size_t size);

#endif
