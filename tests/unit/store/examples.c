#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "tests/unit/store/examples.h"

static int setup(void **state, const struct engine *engine)
{
	static struct place place;
	place = (struct place){.engine = engine};
	engine->open(&place);
	*state = &place;
	return 0;
}

int setup_sqlite(void **state)
{
	return setup(state, &engine_sqlite);
}

int setup_memory(void **state)
{
	return setup(state, &engine_memory);
}

int teardown(void **state)
{
	PLACE;
	place->engine->close(place);
	return 0;
}

void put_message(struct place *place, int64_t case_id, struct span portal, struct span message_id)
{
	struct message_row row = {.case_id = case_id, .portal = portal, .message_id = message_id};
	OK(CALL(put_message, &row));
}

void put_case(struct place *place, int64_t case_id, enum case_state state, struct span department)
{
	struct case_row row = {.case_id = case_id,
		.state = state,
		.portal = L("web"),
		.department = department,
		.due = INSTANT_NEVER,
		.due_version = 1};
	OK(CALL(put_case, &row));
}

void append(struct place *place, enum record_kind kind, int64_t case_id, struct span stream)
{
	struct record record = {.kind = kind, .at = {1790000000000000}, .case_id = case_id, .stream = stream};
	OK(CALL(append, &record));
}

int see_record(void *context, const struct record *record)
{
	struct seen *seen = context;
	seen->numbers[seen->count++] = record->seq;
	return seen->count == seen->stop_after ? 77 : 0;
}

int see_case(void *context, const struct case_row *row)
{
	struct seen *seen = context;
	seen->numbers[seen->count++] = row->case_id - ID(0);
	return seen->count == seen->stop_after ? -77 : 0;
}

void assert_seen(const struct seen *seen, const char *expected)
{
	char text[256] = "";
	size_t size = 0;
	for (int i = 0; i < seen->count; i++)
		size += (size_t)snprintf(
			text + size, sizeof(text) - size, "%s%d", i ? " " : "", (int)seen->numbers[i]);
	assert_string_equal(text, expected);
}
