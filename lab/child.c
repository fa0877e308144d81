#include "lab/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/memory.h"

#define PROGRAM "wenzhengd"

struct child {
	pid_t pid; /* 0: none, or ended */
	int end_fd;
	int signal_fd;
	int notify_fd;
	char *log;
	sigset_t signals_before;
};

static int64_t now_ms(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- where it is ---- */

static bool is_program(struct buffer *path)
{
	return access(buffer_string(path), X_OK) == 0;
}

/* Beside us, as in the build folder; in sbin beside our bin, as installed; else in the usual places. */
static void find_program(struct buffer *path)
{
	static const char *const places[] = {"/usr/local/sbin", "/usr/sbin"};
	char own[4096];
	ssize_t size = readlink("/proc/self/exe", own, sizeof(own));
	while (size > 0 && own[size - 1] != '/')
		size--;
	for (int i = 0; size > 0 && i < 2; i++) {
		buffer_clear(path);
		buffer_printf(path, "%.*s%s%s", (int)size, own, i ? "../sbin/" : "", PROGRAM);
		if (is_program(path))
			return;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		buffer_clear(path);
		buffer_printf(path, "%s/%s", places[i], PROGRAM);
		if (is_program(path))
			return;
	}
	buffer_clear(path);
	buffer_printf(path, "%s", PROGRAM); /* execvp looks along PATH */
}

/* ---- starting ---- */

/* An abstract address of the kernel's choice: no file to clean up, no limit on a path's length. */
static bool open_notify(struct child *self, char ret_name[static 32])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(address);
	self->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (self->notify_fd < 0 ||
		bind(self->notify_fd, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
		getsockname(self->notify_fd, (struct sockaddr *)&address, &size) != 0)
		return false;
	snprintf(ret_name, 32, "@%.*s", (int)(size - offsetof(struct sockaddr_un, sun_path) - 1),
		address.sun_path + 1);
	return true;
}

static bool open_signals(struct child *self)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, &self->signals_before) != 0)
		return false;
	self->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	return self->signal_fd >= 0;
}

/* In the new process. Its own process group, so that a Ctrl-C at our terminal comes to us alone. */
static _Noreturn void become(const char *program, const struct child_options *options, pid_t parent,
	const sigset_t *signals, const char *notify)
{
	const char *arguments[] = {PROGRAM, "--config", options->config,
		options->create_laboratory ? "--create-laboratory" : NULL, NULL};
	int log = open(options->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int nothing = open("/dev/null", O_RDONLY);
	bool good = log >= 0 && nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
		    dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0 && setpgid(0, 0) == 0 &&
		    prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent &&
		    sigprocmask(SIG_SETMASK, signals, NULL) == 0 && setenv("NOTIFY_SOCKET", notify, 1) == 0;
	/* What a service manager may have told *us*. */
	unsetenv("WATCHDOG_USEC");
	unsetenv("CREDENTIALS_DIRECTORY");
	unsetenv("STATE_DIRECTORY");
	if (good)
		execvp(program, (char *const *)(void *)arguments);
	fprintf(stderr, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

/* The last line of the log, which says what went wrong. */
static void last_words(const struct child *self, char *ret_line, size_t capacity)
{
	char line[512];
	FILE *file CLEANUP(cleanup_fclose) = fopen(self->log, "re");
	snprintf(ret_line, capacity, "it said nothing");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		const char *text = line[0] == '<' && strchr(line, '>') ? strchr(line, '>') + 1 : line;
		if (*text)
			snprintf(ret_line, capacity, "%s", text);
	}
}

static bool ended(struct child *self, struct fault *fault)
{
	char line[512];
	int status;
	if (self->pid > 0 && waitpid(self->pid, &status, WNOHANG) == 0)
		return false;
	self->pid = 0;
	last_words(self, line, sizeof(line));
	fault_set(fault, "the daemon has ended: %s", line);
	return true;
}

bool child_check(struct child *self, struct fault *fault)
{
	struct signalfd_siginfo info;
	if (read(self->signal_fd, &info, sizeof(info)) == sizeof(info))
		return fault_set(
			fault, "stopped by signal %u (%s)", info.ssi_signo, strsignal((int)info.ssi_signo));
	return !ended(self, fault);
}

static bool is_ready(int notify_fd)
{
	char text[4096];
	ssize_t size;
	bool ready = false;
	while ((size = recv(notify_fd, text, sizeof(text) - 1, 0)) > 0) {
		text[size] = '\0';
		for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
			ready |= strcmp(line, "READY=1") == 0;
	}
	return ready;
}

static bool wait_until_ready(struct child *self, struct fault *fault)
{
	int64_t until = now_ms() + CHILD_READY_MS;
	for (int64_t now = now_ms(); now < until; now = now_ms()) {
		struct pollfd fds[] = {{self->notify_fd, POLLIN, 0}, {self->end_fd, POLLIN, 0},
			{self->signal_fd, POLLIN, 0}};
		if (poll(fds, 3, (int)(until - now)) < 0 && errno != EINTR)
			return fault_set(fault, "poll: %s", strerror(errno));
		if (is_ready(self->notify_fd))
			return true;
		if (!child_check(self, fault))
			return false;
	}
	return fault_set(
		fault, "the daemon was not ready after %d s; its log: %s", CHILD_READY_MS / 1000, self->log);
}

bool child_start(const struct child_options *options, struct child **ret_child, struct fault *fault)
{
	CLEANUP(child_stop) struct child *self = memory_new(1, sizeof(*self));
	struct buffer program CLEANUP(buffer_deinit) = BUFFER_NULL;
	char notify[32];
	self->end_fd = self->signal_fd = self->notify_fd = -1;
	self->log = memory_copy_string(options->log);
	if (!open_signals(self) || !open_notify(self, notify))
		return fault_set(fault, "no signal or notification descriptor: %s", strerror(errno));
	find_program(&program);
	buffer_string(&program);
	pid_t parent = getpid();
	self->pid = fork();
	if (self->pid < 0)
		return fault_set(fault, "fork: %s", strerror(errno));
	if (self->pid == 0)
		become(program.data, options, parent, &self->signals_before, notify);
	self->end_fd = pidfd_open(self->pid, 0);
	if (self->end_fd < 0)
		return fault_set(fault, "pidfd_open: %s", strerror(errno));
	if (!wait_until_ready(self, fault))
		return false;
	*ret_child = TAKE(self);
	return true;
}

bool child_reload(struct child *self, struct fault *fault)
{
	is_ready(self->notify_fd); /* forget what it said before */
	if (!child_check(self, fault))
		return false;
	kill(self->pid, SIGHUP);
	return wait_until_ready(self, fault);
}

/* ---- stopping ---- */

static void end_process(struct child *self)
{
	struct pollfd end = {self->end_fd, POLLIN, 0};
	int status;
	if (self->pid <= 0)
		return;
	kill(self->pid, SIGTERM);
	if (self->end_fd < 0 || poll(&end, 1, CHILD_STOP_MS) != 1)
		kill(self->pid, SIGKILL);
	waitpid(self->pid, &status, 0);
	self->pid = 0;
}

void child_stop(struct child **self)
{
	struct child *child = *self;
	if (!child)
		return;
	end_process(child);
	if (child->notify_fd >= 0)
		close(child->notify_fd);
	if (child->end_fd >= 0)
		close(child->end_fd);
	if (child->signal_fd >= 0) {
		close(child->signal_fd);
		sigprocmask(SIG_SETMASK, &child->signals_before, NULL);
	}
	free(child->log);
	free(child);
	*self = NULL;
}

int child_signal_fd(const struct child *self)
{
	return self->signal_fd;
}

int child_end_fd(const struct child *self)
{
	return self->end_fd;
}

pid_t child_pid(const struct child *self)
{
	return self->pid;
}
