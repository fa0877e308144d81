#include <limits.h>
#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/exchange.h"
#include "ctl/exit_status.h"
#include "ctl/report.h"

/* wenzhengctl status: the whole in figures, and each department's. */

struct wish {
	const struct screen_view *view;
	bool all;
};

static void print_status(const void *context, const struct message *report)
{
	const struct wish *self = context;
	/* Who chooses columns wants the table. */
	bool table_alone = self->view->output || self->view->no_headings;
	if (!table_alone) {
		report_print_head(report);
		putchar('\n');
	}
	unsigned quiet = report_print_departments(report, self->view, self->all, UINT_MAX);
	if (quiet > 0 && !table_alone)
		printf(language_count("%u department without cases and workers; --all shows it\n",
			       "%u departments without cases and workers; --all shows them\n", quiet),
			quiet);
}

int ctl_status(int argc, char **argv)
{
	struct wish wish = {0};
	const struct command_option options[] = {
		{"all", NULL, N_("also departments without cases and workers"), NULL, &wish.all},
		{0},
	};
	const struct command command = {
		.name = "status",
		.words = "",
		.help = N_(
			"How the exchange stands: open and overdue cases, the clock, alarms, each department. With --output\n"
			"or --no-headings, the table of departments alone."),
		.examples = "  wenzhengctl status\n  wenzhengctl status --json | jq .overdue",
		.needs = COMMAND_CONNECTS | COMMAND_TABLES,
		.columns = report_columns,
		.columns_count = REPORT_COLUMNS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	wish.view = &settings.view;
	const struct exchange exchange = {KIND_STATUS, KIND_REPORT, NULL, print_status, &wish};
	status = exchange_run(&exchange, &settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
