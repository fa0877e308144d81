#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/instant.h"
#include "ctl/commands.h"
#include "ctl/exit_status.h"
#include "ctl/report.h"
#include "ctl/talk.h"

/*
 * wenzhengctl top: the exchange as it stands, again and again. On a terminal it has the screen to itself
 * until q or Ctrl-C; elsewhere it prints so many reports as --count says, one below the other.
 */

#define INTERVAL_S     2
#define INTERVAL_S_MAX 3600
#define COUNT_MAX      1000000
#define HEAD_LINES     13 /* of everything above the departments, alarms included */
#define LINES	       24 /* of a terminal that does not say */

/* ---- the terminal ---- */

struct terminal {
	bool there;
	struct termios before;
	int signal_fd; /* SIGINT, SIGTERM, SIGWINCH */
};

static void terminal_open(struct terminal *self)
{
	sigset_t signals;
	*self = (struct terminal){.there = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), .signal_fd = -1};
	if (!self->there)
		return;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGWINCH);
	ENSURE(sigprocmask(SIG_BLOCK, &signals, NULL) == 0);
	self->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	ENSURE(self->signal_fd >= 0);
	ENSURE(tcgetattr(STDIN_FILENO, &self->before) == 0);
	struct termios raw = self->before;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	ENSURE(tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0);
	fputs("\033[?1049h\033[?25l", stdout); /* the other screen, without a cursor */
}

static void terminal_close(struct terminal *self)
{
	if (!self->there)
		return;
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &self->before);
	close(self->signal_fd);
}

static unsigned terminal_lines(const struct terminal *self)
{
	struct winsize size;
	if (!self->there)
		return UINT_MAX;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		return LINES;
	return size.ws_row;
}

/* Waits for a key, a signal or the end of the interval. False: enough. */
static bool terminal_wait(const struct terminal *self, int64_t interval_s)
{
	struct pollfd items[2] = {{STDIN_FILENO, POLLIN, 0}, {self->signal_fd, POLLIN, 0}};
	int ready = poll(items, self->there ? 2 : 0, (int)(interval_s * 1000));
	if (ready <= 0)
		return true;
	struct signalfd_siginfo info = {.ssi_signo = SIGWINCH};
	char key = ' ';
	if (items[1].revents && read(self->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (items[0].revents && read(STDIN_FILENO, &key, 1) != 1)
		return false;
	return info.ssi_signo == SIGWINCH && key != 'q' && key != 'Q';
}

/* ---- one picture ---- */

/* What came and what was answered between two pictures. */
struct flow {
	int64_t accepted, closed;
	struct timespec at;
	bool known;
};

static void print_flow(struct flow *flow, const struct message *report)
{
	struct flow now = {.accepted = message_number(report, FIELD_ACCEPTED, 0),
		.closed = message_number(report, FIELD_CLOSED, 0),
		.known = true};
	clock_gettime(CLOCK_MONOTONIC, &now.at);
	double minutes = (double)(now.at.tv_sec - flow->at.tv_sec) / 60 +
			 (double)(now.at.tv_nsec - flow->at.tv_nsec) / 60e9;
	if (flow->known && minutes > 0)
		screen_property(_("flow"), _("%.1f accepted, %.1f answered a minute"),
			(double)(now.accepted - flow->accepted) / minutes,
			(double)(now.closed - flow->closed) / minutes);
	else
		screen_property(_("flow"), "-");
	*flow = now;
}

static void print_picture(const struct terminal *terminal, struct flow *flow, const struct message *report)
{
	unsigned lines = terminal_lines(terminal);
	unsigned rows_max = lines == UINT_MAX	 ? UINT_MAX - 1
			    : lines > HEAD_LINES ? lines - HEAD_LINES + 1
						 : 1;
	if (terminal->there)
		fputs("\033[H\033[J", stdout);
	report_print_head(report);
	print_flow(flow, report);
	putchar('\n');
	report_print_departments(report, NULL, false, rows_max);
	if (!terminal->there)
		putchar('\n');
	fflush(stdout);
}

/* ---- the command ---- */

static int show(struct talk *talk, const struct terminal *terminal, struct flow *flow)
{
	const struct message *report;
	talk_begin(talk, KIND_STATUS);
	int status = talk_ask(talk, KIND_REPORT, &report);
	if (status == CTL_DONE)
		print_picture(terminal, flow, report);
	return status;
}

static int run(const struct settings *settings, int64_t interval_s, int64_t count)
{
	struct talk talk;
	struct terminal terminal;
	struct flow flow = {0};
	int status = talk_open(settings, &talk);
	if (status == CTL_DONE) {
		terminal_open(&terminal);
		do
			status = show(&talk, &terminal, &flow);
		while (status == CTL_DONE && --count > 0 && terminal_wait(&terminal, interval_s));
		terminal_close(&terminal);
	}
	talk_close(&talk);
	return status;
}

int ctl_top(int argc, char **argv)
{
	const char *interval = NULL, *count = NULL;
	const struct command_option options[] = {
		{"interval", N_("SECONDS"), N_("between two pictures (usually 2)"), &interval, NULL},
		{"count", N_("N"), N_("end after so many pictures"), &count, NULL},
		{0},
	};
	const struct command command = {
		.name = "top",
		.words = "",
		.help = N_(
			"The exchange as it stands, again and again: figures, alarms, and the departments with most\n"
			"overdue cases first. q ends it, any other key asks at once."),
		.examples = "  wenzhengctl top\n  wenzhengctl top --interval 10",
		.needs = COMMAND_CONNECTS,
		.endpoint = COMMAND_OPERATOR_ENDPOINT,
		.key = COMMAND_OPERATOR_KEY,
		.options = options,
	};
	struct settings settings;
	int status;
	int64_t interval_s = INTERVAL_S, count_max = INT64_MAX;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	if (settings.json)
		return command_line_wrong(
			&command, _("pictures are for people; `status --json` is for programs"));
	status = interval ? command_line_number(
				    &command, "--interval", interval, 1, INTERVAL_S_MAX, &interval_s)
			  : CTL_DONE;
	if (status == CTL_DONE && count)
		status = command_line_number(&command, "--count", count, 1, COUNT_MAX, &count_max);
	else if (status == CTL_DONE && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		status = command_line_wrong(&command, _("this is no terminal: --count N says when to end"));
	if (status == CTL_DONE)
		status = run(&settings, interval_s, count_max);
	return status == CTL_DONE ? command_finish(&command) : status;
}
