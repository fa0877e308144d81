#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "ctl/command_line.h"
#include "ctl/exit_status.h"
#include "tests/fuzz/feed.h"
#include "workers/tool.h"

/*
 * Any words as a command line: the text's lines are the arguments. Both readers there are, that of
 * wenzhengctl and that of the stock workers; what they let pass is within the bounds they tell.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 24

static const char *wish;
static bool flag;

static const struct command_option own[] = {
	{"department", "ID", "whose", &wish, NULL}, {"final", NULL, "a ruling", NULL, &flag}, {0}};

static const struct command command = {
	.name = "fuzz",
	.words = "CASE [MORE]",
	.words_min = 1,
	.words_max = 2,
	.help = "nothing",
	.examples = "  none",
	.needs = COMMAND_CONNECTS | COMMAND_LISTS,
	.endpoint = COMMAND_OPERATOR_ENDPOINT,
	.key = COMMAND_OPERATOR_KEY,
	.options = own,
};

static int split(char *text, char **words)
{
	static char name[] = "fuzz";
	int count = 0;
	words[count++] = name;
	for (char *rest = text, *word; count < WORDS_MAX && (word = strsep(&rest, "\n"));)
		words[count++] = word;
	words[count] = NULL;
	return count;
}

static void read_ctl(int count, char **words)
{
	struct settings settings;
	int status = -1;
	optind = 0; /* glibc: begin anew */
	if (!command_line_read(&command, count, words, &settings, &status)) {
		ENSURE(status == CTL_DONE || status == CTL_USAGE || status == CTL_REFUSED);
		return;
	}
	ENSURE(settings.words[0] && settings.endpoint && settings.key && settings.server_key);
	ENSURE(settings.timeout_s >= 1 && settings.timeout_s <= 86400);
	ENSURE(settings.limit == INT64_MAX || (settings.limit >= 1 && settings.limit <= 1000000));
}

static void read_tool(int count, char **words)
{
	static const struct option known[] = {
		TOOL_OPTIONS, {"credit", required_argument, NULL, TOOL_OPTION_OWN}, {NULL, 0, NULL, 0}};
	struct tool tool;
	int64_t credit = 1;
	int option;
	tool_init(&tool, "fuzz", TOOL_WORKER_ENDPOINT, "worker");
	optind = 0;
	while ((option = getopt_long(count, words, "+", known, NULL)) != -1) {
		enum tool_parse parsed = tool_parse(&tool, option, optarg);
		if (parsed == TOOL_NOT_OURS && option == TOOL_OPTION_OWN)
			(void)tool_number(&tool, "credit", optarg, 1, 1024, &credit);
		else if (parsed != TOOL_PARSED)
			break;
	}
	ENSURE(credit >= 1 && credit <= 1024);
	ENSURE(tool.offset.seconds >= -UTC_OFFSET_SECONDS_MAX &&
		tool.offset.seconds <= UTC_OFFSET_SECONDS_MAX);
	tool_deinit(&tool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	char *words[WORDS_MAX + 1];
	char *string = strndup(text.data ? text.data : "", text.size);
	ENSURE(string);
	int count = split(string, words);
	read_ctl(count, words); /* getopt may put the words in another order, but loses none */
	read_tool(count, words);
	free(string);
	return 0;
}
