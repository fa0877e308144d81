#include "ctl/command_line.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "ctl/exit_status.h"
#include "ctl/width.h"

#define TIMEOUT_S_MAX 86400
#define LIMIT_MAX     1000000

/* ---- what is wrong ---- */

__attribute__((format(printf, 2, 0))) static void complain(
	const struct command *command, const char *format, va_list arguments)
{
	fflush(stdout); /* so that a terminal shows both in their order */
	fprintf(stderr, "wenzhengctl %s: ", command->name);
	vfprintf(stderr, format, arguments);
}

int command_line_wrong(const struct command *command, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	complain(command, format, arguments);
	va_end(arguments);
	fprintf(stderr, _("; see wenzhengctl %s --help\n"), command->name);
	return CTL_USAGE;
}

int command_failed(const struct command *command, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	complain(command, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return CTL_REFUSED;
}

int command_finish(const struct command *command)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CTL_DONE;
	return command_failed(command, _("cannot write the answer: %s"), language_error(errno));
}

/* ---- the options that several commands share ---- */

enum shared {
	SHARED_ENDPOINT,
	SHARED_SERVER_KEY,
	SHARED_KEY,
	SHARED_TIMEOUT,
	SHARED_LIMIT,
	SHARED_OUTPUT,
	SHARED_NO_HEADINGS,
	SHARED_JSON,
	SHARED_HELP,
	SHARED_TOTAL
};

static const struct {
	const char *name;
	const char *argument;
	const char *help;
	unsigned needs;
} shared_options[SHARED_TOTAL] = {
	[SHARED_ENDPOINT] = {"endpoint", N_("ENDPOINT"), N_("where the daemon listens"), COMMAND_CONNECTS},
	[SHARED_SERVER_KEY] = {"server-key", N_("FILE"), N_("the daemon's public key"), COMMAND_CONNECTS},
	[SHARED_KEY] = {"key", N_("FILE"), N_("our own secret key"), COMMAND_CONNECTS},
	[SHARED_TIMEOUT] = {"timeout", N_("SECONDS"), N_("how long to wait for the daemon"),
		COMMAND_CONNECTS},
	[SHARED_LIMIT] = {"limit", N_("N"), N_("at most so many items; without it, all"), COMMAND_LISTS},
	[SHARED_OUTPUT] = {"output", N_("COLUMNS"), N_("only these, in this order, with commas between"),
		COMMAND_TABLES},
	[SHARED_NO_HEADINGS] = {"no-headings", NULL, N_("the rows alone"), COMMAND_TABLES},
	[SHARED_JSON] = {"json", NULL, N_("JSON instead of text; times in RFC 3339"), 0},
	[SHARED_HELP] = {"help", NULL, N_("this text"), 0},
};

static bool has(const struct command *command, enum shared option)
{
	unsigned needs = shared_options[option].needs;
	return (command->needs & needs) == needs;
}

/* ---- help ---- */

#define OPTION_COLUMNS 23

static void print_option(const char *name, const char *argument, const char *help, const char *usual)
{
	char left[64];
	snprintf(left, sizeof(left), "--%s%s%s", name, argument ? " " : "", argument ? _(argument) : "");
	fputs("  ", stdout);
	width_pad(left, OPTION_COLUMNS);
	fputs(_(help), stdout);
	if (usual)
		printf(_(" (usually %s)"), usual);
	putchar('\n');
}

static const char *usual_value(const struct command *command, enum shared option)
{
	switch (option) {
	case SHARED_ENDPOINT:
		return command->endpoint;
	case SHARED_SERVER_KEY:
		return COMMAND_SERVER_KEY;
	case SHARED_KEY:
		return command->key;
	default:
		return NULL;
	}
}

static void print_columns(const struct command *command)
{
	fputs(_("\ncolumns:"), stdout);
	for (unsigned i = 0; i < command->columns_count; i++) {
		const char *name = command->columns[i].name, *heading = _(name);
		printf(heading == name ? " %s" : _(" %s (%s)"), name, heading);
	}
	putchar('\n');
}

static void print_help(const struct command *command)
{
	printf(_("usage: wenzhengctl %s%s%s [OPTION...]\n\n%s\n\n"), command->name,
		*command->words ? " " : "", _(command->words), _(command->help));
	for (const struct command_option *own = command->options; own && own->name; own++)
		print_option(own->name, own->argument, own->help, NULL);
	for (enum shared option = 0; option < SHARED_TOTAL; option++)
		if (has(command, option))
			print_option(shared_options[option].name, shared_options[option].argument,
				shared_options[option].help, usual_value(command, option));
	if (command->needs & COMMAND_TABLES)
		print_columns(command);
	printf(_("\nexample:\n%s\n\n"), command->examples);
	puts(command->needs & COMMAND_CONNECTS
			? _("exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage,\n"
			    "3 the daemon did not answer")
			: _("exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage"));
}

/* ---- reading ---- */

int command_line_number(const struct command *command, const char *option, const char *text, int64_t min,
	int64_t max, int64_t *ret_number)
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < min || number > max)
		return command_line_wrong(command, _("%s is a number from %lld to %lld"), option,
			(long long)min, (long long)max);
	*ret_number = number;
	return CTL_DONE;
}

static int check_view(const struct settings *settings)
{
	const struct command *command = settings->command;
	struct span name;
	if (columns_check(settings->view.output, command->columns, command->columns_count, &name))
		return CTL_DONE;
	return command_line_wrong(command, _("there is no column \"%.*s\""), SPAN_PRINT(name));
}

/* What programs read is the same in every language. */
static int take_shared(struct settings *settings, enum shared option)
{
	switch (option) {
	case SHARED_ENDPOINT:
		settings->endpoint = optarg;
		return CTL_DONE;
	case SHARED_SERVER_KEY:
		settings->server_key = optarg;
		return CTL_DONE;
	case SHARED_KEY:
		settings->key = optarg;
		return CTL_DONE;
	case SHARED_TIMEOUT:
		settings->timeout_given = true;
		return command_line_number(
			settings->command, "--timeout", optarg, 1, TIMEOUT_S_MAX, &settings->timeout_s);
	case SHARED_LIMIT:
		return command_line_number(
			settings->command, "--limit", optarg, 1, LIMIT_MAX, &settings->limit);
	case SHARED_OUTPUT:
		settings->view.output = optarg;
		return check_view(settings);
	case SHARED_NO_HEADINGS:
		settings->view.no_headings = true;
		language_use(NULL);
		return CTL_DONE;
	case SHARED_JSON:
		settings->json = true;
		language_use(NULL);
		return CTL_DONE;
	default:
		UNREACHABLE();
	}
}

/* The table for getopt: the command's own options are numbered after the shared ones. */
static void collect(const struct command *command,
	struct option ret_options[static SHARED_TOTAL + COMMAND_OPTIONS_MAX + 1])
{
	size_t count = 0;
	for (enum shared option = 0; option < SHARED_TOTAL; option++)
		if (has(command, option))
			ret_options[count++] = (struct option){shared_options[option].name,
				shared_options[option].argument ? required_argument : no_argument, NULL,
				(int)option};
	for (int i = 0; command->options && command->options[i].name; i++) {
		const struct command_option *own = &command->options[i];
		REQUIRE(i < COMMAND_OPTIONS_MAX && !own->text != !own->flag);
		ret_options[count++] = (struct option){
			own->name, own->argument ? required_argument : no_argument, NULL, SHARED_TOTAL + i};
	}
	ret_options[count] = (struct option){NULL, 0, NULL, 0};
}

static int read_words(const struct command *command, int argc, char **argv, struct settings *settings)
{
	int count = argc - optind;
	REQUIRE(command->words_max <= COMMAND_WORDS_MAX);
	if (count > command->words_max)
		return command_line_wrong(
			command, _("\"%s\" is one word too many"), argv[optind + command->words_max]);
	if (count < command->words_min)
		return command_line_wrong(command, _("%s is missing"), _(command->words));
	for (int i = 0; i < count; i++)
		settings->words[i] = argv[optind + i];
	return CTL_DONE;
}

static void take_own(const struct command_option *own)
{
	if (own->text)
		*own->text = optarg;
	else
		*own->flag = true;
}

bool command_line_read(
	const struct command *command, int argc, char **argv, struct settings *ret_settings, int *ret_status)
{
	struct option options[SHARED_TOTAL + COMMAND_OPTIONS_MAX + 1];
	struct settings settings = {
		.command = command,
		.endpoint = command->endpoint,
		.server_key = COMMAND_SERVER_KEY,
		.key = command->key,
		.timeout_s = COMMAND_TIMEOUT_S,
		.limit = INT64_MAX,
	};
	collect(command, options);
	opterr = 0; /* we say it ourselves, in one form with all that can be wrong */
	int value, status = CTL_DONE;
	while (status == CTL_DONE && (value = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (value == 'h' || value == SHARED_HELP) {
			print_help(command);
			*ret_status = command_finish(command);
			return false;
		}
		if (value == '?')
			status = command_line_wrong(command, _("there is no option %s"), argv[optind - 1]);
		else if (value == ':')
			status = command_line_wrong(command, _("%s needs a value"), argv[optind - 1]);
		else if (value >= SHARED_TOTAL)
			take_own(&command->options[value - SHARED_TOTAL]);
		else
			status = take_shared(&settings, (enum shared)value);
	}
	if (status == CTL_DONE)
		status = read_words(command, argc, argv, &settings);
	if (status != CTL_DONE) {
		*ret_status = status;
		return false;
	}
	*ret_settings = settings;
	return true;
}
