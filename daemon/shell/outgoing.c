#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/state.h"

void outgoing_begin(struct shell *self, enum zone zone, uint64_t peer, enum kind kind, struct writer *writer)
{
	if (self->outgoing_count == self->outgoing_capacity) {
		self->outgoing_capacity = self->outgoing_capacity ? self->outgoing_capacity * 2 : 256;
		self->outgoing =
			memory_resize(self->outgoing, self->outgoing_capacity, sizeof(*self->outgoing));
	}
	self->outgoing[self->outgoing_count] = (struct outgoing){
		.zone = zone, .peer = peer, .req = -1, .kind = kind, .at = self->arena.size};
	writer_begin(writer, &self->arena);
}

void outgoing_begin_answer(
	struct shell *self, enum zone zone, uint64_t peer, int64_t req, enum kind kind, struct writer *writer)
{
	outgoing_begin(self, zone, peer, kind, writer);
	self->outgoing[self->outgoing_count].req = req;
	if (req >= 0)
		writer_number(writer, FIELD_REQ, req);
}

void outgoing_end(struct shell *self, struct writer *writer)
{
	writer_end(writer);
	struct outgoing *message = &self->outgoing[self->outgoing_count++];
	message->size = self->arena.size - message->at;
	ENSURE(message->size <= FRAME_SIZE_MAX);
}

static void outgoing_drop(struct shell *self)
{
	self->outgoing_count = 0;
	buffer_clear(&self->arena);
}

/* A peer that cannot be reached: its worker gets no further offers, its watch ends. */
static void peer_gone(struct shell *self, uint64_t peer)
{
	core_worker_unreachable(self->core, peer);
	streams_end(self, peer);
}

void outgoing_send(struct shell *self)
{
	char kind_bytes[KIND_FRAME_SIZE];
	for (uint32_t i = 0; i < self->outgoing_count; i++) {
		const struct outgoing *message = &self->outgoing[i];
		struct span map = span_of(self->arena.data + message->at, message->size);
		struct io *io = self->options.io;
		if (io->send(io, message->zone, message->peer, message_kind_frame(message->kind, kind_bytes),
			    map) == IO_GONE)
			peer_gone(self, message->peer);
		counts_sent(self, message);
	}
	counts_all_sent(self);
	outgoing_drop(self);
}

static bool is_answer(const struct outgoing *message)
{
	return message->kind != KIND_OFFER && message->kind != KIND_NOTICE;
}

/* All answers, not only those to what changed something: a QUERY may have read what is no more. */
void outgoing_refuse(struct shell *self)
{
	uint32_t count = self->outgoing_count;
	outgoing_drop(self);
	/* The list is rewritten in place: its new end never overtakes the entry that is read. */
	for (uint32_t i = 0; i < count; i++) {
		struct outgoing message = self->outgoing[i];
		if (is_answer(&message))
			answer_disk_full(self, message.zone, message.peer, message.req);
	}
	outgoing_send(self);
}
