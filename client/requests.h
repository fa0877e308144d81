#ifndef WENZHENG_CLIENT_REQUESTS_H
#define WENZHENG_CLIENT_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/instant.h"
#include "proto/kinds.h"

/*
 * Requests that wait for their answer. Each keeps the bytes it was sent as, so that it can be sent again, to
 * the same connection or to another, under the same request number.
 *
 *	           sent                    answered, forgotten
 *	TO_SEND ─────────► SENT ─────────────────────────────► gone
 *	   ▲                │ │
 *	   ├────────────────┘ │ no answer in time; new connection; "not-ready"
 *	   │                  │ BUSY
 *	   └──── RESTING ◄────┘
 *
 * TO_SEND is kept in the order of the numbers, so that what was asked first is asked again first.
 */
enum request_state { REQUEST_TO_SEND, REQUEST_SENT, REQUEST_RESTING, REQUEST_STATES };

struct request {
	int64_t req;
	enum kind kind;
	int purpose; /* the owner's word for it */
	enum request_state state;
	struct mono at; /* SENT: when. RESTING: until when */
	struct buffer map;
	struct request *prev, *next; /* of the state's list */
	struct request *hash_next;   /* of the table's chain */
};

#define REQUESTS_TABLE_SIZE 1024 /* chains; numbers run on, so with so many in flight each has about one */

struct requests {
	struct request *lists[REQUEST_STATES];
	struct request **table;
	int64_t last_req;
	uint32_t count;
};

void requests_init(struct requests *self);
void requests_deinit(struct requests *self);

/* A new request TO_SEND with the next number and an empty map, which the caller writes. It is ours. */
struct request *requests_add(struct requests *self, enum kind kind, int purpose);

/* NULL: none waits under this number. */
struct request *requests_find(const struct requests *self, int64_t req);

void requests_move(struct requests *self, struct request *request, enum request_state to, struct mono at);
void requests_remove(struct requests *self, struct request *request);

/* What was sent at or before `sent_by` and what has rested until `now` is to be sent (again). */
void requests_refresh(struct requests *self, struct mono sent_by, struct mono now);

/* The connection is gone: all that was sent is to be sent again. */
void requests_resend_all(struct requests *self);

/* When the oldest SENT one was sent, and when the first RESTING one is to go on; MONO_NEVER. */
struct mono requests_oldest(const struct requests *self);
struct mono requests_first_rested(const struct requests *self);

#endif
