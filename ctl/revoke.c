#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/talk.h"

/* wenzhengctl revoke: a key is out of force, at once and for ever. */

static int run(const struct settings *settings)
{
	struct talk talk;
	const struct message *confirm;
	const char *name = settings->words[0];
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE) {
		writer_text(talk_begin(&talk, KIND_REVOKE), FIELD_NAME, span_of_string(name));
		status = talk_ask(&talk, KIND_CONFIRM, &confirm);
	}
	if (status == CTL_DONE && settings->json)
		document_print(document_of(confirm));
	else if (status == CTL_DONE)
		printf(_("the key of %s is out of force, for ever; to admit %s again: another key in the file of "
			 "principals, then wenzhengctl reload\n"),
			name, name);
	talk_close(&talk);
	return status;
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
	status = talk_check_text(&settings, "PRINCIPAL", FIELD_NAME, settings.words[0]);
	if (status == CTL_DONE)
		status = run(&settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
