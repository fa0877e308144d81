#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "calendar/civil.h"
#include "lab/progress.h"
#include "lab/replay.h"
#include "lab/replay_report.h"

/* wenzheng-replay: options → messages → site → replay → report. */

struct options {
	const char *file;
	const char *profile;
	const char *calendar;
	const char *class;
	const char *department;
	const char *keep;
	bool json;
	bool help;
};

static const char usage[] =
	"Usage: wenzheng-replay FILE.jsonl --profile FILE.yaml [OPTION]…\n"
	"Submits historical messages to a daemon of its own, each at its moment on a laboratory's clock, answers them\n"
	"at theirs, and counts what was answered in time, reminded of and escalated.\n"
	"\n"
	"  --profile FILE      the place's policy (needed)\n"
	"  --calendar FILE     working days; default: calendars/cn.ics beside the profile, else the installed one\n"
	"  --class CLASS       of every message: ordinary, major …; default: the profile's default\n"
	"  --department D      whom they all go to; default: the profile's first department\n"
	"  --json              one line of JSON instead of a table\n"
	"  --keep DIR          make the daemon's folder there and leave it, for `wenzhengd --verify` and a look\n"
	"  --help, --version\n"
	"\n"
	"A line of FILE: {\"title\": …, \"body\": …, \"received\": \"2019-03-01T09:30:00\", \"reply\": …, \"replied\": …};\n"
	"local times at +08:00. Without `reply` the message stays open.\n"
	"Exit status: 0 done, 1 something failed, 2 wrong use.\n";

static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"profile", required_argument, NULL, 'p'},
		{"calendar", required_argument, NULL, 'c'},
		{"class", required_argument, NULL, 'k'},
		{"department", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"keep", required_argument, NULL, 'K'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'p':
			options->profile = optarg;
			break;
		case 'c':
			options->calendar = optarg;
			break;
		case 'k':
			options->class = optarg;
			break;
		case 'd':
			options->department = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'K':
			options->keep = optarg;
			break;
		case 'h':
			options->help = true;
			return fputs(usage, stdout) >= 0;
		case 'V':
			options->help = true;
			return puts("wenzheng-replay " WENZHENG_VERSION) >= 0;
		default:
			return false;
		}
	}
	options->file = argv[optind];
	return argc == optind + 1 && options->profile;
}

/* ---- what is seen meanwhile ---- */

struct screen {
	struct progress progress;
	const char *file;
};

static void moved(void *context, struct instant at, size_t done, size_t total)
{
	struct screen *screen = context;
	char date[CIVIL_DATE_SIZE];
	civil_print_date(civil_date_of(at, UTC_OFFSET_CHINA), date);
	progress_show(&screen->progress, date, done, total);
}

static void refused(void *context, uint32_t line, const char *why)
{
	struct screen *screen = context;
	progress_end(&screen->progress);
	fprintf(stderr, "wenzheng-replay: %s:%u: warning: left out: %s\n", screen->file, line, why);
}

/* ---- the work ---- */

static bool replay(const struct options *options, struct wire_context *context, struct fault *fault)
{
	CLEANUP(input_destroy) struct input *input = input_read(options->file, fault);
	CLEANUP(site_stop) struct site *site = NULL;
	struct site_options place = {.profile = options->profile,
		.calendar = options->calendar,
		.folder = options->keep,
		.laboratory = true};
	if (!input || !site_start(&place, &site, fault))
		return false;
	struct screen screen = {PROGRESS_NULL, options->file};
	struct replay_options run = {
		.context = context,
		.site = site,
		.input = input,
		.class = options->class,
		.department = options->department,
		.listener = {moved, refused, &screen},
	};
	struct replay_result result;
	bool good = replay_run(&run, &result, fault);
	progress_end(&screen.progress);
	if (good && options->json)
		replay_report_json(&result, stdout);
	else if (good)
		replay_report_table(&result, stdout);
	if (good && options->keep && !options->json)
		printf("\nkept: wenzhengd --verify --config %s/wenzhengd.yaml\n", site_folder(site));
	if (good && (fflush(stdout) != 0 || ferror(stdout)))
		return fault_set(fault, "cannot write the figures to standard output");
	return good;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct fault fault = FAULT_NONE;
	if (!parse_options(argc, argv, &options)) {
		fprintf(stderr, "wenzheng-replay: see wenzheng-replay --help\n");
		return 2;
	}
	if (options.help)
		return EXIT_SUCCESS;
	digest_start();
	CLEANUP(wire_context_destroy) struct wire_context *context = wire_context_new();
	if (!context)
		fault_set(&fault, "no ZeroMQ context to be had");
	if (context && replay(&options, context, &fault))
		return EXIT_SUCCESS;
	fprintf(stderr, "wenzheng-replay: %s\n", fault.text);
	return EXIT_FAILURE;
}
