#include <jansson.h>

#include "base/assert.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/memory.h"
#include "client/reading.h"
#include "tests/fuzz/feed.h"
#include "workers/as_json.h"
#include "workers/exec_case.h"

/*
 * What the exec worker makes of a daemon's OFFER and of a command's end. Any map frame that the protocol lets
 * pass becomes one line of JSON that says the same; any output, errors and status of a command become an act
 * that the protocol lets pass.
 *
 * The first byte chooses: even: how it ended, the status, the output, the errors. Odd: the map of an OFFER,
 * or with 3 of an EVENT.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const json_t *object, const char *key, const char *text)
{
	const json_t *value = json_object_get(object, key);
	ENSURE(!value == !text);
	if (text)
		ENSURE(json_is_string(value) && strlen(text) == json_string_length(value) &&
			strcmp(json_string_value(value), text) == 0);
}

/* Reads the line as the command would. */
static json_t *read_back(const char *line)
{
	ENSURE(!strchr(line, '\n') && utf8_is_text(span_of_string(line), UTF8_ONE_LINE));
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	ENSURE(object);
	return object;
}

static void check_offer(const struct tool *tool, struct reading *reading)
{
	struct wz_case offer;
	reading_case(reading, &reading->result->message, &offer);
	if (!offer.case_number)
		return;
	struct exec_case *one = exec_case_new(tool, &offer);
	char *line = exec_case_input(one);
	json_t *object = read_back(line);
	check_text(object, "case", offer.case_number);
	check_text(object, "title", offer.title);
	check_text(object, "body", offer.body);
	check_text(object, "category", offer.category);
	check_text(object, "region", offer.region);
	check_text(object, "portal", offer.portal);
	check_text(object, "department", offer.department);
	ENSURE(json_integer_value(json_object_get(object, "attempt")) == 1);
	json_decref(object);
	free(line);
	exec_case_destroy(&one);
}

static void check_event(const struct tool *tool, struct reading *reading)
{
	struct wz_event event;
	reading_event(reading, &reading->result->message, &event);
	json_t *object = as_json_event(tool, &event);
	char *line = as_json_line(object);
	json_decref(object);
	object = read_back(line);
	check_text(object, "event", event.name);
	check_text(object, "reply", event.reply);
	check_text(object, "reason", event.reason);
	check_text(object, "text", event.text);
	json_decref(object);
	free(line);
}

static void check_frame(const struct tool *tool, enum kind kind, struct span map)
{
	char head[KIND_FRAME_SIZE];
	struct refusal refusal;
	struct reading reading = {0};
	struct result *result = memory_new(1, sizeof(*result));
	buffer_append_span(&result->map, map);
	if (!message_decode(
		    message_kind_frame(kind, head), buffer_span(&result->map), &result->message, &refusal)) {
		result_destroy(&result);
		return;
	}
	reading_begin(&reading, result);
	if (kind == KIND_OFFER)
		check_offer(tool, &reading);
	else
		check_event(tool, &reading);
	reading_deinit(&reading);
}

static void check_act(const struct exec_case *one)
{
	struct span words = buffer_span(&one->words);
	ENSURE(words.size > 0);
	if (one->act == WZ_ACT_REPLY)
		ENSURE(!memchr(words.data, '\0', words.size));
	else
		ENSURE(field_check_text(FIELD_REASON, words) == ERROR_NONE);
}

static void check_end(const struct tool *tool, struct feed *feed)
{
	static const struct exec_command command = {.timeout_ms = 1000};
	static const enum exec_end ends[] = {EXEC_EXITED, EXEC_SIGNALLED, EXEC_TOO_LONG, EXEC_TOO_MUCH};
	const struct wz_case offer = {.case_number = "20260928-000001-1"};
	struct exec_case *one = exec_case_new(tool, &offer);
	one->run.command = &command;
	one->run.end = ends[feed_byte(feed) % 4];
	one->run.status = feed_byte(feed);
	buffer_append_span(&one->run.output, feed_text(feed));
	buffer_append_span(&one->run.errors, feed_text(feed));
	if (exec_case_conclude(one)) {
		const struct wz_error refused = {.outcome = WZ_INVALID, .code = "return-limit", .text = "no"};
		check_act(one);
		if (exec_case_fall_back(one, &refused))
			check_act(one);
	}
	exec_case_destroy(&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	const struct tool tool = {.name = "fuzz", .offset = UTC_OFFSET_CHINA};
	uint8_t what = feed_byte(&feed);
	if (what % 2 == 0)
		check_end(&tool, &feed);
	else
		check_frame(&tool, what % 4 == 1 ? KIND_OFFER : KIND_EVENT, feed_rest(&feed));
	return 0;
}
