#ifndef WENZHENG_WIRE_SOCKET_H
#define WENZHENG_WIRE_SOCKET_H

#include "base/fault.h"
#include "base/outcome.h"
#include "base/span.h"

/* What the sockets of wire/ have in common. Private to wire/; `socket` is libzmq's. */

/* What our server and client tell libzmq about a connection, in milliseconds. */
#define WIRE_HEARTBEAT_IVL     5000  /* a ping when nothing else was sent for so long */
#define WIRE_HEARTBEAT_TIMEOUT 15000 /* no answer for so long: cut */
#define WIRE_HEARTBEAT_TTL     30000 /* what we tell the peer to allow us */
#define WIRE_HANDSHAKE_IVL \
	2000 /* a peer that does not finish its handshake is cut: half-open ones cost memory */

struct wire_option {
	int option;
	int value;
	const char *name;
};

/* Is it tcp://…:port with a port from 1 to 65535, or an asterisk where `any_port`? The rest is libzmq's to
 * judge; a port beyond 65535 it would quietly turn into another one. */
bool wire_socket_check_endpoint(const char *endpoint, bool any_port, struct fault *fault);

/* Sets all of them; false with a fault that names the first one that libzmq does not accept. */
bool wire_socket_set(void *socket, const struct wire_option *options, size_t count, struct fault *fault);

/* One option with bytes for a value. */
bool wire_socket_set_bytes(
	void *socket, int option, const char *name, const void *data, size_t size, struct fault *fault);

/* MAXMSGSIZE, so that a frame of FRAME_SIZE_MAX passes and one byte more does not: libzmq's own default has
 * no end, and a stranger can make it allocate that before he has shown any key. */
bool wire_socket_set_frame_limit(void *socket, struct fault *fault);

/* Sends one message without waiting, after the routing id if that is not empty: 0, WIRE_GONE, WIRE_FULL, or
 * negative. */
int wire_socket_send(void *socket, struct span identity, const struct span *frames, size_t count) MUST_CHECK;

/* Closes with the LINGER that is set, and sets the pointer to NULL. NULL is fine. */
void wire_socket_close(void **socket);

#endif
