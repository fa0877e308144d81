#include "workers/exec_text.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

struct span exec_text_trim(struct span text)
{
	while (text.size > 0 && strchr("\r\n", text.data[text.size - 1]))
		text.size--;
	return text;
}

/* The size of the character at the start, 0 if there is none. */
static size_t character_size(struct span text)
{
	size_t most = text.size < 4 ? text.size : 4;
	for (size_t size = 1; size <= most; size++)
		if (utf8_is_text(span_of(text.data, size), UTF8_SEVERAL_LINES))
			return size;
	return 0;
}

static void append_clean(struct buffer *to, struct span said)
{
	for (size_t size; said.size > 0; said = span_of(said.data + size, said.size - size)) {
		unsigned char first = (unsigned char)said.data[0];
		size = character_size(said);
		if (size > 0)
			buffer_append(to, said.data, size);
		else
			buffer_append_byte(to, first < 0x80 ? ' ' : '?');
		size = size > 0 ? size : 1;
	}
}

void exec_text_reason(struct buffer *ret_reason, const char *prefix, struct span said, const char *otherwise)
{
	buffer_clear(ret_reason);
	buffer_append_span(ret_reason, span_of_string(prefix));
	said = exec_text_trim(said);
	if (said.size > REASON_SIZE_MAX)
		said.size = REASON_SIZE_MAX;
	append_clean(ret_reason, said.size > 0 ? said : span_of_string(otherwise));
	ret_reason->size = utf8_truncate(buffer_span(ret_reason), REASON_SIZE_MAX).size;
}
