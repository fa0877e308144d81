#include "workers/submit_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

struct submit_input {
	const struct tool *tool;
	const char *name;
	FILE *file;
	char *line;
	size_t capacity;
	int64_t number;
	int64_t total;
};

/* A file is read twice, so that the bar knows where it ends; a pipe cannot be. */
static void count_lines(struct submit_input *self)
{
	char block[65536];
	size_t size;
	char last = '\n';
	if (fseek(self->file, 0, SEEK_END) != 0)
		return;
	rewind(self->file);
	while ((size = fread(block, 1, sizeof(block), self->file)) > 0) {
		for (const char *at = block; (at = memchr(at, '\n', (size_t)(block + size - at))); at++)
			self->total++;
		last = block[size - 1];
	}
	self->total += last != '\n';
	rewind(self->file);
}

struct submit_input *submit_input_open(const struct tool *tool, const char *path)
{
	struct submit_input *self = memory_new(1, sizeof(*self));
	bool is_stdin = strcmp(path, "-") == 0;
	*self = (struct submit_input){.tool = tool, .name = is_stdin ? _("standard input") : path};
	self->file = is_stdin ? stdin : fopen(path, "re");
	if (!self->file) {
		tool_say(tool, _("%s: cannot open it: %s"), path, language_error(errno));
		submit_input_close(&self);
		return NULL;
	}
	if (!is_stdin)
		count_lines(self);
	return self;
}

void submit_input_close(struct submit_input **self)
{
	if (!*self)
		return;
	if ((*self)->file && (*self)->file != stdin)
		(void)fclose((*self)->file);
	free((*self)->line);
	free(*self);
	*self = NULL;
}

int64_t submit_input_total(const struct submit_input *self)
{
	return self->total;
}

const char *submit_input_name(const struct submit_input *self)
{
	return self->name;
}

void submit_line_deinit(struct submit_line *line)
{
	json_decref(line->object);
	*line = (struct submit_line){0};
}

static bool complain(const struct submit_input *self, const char *what, const char *key)
{
	tool_say(self->tool, "%s:%lld: %s%s%s", self->name, (long long)self->number, what, key[0] ? ": " : "",
		key);
	return false;
}

/* Absent and null are the same. */
static bool read_text(
	const struct submit_input *self, const json_t *object, const char *key, const char **ret_text)
{
	const json_t *value = json_object_get(object, key);
	*ret_text = NULL;
	if (!value || json_is_null(value))
		return true;
	*ret_text = json_string_value(value);
	return *ret_text || complain(self, _("is not a text"), key);
}

/* Other systems number their messages: a number is as good a name. */
static bool read_id(const struct submit_input *self, struct submit_line *line)
{
	const json_t *value = json_object_get(line->object, "id");
	if (json_is_integer(value)) {
		snprintf(line->id_text, sizeof(line->id_text), "%lld", (long long)json_integer_value(value));
		line->message.id = line->id_text;
		return true;
	}
	if (!read_text(self, line->object, "id", &line->message.id))
		return false;
	return line->message.id ||
	       complain(self, _("a message needs an id, so that it can be sent again"), "");
}

static bool read_message(const struct submit_input *self, struct submit_line *line)
{
	struct wz_message *message = &line->message;
	const json_t *object = line->object;
	if (!json_is_object(object))
		return complain(self, _("is not a JSON object"), "");
	return read_id(self, line) && read_text(self, object, "title", &message->title) &&
	       read_text(self, object, "body", &message->body) &&
	       read_text(self, object, "category", &message->category) &&
	       read_text(self, object, "region", &message->region) &&
	       read_text(self, object, "department", &message->department) &&
	       read_text(self, object, "class", &message->class_name) &&
	       read_text(self, object, "contact", &message->contact);
}

static enum submit_read read_line(const struct submit_input *self, size_t size, struct submit_line *ret_line)
{
	json_error_t error;
	*ret_line = (struct submit_line){.number = self->number};
	if (size > SUBMIT_LINE_SIZE_MAX) {
		complain(self, _("is longer than a message can be"), "");
		return SUBMIT_READ_BAD;
	}
	ret_line->object = json_loadb(self->line, size, JSON_REJECT_DUPLICATES, &error);
	if (!ret_line->object) {
		complain(self, _("is not JSON"), error.text);
		return SUBMIT_READ_BAD;
	}
	if (read_message(self, ret_line))
		return SUBMIT_READ;
	submit_line_deinit(ret_line);
	return SUBMIT_READ_BAD;
}

static bool is_blank(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!strchr(" \t\r\n", line[i]) || line[i] == '\0')
			return false;
	return true;
}

enum submit_read submit_input_next(struct submit_input *self, struct submit_line *ret_line)
{
	ssize_t size;
	while ((size = getline(&self->line, &self->capacity, self->file)) >= 0) {
		self->number++;
		if (!is_blank(self->line, (size_t)size))
			return read_line(self, (size_t)size, ret_line);
	}
	if (!ferror(self->file))
		return SUBMIT_READ_END;
	complain(self, _("cannot be read"), language_error(errno));
	clearerr(self->file);
	return SUBMIT_READ_BAD;
}
