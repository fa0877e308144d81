#ifndef WENZHENG_TESTS_WIRE_ZMTP_PEER_H
#define WENZHENG_TESTS_WIRE_ZMTP_PEER_H

#include "tests/unit/wire/rig.h"

/*
 * A peer that speaks ZMTP 3.0 and CurveZMQ (RFC 26) by hand over a plain TCP socket, so that a test can say
 * what libzmq would not: forged properties, frames beyond every limit, half a handshake.
 */
struct zmtp_peer {
	int fd;
	uint64_t nonce;
	uint8_t server_key[32];	      /* S, long term */
	uint8_t server_transient[32]; /* S' */
	uint8_t transient_public[32]; /* C' */
	uint8_t transient_secret[32]; /* c' */
};

/* Connects, not blocking from then on. */
void zmtp_peer_open(struct zmtp_peer *self, struct rig *rig);
void zmtp_peer_close(struct zmtp_peer *self);

/* Writes everything; false when the other side has closed. */
bool zmtp_peer_write(struct zmtp_peer *self, struct rig *rig, const void *data, size_t size);

/* Exchanges greetings; `mechanism` as "CURVE". False when the other side closes instead of greeting. */
bool zmtp_peer_greet(struct zmtp_peer *self, struct rig *rig, const char *mechanism);

/* The whole CURVE handshake with these keys; `properties` (name, value, name, value, …, NULL) go into the
 * metadata beside Socket-Type. True when let in. */
bool zmtp_peer_handshake(struct zmtp_peer *self, struct rig *rig, const struct wire_key_pair *keys,
	const char *const *properties);

/* One message of one frame. */
bool zmtp_peer_send(struct zmtp_peer *self, struct rig *rig, const void *data, size_t size);

/* Waits until the other side closes; whatever it sends before is thrown away. */
void zmtp_peer_await_end(struct zmtp_peer *self, struct rig *rig);

#endif
