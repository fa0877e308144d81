#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "ctl/commands.h"
#include "ctl/exit_status.h"
#include "ctl/listing.h"
#include "ctl/screen.h"

/* wenzhengctl history: each journal record of a case. */

static const struct screen_column columns[] = {
	{.name = "RECORD", .right = true},
	{.name = "AT"},
	{.name = "EVENT"},
	{.name = "BY"},
	{.name = "DEPARTMENT"},
	{.name = "DETAILS", .wide = true},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void write_case(const void *context, struct writer *writer)
{
	const struct settings *settings = context;
	writer_text(writer, FIELD_CASE, span_of_string(settings->words[0]));
}

__attribute__((format(printf, 2, 3))) static void add_detail(struct buffer *detail, const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	buffer_printf(detail, "%s%s", detail->size > 0 ? ", " : "", text);
}

static void add_number(struct buffer *detail, const struct message *item, enum field field)
{
	if (message_has(item, field))
		add_detail(detail, "%s %" PRId64, field_infos[field].key, message_number(item, field, 0));
}

static void add_word(struct buffer *detail, const struct message *item, enum field field)
{
	if (message_has(item, field))
		add_detail(detail, "%.*s", SPAN_PRINT(message_text(item, field)));
}

static void collect_details(struct buffer *detail, const struct message *item)
{
	add_word(detail, item, FIELD_REPLY_KIND);
	add_number(detail, item, FIELD_RUNG);
	add_word(detail, item, FIELD_TEXT);
	if (message_has(item, FIELD_ID))
		add_detail(detail, "message %.*s", SPAN_PRINT(message_text(item, FIELD_ID)));
	add_word(detail, item, FIELD_CLASS);
	if (message_has(item, FIELD_WITHIN))
		add_detail(detail, "within %.*s", SPAN_PRINT(message_text(item, FIELD_WITHIN)));
	if (message_has(item, FIELD_DUE))
		add_detail(detail, "due %s%s", screen_time_of(item, FIELD_DUE).text,
			message_flag(item, FIELD_PROVISIONAL) ? " (provisional)" : "");
	add_number(detail, item, FIELD_EPOCH);
	if (message_flag(item, FIELD_FINAL))
		add_detail(detail, "final");
}

static void add_record(void *context, const struct message *item)
{
	struct screen_table *table = context;
	struct buffer detail = BUFFER_NULL;
	collect_details(&detail, item);
	screen_row(table);
	screen_cell_count(table, item, FIELD_CURSOR);
	screen_cell_time(table, item, FIELD_AT);
	screen_cell_text(table, item, FIELD_EVENT);
	screen_cell_text(table, item, FIELD_ACTOR);
	screen_cell_text(table, item, FIELD_DEPARTMENT);
	screen_cell(table, buffer_span(&detail));
	buffer_deinit(&detail);
}

static int print_history(const struct settings *settings)
{
	struct screen_table *table = screen_table_new(columns, COLUMNS, &settings->view);
	struct listing listing = {
		.kind = KIND_HISTORY,
		.write = write_case,
		.request = settings,
		.each = add_record,
		.context = table,
		.by_cursor = true,
		.sized = true,
	};
	bool more;
	int status = listing_run(&listing, settings, &more);
	if (status == CTL_DONE && !settings->json) {
		screen_table_print(&table);
		if (more)
			puts("there are more; a higher --limit shows them");
	}
	screen_table_destroy(&table);
	return status;
}

int ctl_history(int argc, char **argv)
{
	const struct command command = {
		.name = "history",
		.words = "CASE",
		.words_min = 1,
		.words_max = 1,
		.help = "All that was recorded of a case: when, what, by whom. RECORD is the number in the journal.",
		.examples = "  wenzhengctl history 20260105-000001-6",
		.needs = COMMAND_CONNECTS | COMMAND_LISTS | COMMAND_TABLES,
		.columns = columns,
		.columns_count = COLUMNS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	status = talk_check_case(&settings, settings.words[0]);
	if (status == CTL_DONE)
		status = print_history(&settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
