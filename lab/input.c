#include "lab/input.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "calendar/civil.h"

struct input {
	char *path;
	struct input_message *messages;
	json_t **objects; /* own the texts */
	size_t count;
	size_t capacity;
};

static void cleanup_line(char **line)
{
	free(*line);
}

/* An absent member is the empty span. */
static bool read_text(
	const json_t *object, const char *key, bool required, struct span *ret_text, struct fault *fault)
{
	const json_t *value = json_object_get(object, key);
	*ret_text = SPAN_EMPTY;
	if (!value && !required)
		return true;
	if (!json_is_string(value) || (required && json_string_length(value) == 0))
		return fault_set(fault, "\"%s\" is %s", key, value ? "not a text, or empty" : "missing");
	*ret_text = span_of(json_string_value(value), json_string_length(value));
	return true;
}

static bool read_moment(
	const json_t *object, const char *key, struct instant *ret_moment, struct fault *fault)
{
	struct span text;
	if (!read_text(object, key, true, &text, fault))
		return false;
	return civil_parse_instant(text, UTC_OFFSET_CHINA, ret_moment) ||
	       fault_set(fault, "\"%s\" is not a moment like 2019-03-01T09:30:00", key);
}

static bool read_message(const json_t *object, struct input_message *message, struct fault *fault)
{
	message->replied = INSTANT_NEVER;
	if (!json_is_object(object))
		return fault_set(fault, "is not a JSON object");
	if (!read_text(object, "id", false, &message->id, fault) ||
		!read_text(object, "title", true, &message->title, fault) ||
		!read_text(object, "body", true, &message->body, fault) ||
		!read_text(object, "category", false, &message->category, fault) ||
		!read_moment(object, "received", &message->received, fault) ||
		!read_text(object, "reply", false, &message->reply, fault))
		return false;
	if (message->reply.size == 0)
		return true;
	if (!read_moment(object, "replied", &message->replied, fault))
		return false;
	return !instant_before(message->replied, message->received) ||
	       fault_set(fault, "\"replied\" is before \"received\"");
}

static void add(struct input *self, json_t *object, const struct input_message *message)
{
	if (self->count == self->capacity) {
		self->capacity = self->capacity ? 2 * self->capacity : 1024;
		self->messages = memory_resize(self->messages, self->capacity, sizeof(*self->messages));
		self->objects = memory_resize(self->objects, self->capacity, sizeof(*self->objects));
	}
	self->messages[self->count] = *message;
	self->objects[self->count++] = json_incref(object);
}

static bool read_line(struct input *self, uint32_t number, const char *line, size_t size, struct fault *fault)
{
	json_error_t error;
	struct input_message message = {.line = number};
	if (line[strspn(line, " \t\r\n")] == '\0' && strlen(line) == size)
		return true;
	json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
	bool good = object ? read_message(object, &message, fault)
			   : fault_set(fault, "is not JSON: %s", error.text);
	if (good && self->count == INPUT_MESSAGES_MAX)
		good = fault_set(fault, "more than %d messages", INPUT_MESSAGES_MAX);
	if (good)
		add(self, object, &message);
	json_decref(object);
	return good;
}

struct input *input_read(const char *path, struct fault *fault)
{
	FILE *file CLEANUP(cleanup_fclose) = fopen(path, "re");
	char *line CLEANUP(cleanup_line) = NULL;
	size_t capacity = 0;
	ssize_t size;
	CLEANUP(input_destroy) struct input *self = memory_new(1, sizeof(*self));
	self->path = memory_copy_string(path);
	if (!file) {
		fault_set(fault, "%s: %s", path, strerror(errno));
		return NULL;
	}
	for (uint32_t number = 1; (size = getline(&line, &capacity, file)) >= 0; number++) {
		char where[512];
		if (read_line(self, number, line, (size_t)size, fault))
			continue;
		snprintf(where, sizeof(where), "%s:%u", path, number);
		fault_prefix(fault, where);
		return NULL;
	}
	if (ferror(file) || self->count == 0) {
		fault_set(fault, "%s: %s", path, ferror(file) ? strerror(errno) : "has no message");
		return NULL;
	}
	return TAKE(self);
}

void input_destroy(struct input **self)
{
	struct input *input = *self;
	if (!input)
		return;
	for (size_t i = 0; i < input->count; i++)
		json_decref(input->objects[i]);
	free(input->objects);
	free(input->messages);
	free(input->path);
	free(input);
	*self = NULL;
}

const struct input_message *input_messages(const struct input *self, size_t *ret_count)
{
	*ret_count = self->count;
	return self->messages;
}

const char *input_path(const struct input *self)
{
	return self->path;
}
