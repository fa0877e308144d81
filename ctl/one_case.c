#include "ctl/one_case.h"

#include "ctl/document.h"
#include "ctl/exit_status.h"

static int ask(const struct settings *settings, enum kind kind, void (*print)(const struct message *dossier))
{
	struct talk talk;
	const struct message *dossier;
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE) {
		writer_text(talk_begin(&talk, kind), FIELD_CASE, span_of_string(settings->words[0]));
		status = talk_ask(&talk, KIND_DOSSIER, &dossier);
	}
	if (status == CTL_DONE && settings->json)
		document_print(document_of(dossier));
	else if (status == CTL_DONE)
		print(dossier);
	talk_close(&talk);
	return status;
}

int one_case_run(const struct command *command, enum kind kind, int argc, char **argv,
	void (*print)(const struct message *dossier))
{
	struct settings settings;
	int status;
	if (!command_line_read(command, argc, argv, &settings, &status))
		return status;
	status = talk_check_case(&settings, settings.words[0]);
	if (status == CTL_DONE)
		status = ask(&settings, kind, print);
	return status == CTL_DONE ? command_finish(command) : status;
}
