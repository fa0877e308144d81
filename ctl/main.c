#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/language.h"
#include "ctl/commands.h"
#include "ctl/deadline.h"
#include "ctl/exit_status.h"
#include "locale/locale.h"

/* wenzhengctl COMMAND …: each command is a function of its own file and gets the command line from its name
 * on. */
static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"status", ctl_status, N_("how the exchange stands: open, overdue, alarms, departments")},
	{"top", ctl_top, N_("the same, live")},
	{"cases", ctl_cases, N_("a list of cases, filtered")},
	{"show", ctl_show, N_("one case, whole")},
	{"why", ctl_why, N_("the rule that routed a case, and its deadline day by day")},
	{"history", ctl_history, N_("all that was recorded of a case")},
	{"workers", ctl_workers, N_("who is connected and takes cases")},
	{"watch", ctl_watch, N_("events as they happen")},
	{"assign", ctl_assign, N_("give a case at triage to a department")},
	{"contact", ctl_contact, N_("how to reach the citizen of a case, if he said")},
	{"drain", ctl_drain, N_("stop offering cases, and go on again")},
	{"clock", ctl_clock, N_("the daemon's clock; accept it; set it in a laboratory")},
	{"reload", ctl_reload, N_("put profile, principals and calendar in force as the files say now")},
	{"revoke", ctl_revoke, N_("take the key of a principal out of force, at once")},
	{"doctor", ctl_doctor, N_("look at everything, and say what is wrong and how to mend it")},
	{"keys", ctl_keys, N_("make keys")},
	{"backup", ctl_backup, N_("copy the store, verified, beside the running daemon")},
	{"restore", ctl_restore, N_("put a backup in the store's place")},
	{"export", ctl_export, N_("the store as lines of JSON")},
	{"deadline", ctl_deadline, N_("when an answer is due, and why, without a daemon")},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs(_("usage: wenzhengctl COMMAND [OPTION...]\n"
		"       wenzhengctl --help | --version\n"
		"\ncommands:\n"),
		out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, _(commands[i].help));
	fputs(_("\n`wenzhengctl COMMAND --help` tells a command's options.\n"
		"exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage,\n"
		"3 the daemon did not answer\n"),
		out);
}

/* Names are Chinese: without a UTF-8 locale the tables could not align them. Numbers stay as they are. */
static void use_utf8(void)
{
	(void)setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

int main(int argc, char **argv)
{
	use_utf8();
	locale_start();
	digest_start();
	if (argc < 2) {
		print_help(stderr);
		return CTL_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return CTL_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("wenzhengctl " WENZHENG_VERSION);
		return CTL_DONE;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].function(argc - 1, argv + 1);
	fprintf(stderr, _("wenzhengctl: there is no command \"%s\"; see wenzhengctl --help\n"), argv[1]);
	return CTL_USAGE;
}
