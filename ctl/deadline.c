#include "ctl/deadline.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "calendar/calendar_file.h"
#include "ctl/deadline_batch.h"
#include "ctl/deadline_print.h"
#include "ctl/exit_status.h"

#define CALENDARS_MAX 16 /* a national calendar, a province's, a city's … */

static const char default_calendar[] = WENZHENG_DATADIR "/calendars/cn.ics";

static void print_help(void)
{
	printf(_("usage: wenzhengctl deadline [--calendar FILE]... --within TERM --received TIME [--explain] [--json]\n"
		 "       wenzhengctl deadline [--calendar FILE]... --batch FILE.csv\n"
		 "\n"
		 "  --calendar FILE   iCalendar file of the national days; each further one lies over those before it\n"
		 "                    (default: %s)\n"
		 "  --within TERM     \"3 workday\", \"3 day\", \"3 day_roll\" or \"48 hour\"\n"
		 "  --received TIME   local time of receipt (+08:00), 2026-09-30T16:00:00; its day is not counted\n"
		 "  --explain         also each day from receipt to the due date, and why it counts or not\n"
		 "  --json            one line of JSON instead of text\n"
		 "  --batch FILE.csv  rows received_local,kind_days[,...] in working days (- is standard input); writes\n"
		 "                    received_local,kind_days,deadline_date,final|provisional\n"
		 "\n"
		 "A deadline is provisional while it rests on days that no notice has settled yet.\n"
		 "exit status: 0 done, 1 could not be done (the reason is on standard error), 2 wrong usage\n"),
		default_calendar);
}

struct options {
	const char *calendars[CALENDARS_MAX];
	size_t calendars_count;
	const char *within;
	const char *received;
	const char *batch;
	bool explain;
	bool json;
	bool help;
};

__attribute__((format(printf, 1, 2))) static int wrong_usage(const char *format, ...)
{
	va_list arguments;
	fputs("wenzhengctl deadline: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, _("; see wenzhengctl %s --help\n"), "deadline");
	return CTL_USAGE;
}

static int refused(const struct fault *fault)
{
	fprintf(stderr, "wenzhengctl deadline: %s\n", fault->text);
	return CTL_REFUSED;
}

enum option_value {
	OPTION_CALENDAR = 1,
	OPTION_WITHIN,
	OPTION_RECEIVED,
	OPTION_BATCH,
	OPTION_EXPLAIN,
	OPTION_JSON,
	OPTION_HELP,
};

static int take_option(struct options *options, int option, char **argv)
{
	switch (option) {
	case OPTION_CALENDAR:
		if (options->calendars_count == CALENDARS_MAX)
			return wrong_usage(_("there are more than 16 calendars"));
		options->calendars[options->calendars_count++] = optarg;
		return CTL_DONE;
	case OPTION_WITHIN:
		options->within = optarg;
		return CTL_DONE;
	case OPTION_RECEIVED:
		options->received = optarg;
		return CTL_DONE;
	case OPTION_BATCH:
		options->batch = optarg;
		return CTL_DONE;
	case OPTION_EXPLAIN:
		options->explain = true;
		return CTL_DONE;
	case OPTION_JSON:
		options->json = true;
		language_use(NULL); /* what programs read is the same in every language */
		return CTL_DONE;
	case OPTION_HELP:
	case 'h':
		options->help = true;
		return CTL_DONE;
	case ':':
		return wrong_usage(_("%s needs a value"), argv[optind - 1]);
	default:
		return wrong_usage(_("there is no option %s"), argv[optind - 1]);
	}
}

static int check_options(const struct options *options, int argc)
{
	if (optind < argc)
		return wrong_usage(_("there is a word that belongs to no option"));
	if (options->batch && (options->within || options->received || options->explain || options->json))
		return wrong_usage(_("--batch goes with --calendar only"));
	if (!options->batch && (!options->within || !options->received))
		return wrong_usage(_("--within and --received are needed, or --batch"));
	return CTL_DONE;
}

static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"calendar", required_argument, NULL, OPTION_CALENDAR},
		{"within", required_argument, NULL, OPTION_WITHIN},
		{"received", required_argument, NULL, OPTION_RECEIVED},
		{"batch", required_argument, NULL, OPTION_BATCH},
		{"explain", no_argument, NULL, OPTION_EXPLAIN},
		{"json", no_argument, NULL, OPTION_JSON},
		{"help", no_argument, NULL, OPTION_HELP},
		{NULL, 0, NULL, 0},
	};
	int value;
	while ((value = getopt_long(argc, argv, ":h", names, NULL)) != -1) {
		int status = take_option(options, value, argv);
		if (status != CTL_DONE)
			return status;
	}
	if (options->calendars_count == 0)
		options->calendars[options->calendars_count++] = default_calendar;
	return options->help ? CTL_DONE : check_options(options, argc);
}

static int answer_one(const struct options *options, const struct workdays *workdays)
{
	struct deadline_question question = {
		.workdays = workdays, .policy = DEADLINE_POLICY_DEFAULT, .explain = options->explain};
	if (!deadline_within_parse(span_of_string(options->within), &question.within))
		return wrong_usage(
			_("--within is a term like \"3 workday\", \"3 day\", \"3 day_roll\" or \"48 hour\", "
			  "of 1 to 366"));
	if (!civil_parse_instant(
		    span_of_string(options->received), question.policy.offset, &question.received))
		return wrong_usage(_("--received is a local time like 2026-09-30T16:00:00"));
	struct fault fault = FAULT_NONE;
	bool found = options->json ? deadline_print_json(&question, &fault)
				   : deadline_print_text(&question, &fault);
	if (found && (fflush(stdout) != 0 || ferror(stdout)))
		found = fault_set(&fault, "cannot write the answer: %s", language_error(errno));
	return found ? CTL_DONE : refused(&fault);
}

static int answer_batch(const struct options *options, const struct workdays *workdays)
{
	struct fault fault = FAULT_NONE;
	return deadline_batch_run(workdays, options->batch, stdout, &fault) ? CTL_DONE : refused(&fault);
}

int ctl_deadline(int argc, char **argv)
{
	struct options options = {0};
	int status = parse_options(argc, argv, &options);
	if (status != CTL_DONE)
		return status;
	if (options.help) {
		print_help();
		return CTL_DONE;
	}
	struct fault fault = FAULT_NONE;
	struct workdays *workdays = calendar_file_read(options.calendars, options.calendars_count, &fault);
	if (!workdays)
		return refused(&fault);
	status = options.batch ? answer_batch(&options, workdays) : answer_one(&options, workdays);
	workdays_destroy(&workdays);
	return status;
}
