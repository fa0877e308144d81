#include <inttypes.h>
#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/one_case.h"
#include "ctl/screen.h"

/* wenzhengctl show: one case, whole. */

static void print_optional(const char *name, const struct message *dossier, enum field field)
{
	if (message_has(dossier, field))
		screen_property_text(name, message_text(dossier, field));
}

static void print_due(const struct message *dossier)
{
	int64_t version = message_number(dossier, FIELD_DUE_VERSION, 1);
	if (!message_has(dossier, FIELD_DUE)) {
		screen_property("due", "no deadline");
		return;
	}
	printf("%-12s%s", "due", screen_time_of(dossier, FIELD_DUE).text);
	if (message_has(dossier, FIELD_WITHIN))
		printf(", within %.*s", SPAN_PRINT(message_text(dossier, FIELD_WITHIN)));
	if (version > 1)
		printf(", moved to the %" PRId64 ". due moment", version);
	if (message_flag(dossier, FIELD_PROVISIONAL))
		printf(", provisional: the calendar is not published so far");
	putchar('\n');
}

static void print_ladder(const struct message *dossier)
{
	int64_t rung = message_number(dossier, FIELD_RUNG, 0);
	if (message_flag(dossier, FIELD_REMINDED))
		screen_property("reminder", "sent");
	if (rung > 0)
		screen_property("escalated", "%sto rung %" PRId64 "%s", screen_paint_on(SCREEN_BAD), rung,
			screen_paint_off());
}

static void print_ways(const struct message *dossier)
{
	int64_t returns = message_number(dossier, FIELD_RETURNS, 0);
	int64_t losses = message_number(dossier, FIELD_LOSSES, 0);
	int64_t epoch = message_number(dossier, FIELD_EPOCH, 0);
	if (epoch > 0)
		screen_property("offers", "%" PRId64, epoch);
	if (returns > 0)
		screen_property("returned", "%" PRId64 " times", returns);
	if (losses > 0)
		screen_property("lost", "%" PRId64 " holders in a row", losses);
	if (message_flag(dossier, FIELD_FINAL))
		screen_property("ruling", "final: the department may not return it");
}

static void print_replies(const struct message *dossier)
{
	struct field_value rest = dossier->values[FIELD_ITEMS];
	struct message reply;
	while (message_has(dossier, FIELD_ITEMS) && message_items_next(&rest, &reply)) {
		struct span kind = message_text(&reply, FIELD_REPLY_KIND);
		printf("\n%s, %.*s%s by %.*s\n", screen_time_of(&reply, FIELD_AT).text, SPAN_PRINT(kind),
			span_equal_string(kind, "refusal") ? "" : " reply",
			SPAN_PRINT(message_text(&reply, FIELD_DEPARTMENT)));
		if (message_has(&reply, FIELD_REASON))
			screen_text(message_text(&reply, FIELD_REASON));
		screen_text(message_text(&reply, FIELD_REPLY));
	}
}

static void print_case(const struct message *dossier)
{
	screen_property("case", "%.*s", SPAN_PRINT(message_text(dossier, FIELD_CASE)));
	screen_property("state", "%.*s", SPAN_PRINT(message_text(dossier, FIELD_STATE)));
	print_optional("title", dossier, FIELD_TITLE);
	print_optional("department", dossier, FIELD_DEPARTMENT);
	print_optional("held by", dossier, FIELD_ACTOR);
	print_optional("class", dossier, FIELD_CLASS);
	screen_property("received", "%s", screen_time_of(dossier, FIELD_RECEIVED).text);
	print_due(dossier);
	print_ladder(dossier);
	if (message_has(dossier, FIELD_TAKEN))
		screen_property("taken", "%s", screen_time_of(dossier, FIELD_TAKEN).text);
	if (message_has(dossier, FIELD_ANSWERED))
		screen_property("answered", "%s", screen_time_of(dossier, FIELD_ANSWERED).text);
	print_ways(dossier);
	print_optional("portal", dossier, FIELD_PORTAL);
	print_optional("message id", dossier, FIELD_ID);
	print_optional("category", dossier, FIELD_CATEGORY);
	print_optional("region", dossier, FIELD_REGION);
	if (message_has(dossier, FIELD_BODY)) {
		puts("\nmessage");
		screen_text(message_text(dossier, FIELD_BODY));
	}
	print_replies(dossier);
}

int ctl_show(int argc, char **argv)
{
	const struct command command = {
		.name = "show",
		.words = "CASE",
		.words_min = 1,
		.words_max = 1,
		.help = "One case, whole: the message, whose it is, its deadline, the replies.",
		.examples = "  wenzhengctl show 20260105-000001-6",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
	};
	return one_case_run(&command, KIND_SHOW, argc, argv, print_case);
}
