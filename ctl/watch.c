#include <stdio.h>

#include "base/limits.h"
#include "client/session_watch.h"
#include "client/side.h"
#include "ctl/commands.h"
#include "ctl/document.h"
#include "ctl/exit_status.h"
#include "ctl/screen.h"
#include "ctl/talk.h"
#include "ctl/trouble.h"
#include "ctl/width.h"

/*
 * wenzhengctl watch: the events of our principal's stream, a line each, as they come.
 *
 * Looking is not dealing with: without --seen the daemon is never told SEEN, so that whoever works with this
 * principal's stream misses nothing. The daemon then stops after EVENTS_IN_FLIGHT_MAX events; asking anew,
 * after the last one, makes it go on.
 */
struct watching {
	const struct settings *settings;
	bool says_seen;
	int64_t from;	 /* -1: after the last SEEN */
	int64_t wait_ms; /* end when nothing came for so long; WZ_FOR_EVER */
	struct session_watch session;
	struct side side;
	int64_t count;
	int64_t asked_at; /* the count when we last asked */
	int64_t quiet_ms; /* since the last event, or since the beginning */
	bool was_connected;
	bool told_away;
};

/* How often it is looked whether the daemon is there: soon at first, since --wait counts from then. */
#define FIRST_SLICE_MS 50
#define SLICE_MS       500

#define ASK_ANEW_AFTER (EVENTS_IN_FLIGHT_MAX / 2)
#define NAME_COLUMNS   10

/* ---- one event ---- */

static void print_words(const struct message *event)
{
	const struct span words[] = {
		words_say(WORDS_NOTE, message_text(event, FIELD_TEXT)),
		message_text(event, FIELD_DEPARTMENT),
		words_say(WORDS_REPLY, message_text(event, FIELD_REPLY_KIND)),
		message_text(event, FIELD_ACTOR),
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].size > 0)
			printf("  %.*s", SPAN_PRINT(words[i]));
	if (message_has(event, FIELD_RUNG))
		printf(_("  rung %lld"), (long long)message_number(event, FIELD_RUNG, 0));
	if (message_has(event, FIELD_DUE))
		printf(_("  due %s"), screen_time_of(event, FIELD_DUE).text);
}

/* As wide as most are, so that what follows stands below each other. */
static void print_name(struct span name)
{
	char text[64];
	int blanks = span_copy(name, text, sizeof(text)) ? NAME_COLUMNS - width_of(text) : 0;
	printf("%.*s%*s", SPAN_PRINT(name), blanks > 0 ? blanks : 0, "");
}

static void print_event(const struct message *event)
{
	struct span name = message_text(event, FIELD_EVENT), number = message_text(event, FIELD_CASE);
	bool bad = span_equal_string(name, "escalated") || span_equal_string(name, "alarm");
	printf("%s%s  ", screen_paint_on(bad ? SCREEN_BAD : SCREEN_PLAIN),
		screen_time_of(event, FIELD_AT).text);
	print_name(words_say(WORDS_EVENT, name));
	fputs(screen_paint_off(), stdout);
	if (number.size > 0)
		printf("  %.*s", SPAN_PRINT(number));
	print_words(event);
	fputs("  ", stdout);
	screen_words(message_text(event, FIELD_TITLE));
	putchar('\n');
}

static void take_event(struct watching *self, const struct message *event)
{
	if (self->settings->json)
		document_print(document_of(event));
	else
		print_event(event);
	self->count++;
	if (self->says_seen && fflush(stdout) == 0)
		session_watch_seen(&self->session, message_number(event, FIELD_CURSOR, 0));
	else if (!self->says_seen && self->count - self->asked_at >= ASK_ANEW_AFTER) {
		self->asked_at = self->count;
		session_watch_start(&self->session, self->session.cursor);
	}
	fflush(stdout);
}

/* ---- the connection ---- */

static bool is_connected(const struct watching *self)
{
	struct wz_standing standing;
	loop_standing(&self->side.loop, &standing);
	return standing.obstacle == WZ_OBSTACLE_NONE;
}

/* A daemon that was there is waited for; who looks on is told. */
static void tell_of_absence(struct watching *self, bool connected)
{
	if (connected != self->told_away)
		return;
	fprintf(stderr, "wenzhengctl watch: %s\n",
		connected ? _("connected again") : _("the daemon is away; waiting for it to come back"));
	self->told_away = !connected;
}

/* Nothing came for `slice_ms`. True: that is an end, with `*ret_status`. */
static bool is_over(struct watching *self, int64_t slice_ms, int *ret_status)
{
	bool connected = is_connected(self);
	self->quiet_ms += slice_ms;
	*ret_status = CTL_DONE;
	if (self->was_connected) {
		tell_of_absence(self, connected);
		return self->wait_ms != WZ_FOR_EVER && self->quiet_ms >= self->wait_ms;
	}
	if (connected) {
		self->was_connected = true;
		self->quiet_ms = 0;
		return false;
	}
	if (self->quiet_ms < self->settings->timeout_s * 1000)
		return false;
	*ret_status = trouble_tell(self->settings, &self->side.error);
	return true;
}

static int follow(struct watching *self)
{
	int status;
	while (self->count < self->settings->limit) {
		int64_t slice_ms = self->was_connected ? SLICE_MS : FIRST_SLICE_MS;
		switch (side_next(&self->side, slice_ms)) {
		case WZ_OK:
			self->was_connected = true;
			self->quiet_ms = 0;
			if (self->side.reading.result->type == RESULT_PUSHED)
				take_event(self, &self->side.reading.result->message);
			break;
		case WZ_TIMEOUT:
			if (is_over(self, slice_ms, &status))
				return status;
			break;
		default:
			return trouble_tell(self->settings, &self->side.error);
		}
		if (ferror(stdout))
			return command_finish(self->settings->command);
	}
	return CTL_DONE;
}

static int finish(struct watching *self)
{
	if (side_finish(&self->side, self->settings->timeout_s * 1000) == WZ_OK)
		return command_finish(self->settings->command);
	return trouble_tell(self->settings, &self->side.error);
}

static int watch(struct watching *self)
{
	struct wz_connection_options options = talk_options(self->settings);
	options.resend_ms = 0; /* the usual: a stream goes on for days */
	session_watch_init(&self->session, side_resend_us(&options));
	int status;
	if (side_open(&self->side, &options, &self->session.session) == WZ_OK) {
		session_watch_start(&self->session, self->from);
		status = follow(self);
		if (status == CTL_DONE)
			status = finish(self);
	} else {
		status = trouble_tell(self->settings, &self->side.error);
	}
	side_close(&self->side);
	session_watch_deinit(&self->session);
	return status;
}

int ctl_watch(int argc, char **argv)
{
	const char *from = NULL, *wait = NULL;
	struct watching watching = {.from = -1, .wait_ms = WZ_FOR_EVER};
	const struct command_option options[] = {
		{"from", N_("CURSOR"),
			N_("begin after this event, 0: with the first; without it, after the last SEEN"),
			&from, NULL},
		{"seen", NULL, N_("tell the daemon that they are dealt with: they do not come again"), NULL,
			&watching.says_seen},
		{"wait", N_("SECONDS"), N_("end when nothing came for so long; without it, never"), &wait,
			NULL},
		{0},
	};
	const struct command command = {
		.name = "watch",
		.words = "",
		.help = N_(
			"Events as they happen, one line each (--json: one JSON document each): an operator's key\n"
			"sees alarms, a supervisor's reminders and escalations, triage's what it has to rule on."),
		.examples =
			"  wenzhengctl watch\n"
			"  wenzhengctl watch --endpoint tcp://127.0.0.1:5702 --key supervisor.key_secret --from 0",
		.needs = COMMAND_CONNECTS | COMMAND_LISTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	watching.settings = &settings;
	status = CTL_DONE;
	if (from)
		status = command_line_number(&command, "--from", from, 0, INT64_MAX, &watching.from);
	if (status == CTL_DONE && wait) {
		status = command_line_number(&command, "--wait", wait, 1, 86400, &watching.wait_ms);
		watching.wait_ms *= 1000;
	}
	return status == CTL_DONE ? watch(&watching) : status;
}
