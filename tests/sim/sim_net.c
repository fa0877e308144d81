#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "tests/sim/sim.h"

/*
 * The network. Within a connection frames keep their order, however slow it is; what is lost is lost with its
 * connection, or dropped where the peer does not read. Requests sent before can arrive again at any time: a
 * peer that resends, over whatever path.
 */

#define UNREAD_MAX 200 /* frames to a peer that is cut off; further ones find no room */

static void push(struct sim_queue *queue, struct sim_frame frame)
{
	if (queue->count == queue->capacity) {
		queue->capacity = queue->capacity ? queue->capacity * 2 : 16;
		queue->frames = memory_resize(queue->frames, queue->capacity, sizeof(*queue->frames));
	}
	if (queue->count > queue->head && frame.arrives < queue->frames[queue->count - 1].arrives)
		frame.arrives = queue->frames[queue->count - 1].arrives;
	queue->frames[queue->count++] = frame;
}

static bool pop(struct sim_queue *queue, int64_t now, struct sim_frame *ret_frame)
{
	if (queue->head == queue->count || queue->frames[queue->head].arrives > now)
		return false;
	*ret_frame = queue->frames[queue->head++];
	if (queue->head == queue->count)
		queue->head = queue->count = 0;
	return true;
}

static void clear(struct sim_queue *queue)
{
	struct sim_frame frame;
	while (pop(queue, INT64_MAX, &frame))
		free(frame.map);
}

void sim_net_deinit(struct sim_peer *peer)
{
	clear(&peer->to_daemon);
	clear(&peer->from_daemon);
	free(peer->to_daemon.frames);
	free(peer->from_daemon.frames);
	for (uint32_t i = 0; i < SIM_ECHOES; i++)
		free(peer->echoes[i].map);
}

void sim_connect(struct sim *self, struct sim_peer *peer)
{
	peer->peer = self->next_peer++ | (uint64_t)peer->zone << 40;
	peer->welcome = false;
	peer->peeks = false;
	peer->said_at = 0;
}

void sim_disconnect(struct sim *self, struct sim_peer *peer)
{
	clear(&peer->to_daemon);
	clear(&peer->from_daemon);
	sim_connect(self, peer);
}

static bool is_apart(const struct sim *self, const struct sim_peer *peer)
{
	return self->now.mono.us < peer->apart_until;
}

static int64_t arrival(struct sim *self, const struct sim_peer *peer)
{
	return self->now.mono.us +
	       (peer->slow_us ? (int64_t)prng_below(&self->prng, (uint64_t)peer->slow_us) : 0);
}

void sim_send(struct sim *self, struct sim_peer *peer, enum kind kind, struct buffer *map)
{
	struct sim_frame frame = {kind, map->data, map->size, arrival(self, peer)};
	bool moves_cursor = kind == KIND_WATCH && peer->peeks;
	if (self->faults && !moves_cursor) {
		struct sim_frame *kept = &peer->echoes[prng_below(&self->prng, SIM_ECHOES)];
		free(kept->map);
		*kept = (struct sim_frame){kind, memory_copy(map->data, map->size), map->size, 0};
	}
	push(&peer->to_daemon, frame);
	*map = BUFFER_NULL;
}

void sim_echo(struct sim *self, struct sim_peer *peer)
{
	const struct sim_frame *kept = &peer->echoes[prng_below(&self->prng, SIM_ECHOES)];
	if (!kept->map)
		return;
	push(&peer->to_daemon, (struct sim_frame){kept->kind, memory_copy(kept->map, kept->size), kept->size,
				       arrival(self, peer)});
}

/* What waited arrives, or the connection did not live so long. */
void sim_net_heal(struct sim *self, struct sim_peer *peer)
{
	if (prng_below(&self->prng, 2))
		sim_disconnect(self, peer);
}

bool sim_next(struct sim *self, struct sim_peer *peer, struct sim_frame *ret_frame)
{
	return !is_apart(self, peer) && pop(&peer->from_daemon, self->now.mono.us, ret_frame);
}

int sim_io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct sim *self = (struct sim *)io;
	static const char head[] = "WZP1";
	static char kind_frame[KIND_FRAME_SIZE];
	free(self->held.map);
	self->held = (struct sim_frame){0};
	uint64_t first = prng_below(&self->prng, self->peer_count);
	for (uint32_t i = 0; i < self->peer_count; i++) {
		struct sim_peer *peer = &self->peers[(first + i) % self->peer_count];
		if (is_apart(self, peer) || !pop(&peer->to_daemon, self->now.mono.us, &self->held))
			continue;
		memcpy(kind_frame, head, 4);
		kind_frame[4] = (char)self->held.kind;
		*ret_incoming = (struct incoming){
			.zone = peer->zone,
			.peer = peer->peer,
			.kind_frame = span_of(kind_frame, KIND_FRAME_SIZE),
			.map_frame = span_of(self->held.map, self->held.size),
			.frames = 2,
		};
		memcpy(ret_incoming->key, peer->key, PRINCIPAL_KEY_SIZE);
		sim_trace(self, peer->name, (int64_t)self->held.kind, ret_incoming->map_frame);
		return 0;
	}
	return 1;
}

static struct sim_peer *peer_of(struct sim *self, uint64_t number)
{
	for (uint32_t i = 0; i < self->peer_count; i++)
		if (self->peers[i].peer == number)
			return &self->peers[i];
	return NULL;
}

enum io_sent sim_io_send(
	struct io *io, enum zone zone, uint64_t number, struct span kind_frame, struct span map_frame)
{
	struct sim *self = (struct sim *)io;
	struct sim_peer *peer = peer_of(self, number);
	enum kind kind = (enum kind)(uint8_t)kind_frame.data[4];
	char to[PRINCIPAL_NAME_SIZE_MAX + sizeof("to ")];
	snprintf(to, sizeof(to), "to %s", peer ? peer->name : "nobody");
	sim_trace(self, to, (int64_t)kind, map_frame);
	if (!peer)
		return IO_GONE;
	SIM_CHECK(self, peer->zone == zone);
	oracle_frame(self, peer, kind_frame, map_frame);
	bool stuffed = is_apart(self, peer) && peer->from_daemon.count >= UNREAD_MAX;
	if (stuffed || sim_strikes(self, FAULT_LOSE, 10))
		return IO_FULL;
	push(&peer->from_daemon, (struct sim_frame){kind, memory_copy(map_frame.data, map_frame.size),
					 map_frame.size, arrival(self, peer)});
	return IO_SENT;
}
