/*
 * ZAP 1.0, as libzmq speaks it over inproc to a REP socket (after the empty delimiter, which REP hides):
 *
 *	request	 version "1.0" | request id | domain | address | routing id | mechanism | credentials …
 *	reply	 version "1.0" | request id | status code | status text | user id | metadata
 *
 * REP, one question at a time: the answer always goes back the way the question came, and one whose asker has
 * gone meanwhile is dropped by libzmq. What a peer chose (routing id, credentials) is only ever compared.
 */
#include "wire/zap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/assert.h"
#include "wire/message.h"
#include "base/memory.h"
#include "wire/socket.h"

#define ZAP_ENDPOINT	   "inproc://zeromq.zap.01"
#define ZAP_VERSION	   "1.0"
#define ZAP_FRAME_SIZE_MAX 255 /* what is longer is kept cut, and was wrong anyway */
#define ZAP_REPLY_FRAMES   6
#define ZAP_CURVE_FRAMES   7

enum zap_frame {
	FRAME_VERSION,
	FRAME_REQUEST_ID,
	FRAME_DOMAIN,
	FRAME_ADDRESS,
	FRAME_ROUTING_ID,
	FRAME_MECHANISM,
	FRAME_KEY
};

struct zap_request {
	size_t count; /* frames that came, also those beyond the array */
	bool cut;     /* one of them was longer than its place */
	struct {
		size_t size;
		char bytes[ZAP_FRAME_SIZE_MAX + 1]; /* and a NUL */
	} frames[ZAP_CURVE_FRAMES];
};

struct wire_zap {
	void *socket;
	struct wire_zap_options options;
	struct wire_zap_counts counts;
};

int wire_zap_new(
	struct wire_context *context, const struct wire_zap_options *options, struct wire_zap **ret_zap)
{
	REQUIRE(context && options && options->allow && ret_zap);
	static const struct wire_option settings[] = {
		{ZMQ_LINGER, 0, "LINGER"},
		/* Every handshake under way has its own pipe to us; none may be made to wait for another. */
		{ZMQ_RCVHWM, 0, "RCVHWM"},
		{ZMQ_SNDHWM, 0, "SNDHWM"},
	};
	struct fault fault;
	void *socket = zmq_socket(wire_context_handle(context), ZMQ_REP);
	if (!socket)
		return FATAL(zmq_errno(), "zap: zmq_socket");
	if (!wire_socket_set(socket, settings, sizeof(settings) / sizeof(settings[0]), &fault) ||
		zmq_bind(socket, ZAP_ENDPOINT) != 0) {
		int error = zmq_errno();
		wire_socket_close(&socket);
		return FATAL(error, "zap: " ZAP_ENDPOINT);
	}
	struct wire_zap *self = memory_new(1, sizeof(*self));
	self->socket = socket;
	self->options = *options;
	*ret_zap = self;
	return 0;
}

void wire_zap_destroy(struct wire_zap **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	wire_socket_close(&(*self)->socket);
	free(*self);
	*self = NULL;
}

void *wire_zap_socket(const struct wire_zap *self)
{
	REQUIRE(self);
	return self->socket;
}

struct wire_zap_counts wire_zap_counts(const struct wire_zap *self)
{
	REQUIRE(self);
	return self->counts;
}

static void keep_frame(struct zap_request *request, zmq_msg_t *frame)
{
	size_t i = request->count++;
	if (i >= ZAP_CURVE_FRAMES)
		return;
	size_t size = zmq_msg_size(frame);
	if (size > ZAP_FRAME_SIZE_MAX) {
		request->cut = true;
		size = ZAP_FRAME_SIZE_MAX;
	}
	if (size > 0)
		memcpy(request->frames[i].bytes, zmq_msg_data(frame), size);
	request->frames[i].bytes[size] = 0;
	request->frames[i].size = size;
}

static int read_request(void *socket, struct zap_request *ret_request)
{
	memset(ret_request, 0, sizeof(*ret_request));
	for (bool more = true; more;) {
		zmq_msg_t frame;
		zmq_msg_init(&frame);
		int r;
		do
			r = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT);
		while (r < 0 && zmq_errno() == EINTR);
		int error = r < 0 ? zmq_errno() : 0;
		if (error == 0)
			keep_frame(ret_request, &frame);
		more = error == 0 && zmq_msg_more(&frame);
		zmq_msg_close(&frame);
		if (error == EAGAIN && ret_request->count == 0)
			return WIRE_EMPTY;
		if (error != 0)
			return FATAL(error, "zap: zmq_msg_recv");
	}
	return 0;
}

static struct span frame_span(const struct zap_request *request, enum zap_frame frame)
{
	return span_of(request->frames[frame].bytes, request->frames[frame].size);
}

/* The text if it is plain ASCII, as names and addresses are; else "": nothing else goes into a log. */
static const char *frame_text(const struct zap_request *request, enum zap_frame frame)
{
	const char *text = request->frames[frame].bytes;
	for (size_t i = 0; i < request->frames[frame].size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return "";
	return text;
}

/* NULL if the owner is to be asked about `ret_key`; else why not. */
static const char *find_key(const struct zap_request *request, struct wire_key *ret_key)
{
	if (request->cut)
		return "malformed question";
	if (!span_equal_string(frame_span(request, FRAME_VERSION), ZAP_VERSION))
		return "not ZAP 1.0";
	if (!span_equal_string(frame_span(request, FRAME_MECHANISM), "CURVE"))
		return "mechanism is not CURVE";
	if (request->count != ZAP_CURVE_FRAMES || request->frames[FRAME_KEY].size != WIRE_KEY_SIZE)
		return "not one key of 32 bytes";
	if (frame_text(request, FRAME_DOMAIN)[0] == 0)
		return "no zone";
	memcpy(ret_key->public_key, request->frames[FRAME_KEY].bytes, WIRE_KEY_SIZE);
	return NULL;
}

/* NULL if the peer may come in. */
static const char *decide(
	struct wire_zap *self, const struct zap_request *request, struct wire_key *ret_key, bool *ret_has_key)
{
	const char *reason = find_key(request, ret_key);
	*ret_has_key = !reason;
	if (!reason &&
		!self->options.allow(self->options.context, frame_text(request, FRAME_DOMAIN), ret_key))
		reason = "key not allowed in this zone";
	return reason;
}

static int reply(struct wire_zap *self, const struct zap_request *request, const struct wire_key *allowed)
{
	char user[WIRE_KEY_TEXT_SIZE] = "";
	if (allowed)
		wire_key_print(allowed, user);
	/* The peer reads the status text: it learns that it was turned away and nothing more. */
	const struct span frames[ZAP_REPLY_FRAMES] = {
		SPAN_LITERAL(ZAP_VERSION),
		frame_span(request, FRAME_REQUEST_ID),
		allowed ? SPAN_LITERAL("200") : SPAN_LITERAL("400"),
		allowed ? SPAN_LITERAL("OK") : SPAN_LITERAL("No access"),
		span_of_string(user),
		SPAN_EMPTY,
	};
	int r = wire_socket_send(self->socket, SPAN_EMPTY, frames, ZAP_REPLY_FRAMES);
	if (r < 0)
		return FORWARD(r);
	/* REP drops the answer to one who left; it never says full. */
	ENSURE(r == 0);
	return 0;
}

static int answer(struct wire_zap *self, const struct zap_request *request)
{
	struct wire_key key = {{0}};
	bool has_key = false;
	const char *reason = decide(self, request, &key, &has_key);
	if (!reason) {
		self->counts.allowed++;
		return reply(self, request, &key);
	}
	self->counts.denied++;
	if (self->options.denied) {
		const struct wire_zap_denial denial = {
			.zone = frame_text(request, FRAME_DOMAIN),
			.address = frame_text(request, FRAME_ADDRESS),
			.key = has_key ? &key : NULL,
			.reason = reason,
		};
		self->options.denied(self->options.context, &denial);
	}
	return reply(self, request, NULL);
}

int wire_zap_turn(struct wire_zap *self)
{
	REQUIRE(self);
	for (int i = 0; i < WIRE_ZAP_REQUESTS_PER_TURN; i++) {
		struct zap_request request;
		int r = read_request(self->socket, &request);
		if (r == WIRE_EMPTY)
			return 0;
		if (r == 0)
			r = answer(self, &request);
		if (r < 0)
			return FORWARD(r);
	}
	return 0;
}
