#ifndef WENZHENG_CLIENT_SESSION_WATCH_H
#define WENZHENG_CLIENT_SESSION_WATCH_H

#include "client/session.h"

/*
 * A session with a stream of events, or without one as long as nobody watches: of portals, supervisors,
 * triage and operators.
 *
 * An event becomes a result at most once in this process, in order: after a new connection the WATCH goes on
 * after the last event that came, not after the last SEEN. What is SEEN is told to the daemon by one request
 * at a time, the newest cursor for all.
 */
struct session_watch {
	struct session session; /* first, so that the manner finds the whole */
	bool watching;
	int64_t cursor; /* of the last event that came, or where to start; -1: after the stored one */
	int64_t seen;
	int64_t seen_told; /* confirmed by the daemon */
	bool seen_waits;   /* a SEEN is in flight */
};

#define WATCH_BEAT_US (5 * US_PER_S) /* PROTOCOL.md: right for a watcher */

void session_watch_init(struct session_watch *self, int64_t resend_us);
void session_watch_deinit(struct session_watch *self);

/* From this cursor; -1: after the last SEEN. */
void session_watch_start(struct session_watch *self, int64_t cursor);
void session_watch_seen(struct session_watch *self, int64_t cursor);

#endif
