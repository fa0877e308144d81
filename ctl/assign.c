#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/exchange.h"
#include "ctl/exit_status.h"
#include "ctl/words.h"

/* wenzhengctl assign: triage rules whose a case is. */

struct ruling {
	const char *case_number;
	const char *department;
	const char *reason;
	bool final;
	bool not_final;
};

static void write_ruling(const void *context, struct writer *writer)
{
	const struct ruling *self = context;
	writer_text(writer, FIELD_CASE, span_of_string(self->case_number));
	writer_text(writer, FIELD_DEPARTMENT, span_of_string(self->department));
	writer_text(writer, FIELD_REASON, span_of_string(self->reason));
	if (self->final || self->not_final)
		writer_flag(writer, FIELD_FINAL, self->final);
}

static void print_ruling(const void *context, const struct message *confirm)
{
	const struct ruling *self = context;
	printf(_("%s is with %s now, state %.*s\n"), self->case_number, self->department,
		SPAN_PRINT(words_say(WORDS_STATE, message_text(confirm, FIELD_STATE))));
}

static int check(const struct settings *settings, const struct ruling *ruling)
{
	if (!ruling->reason)
		return command_line_wrong(
			settings->command, _("--reason is needed: it stands in the history"));
	if (ruling->final && ruling->not_final)
		return command_line_wrong(settings->command, _("--final and --not-final exclude each other"));
	int status = talk_check_case(settings, settings->words[0]);
	if (status == CTL_DONE)
		status = talk_check_text(settings, "DEPARTMENT", FIELD_DEPARTMENT, settings->words[1]);
	if (status == CTL_DONE)
		status = talk_check_text(settings, "--reason", FIELD_REASON, ruling->reason);
	return status;
}

int ctl_assign(int argc, char **argv)
{
	struct ruling ruling = {0};
	const struct command_option options[] = {
		{"reason", N_("TEXT"), N_("why; it stands in the history"), &ruling.reason, NULL},
		{"final", NULL, N_("the department may not return it"), NULL, &ruling.final},
		{"not-final", NULL, N_("it may, even if it was returned before"), NULL, &ruling.not_final},
		{0},
	};
	const struct command command = {
		.name = "assign",
		.words = N_("CASE DEPARTMENT"),
		.words_min = 2,
		.words_max = 2,
		.help = N_(
			"Gives a case at triage, or of a department that the profile no longer has, to a department;\n"
			"needs a key of role triage. Unless you say otherwise the ruling is final if the case was\n"
			"returned before."),
		.examples = "  wenzhengctl cases --state triage\n"
			    "  wenzhengctl assign 20260105-000001-6 edu --reason 属于教育部门职责",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_WORKER_ENDPOINT,
		.key = COMMAND_TRIAGE_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	ruling.case_number = settings.words[0];
	ruling.department = settings.words[1];
	const struct exchange exchange = {KIND_ASSIGN, KIND_CONFIRM, write_ruling, print_ruling, &ruling};
	status = check(&settings, &ruling);
	if (status == CTL_DONE)
		status = exchange_run(&exchange, &settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
