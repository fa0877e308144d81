#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "proto/message.h"
#include "tests/unit/proto/frame_check.h"

/*
 * PROTOCOL.md is what others write their programs from, so it may not differ from the code: its tables must
 * be the C tables, row by row, and its byte examples must be messages that the codec reads and writes.
 *
 * A table follows a line `<!-- table: NAME -->`, an example `<!-- example: KIND -->`.
 */
#define DOCUMENT	  "proto/PROTOCOL.md"
#define DOCUMENT_SIZE_MAX (256 * 1024)
#define CELLS_MAX	  6

struct document {
	char text[DOCUMENT_SIZE_MAX];
	const char *at; /* the next line */
};

/* One row of a table, its cells trimmed and ended by NUL. */
struct row {
	char line[1024];
	char *cells[CELLS_MAX];
	size_t count;
};

static int read_document(void **state)
{
	static struct document document;
	FILE *file CLEANUP(cleanup_fclose) = fopen(DOCUMENT, "rb");
	if (!file)
		return -1;
	size_t size = fread(document.text, 1, sizeof(document.text) - 1, file);
	document.text[size] = '\0';
	*state = &document;
	return size > 0 && size < sizeof(document.text) - 1 ? 0 : -1;
}

static bool next_line(struct document *document, char *line, size_t capacity)
{
	const char *end = strchr(document->at, '\n');
	if (!end)
		return false;
	size_t size = (size_t)(end - document->at);
	ENSURE(size < capacity);
	memcpy(line, document->at, size);
	line[size] = '\0';
	document->at = end + 1;
	return true;
}

static void go_to(struct document *document, const char *what, const char *name)
{
	char mark[64];
	snprintf(mark, sizeof(mark), "<!-- %s: %s -->\n", what, name);
	const char *found = strstr(document->text, mark);
	assert_non_null(found);
	document->at = found + strlen(mark);
}

/* The next row of the table, false after the last. */
static bool next_row(struct document *document, struct row *ret_row)
{
	if (!next_line(document, ret_row->line, sizeof(ret_row->line)) || ret_row->line[0] != '|')
		return false;
	ret_row->count = 0;
	for (char *cell = ret_row->line + 1, *end; (end = strchr(cell, '|')); cell = end + 1) {
		ENSURE(ret_row->count < CELLS_MAX);
		cell += strspn(cell, " ");
		ret_row->cells[ret_row->count++] = cell;
		*end = '\0';
		for (char *last = end - 1; last >= cell && *last == ' '; last--)
			*last = '\0';
	}
	return true;
}

static void begin_table(struct document *document, const char *name, size_t columns)
{
	struct row head;
	go_to(document, "table", name);
	assert_true(next_row(document, &head));
	assert_int_equal(head.count, columns);
	assert_true(next_row(document, &head)); /* |---|---| */
}

static void name_senders(unsigned senders, char *text, size_t capacity)
{
	static const char *const names[] = {
		"portal", "worker", "supervisor", "triage", "approver", "moderator", "operator", "daemon"};
	size_t at = 0;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (senders & (1u << i))
			at += (size_t)snprintf(text + at, capacity - at, "%s%s", at ? ", " : "", names[i]);
}

static void the_table_of_kinds_is_the_daemons(void **state)
{
	struct document *document = *state;
	struct row row;
	size_t i = 0;
	begin_table(document, "kinds", 5);
	for (; next_row(document, &row); i++) {
		const struct kind_info *info = kind_info_at(i);
		char number[8], senders[128];
		assert_non_null(info);
		snprintf(number, sizeof(number), "0x%02x", (unsigned)info->kind);
		name_senders(info->senders, senders, sizeof(senders));
		assert_string_equal(row.cells[0], number);
		assert_string_equal(row.cells[1], info->name);
		assert_string_equal(row.cells[2], senders);
		assert_string_equal(row.cells[3], info->built ? "built" : "reserved");
	}
	assert_null(kind_info_at(i));
}

static void assert_lists(const char *cell, const enum field *fields)
{
	char expected[1024] = "–";
	size_t at = 0;
	for (; *fields != FIELD_TOTAL; fields++)
		at += (size_t)snprintf(expected + at, sizeof(expected) - at, "%s%s", at ? ", " : "",
			field_infos[*fields].key);
	assert_string_equal(cell, expected);
}

static void the_fields_of_each_kind_are_the_daemons(void **state)
{
	struct document *document = *state;
	struct row row;
	size_t i = 0;
	begin_table(document, "kind-fields", 3);
	for (; next_row(document, &row); i++) {
		while (kind_info_at(i) && !kind_info_at(i)->built)
			i++;
		const struct kind_info *info = kind_info_at(i);
		assert_non_null(info);
		assert_string_equal(row.cells[0], info->name);
		assert_lists(row.cells[1], kind_required(info->kind));
		assert_lists(row.cells[2], kind_optional(info->kind));
	}
	while (kind_info_at(i) && !kind_info_at(i)->built)
		i++;
	assert_null(kind_info_at(i));
}

static void the_table_of_fields_is_the_daemons(void **state)
{
	static const char *const types[] = {
		[TYPE_LINE] = "line",
		[TYPE_TEXT] = "text",
		[TYPE_TIME] = "time",
		[TYPE_COUNT] = "count",
		[TYPE_FLAG] = "flag",
		[TYPE_LINES] = "lines",
		[TYPE_ITEMS] = "items",
	};
	struct document *document = *state;
	struct row row;
	enum field field = 0;
	begin_table(document, "fields", 4);
	for (; next_row(document, &row); field++) {
		const struct field_info *info = &field_infos[field];
		assert_true(field < FIELD_TOTAL);
		assert_string_equal(row.cells[0], info->key);
		assert_string_equal(row.cells[1], types[info->type]);
		bool limited = info->type != TYPE_TIME && info->type != TYPE_FLAG;
		char limit[24] = "–";
		if (limited)
			snprintf(limit, sizeof(limit), "%" PRId64, info->limit);
		assert_string_equal(row.cells[2], limit);
		assert_true(strlen(row.cells[3]) > 3);
	}
	assert_int_equal(field, FIELD_TOTAL);
}

static void the_table_of_errors_is_the_daemons(void **state)
{
	struct document *document = *state;
	struct row row;
	enum error_code code = ERROR_NONE + 1;
	begin_table(document, "errors", 3);
	for (; next_row(document, &row); code++) {
		assert_true(code < ERROR_TOTAL);
		assert_string_equal(row.cells[0], error_code_text(code));
		assert_true(strlen(row.cells[1]) > 10);
	}
	assert_int_equal(code, ERROR_TOTAL);
}

static void the_limits_are_the_daemons(void **state)
{
#define LIMIT(name)           \
	{                     \
#name, (name) \
	}
	static const struct {
		const char *name;
		int64_t value;
	} limits[] = {
		LIMIT(FRAME_SIZE_MAX),
		LIMIT(MAP_DEPTH_MAX),
		LIMIT(MAP_FIELDS_MAX),
		LIMIT(TITLE_SIZE_MAX),
		LIMIT(BODY_SIZE_MAX),
		LIMIT(REPLY_SIZE_MAX),
		LIMIT(REASON_SIZE_MAX),
		LIMIT(CREDIT_MAX),
		LIMIT(WORKERS_MAX),
		LIMIT(HELD_PER_PAGE),
		LIMIT(HOLDER_LOSSES_MAX),
		LIMIT(EVENTS_IN_FLIGHT_MAX),
		LIMIT(CASES_PER_DAY_MAX),
		LIMIT(FIELD_LINES_ITEM_SIZE_MAX),
	};
	struct document *document = *state;
	struct row row;
	size_t i = 0;
	begin_table(document, "limits", 4);
	for (; next_row(document, &row); i++) {
		assert_true(i < sizeof(limits) / sizeof(limits[0]));
		assert_string_equal(row.cells[0], limits[i].name);
		assert_int_equal(strtoll(row.cells[1], NULL, 10), limits[i].value);
	}
	assert_int_equal(i, sizeof(limits) / sizeof(limits[0]));
}

/* The bytes at the start of a line, up to the two spaces before its explanation. */
static void append_hex(const char *line, struct buffer *out)
{
	for (;; line += 3) {
		char digits[3] = {line[0], line[1], '\0'}, *end;
		unsigned long byte = strtoul(digits, &end, 16);
		assert_true(end == digits + 2);
		buffer_append_byte(out, (uint8_t)byte);
		if (line[2] != ' ' || line[3] == ' ')
			return;
	}
}

static void read_example(struct document *document, const char *name, struct buffer frames[static 2])
{
	char line[1024];
	struct buffer *frame = NULL;
	go_to(document, "example", name);
	assert_true(next_line(document, line, sizeof(line)));
	assert_string_equal(line, "```");
	while (next_line(document, line, sizeof(line)) && strcmp(line, "```") != 0) {
		if (strcmp(line, "frame 1") == 0)
			frame = &frames[0];
		else if (strcmp(line, "frame 2") == 0)
			frame = &frames[1];
		else {
			assert_non_null(frame);
			append_hex(line, frame);
		}
	}
}

static void its_byte_examples_are_read_and_can_be_written_as_short(void **state)
{
	static const enum kind kinds[] = {KIND_SUBMIT, KIND_RECEIPT, KIND_ERROR};
	struct document *document = *state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct buffer frames[2] = {BUFFER_NULL, BUFFER_NULL}, out = BUFFER_NULL;
		struct message message;
		struct refusal refusal;
		read_example(document, kind_info((uint8_t)kinds[i])->name, frames);
		struct span first = buffer_span(&frames[0]), second = buffer_span(&frames[1]);
		assert_true(check_frames(first, second));
		assert_true(message_decode(first, second, &message, &refusal));
		assert_int_equal(message.kind, kinds[i]);
		reencode(&message, &out);
		assert_int_equal(out.size, second.size);
		buffer_deinit(&frames[0]);
		buffer_deinit(&frames[1]);
		buffer_deinit(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_kinds_is_the_daemons),
		cmocka_unit_test(the_fields_of_each_kind_are_the_daemons),
		cmocka_unit_test(the_table_of_fields_is_the_daemons),
		cmocka_unit_test(the_table_of_errors_is_the_daemons),
		cmocka_unit_test(the_limits_are_the_daemons),
		cmocka_unit_test(its_byte_examples_are_read_and_can_be_written_as_short),
	};
	return cmocka_run_group_tests(tests, read_document, NULL);
}
