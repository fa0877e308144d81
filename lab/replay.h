#ifndef WENZHENG_LAB_REPLAY_H
#define WENZHENG_LAB_REPLAY_H

#include <stdint.h>

#include "base/fault.h"
#include "base/limits.h"
#include "lab/input.h"
#include "lab/site.h"
#include "wire/context.h"

/*
 * Historical messages on a laboratory's clock: each is submitted at its moment to one department and answered
 * at its moment through a worker; between two steps the clock stands still, and on the way from one to the
 * next the daemon's reminders and rungs go off, each at its own moment, and are counted by a supervisor. It
 * ends when no timer is pending. Then every case is asked for, and what the daemon holds must be what the
 * supervisor heard.
 *
 * At one instant, messages and answers come before timers (the laboratory's clock sees to that).
 */
struct replay_listener {
	/* The clock has come to `at`. */
	void (*moved)(void *context, struct instant at, size_t done, size_t total);
	/* A message or its reply cannot be sent as it is; the replay goes on without it. */
	void (*refused)(void *context, uint32_t line, const char *why);
	void *context;
};

struct replay_options {
	struct wire_context *context;
	struct site *site; /* of a fresh laboratory store */
	const struct input *input;
	const char *class;	/* NULL: the profile's default */
	const char *department; /* NULL: the profile's first */
	struct replay_listener listener;
};

struct replay_result {
	char department[DEPARTMENT_ID_SIZE_MAX + 1];
	char class[CLASS_NAME_SIZE_MAX + 1]; /* of the last message */
	uint32_t messages;		     /* in the input */
	uint32_t accepted;
	uint32_t answered; /* finally */
	uint32_t in_time;  /* answered at or before the due moment, or without one */
	uint32_t reminded;
	uint32_t rungs[RUNGS_MAX + 1]; /* cases that ever reached the rung; [0] is not used */
	uint32_t open;
};

bool replay_run(const struct replay_options *options, struct replay_result *ret_result, struct fault *fault);

#endif
