#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/exchange.h"
#include "ctl/exit_status.h"
#include "ctl/words.h"

/* wenzhengctl reload: what the files on the daemon's machine say comes into force. */

static void print_changed(const void *context, const struct message *list)
{
	(void)context;
	struct message item;
	struct field_value rest = list->values[FIELD_ITEMS];
	int count = 0;
	for (; message_items_next(&rest, &item); count++)
		printf("%s%.*s", count ? _(", ") : _("now in force: "),
			SPAN_PRINT(words_say(WORDS_PART, message_text(&item, FIELD_NAME))));
	puts(count ? "" : _("nothing has changed"));
}

int ctl_reload(int argc, char **argv)
{
	const struct command command = {
		.name = "reload",
		.words = "",
		.help = N_(
			"Lets the daemon read profile, principals and calendar again, and says which of them have\n"
			"changed. What cannot be used is told with file, line and column, and changes nothing. Your\n"
			"name stands in the journal. wenzhengd.yaml and the keys are read at the start only."),
		.examples = "  wenzhengctl reload",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	const struct exchange exchange = {KIND_RELOAD, KIND_LIST, NULL, print_changed, NULL};
	status = exchange_run(&exchange, &settings);
	return status == CTL_DONE ? command_finish(&command) : status;
}
