#include <inttypes.h>
#include <time.h>

#include "base/assert.h"
#include "proto/message.h"

#define TEXT_SHOWN_MAX 40

/* What stands between quotes, so that a line of a log stays one line. */
static void print_text(struct span text, struct buffer *out)
{
	if (text.size > TEXT_SHOWN_MAX) {
		buffer_printf(out, "<%zu bytes>", text.size);
		return;
	}
	buffer_append_byte(out, '"');
	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];
		const char *escape = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
		if (escape)
			buffer_printf(out, "%s", escape);
		else if (c == '"' || c == '\\')
			buffer_printf(out, "\\%c", c);
		else
			buffer_append_byte(out, (uint8_t)c);
	}
	buffer_append_byte(out, '"');
}

/* UTC, to the microsecond: 2026-01-05T01:00:00.000000Z. */
static void print_time(int64_t us, struct buffer *out)
{
	time_t seconds = (time_t)(us / US_PER_S);
	struct tm civil;
	char text[32];
	ENSURE(gmtime_r(&seconds, &civil));
	ENSURE(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &civil) > 0);
	buffer_printf(out, "%s.%06" PRId64 "Z", text, us % US_PER_S);
}

static void print_lines(struct field_value lines, struct buffer *out)
{
	struct span line;
	const char *separator = "";
	buffer_append_byte(out, '[');
	while (message_lines_next(&lines, &line)) {
		buffer_printf(out, "%s", separator);
		print_text(line, out);
		separator = ", ";
	}
	buffer_append_byte(out, ']');
}

/* An item holds no items, so this goes one level deep. */
static void print_items(struct field_value items, struct buffer *out)
{
	struct message item;
	const char *separator = "";
	buffer_append_byte(out, '[');
	while (message_items_next(&items, &item)) {
		buffer_printf(out, "%s", separator);
		message_print(&item, out);
		separator = ", ";
	}
	buffer_append_byte(out, ']');
}

static void print_value(enum field field, const struct field_value *value, struct buffer *out)
{
	switch (field_infos[field].type) {
	case TYPE_LINE:
	case TYPE_TEXT:
		/* What is a citizen's secret does not belong in any log. */
		if (field == FIELD_QUERY_CODE || field == FIELD_CONTACT)
			buffer_printf(out, "<secret>");
		else
			print_text(value->text, out);
		return;
	case TYPE_TIME:
		print_time(value->number, out);
		return;
	case TYPE_COUNT:
		buffer_printf(out, "%" PRId64, value->number);
		return;
	case TYPE_FLAG:
		buffer_printf(out, "%s", value->number ? "true" : "false");
		return;
	case TYPE_LINES:
		print_lines(*value, out);
		return;
	case TYPE_ITEMS:
		print_items(*value, out);
		return;
	}
	UNREACHABLE();
}

void message_print(const struct message *self, struct buffer *out)
{
	const struct kind_info *info = kind_info((uint8_t)self->kind);
	if (info)
		buffer_printf(out, "%s ", info->name);
	const char *separator = "";
	buffer_append_byte(out, '{');
	for (enum field field = 0; field < FIELD_TOTAL; field++) {
		if (!message_has(self, field))
			continue;
		buffer_printf(out, "%s%s: ", separator, field_infos[field].key);
		print_value(field, &self->values[field], out);
		separator = ", ";
	}
	buffer_append_byte(out, '}');
}
