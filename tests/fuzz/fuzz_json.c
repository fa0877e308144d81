#include <jansson.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "lab/input.h"
#include "tests/fuzz/feed.h"
#include "workers/submit_input.h"

/*
 * Any text as a file of JSON lines, for wenzheng-submit and for the replay: each line is refused with its
 * number, or gives texts that end where they should and say what JSON says they do.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const json_t *object, const char *key, const char *text)
{
	const json_t *value = json_object_get(object, key);
	if (json_is_string(value))
		ENSURE(text && strlen(text) == json_string_length(value) &&
			strcmp(text, json_string_value(value)) == 0);
	IMPLIES(!value || json_is_null(value), !text);
}

static void check_line(const struct submit_line *line)
{
	ENSURE(json_is_object(line->object) && line->message.id);
	check_text(line->object, "title", line->message.title);
	check_text(line->object, "body", line->message.body);
	check_text(line->object, "category", line->message.category);
	check_text(line->object, "region", line->message.region);
	check_text(line->object, "department", line->message.department);
	check_text(line->object, "class", line->message.class_name);
}

static void read_submissions(const char *path)
{
	const struct tool tool = {.name = "fuzz"};
	struct submit_input *input = submit_input_open(&tool, path);
	struct submit_line line;
	enum submit_read read;
	int64_t number = 0;
	ENSURE(input);
	while ((read = submit_input_next(input, &line)) != SUBMIT_READ_END) {
		if (read != SUBMIT_READ)
			continue;
		ENSURE(line.number > number && line.number <= submit_input_total(input));
		number = line.number;
		check_line(&line);
		submit_line_deinit(&line);
	}
	submit_input_close(&input);
}

static void read_history(const char *path)
{
	struct fault fault = FAULT_NONE;
	struct input *input = input_read(path, &fault);
	if (!input) {
		ENSURE(strncmp(fault.text, path, strlen(path)) == 0);
		return;
	}
	size_t count;
	const struct input_message *messages = input_messages(input, &count);
	ENSURE(count > 0);
	for (size_t i = 0; i < count; i++) {
		ENSURE(messages[i].title.size > 0 && messages[i].body.size > 0);
		ENSURE((messages[i].reply.size == 0) == instant_is_never(messages[i].replied));
		ENSURE(!instant_before(messages[i].replied, messages[i].received));
		IMPLIES(i > 0, messages[i].line > messages[i > 0 ? i - 1 : 0].line);
	}
	input_destroy(&input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed_file file = feed_file_of(span_of(data, size), 0600);
	read_submissions(file.path);
	read_history(file.path);
	feed_file_close(&file);
	return 0;
}
