#ifndef WENZHENG_HOST_SERVICE_H
#define WENZHENG_HOST_SERVICE_H

#include <stdbool.h>

#include "base/outcome.h"
#include "daemon/host/datagram.h"
#include "daemon/shell/shell.h"

/*
 * The service manager's side of the loop: signals through a descriptor, READY and STATUS, a watchdog that is
 * fed only by turns of the loop.
 *
 * Nothing here waits for the manager to read. What it did not take is said again by a later turn: READY and
 * WATCHDOG until they are taken, STATUS with its next figures.
 */
struct service {
	int signal_fd;
	struct datagram manager;
	bool ready_unsaid;
	int64_t watchdog_us; /* how often to say WATCHDOG=1; 0: nobody asked */
	int64_t watchdog_at; /* monotonic microseconds of the next one */
	int64_t status_at;
};

#define SERVICE_NULL ((struct service){.signal_fd = -1, .manager = DATAGRAM_NULL})

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

void service_ready(struct service *self);
void service_reloading(struct service *self, struct mono now);
void service_stopping(struct service *self);

/* Before READY: it takes longer, and is not to be ended for that; to be said again within a minute. */
void service_starting(struct service *self, const char *what);

/* After a turn: feeds the watchdog, and says READY if that is still unsaid. */
void service_turned(struct service *self, struct mono now);

/* Every few seconds the figures are due: service_status_due says when, service_status says them. */
bool service_status_due(const struct service *self, struct mono now);
void service_status(
	struct service *self, struct mono now, const struct shell_status *status, int32_t oldest_workdays);

/* How long the loop may wait and still feed the watchdog in time. */
int64_t service_wait_us(const struct service *self, int64_t wait_us);

#endif
