#include "base/assert.h"
#include "base/utf8.h"
#include "proto/message.h"

static bool is_text(enum field field)
{
	return field_infos[field].type == TYPE_LINE || field_infos[field].type == TYPE_TEXT;
}

struct span message_text(const struct message *self, enum field field)
{
	REQUIRE(is_text(field));
	return message_has(self, field) ? self->values[field].text : SPAN_EMPTY;
}

int64_t message_number(const struct message *self, enum field field, int64_t otherwise)
{
	REQUIRE(field_infos[field].type == TYPE_COUNT);
	return message_has(self, field) ? self->values[field].number : otherwise;
}

struct instant message_time(const struct message *self, enum field field, struct instant otherwise)
{
	REQUIRE(field_infos[field].type == TYPE_TIME);
	return message_has(self, field) ? (struct instant){self->values[field].number} : otherwise;
}

bool message_flag(const struct message *self, enum field field)
{
	REQUIRE(field_infos[field].type == TYPE_FLAG);
	return message_has(self, field) && self->values[field].number != 0;
}

enum error_code field_check_text(enum field field, struct span text)
{
	REQUIRE(is_text(field));
	if (text.size > (uint64_t)field_infos[field].limit)
		return ERROR_TOO_LONG;
	bool one_line = field_infos[field].type == TYPE_LINE;
	return utf8_is_text(text, one_line ? UTF8_ONE_LINE : UTF8_SEVERAL_LINES) ? ERROR_NONE
										 : ERROR_INVALID_TEXT;
}
