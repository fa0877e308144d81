#include "tests/unit/shell/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lib/bare_io.h"
#include "tests/unit/shell/failing_store.h"

static struct moment io_now(struct io *io)
{
	return ((struct stage *)io)->now;
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct stage *self = (struct stage *)io;
	if (self->receive_outcome < 0)
		return self->receive_outcome;
	if (self->before.waiting) {
		self->before.waiting = false;
		*ret_incoming = self->before.incoming;
		return 0;
	}
	if (!self->waiting && !(self->next && self->next(self)))
		return 1;
	self->waiting = false;
	*ret_incoming = self->incoming;
	return 0;
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t peer, struct span kind_frame, struct span map_frame)
{
	struct stage *self = (struct stage *)io;
	struct message message;
	struct refusal refusal;
	(void)zone;
	assert_true(message_decode(kind_frame, map_frame, &message, &refusal));
	self->sent[message.kind]++;
	if (peer != self->asker || message_number(&message, FIELD_REQ, -1) != STAGE_REQ)
		return self->sending;
	self->answers++;
	self->answer = message.kind;
	if (message_has(&message, FIELD_ITEMS)) {
		self->items = message.values[FIELD_ITEMS].count;
		self->cursor = message_number(&message, FIELD_CURSOR, -1);
	}
	if (message.kind == KIND_RECEIPT)
		assert_true(span_copy(
			message_text(&message, FIELD_CASE), self->last_case, sizeof(self->last_case)));
	if (message.kind == KIND_ERROR || message.kind == KIND_BUSY) {
		assert_true(span_copy(message_text(&message, FIELD_CODE), self->code, sizeof(self->code)));
		assert_true(span_copy(message_text(&message, FIELD_FIELD), self->field, sizeof(self->field)));
	}
	if (self->look)
		self->look(self, &message);
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	assert_true(entry->event < LOG_EVENT_END);
	struct stage *self = (struct stage *)io;
	self->logged[entry->event]++;
	assert_true(span_copy(entry->principal, self->logged_principal, sizeof(self->logged_principal)));
}

static int64_t io_disk_free(struct io *io)
{
	return ((struct stage *)io)->disk_free;
}

static const char *const roles[ROLE_END] = {
	"portal", "worker", "supervisor", "triage", "approver", "moderator", "operator"};

static struct principals *make_principals(void)
{
	static const char *both[] = {"edu", "water"};
	struct principal_source sources[ROLE_END];
	uint8_t keys[ROLE_END][PRINCIPAL_KEY_SIZE];
	struct fault fault;
	for (int i = 0; i < ROLE_END; i++) {
		memset(keys[i], i + 1, PRINCIPAL_KEY_SIZE);
		sources[i] = (struct principal_source){.name = roles[i], .role = roles[i], .key = keys[i]};
	}
	sources[ROLE_WORKER].departments = both;
	sources[ROLE_WORKER].departments_count = 2;
	struct principals *principals = principals_new(sources, ROLE_END, &fault);
	assert_non_null(principals);
	return principals;
}

void stage_init(struct stage *self, struct store *store)
{
	*self = (struct stage){.io = {io_now, io_receive, io_send, io_log, io_disk_free, closed_box, no_file},
		.disk_free = INT64_MAX};
	place_init(&self->place);
	self->principals = make_principals();
	self->now = self->place.now;
	self->store = store ? store : store_memory_new((struct store_identity){false, self->now.wall});
}

int stage_start(struct stage *self)
{
	struct shell_options options = {.io = &self->io,
		.store = self->store,
		.profile = self->place.profile,
		.principals = self->principals,
		.workdays = self->place.workdays,
		.disk_reserve = 1,
		.version = "test"};
	return shell_new(&options, &self->shell);
}

void stage_deinit(struct stage *self)
{
	shell_destroy(&self->shell);
	self->store->interface->destroy(&self->store);
	principals_destroy(&self->principals);
	place_deinit(&self->place);
	buffer_deinit(&self->map);
	buffer_deinit(&self->before.map);
}

static int set_up(void **state, struct store *store)
{
	struct stage *self = calloc(1, sizeof(*self));
	stage_init(self, store);
	assert_int_equal(stage_start(self), 0);
	*state = self;
	return 0;
}

int stage_setup(void **state)
{
	return set_up(state, NULL);
}

int stage_setup_laboratory(void **state)
{
	return set_up(state, store_memory_new((struct store_identity){true, {0}}));
}

int stage_setup_failing(void **state)
{
	return set_up(state, failing_store_new(store_memory_new((struct store_identity){false, {0}})));
}

int stage_teardown(void **state)
{
	stage_deinit(*state);
	free(*state);
	return 0;
}

uint64_t stage_peer(enum role role)
{
	return (uint64_t)zone_of_role(role) << 40 | (role + 1u);
}

void stage_send(struct stage *self, enum role role, enum kind kind)
{
	self->asker = stage_peer(role);
	self->incoming = (struct incoming){.zone = zone_of_role(role),
		.peer = self->asker,
		.frames = 2,
		.kind_frame = message_kind_frame(kind, self->kind_frame),
		.map_frame = buffer_span(&self->map)};
	memset(self->incoming.key, (int)role + 1, PRINCIPAL_KEY_SIZE);
	self->waiting = true;
	self->answers = 0;
	self->code[0] = self->field[0] = '\0';
}

void stage_say(struct stage *self, enum role role, enum kind kind, ...)
{
	struct writer writer;
	va_list fields;
	buffer_clear(&self->map);
	writer_begin(&writer, &self->map);
	writer_number(&writer, FIELD_REQ, STAGE_REQ);
	va_start(fields, kind);
	for (enum field field; (field = va_arg(fields, enum field)) != FIELD_TOTAL;) {
		struct span line;
		switch (field_infos[field].type) {
		case TYPE_COUNT:
			writer_number(&writer, field, va_arg(fields, int64_t));
			break;
		case TYPE_TIME:
			writer_time(&writer, field, (struct instant){va_arg(fields, int64_t)});
			break;
		case TYPE_FLAG:
			writer_flag(&writer, field, va_arg(fields, int));
			break;
		case TYPE_LINES:
			line = span_of_string(va_arg(fields, const char *));
			writer_lines(&writer, field, &line, 1);
			break;
		default:
			writer_text(&writer, field, span_of_string(va_arg(fields, const char *)));
		}
	}
	va_end(fields);
	writer_end(&writer);
	stage_send(self, role, kind);
}

void stage_and(struct stage *self)
{
	buffer_clear(&self->before.map);
	buffer_append_span(&self->before.map, buffer_span(&self->map));
	memcpy(self->before.kind_frame, self->kind_frame, sizeof(self->kind_frame));
	self->before.incoming = self->incoming;
	self->before.incoming.kind_frame = span_of(self->before.kind_frame, sizeof(self->before.kind_frame));
	self->before.incoming.map_frame = buffer_span(&self->before.map);
	self->before.waiting = true;
}

void stage_pass(struct stage *self, int64_t us)
{
	self->now.mono.us += us;
	self->now.wall.us += us;
}
