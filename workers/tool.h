#ifndef WENZHENG_WORKERS_TOOL_H
#define WENZHENG_WORKERS_TOOL_H

#include <getopt.h>

#include "base/language.h"
#include "calendar/civil.h"
#include "client/wenzheng/wenzheng.h"

/* What every program that connects has in common: options, exit statuses, what it tells of its connection,
 * the progress bar. */

/* How our programs end; wenzhengctl's are the same as far as they go. */
#define TOOL_DONE	 0
#define TOOL_FAILED	 1 /* it could not be done, or not all of it; standard error says what */
#define TOOL_USAGE	 2 /* the command line is wrong; nothing was tried */
#define TOOL_UNREACHABLE 3 /* no answer: the daemon is away, or busy for too long, or another one */
#define TOOL_KEY_REFUSED 4 /* the daemon is there and does not admit our key */

#define TOOL_KEYS_FOLDER     "/etc/wenzheng/keys"
#define TOOL_PORTAL_ENDPOINT "tcp://127.0.0.1:5701"
#define TOOL_WORKER_ENDPOINT "tcp://127.0.0.1:5702"

struct tool {
	const char *name;
	struct wz_connection_options where; /* texts are the command line's, or ours */
	struct utc_offset offset;	    /* times are shown at it */
	enum wz_obstacle told;		    /* of the connection, last */
	char *credential;
};

/* `role` names the default key: portal gives /etc/wenzheng/keys/portal.key_secret, or the credential of
 * systemd of that name where there is one. */
void tool_init(struct tool *self, const char *name, const char *endpoint, const char *role);
void tool_deinit(struct tool *self);

/* Option numbers beyond every letter; a program's own start at TOOL_OPTION_OWN. */
enum tool_option {
	TOOL_OPTION_ENDPOINT = 1000,
	TOOL_OPTION_SERVER_KEY,
	TOOL_OPTION_KEY,
	TOOL_OPTION_UTC_OFFSET,
	TOOL_OPTION_HELP,
	TOOL_OPTION_VERSION,
	TOOL_OPTION_OWN
};

/* For the program's table of options. */
#define TOOL_OPTIONS                                                             \
	{"endpoint", required_argument, NULL, TOOL_OPTION_ENDPOINT},             \
		{"server-key", required_argument, NULL, TOOL_OPTION_SERVER_KEY}, \
		{"key", required_argument, NULL, TOOL_OPTION_KEY},               \
		{"utc-offset", required_argument, NULL, TOOL_OPTION_UTC_OFFSET}, \
		{"help", no_argument, NULL, TOOL_OPTION_HELP},                   \
	{                                                                        \
		"version", no_argument, NULL, TOOL_OPTION_VERSION                \
	}

/* What --help says of them: the program's usual endpoint, and its key's role. */
void tool_print_options(const char *endpoint, const char *role);

enum tool_parse {
	TOOL_PARSED, /* was one of ours */
	TOOL_NOT_OURS,
	TOOL_WRONG, /* and was told */
	TOOL_WANTS_HELP,
	TOOL_WANTS_VERSION
};
enum tool_parse tool_parse(struct tool *self, int option, const char *value);

/* A whole number within bounds; else it is told and false. */
bool tool_number(const struct tool *self, const char *option, const char *text, int64_t min, int64_t max,
	int64_t *ret_number);

/* For getopt: it says nothing itself, for it would say it in English; `?` and `:` are tool_wrong_option's. */
#define TOOL_SHORT_OPTIONS ":"

/* Says of an option that there is none of that name, or that its value is missing; returns TOOL_USAGE. */
int tool_wrong_option(const struct tool *self, int option, char **argv);

/* "NAME: …" as one line on standard error. */
__attribute__((format(printf, 2, 3))) void tool_say(const struct tool *self, const char *format, ...);

/* Says what is wrong with the command line and where help is; returns TOOL_USAGE. */
__attribute__((format(printf, 2, 3))) int tool_usage(const struct tool *self, const char *format, ...);

/* Says why a call failed, and returns the exit status that fits. */
int tool_failed(const struct tool *self, const struct wz_error *error);

/* Says how the connection stands, if that has changed. */
void tool_tell_standing(struct tool *self, const struct wz_standing *standing);

/* "2026-10-10T09:00:00+08:00"; "" for WZ_NO_TIME. */
void tool_print_time(const struct tool *self, int64_t us, char ret_text[static CIVIL_INSTANT_SIZE]);

/* ---- progress ---- */

/* One line on standard error that is drawn again and again; nothing at all where that is no terminal. With
 * NO_COLOR in the environment it has no colours. */
struct progress {
	bool is_on;
	bool has_colours;
	int64_t drawn_ms;
};

void progress_init(struct progress *self, bool wanted);
/* `note` stands after the bar, "" for none. `total` 0: unknown. */
void progress_show(struct progress *self, int64_t done, int64_t total, const char *note);
/* Wipes the line: before other lines, and at the end. */
void progress_wipe(struct progress *self);

#endif
