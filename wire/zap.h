#ifndef WENZHENG_WIRE_ZAP_H
#define WENZHENG_WIRE_ZAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/outcome.h"
#include "wire/context.h"
#include "wire/keys.h"

/*
 * The doorkeeper: answers libzmq's question "may this key in?" (ZAP 1.0, RFC 27) for all zones of the
 * process.
 *
 * No thread: the owner polls wire_zap_socket together with his servers and calls wire_zap_turn when it is
 * readable. A handshake waits meanwhile, at most the two seconds of the server's handshake limit.
 *
 * Only CURVE with a 32-byte key and a zone's name is put to the owner; everything else is denied without
 * asking him. One handler per context. It must be there before the first server and go after the last.
 */
struct wire_zap;

/* Somebody who was turned away. Everything in it is valid during the call only. */
struct wire_zap_denial {
	const char *zone;	    /* "" if the question named none */
	const char *address;	    /* the peer's IP address as libzmq gives it, printable */
	const struct wire_key *key; /* NULL if it showed no CURVE key */
	const char *reason;	    /* for the log */
};

struct wire_zap_options {
	/* True lets the key into the zone. Called within wire_zap_turn; must not block. */
	bool (*allow)(void *context, const char *zone, const struct wire_key *key);
	/* May be NULL. A stranger can make this happen as often as he likes: the owner limits what he logs.
	 */
	void (*denied)(void *context, const struct wire_zap_denial *denial);
	void *context; /* given to both, never looked at */
};

struct wire_zap_counts {
	uint64_t allowed;
	uint64_t denied;
};

/* 0, or negative: no socket to be had, or the context has a handler already. */
int wire_zap_new(struct wire_context *context, const struct wire_zap_options *options,
	struct wire_zap **ret_zap) MUST_CHECK;
void wire_zap_destroy(struct wire_zap **self);

/* For wire_poll. */
void *wire_zap_socket(const struct wire_zap *self);

/* Answers what is waiting, at most WIRE_ZAP_REQUESTS_PER_TURN; never blocks. 0, or negative: fatal. */
#define WIRE_ZAP_REQUESTS_PER_TURN 256 /* so that a crowd at the door does not stop those inside */
int wire_zap_turn(struct wire_zap *self) MUST_CHECK;

struct wire_zap_counts wire_zap_counts(const struct wire_zap *self);

#endif
