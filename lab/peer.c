#include "lab/peer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "wire/poll.h"

#define BEAT_US                                                                                    \
	900000 /* the shortest heartbeat a profile can ask for is a second, and three are forgiven \
		*/
#define PEERS_MAX 6

struct peer {
	const char *role;
	struct wire_client *client;
	struct wire_message frames;
	struct buffer map;
	struct writer writer;
	enum kind kind;
	int64_t req;
	int64_t sent_us;
	bool in_session; /* said READY or WATCH: the daemon expects to hear of us */
};

int64_t peer_now_us(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool connect_client(struct peer *self, struct fault *fault)
{
	int64_t until = peer_now_us() + PEER_CONNECT_MS * 1000;
	enum wire_client_status status = WIRE_CLIENT_CONNECTING;
	while (status != WIRE_CLIENT_CONNECTED) {
		struct wire_poll_item item = {.socket = wire_client_monitor(self->client), .fd = -1};
		int64_t left = until - peer_now_us();
		if (left <= 0 || status == WIRE_CLIENT_REFUSED || status == WIRE_CLIENT_STRANGE)
			return fault_set(fault, "%s: %s", self->role, wire_client_status_text(status));
		if (wire_poll(&item, 1, left / 1000 + 1) < 0 || wire_client_status(self->client, &status) < 0)
			return fault_set(fault, "%s: the connection cannot be watched", self->role);
	}
	return true;
}

bool peer_new(struct wire_context *context, const struct peer_options *options, struct peer **ret_peer,
	struct fault *fault)
{
	CLEANUP(peer_destroy) struct peer *self = memory_new(1, sizeof(*self));
	struct wire_client_options client = {
		.endpoint = options->endpoint, .server_key = options->server_key, .keys = options->keys};
	self->role = options->role;
	self->sent_us = peer_now_us();
	wire_message_init(&self->frames);
	if (!wire_client_new(context, &client, &self->client, fault) || !connect_client(self, fault))
		return false;
	*ret_peer = TAKE(self);
	return true;
}

void peer_destroy(struct peer **self)
{
	struct peer *peer = *self;
	if (!peer)
		return;
	wire_message_deinit(&peer->frames);
	wire_client_destroy(&peer->client);
	buffer_deinit(&peer->map);
	free(peer);
	*self = NULL;
}

const char *peer_role(const struct peer *self)
{
	return self->role;
}

struct writer *peer_begin(struct peer *self, enum kind kind, int64_t *ret_req)
{
	buffer_clear(&self->map);
	self->kind = kind;
	self->in_session |= kind == KIND_READY || kind == KIND_WATCH;
	writer_begin(&self->writer, &self->map);
	writer_number(&self->writer, FIELD_REQ, ++self->req);
	if (ret_req)
		*ret_req = self->req;
	return &self->writer;
}

bool peer_send(struct peer *self, struct fault *fault)
{
	char kind[KIND_FRAME_SIZE];
	writer_end(&self->writer);
	struct span frames[2] = {message_kind_frame(self->kind, kind), buffer_span(&self->map)};
	int r = wire_client_send(self->client, frames, 2);
	self->sent_us = peer_now_us();
	if (r != 0)
		return fault_set(fault, "%s: %s was not sent: %s", self->role,
			kind_info((uint8_t)self->kind)->name,
			r == WIRE_FULL ? "no connection" : strerror(-r));
	return true;
}

enum peer_outcome peer_receive(struct peer *self, struct message *ret_message, struct fault *fault)
{
	struct refusal refusal;
	for (;;) {
		int r = wire_client_receive(self->client, &self->frames);
		if (r == WIRE_EMPTY)
			return PEER_EMPTY;
		if (r != 0 || self->frames.frame_count != 2 ||
			!message_decode(
				self->frames.frames[0], self->frames.frames[1], ret_message, &refusal)) {
			fault_set(fault, "%s: the daemon sent what is no message: %s", self->role,
				r != 0				? strerror(-r)
				: self->frames.frame_count == 2 ? refusal.text
								: "wrong number of frames");
			return PEER_FAULT;
		}
		if (ret_message->kind != KIND_PULSE)
			return PEER_MESSAGE;
	}
}

static bool beat(struct peer *self, struct fault *fault)
{
	if (!self->in_session || peer_now_us() - self->sent_us < BEAT_US)
		return true;
	peer_begin(self, KIND_BEAT, NULL);
	return peer_send(self, fault);
}

bool peers_wait(
	struct peer *const *peers, size_t count, struct child *child, int64_t timeout_ms, struct fault *fault)
{
	struct wire_poll_item items[PEERS_MAX + 2];
	size_t used = 0;
	REQUIRE(count <= PEERS_MAX);
	for (; used < count; used++) {
		items[used] =
			(struct wire_poll_item){.socket = wire_client_socket(peers[used]->client), .fd = -1};
		if (!beat(peers[used], fault))
			return false;
	}
	if (child) {
		items[used++] = (struct wire_poll_item){.fd = child_signal_fd(child)};
		items[used++] = (struct wire_poll_item){.fd = child_end_fd(child)};
	}
	int64_t most = BEAT_US / 1000 / 2;
	if (wire_poll(items, used, timeout_ms < most ? timeout_ms : most) < 0)
		return fault_set(fault, "the connections cannot be polled");
	return !child || (!items[used - 1].readable && !items[used - 2].readable) ||
	       child_check(child, fault);
}

bool peer_fault_of(const struct peer *self, const struct message *message, struct fault *fault)
{
	struct span code = message_text(message, FIELD_CODE), field = message_text(message, FIELD_FIELD),
		    text = message_text(message, FIELD_TEXT);
	if (message->kind != KIND_ERROR && message->kind != KIND_BUSY)
		return fault_set(
			fault, "%s: an unexpected %s", self->role, kind_info((uint8_t)message->kind)->name);
	return fault_set(fault, "%s: the daemon answered %s %.*s%s%.*s: %.*s", self->role,
		kind_info((uint8_t)message->kind)->name, SPAN_PRINT(code), field.size ? " of " : "",
		SPAN_PRINT(field), SPAN_PRINT(text));
}

bool peer_ask(struct peer *self, struct child *child, enum kind kind, struct message *ret_answer,
	struct fault *fault)
{
	int64_t until = peer_now_us() + PEER_ANSWER_MS * 1000, req = self->req;
	if (!peer_send(self, fault))
		return false;
	for (;;) {
		enum peer_outcome outcome = peer_receive(self, ret_answer, fault);
		if (outcome == PEER_FAULT)
			return false;
		if (outcome == PEER_MESSAGE && message_number(ret_answer, FIELD_REQ, -1) == req)
			return ret_answer->kind == kind || peer_fault_of(self, ret_answer, fault);
		if (outcome == PEER_MESSAGE)
			continue;
		int64_t left = until - peer_now_us();
		if (left <= 0)
			return fault_set(
				fault, "%s: no answer within %d s", self->role, PEER_ANSWER_MS / 1000);
		if (!peers_wait(&self, 1, child, left / 1000 + 1, fault))
			return false;
	}
}
