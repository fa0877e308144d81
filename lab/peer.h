#ifndef WENZHENG_LAB_PEER_H
#define WENZHENG_LAB_PEER_H

#include <stdint.h>

#include "base/fault.h"
#include "lab/child.h"
#include "proto/message.h"
#include "wire/client.h"

/*
 * One bare connection to a daemon, for programs that must say exactly what is sent when: replay steps the
 * clock between two messages, the bench counts every one. Unlike libwenzheng it resends nothing and forgives
 * nothing: a connection that breaks is a fault.
 */
struct peer;

struct peer_options {
	const char *role; /* for faults; must outlive the peer */
	const char *endpoint;
	struct wire_key server_key;
	const struct wire_key_pair *keys;
};

/* Connects; blocks until the daemon has let us in, PEER_CONNECT_MS at most. */
#define PEER_CONNECT_MS 5000
bool peer_new(struct wire_context *context, const struct peer_options *options, struct peer **ret_peer,
	struct fault *fault);
void peer_destroy(struct peer **self);

/*
 * A message: peer_begin, fields, peer_send. `req` is written already, one higher each time; the number is in
 * `ret_req`, which may be NULL. The writer is the peer's.
 */
struct writer *peer_begin(struct peer *self, enum kind kind, int64_t *ret_req);
bool peer_send(struct peer *self, struct fault *fault);

enum peer_outcome {
	PEER_MESSAGE, /* `ret_message` holds one, until the next call */
	PEER_EMPTY,   /* nothing has come */
	PEER_FAULT
};

/* Never waits. Answers to our heartbeats are kept from the caller. */
enum peer_outcome peer_receive(struct peer *self, struct message *ret_message, struct fault *fault);

/*
 * Waits until one of the peers may have a message, or `timeout_ms` is over; says BEAT for those that have
 * been silent. `child`, which may be NULL, is watched meanwhile. False: it ended, or we are to stop.
 */
bool peers_wait(struct peer *const *peers, size_t count, struct child *child, int64_t timeout_ms,
	struct fault *fault);

/* One request of peer_begin to its answer, which must be of `kind`; what else comes meanwhile is dropped. For
 * the time before anything else comes. */
#define PEER_ANSWER_MS 10000
bool peer_ask(struct peer *self, struct child *child, enum kind kind, struct message *ret_answer,
	struct fault *fault);

/* Says in `fault` what an ERROR, BUSY or other unexpected message is; always false. */
bool peer_fault_of(const struct peer *self, const struct message *message, struct fault *fault);

const char *peer_role(const struct peer *self);

/* CLOCK_MONOTONIC, in microseconds. */
int64_t peer_now_us(void);

#endif
