#include "tests/unit/wire/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/digest.h"

static bool allow(void *context, const char *zone, const struct wire_key *key)
{
	const struct rig *self = context;
	if (self->door_open)
		return true;
	if (strcmp(zone, RIG_ZONE) != 0)
		return false;
	return wire_key_equal(key, &self->members[0].key) || wire_key_equal(key, &self->members[1].key);
}

static void denied(void *context, const struct wire_zap_denial *denial)
{
	struct rig *self = context;
	self->denied_key = denial->key ? *denial->key : (struct wire_key){{0}};
	snprintf(self->denied_reason, sizeof(self->denied_reason), "%s", denial->reason);
	snprintf(self->denied_address, sizeof(self->denied_address), "%s", denial->address);
	snprintf(self->denied_zone, sizeof(self->denied_zone), "%s", denial->zone);
}

void rig_open(struct rig *self)
{
	memset(self, 0, sizeof(*self));
	digest_start();
	self->context = wire_context_new();
	assert_non_null(self->context);
	wire_key_pair_generate(&self->server_keys);
	for (size_t i = 0; i < 2; i++)
		wire_key_pair_generate(&self->members[i]);
	const struct wire_zap_options options = {.allow = allow, .denied = denied, .context = self};
	assert_int_equal(wire_zap_new(self->context, &options, &self->zap), 0);
}

void rig_listen(struct rig *self, int high_water)
{
	const struct wire_server_options options = {
		.endpoint = "tcp://127.0.0.1:*",
		.zone = RIG_ZONE,
		.keys = &self->server_keys,
		.high_water = high_water,
	};
	struct fault fault = FAULT_NONE;
	if (!wire_server_new(self->context, &options, &self->server, &fault))
		fail_msg("%s", fault.text);
}

void rig_close(struct rig *self)
{
	for (size_t i = 0; i < RIG_PARTNERS_MAX; i++) {
		wire_client_destroy(&self->clients[i]);
		if (self->sockets[i])
			zmq_close(self->sockets[i]);
	}
	wire_server_destroy(&self->server);
	wire_zap_destroy(&self->zap);
	wire_context_destroy(&self->context);
}

struct wire_client *rig_connect_expecting(
	struct rig *self, const struct wire_key *server_key, const struct wire_key_pair *keys)
{
	const struct wire_client_options options = {
		.endpoint = wire_server_endpoint(self->server), .server_key = *server_key, .keys = keys};
	struct fault fault = FAULT_NONE;
	size_t i = 0;
	while (i < RIG_PARTNERS_MAX && self->clients[i])
		i++;
	assert_true(i < RIG_PARTNERS_MAX);
	if (!wire_client_new(self->context, &options, &self->clients[i], &fault))
		fail_msg("%s", fault.text);
	return self->clients[i];
}

int rig_listen_silently(char ret_endpoint[static RIG_ENDPOINT_SIZE])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	snprintf(ret_endpoint, RIG_ENDPOINT_SIZE, "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
	return fd;
}

struct wire_client *rig_connect(struct rig *self, const struct wire_key_pair *keys)
{
	return rig_connect_expecting(self, &self->server_keys.key, keys);
}

void rig_drop(struct rig *self, struct wire_client *client)
{
	for (size_t i = 0; i < RIG_PARTNERS_MAX; i++)
		if (self->clients[i] == client)
			wire_client_destroy(&self->clients[i]);
}

void *rig_socket(struct rig *self, int type)
{
	int none = 0;
	size_t i = 0;
	while (i < RIG_PARTNERS_MAX && self->sockets[i])
		i++;
	assert_true(i < RIG_PARTNERS_MAX);
	self->sockets[i] = zmq_socket(wire_context_handle(self->context), type);
	assert_non_null(self->sockets[i]);
	assert_int_equal(zmq_setsockopt(self->sockets[i], ZMQ_LINGER, &none, sizeof(none)), 0);
	return self->sockets[i];
}

void *rig_dealer(struct rig *self, const struct wire_key_pair *keys)
{
	void *dealer = rig_socket(self, ZMQ_DEALER);
	int r = zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, self->server_keys.key.public_key, WIRE_KEY_SIZE);
	r |= zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, keys->key.public_key, WIRE_KEY_SIZE);
	r |= zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, keys->secret_key, WIRE_KEY_SIZE);
	assert_int_equal(r, 0);
	return dealer;
}

void rig_drop_socket(struct rig *self, void *socket)
{
	for (size_t i = 0; i < RIG_PARTNERS_MAX; i++) {
		if (self->sockets[i] == socket) {
			zmq_close(socket);
			self->sockets[i] = NULL;
		}
	}
}

void rig_turn(struct rig *self, void *a, void *b, int fd, int ms)
{
	struct wire_poll_item items[4];
	size_t count = 0;
	if (self->zap)
		items[count++] = (struct wire_poll_item){.socket = wire_zap_socket(self->zap)};
	if (a)
		items[count++] = (struct wire_poll_item){.socket = a};
	if (b)
		items[count++] = (struct wire_poll_item){.socket = b};
	if (fd >= 0)
		items[count++] = (struct wire_poll_item){.fd = fd};
	assert_int_equal(wire_poll(items, count, ms), 0);
	if (self->zap)
		assert_int_equal(wire_zap_turn(self->zap), 0);
}

static int64_t now_ms(void)
{
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t rig_deadline(void)
{
	return now_ms() + RIG_PATIENCE_MS;
}

bool rig_is_over(int64_t deadline)
{
	return now_ms() > deadline;
}

void rig_await_status(struct rig *self, struct wire_client *client, enum wire_client_status status)
{
	int64_t deadline = rig_deadline();
	for (;;) {
		enum wire_client_status now;
		assert_int_equal(wire_client_status(client, &now), 0);
		if (now == status)
			return;
		if (rig_is_over(deadline))
			fail_msg("waited for status %d, it is %d", (int)status, (int)now);
		rig_turn(self, wire_client_monitor(client), NULL, -1, 100);
	}
}

void rig_await_message(struct rig *self, struct wire_message *ret_message)
{
	int64_t deadline = rig_deadline();
	for (;;) {
		int r = wire_server_receive(self->server, ret_message);
		if (r == 0)
			return;
		assert_int_equal(r, WIRE_EMPTY);
		if (rig_is_over(deadline))
			fail_msg("no message came");
		rig_turn(self, wire_server_socket(self->server), NULL, -1, 100);
	}
}

void rig_await_answer(struct rig *self, struct wire_client *client, struct wire_message *ret_message)
{
	int64_t deadline = rig_deadline();
	for (;;) {
		int r = wire_client_receive(client, ret_message);
		if (r == 0)
			return;
		assert_int_equal(r, WIRE_EMPTY);
		if (rig_is_over(deadline))
			fail_msg("no answer came");
		rig_turn(self, wire_client_socket(client), wire_client_monitor(client), -1, 100);
	}
}

void rig_say(struct rig *self, struct wire_client *client, const char *text)
{
	rig_await_status(self, client, WIRE_CLIENT_CONNECTED);
	const struct span frame = span_of_string(text);
	/* The news of the handshake may be ahead of the queue to the connection by a moment. */
	int64_t deadline = rig_deadline();
	while (wire_client_send(client, &frame, 1) == WIRE_FULL) {
		if (rig_is_over(deadline))
			fail_msg("connected, and nothing can be sent");
		rig_turn(self, NULL, NULL, -1, 1);
	}
}

int rig_answer(struct rig *self, uint64_t peer, const char *text)
{
	const struct span frame = span_of_string(text);
	return wire_server_send(self->server, peer, &frame, 1);
}

bool rig_read(struct rig *self, int fd, void *data, size_t size)
{
	int64_t deadline = rig_deadline();
	for (size_t have = 0; have < size;) {
		rig_turn(self, NULL, NULL, fd, 100);
		ssize_t got = read(fd, (char *)data + have, size - have);
		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return false;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			fail_msg("read: %s", strerror(errno));
		have += got > 0 ? (size_t)got : 0;
		if (rig_is_over(deadline))
			fail_msg("read %zu of %zu bytes, then nothing more", have, size);
	}
	return true;
}

size_t rig_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	assert_non_null(file);
	long pages = 0;
	int matched = fscanf(file, "%*d %ld", &pages);
	fclose(file);
	assert_int_equal(matched, 1);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

uint16_t rig_port(const char *endpoint)
{
	const char *colon = strrchr(endpoint, ':');
	assert_non_null(colon);
	return (uint16_t)strtoul(colon + 1, NULL, 10);
}
