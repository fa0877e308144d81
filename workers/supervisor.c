#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "client/wenzheng/watcher.h"
#include "locale/locale.h"
#include "workers/as_json.h"
#include "workers/line_file.h"

/* wenzheng-supervisor: what escalates, one JSON object a line, to a file or standard output. */

#define BATCH_MAX	  64   /* events written before one fdatasync */
#define LOOK_MS		  1000 /* how often we look how the connection stands */
#define FINISH_TIMEOUT_MS 3000 /* for the last SEEN at the end */

static void print_help(void)
{
	fputs(_("wenzheng-supervisor writes every escalation and reminder as one JSON object a line, for as long as it runs.\n"
		"\n"
		"  wenzheng-supervisor [OPTIONS]                 to standard output\n"
		"  wenzheng-supervisor --output FILE [OPTIONS]   appended to FILE; SIGHUP opens it anew (logrotate)\n"
		"\n"
		"  --output FILE         append here; a line is on the disk before the daemon is told that it was seen\n"
		"  --from CURSOR         start after this event instead of after the last one seen; 0: from the very first\n"
		"\n"),
		stdout);
	tool_print_options(TOOL_WORKER_ENDPOINT, "supervisor");
	fputs(_("\n"
		"Every event is written at least once: after a crash the last ones may come again. `cursor` tells them\n"
		"apart: it rises from line to line, and the same event always has the same. Another program may watch as\n"
		"triage or as a portal with their keys; what is SEEN is kept for each principal.\n"
		"\n"
		"  wenzheng-supervisor --output /var/log/wenzheng/escalations.jsonl\n"
		"  wenzheng-supervisor | jq -r 'select(.event==\"escalated\") | [.rung, .case, .department, .title] | @tsv'\n"
		"\n"
		"Exit status: 0 ended by SIGTERM or SIGINT; 1 cannot write; 2 the command line is wrong; 4 the key is\n"
		"refused.\n"),
		stdout);
}

struct options {
	const char *output;
	int64_t from;
};

struct supervisor {
	struct tool *tool;
	struct wz_watcher *watcher;
	struct line_file *file;
	int signals;
	bool was_admitted;
};

enum own_option { OPTION_OUTPUT = TOOL_OPTION_OWN, OPTION_FROM };

/* -1: go on; else the exit status. */
static int parse(struct tool *tool, int argc, char **argv, struct options *ret_options)
{
	static const struct option known[] = {
		TOOL_OPTIONS,
		{"output", required_argument, NULL, OPTION_OUTPUT},
		{"from", required_argument, NULL, OPTION_FROM},
		{NULL, 0, NULL, 0},
	};
	int option;
	*ret_options = (struct options){.from = WZ_CURSOR_STORED};
	while ((option = getopt_long(argc, argv, TOOL_SHORT_OPTIONS, known, NULL)) != -1) {
		switch (tool_parse(tool, option, optarg)) {
		case TOOL_PARSED:
			continue;
		case TOOL_WRONG:
			return TOOL_USAGE;
		case TOOL_WANTS_HELP:
			print_help();
			return TOOL_DONE;
		case TOOL_WANTS_VERSION:
			return TOOL_DONE;
		case TOOL_NOT_OURS:
			break;
		}
		if (option == OPTION_OUTPUT)
			ret_options->output = optarg;
		else if (option != OPTION_FROM)
			return tool_wrong_option(tool, option, argv);
		else if (!tool_number(tool, "from", optarg, 0, INT64_MAX, &ret_options->from))
			return TOOL_USAGE;
	}
	return optind == argc ? -1 : tool_usage(tool, _("'%s' is too much"), argv[optind]);
}

static bool write_event(struct supervisor *self, const struct wz_event *event)
{
	json_t *object = as_json_event(self->tool, event);
	char *line CLEANUP(cleanup_free) = as_json_line(object);
	json_decref(object);
	return line_file_write(self->file, line);
}

/* Writes what there is, makes it durable, and says SEEN. */
static bool take_events(struct supervisor *self, struct wz_event *event)
{
	int64_t last;
	int count = 0;
	do {
		last = event->cursor;
		if (!write_event(self, event))
			return false;
	} while (++count < BATCH_MAX && wz_watcher_next(self->watcher, 0, event) == WZ_OK);
	if (!line_file_sync(self->file))
		return false;
	wz_watcher_seen(self->watcher, last);
	return true;
}

/* -1: go on; else the exit status. */
static int take_signal(struct supervisor *self)
{
	struct signalfd_siginfo info;
	if (read(self->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return -1;
	if (info.ssi_signo != SIGHUP)
		return TOOL_DONE;
	return line_file_reopen(self->file) ? -1 : TOOL_FAILED;
}

/* A key that never got in is a mistake in the installation; one that did may get in again. */
static int key_refused(struct supervisor *self)
{
	struct wz_standing standing;
	if (!self->was_admitted)
		return tool_failed(self->tool, wz_watcher_error(self->watcher));
	wz_watcher_standing(self->watcher, &standing);
	tool_tell_standing(self->tool, &standing);
	return -1;
}

static void look(struct supervisor *self)
{
	struct wz_standing standing;
	wz_watcher_standing(self->watcher, &standing);
	tool_tell_standing(self->tool, &standing);
	self->was_admitted |= standing.obstacle == WZ_OBSTACLE_NONE;
}

static int run(struct supervisor *self)
{
	for (;;) {
		struct wz_event event;
		int status = -1;
		enum wz_outcome outcome = wz_watcher_next(self->watcher, LOOK_MS, &event);
		switch (outcome) {
		case WZ_OK:
			status = take_events(self, &event) ? -1 : TOOL_FAILED;
			break;
		case WZ_WOKEN:
			status = take_signal(self);
			break;
		case WZ_KEY_REFUSED:
			status = key_refused(self);
			break;
		case WZ_FATAL:
			status = tool_failed(self->tool, wz_watcher_error(self->watcher));
			break;
		default:
			break; /* a timeout, or a refused WATCH, which the standing tells */
		}
		if (status == TOOL_DONE && wz_watcher_finish(self->watcher, FINISH_TIMEOUT_MS) != WZ_OK)
			tool_say(self->tool,
				_("the daemon was not told of the last lines: they will come again"));
		if (status >= 0)
			return status;
		look(self);
	}
}

static int open_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of writing, and told */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int supervise(struct tool *tool, const struct options *options)
{
	struct supervisor self = {.tool = tool, .signals = open_signals()};
	struct wz_error error;
	self.file = line_file_open(tool, options->output);
	if (!self.file)
		return TOOL_FAILED;
	tool->where.wake_fd = self.signals;
	int status = TOOL_FAILED;
	if (wz_watcher_new(&tool->where, &self.watcher, &error) == WZ_OK) {
		wz_watcher_watch(self.watcher, options->from);
		status = run(&self);
	} else {
		tool_failed(tool, &error);
	}
	wz_watcher_destroy(&self.watcher);
	line_file_close(&self.file);
	close(self.signals);
	return status;
}

int main(int argc, char **argv)
{
	struct tool tool;
	struct options options;
	locale_start();
	tool_init(&tool, "wenzheng-supervisor", TOOL_WORKER_ENDPOINT, "supervisor");
	int status = parse(&tool, argc, argv, &options);
	if (status < 0)
		status = supervise(&tool, &options);
	tool_deinit(&tool);
	return status;
}
