#ifndef WENZHENG_HOST_MONITOR_H
#define WENZHENG_HOST_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/instant.h"

/*
 * Where the metrics are asked for: a unix socket, a loopback port, or both. To each who asks it gives the one
 * text that there is and closes; it can be told nothing. Nobody is waited for: everything happens in
 * monitor_turn, which does what can be done at once and is bounded, whatever the others do
 * (docs/adr/0020-metrics.md).
 *
 *	   accept          first line           the text is there            all sent
 *	  ────────► READING ────────► WAITING ───────────────────► WRITING ────────────► LEAVING ──► closed
 *	               │ a line that asks for something else          ▲                     his end, or enough
 *	               └──────────────────────────────────────────────┘
 *
 * From every state a connection is dropped when its time is over, or when its place is needed for a newcomer:
 * first those who have said nothing, then who came first.
 *
 * The text is made by somebody else: monitor_is_asked says when, monitor_give brings it. It is given to those
 * who wait and, while it is fresh, to those who ask next.
 */
struct monitor;

struct monitor_options {
	const char *socket_path; /* NULL: none. Made with mode 0660; a socket that stands there is replaced */
	uint16_t port;		 /* of 127.0.0.1; 0: none */
};

/* NULL with a fault. Nothing that was given is kept. */
struct monitor *monitor_new(const struct monitor_options *options, struct fault *fault);
void monitor_destroy(struct monitor **self); /* the socket's file is taken away */

/* Readable when monitor_turn has something to do. */
int monitor_fd(const struct monitor *self);

/* Microseconds until it has something to do though nobody comes; INT64_MAX: never. */
int64_t monitor_wait_us(const struct monitor *self, struct mono now);

void monitor_turn(struct monitor *self, struct mono now);

/* Somebody waits. While the text is fresh nobody does: he is given it. */
bool monitor_is_asked(const struct monitor *self);

/* Takes the text out of `text`, which is empty afterwards. `made`: the moment it speaks of. */
void monitor_give(struct monitor *self, struct buffer *text, struct mono made);

/* Requests so far, by how they ended. */
struct monitor_counts {
	uint64_t answered;
	uint64_t refused; /* they asked for something else */
	uint64_t dropped; /* no time, no place, no whole request, or gone before the end */
};
struct monitor_counts monitor_counts(const struct monitor *self);

#endif
