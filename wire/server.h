#ifndef WENZHENG_WIRE_SERVER_H
#define WENZHENG_WIRE_SERVER_H

#include "base/fault.h"
#include "wire/context.h"
#include "wire/message.h"

/*
 * One zone: a listening ROUTER that only peers with an allowed CURVE key get into. It fails closed: without a
 * living ZAP handler (wire/zap.h) nobody gets in.
 *
 * Nothing here ever blocks. A peer that sends a frame beyond FRAME_SIZE_MAX, or does not finish its handshake
 * within two seconds, or is silent for fifteen, is cut off by libzmq.
 */
struct wire_server;

struct wire_server_options {
	/* "tcp://127.0.0.1:5703" or "tcp://[::]:5701"; an asterisk for the address means every one, for the
	 * port any free one. Nothing but tcp: libzmq aborts on ipc when files run out, and inproc knows no
	 * keys. */
	const char *endpoint;
	const char *zone;		  /* its name, not empty; the ZAP handler is asked with it */
	const struct wire_key_pair *keys; /* copied into the socket */
	/* A listening socket that was inherited (systemd's start at 3) and becomes ours on success; 0: none.
	 * `endpoint` is then only its name in faults. */
	int listen_fd;
	int high_water; /* messages queued per peer and direction; 0: WIRE_HIGH_WATER */
};

#define WIRE_HIGH_WATER 1000

struct wire_server_counts {
	uint64_t received;
	uint64_t unauthenticated; /* dropped: no user id on the body, or not one and the same */
	uint64_t bad_identity;
	uint64_t too_many_frames;
	uint64_t sent;
	uint64_t gone;
	uint64_t full;
};

/* Listens. False with a fault that names the endpoint, e.g. when the address is in use. */
bool wire_server_new(struct wire_context *context, const struct wire_server_options *options,
	struct wire_server **ret_server, struct fault *fault);

/* Before an orderly end: what is queued for peers may still go out for so long, while wire_context_destroy
 * waits. */
void wire_server_linger(struct wire_server *self, int linger_ms);

/* Closes; what is queued for peers is dropped, but for wire_server_linger. Servers go before the ZAP handler.
 */
void wire_server_destroy(struct wire_server **self);

/* Where it listens, with the real port; valid as long as the server. */
const char *wire_server_endpoint(const struct wire_server *self);

/* For wire_poll. */
void *wire_server_socket(const struct wire_server *self);

/*
 * The next message, without waiting. 0: `ret_message`, which was initialised, holds it. WIRE_EMPTY: there is
 * none, or one was thrown away; go on with the loop, the poll tells whether to come back. Negative: fatal.
 * On anything but 0 `ret_message` is empty.
 *
 * Flagged messages are handed over, so that their sender gets a typed ERROR.
 */
int wire_server_receive(struct wire_server *self, struct wire_message *ret_message) MUST_CHECK;

/*
 * Sends one message of `count` >= 1 frames, each at most FRAME_SIZE_MAX bytes; they are copied. 0: handed to
 * libzmq, which proves nothing about delivery. WIRE_GONE, WIRE_FULL: not sent. Negative: fatal.
 */
int wire_server_send(
	struct wire_server *self, uint64_t peer, const struct span *frames, size_t count) MUST_CHECK;

/* The same to a peer with bad_identity, while its message is still there. */
int wire_server_send_to_raw(
	struct wire_server *self, struct span identity, const struct span *frames, size_t count) MUST_CHECK;

struct wire_server_counts wire_server_counts(const struct wire_server *self);

#endif
