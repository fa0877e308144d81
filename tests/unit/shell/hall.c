#include "tests/unit/shell/hall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/assert.h"
#include "daemon/store/store_memory.h"
#include "tests/lib/bare_io.h"

static struct moment io_now(struct io *io)
{
	return ((struct hall *)io)->now;
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct hall *self = (struct hall *)io;
	if (self->waiting == 0)
		return 1;
	self->waiting--;
	*ret_incoming = self->incoming;
	return 0;
}

static void keep_names(struct answer *answer, const struct message *list)
{
	struct message item;
	struct field_value rest = list->values[FIELD_ITEMS];
	size_t used = 0;
	while (message_items_next(&rest, &item) && used < sizeof(answer->names))
		used += (size_t)snprintf(answer->names + used, sizeof(answer->names) - used, "%.*s ",
			SPAN_PRINT(message_text(&item, FIELD_NAME)));
}

static void keep_answer(struct hall *self, const struct message *message, size_t size)
{
	struct answer *answer = &self->answer;
	*answer = (struct answer){.count = answer->count + 1,
		.req = message_number(message, FIELD_REQ, -1),
		.kind = message->kind,
		.size = size};
	if (message->kind == KIND_ERROR || message->kind == KIND_BUSY)
		assert_true(span_copy(message_text(message, FIELD_CODE), answer->code, sizeof(answer->code)));
	if (message->kind == KIND_ERROR)
		assert_true(span_copy(message_text(message, FIELD_TEXT), answer->text, sizeof(answer->text)));
	if (message->kind == KIND_LIST)
		keep_names(answer, message);
	answer->more = message_flag(message, FIELD_MORE);
	assert_true(span_copy(
		message_text(message, FIELD_CASE), answer->case_number, sizeof(answer->case_number)));
	assert_true(span_copy(
		message_text(message, FIELD_QUERY_CODE), answer->query_code, sizeof(answer->query_code)));
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t peer, struct span kind_frame, struct span map_frame)
{
	struct hall *self = (struct hall *)io;
	struct message message;
	struct refusal refusal;
	(void)zone;
	assert_true(message_decode(kind_frame, map_frame, &message, &refusal));
	int64_t req = message_number(&message, FIELD_REQ, -1);
	if (message.kind == KIND_OFFER) {
		self->offered_to = peer;
		self->offered_epoch = message_number(&message, FIELD_EPOCH, 0);
	}
	self->events += message.kind == KIND_EVENT;
	bool is_refusal = req < 0 && message.kind == KIND_ERROR;
	if (peer == self->incoming.peer && (req == HALL_REQ || is_refusal))
		keep_answer(self, &message, map_frame.size);
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	struct hall *self = (struct hall *)io;
	assert_true(entry->event < LOG_EVENT_END);
	self->logged[entry->event]++;
	char *principal = self->logged_principal[entry->event];
	assert_true(span_copy(entry->principal, principal, sizeof(self->logged_principal[0])));
}

static int64_t io_disk_free(struct io *io)
{
	(void)io;
	return INT64_MAX;
}

/* The files are as they were. */
static bool io_reload(struct io *io, struct shell_configuration *ret_configuration, struct fault *fault)
{
	struct hall *self = (struct hall *)io;
	(void)fault;
	*ret_configuration = hall_configuration(self);
	return true;
}

struct shell_configuration hall_configuration(const struct hall *self)
{
	return (struct shell_configuration){self->place.profile, self->principals, self->place.workdays};
}

static struct shell_options hall_options(struct hall *self)
{
	return (struct shell_options){.io = &self->io,
		.store = self->store,
		.profile = self->place.profile,
		.principals = self->principals,
		.workdays = self->place.workdays,
		.disk_reserve = 1,
		.version = "test"};
}

void hall_init(struct hall *self, const struct principal_source *sources, unsigned count)
{
	struct fault fault;
	*self = (struct hall){
		.io = {io_now, io_receive, io_send, io_log, io_disk_free, closed_box, io_reload}};
	place_init(&self->place);
	self->principals = principals_new(sources, count, &fault);
	if (!self->principals)
		fail_msg("%s", fault.text);
	self->now = self->place.now;
	self->store = store_memory_new((struct store_identity){false, self->now.wall});
	struct shell_options options = hall_options(self);
	assert_int_equal(shell_new(&options, &self->shell), 0);
}

void hall_restart(struct hall *self)
{
	struct shell_options options = hall_options(self);
	shell_destroy(&self->shell);
	store_memory_crash(self->store);
	assert_int_equal(shell_new(&options, &self->shell), 0);
}

void hall_deinit(struct hall *self)
{
	shell_destroy(&self->shell);
	self->store->interface->destroy(&self->store);
	principals_destroy(&self->principals);
	place_deinit(&self->place);
	buffer_deinit(&self->map);
}

struct speaker hall_speaker(const struct principal_source *source, unsigned i)
{
	enum role role;
	bool known = role_parse(span_of_string(source->role), &role);
	REQUIRE(known);
	enum zone zone = zone_of_role(role);
	return (struct speaker){zone, (uint64_t)zone << 40 | (i + 1u), (uint8_t)(i + 1)};
}

struct writer *hall_begin(struct hall *self)
{
	buffer_clear(&self->map);
	writer_begin(&self->writer, &self->map);
	writer_number(&self->writer, FIELD_REQ, HALL_REQ);
	return &self->writer;
}

void hall_send(struct hall *self, struct speaker speaker, uint8_t kind, uint32_t times)
{
	writer_end(&self->writer);
	self->incoming = (struct incoming){.zone = speaker.zone,
		.peer = speaker.peer,
		.frames = 2,
		.kind_frame = message_kind_frame((enum kind)kind, self->kind_frame),
		.map_frame = buffer_span(&self->map)};
	memset(self->incoming.key, speaker.key, PRINCIPAL_KEY_SIZE);
	self->waiting = times;
	self->answer = (struct answer){0};
}

void hall_say(struct hall *self, struct speaker speaker, uint8_t kind)
{
	hall_send(self, speaker, kind, 1);
	assert_int_equal(shell_turn(self->shell), 0);
}

int64_t hall_records(const struct hall *self)
{
	int64_t seq;
	struct digest head;
	assert_int_equal(self->store->interface->chain_head(self->store, &seq, &head), 0);
	return seq;
}
