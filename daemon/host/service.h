#ifndef WENZHENG_HOST_SERVICE_H
#define WENZHENG_HOST_SERVICE_H

#include <stdbool.h>

#include "base/outcome.h"
#include "daemon/shell/shell.h"

/*
 * The service manager's side of the loop: signals through a descriptor, READY and STATUS, a watchdog that is
 * fed only by turns of the loop.
 */
struct service {
	int signal_fd;
	int64_t watchdog_us; /* how often to say WATCHDOG=1; 0: nobody asked */
	int64_t watchdog_at; /* monotonic microseconds of the next one */
	int64_t status_at;
};

enum service_signal {
	SERVICE_NONE,
	SERVICE_STOP,	/* SIGTERM, SIGINT */
	SERVICE_RELOAD, /* SIGHUP */
};

/* Blocks the signals for the whole process, and forbids images of its memory (core dumps), for citizens'
 * words and keys stand in it; before any thread is made. 0, or negative. */
MUST_CHECK int service_init(struct service *self);
void service_deinit(struct service *self);

/* The next signal that came, SERVICE_NONE when there is none. */
enum service_signal service_signal(struct service *self);

void service_ready(void);
void service_reloading(struct mono now);
void service_stopping(void);

/* Before READY: it takes longer, and is not to be ended for that; to be said again within a minute. */
void service_starting(const char *what);

/* After a turn: feeds the watchdog and, every few seconds, says the figures. */
void service_turned(struct service *self, struct mono now, const struct shell_status *status);

/* How long the loop may wait and still feed the watchdog in time. */
int64_t service_wait_us(const struct service *self, int64_t wait_us);

#endif
