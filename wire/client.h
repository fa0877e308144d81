#ifndef WENZHENG_WIRE_CLIENT_H
#define WENZHENG_WIRE_CLIENT_H

#include "base/fault.h"
#include "wire/context.h"
#include "wire/message.h"

/*
 * The other end: a DEALER that connects to one zone with a key of its own, and connects again by itself,
 * after 0.1 s at first and 30 s at most, until it is refused. Nothing blocks.
 *
 * What is sent before the connection stands is refused (WIRE_FULL), not queued: whoever must not lose a
 * message keeps it until the answer came, and sends it again after every connection.
 */
struct wire_client;

struct wire_client_options {
	const char *endpoint;		  /* "tcp://host:port"; "tcp://source-address:0;host:port" also says
					     from which local address */
	struct wire_key server_key;	  /* who must be at the other end */
	const struct wire_key_pair *keys; /* who we are; copied into the socket */
	int linger_ms; /* how long wire_context_destroy may wait for what was sent and is not yet out; 0: none
			*/
};

enum wire_client_status {
	WIRE_CLIENT_CONNECTING, /* no connection yet, or again */
	WIRE_CLIENT_CONNECTED,	/* handshake done, the other side is who it should be and let us in */
	WIRE_CLIENT_REFUSED, /* the other side does not let our key in; it stays so until wire_client_retry */
	WIRE_CLIENT_STRANGE  /* somebody is there and the handshake breaks: a wrong server key, or no WZP */
};

/* Starts connecting. False with a fault that names the endpoint, for what is wrong with the options. */
bool wire_client_new(struct wire_context *context, const struct wire_client_options *options,
	struct wire_client **ret_client, struct fault *fault);
void wire_client_destroy(struct wire_client **self);

/* For wire_poll: the messages, and the news about the connection. */
void *wire_client_socket(const struct wire_client *self);
void *wire_client_monitor(const struct wire_client *self);

/* How it stands after all news that came so far, which it reads. Negative: fatal. */
int wire_client_status(struct wire_client *self, enum wire_client_status *ret_status) MUST_CHECK;

/* How many handshakes succeeded so far, as of the last wire_client_status: a change means a new connection,
 * on which nothing that was sent before may be relied upon. */
uint64_t wire_client_connections(const struct wire_client *self);

/* Drops the connection, if there is one, and starts connecting anew. libzmq gives up for good on a server
 * that refused the key, or that broke the protocol; whoever wants to ask again (an operator may add the key
 * at any time) calls this after a pause of his choice. Negative: fatal. */
int wire_client_retry(struct wire_client *self) MUST_CHECK;

/* For a person; the endpoint is not in it. */
const char *wire_client_status_text(enum wire_client_status status);

/* As wire_server_receive. */
int wire_client_receive(struct wire_client *self, struct wire_message *ret_message) MUST_CHECK;

/* 0, WIRE_FULL (no connection, or its queue is full), or negative. */
int wire_client_send(struct wire_client *self, const struct span *frames, size_t count) MUST_CHECK;

#endif
