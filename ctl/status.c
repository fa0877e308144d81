#include <limits.h>
#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/report.h"
#include "ctl/talk.h"

/* wenzhengctl status: the whole in figures, and each department's. */

static int print_status(const struct settings *settings, bool all)
{
	struct talk talk;
	const struct message *report;
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE) {
		talk_begin(&talk, KIND_STATUS);
		status = talk_ask(&talk, KIND_REPORT, &report);
	}
	if (status == CTL_DONE && settings->json) {
		document_print(document_of(report));
	} else if (status == CTL_DONE) {
		/* Who chooses columns wants the table. */
		bool table_alone = settings->view.output || settings->view.no_headings;
		if (!table_alone) {
			report_print_head(report);
			putchar('\n');
		}
		unsigned quiet = report_print_departments(report, &settings->view, all, UINT_MAX);
		if (quiet > 0 && !table_alone)
			printf(language_count("%u department without cases and workers; --all shows it\n",
				       "%u departments without cases and workers; --all shows them\n", quiet),
				quiet);
	}
	talk_close(&talk);
	return status;
}

int ctl_status(int argc, char **argv)
{
	bool all = false;
	const struct command_option options[] = {
		{"all", NULL, N_("also departments without cases and workers"), NULL, &all},
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
	status = print_status(&settings, all);
	return status == CTL_DONE ? command_finish(&command) : status;
}
