#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/exchange.h"
#include "ctl/exit_status.h"

/* wenzhengctl drain: no more offers, until somebody says go on. */

struct draining {
	const char *department; /* NULL: all */
	bool stop;
};

static void write_draining(const void *context, struct writer *writer)
{
	const struct draining *self = context;
	if (self->department)
		writer_text(writer, FIELD_DEPARTMENT, span_of_string(self->department));
	if (self->stop)
		writer_flag(writer, FIELD_ACCEPT, true);
}

static void print_draining(const void *context, const struct message *confirm)
{
	const struct draining *self = context;
	(void)confirm;
	if (self->department && self->stop)
		printf(_("cases of %s are offered again\n"), self->department);
	else if (self->department)
		printf(_("cases of %s are not offered any more; to go on: wenzhengctl drain %s --stop\n"),
			self->department, self->department);
	else if (self->stop)
		puts(_("new messages are taken and cases are offered again"));
	else
		puts(_("no new messages are taken and no cases are offered; to go on: wenzhengctl drain --stop"));
}

int ctl_drain(int argc, char **argv)
{
	struct draining draining = {0};
	const struct command_option options[] = {
		{"stop", NULL, N_("end the draining: go on"), NULL, &draining.stop},
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
	draining.department = settings.words[0];
	const struct exchange exchange = {
		KIND_DRAIN, KIND_CONFIRM, write_draining, print_draining, &draining};
	if (status == CTL_DONE)
		status = exchange_run(&exchange, &settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
