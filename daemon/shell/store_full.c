#include "base/assert.h"
#include "daemon/shell/state.h"

/*
 * The disk. Below the reserve new messages are refused while everything else goes on: that is what the
 * reserve is for. Should the disk be full all the same (somebody else filled it), the store has rolled the
 * batch back: every request of it is told BUSY in place of its answer, the core is read again from what is
 * durable, and every request is told BUSY until there is room.
 */

#define DISK_LOOK_US  US_PER_S
#define DISK_ROOM_MIN (16 * INT64_C(1024) * 1024) /* room for some thousand records: enough to try again */

int store_full(struct shell *self)
{
	struct log_entry entry = {.event = LOG_STORE_FULL};
	self->options.io->log(self->options.io, &entry);
	if (self->clock.running)
		answer_disk_full(self, self->clock.zone, self->clock.peer, self->clock.req);
	outgoing_refuse(self); /* before the store is read: nobody waits for that */
	streams_end_of_turn(self);
	counts_rolled_back(self);
	self->answered_count = 0;
	self->written = false;
	self->configured_unsaid |= self->configured_said;
	self->configured_said = 0;
	self->stopped_writing = true;
	for (uint32_t i = 0; i < self->cursors_count; i++)
		self->cursors[i].dirty = true;
	self->cursors_dirty = self->cursors_count > 0;
	int r = shell_restore(self);
	return r < 0 ? FORWARD(r) : 0;
}

static int change(struct shell *self, bool low)
{
	self->disk_low = low;
	struct log_entry entry = {.event = low ? LOG_DISK_LOW : LOG_DISK_OK};
	self->options.io->log(self->options.io, &entry);
	return note(self, RECORD_ALARM, SPAN_EMPTY, STREAM_OPERATOR,
		low ? SPAN_LITERAL("disk-low") : SPAN_LITERAL("disk-ok"), NULL);
}

int store_look_at_disk(struct shell *self)
{
	if (self->turns > 1 && self->now.mono.us - self->disk_looked.us < DISK_LOOK_US)
		return 0;
	self->disk_looked = self->now.mono;
	int64_t room = self->options.io->disk_free(self->options.io);
	if (self->stopped_writing) {
		if (room < DISK_ROOM_MIN)
			return 0;
		self->stopped_writing = false;
		/* The offers of the life that ended with the rolled-back batch are void. */
		int r = note(self, RECORD_STARTED, SPAN_EMPTY, SPAN_EMPTY,
			span_of_string(self->options.version), NULL);
		if (r != 0)
			return r;
	}
	bool low = room < self->options.disk_reserve;
	return low == self->disk_low ? 0 : change(self, low);
}
