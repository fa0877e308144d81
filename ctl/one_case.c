#include "ctl/one_case.h"

#include "ctl/exchange.h"
#include "ctl/exit_status.h"

static void write_case(const void *context, struct writer *writer)
{
	writer_text(writer, FIELD_CASE, span_of_string(context));
}

int one_case_run(const struct command *command, enum kind kind, int argc, char **argv,
	void (*print)(const void *context, const struct message *dossier))
{
	struct settings settings;
	int status;
	if (!command_line_read(command, argc, argv, &settings, &status))
		return status;
	const struct exchange exchange = {kind, KIND_DOSSIER, write_case, print, settings.words[0]};
	status = talk_check_case(&settings, settings.words[0]);
	if (status == CTL_DONE)
		status = exchange_run(&exchange, &settings);
	return status == CTL_DONE ? command_finish(command) : status;
}
