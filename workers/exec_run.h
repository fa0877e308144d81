#ifndef WENZHENG_WORKERS_EXEC_RUN_H
#define WENZHENG_WORKERS_EXEC_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"

/*
 * One run of the command: a process of its own in a process group of its own, fed through its standard input,
 * read through its other two, without threads. Its descriptors are in the owner's epoll; nothing here waits.
 */
#define EXEC_OUTPUT_MAX	   (64 * 1024) /* bytes of a reply; one more and the command is stopped */
#define EXEC_ERRORS_MAX	   (8 * 1024) /* bytes of standard error that are kept; the rest is read and dropped */
#define EXEC_KILL_AFTER_MS 5000	      /* from SIGTERM to SIGKILL */
#define EXEC_DESCRIPTORS   4

struct exec_command {
	char *const *arguments; /* as execvp's; the first is found along PATH */
	char *const *environment;
	int epoll;
	int64_t timeout_ms;
};

enum exec_end {
	EXEC_RUNNING,
	EXEC_EXITED,	/* `status` */
	EXEC_SIGNALLED, /* `status` is the signal */
	EXEC_TOO_LONG,	/* ran out of its time */
	EXEC_TOO_MUCH,	/* wrote more than EXEC_OUTPUT_MAX */
	EXEC_STOPPED	/* by exec_run_stop */
};

struct exec_run;

/* Which descriptor of which run: what the owner's epoll gives back in data.ptr. */
struct exec_watch {
	struct exec_run *run;
	int index;
};

struct exec_run {
	const struct exec_command *command;
	void *owner;
	pid_t pid;
	int fds[EXEC_DESCRIPTORS]; /* -1: closed */
	struct exec_watch watches[EXEC_DESCRIPTORS];
	struct buffer input;
	size_t written;
	struct buffer output;
	struct buffer errors;
	enum exec_end end, cause; /* cause: why it was stopped, until it has ended */
	int status;
	int64_t stop_at_ms; /* the next signal; INT64_MAX: none */
	bool terminated;
};

/* Starts the command on `input`, which is copied. 0, or -errno when the system does not let us now: nothing
 * is left behind. */
int exec_run_start(struct exec_run *self, const struct exec_command *command, void *owner, const char *input,
	int64_t now_ms);

/* Kills what still runs, and closes. */
void exec_run_deinit(struct exec_run *self);

/* An epoll event of one of its descriptors. */
void exec_run_event(struct exec_watch *watch);

/* Asks it to end: SIGTERM, and SIGKILL after EXEC_KILL_AFTER_MS. */
void exec_run_stop(struct exec_run *self, enum exec_end cause, int64_t now_ms);

/* Does what is due by now. */
void exec_run_tick(struct exec_run *self, int64_t now_ms);

#endif
