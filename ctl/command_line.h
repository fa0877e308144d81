#ifndef WENZHENG_CTL_COMMAND_LINE_H
#define WENZHENG_CTL_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/language.h"
#include "ctl/columns.h"

/*
 * The command line of one command, read and explained from one table: what --help says and what is understood
 * cannot differ.
 */

/* An option of one command. Exactly one of the two targets is there; neither is touched without the option.
 */
struct command_option {
	const char *name;     /* NULL ends the table */
	const char *argument; /* what --help calls the value; NULL: a flag */
	const char *help;
	const char **text;
	bool *flag;
};

#define COMMAND_OPTIONS_MAX 8
#define COMMAND_WORDS_MAX   2

enum command_needs {
	COMMAND_CONNECTS = 1 << 0, /* talks to a daemon: --endpoint, --server-key, --key, --timeout */
	COMMAND_LISTS = 1 << 1,	   /* gives a list: --limit */
	COMMAND_TABLES = 1 << 2,   /* prints its columns: --output, --no-headings */
};

struct command {
	const char *name;
	const char *words; /* "CASE DEPARTMENT", for --help; as all of these sentences marked by N_ */
	int words_min;
	int words_max;
	const char *help;     /* what it does */
	const char *examples; /* whole lines, indented by two spaces */
	unsigned needs;
	const char *endpoint; /* where it connects and as whom, if nobody says otherwise */
	const char *key;
	const struct command_option *options; /* may be NULL */
	const struct screen_column *columns;  /* of its table: --output, --no-headings; NULL: it has none */
	unsigned columns_count;
};

#define COMMAND_OPERATOR_ENDPOINT "tcp://127.0.0.1:5703"
#define COMMAND_WORKER_ENDPOINT	  "tcp://127.0.0.1:5702"
#define COMMAND_KEYS_FOLDER	  "/etc/wenzheng/keys"
#define COMMAND_OPERATOR_KEY	  COMMAND_KEYS_FOLDER "/operator.key_secret"
#define COMMAND_TRIAGE_KEY	  COMMAND_KEYS_FOLDER "/triage.key_secret"
#define COMMAND_APPROVER_KEY	  COMMAND_KEYS_FOLDER "/approver.key_secret"
#define COMMAND_SERVER_KEY	  COMMAND_KEYS_FOLDER "/wenzhengd.key"
#define COMMAND_TIMEOUT_S	  5

/* What the options that several commands share say; texts belong to the command line. */
struct settings {
	const struct command *command;
	const char *endpoint;
	const char *server_key;
	const char *key;
	int64_t timeout_s;
	bool timeout_given;
	int64_t limit; /* INT64_MAX: none */
	bool json;
	struct screen_view view;
	const char *words[COMMAND_WORDS_MAX]; /* NULL: not given */
};

/* True: go on. False: the command ends with `*ret_status`, everything is said. */
bool command_line_read(
	const struct command *command, int argc, char **argv, struct settings *ret_settings, int *ret_status);

/* A number from `min` to `max`, of an option that the command reads itself. CTL_DONE or CTL_USAGE. */
int command_line_number(const struct command *command, const char *option, const char *text, int64_t min,
	int64_t max, int64_t *ret_number);

/* "wenzhengctl NAME: …; see …" on standard error. Returns CTL_USAGE. */
__attribute__((format(printf, 2, 3))) int command_line_wrong(
	const struct command *command, const char *format, ...);

/* "wenzhengctl NAME: …" on standard error. Returns CTL_REFUSED. */
__attribute__((format(printf, 2, 3))) int command_failed(
	const struct command *command, const char *format, ...);

/* Is all that was printed on its way? A full disk or a closed pipe is told. Returns CTL_DONE or CTL_REFUSED.
 */
int command_finish(const struct command *command);

#endif
