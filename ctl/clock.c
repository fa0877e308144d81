#include <stdio.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/moment.h"
#include "ctl/screen.h"
#include "ctl/talk.h"

/* wenzhengctl clock: what time the daemon has, that it is right, and, in a laboratory, what it shall be. */

/* All timers on the way fire, each with a commit of its own: years of them take their time. */
#define SET_TIMEOUT_MS INT64_C(600000)

static void print_clock(const struct message *confirm)
{
	char now[MOMENT_FULL_SIZE], next[MOMENT_FULL_SIZE] = "";
	moment_full(message_time(confirm, FIELD_NOW, (struct instant){0}), now);
	if (message_has(confirm, FIELD_NEXT))
		moment_full(message_time(confirm, FIELD_NEXT, INSTANT_NEVER), next);
	bool held = span_equal_string(message_text(confirm, FIELD_CLOCK), "held");
	screen_property(_("clock"), "%s", now);
	screen_property(_("next timer"), "%s", *next ? next : _("none"));
	if (held)
		screen_property(_("ladder"),
			_("%sheld: the clock jumped. Is the time right? Then: wenzhengctl clock accept%s"),
			screen_paint_on(SCREEN_BAD), screen_paint_off());
	else
		screen_property(_("ladder"), _("runs"));
}

/* A far-off daemon is noticed as quickly as by every other command: the patience is for the way of the clock
 * only, so the first question is a short one. */
static int ask(struct talk *talk, bool accept, const struct instant *set, const struct message **ret_confirm)
{
	const struct settings *settings = talk->settings;
	struct writer *writer = talk_begin(talk, KIND_CLOCK);
	if (accept)
		writer_flag(writer, FIELD_ACCEPT, true);
	int status = talk_ask(talk, KIND_CONFIRM, ret_confirm);
	if (status != CTL_DONE || !set)
		return status;
	writer_time(talk_begin(talk, KIND_CLOCK), FIELD_SET, *set);
	return talk_ask_within(talk, KIND_CONFIRM,
		settings->timeout_given ? settings->timeout_s * 1000 : SET_TIMEOUT_MS, ret_confirm);
}

static int run(const struct settings *settings, bool accept, const struct instant *set)
{
	struct talk talk;
	const struct message *confirm;
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE)
		status = ask(&talk, accept, set, &confirm);
	if (status == CTL_DONE && settings->json)
		document_print(document_of(confirm));
	else if (status == CTL_DONE)
		print_clock(confirm);
	talk_close(&talk);
	return status;
}

static int understand(
	const struct settings *settings, bool *ret_accept, struct instant *ret_set, bool *ret_sets)
{
	const struct command *command = settings->command;
	const char *verb = settings->words[0], *time = settings->words[1];
	*ret_accept = verb && strcmp(verb, "accept") == 0;
	*ret_sets = verb && strcmp(verb, "set") == 0;
	if (verb && !*ret_accept && !*ret_sets)
		return command_line_wrong(command, _("\"%s\" is neither accept nor set"), verb);
	if (*ret_sets && !time)
		return command_line_wrong(command, _("set needs a time"));
	if (!*ret_sets && time)
		return command_line_wrong(command, _("\"%s\" is one word too many"), time);
	if (*ret_sets && !civil_parse_instant(span_of_string(time), MOMENT_OFFSET, ret_set))
		return command_line_wrong(command,
			_("\"%s\" is not a time like 2026-01-05T09:00:00 (at +08:00, unless it ends in another offset)"),
			time);
	return CTL_DONE;
}

int ctl_clock(int argc, char **argv)
{
	const struct command command = {
		.name = "clock",
		.words = N_("[accept | set TIME]"),
		.words_max = 2,
		.help = N_(
			"The daemon's clock and its next timer.\n"
			"accept: the clock is right; after a jump, reminders and escalations go on.\n"
			"set TIME: in a laboratory store, moves the virtual clock; every timer before TIME fires."),
		.examples = "  wenzhengctl clock accept\n  wenzhengctl clock set 2026-01-09T00:00:01",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
	};
	struct settings settings;
	struct instant set;
	bool accept, sets;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	status = understand(&settings, &accept, &set, &sets);
	if (status == CTL_DONE)
		status = run(&settings, accept, sets ? &set : NULL);
	return status == CTL_DONE ? command_finish(&command) : status;
}
