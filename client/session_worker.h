#ifndef WENZHENG_CLIENT_SESSION_WORKER_H
#define WENZHENG_CLIENT_SESSION_WORKER_H

#include "client/session.h"

/*
 * A worker's session: greets with READY, under the same incarnation after every new connection, and beats as
 * often as WELCOME says. OFFERs and NOTICEs are results; so is every WELCOME.
 */
struct session_worker {
	struct session session; /* first, so that the manner finds the whole */
	int64_t incarnation;
	int64_t credit;
	bool process_custody;
	struct span *departments; /* into `names`; NULL: all of the key's */
	size_t departments_count;
	char *names;
};

#define WORKER_BEAT_US (5 * US_PER_S) /* until a WELCOME says how often */

struct session_worker_options {
	int64_t incarnation; /* 1 and up, random, one per process life */
	int64_t credit;	     /* 1 and up */
	bool process_custody;
	const struct span *departments; /* copied; NULL: all of the key's */
	size_t departments_count;
	int64_t resend_us;
};

void session_worker_init(struct session_worker *self, const struct session_worker_options *options);
void session_worker_deinit(struct session_worker *self);

/* Says READY again with another credit. */
void session_worker_credit(struct session_worker *self, int64_t credit);

#endif
