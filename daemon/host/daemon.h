#ifndef WENZHENG_HOST_DAEMON_H
#define WENZHENG_HOST_DAEMON_H

#include "base/fault.h"
#include "base/outcome.h"

/*
 * The daemon's life, in the order main tells it: configuration, store, restart, sockets, READY, loop,
 * STOPPING. Every step that fails leaves a fault, and daemon_destroy takes down what there is, in reverse.
 */
struct daemon;

struct daemon *daemon_new(void);
void daemon_destroy(struct daemon **self);

bool daemon_configure(struct daemon *self, const char *config_path, struct fault *fault);
bool daemon_open_store(struct daemon *self, bool create_laboratory, struct fault *fault);
bool daemon_restore(struct daemon *self, struct fault *fault);
bool daemon_open_sockets(struct daemon *self, struct fault *fault);

/* After one of them has failed: why, in the log. */
void daemon_say_not_started(struct daemon *self, const struct fault *fault);

/* Says READY and turns until SIGTERM; then finishes the batch and tells the workers. 0, or negative: fatal.
 */
MUST_CHECK int daemon_run(struct daemon *self);

#endif
