#include "wire/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/memory.h"
#include "wire/socket.h"

#define RECONNECT_IVL	  100	/* ms, doubled after each failure … */
#define RECONNECT_IVL_MAX 30000 /* … up to this */
#define CONNECT_TIMEOUT	  10000 /* ms for TCP itself; the system would take minutes */
#define HANDSHAKE_IVL	  10000 /* ms; the daemon may be at its disk when we knock */
#define HIGH_WATER	  1000	/* messages */

/* Of all that libzmq tells about a connection, what changes our status. */
#define EVENTS_WATCHED                                                                       \
	(ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |                   \
		ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | \
		ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED)

struct wire_client {
	void *socket;
	void *monitor;
	char *endpoint;
	bool draining;
	enum wire_client_status status;
	uint64_t connections;
};

static bool set_options(void *socket, const struct wire_client_options *options, struct fault *fault)
{
	const struct wire_option settings[] = {
		{ZMQ_LINGER, options->linger_ms, "LINGER"},
		{ZMQ_IMMEDIATE, 1, "IMMEDIATE"}, /* queue nothing for a connection that is not there */
		{ZMQ_RCVHWM, HIGH_WATER, "RCVHWM"},
		{ZMQ_SNDHWM, HIGH_WATER, "SNDHWM"},
		{ZMQ_RECONNECT_IVL, RECONNECT_IVL, "RECONNECT_IVL"},
		{ZMQ_RECONNECT_IVL_MAX, RECONNECT_IVL_MAX, "RECONNECT_IVL_MAX"},
		{ZMQ_CONNECT_TIMEOUT, CONNECT_TIMEOUT, "CONNECT_TIMEOUT"},
		{ZMQ_HANDSHAKE_IVL, HANDSHAKE_IVL, "HANDSHAKE_IVL"},
		{ZMQ_HEARTBEAT_IVL, WIRE_HEARTBEAT_IVL, "HEARTBEAT_IVL"},
		{ZMQ_HEARTBEAT_TIMEOUT, WIRE_HEARTBEAT_TIMEOUT, "HEARTBEAT_TIMEOUT"},
		{ZMQ_HEARTBEAT_TTL, WIRE_HEARTBEAT_TTL, "HEARTBEAT_TTL"},
		{ZMQ_IPV6, strchr(options->endpoint, '[') != NULL, "IPV6"},
	};
	const struct wire_key_pair *keys = options->keys;
	return wire_socket_set(socket, settings, sizeof(settings) / sizeof(settings[0]), fault) &&
	       wire_socket_set_frame_limit(socket, fault) &&
	       wire_socket_set_bytes(socket, ZMQ_CURVE_SERVERKEY, "CURVE_SERVERKEY",
		       options->server_key.public_key, WIRE_KEY_SIZE, fault) &&
	       wire_socket_set_bytes(socket, ZMQ_CURVE_PUBLICKEY, "CURVE_PUBLICKEY", keys->key.public_key,
		       WIRE_KEY_SIZE, fault) &&
	       wire_socket_set_bytes(socket, ZMQ_CURVE_SECRETKEY, "CURVE_SECRETKEY", keys->secret_key,
		       WIRE_KEY_SIZE, fault);
}

/* libzmq tells the news on an inproc socket of its own, and gives its name back some time after it was
 * closed: hence a new name each time. No high-water mark there: its I/O thread would wait for us to read. We
 * read at every turn, and there is little news. */
static bool open_monitor(struct wire_client *self, struct wire_context *context, struct fault *fault)
{
	static const struct wire_option settings[] = {{ZMQ_RCVHWM, 0, "RCVHWM"}, {ZMQ_LINGER, 0, "LINGER"}};
	char name[64];
	snprintf(name, sizeof(name), "inproc://wire-client-%lu", wire_context_number(context));
	if (zmq_socket_monitor(self->socket, name, EVENTS_WATCHED) != 0)
		return fault_set(fault, "no monitor: %s", zmq_strerror(zmq_errno()));
	self->monitor = zmq_socket(wire_context_handle(context), ZMQ_PAIR);
	if (!self->monitor)
		return fault_set(fault, "no socket: %s", zmq_strerror(zmq_errno()));
	if (!wire_socket_set(self->monitor, settings, sizeof(settings) / sizeof(settings[0]), fault))
		return false;
	if (zmq_connect(self->monitor, name) != 0)
		return fault_set(fault, "no monitor: %s", zmq_strerror(zmq_errno()));
	return true;
}

static bool open_socket(struct wire_client *self, struct wire_context *context,
	const struct wire_client_options *options, struct fault *fault)
{
	self->socket = zmq_socket(wire_context_handle(context), ZMQ_DEALER);
	if (!self->socket)
		return fault_set(fault, "no socket: %s", zmq_strerror(zmq_errno()));
	if (!set_options(self->socket, options, fault) || !open_monitor(self, context, fault))
		return false;
	if (zmq_connect(self->socket, options->endpoint) != 0)
		return fault_set(fault, "not an address to connect to: %s", zmq_strerror(zmq_errno()));
	return true;
}

bool wire_client_new(struct wire_context *context, const struct wire_client_options *options,
	struct wire_client **ret_client, struct fault *fault)
{
	REQUIRE(context && options && ret_client && fault);
	REQUIRE(options->endpoint && options->keys && options->linger_ms >= 0);
	if (!wire_socket_check_endpoint(options->endpoint, false, fault))
		return false;
	CLEANUP(wire_client_destroy) struct wire_client *self = memory_new(1, sizeof(*self));
	self->endpoint = memory_copy_string(options->endpoint);
	if (!open_socket(self, context, options, fault))
		return fault_prefix(fault, options->endpoint);
	*ret_client = TAKE(self);
	return true;
}

void wire_client_destroy(struct wire_client **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	if ((*self)->socket)
		zmq_socket_monitor((*self)->socket, NULL, 0);
	wire_socket_close(&(*self)->monitor);
	wire_socket_close(&(*self)->socket);
	free((*self)->endpoint);
	free(*self);
	*self = NULL;
}

void *wire_client_socket(const struct wire_client *self)
{
	REQUIRE(self);
	return self->socket;
}

void *wire_client_monitor(const struct wire_client *self)
{
	REQUIRE(self);
	return self->monitor;
}

uint64_t wire_client_connections(const struct wire_client *self)
{
	REQUIRE(self);
	return self->connections;
}

/*
 * libzmq's I/O thread ends the old connection before it tells of the new one, but the socket learns of either
 * only when it looks at its commands, which zmq_send does not always do: a message could still go into the
 * old connection and be lost. Asking for the events makes it look.
 */
static void look_at_connection(struct wire_client *self)
{
	int events = 0;
	size_t size = sizeof(events);
	int r = zmq_getsockopt(self->socket, ZMQ_EVENTS, &events, &size);
	ENSURE(r == 0 || zmq_errno() == EINTR);
}

static void note_event(struct wire_client *self, uint16_t event)
{
	switch (event) {
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
		look_at_connection(self);
		self->status = WIRE_CLIENT_CONNECTED;
		self->connections++;
		break;
	case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
		self->status = WIRE_CLIENT_REFUSED;
		break;
	case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
	case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
		self->status = WIRE_CLIENT_STRANGE;
		break;
	case ZMQ_EVENT_DISCONNECTED: /* follows every broken handshake too, of which we know more already */
		if (self->status == WIRE_CLIENT_CONNECTED)
			self->status = WIRE_CLIENT_CONNECTING;
		break;
	default: /* ZMQ_EVENT_CLOSED, the last one watched. Nobody listens any more: what we knew of him is
		    old */
		self->status = WIRE_CLIENT_CONNECTING;
	}
}

/* An event comes in two frames: a 16-bit number and a 32-bit value without padding, then the address. */
static int read_news(struct wire_client *self)
{
	for (;;) {
		struct wire_message news;
		bool draining = false;
		wire_message_init(&news);
		int r = wire_message_read(&news, self->monitor, false, &draining);
		if (r == 0) {
			uint16_t event;
			ENSURE(news.frames[0].size >= sizeof(event));
			memcpy(&event, news.frames[0].data, sizeof(event));
			note_event(self, event);
		}
		wire_message_deinit(&news);
		if (r != 0)
			return r < 0 ? FORWARD(r) : 0;
	}
}

int wire_client_status(struct wire_client *self, enum wire_client_status *ret_status)
{
	REQUIRE(self && ret_status);
	int r = read_news(self);
	if (r < 0)
		return FORWARD(r);
	*ret_status = self->status;
	return 0;
}

int wire_client_retry(struct wire_client *self)
{
	REQUIRE(self);
	int r = read_news(self);
	if (r < 0)
		return FORWARD(r);
	/* Off with the old connection in whatever state, so that there is never more than one. */
	if (zmq_disconnect(self->socket, self->endpoint) != 0 && zmq_errno() != ENOENT)
		return FATAL(zmq_errno(), "zmq_disconnect");
	if (zmq_connect(self->socket, self->endpoint) != 0)
		return FATAL(zmq_errno(), "zmq_connect");
	self->status = WIRE_CLIENT_CONNECTING;
	return 0;
}

const char *wire_client_status_text(enum wire_client_status status)
{
	switch (status) {
	case WIRE_CLIENT_CONNECTING:
		return N_("no connection yet: is the daemon running, and is the address right?");
	case WIRE_CLIENT_CONNECTED:
		return N_("connected");
	case WIRE_CLIENT_REFUSED:
		return N_("the daemon refuses this key in this zone: is it among its principals?");
	case WIRE_CLIENT_STRANGE:
		return N_("somebody is there, but the handshake breaks: is the daemon's public key right?");
	}
	UNREACHABLE();
}

int wire_client_receive(struct wire_client *self, struct wire_message *ret_message)
{
	REQUIRE(self && ret_message);
	/* libzmq 4.3.4 aborts a process that learns between two frames of a message that the connection is
	 * gone. */
	look_at_connection(self);
	int r = wire_message_read(ret_message, self->socket, false, &self->draining);
	if (r < 0)
		return FORWARD(r);
	/* News must not pile up in a program that never asks for the status. */
	if (r == WIRE_EMPTY) {
		int n = read_news(self);
		if (n < 0)
			return FORWARD(n);
	}
	return r;
}

int wire_client_send(struct wire_client *self, const struct span *frames, size_t count)
{
	REQUIRE(self);
	int r = wire_socket_send(self->socket, SPAN_EMPTY, frames, count);
	if (r < 0)
		return FORWARD(r);
	ENSURE(r != WIRE_GONE); /* only a ROUTER knows who is gone */
	return r;
}
