#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/talk.h"

/* wenzhengctl drain: no more offers, until somebody says go on. */

static void print_drained(const char *department, bool stop)
{
	if (department && stop)
		printf(_("cases of %s are offered again\n"), department);
	else if (department)
		printf(_("cases of %s are not offered any more; to go on: wenzhengctl drain %s --stop\n"),
			department, department);
	else if (stop)
		puts(_("new messages are taken and cases are offered again"));
	else
		puts(_("no new messages are taken and no cases are offered; to go on: wenzhengctl drain --stop"));
}

static int run(const struct settings *settings, bool stop)
{
	struct talk talk;
	const struct message *confirm;
	const char *department = settings->words[0];
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE) {
		struct writer *writer = talk_begin(&talk, KIND_DRAIN);
		if (department)
			writer_text(writer, FIELD_DEPARTMENT, span_of_string(department));
		if (stop)
			writer_flag(writer, FIELD_ACCEPT, true);
		status = talk_ask(&talk, KIND_CONFIRM, &confirm);
	}
	if (status == CTL_DONE && settings->json)
		document_print(document_of(confirm));
	else if (status == CTL_DONE)
		print_drained(department, stop);
	talk_close(&talk);
	return status;
}

int ctl_drain(int argc, char **argv)
{
	bool stop = false;
	const struct command_option options[] = {
		{"stop", NULL, N_("end the draining: go on"), NULL, &stop},
		{0},
	};
	const struct command command = {
		.name = "drain",
		.words = N_("[DEPARTMENT]"),
		.words_max = 1,
		.help = N_(
			"Stops offering cases: a department's, or without DEPARTMENT all of them, and then new\n"
			"messages are put off as well. Deadlines run on, replies pass. A restart of the daemon ends it."),
		.examples = "  wenzhengctl drain edu\n  wenzhengctl drain edu --stop",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	status = CTL_DONE;
	if (settings.words[0])
		status = talk_check_text(&settings, "DEPARTMENT", FIELD_DEPARTMENT, settings.words[0]);
	if (status == CTL_DONE)
		status = run(&settings, stop);
	return status == CTL_DONE ? command_finish(&command) : status;
}
