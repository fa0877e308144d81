#ifndef WENZHENG_LAB_CHILD_H
#define WENZHENG_LAB_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

/*
 * A wenzhengd of our own: started, waited for until it says READY=1 (sd_notify), reloaded, stopped.
 *
 * While it lives, SIGINT, SIGTERM and SIGHUP to us do not kill but are noticed by child_check, so that its
 * owner always gets to clean up; if we are killed all the same, the kernel sends it SIGTERM.
 */
struct child;

struct child_options {
	const char *config;	/* --config */
	const char *log;	/* file for its standard error */
	bool create_laboratory; /* --create-laboratory */
};

/* Returns when it is ready, after CHILD_READY_MS at the latest. False with a fault that has its last words.
 */
#define CHILD_READY_MS 30000
bool child_start(const struct child_options *options, struct child **ret_child, struct fault *fault);

/* SIGTERM, and SIGKILL to one that has not gone after CHILD_STOP_MS. NULL is fine. */
#define CHILD_STOP_MS 10000
void child_stop(struct child **self);

/* SIGHUP; returns when it is ready again. What was wrong with new files is in its log only. */
bool child_reload(struct child *self, struct fault *fault);

/* False if it ended by itself, or if a signal asks us to stop: the fault says which. Does not wait. */
bool child_check(struct child *self, struct fault *fault);

/* Readable when child_check has something to say. */
int child_signal_fd(const struct child *self);
int child_end_fd(const struct child *self);

pid_t child_pid(const struct child *self);

#endif
