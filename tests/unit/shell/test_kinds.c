#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "daemon/shell/shell.h"
#include "daemon/store/store_memory.h"
#include "proto/message.h"
#include "tests/lib/closed_box.h"
#include "tests/lib/prng.h"
#include "tests/unit/core/place.h"

/*
 * Every kind from every role: exactly one answer to a request, FORBIDDEN where the table says so, and nothing
 * that a well-formed message can say brings the shell down.
 */

struct world {
	struct io io;	    /* first */
	struct place place; /* for its profile, principals and calendar */
	struct principals *principals;
	struct store *store;
	struct shell *shell;
	struct moment now;
	struct incoming incoming;
	uint64_t waiting; /* how often the message is there to be received */
	char kind_frame[KIND_FRAME_SIZE];
	struct buffer map;
	uint64_t asker;
	int answers; /* to the asker, with the request's id */
	enum kind answer;
	char code[33];
};

#define REQ 4711

static struct moment io_now(struct io *io)
{
	return ((struct world *)io)->now;
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct world *self = (struct world *)io;
	if (self->waiting == 0)
		return 1;
	self->waiting--;
	*ret_incoming = self->incoming;
	return 0;
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t peer, struct span kind_frame, struct span map_frame)
{
	struct world *self = (struct world *)io;
	struct message message;
	struct refusal refusal;
	(void)zone;
	assert_true(message_decode(kind_frame, map_frame, &message, &refusal));
	if (peer != self->asker || message_number(&message, FIELD_REQ, -1) != REQ)
		return IO_SENT;
	self->answers++;
	self->answer = message.kind;
	if (message.kind == KIND_ERROR || message.kind == KIND_BUSY)
		assert_true(span_copy(message_text(&message, FIELD_CODE), self->code, sizeof(self->code)));
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	(void)io;
	assert_true(entry->event < LOG_EVENT_END);
}

static int64_t io_disk_free(struct io *io)
{
	(void)io;
	return INT64_MAX;
}

static const char *const roles[ROLE_END] = {
	"portal", "worker", "supervisor", "triage", "approver", "moderator", "operator"};

static void make_principals(struct world *self)
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
	self->principals = principals_new(sources, ROLE_END, &fault);
	assert_non_null(self->principals);
}

static int setup(void **state)
{
	struct world *self = calloc(1, sizeof(*self));
	self->io = (struct io){io_now, io_receive, io_send, io_log, io_disk_free, closed_box};
	place_init(&self->place);
	make_principals(self);
	self->now = self->place.now;
	self->store = store_memory_new((struct store_identity){false, self->now.wall});
	struct shell_options options = {.io = &self->io,
		.store = self->store,
		.profile = self->place.profile,
		.principals = self->principals,
		.workdays = self->place.workdays,
		.disk_reserve = 1,
		.version = "test"};
	assert_int_equal(shell_new(&options, &self->shell), 0);
	*state = self;
	return 0;
}

static int teardown(void **state)
{
	struct world *self = *state;
	shell_destroy(&self->shell);
	self->store->interface->destroy(&self->store);
	principals_destroy(&self->principals);
	place_deinit(&self->place);
	buffer_deinit(&self->map);
	free(self);
	return 0;
}

/* Values that mean something often enough: existing cases, departments and words beside rubbish. */
static struct span some_text(struct prng *prng, enum field field, char room[static CASE_NUMBER_SIZE])
{
	static const char *const words[] = {
		"edu", "water", "open", "taken", "process", "final", "interim", "x", "水管", "y"};
	if ((field == FIELD_CASE || field == FIELD_AFTER) && prng_chance(prng, 80)) {
		case_number_print(INT64_C(20260914000001) + (int64_t)prng_below(prng, 8), room);
		return span_of_string(room);
	}
	return span_of_string(words[prng_below(prng, sizeof(words) / sizeof(words[0]))]);
}

static void write_some(struct prng *prng, struct writer *writer, enum field field)
{
	char room[CASE_NUMBER_SIZE];
	struct span line = SPAN_LITERAL("edu");
	switch (field_infos[field].type) {
	case TYPE_LINE:
	case TYPE_TEXT:
		writer_text(writer, field, some_text(prng, field, room));
		return;
	case TYPE_COUNT:
		writer_number(writer, field, field == FIELD_REQ ? REQ : (int64_t)prng_below(prng, 4));
		return;
	case TYPE_TIME:
		writer_time(
			writer, field, (struct instant){(int64_t)prng_below(prng, (uint64_t)INSTANT_US_MAX)});
		return;
	case TYPE_FLAG:
		writer_flag(writer, field, prng_chance(prng, 50));
		return;
	case TYPE_LINES:
		writer_lines(writer, field, &line, 1);
		return;
	default:
		return; /* items are daemons' own; what is refused is tested with the codec */
	}
}

static void send_kind(struct world *self, struct prng *prng, enum role role, enum kind kind)
{
	struct writer writer;
	buffer_clear(&self->map);
	writer_begin(&writer, &self->map);
	bool has_req = false;
	for (const enum field *field = kind_required(kind); *field != FIELD_TOTAL; field++) {
		write_some(prng, &writer, *field);
		has_req |= *field == FIELD_REQ;
	}
	for (const enum field *field = kind_optional(kind); *field != FIELD_TOTAL; field++)
		if (*field == FIELD_REQ || prng_chance(prng, 40)) {
			write_some(prng, &writer, *field);
			has_req |= *field == FIELD_REQ;
		}
	writer_end(&writer);
	assert_true(has_req);
	self->asker = (uint64_t)zone_of_role(role) << 40 | (role + 1u);
	self->incoming = (struct incoming){.zone = zone_of_role(role),
		.peer = self->asker,
		.frames = 2,
		.kind_frame = message_kind_frame(kind, self->kind_frame),
		.map_frame = buffer_span(&self->map)};
	memset(self->incoming.key, (int)role + 1, PRINCIPAL_KEY_SIZE);
	self->waiting = 1;
	self->answers = 0;
	self->code[0] = '\0';
}

static void every_role_may_say_what_the_table_allows_and_nothing_else(void **state)
{
	struct world *self = *state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	const struct kind_info *info;
	for (size_t i = 0; (info = kind_info_at(i)); i++) {
		if (!info->built || info->senders == SENDER_DAEMON)
			continue;
		for (int role = 0; role < ROLE_END; role++) {
			send_kind(self, &prng, (enum role)role, info->kind);
			assert_int_equal(shell_turn(self->shell), 0);
			assert_int_equal(self->answers, 1);
			bool allowed = info->senders & (1u << role);
			if (allowed)
				assert_string_not_equal(self->code, "forbidden");
			else
				assert_string_equal(self->code, "forbidden");
		}
	}
}

static void a_role_in_another_zone_is_forbidden(void **state)
{
	struct world *self = *state;
	struct prng prng;
	prng_init(&prng, 1);
	send_kind(self, &prng, ROLE_OPERATOR, KIND_STATUS);
	self->incoming.zone = ZONE_PORTAL;
	assert_int_equal(shell_turn(self->shell), 0);
	assert_string_equal(self->code, "forbidden");
}

static void send_something(struct world *self, struct prng *prng)
{
	static const enum kind kinds[] = {KIND_SUBMIT, KIND_QUERY, KIND_DIRECTORY, KIND_WATCH, KIND_SEEN,
		KIND_BEAT, KIND_BYE, KIND_READY, KIND_HELD, KIND_TAKE, KIND_REPLY, KIND_RETURN, KIND_FAIL,
		KIND_ASSIGN, KIND_STATUS, KIND_CASES, KIND_SHOW, KIND_HISTORY, KIND_WHY, KIND_WORKERS,
		KIND_DRAIN, KIND_CLOCK};
	enum kind kind = kinds[prng_below(prng, sizeof(kinds) / sizeof(kinds[0]))];
	enum role role = (enum role)prng_below(prng, ROLE_END);
	while (!(kind_info((uint8_t)kind)->senders & (1u << role)))
		role = (enum role)prng_below(prng, ROLE_END);
	send_kind(self, prng, role, kind);
	self->now.mono.us += (int64_t)prng_below(prng, 4 * (uint64_t)US_PER_S);
	self->now.wall.us = self->now.mono.us + self->place.now.wall.us - self->place.now.mono.us;
}

static void nothing_that_can_be_said_brings_the_shell_down(void **state)
{
	struct world *self = *state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 20000; i++) {
		send_something(self, &prng);
		assert_int_equal(shell_turn(self->shell), 0);
		assert_int_equal(self->answers, 1);
		if (i % 100 == 0)
			core_check(shell_core(self->shell));
	}
}

static void whichever_write_finds_the_disk_full_every_request_has_one_answer(void **state)
{
	struct world *self = *state;
	struct prng prng;
	int full = 0; /* how often it was met: a test that meets none shows nothing */
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 20000; i++) {
		send_something(self, &prng);
		uint64_t requests = self->waiting = 1 + prng_below(&prng, 4);
		store_memory_plan(self->store, STORE_MEMORY_FULL, 1 + (int64_t)prng_below(&prng, 12));
		while (self->waiting > 0)
			assert_int_equal(shell_turn(self->shell), 0);
		assert_int_equal(self->answers, requests);
		full += self->answer == KIND_BUSY && strcmp(self->code, "disk") == 0;
	}
	assert_true(full > 200);
}

static void a_revoked_key_is_told_so(void **state)
{
	struct world *self = *state;
	struct prng prng;
	prng_init(&prng, 1);
	send_kind(self, &prng, ROLE_PORTAL, KIND_QUERY);
	memset(self->incoming.key, 99, PRINCIPAL_KEY_SIZE);
	assert_int_equal(shell_turn(self->shell), 0);
	assert_int_equal(self->answers, 0); /* what it said is not even read */
	assert_false(shell_admits(self->shell, ZONE_PORTAL, self->incoming.key));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_role_may_say_what_the_table_allows_and_nothing_else),
		TEST(a_role_in_another_zone_is_forbidden),
		TEST(nothing_that_can_be_said_brings_the_shell_down),
		TEST(whichever_write_finds_the_disk_full_every_request_has_one_answer),
		TEST(a_revoked_key_is_told_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
