#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/store/store_memory.h"
#include "tests/lib/prng.h"
#include "tests/unit/shell/hall.h"

/*
 * Every kind from every role: exactly one answer to a request, FORBIDDEN where the table says so, and nothing
 * that a well-formed message can say brings the shell down.
 */

static const char *const roles[ROLE_END] = {
	"portal", "worker", "supervisor", "triage", "approver", "moderator", "operator"};
static struct principal_source sources[ROLE_END];

static int setup(void **state)
{
	static const char *both[] = {"edu", "water"};
	static uint8_t keys[ROLE_END][PRINCIPAL_KEY_SIZE];
	static struct hall hall;
	for (int i = 0; i < ROLE_END; i++) {
		memset(keys[i], i + 1, PRINCIPAL_KEY_SIZE);
		sources[i] = (struct principal_source){.name = roles[i], .role = roles[i], .key = keys[i]};
	}
	sources[ROLE_WORKER].departments = both;
	sources[ROLE_WORKER].departments_count = 2;
	hall_init(&hall, sources, ROLE_END);
	*state = &hall;
	return 0;
}

static int teardown(void **state)
{
	hall_deinit(*state);
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
		writer_number(writer, field, (int64_t)prng_below(prng, 4));
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

static void write_fields(struct prng *prng, struct writer *writer, enum kind kind)
{
	bool has_req = false;
	for (const enum field *field = kind_required(kind); *field != FIELD_TOTAL; field++) {
		has_req |= *field == FIELD_REQ;
		if (*field != FIELD_REQ)
			write_some(prng, writer, *field);
	}
	for (const enum field *field = kind_optional(kind); *field != FIELD_TOTAL; field++) {
		has_req |= *field == FIELD_REQ;
		if (*field != FIELD_REQ && prng_chance(prng, 40))
			write_some(prng, writer, *field);
	}
	assert_true(has_req);
}

static void say_some(struct hall *self, struct prng *prng, enum role role, enum zone zone, enum kind kind)
{
	struct speaker speaker = hall_speaker(&sources[role], role);
	speaker.zone = zone;
	write_fields(prng, hall_begin(self), kind);
	hall_say(self, speaker, (uint8_t)kind);
	assert_int_equal(self->answer.count, 1);
	assert_int_equal(self->answer.req, HALL_REQ);
}

static void every_role_may_say_what_the_table_allows_and_nothing_else(void **state)
{
	struct hall *self = *state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	const struct kind_info *info;
	for (size_t i = 0; (info = kind_info_at(i)); i++) {
		if (!info->built || info->senders == SENDER_DAEMON)
			continue;
		for (int role = 0; role < ROLE_END; role++) {
			say_some(self, &prng, (enum role)role, zone_of_role((enum role)role), info->kind);
			bool allowed = info->senders & (1u << role);
			if (allowed)
				assert_string_not_equal(self->answer.code, "forbidden");
			else
				assert_string_equal(self->answer.code, "forbidden");
		}
	}
}

static void a_role_in_another_zone_is_forbidden(void **state)
{
	struct hall *self = *state;
	struct prng prng;
	prng_init(&prng, 1);
	say_some(self, &prng, ROLE_OPERATOR, ZONE_PORTAL, KIND_STATUS);
	assert_string_equal(self->answer.code, "forbidden");
}

/* Any kind from one who may send it, a little later than the last. */
static enum kind draw_kind(struct hall *self, struct prng *prng, enum role *ret_role)
{
	static const enum kind kinds[] = {KIND_SUBMIT, KIND_QUERY, KIND_DIRECTORY, KIND_WATCH, KIND_SEEN,
		KIND_BEAT, KIND_BYE, KIND_READY, KIND_HELD, KIND_TAKE, KIND_REPLY, KIND_RETURN, KIND_FAIL,
		KIND_ASSIGN, KIND_OPEN_CONTACT, KIND_STATUS, KIND_CASES, KIND_SHOW, KIND_HISTORY, KIND_WHY,
		KIND_WORKERS, KIND_DRAIN, KIND_CLOCK, KIND_RELOAD, KIND_REVOKE};
	enum kind kind = kinds[prng_below(prng, sizeof(kinds) / sizeof(kinds[0]))];
	do
		*ret_role = (enum role)prng_below(prng, ROLE_END);
	while (!(kind_info((uint8_t)kind)->senders & (1u << *ret_role)));
	self->now.mono.us += (int64_t)prng_below(prng, 4 * (uint64_t)US_PER_S);
	self->now.wall.us = self->now.mono.us + self->place.now.wall.us - self->place.now.mono.us;
	return kind;
}

static void nothing_that_can_be_said_brings_the_shell_down(void **state)
{
	struct hall *self = *state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 20000; i++) {
		enum role role;
		enum kind kind = draw_kind(self, &prng, &role);
		say_some(self, &prng, role, zone_of_role(role), kind);
		if (i % 100 == 0)
			core_check(shell_core(self->shell));
	}
}

static void whichever_write_finds_the_disk_full_every_request_has_one_answer(void **state)
{
	struct hall *self = *state;
	struct prng prng;
	int full = 0; /* how often it was met: a test that meets none shows nothing */
	prng_init(&prng, prng_seed_of_run());
	for (int i = 0; i < 20000; i++) {
		enum role role;
		enum kind kind = draw_kind(self, &prng, &role);
		uint32_t requests = 1 + (uint32_t)prng_below(&prng, 4);
		write_fields(&prng, hall_begin(self), kind);
		hall_send(self, hall_speaker(&sources[role], role), (uint8_t)kind, requests);
		store_memory_plan(self->store, STORE_MEMORY_FULL, 1 + (int64_t)prng_below(&prng, 12));
		while (self->waiting > 0)
			assert_int_equal(shell_turn(self->shell), 0);
		assert_int_equal(self->answer.count, requests);
		assert_int_equal(self->answer.req, HALL_REQ);
		full += self->answer.kind == KIND_BUSY && strcmp(self->answer.code, "disk") == 0;
	}
	assert_true(full > 200);
}

static void a_revoked_key_is_told_so(void **state)
{
	struct hall *self = *state;
	struct speaker speaker = {ZONE_PORTAL, 1, 99};
	hall_begin(self);
	hall_say(self, speaker, KIND_QUERY);
	assert_int_equal(self->answer.count, 1);
	assert_string_equal(self->answer.code, "revoked");
	assert_int_equal(self->answer.req, -1); /* what it said is not even read */
	assert_false(shell_admits(self->shell, ZONE_PORTAL, self->incoming.key));
}

/* A quarter of a megabyte each: what one asks for may not make the others wait for all of it. */
static void a_turn_ends_when_its_answers_weigh_enough(void **state)
{
	struct hall *self = *state;
	struct speaker portal = hall_speaker(&sources[ROLE_PORTAL], ROLE_PORTAL);
	struct speaker worker = hall_speaker(&sources[ROLE_WORKER], ROLE_WORKER);
	static char reply[REPLY_SIZE_MAX];
	struct writer *writer = hall_begin(self);
	writer_number(writer, FIELD_CREDIT, 1);
	writer_number(writer, FIELD_INCARNATION, 1);
	hall_say(self, worker, KIND_READY);
	writer = hall_begin(self);
	writer_text(writer, FIELD_ID, SPAN_LITERAL("1"));
	writer_text(writer, FIELD_TITLE, SPAN_LITERAL("x"));
	writer_text(writer, FIELD_BODY, SPAN_LITERAL("x"));
	writer_text(writer, FIELD_DEPARTMENT, SPAN_LITERAL("edu"));
	hall_say(self, portal, KIND_SUBMIT);
	char number[CASE_NUMBER_SIZE];
	memcpy(number, self->answer.case_number, sizeof(number));
	for (int i = 0; i < 4; i++) {
		memset(reply, 'a' + i, sizeof(reply));
		writer = hall_begin(self);
		writer_text(writer, FIELD_CASE, span_of_string(number));
		writer_number(writer, FIELD_EPOCH, self->offered_epoch);
		if (i > 0)
			writer_text(writer, FIELD_REPLY, span_of(reply, sizeof(reply)));
		if (i > 0)
			writer_text(writer, FIELD_REPLY_KIND, SPAN_LITERAL("interim"));
		hall_say(self, worker, i == 0 ? KIND_TAKE : KIND_REPLY);
		assert_int_equal(self->answer.kind, KIND_CONFIRM);
	}
	writer = hall_begin(self);
	writer_text(writer, FIELD_ID, SPAN_LITERAL("1"));
	hall_send(self, portal, KIND_QUERY, 40);
	for (int turns = 1; self->waiting > 0; turns++) {
		int before = self->answer.count;
		assert_int_equal(shell_turn(self->shell), 0);
		size_t weight = (size_t)(self->answer.count - before) * self->answer.size;
		assert_true(weight < BATCH_ANSWERS_SIZE_MAX + FRAME_SIZE_MAX);
		if (self->waiting > 0) /* the next turn comes at once */
			assert_int_equal(shell_wait_us(self->shell), 0);
		assert_true(turns <= 20);
	}
	assert_int_equal(self->answer.count, 40);
}

/* An interim reply of so many bytes. */
static void reply_with(struct hall *self, const char *number, char letter, size_t size)
{
	static char reply[REPLY_SIZE_MAX];
	memset(reply, letter, sizeof(reply));
	struct writer *writer = hall_begin(self);
	writer_text(writer, FIELD_CASE, span_of_string(number));
	writer_number(writer, FIELD_EPOCH, self->offered_epoch);
	writer_text(writer, FIELD_REPLY, span_of(reply, size));
	writer_text(writer, FIELD_REPLY_KIND, SPAN_LITERAL("interim"));
	hall_say(self, hall_speaker(&sources[ROLE_WORKER], ROLE_WORKER), KIND_REPLY);
	assert_int_equal(self->answer.kind, KIND_CONFIRM);
}

/* Asks for the case so many times; what one turn answers. */
static struct answer ask(struct hall *self, uint32_t times)
{
	writer_text(hall_begin(self), FIELD_ID, SPAN_LITERAL("1"));
	hall_send(self, hall_speaker(&sources[ROLE_PORTAL], ROLE_PORTAL), KIND_QUERY, times);
	assert_int_equal(shell_turn(self->shell), 0);
	return self->answer;
}

static void a_turn_ends_when_its_answers_weigh_a_mebibyte_to_the_byte(void **state)
{
	struct hall *self = *state;
	enum { answers = 8, weight = BATCH_ANSWERS_SIZE_MAX / answers, some = 300 };
	struct writer *writer = hall_begin(self);
	writer_number(writer, FIELD_CREDIT, 1);
	writer_number(writer, FIELD_INCARNATION, 1);
	hall_say(self, hall_speaker(&sources[ROLE_WORKER], ROLE_WORKER), KIND_READY);
	writer = hall_begin(self);
	writer_text(writer, FIELD_ID, SPAN_LITERAL("1"));
	writer_text(writer, FIELD_TITLE, SPAN_LITERAL("x"));
	writer_text(writer, FIELD_BODY, SPAN_LITERAL("x"));
	writer_text(writer, FIELD_DEPARTMENT, SPAN_LITERAL("edu"));
	hall_say(self, hall_speaker(&sources[ROLE_PORTAL], ROLE_PORTAL), KIND_SUBMIT);
	char number[CASE_NUMBER_SIZE];
	memcpy(number, self->answer.case_number, sizeof(number));
	writer = hall_begin(self);
	writer_text(writer, FIELD_CASE, span_of_string(number));
	writer_number(writer, FIELD_EPOCH, self->offered_epoch);
	hall_say(self, hall_speaker(&sources[ROLE_WORKER], ROLE_WORKER), KIND_TAKE);

	/* Two replies tell what one more weighs beside its text; the third makes the weight full. */
	reply_with(self, number, 'a', weight / 2);
	size_t one = ask(self, 1).size;
	reply_with(self, number, 'b', some);
	size_t two = ask(self, 1).size;
	reply_with(self, number, 'c', weight - two - (two - one - some));
	assert_int_equal(ask(self, 1).size, weight);

	assert_int_equal(ask(self, answers + 1).count, answers);
	assert_int_equal(shell_wait_us(self->shell), 0);
	assert_int_equal(shell_turn(self->shell), 0);
	assert_int_equal(self->answer.count, answers + 1);
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
		TEST(a_turn_ends_when_its_answers_weigh_enough),
		TEST(a_turn_ends_when_its_answers_weigh_a_mebibyte_to_the_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
