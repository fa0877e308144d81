#ifndef WENZHENG_CLIENT_LOOP_H
#define WENZHENG_CLIENT_LOOP_H

#include "base/outcome.h"
#include "client/connection.h"
#include "client/session.h"

/*
 * The one place of the client that waits: carries frames between a session and its connection, tells the
 * session the time and when a connection comes and goes.
 *
 * A key that is refused, or a server that is none, is tried again after a pause, doubled from KEY_RETRY_US to
 * KEY_RETRY_US_MAX; each refusal of the key ends one call.
 */
struct loop {
	struct wire_context *context;
	struct wire_client *client;
	struct session *session; /* borrowed */
	int wake_fd;
	uint64_t connections;
	enum wire_client_status status;
	enum wire_client_status known; /* the last answer of whoever is there, good until `known_until` */
	struct mono known_until;
	struct mono now; /* of the last turn */
	bool refusal_told;
	int64_t retry_us;
	struct mono retry_at;
	bool full; /* the socket took no more: look again soon */
	struct wire_message incoming;
};

/* Between two attempts we are merely connecting; what the last one showed is still the news. */
#define KNOWN_FOR_US (10 * US_PER_S)

#define KEY_RETRY_US	 US_PER_S
#define KEY_RETRY_US_MAX (30 * US_PER_S)

/* What a call waits for, beside the end of its time. */
struct loop_goal {
	int64_t ticket; /* the result of this ticket; 0: any result, the oldest first */
	bool idle;	/* or: that no request waits */
	bool wakes;	/* ends also when `wake_fd` is readable */
};

/* False with a fault; the loop is then good for loop_close. */
bool loop_open(struct loop *self, const struct wz_connection_options *options, struct session *session,
	struct fault *fault);
void loop_close(struct loop *self);

/*
 * WZ_OK: `*ret_result` is the result, the caller's; NULL when idle was the goal. WZ_TIMEOUT, WZ_WOKEN,
 * WZ_KEY_REFUSED, WZ_FATAL. At least one turn is made, also with a timeout of 0.
 */
enum wz_outcome loop_run(
	struct loop *self, const struct loop_goal *goal, int64_t timeout_ms, struct result **ret_result);

void loop_standing(const struct loop *self, struct wz_standing *ret_standing);

#endif
