#ifndef WENZHENG_WIRE_MESSAGE_H
#define WENZHENG_WIRE_MESSAGE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/outcome.h"
#include "base/span.h"
#include "wire/keys.h"

/* Outcomes of receiving and sending, beside 0 (done) and negative (fatal). */
enum wire_outcome {
	WIRE_EMPTY = 1, /* no message to hand over now; the socket may be readable again at once */
	WIRE_GONE = 2,	/* no such connection any more */
	WIRE_FULL = 3	/* the peer does not read: its queue has reached the high-water mark */
};

/* Frames of a message without the routing id, which counts as one. */
#define WIRE_BODY_FRAMES_MAX (FRAMES_PER_MESSAGE_MAX - 1)

/* Room for one zmq_msg_t. */
struct wire_frame {
	alignas(8) unsigned char opaque[64];
};

/*
 * A message as it came, owning its frames. Not to be copied or moved while it holds any: pass its address.
 * Initialise once, receive into it as often as you like, deinitialise at the end.
 */
struct wire_message {
	/* Which connection it came by: never 0, and never given twice to connections that are alive. Not for
	 * peers' eyes: whoever learns one can bring the daemon down. 0 if bad_identity; 0 in a client. */
	uint64_t peer;
	/* Who sent it: the key that the handshake proved. In a client all zero. */
	struct wire_key user;
	/* The peer chose a routing id of its own, which WZP/1 forbids; `identity` is the only way to answer.
	 */
	bool bad_identity;
	/* It had more than WIRE_BODY_FRAMES_MAX frames; the first ones are here, the rest is thrown away. */
	bool too_many_frames;
	struct span identity; /* raw routing id; empty in a client */
	size_t frame_count;
	struct span frames[WIRE_BODY_FRAMES_MAX]; /* valid until the next receive or deinit */

	/* Private. */
	unsigned held;
	struct wire_frame storage[FRAMES_PER_MESSAGE_MAX];
};

/* Could this be a message's `peer`? */
static inline bool wire_peer_is_valid(uint64_t peer)
{
	return peer >> 32 == 1;
}

void wire_message_init(struct wire_message *self);
void wire_message_deinit(struct wire_message *self);

/* Throws the content away; receiving does that too. */
void wire_message_clear(struct wire_message *self);

/* The peer's IP address, for logs; "" if unknown. Valid as long as the frames. */
const char *wire_message_address(const struct wire_message *self);

/*
 * For the sockets of wire/ only. Reads one message from a ROUTER (`routed`) or DEALER, without waiting: 0,
 * WIRE_EMPTY or negative. Of a message with too many frames at most WIRE_DRAIN_FRAMES_MAX are thrown away in
 * one call; `draining`, kept by the socket's owner, says that more of it is still to come.
 */
#define WIRE_DRAIN_FRAMES_MAX 4096 /* a message of millions of frames must not hold up the loop */
int wire_message_read(struct wire_message *self, void *socket, bool routed, bool *draining) MUST_CHECK;

/* For the server only. Fills `user` from the body frames; false if they do not all name one and the same key.
 */
bool wire_message_authenticate(struct wire_message *self);

#endif
