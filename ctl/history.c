#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "ctl/commands.h"
#include "ctl/exit_status.h"
#include "ctl/listing.h"
#include "ctl/screen.h"

/* wenzhengctl history: each journal record of a case. */

static const struct screen_column columns[] = {
	{.name = N_("RECORD"), .right = true},
	{.name = N_("AT")},
	{.name = N_("EVENT")},
	{.name = N_("BY")},
	{.name = N_("DEPARTMENT")},
	{.name = N_("DETAILS"), .wide = true},
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
	buffer_printf(detail, "%s%s", detail->size > 0 ? _(", ") : "", text);
}

static void add_text(struct buffer *detail, struct span text)
{
	if (text.size > 0)
		add_detail(detail, "%.*s", SPAN_PRINT(text));
}

/* What a record of an alarm or a due moment says is a word of ours; of other records it is somebody's name.
 */
static struct span text_of(const struct message *item)
{
	struct span event = message_text(item, FIELD_EVENT), text = message_text(item, FIELD_TEXT);
	bool ours = span_equal_string(event, "alarm") || span_equal_string(event, "due");
	return ours ? words_say(WORDS_NOTE, text) : text;
}

static void collect_details(struct buffer *detail, const struct message *item)
{
	char term[WORDS_TERM_SIZE];
	add_text(detail, words_say(WORDS_REPLY, message_text(item, FIELD_REPLY_KIND)));
	if (message_has(item, FIELD_RUNG))
		add_detail(detail, _("rung %lld"), (long long)message_number(item, FIELD_RUNG, 0));
	add_text(detail, text_of(item));
	if (message_has(item, FIELD_ID))
		add_detail(detail, _("message %.*s"), SPAN_PRINT(message_text(item, FIELD_ID)));
	add_text(detail, message_text(item, FIELD_CLASS));
	if (message_has(item, FIELD_WITHIN))
		add_detail(detail, _("within %s"), words_say_term(message_text(item, FIELD_WITHIN), term));
	if (message_has(item, FIELD_DUE))
		add_detail(detail, _("due %s%s"), screen_time_of(item, FIELD_DUE).text,
			message_flag(item, FIELD_PROVISIONAL) ? _(" (provisional)") : "");
	if (message_has(item, FIELD_EPOCH))
		add_detail(detail, _("epoch %lld"), (long long)message_number(item, FIELD_EPOCH, 0));
	if (message_flag(item, FIELD_FINAL))
		add_detail(detail, "%s", language_word(C_("ruling", "final")));
}

static void add_record(void *context, const struct message *item)
{
	struct screen_table *table = context;
	struct buffer detail = BUFFER_NULL;
	collect_details(&detail, item);
	screen_row(table);
	screen_cell_count(table, item, FIELD_CURSOR);
	screen_cell_time(table, item, FIELD_AT);
	screen_cell_word(table, WORDS_EVENT, item, FIELD_EVENT);
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
			puts(_("there are more; a higher --limit shows them"));
	}
	screen_table_destroy(&table);
	return status;
}

int ctl_history(int argc, char **argv)
{
	const struct command command = {
		.name = "history",
		.words = N_("CASE"),
		.words_min = 1,
		.words_max = 1,
		.help = N_(
			"All that was recorded of a case: when, what, by whom. RECORD is the number in the journal."),
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
