#include <stdio.h>

#include "base/buffer.h"
#include "ctl/commands.h"
#include "ctl/exit_status.h"
#include "ctl/listing.h"
#include "ctl/screen.h"

/* wenzhengctl workers: who is connected and takes cases. */

static const struct screen_column columns[] = {
	{.name = N_("WORKER")},
	{.name = N_("CREDIT"), .right = true},
	{.name = N_("OFFERED"), .right = true},
	{.name = N_("CUSTODY")},
	{.name = N_("DEPARTMENTS"), .wide = true},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void add_worker(void *context, const struct message *item)
{
	struct screen_table *table = context;
	struct field_value rest = item->values[FIELD_DEPARTMENTS];
	struct buffer departments = BUFFER_NULL;
	struct span department;
	while (message_has(item, FIELD_DEPARTMENTS) && message_lines_next(&rest, &department))
		buffer_printf(
			&departments, "%s%.*s", departments.size > 0 ? "," : "", SPAN_PRINT(department));
	screen_row(table);
	screen_cell_text(table, item, FIELD_NAME);
	screen_cell_count(table, item, FIELD_CREDIT);
	screen_cell_count(table, item, FIELD_OFFERED);
	screen_cell_word(table, WORDS_CUSTODY, item, FIELD_CUSTODY);
	screen_cell(table, buffer_span(&departments));
	buffer_deinit(&departments);
}

static int print_workers(const struct settings *settings)
{
	struct screen_table *table = screen_table_new(columns, COLUMNS, &settings->view);
	struct listing listing = {
		.kind = KIND_WORKERS, .each = add_worker, .context = table, .by_cursor = true};
	bool more;
	int status = listing_run(&listing, settings, &more);
	if (status == CTL_DONE && !settings->json) {
		if (screen_table_print(&table) == 0)
			puts(_("no worker is connected"));
		if (more)
			puts(_("there are more; a higher --limit shows them"));
	}
	screen_table_destroy(&table);
	return status;
}

int ctl_workers(int argc, char **argv)
{
	const struct command command = {
		.name = "workers",
		.words = "",
		.help = N_(
			"The workers that are connected. CREDIT: how many offers one holds untaken at most; OFFERED:\n"
			"how many it holds now."),
		.examples = "  wenzhengctl workers",
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
	status = print_workers(&settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
