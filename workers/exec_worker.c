#include "workers/exec_worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"
#include "workers/exec_state.h"

#define LOOK_MS		  1000 /* how often we look how the connection stands */
#define FINISH_TIMEOUT_MS 5000
#define EPOLL_EVENTS	  64

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What a command must not inherit: where our secrets lie, and what systemd tells us alone. */
static bool is_ours_alone(const char *variable)
{
	static const char *const names[] = {"CREDENTIALS_DIRECTORY=", "NOTIFY_SOCKET=", "WATCHDOG_",
		"LISTEN_", "ZSYS_", "INVOCATION_ID=", "JOURNAL_STREAM="};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static char **make_environment(void)
{
	size_t count = 0, kept = 0;
	while (environ[count])
		count++;
	char **environment = memory_new(count + 1, sizeof(*environment));
	for (size_t i = 0; i < count; i++)
		if (!is_ours_alone(environ[i]))
			environment[kept++] = environ[i];
	return environment;
}

static bool open_descriptors(struct exec_worker *self)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN); /* a command need not read what it is given */
	self->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	return self->signals >= 0 && self->epoll >= 0 &&
	       epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->signals, &event) == 0;
}

/* ---- stopping ---- */

static void take_signal(struct exec_worker *self)
{
	struct signalfd_siginfo info;
	if (read(self->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	uint32_t running = self->counts[EXEC_CASE_RUNNING];
	if (!self->stopping && running > 0)
		tool_say(self->options->tool,
			language_count("stopping; %u command may end within %lld s",
				"stopping; %u commands may end within %lld s", running),
			running, (long long)self->options->grace_ms / 1000);
	self->stop_at_ms = self->stopping ? self->now_ms : self->now_ms + self->options->grace_ms;
	self->stopping = true;
}

/* True: nothing is left that we would wait for. */
static bool is_stopped(struct exec_worker *self)
{
	if (!self->stopping)
		return false;
	if (self->now_ms >= self->stop_at_ms) {
		exec_cases_stop_runs(self);
		return self->counts[EXEC_CASE_RUNNING] == 0;
	}
	return self->counts[EXEC_CASE_RUNNING] + self->counts[EXEC_CASE_TAKING] +
		       self->counts[EXEC_CASE_SAYING] ==
	       0;
}

static int finish(struct exec_worker *self)
{
	uint32_t unsaid = self->counts[EXEC_CASE_SAYING];
	if (self->was_welcome && wz_worker_finish(self->worker, FINISH_TIMEOUT_MS) == WZ_OK)
		return TOOL_DONE;
	if (unsaid == 0)
		return TOOL_DONE; /* the daemon will miss our heartbeat */
	tool_say(self->options->tool,
		language_count("%u result was not confirmed; that case is run again",
			"%u results were not confirmed; those cases are run again", unsaid),
		unsaid);
	return TOOL_FAILED;
}

/* ---- the loop ---- */

static void hear_descriptors(struct exec_worker *self)
{
	struct epoll_event events[EPOLL_EVENTS];
	int count = epoll_wait(self->epoll, events, EPOLL_EVENTS, 0);
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			exec_run_event(events[i].data.ptr);
		else
			take_signal(self);
	}
}

static void look(struct exec_worker *self)
{
	struct wz_standing standing;
	wz_worker_standing(self->worker, &standing);
	tool_tell_standing(self->options->tool, &standing);
}

/* -1: go on. A key or department that was never admitted is a mistake in the installation; one that was may
 * be admitted again. */
static int hear_daemon(struct exec_worker *self, int64_t timeout_ms)
{
	struct wz_worker_news news;
	switch (wz_worker_next(self->worker, timeout_ms, &news)) {
	case WZ_OK:
		exec_cases_news(self, &news);
		return -1;
	case WZ_KEY_REFUSED:
	case WZ_ERROR:
		return self->was_welcome ? -1
					 : tool_failed(self->options->tool, wz_worker_error(self->worker));
	case WZ_FATAL:
		return tool_failed(self->options->tool, wz_worker_error(self->worker));
	default:
		return -1;
	}
}

static int64_t wait_ms(const struct exec_worker *self)
{
	int64_t wakeup = exec_cases_wakeup(self);
	if (self->stopping && self->stop_at_ms < wakeup && self->now_ms < self->stop_at_ms)
		wakeup = self->stop_at_ms;
	int64_t wait = wakeup < self->now_ms ? 0 : wakeup - self->now_ms;
	return wait < LOOK_MS ? wait : LOOK_MS;
}

static int run(struct exec_worker *self)
{
	for (;;) {
		self->now_ms = now_ms();
		hear_descriptors(self);
		exec_cases_turn(self);
		if (is_stopped(self))
			return finish(self);
		int status = hear_daemon(self, wait_ms(self));
		if (status >= 0)
			return status;
		look(self);
	}
}

static int work(struct exec_worker *self)
{
	struct wz_error error;
	struct tool *tool = self->options->tool;
	if (!open_descriptors(self)) {
		tool_say(tool, _("no descriptors for signals and commands"));
		return TOOL_FAILED;
	}
	tool->where.wake_fd = self->epoll;
	self->command = (struct exec_command){.arguments = self->options->arguments,
		.environment = self->environment,
		.epoll = self->epoll,
		.timeout_ms = self->options->timeout_ms};
	if (wz_worker_new(&tool->where, &self->options->worker, &self->worker, &error) != WZ_OK)
		return tool_failed(tool, &error);
	return run(self);
}

int exec_worker(const struct exec_options *options)
{
	struct exec_worker self = {
		.options = options, .environment = make_environment(), .signals = -1, .epoll = -1};
	int status = work(&self);
	exec_cases_destroy(&self);
	exec_held_destroy(&self);
	wz_worker_destroy(&self.worker);
	if (self.epoll >= 0)
		close(self.epoll);
	if (self.signals >= 0)
		close(self.signals);
	free(self.environment);
	return status;
}
