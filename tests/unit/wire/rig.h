#ifndef WENZHENG_TESTS_WIRE_RIG_H
#define WENZHENG_TESTS_WIRE_RIG_H

#include "wire/client.h"
#include "wire/knock.h"
#include "wire/poll.h"
#include "wire/server.h"
#include "wire/zap.h"

/*
 * A zone on loopback at a free port, with its doorkeeper and two keys that may come in. Everything that waits
 * polls, turns the doorkeeper meanwhile, and gives up after RIG_PATIENCE_MS by failing the test.
 */
#define RIG_PATIENCE_MS	 20000
#define RIG_ZONE	 "portal"
#define RIG_PARTNERS_MAX 16

struct rig {
	struct wire_context *context;
	struct wire_zap *zap;
	struct wire_server *server;
	struct wire_key_pair server_keys;
	struct wire_key_pair members[2];
	bool door_open; /* lets everybody in */
	struct wire_key denied_key;
	char denied_reason[64];
	char denied_address[64];
	char denied_zone[64];
	/* What the test opened: closed by rig_close, so that a failed test does not hang in the context. */
	struct wire_client *clients[RIG_PARTNERS_MAX];
	void *sockets[RIG_PARTNERS_MAX];
};

/* A context and a doorkeeper; rig_listen adds the zone. */
void rig_open(struct rig *self);
void rig_listen(struct rig *self, int high_water);
void rig_close(struct rig *self);

/* A door behind which nobody is: a listening socket, the caller's, and where it is. */
#define RIG_ENDPOINT_SIZE 64
int rig_listen_silently(char ret_endpoint[static RIG_ENDPOINT_SIZE]);

/* A client of the zone; it belongs to the rig, which drops it at the end if the test does not before. */
struct wire_client *rig_connect(struct rig *self, const struct wire_key_pair *keys);
struct wire_client *rig_connect_expecting(
	struct rig *self, const struct wire_key *server_key, const struct wire_key_pair *keys);
void rig_drop(struct rig *self, struct wire_client *client);

/* A raw libzmq socket with LINGER 0, and a DEALER with these keys, not yet connected; they too belong to the
 * rig. */
void *rig_socket(struct rig *self, int type);
void *rig_dealer(struct rig *self, const struct wire_key_pair *keys);
void rig_drop_socket(struct rig *self, void *socket);

/* Waits for one of three sockets that may be NULL, or for a descriptor that may be -1, at most `ms`, and
 * turns the doorkeeper. */
void rig_turn(struct rig *self, void *a, void *b, int fd, int ms);

int64_t rig_deadline(void);
bool rig_is_over(int64_t deadline);

void rig_await_status(struct rig *self, struct wire_client *client, enum wire_client_status status);
void rig_await_message(struct rig *self, struct wire_message *ret_message);
void rig_await_answer(struct rig *self, struct wire_client *client, struct wire_message *ret_message);

/* Sends as soon as there is a connection. */
void rig_say(struct rig *self, struct wire_client *client, const char *text);

/* Sends one frame from the server; the outcome is the caller's to judge. */
int rig_answer(struct rig *self, uint64_t peer, const char *text);

/* Reads exactly `size` bytes; false when the other side has closed. */
bool rig_read(struct rig *self, int fd, void *data, size_t size);

/* Resident memory of this process in bytes; and what it may grow by without meaning anything. The sanitizer
 * keeps what was freed for a while, up to its quarantine. */
#ifdef __SANITIZE_ADDRESS__
#define RIG_MEMORY_SLACK (64 * 1024 * 1024)
#else
#define RIG_MEMORY_SLACK (4 * 1024 * 1024)
#endif
size_t rig_memory(void);

/* The port of an endpoint. */
uint16_t rig_port(const char *endpoint);

#endif
