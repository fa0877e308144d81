#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/exchange.h"
#include "ctl/exit_status.h"

/* wenzhengctl revoke: a key is out of force, at once and for ever. */

static void write_name(const void *context, struct writer *writer)
{
	writer_text(writer, FIELD_NAME, span_of_string(context));
}

static void print_revoked(const void *context, const struct message *confirm)
{
	const char *name = context;
	(void)confirm;
	printf(_("the key of %s is out of force, for ever; to admit %s again: another key in the file of "
		 "principals, then wenzhengctl reload\n"),
		name, name);
}

int ctl_revoke(int argc, char **argv)
{
	const struct command command = {
		.name = "revoke",
		.words = N_("PRINCIPAL"),
		.words_min = 1,
		.words_max = 1,
		.help = N_(
			"Takes the key of a principal out of force: at once, across restarts, whatever the file of\n"
			"principals says, and for ever. Cases that a worker has taken stay its department's. Your\n"
			"name stands in the journal."),
		.examples = "  wenzhengctl revoke edu-1",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	const struct exchange exchange = {
		KIND_REVOKE, KIND_CONFIRM, write_name, print_revoked, settings.words[0]};
	status = talk_check_text(&settings, "PRINCIPAL", FIELD_NAME, settings.words[0]);
	if (status == CTL_DONE)
		status = exchange_run(&exchange, &settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
