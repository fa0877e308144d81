#include "workers/as_json.h"

#include "base/assert.h"

void as_json_text(json_t *object, const char *key, const char *text)
{
	if (text)
		ENSURE(json_object_set_new(object, key, json_string(text)) == 0);
}

void as_json_number(json_t *object, const char *key, int64_t number)
{
	if (number != WZ_NO_NUMBER)
		ENSURE(json_object_set_new(object, key, json_integer(number)) == 0);
}

void as_json_time(const struct tool *tool, json_t *object, const char *key, int64_t us)
{
	char text[CIVIL_INSTANT_SIZE];
	tool_print_time(tool, us, text);
	as_json_text(object, key, text[0] ? text : NULL);
}

static void add_flag(json_t *object, const char *key, bool flag)
{
	ENSURE(json_object_set_new(object, key, json_boolean(flag)) == 0);
}

static void add_due(const struct tool *tool, json_t *object, int64_t due_us, bool provisional)
{
	if (due_us == WZ_NO_TIME)
		return;
	as_json_time(tool, object, "due", due_us);
	add_flag(object, "provisional", provisional);
}

json_t *as_json_case(const struct tool *tool, const struct wz_case *of)
{
	json_t *object = json_object();
	as_json_text(object, "case", of->case_number);
	as_json_number(object, "epoch", of->epoch);
	as_json_text(object, "department", of->department);
	as_json_text(object, "title", of->title);
	as_json_text(object, "body", of->body);
	as_json_text(object, "category", of->category);
	as_json_text(object, "region", of->region);
	as_json_text(object, "portal", of->portal);
	as_json_text(object, "class", of->class_name);
	as_json_time(tool, object, "received", of->received_us);
	add_due(tool, object, of->due_us, of->provisional);
	if (of->final_ruling)
		add_flag(object, "final", true);
	if (of->reminded)
		add_flag(object, "reminded", true);
	return object;
}

json_t *as_json_event(const struct tool *tool, const struct wz_event *event)
{
	json_t *object = json_object();
	as_json_number(object, "cursor", event->cursor);
	as_json_text(object, "event", event->name);
	as_json_time(tool, object, "at", event->at_us);
	as_json_text(object, "case", event->case_number);
	as_json_text(object, "id", event->id);
	as_json_number(object, "rung", event->rung);
	add_due(tool, object, event->due_us, event->provisional);
	as_json_number(object, "due_version", event->due_version);
	as_json_time(tool, object, "fired", event->fired_us);
	as_json_text(object, "department", event->department);
	as_json_text(object, "class", event->class_name);
	as_json_text(object, "portal", event->portal);
	as_json_text(object, "title", event->title);
	as_json_time(tool, object, "received", event->received_us);
	as_json_text(object, "reply_kind", event->reply_kind);
	as_json_text(object, "reply", event->reply);
	as_json_text(object, "reason", event->reason);
	as_json_text(object, "rule", event->rule);
	as_json_text(object, "state", event->state);
	as_json_text(object, "actor", event->actor);
	as_json_text(object, "text", event->text);
	return object;
}

json_t *as_json_receipt(const struct tool *tool, const struct wz_receipt *receipt)
{
	json_t *object = json_object();
	as_json_text(object, "id", receipt->id);
	as_json_text(object, "case", receipt->case_number);
	as_json_text(object, "query_code", receipt->query_code);
	as_json_text(object, "department", receipt->department);
	as_json_text(object, "class", receipt->class_name);
	as_json_time(tool, object, "received", receipt->received_us);
	add_due(tool, object, receipt->due_us, receipt->provisional);
	return object;
}

char *as_json_line(const json_t *object)
{
	char *line = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	ENSURE(line);
	return line;
}
