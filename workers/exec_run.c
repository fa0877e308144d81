#include "workers/exec_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

enum descriptor { TO_INPUT, FROM_OUTPUT, FROM_ERRORS, PROCESS };

static void close_one(struct exec_run *self, int index)
{
	if (self->fds[index] >= 0)
		close(self->fds[index]); /* which also takes it out of the epoll */
	self->fds[index] = -1;
}

/* ---- starting ---- */

struct pipes {
	int ends[3][2];
};

static void close_pipes(struct pipes *pipes)
{
	for (int i = 0; i < 3; i++)
		for (int end = 0; end < 2; end++)
			if (pipes->ends[i][end] >= 0)
				close(pipes->ends[i][end]);
}

static int open_pipes(struct pipes *pipes)
{
	memset(pipes, -1, sizeof(*pipes));
	for (int i = 0; i < 3; i++)
		if (pipe2(pipes->ends[i], O_CLOEXEC) != 0)
			return -errno;
	return 0;
}

/* The end that is the child's: it reads the first pipe and writes the others. */
static int child_end(int index)
{
	return index == TO_INPUT ? 0 : 1;
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, struct pipes *pipes)
{
	sigset_t none, usual;
	int r = 0;
	for (int i = 0; i < 3 && r == 0; i++)
		r = posix_spawn_file_actions_adddup2(actions, pipes->ends[i][child_end(i)], i);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	sigemptyset(&none);
	sigfillset(&usual);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &usual);
	if (r == 0)
		r = posix_spawnattr_setflags(
			attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return r;
}

static int spawn(struct exec_run *self, struct pipes *pipes)
{
	const struct exec_command *command = self->command;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	int r = prepare(&actions, &attributes, pipes);
	if (r == 0)
		r = posix_spawnp(&self->pid, command->arguments[0], &actions, &attributes, command->arguments,
			command->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int watch_one(struct exec_run *self, int index, int fd)
{
	self->watches[index] = (struct exec_watch){self, index};
	struct epoll_event event = {
		.events = index == TO_INPUT ? EPOLLOUT : EPOLLIN, .data.ptr = &self->watches[index]};
	self->fds[index] = fd;
	if (index != PROCESS && fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return -errno;
	return epoll_ctl(self->command->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int watch_all(struct exec_run *self, struct pipes *pipes)
{
	int process = pidfd_open(self->pid, 0);
	int r = process >= 0 ? watch_one(self, PROCESS, process) : -errno;
	for (int i = 0; i < 3 && r == 0; i++) {
		int *ours = &pipes->ends[i][1 - child_end(i)];
		r = watch_one(self, i, *ours);
		*ours = -1; /* now it is in fds */
	}
	return r;
}

int exec_run_start(struct exec_run *self, const struct exec_command *command, void *owner, const char *input,
	int64_t now_ms)
{
	struct pipes pipes;
	*self = (struct exec_run){
		.command = command,
		.owner = owner,
		.pid = -1,
		.fds = {-1, -1, -1, -1},
		.stop_at_ms = now_ms + command->timeout_ms,
	};
	int r = open_pipes(&pipes);
	if (r == 0)
		r = spawn(self, &pipes);
	if (r == 0)
		r = watch_all(self, &pipes);
	close_pipes(&pipes);
	if (r == 0)
		buffer_append_span(&self->input, span_of_string(input));
	else
		exec_run_deinit(self);
	return r;
}

/* ---- ending ---- */

static void signal_group(const struct exec_run *self, int signal)
{
	/* Its own process group, so that what it started goes as well. */
	if (self->pid > 0)
		kill(-self->pid, signal);
}

void exec_run_deinit(struct exec_run *self)
{
	if (self->pid > 0 && self->end == EXEC_RUNNING) {
		signal_group(self, SIGKILL);
		while (waitpid(self->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	for (int i = 0; i < EXEC_DESCRIPTORS; i++)
		close_one(self, i);
	buffer_deinit(&self->input);
	buffer_deinit(&self->output);
	buffer_deinit(&self->errors);
	self->pid = -1;
}

static void read_all(struct exec_run *self, int index);

/* What it wrote before it ended is still in the pipes; what its own children go on writing is not waited for.
 */
static void reap(struct exec_run *self)
{
	siginfo_t info = {0};
	if (waitid(P_PIDFD, (id_t)self->fds[PROCESS], &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
		return;
	read_all(self, FROM_OUTPUT);
	read_all(self, FROM_ERRORS);
	for (int i = 0; i < EXEC_DESCRIPTORS; i++)
		close_one(self, i);
	self->status = info.si_status;
	self->stop_at_ms = INT64_MAX;
	if (self->cause != EXEC_RUNNING)
		self->end = self->cause;
	else
		self->end = info.si_code == CLD_EXITED ? EXEC_EXITED : EXEC_SIGNALLED;
	/* Too much in the last moment, after it had ended by itself. */
	if (self->output.size > EXEC_OUTPUT_MAX)
		self->end = EXEC_TOO_MUCH;
}

/* ---- reading and writing ---- */

static void take(struct exec_run *self, int index, const char *data, size_t size)
{
	if (index == FROM_ERRORS) {
		size_t room = EXEC_ERRORS_MAX - self->errors.size;
		buffer_append(&self->errors, data, size < room ? size : room);
		return;
	}
	size_t room = EXEC_OUTPUT_MAX + 1 - self->output.size;
	buffer_append(&self->output, data, size < room ? size : room);
}

static void read_all(struct exec_run *self, int index)
{
	char block[16384];
	/* Not for ever: one that writes without end must not stop us from hearing the others. */
	for (int i = 0; i < 16 && self->fds[index] >= 0; i++) {
		ssize_t n = read(self->fds[index], block, sizeof(block));
		if (n > 0)
			take(self, index, block, (size_t)n);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			close_one(self, index);
		else if (errno == EAGAIN)
			return;
	}
}

static void write_some(struct exec_run *self)
{
	while (self->written < self->input.size) {
		ssize_t n = write(self->fds[TO_INPUT], self->input.data + self->written,
			self->input.size - self->written);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* it does not want to read, which is its affair */
		self->written += (size_t)n;
	}
	close_one(self, TO_INPUT);
}

void exec_run_event(struct exec_watch *watch)
{
	struct exec_run *self = watch->run;
	REQUIRE(self->end == EXEC_RUNNING || self->fds[watch->index] < 0);
	if (self->fds[watch->index] < 0)
		return; /* closed by an event before this one */
	if (watch->index == TO_INPUT)
		write_some(self);
	else if (watch->index == PROCESS)
		reap(self);
	else
		read_all(self, watch->index);
}

/* ---- time ---- */

void exec_run_stop(struct exec_run *self, enum exec_end cause, int64_t now_ms)
{
	if (self->end != EXEC_RUNNING || self->terminated)
		return;
	self->cause = cause;
	self->terminated = true;
	self->stop_at_ms = now_ms + EXEC_KILL_AFTER_MS;
	signal_group(self, SIGTERM);
}

void exec_run_tick(struct exec_run *self, int64_t now_ms)
{
	if (self->end != EXEC_RUNNING)
		return;
	if (self->output.size > EXEC_OUTPUT_MAX)
		exec_run_stop(self, EXEC_TOO_MUCH, now_ms);
	if (now_ms < self->stop_at_ms)
		return;
	if (!self->terminated) {
		exec_run_stop(self, EXEC_TOO_LONG, now_ms);
		return;
	}
	signal_group(self, SIGKILL);
	self->stop_at_ms = INT64_MAX; /* it cannot say no */
}
