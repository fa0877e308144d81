#include "wire/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "wire/socket.h"

/* In libzmq 4.3.4 and honoured by it, but not in Debian's header, which hides drafts. Without it CURVE lets
 * every key in whenever no ZAP handler answers. */
#define OPTION_ZAP_ENFORCE_DOMAIN 93

#define CONNECTIONS_WAITING_MAX 1024 /* listen(2) backlog: all workers of a province coming back at once */
#define ENDPOINT_SIZE		256

struct wire_server {
	void *socket;
	bool draining; /* the rest of a message with too many frames is still to be thrown away */
	char endpoint[ENDPOINT_SIZE];
	struct wire_server_counts counts;
};

static bool set_options(void *socket, const struct wire_server_options *options, struct fault *fault)
{
	int high_water = options->high_water ? options->high_water : WIRE_HIGH_WATER;
	const struct wire_option settings[] = {
		{ZMQ_ROUTER_MANDATORY, 1, "ROUTER_MANDATORY"}, /* else what cannot be sent is lost silently */
		{ZMQ_ROUTER_HANDOVER, 0, "ROUTER_HANDOVER"},   /* else a peer takes over another's id */
		{ZMQ_RCVHWM, high_water, "RCVHWM"},
		{ZMQ_SNDHWM, high_water, "SNDHWM"},
		{ZMQ_LINGER, 0, "LINGER"},
		{ZMQ_HEARTBEAT_IVL, WIRE_HEARTBEAT_IVL, "HEARTBEAT_IVL"},
		{ZMQ_HEARTBEAT_TIMEOUT, WIRE_HEARTBEAT_TIMEOUT, "HEARTBEAT_TIMEOUT"},
		{ZMQ_HEARTBEAT_TTL, WIRE_HEARTBEAT_TTL, "HEARTBEAT_TTL"},
		{ZMQ_HANDSHAKE_IVL, WIRE_HANDSHAKE_IVL, "HANDSHAKE_IVL"},
		{ZMQ_BACKLOG, CONNECTIONS_WAITING_MAX, "BACKLOG"},
		{ZMQ_IPV6, strchr(options->endpoint, '[') != NULL, "IPV6"},
		{ZMQ_CURVE_SERVER, 1, "CURVE_SERVER"},
		{OPTION_ZAP_ENFORCE_DOMAIN, 1, "ZAP_ENFORCE_DOMAIN"},
	};
	if (!wire_socket_set(socket, settings, sizeof(settings) / sizeof(settings[0]), fault))
		return false;
	if (!wire_socket_set_frame_limit(socket, fault))
		return false;
	if (!wire_socket_set_bytes(
		    socket, ZMQ_ZAP_DOMAIN, "ZAP_DOMAIN", options->zone, strlen(options->zone), fault))
		return false;
	if (!wire_socket_set_bytes(socket, ZMQ_CURVE_SECRETKEY, "CURVE_SECRETKEY", options->keys->secret_key,
		    WIRE_KEY_SIZE, fault))
		return false;
	const struct wire_option inherited = {ZMQ_USE_FD, options->listen_fd, "USE_FD"};
	return options->listen_fd == 0 || wire_socket_set(socket, &inherited, 1, fault);
}

static bool listen_at(
	struct wire_server *self, const struct wire_server_options *options, struct fault *fault)
{
	if (zmq_bind(self->socket, options->endpoint) != 0) {
		int error = zmq_errno();
		return fault_set(fault, "zone %s cannot listen at %s: %s%s", options->zone, options->endpoint,
			zmq_strerror(error), error == EADDRINUSE ? " (is another daemon running?)" : "");
	}
	size_t size = sizeof(self->endpoint);
	if (zmq_getsockopt(self->socket, ZMQ_LAST_ENDPOINT, self->endpoint, &size) != 0)
		return fault_set(fault, "zone %s at %s: %s", options->zone, options->endpoint,
			zmq_strerror(zmq_errno()));
	/* libzmq says so when the system does not tell it where it listens. */
	if (!self->endpoint[0])
		return fault_set(fault, "zone %s at %s: the system does not say at which address it listens",
			options->zone, options->endpoint);
	return true;
}

bool wire_server_new(struct wire_context *context, const struct wire_server_options *options,
	struct wire_server **ret_server, struct fault *fault)
{
	REQUIRE(context && options && ret_server && fault);
	REQUIRE(options->endpoint && options->keys && options->high_water >= 0 && options->listen_fd >= 0);
	REQUIRE(options->zone && options->zone[0]); /* without a zone libzmq would not ask about keys */
	if (!wire_socket_check_endpoint(options->endpoint, true, fault))
		return fault_prefix(fault, options->zone);

	CLEANUP(wire_server_destroy) struct wire_server *self = memory_new(1, sizeof(*self));
	self->socket = zmq_socket(wire_context_handle(context), ZMQ_ROUTER);
	if (!self->socket)
		return fault_set(fault, "zone %s: no socket: %s", options->zone, zmq_strerror(zmq_errno()));
	if (!set_options(self->socket, options, fault))
		return fault_prefix(fault, options->zone);
	if (!listen_at(self, options, fault))
		return false;
	*ret_server = TAKE(self);
	return true;
}

void wire_server_linger(struct wire_server *self, int linger_ms)
{
	REQUIRE(self && linger_ms >= 0);
	ENSURE(zmq_setsockopt(self->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms)) == 0);
}

void wire_server_destroy(struct wire_server **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	wire_socket_close(&(*self)->socket);
	free(*self);
	*self = NULL;
}

const char *wire_server_endpoint(const struct wire_server *self)
{
	REQUIRE(self);
	return self->endpoint;
}

void *wire_server_socket(const struct wire_server *self)
{
	REQUIRE(self);
	return self->socket;
}

struct wire_server_counts wire_server_counts(const struct wire_server *self)
{
	REQUIRE(self);
	return self->counts;
}

int wire_server_receive(struct wire_server *self, struct wire_message *ret_message)
{
	REQUIRE(self && ret_message);
	int r = wire_message_read(ret_message, self->socket, true, &self->draining);
	if (r != 0)
		return r < 0 ? FORWARD(r) : WIRE_EMPTY;
	if (!wire_message_authenticate(ret_message)) {
		self->counts.unauthenticated++;
		wire_message_clear(ret_message);
		return WIRE_EMPTY;
	}
	self->counts.received++;
	self->counts.bad_identity += ret_message->bad_identity;
	self->counts.too_many_frames += ret_message->too_many_frames;
	return 0;
}

int wire_server_send_to_raw(
	struct wire_server *self, struct span identity, const struct span *frames, size_t count)
{
	REQUIRE(self && identity.size > 0);
	int r = wire_socket_send(self->socket, identity, frames, count);
	if (r < 0)
		return FORWARD(r);
	self->counts.sent += r == 0;
	self->counts.gone += r == WIRE_GONE;
	self->counts.full += r == WIRE_FULL;
	return r;
}

int wire_server_send(struct wire_server *self, uint64_t peer, const struct span *frames, size_t count)
{
	REQUIRE(wire_peer_is_valid(peer));
	const unsigned char identity[] = {0, (unsigned char)(peer >> 24), (unsigned char)(peer >> 16),
		(unsigned char)(peer >> 8), (unsigned char)peer};
	return wire_server_send_to_raw(self, span_of(identity, sizeof(identity)), frames, count);
}
