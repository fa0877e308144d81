#include "wire/socket.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/limits.h"
#include "wire/message.h"

bool wire_socket_check_endpoint(const char *endpoint, bool any_port, struct fault *fault)
{
	REQUIRE(endpoint);
	static const char scheme[] = "tcp://";
	const char *colon = strrchr(endpoint, ':');
	if (strncmp(endpoint, scheme, sizeof(scheme) - 1) != 0 || colon < endpoint + sizeof(scheme) - 1)
		return fault_set(fault, "%s: only tcp://host:port is possible", endpoint);
	if (any_port && strcmp(colon, ":*") == 0)
		return true;
	long port = 0;
	const char *digit = colon + 1;
	for (; *digit >= '0' && *digit <= '9' && port <= UINT16_MAX; digit++)
		port = port * 10 + (*digit - '0');
	if (*digit || port < 1 || port > UINT16_MAX)
		return fault_set(fault, "%s: the port must be a number from 1 to %d", endpoint, UINT16_MAX);
	return true;
}

bool wire_socket_set(void *socket, const struct wire_option *options, size_t count, struct fault *fault)
{
	REQUIRE(socket && options);
	for (size_t i = 0; i < count; i++) {
		int value = options[i].value;
		if (zmq_setsockopt(socket, options[i].option, &value, sizeof(value)) != 0)
			return fault_set(fault, "libzmq refuses %s=%d: %s", options[i].name, value,
				zmq_strerror(zmq_errno()));
	}
	return true;
}

bool wire_socket_set_bytes(
	void *socket, int option, const char *name, const void *data, size_t size, struct fault *fault)
{
	REQUIRE(socket && data);
	if (zmq_setsockopt(socket, option, data, size) != 0)
		return fault_set(fault, "libzmq refuses %s: %s", name, zmq_strerror(zmq_errno()));
	return true;
}

/* libzmq measures the frame as it travels: "MESSAGE" with its length, nonce, authenticator, flags. */
#define CURVE_OVERHEAD (8 + 8 + 16 + 1)

bool wire_socket_set_frame_limit(void *socket, struct fault *fault)
{
	const int64_t size_max = FRAME_SIZE_MAX + CURVE_OVERHEAD; /* the one option with 64 bits */
	return wire_socket_set_bytes(
		socket, ZMQ_MAXMSGSIZE, "MAXMSGSIZE", &size_max, sizeof(size_max), fault);
}

static int send_frame(void *socket, struct span frame, int flags)
{
	int r;
	do
		r = zmq_send(socket, frame.data, frame.size, flags | ZMQ_DONTWAIT);
	while (r < 0 && zmq_errno() == EINTR);
	return r < 0 ? -zmq_errno() : 0;
}

static int outcome_of(int error)
{
	if (error == -EAGAIN)
		return WIRE_FULL;
	if (error == -EHOSTUNREACH)
		return WIRE_GONE;
	return FATAL(-error, "zmq_send");
}

int wire_socket_send(void *socket, struct span identity, const struct span *frames, size_t count)
{
	REQUIRE(socket && frames && count >= 1);
	if (identity.size > 0) {
		int r = send_frame(socket, identity, ZMQ_SNDMORE);
		if (r < 0)
			return outcome_of(r);
	}
	/* When the connection breaks in the middle of a message, libzmq takes back what it had and expects
	 * the rest all the same, to throw it away: stopping here would glue the next message to this one. */
	int outcome = 0;
	for (size_t i = 0; i < count; i++) {
		REQUIRE(frames[i].size <= FRAME_SIZE_MAX);
		int r = send_frame(socket, frames[i], i + 1 < count ? ZMQ_SNDMORE : 0);
		if (r < 0) {
			outcome = outcome_of(r);
			if (outcome < 0 || i == 0)
				return outcome;
		}
	}
	return outcome;
}

void wire_socket_close(void **socket)
{
	REQUIRE(socket);
	if (!*socket)
		return;
	/* It fails only for something that is no socket. */
	int r = zmq_close(*socket);
	ENSURE(r == 0);
	*socket = NULL;
}
