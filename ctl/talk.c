#include "ctl/talk.h"

#include "ctl/case_number.h"
#include "ctl/exit_status.h"
#include "ctl/trouble.h"

/* Never by the clock: after a new connection all is sent again anyway, and CLOCK set may take its time. */
#define RESEND_MS INT64_C(86400000)

struct wz_connection_options talk_options(const struct settings *settings)
{
	struct wz_connection_options options = WZ_CONNECTION_OPTIONS;
	options.endpoint = settings->endpoint;
	options.server_key_file = settings->server_key;
	options.key_file = settings->key;
	options.resend_ms = RESEND_MS;
	return options;
}

int talk_open(const struct settings *settings, struct talk *ret_talk)
{
	struct wz_connection_options options = talk_options(settings);
	struct wz_error error;
	*ret_talk = (struct talk){.settings = settings};
	if (caller_new(&options, &ret_talk->caller, &error) == WZ_OK)
		return CTL_DONE;
	return trouble_tell(settings, &error);
}

void talk_close(struct talk *self)
{
	caller_destroy(&self->caller);
}

struct writer *talk_begin(struct talk *self, enum kind kind)
{
	return caller_begin(self->caller, kind);
}

int talk_ask_within(
	struct talk *self, enum kind expected, int64_t timeout_ms, const struct message **ret_answer)
{
	const struct message *answer;
	if (caller_run(self->caller, timeout_ms, &answer) != WZ_OK)
		return trouble_tell(self->settings, caller_error(self->caller));
	if (answer->kind != expected)
		return command_failed(self->settings->command,
			_("the daemon answered with a kind of message that does not belong here (0x%02x): "
			  "is it of another version?"),
			(unsigned)answer->kind);
	*ret_answer = answer;
	return CTL_DONE;
}

int talk_ask(struct talk *self, enum kind expected, const struct message **ret_answer)
{
	return talk_ask_within(self, expected, self->settings->timeout_s * 1000, ret_answer);
}

int talk_check_text(const struct settings *settings, const char *what, enum field field, const char *text)
{
	const struct command *command = settings->command;
	if (!*text)
		return command_line_wrong(command, _("%s is empty"), what);
	switch (field_check_text(field, span_of_string(text))) {
	case ERROR_NONE:
		return CTL_DONE;
	case ERROR_TOO_LONG:
		return command_line_wrong(command, _("%s is longer than %lld bytes"), what,
			(long long)field_infos[field].limit);
	default:
		return command_line_wrong(command, _("%s is not UTF-8, or has a control character"), what);
	}
}

int talk_check_case(const struct settings *settings, const char *number)
{
	switch (case_number_check(span_of_string(number))) {
	case CASE_NUMBER_GOOD:
		return CTL_DONE;
	case CASE_NUMBER_MISTYPED:
		return command_line_wrong(settings->command,
			_("there is no case number %s: its check digit does not fit, so a digit is mistyped"),
			number);
	default:
		return command_line_wrong(settings->command,
			_("\"%s\" is not a case number: it is written YYYYMMDD-NNNNNN-C, as 20260105-000001-6"),
			number);
	}
}
