#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buffer.h"
#include "base/crockford.h"
#include "base/limits.h"
#include "locale/locale.h"
#include "workers/submit_run.h"

/* wenzheng-submit: one message from the command line, or a file of them. */

#define IN_FLIGHT_USUAL 64
#define TIMEOUT_S_USUAL 60
#define TIMEOUT_S_MAX	86400

static void print_help(void)
{
	fputs(_("wenzheng-submit hands citizens' messages to wenzhengd and prints the receipts.\n"
		"\n"
		"  wenzheng-submit --title TITLE --body TEXT [OPTIONS]   one message; --body - reads standard input\n"
		"  wenzheng-submit [OPTIONS] FILE                        one JSON object a line; - is standard input\n"
		"\n"
		"The message:\n"
		"  --id ID               the portal's own name for it; the same message under the same id gets the same\n"
		"                        receipt again, another one a conflict. Without it one is drawn\n"
		"  --category TEXT  --region TEXT  --department ID  --class ID\n"
		"Lines of a file have the fields id (required), title, body, category, region, department, class, contact;\n"
		"others are passed over. How to reach a citizen (contact) stands in a file only: a command line can be read\n"
		"by everybody on the machine.\n"
		"\n"
		"  --json                receipts and refusals as JSON objects, one a line\n"
		"  --in-flight N         messages of a file on their way at once, 1 to 1024 (64)\n"
		"  --timeout SECONDS     give up when no answer came for so long (60)\n"
		"  --quiet               no progress bar and no summary\n"
		"\n"),
		stdout);
	tool_print_options(TOOL_PORTAL_ENDPOINT, "portal");
	fputs(_("\n"
		"Without --json a receipt is one line with tabs between: case number, query code, department (- at\n"
		"triage), due moment (- none), id. A daemon that restarts meanwhile is waited for.\n"
		"\n"
		"  wenzheng-submit --title 路灯不亮 --body 东街三盏路灯不亮。 --region 东城\n"
		"  wenzheng-submit --json messages.jsonl > receipts.jsonl\n"
		"\n"
		"Exit status: 0 all accepted; 1 some refused, or a file cannot be read or written; 2 the command line is\n"
		"wrong; 3 no answer in time; 4 the key is refused.\n"),
		stdout);
}

enum own_option {
	OPTION_ID = TOOL_OPTION_OWN,
	OPTION_TITLE,
	OPTION_BODY,
	OPTION_CATEGORY,
	OPTION_REGION,
	OPTION_DEPARTMENT,
	OPTION_CLASS,
	OPTION_JSON,
	OPTION_IN_FLIGHT,
	OPTION_TIMEOUT,
	OPTION_QUIET
};

struct options {
	struct submit_run_options run;
	struct wz_message message;
	const char *file;
};

static const char **message_option(struct wz_message *message, int option)
{
	switch (option) {
	case OPTION_ID:
		return &message->id;
	case OPTION_TITLE:
		return &message->title;
	case OPTION_BODY:
		return &message->body;
	case OPTION_CATEGORY:
		return &message->category;
	case OPTION_REGION:
		return &message->region;
	case OPTION_DEPARTMENT:
		return &message->department;
	case OPTION_CLASS:
		return &message->class_name;
	default:
		return NULL;
	}
}

/* True: it was one of ours and right. */
static bool parse_own(struct options *options, int option, char **argv)
{
	struct tool *tool = options->run.tool;
	const char **text = message_option(&options->message, option);
	int64_t seconds;
	if (text) {
		*text = optarg;
		return true;
	}
	switch (option) {
	case OPTION_JSON:
		return options->run.json = true;
	case OPTION_QUIET:
		return options->run.quiet = true;
	case OPTION_IN_FLIGHT:
		return tool_number(tool, "in-flight", optarg, 1, WZ_IN_FLIGHT_MAX, &options->run.in_flight);
	case OPTION_TIMEOUT:
		if (!tool_number(tool, "timeout", optarg, 1, TIMEOUT_S_MAX, &seconds))
			return false;
		options->run.timeout_ms = seconds * 1000;
		return true;
	default:
		tool_wrong_option(tool, option, argv);
		return false;
	}
}

static int check(struct options *options, int argc, char **argv)
{
	const struct wz_message *message = &options->message;
	struct tool *tool = options->run.tool;
	if (optind < argc)
		options->file = argv[optind++];
	if (optind < argc)
		return tool_usage(tool, _("'%s' is too much"), argv[optind]);
	bool has_message = message->title || message->body || message->id || message->category ||
			   message->region || message->department || message->class_name;
	if (options->file && has_message)
		return tool_usage(tool, _("either a file or a message on the command line, not both"));
	if (!options->file && !(message->title && message->body))
		return tool_usage(tool, _("--title and --body are needed, or a file"));
	return -1;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		TOOL_OPTIONS,
		{"id", required_argument, NULL, OPTION_ID},
		{"title", required_argument, NULL, OPTION_TITLE},
		{"body", required_argument, NULL, OPTION_BODY},
		{"category", required_argument, NULL, OPTION_CATEGORY},
		{"region", required_argument, NULL, OPTION_REGION},
		{"department", required_argument, NULL, OPTION_DEPARTMENT},
		{"class", required_argument, NULL, OPTION_CLASS},
		{"json", no_argument, NULL, OPTION_JSON},
		{"in-flight", required_argument, NULL, OPTION_IN_FLIGHT},
		{"timeout", required_argument, NULL, OPTION_TIMEOUT},
		{"quiet", no_argument, NULL, OPTION_QUIET},
		{NULL, 0, NULL, 0},
	};
	int option;
	while ((option = getopt_long(argc, argv, TOOL_SHORT_OPTIONS, known, NULL)) != -1) {
		switch (tool_parse(options->run.tool, option, optarg)) {
		case TOOL_PARSED:
			continue;
		case TOOL_WRONG:
			return TOOL_USAGE;
		case TOOL_WANTS_HELP:
			print_help();
			return TOOL_DONE;
		case TOOL_WANTS_VERSION:
			return TOOL_DONE;
		case TOOL_NOT_OURS:
			break;
		}
		if (!parse_own(options, option, argv))
			return TOOL_USAGE;
	}
	return check(options, argc, argv);
}

/* All of standard input, as far as a body may go and one byte more, so that too long is seen as such. */
static bool read_body(const struct tool *tool, struct buffer *body)
{
	char block[4096];
	size_t size;
	while (body->size <= BODY_SIZE_MAX && (size = fread(block, 1, sizeof(block), stdin)) > 0)
		buffer_append(body, block, size);
	if (ferror(stdin)) {
		tool_say(tool, _("standard input: cannot be read"));
		return false;
	}
	if (memchr(body->data ? body->data : "", '\0', body->size)) {
		tool_say(tool, _("standard input: has a NUL byte"));
		return false;
	}
	return true;
}

static void draw_id(char ret_id[static CROCKFORD_SIZE])
{
	uint8_t bytes[CROCKFORD_BYTES];
	while (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		continue;
	crockford_encode(bytes, ret_id);
}

static int submit_one(struct options *options)
{
	struct wz_message message = options->message;
	struct buffer body = BUFFER_NULL;
	char id[CROCKFORD_SIZE];
	int status = TOOL_FAILED;
	bool from_stdin = strcmp(message.body, "-") == 0;
	if (!message.id) {
		draw_id(id);
		message.id = id;
	}
	if (!from_stdin || read_body(options->run.tool, &body)) {
		if (from_stdin)
			message.body = buffer_string(&body);
		status = submit_run_one(&options->run, &message);
	}
	buffer_deinit(&body);
	return status;
}

static int submit_file(struct options *options)
{
	struct submit_input *input = submit_input_open(options->run.tool, options->file);
	if (!input)
		return TOOL_FAILED;
	int status = submit_run_file(&options->run, input);
	submit_input_close(&input);
	return status;
}

int main(int argc, char **argv)
{
	struct tool tool;
	locale_start();
	tool_init(&tool, "wenzheng-submit", TOOL_PORTAL_ENDPOINT, "portal");
	struct options options = {
		.run = {.tool = &tool, .in_flight = IN_FLIGHT_USUAL, .timeout_ms = TIMEOUT_S_USUAL * 1000}};
	int status = parse(argc, argv, &options);
	if (status < 0)
		status = options.file ? submit_file(&options) : submit_one(&options);
	tool_deinit(&tool);
	return status;
}
