#include <stdio.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/exit_status.h"
#include "ctl/listing.h"
#include "ctl/screen.h"

/* wenzhengctl cases: a list of cases, filtered. */

struct filter {
	const char *state;
	const char *department;
	const char *portal;
	bool overdue;
};

static const struct screen_column columns[] = {
	{.name = N_("CASE")},
	{.name = N_("STATE")},
	{.name = N_("DEPARTMENT")},
	{.name = N_("CLASS")},
	{.name = N_("PORTAL")},
	{.name = N_("RECEIVED")},
	{.name = N_("DUE")},
	{.name = N_("ANSWERED")},
	{.name = N_("RUNG"), .right = true},
	{.name = N_("NOTE")},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void write_filter(const void *context, struct writer *writer)
{
	const struct filter *filter = context;
	if (filter->state)
		writer_text(writer, FIELD_STATE, span_of_string(filter->state));
	if (filter->department)
		writer_text(writer, FIELD_DEPARTMENT, span_of_string(filter->department));
	if (filter->portal)
		writer_text(writer, FIELD_PORTAL, span_of_string(filter->portal));
	if (filter->overdue)
		writer_number(writer, FIELD_OVERDUE, 1);
}

static void add_case(void *context, const struct message *item)
{
	struct screen_table *table = context;
	bool overdue = message_number(item, FIELD_OVERDUE, 0) > 0;
	int64_t rung = message_number(item, FIELD_RUNG, 0);
	screen_row(table);
	screen_cell_text(table, item, FIELD_CASE);
	screen_cell_word(table, WORDS_STATE, item, FIELD_STATE);
	screen_cell_text(table, item, FIELD_DEPARTMENT);
	screen_cell_text(table, item, FIELD_CLASS);
	screen_cell_text(table, item, FIELD_PORTAL);
	screen_cell_time(table, item, FIELD_RECEIVED);
	screen_cell_time(table, item, FIELD_DUE);
	screen_cell_time(table, item, FIELD_ANSWERED);
	if (rung > 0)
		screen_cell_printf(table, "%d", (int)rung);
	else
		screen_cell(table, SPAN_EMPTY);
	bool provisional = message_flag(item, FIELD_PROVISIONAL);
	screen_cell(table, span_of_string(overdue && provisional ? _("overdue, due may change")
					  : overdue		 ? _("overdue")
					  : provisional		 ? _("due may change")
								 : ""));
	screen_paint_row(table, overdue ? SCREEN_BAD : SCREEN_PLAIN);
}

static int check_filter(const struct settings *settings, const struct filter *filter)
{
	static const char *const states[] = {
		"open", "all", "triage", "queued", "offered", "taken", "answered", NULL};
	int status = CTL_DONE;
	size_t i = 0;
	while (filter->state && states[i] && strcmp(filter->state, states[i]) != 0)
		i++;
	if (filter->state && !states[i])
		return command_line_wrong(settings->command,
			_("--state is one of open, all, triage, queued, offered, taken, answered"));
	if (filter->department)
		status = talk_check_text(settings, "--department", FIELD_DEPARTMENT, filter->department);
	if (status == CTL_DONE && filter->portal)
		status = talk_check_text(settings, "--portal", FIELD_PORTAL, filter->portal);
	return status;
}

static int print_cases(const struct settings *settings, const struct filter *filter)
{
	struct screen_table *table = screen_table_new(columns, COLUMNS, &settings->view);
	struct listing listing = {
		.kind = KIND_CASES,
		.write = write_filter,
		.request = filter,
		.each = add_case,
		.context = table,
		.sized = true,
	};
	bool more;
	int status = listing_run(&listing, settings, &more);
	if (status == CTL_DONE && !settings->json) {
		if (screen_table_print(&table) == 0)
			puts(_("no such case"));
		if (more)
			puts(_("there are more; a higher --limit shows them"));
	}
	screen_table_destroy(&table);
	return status;
}

int ctl_cases(int argc, char **argv)
{
	struct filter filter = {0};
	const struct command_option options[] = {
		{"state", N_("STATE"), N_("open (without it), all, triage, queued, offered, taken, answered"),
			&filter.state, NULL},
		{"department", N_("ID"), N_("only this department's"), &filter.department, NULL},
		{"portal", N_("NAME"), N_("only what came by this portal"), &filter.portal, NULL},
		{"overdue", NULL, N_("only what is past its due moment"), NULL, &filter.overdue},
		{0},
	};
	const struct command command = {
		.name = "cases",
		.words = "",
		.help = N_(
			"The cases, oldest first. RUNG: the highest rung of the ladder the case has reached."),
		.examples = "  wenzhengctl cases --overdue\n"
			    "  wenzhengctl cases --state triage --limit 20\n"
			    "  wenzhengctl cases --department edu --json | jq -r '.items[].case'",
		.needs = COMMAND_CONNECTS | COMMAND_LISTS | COMMAND_TABLES,
		.columns = columns,
		.columns_count = COLUMNS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	status = check_filter(&settings, &filter);
	if (status == CTL_DONE)
		status = print_cases(&settings, &filter);
	return status == CTL_DONE ? command_finish(&command) : status;
}
