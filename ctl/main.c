#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "ctl/deadline.h"
#include "ctl/exit_status.h"

/* wenzhengctl COMMAND …: each command is a function of its own file and gets the command line from its name
 * on. */
static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"deadline", ctl_deadline, "when an answer is due, and why, without a daemon"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fprintf(out, "usage: wenzhengctl COMMAND [OPTION...]\n"
		     "       wenzhengctl --help | --version\n"
		     "\ncommands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(out,
		"\n`wenzhengctl COMMAND --help` tells a command's options.\n"
		"exit status: 0 done, 1 could not be done (the reason is on standard error), 2 wrong usage\n");
}

/* Names are Chinese: without a UTF-8 locale the tables could not align them. Messages and numbers stay as
 * they are. */
static void use_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

int main(int argc, char **argv)
{
	use_utf8();
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
	fprintf(stderr, "wenzhengctl: there is no command \"%s\"; see wenzhengctl --help\n", argv[1]);
	return CTL_USAGE;
}
