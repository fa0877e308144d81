#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "daemon/shell/shell.h"
#include "daemon/store/store_memory.h"
#include "proto/message.h"
#include "tests/unit/core/place.h"

/* The turn itself: who is let through to a handler, how much one turn does, what is durable before what, and
 * when there is something to do next. The world keeps all that was sent and logged. */

#define SAID_MAX  2048
#define HEARD_MAX 4096

enum who { PORTAL, EDU, WET, BOTH, TRIAGE, STRANGER };

struct said {
	enum zone zone;
	uint64_t peer;
	enum kind kind;
	int64_t req, retry_ms;
	char code[24];
	char event[24];
};

struct world {
	struct io io; /* first */
	struct place place;
	struct store *store;
	struct shell *shell;
	struct moment now;
	struct incoming queue[SAID_MAX];
	uint32_t queue_count, queue_at;
	int receive_fails;
	struct buffer bytes; /* of the queued frames: offsets in queue[].…_frame.data until read */
	struct said said[HEARD_MAX];
	uint32_t said_count;
	uint32_t logged[LOG_EVENT_END];
	int64_t room;
	uint64_t gone;
};

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
	(void)span_copy(message_text(&message, FIELD_EVENT), said->event, sizeof(said->event));
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	((struct world *)io)->logged[entry->event]++;
}

static int64_t io_disk_free(struct io *io)
{
	return ((struct world *)io)->room;
}

static int setup(void **state)
{
	struct world *self = calloc(1, sizeof(*self));
	self->io = (struct io){io_now, io_receive, io_send, io_log, io_disk_free};
	self->room = INT64_MAX;
	place_init(&self->place);
	self->now = self->place.now;
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

static int teardown(void **state)
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

static uint64_t peer_of(enum who who)
{
	return (uint64_t)zone_of(who) << 40 | UINT64_C(1) << 32 | (who + 1u);
}

/* ---- saying something ---- */

static struct incoming *queue(struct world *self, enum who who)
{
	assert_true(self->queue_count < SAID_MAX);
	struct incoming *incoming = &self->queue[self->queue_count++];
	*incoming = (struct incoming){.zone = zone_of(who), .peer = peer_of(who), .frames = 2};
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

static void say(struct world *self, enum who who, enum kind kind, int64_t req)
{
	struct writer writer;
	begin(self, who, kind, &writer);
	writer_number(&writer, FIELD_REQ, req);
	if (kind == KIND_READY) {
		writer_number(&writer, FIELD_CREDIT, 9);
		writer_number(&writer, FIELD_INCARNATION, 7);
	}
	end(self, &writer);
}

static void say_submit(struct world *self, int number, const char *department)
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

static void say_of_case(struct world *self, enum who who, enum kind kind, int64_t case_id)
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

/* One turn; what was said before is forgotten. */
static void turn(struct world *self)
{
	self->said_count = 0;
	assert_int_equal(shell_turn(self->shell), 0);
}

static void pass(struct world *self, int64_t us)
{
	self->now.mono.us += us;
	self->now.wall.us += us;
}

/* The only answer of a turn. */
static const struct said *answer(struct world *self)
{
	turn(self);
	assert_int_equal(self->said_count, 1);
	return &self->said[0];
}

static uint32_t count_of(const struct world *self, enum kind kind)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < self->said_count; i++)
		count += self->said[i].kind == kind;
	return count;
}

/* ---- who may say what ---- */

static void a_revoked_or_unknown_key_is_told_and_logged_once_a_second(void **state)
{
	struct world *self = *state;
	static const struct {
		int64_t after;
		uint32_t logged;
	} rows[] = {{0, 1}, {0, 1}, {US_PER_S - 1, 1}, {1, 2}, {US_PER_S, 3}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pass(self, rows[i].after);
		say(self, STRANGER, KIND_QUERY, 5);
		const struct said *said = answer(self);
		assert_int_equal(said->kind, KIND_ERROR);
		assert_string_equal(said->code, "revoked");
		assert_int_equal(said->req, -1);
		assert_int_equal(said->zone, ZONE_PORTAL);
		assert_true(said->peer == peer_of(STRANGER));
		assert_int_equal(self->logged[LOG_STRANGER], rows[i].logged);
	}
	/* The others of the same turn are served. */
	say(self, STRANGER, KIND_QUERY, 5);
	say(self, PORTAL, KIND_DIRECTORY, 6);
	turn(self);
	assert_int_equal(self->said_count, 2);
	assert_int_equal(self->said[1].kind, KIND_LIST);
}

static struct principals *revoke(enum who who)
{
	static const char *names[] = {"portal-a", "worker-edu"}, *roles[] = {"portal", "worker"},
			  *edu[] = {"edu"};
	uint8_t keys[2][PRINCIPAL_KEY_SIZE];
	struct principal_source sources[2];
	struct fault fault;
	for (int i = 0; i < 2; i++) {
		memset(keys[i], i + 1, PRINCIPAL_KEY_SIZE);
		sources[i] = (struct principal_source){.name = names[i],
			.role = roles[i],
			.key = keys[i],
			.state = i == (int)who ? "revoked" : "active",
			.departments = i ? edu : NULL,
			.departments_count = i ? 1 : 0};
	}
	struct principals *principals = principals_new(sources, 2, &fault);
	assert_non_null(principals);
	return principals;
}

static void a_key_revoked_by_a_reload_is_dead_with_the_next_message(void **state)
{
	struct world *self = *state;
	uint8_t key[PRINCIPAL_KEY_SIZE];
	memset(key, PORTAL + 1, sizeof(key));
	assert_true(shell_admits(self->shell, ZONE_PORTAL, key));
	assert_false(shell_admits(self->shell, ZONE_WORKER, key));
	say(self, PORTAL, KIND_DIRECTORY, 1);
	assert_int_equal(answer(self)->kind, KIND_LIST);
	struct principals *before = self->place.principals;
	self->place.principals = revoke(PORTAL);
	struct shell_configuration configuration = {
		self->place.profile, self->place.principals, self->place.workdays};
	assert_int_equal(shell_configure(self->shell, &configuration), 0);
	principals_destroy(&before);
	say(self, PORTAL, KIND_DIRECTORY, 2);
	assert_string_equal(answer(self)->code, "revoked");
	assert_false(shell_admits(self->shell, ZONE_PORTAL, key));
}

static void a_workers_messages_need_a_ready_before_them(void **state)
{
	struct world *self = *state;
	static const struct {
		enum kind kind;
		const char *code;
		enum kind answer;
	} rows[] = {
		{KIND_HELD, "not-ready", KIND_ERROR},
		{KIND_BEAT, "not-ready", KIND_ERROR},
		{KIND_BYE, "not-ready", KIND_ERROR},
		{KIND_READY, "", KIND_WELCOME},
		{KIND_HELD, "", KIND_LIST},
		{KIND_BEAT, "", KIND_PULSE},
		{KIND_BYE, "", KIND_CONFIRM},
		{KIND_HELD, "not-ready", KIND_ERROR},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		say(self, EDU, rows[i].kind, 10 + (int64_t)i);
		const struct said *said = answer(self);
		assert_int_equal(said->kind, rows[i].answer);
		assert_string_equal(said->code, rows[i].code);
		assert_int_equal(said->req, 10 + (int64_t)i);
	}
	/* Whoever is no worker needs none. */
	say(self, TRIAGE, KIND_WATCH, 1);
	assert_int_equal(answer(self)->kind, KIND_CONFIRM);
}

static void every_word_of_a_worker_counts_as_a_beat(void **state)
{
	struct world *self = *state;
	say(self, EDU, KIND_READY, 1);
	turn(self);
	for (int i = 0; i < 4; i++) {
		pass(self, 14 * US_PER_S);
		say(self, EDU, KIND_HELD, 2);
		assert_int_equal(answer(self)->kind, KIND_LIST);
	}
	pass(self, 15 * US_PER_S);
	turn(self);
	say(self, EDU, KIND_HELD, 3);
	assert_string_equal(answer(self)->code, "not-ready");
}

static void a_role_in_a_zone_that_is_not_its_own_is_forbidden_and_logged(void **state)
{
	struct world *self = *state;
	say(self, PORTAL, KIND_DIRECTORY, 4);
	self->queue[self->queue_count - 1].zone = ZONE_WORKER;
	const struct said *said = answer(self);
	assert_string_equal(said->code, "forbidden");
	assert_int_equal(said->req, 4);
	assert_int_equal(said->zone, ZONE_WORKER);
	assert_int_equal(self->logged[LOG_REFUSED], 1);
	say(self, PORTAL, KIND_READY, 4);
	assert_string_equal(answer(self)->code, "forbidden");
}

static void a_message_has_two_frames(void **state)
{
	struct world *self = *state;
	for (uint32_t frames = 1; frames < 5; frames++) {
		say(self, PORTAL, KIND_DIRECTORY, 4);
		self->queue[self->queue_count - 1].frames = frames;
		const struct said *said = answer(self);
		assert_string_equal(said->code, frames == 2 ? "" : "frames");
		assert_int_equal(said->req, frames == 2 ? 4 : -1);
		assert_true(said->peer == peer_of(PORTAL));
	}
	say(self, PORTAL, KIND_DIRECTORY, 4);
	self->queue[self->queue_count - 1].map_frame.size--;
	assert_string_equal(answer(self)->code, "malformed");
}

static void a_routing_id_of_ones_own_is_answered_before_the_next_message_is_read(void **state)
{
	struct world *self = *state;
	say(self, EDU, KIND_READY, 1);
	self->queue[0].peer = 0;
	say(self, PORTAL, KIND_DIRECTORY, 2);
	turn(self);
	assert_int_equal(self->said_count, 2);
	assert_int_equal(self->said[0].kind, KIND_ERROR);
	assert_string_equal(self->said[0].code, "bad-identity");
	assert_int_equal(self->said[0].zone, ZONE_WORKER);
	assert_true(self->said[0].peer == 0);
	assert_int_equal(self->said[1].kind, KIND_LIST);
}

/* HELD: a department's cases are nobody else's. */
static void what_one_department_holds_another_does_not_see(void **state)
{
	struct world *self = *state;
	say_submit(self, 1, "edu");
	say(self, EDU, KIND_READY, 1);
	say(self, WET, KIND_READY, 1);
	turn(self);
	say_of_case(self, EDU, KIND_TAKE, INT64_C(20260914000001));
	assert_int_equal(answer(self)->kind, KIND_CONFIRM);
	say_of_case(self, WET, KIND_HELD, INT64_C(20260914000001));
	assert_string_equal(answer(self)->code, "not-yours");
	say_of_case(self, EDU, KIND_HELD, INT64_C(20260914000001));
	assert_int_equal(answer(self)->kind, KIND_LIST);
}

/* ---- how much, in what order ---- */

static void one_turn_reads_so_many_messages_and_comes_back_at_once_for_the_rest(void **state)
{
	struct world *self = *state;
	for (int i = 0; i < BATCH_MESSAGES_MAX + 1; i++)
		say(self, PORTAL, KIND_DIRECTORY, i);
	turn(self);
	assert_int_equal(self->said_count, BATCH_MESSAGES_MAX);
	assert_int_equal(shell_wait_us(self->shell), 0);
	turn(self);
	assert_int_equal(self->said_count, 1);
	assert_true(shell_wait_us(self->shell) > 0);
	for (int i = 0; i < BATCH_MESSAGES_MAX - 1; i++)
		say(self, PORTAL, KIND_DIRECTORY, i);
	turn(self);
	assert_true(shell_wait_us(self->shell) > 0);
}

static void one_turn_does_so_much_of_what_is_due_and_comes_back_for_the_rest(void **state)
{
	struct world *self = *state;
	for (int i = 0; i < BATCH_TIMERS_MAX - 1; i++)
		say_submit(self, i, "edu");
	turn(self);
	assert_int_equal(count_of(self, KIND_RECEIPT), BATCH_TIMERS_MAX - 1);
	pass(self, 10 * US_PER_S);
	say_submit(self, 10000, "edu");
	say_submit(self, 10001, "edu");
	turn(self);
	struct core_totals before = core_totals(shell_core(self->shell));
	assert_int_equal(before.open, BATCH_TIMERS_MAX + 1);
	/* The due moment of 09-18 00:00 after the reminder of 09-16 09:00: twice as many as a turn does. */
	self->now.mono.us += 4 * US_PER_DAY;
	self->now.wall.us += 4 * US_PER_DAY;
	turn(self);
	assert_int_equal(shell_wait_us(self->shell), 0);
	assert_int_equal(core_totals(shell_core(self->shell)).overdue, 0);
	turn(self);
	assert_int_equal(core_totals(shell_core(self->shell)).overdue, BATCH_TIMERS_MAX - 1);
	turn(self);
	assert_int_equal(core_totals(shell_core(self->shell)).overdue, BATCH_TIMERS_MAX + 1);
	assert_true(shell_wait_us(self->shell) > 0);
}

static void an_offer_goes_out_in_the_turn_of_its_message_and_answers_come_first(void **state)
{
	struct world *self = *state;
	say(self, EDU, KIND_READY, 1);
	turn(self);
	say_submit(self, 7, "edu");
	turn(self);
	assert_int_equal(self->said_count, 2);
	assert_int_equal(self->said[0].kind, KIND_RECEIPT);
	assert_int_equal(self->said[0].req, 7);
	assert_int_equal(self->said[1].kind, KIND_OFFER);
}

static void answered_cases_leave_the_core_once_they_are_durable(void **state)
{
	struct world *self = *state;
	say(self, EDU, KIND_READY, 1);
	turn(self);
	for (int i = 0; i < 200; i++) {
		say_submit(self, i, "edu");
		if (i % 9 != 8)
			continue;
		turn(self);
		for (int j = i - 8; j <= i; j++)
			say_of_case(self, EDU, KIND_TAKE, INT64_C(20260914000001) + j);
		turn(self);
	}
	/* More at once than the list of them has room for at first. */
	for (int i = 0; i < 190; i++)
		say_of_case(self, EDU, KIND_REPLY, INT64_C(20260914000001) + i);
	turn(self);
	assert_int_equal(count_of(self, KIND_CONFIRM), 190);
	struct case_row row;
	for (int i = 0; i < 190; i++)
		assert_false(core_row(shell_core(self->shell), INT64_C(20260914000001) + i, &row));
	core_check(shell_core(self->shell));
	assert_int_equal(self->store->interface->read_case(self->store, INT64_C(20260914000190), &row), 0);
	assert_int_equal(row.state, CASE_ANSWERED);
	turn(self);
}

/* ---- failures ---- */

static void a_failed_commit_is_fatal_and_nothing_is_said(void **state)
{
	struct world *self = *state;
	for (int fault = STORE_MEMORY_FAIL_LOST; fault <= STORE_MEMORY_FAIL_KEPT; fault++) {
		store_memory_crash(self->store);
		store_memory_plan(self->store, (enum store_memory_fault)fault, 1 + 3 * (fault & 1));
		self->said_count = 0;
		say_submit(self, 10 + fault, "edu");
		assert_true(shell_turn(self->shell) < 0);
		assert_int_equal(self->said_count, 0);
	}
}

static void a_failed_read_of_the_sockets_is_fatal(void **state)
{
	struct world *self = *state;
	self->receive_fails = -5;
	assert_int_equal(shell_turn(self->shell), -5);
}

static void on_a_full_disk_everybody_is_told_to_wait_and_later_served(void **state)
{
	struct world *self = *state;
	say(self, EDU, KIND_READY, 1);
	turn(self);
	store_memory_set_full(self->store, true);
	self->room = 0;
	say_submit(self, 1, "edu");
	turn(self);
	assert_int_equal(self->said_count, 0); /* the answer was made and not sent */
	assert_int_equal(self->logged[LOG_STORE_FULL], 1);
	assert_int_equal(shell_wait_us(self->shell), US_PER_S);
	say_submit(self, 2, "edu");
	const struct said *said = answer(self);
	assert_int_equal(said->kind, KIND_BUSY);
	assert_string_equal(said->code, "disk");
	assert_int_equal(said->retry_ms, 1000);
	/* Nothing is done meanwhile, not even what is due. */
	pass(self, 30 * US_PER_DAY);
	turn(self);
	assert_int_equal(self->said_count, 0);
	store_memory_set_full(self->store, false);
	self->room = INT64_MAX;
	pass(self, US_PER_S);
	turn(self);
	say_submit(self, 2, "edu");
	turn(self);
	assert_int_equal(count_of(self, KIND_RECEIPT), 1);
}

static void whoever_cannot_be_reached_gets_no_further_offer(void **state)
{
	struct world *self = *state;
	say(self, EDU, KIND_READY, 1);
	turn(self);
	self->gone = peer_of(EDU);
	say_submit(self, 1, "edu");
	turn(self);
	turn(self);
	struct worker_view worker;
	assert_false(core_worker_by_peer(shell_core(self->shell), peer_of(EDU), &worker));
	assert_int_equal(core_totals(shell_core(self->shell)).queued, 1);
}

/* ---- the end, and when to come back ---- */

static void the_orderly_end_tells_every_worker_and_makes_all_durable(void **state)
{
	struct world *self = *state;
	struct writer writer;
	int64_t seen = 0;
	say(self, EDU, KIND_READY, 1);
	say(self, WET, KIND_READY, 1);
	say(self, PORTAL, KIND_WATCH, 1);
	say_submit(self, 1, "tax");
	turn(self);
	begin(self, PORTAL, KIND_SEEN, &writer);
	writer_number(&writer, FIELD_CURSOR, 1);
	end(self, &writer);
	turn(self);
	assert_int_equal(self->store->interface->read_cursor(self->store, SPAN_LITERAL("portal-a"), &seen),
		STORE_NOT_FOUND);
	self->said_count = 0;
	assert_int_equal(shell_stop(self->shell), 0);
	assert_int_equal(self->said_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(self->said[i].kind, KIND_NOTICE);
		assert_int_equal(self->said[i].zone, ZONE_WORKER);
		assert_string_equal(self->said[i].event, "draining");
	}
	store_memory_crash(self->store);
	assert_int_equal(
		self->store->interface->read_cursor(self->store, SPAN_LITERAL("portal-a"), &seen), 0);
	assert_int_equal(seen, 1);
}

static void end_badly(struct world *self, enum store_memory_fault fault)
{
	struct writer writer;
	say(self, EDU, KIND_READY, 1);
	say(self, PORTAL, KIND_WATCH, 1);
	turn(self);
	begin(self, PORTAL, KIND_SEEN, &writer);
	writer_number(&writer, FIELD_CURSOR, 1);
	end(self, &writer);
	turn(self);
	store_memory_plan(self->store, fault, 1);
	self->said_count = 0;
	assert_true(shell_stop(self->shell) < 0);
	assert_int_equal(self->said_count, 0);
}

static void an_end_for_which_there_is_no_room_says_so(void **state)
{
	end_badly(*state, STORE_MEMORY_FULL);
}

static void an_end_that_cannot_be_written_says_so(void **state)
{
	end_badly(*state, STORE_MEMORY_FAIL_LOST);
}

static void a_seen_is_written_within_a_second_and_forces_no_commit_before(void **state)
{
	struct world *self = *state;
	struct writer writer;
	int64_t seen;
	struct span portal = SPAN_LITERAL("portal-a");
	say(self, PORTAL, KIND_WATCH, 1);
	turn(self);
	begin(self, PORTAL, KIND_SEEN, &writer);
	writer_number(&writer, FIELD_CURSOR, 1);
	end(self, &writer);
	turn(self);
	assert_int_equal(shell_wait_us(self->shell), US_PER_S);
	pass(self, US_PER_S - 1);
	turn(self);
	assert_int_equal(shell_wait_us(self->shell), 1);
	assert_int_equal(self->store->interface->read_cursor(self->store, portal, &seen), STORE_NOT_FOUND);
	pass(self, 1);
	turn(self);
	assert_int_equal(self->store->interface->read_cursor(self->store, portal, &seen), 0);
	assert_int_equal(seen, 1);
	/* Or with the next commit. */
	begin(self, PORTAL, KIND_SEEN, &writer);
	writer_number(&writer, FIELD_CURSOR, 2);
	end(self, &writer);
	say_submit(self, 1, "edu");
	say_submit(self, 2, "edu");
	turn(self);
	begin(self, PORTAL, KIND_SEEN, &writer);
	writer_number(&writer, FIELD_CURSOR, 3);
	end(self, &writer);
	say_submit(self, 3, "edu");
	turn(self);
	store_memory_crash(self->store);
	assert_int_equal(self->store->interface->read_cursor(self->store, portal, &seen), 0);
	assert_int_equal(seen, 3);
}

static void the_wait_is_until_the_next_timer_of_either_clock(void **state)
{
	struct world *self = *state;
	turn(self);
	assert_true(shell_wait_us(self->shell) == INT64_MAX); /* nothing, ever */
	say_submit(self, 1, "edu");
	turn(self);
	/* The reminder: Wed 09-16 09:00; it is Mon 09-14 09:00. */
	assert_int_equal(shell_wait_us(self->shell), 2 * US_PER_DAY);
	pass(self, 2 * US_PER_DAY - 5);
	turn(self);
	assert_int_equal(shell_wait_us(self->shell), 5);
	say(self, WET, KIND_READY, 1);
	pass(self, 5);
	turn(self);
	/* The worker's beats, now nearer than rung 1. */
	assert_int_equal(shell_wait_us(self->shell), 15 * US_PER_S);
	/* The moment has come, and nobody has turned yet. */
	pass(self, 16 * US_PER_S);
	self->said_count = 0;
	turn(self);
	assert_true(shell_wait_us(self->shell) > 15 * US_PER_S);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_revoked_or_unknown_key_is_told_and_logged_once_a_second),
		TEST(a_key_revoked_by_a_reload_is_dead_with_the_next_message),
		TEST(a_workers_messages_need_a_ready_before_them),
		TEST(every_word_of_a_worker_counts_as_a_beat),
		TEST(a_role_in_a_zone_that_is_not_its_own_is_forbidden_and_logged),
		TEST(a_message_has_two_frames),
		TEST(a_routing_id_of_ones_own_is_answered_before_the_next_message_is_read),
		TEST(what_one_department_holds_another_does_not_see),
		TEST(one_turn_reads_so_many_messages_and_comes_back_at_once_for_the_rest),
		TEST(one_turn_does_so_much_of_what_is_due_and_comes_back_for_the_rest),
		TEST(an_offer_goes_out_in_the_turn_of_its_message_and_answers_come_first),
		TEST(answered_cases_leave_the_core_once_they_are_durable),
		TEST(a_failed_commit_is_fatal_and_nothing_is_said),
		TEST(a_failed_read_of_the_sockets_is_fatal),
		TEST(on_a_full_disk_everybody_is_told_to_wait_and_later_served),
		TEST(whoever_cannot_be_reached_gets_no_further_offer),
		TEST(the_orderly_end_tells_every_worker_and_makes_all_durable),
		TEST(an_end_for_which_there_is_no_room_says_so),
		TEST(an_end_that_cannot_be_written_says_so),
		TEST(a_seen_is_written_within_a_second_and_forces_no_commit_before),
		TEST(the_wait_is_until_the_next_timer_of_either_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
