#include "ctl/document.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "ctl/moment.h"

static json_t *text_of(struct span text)
{
	return json_stringn(
		text.data ? text.data : "", text.size); /* NULL if it is no UTF-8, which was checked */
}

static json_t *lines_of(struct field_value value)
{
	json_t *array = json_array();
	struct span text;
	while (message_lines_next(&value, &text))
		ENSURE(json_array_append_new(array, text_of(text)) == 0);
	return array;
}

static json_t *items_of(struct field_value value)
{
	json_t *array = json_array();
	struct message item;
	while (message_items_next(&value, &item))
		ENSURE(json_array_append_new(array, document_of(&item)) == 0);
	return array;
}

static json_t *time_of(struct instant time)
{
	char text[MOMENT_FULL_SIZE];
	moment_full(time, text);
	return json_string(text);
}

static json_t *value_of(const struct message *message, enum field field)
{
	const struct field_value *value = &message->values[field];
	switch (field_infos[field].type) {
	case TYPE_LINE:
	case TYPE_TEXT:
		return text_of(value->text);
	case TYPE_TIME:
		return time_of((struct instant){value->number});
	case TYPE_COUNT:
		return json_integer(value->number);
	case TYPE_FLAG:
		return json_boolean(value->number);
	case TYPE_LINES:
		return lines_of(*value);
	case TYPE_ITEMS:
		return items_of(*value);
	}
	UNREACHABLE();
}

json_t *document_of(const struct message *message)
{
	json_t *object = json_object();
	ENSURE(object);
	for (enum field field = 0; field < FIELD_TOTAL; field++)
		if (field != FIELD_REQ && message_has(message, field))
			ENSURE(json_object_set_new(
				       object, field_infos[field].key, value_of(message, field)) == 0);
	return object;
}

void document_print(json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT);
	ENSURE(text);
	puts(text); /* that it could not be written is told by command_finish */
	free(text);
	json_decref(document);
}
