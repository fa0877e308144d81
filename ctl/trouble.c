#include "ctl/trouble.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "ctl/exit_status.h"
#include "wire/keys.h"

static void fingerprint_of(const char *path, char ret_text[static WIRE_FINGERPRINT_SIZE])
{
	struct wire_key key;
	struct fault fault;
	if (wire_key_load(path, &key, &fault))
		wire_key_fingerprint(&key, ret_text);
	else
		memcpy(ret_text, "????????", WIRE_FINGERPRINT_SIZE);
}

/* The sentence names the file already. */
static int tell_invalid(const struct settings *settings, const struct wz_error *error)
{
	const char *hint = "";
	if (strstr(error->text, language_error(EACCES)))
		hint = _("\n  the file is not for everybody's eyes: run it as root (sudo)");
	else if (strstr(error->text, settings->server_key))
		hint = _("\n  --server-key names the daemon's public key, wenzhengd.key on its machine");
	else if (strstr(error->text, settings->key))
		hint = _("\n  --key names our own key; `wenzhengctl keys new` makes one");
	return command_failed(settings->command, "%s%s", error->text, hint);
}

static int tell_key_refused(const struct settings *settings)
{
	char fingerprint[WIRE_FINGERPRINT_SIZE];
	fingerprint_of(settings->key, fingerprint);
	return command_failed(settings->command,
		_("the daemon at %s does not admit the key %s (fingerprint %s)\n"
		  "  is its line in principals.yaml, not revoked, and of a role that belongs to this endpoint\n"
		  "  (operator: 5703; triage, supervisor: 5702)? After a change: systemctl reload wenzhengd"),
		settings->endpoint, settings->key, fingerprint);
}

static int tell_wrong_server(const struct settings *settings)
{
	char fingerprint[WIRE_FINGERPRINT_SIZE];
	fingerprint_of(settings->server_key, fingerprint);
	command_failed(settings->command,
		_("who answers at %s is no wenzhengd with the key %s (fingerprint %s)\n"
		  "  is it the right port, and is that file the present public key of this daemon?"),
		settings->endpoint, settings->server_key, fingerprint);
	return CTL_UNREACHABLE;
}

static int tell_obstacle(const struct settings *settings, const struct wz_error *error)
{
	switch (error->obstacle) {
	case WZ_OBSTACLE_NO_CONNECTION:
		command_failed(settings->command,
			_("nobody answers at %s\n  is wenzhengd running? systemctl status wenzhengd"),
			settings->endpoint);
		return CTL_UNREACHABLE;
	case WZ_OBSTACLE_WRONG_SERVER:
		return tell_wrong_server(settings);
	case WZ_OBSTACLE_KEY_REFUSED:
		return tell_key_refused(settings);
	case WZ_OBSTACLE_NOT_ADMITTED:
	case WZ_OBSTACLE_BUSY:
		return command_failed(settings->command, _("the daemon says: %s (%s)\n  try again later"),
			_(error->text), error->code);
	case WZ_OBSTACLE_NONE:
	case WZ_OBSTACLE_NO_ANSWER:
		command_failed(settings->command,
			_("connected to %s, but no answer came within %lld s\n  --timeout waits longer; "
			  "journalctl -u wenzhengd tells what it does"),
			settings->endpoint, (long long)settings->timeout_s);
		return CTL_UNREACHABLE;
	}
	UNREACHABLE();
}

/* What a person can do about an ERROR, beside what it says itself. */
static const struct {
	const char *code;
	const char *hint;
} hints[] = {
	{"not-found", N_("`wenzhengctl cases --state all` lists all cases")},
	{"forbidden",
		N_("assign needs a key of role triage; status, workers, drain, clock, reload and revoke one of role operator")},
	{"unknown-department", N_("`wenzhengctl status --all` lists the departments")},
	{"wrong-state", N_("`wenzhengctl show CASE` tells how it stands")},
	{"configuration", N_("nothing was changed; mend the file, then `wenzhengctl reload` again")},
	{"not-laboratory", N_("a clock is set only in a store made by `wenzhengd --create-laboratory`")},
	{"unsupported", N_("this daemon does not know it yet: is it older than wenzhengctl?")},
	{"unreadable",
		N_("is the daemon newer than wenzhengctl? Compare wenzhengctl --version and wenzhengd --version")},
};

static int tell_error(const struct settings *settings, const struct wz_error *error)
{
	const char *hint = NULL;
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strcmp(error->code, hints[i].code) == 0)
			hint = hints[i].hint;
	return command_failed(settings->command, _("refused: %s (%s%s%s%s%s)%s%s"), _(error->text),
		error->code, *error->field ? _(", field ") : "", error->field,
		*error->state ? _(", state ") : "", error->state, hint ? "\n  " : "", hint ? _(hint) : "");
}

int trouble_tell(const struct settings *settings, const struct wz_error *error)
{
	switch (error->outcome) {
	case WZ_INVALID:
		return tell_invalid(settings, error);
	case WZ_KEY_REFUSED:
		return tell_key_refused(settings);
	case WZ_TIMEOUT:
		return tell_obstacle(settings, error);
	case WZ_ERROR:
		return tell_error(settings, error);
	default:
		return command_failed(settings->command, "%s", _(error->text));
	}
}
