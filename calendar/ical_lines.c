#include "calendar/ical_lines.h"

#include <strings.h>

#include "base/assert.h"

void ical_lines_init(struct ical_lines *self, struct span text)
{
	REQUIRE(self);
	static const char byte_order_mark[] = {'\xef', '\xbb', '\xbf'};
	if (text.size >= sizeof(byte_order_mark) &&
		memcmp(text.data, byte_order_mark, sizeof(byte_order_mark)) == 0)
		text = span_of(text.data + sizeof(byte_order_mark), text.size - sizeof(byte_order_mark));
	*self = (struct ical_lines){.rest = text, .line = BUFFER_NULL};
}

void ical_lines_deinit(struct ical_lines *self)
{
	buffer_deinit(&self->line);
}

/* One physical line without its end. */
static struct span take_physical(struct ical_lines *self)
{
	const char *end = memchr(self->rest.data, '\n', self->rest.size);
	size_t size = end ? (size_t)(end - self->rest.data) : self->rest.size;
	struct span line = span_of(self->rest.data, size);
	size_t taken = end ? size + 1 : size;
	self->rest = span_of(self->rest.data + taken, self->rest.size - taken);
	self->number++;
	while (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

static bool continues(struct span rest)
{
	return rest.size > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t');
}

bool ical_lines_next(struct ical_lines *self, struct span *ret_line, uint32_t *ret_number)
{
	while (self->rest.size > 0) {
		struct span first = take_physical(self);
		uint32_t number = self->number;
		buffer_clear(&self->line);
		buffer_append_span(&self->line, first);
		while (continues(self->rest)) {
			struct span more = take_physical(self);
			ENSURE(more.size > 0); /* the blank that makes it a continuation */
			buffer_append(&self->line, more.data + 1, more.size - 1);
		}
		if (self->line.size == 0)
			continue;
		*ret_line = buffer_span(&self->line);
		*ret_number = number;
		return true;
	}
	return false;
}

struct span ical_lines_name(struct span line)
{
	size_t size = 0;
	while (size < line.size && line.data[size] != ':' && line.data[size] != ';')
		size++;
	return span_of(line.data, size);
}

struct span ical_lines_value(struct span line)
{
	bool quoted = false;
	for (size_t i = 0; i < line.size; i++) {
		if (line.data[i] == '"')
			quoted = !quoted;
		else if (line.data[i] == ':' && !quoted)
			return span_of(line.data + i + 1, line.size - i - 1);
	}
	return SPAN_EMPTY;
}

bool ical_lines_same_name(struct span name, const char *upper_case)
{
	size_t size = strlen(upper_case);
	return name.size == size && strncasecmp(name.data, upper_case, size) == 0;
}
