#ifndef WENZHENG_WIRE_POLL_H
#define WENZHENG_WIRE_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/outcome.h"

/* One thing to wait for: a wire socket (wire_x_socket), or a plain file descriptor when `socket` is NULL. */
struct wire_poll_item {
	void *socket;
	int fd;
	bool readable; /* written by wire_poll; for a descriptor also on error and hang-up */
};

#define WIRE_POLL_ITEMS_MAX 16 /* three zones, their doorkeeper, signals, timers, and room to spare */

/*
 * Waits until one of the items is readable or `timeout_ms` is over (0: only looks; -1: for ever). 0: look at
 * the items, none may be readable, also after a signal. Negative: fatal.
 */
int wire_poll(struct wire_poll_item *items, size_t count, int64_t timeout_ms) MUST_CHECK;

#endif
