#include "tests/lib/bare_io.h"
#include "tests/unit/shell/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct moment io_now(struct io *io)
{
	return ((struct world *)io)->now;
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct world *self = (struct world *)io;
	if (self->receive_fails)
		return self->receive_fails;
	if (self->queue_at == self->queue_count)
		return 1;
	*ret_incoming = self->queue[self->queue_at++];
	ret_incoming->kind_frame.data = self->bytes.data + (uintptr_t)ret_incoming->kind_frame.data;
	ret_incoming->map_frame.data = self->bytes.data + (uintptr_t)ret_incoming->map_frame.data;
	return 0;
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t peer, struct span kind_frame, struct span map_frame)
{
	struct world *self = (struct world *)io;
	struct message message;
	struct refusal refusal;
	assert_true(message_decode(kind_frame, map_frame, &message, &refusal));
	if (peer == self->gone && peer)
		return IO_GONE;
	assert_true(self->said_count < HEARD_MAX);
	struct said *said = &self->said[self->said_count++];
	*said = (struct said){.zone = zone,
		.peer = peer,
		.kind = message.kind,
		.req = message_number(&message, FIELD_REQ, -1),
		.retry_ms = message_number(&message, FIELD_RETRY_MS, -1)};
	(void)span_copy(message_text(&message, FIELD_CODE), said->code, sizeof(said->code));
	(void)span_copy(message_text(&message, FIELD_FIELD), said->field, sizeof(said->field));
	(void)span_copy(message_text(&message, FIELD_EVENT), said->event, sizeof(said->event));
	said->at = message_time(&message, FIELD_AT, (struct instant){-1}).us;
	said->cursor = message_number(&message, FIELD_CURSOR, 0);
	said->text_size = message_text(&message, FIELD_TEXT).size;
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	((struct world *)io)->logged[entry->event]++;
}

static int64_t io_disk_free(struct io *io)
{
	struct world *self = (struct world *)io;
	self->looks++;
	return self->room;
}

int world_setup(void **state)
{
	struct world *self = calloc(1, sizeof(*self));
	self->io = (struct io){io_now, io_receive, io_send, io_log, io_disk_free, closed_box, no_file};
	self->room = INT64_MAX;
	place_init(&self->place);
	self->now = (struct moment){.mono = {1}, .wall = self->place.now.wall};
	self->store = store_memory_new((struct store_identity){false, self->now.wall});
	struct shell_options options = {.io = &self->io,
		.store = self->store,
		.profile = self->place.profile,
		.principals = self->place.principals,
		.workdays = self->place.workdays,
		.disk_reserve = 1,
		.version = "test"};
	assert_int_equal(shell_new(&options, &self->shell), 0);
	*state = self;
	return 0;
}

int world_teardown(void **state)
{
	struct world *self = *state;
	shell_destroy(&self->shell);
	self->store->interface->destroy(&self->store);
	place_deinit(&self->place);
	buffer_deinit(&self->bytes);
	free(self);
	return 0;
}

static enum zone zone_of(enum who who)
{
	return who == PORTAL || who == STRANGER ? ZONE_PORTAL : ZONE_WORKER;
}

uint64_t world_peer(enum who who)
{
	return (uint64_t)zone_of(who) << 40 | UINT64_C(1) << 32 | (who + 1u);
}

/* ---- saying something ---- */

static struct incoming *queue(struct world *self, enum who who)
{
	assert_true(self->queue_count < SAID_MAX);
	struct incoming *incoming = &self->queue[self->queue_count++];
	*incoming = (struct incoming){.zone = zone_of(who), .peer = world_peer(who), .frames = 2};
	memset(incoming->key, (int)who + 1, PRINCIPAL_KEY_SIZE);
	return incoming;
}

static void begin(struct world *self, enum who who, enum kind kind, struct writer *writer)
{
	struct incoming *incoming = queue(self, who);
	char bytes[KIND_FRAME_SIZE];
	struct span frame = message_kind_frame(kind, bytes);
	incoming->kind_frame = (struct span){(const char *)(uintptr_t)self->bytes.size, frame.size};
	buffer_append(&self->bytes, frame.data, frame.size);
	incoming->map_frame.data = (const char *)(uintptr_t)self->bytes.size;
	writer_begin(writer, &self->bytes);
}

static void end(struct world *self, struct writer *writer)
{
	struct incoming *incoming = &self->queue[self->queue_count - 1];
	writer_end(writer);
	incoming->map_frame.size = self->bytes.size - (size_t)(uintptr_t)incoming->map_frame.data;
}

void world_say(struct world *self, enum who who, enum kind kind, int64_t req)
{
	struct writer writer;
	begin(self, who, kind, &writer);
	if (req >= 0)
		writer_number(&writer, FIELD_REQ, req);
	if (kind == KIND_READY) {
		writer_number(&writer, FIELD_CREDIT, 9);
		writer_number(&writer, FIELD_INCARNATION, 7);
	}
	end(self, &writer);
}

void world_submit(struct world *self, int number, const char *department)
{
	char id[16];
	struct writer writer;
	snprintf(id, sizeof(id), "m%d", number);
	begin(self, PORTAL, KIND_SUBMIT, &writer);
	writer_number(&writer, FIELD_REQ, number);
	writer_text(&writer, FIELD_ID, span_of_string(id));
	writer_text(&writer, FIELD_TITLE, SPAN_LITERAL("t"));
	writer_text(&writer, FIELD_BODY, SPAN_LITERAL("b"));
	writer_text(&writer, FIELD_DEPARTMENT, span_of_string(department));
	end(self, &writer);
}

void world_say_of_case(struct world *self, enum who who, enum kind kind, int64_t case_id)
{
	char number[CASE_NUMBER_SIZE];
	struct writer writer;
	case_number_print(case_id, number);
	begin(self, who, kind, &writer);
	writer_number(&writer, FIELD_REQ, 1);
	writer_text(&writer, FIELD_CASE, span_of_string(number));
	if (kind != KIND_HELD)
		writer_number(&writer, FIELD_EPOCH, 1);
	if (kind == KIND_REPLY)
		writer_text(&writer, FIELD_REPLY, SPAN_LITERAL("r"));
	end(self, &writer);
}

void world_seen(struct world *self, int64_t cursor)
{
	struct writer writer;
	begin(self, PORTAL, KIND_SEEN, &writer);
	writer_number(&writer, FIELD_CURSOR, cursor);
	end(self, &writer);
}

struct incoming *world_last(struct world *self)
{
	return &self->queue[self->queue_count - 1];
}

void world_turn(struct world *self)
{
	self->said_count = 0;
	assert_int_equal(shell_turn(self->shell), 0);
}

void world_pass(struct world *self, int64_t us)
{
	self->now.mono.us += us;
	self->now.wall.us += us;
}

const struct said *world_answer(struct world *self)
{
	world_turn(self);
	assert_int_equal(self->said_count, 1);
	return &self->said[0];
}
