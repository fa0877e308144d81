#include "wire/message.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/fault.h"

static_assert(sizeof(zmq_msg_t) <= sizeof(struct wire_frame), "a frame must have room for libzmq's message");

static zmq_msg_t *frame_at(const struct wire_message *self, unsigned i)
{
	REQUIRE(i < FRAMES_PER_MESSAGE_MAX);
	return (zmq_msg_t *)(void *)&self->storage[i];
}

static struct span bytes_of(zmq_msg_t *frame)
{
	return span_of(zmq_msg_data(frame), zmq_msg_size(frame));
}

void wire_message_init(struct wire_message *self)
{
	REQUIRE(self);
	memset(self, 0, sizeof(*self));
}

void wire_message_clear(struct wire_message *self)
{
	REQUIRE(self);
	for (unsigned i = 0; i < self->held; i++) {
		/* What a citizen said stays in the store and nowhere else: freed memory keeps it for long. */
		struct span bytes = bytes_of(frame_at(self, i));
		explicit_bzero((void *)(uintptr_t)bytes.data, bytes.size);
		zmq_msg_close(frame_at(self, i));
	}
	wire_message_init(self);
}

void wire_message_deinit(struct wire_message *self)
{
	wire_message_clear(self);
}

/* 0, WIRE_EMPTY, or negative. The frame is initialised in any case. */
static int receive_frame(zmq_msg_t *frame, void *socket)
{
	zmq_msg_init(frame);
	int r;
	do
		r = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
	while (r < 0 && zmq_errno() == EINTR);
	if (r >= 0)
		return 0;
	return zmq_errno() == EAGAIN ? WIRE_EMPTY : FATAL(zmq_errno(), "zmq_msg_recv");
}

/* Throws frames away until the message ends or the patience does; `draining` tells which. */
static int drain(void *socket, bool *draining)
{
	for (int i = 0; *draining && i < WIRE_DRAIN_FRAMES_MAX; i++) {
		zmq_msg_t frame;
		int r = receive_frame(&frame, socket);
		*draining = r == 0 && zmq_msg_more(&frame);
		zmq_msg_close(&frame);
		if (r != 0)
			return r < 0 ? FORWARD(r) : FATAL(EPROTO, "half a message");
	}
	return 0;
}

/* libzmq delivers a message whole or not at all, so only its first frame may be missing. */
static int read_frames(struct wire_message *self, void *socket, unsigned limit, bool *ret_more)
{
	bool more = true;
	while (more && self->held < limit) {
		zmq_msg_t *frame = frame_at(self, self->held++);
		int r = receive_frame(frame, socket);
		if (r < 0)
			return FORWARD(r);
		if (r == WIRE_EMPTY)
			return self->held == 1 ? WIRE_EMPTY : FATAL(EPROTO, "half a message");
		more = zmq_msg_more(frame);
	}
	*ret_more = more;
	return 0;
}

/* The ids that libzmq gives have five bytes: a zero and a number. That number with a bit above it is ours, so
 * that it is never 0. */
#define ROUTING_ID_SIZE 5
#define PEER_MARK	(UINT64_C(1) << 32)

static void read_identity(struct wire_message *self)
{
	self->identity = bytes_of(frame_at(self, 0));
	const unsigned char *id = (const unsigned char *)self->identity.data;
	if (self->identity.size != ROUTING_ID_SIZE || id[0] != 0) {
		self->bad_identity = true;
		return;
	}
	self->peer = PEER_MARK | (uint64_t)id[1] << 24 | (uint64_t)id[2] << 16 | (uint64_t)id[3] << 8 | id[4];
}

int wire_message_read(struct wire_message *self, void *socket, bool routed, bool *draining)
{
	REQUIRE(self && socket && draining);
	wire_message_clear(self);
	int r = drain(socket, draining);
	if (r < 0)
		return FORWARD(r);
	if (*draining)
		return WIRE_EMPTY;

	bool more = false;
	r = read_frames(self, socket, WIRE_BODY_FRAMES_MAX + (routed ? 1 : 0), &more);
	if (r != 0) {
		wire_message_clear(self);
		return r < 0 ? FORWARD(r) : WIRE_EMPTY;
	}
	*draining = self->too_many_frames = more;
	unsigned first = routed ? 1 : 0;
	if (routed)
		read_identity(self);
	for (unsigned i = first; i < self->held; i++)
		self->frames[self->frame_count++] = bytes_of(frame_at(self, i));
	return 0;
}

bool wire_message_authenticate(struct wire_message *self)
{
	REQUIRE(self && self->held > 0);
	/* Not from frame 0: libzmq 4.3.4 loses the properties of the routing id when it was read ahead. */
	struct wire_key user = {{0}};
	for (unsigned i = 1; i < self->held; i++) {
		struct wire_key named;
		struct fault fault;
		const char *text = zmq_msg_gets(frame_at(self, i), "User-Id");
		if (!text || !wire_key_parse(span_of_string(text), &named, &fault))
			return false;
		if (i > 1 && !wire_key_equal(&user, &named))
			return false;
		user = named;
	}
	self->user = user;
	return self->held > 1;
}

const char *wire_message_address(const struct wire_message *self)
{
	REQUIRE(self);
	const char *address = NULL;
	if (self->held > 0)
		address = zmq_msg_gets(frame_at(self, self->held - 1), "Peer-Address");
	return address ? address : "";
}
