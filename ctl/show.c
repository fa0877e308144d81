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
	char term[WORDS_TERM_SIZE];
	int64_t version = message_number(dossier, FIELD_DUE_VERSION, 1);
	if (!message_has(dossier, FIELD_DUE)) {
		screen_property(_("due"), _("no deadline"));
		return;
	}
	screen_label(_("due"));
	fputs(screen_time_of(dossier, FIELD_DUE).text, stdout);
	if (message_has(dossier, FIELD_WITHIN))
		printf(_(", within %s"), words_say_term(message_text(dossier, FIELD_WITHIN), term));
	if (version > 1)
		printf(_(", moved to the %lld. due moment"), (long long)version);
	if (message_flag(dossier, FIELD_PROVISIONAL))
		fputs(_(", provisional: the calendar is not published so far"), stdout);
	putchar('\n');
}

static void print_ladder(const struct message *dossier)
{
	int64_t rung = message_number(dossier, FIELD_RUNG, 0);
	if (message_flag(dossier, FIELD_REMINDED))
		screen_property(_("reminder"), _("sent"));
	if (rung > 0)
		screen_property(_("escalated"), _("%sto rung %lld%s"), screen_paint_on(SCREEN_BAD),
			(long long)rung, screen_paint_off());
}

static void print_ways(const struct message *dossier)
{
	int64_t returns = message_number(dossier, FIELD_RETURNS, 0);
	int64_t losses = message_number(dossier, FIELD_LOSSES, 0);
	int64_t epoch = message_number(dossier, FIELD_EPOCH, 0);
	if (epoch > 0)
		screen_property(_("offers"), "%" PRId64, epoch);
	if (returns > 0)
		screen_property(_("returned"), language_count("%lld time", "%lld times", returns),
			(long long)returns);
	if (losses > 0)
		screen_property(_("lost"),
			language_count("%lld holder in a row", "%lld holders in a row", losses),
			(long long)losses);
	if (message_flag(dossier, FIELD_FINAL))
		screen_property(_("ruling"), _("final: the department may not return it"));
}

static void print_replies(const struct message *dossier)
{
	struct field_value rest = dossier->values[FIELD_ITEMS];
	struct message reply;
	while (message_has(dossier, FIELD_ITEMS) && message_items_next(&rest, &reply)) {
		struct span kind = message_text(&reply, FIELD_REPLY_KIND);
		bool refusal = span_equal_string(kind, "refusal");
		printf(refusal ? _("\n%s, %.*s by %.*s\n") : _("\n%s, %.*s reply by %.*s\n"),
			screen_time_of(&reply, FIELD_AT).text, SPAN_PRINT(words_say(WORDS_REPLY, kind)),
			SPAN_PRINT(message_text(&reply, FIELD_DEPARTMENT)));
		if (message_has(&reply, FIELD_REASON))
			screen_text(message_text(&reply, FIELD_REASON));
		screen_text(message_text(&reply, FIELD_REPLY));
	}
}

static void print_case(const void *context, const struct message *dossier)
{
	(void)context;
	screen_property(_("case"), "%.*s", SPAN_PRINT(message_text(dossier, FIELD_CASE)));
	screen_property(
		_("state"), "%.*s", SPAN_PRINT(words_say(WORDS_STATE, message_text(dossier, FIELD_STATE))));
	print_optional(_("title"), dossier, FIELD_TITLE);
	print_optional(_("department"), dossier, FIELD_DEPARTMENT);
	print_optional(_("held by"), dossier, FIELD_ACTOR);
	print_optional(_("class"), dossier, FIELD_CLASS);
	screen_property(_("received"), "%s", screen_time_of(dossier, FIELD_RECEIVED).text);
	print_due(dossier);
	print_ladder(dossier);
	if (message_has(dossier, FIELD_TAKEN))
		screen_property(_("taken"), "%s", screen_time_of(dossier, FIELD_TAKEN).text);
	if (message_has(dossier, FIELD_ANSWERED))
		screen_property(_("answered"), "%s", screen_time_of(dossier, FIELD_ANSWERED).text);
	print_ways(dossier);
	print_optional(_("portal"), dossier, FIELD_PORTAL);
	print_optional(_("message id"), dossier, FIELD_ID);
	print_optional(_("category"), dossier, FIELD_CATEGORY);
	print_optional(_("region"), dossier, FIELD_REGION);
	if (message_has(dossier, FIELD_BODY)) {
		puts(_("\nmessage"));
		screen_text(message_text(dossier, FIELD_BODY));
	}
	print_replies(dossier);
}

int ctl_show(int argc, char **argv)
{
	const struct command command = {
		.name = "show",
		.words = N_("CASE"),
		.words_min = 1,
		.words_max = 1,
		.help = N_("One case, whole: the message, whose it is, its deadline, the replies."),
		.examples = "  wenzhengctl show 20260105-000001-6",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
	};
	return one_case_run(&command, KIND_SHOW, argc, argv, print_case);
}
