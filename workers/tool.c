#include "workers/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"

/* systemd hands a service its secrets in a folder that nobody else can read. */
static bool is_credential(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	return folder && folder[0] == '/' && strncmp(path, folder, strlen(folder)) == 0;
}

static char *path_of_key(const char *folder, const char *role)
{
	struct buffer path = BUFFER_NULL;
	buffer_printf(&path, "%s/%s.key_secret", folder, role);
	char *copy = memory_copy_string(buffer_string(&path));
	buffer_deinit(&path);
	return copy;
}

void tool_init(struct tool *self, const char *name, const char *endpoint, const char *role)
{
	*self = (struct tool){.name = name, .where = WZ_CONNECTION_OPTIONS, .offset = UTC_OFFSET_CHINA};
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (folder && folder[0] == '/')
		self->credential = path_of_key(folder, role);
	if (self->credential && access(self->credential, F_OK) != 0) {
		free(self->credential);
		self->credential = NULL;
	}
	if (!self->credential)
		self->credential = path_of_key(TOOL_KEYS_FOLDER, role);
	self->where.endpoint = endpoint;
	self->where.server_key_file = TOOL_KEYS_FOLDER "/wenzhengd.key";
	self->where.key_file = self->credential;
	self->where.key_file_is_guarded = is_credential(self->credential);
}

void tool_deinit(struct tool *self)
{
	free(self->credential);
	self->credential = NULL;
}

enum tool_parse tool_parse(struct tool *self, int option, const char *value)
{
	switch (option) {
	case TOOL_OPTION_ENDPOINT:
		self->where.endpoint = value;
		return TOOL_PARSED;
	case TOOL_OPTION_SERVER_KEY:
		self->where.server_key_file = value;
		return TOOL_PARSED;
	case TOOL_OPTION_KEY:
		self->where.key_file = value;
		self->where.key_file_is_guarded = is_credential(value);
		return TOOL_PARSED;
	case TOOL_OPTION_UTC_OFFSET:
		if (civil_parse_offset(span_of_string(value), &self->offset))
			return TOOL_PARSED;
		tool_usage(self, _("--utc-offset: '%s' is not an offset like +08:00"), value);
		return TOOL_WRONG;
	case TOOL_OPTION_HELP:
		return TOOL_WANTS_HELP;
	case TOOL_OPTION_VERSION:
		printf("%s %s\n", self->name, wz_version());
		return TOOL_WANTS_VERSION;
	default:
		return TOOL_NOT_OURS;
	}
}

bool tool_number(const struct tool *self, const char *option, const char *text, int64_t min, int64_t max,
	int64_t *ret_number)
{
	char *end = NULL;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && number >= min && number <= max) {
		*ret_number = number;
		return true;
	}
	tool_usage(self, _("--%s: '%s' is not a number from %lld to %lld"), option, text, (long long)min,
		(long long)max);
	return false;
}

__attribute__((format(printf, 2, 0))) static void say(
	const struct tool *self, const char *format, va_list arguments)
{
	fflush(stdout); /* so that a terminal shows both in their order */
	fprintf(stderr, "%s: ", self->name);
	vfprintf(stderr, format, arguments);
}

void tool_say(const struct tool *self, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(self, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

int tool_usage(const struct tool *self, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(self, format, arguments);
	va_end(arguments);
	fprintf(stderr, _("; see %s --help\n"), self->name);
	return TOOL_USAGE;
}

int tool_failed(const struct tool *self, const struct wz_error *error)
{
	const char *separator = error->code[0] ? ": " : "";
	switch (error->outcome) {
	case WZ_TIMEOUT:
		tool_say(self, _("%s: no answer in time: %s%s%s"), self->where.endpoint, error->code,
			separator, _(error->text));
		return TOOL_UNREACHABLE;
	case WZ_KEY_REFUSED:
		tool_say(self, _("%s: %s (key: %s)"), self->where.endpoint, _(error->text),
			self->where.key_file);
		return TOOL_KEY_REFUSED;
	case WZ_ERROR:
		tool_say(self, _("refused: %s%s%s"), error->code, separator, _(error->text));
		return TOOL_FAILED;
	default:
		tool_say(self, "%s", _(error->text));
		return TOOL_FAILED;
	}
}

void tool_print_options(const char *endpoint, const char *role)
{
	printf(_("Connection:\n"
		 "  --endpoint ENDPOINT   where the daemon listens (%s)\n"
		 "  --server-key FILE     its public key (%s/wenzhengd.key)\n"
		 "  --key FILE            our own secret key (%s/%s.key_secret, or the\n"
		 "                        systemd credential of that name)\n"
		 "  --utc-offset +HH:MM   times are shown at this offset (+08:00)\n"),
		endpoint, TOOL_KEYS_FOLDER, TOOL_KEYS_FOLDER, role);
}

int tool_wrong_option(const struct tool *self, int option, char **argv)
{
	if (option == ':')
		return tool_usage(self, _("%s needs a value"), argv[optind - 1]);
	return tool_usage(self, _("there is no option %s"), argv[optind - 1]);
}

void tool_tell_standing(struct tool *self, const struct wz_standing *standing)
{
	if (standing->obstacle == self->told)
		return;
	/* Waiting for a welcome is the way from one state to the other, and passes. */
	if (standing->obstacle == WZ_OBSTACLE_NO_ANSWER)
		return;
	self->told = standing->obstacle;
	tool_say(self, "%s: %s%s%s", self->where.endpoint, standing->code, standing->code[0] ? ": " : "",
		_(standing->text));
}

void tool_print_time(const struct tool *self, int64_t us, char ret_text[static CIVIL_INSTANT_SIZE])
{
	ret_text[0] = '\0';
	if (us >= 0 && us <= INSTANT_US_MAX)
		civil_print_instant((struct instant){us}, self->offset, ret_text);
}
