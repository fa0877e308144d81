#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/shell/world.h"

/* Who is let through to a handler, and what the others are told. */

static void a_revoked_or_unknown_key_is_told_and_logged(void **state)
{
	struct world *self = *state;
	for (uint32_t i = 0; i < 5; i++) {
		world_say(self, STRANGER, KIND_QUERY, 5);
		const struct said *said = world_answer(self);
		assert_int_equal(said->kind, KIND_ERROR);
		assert_string_equal(said->code, "revoked");
		assert_string_equal(said->field, "");
		assert_true(said->text_size > 0);
		assert_int_equal(said->req, -1);
		assert_int_equal(said->zone, ZONE_PORTAL);
		assert_true(said->peer == world_peer(STRANGER));
		assert_int_equal(self->logged[LOG_STRANGER], i + 1);
	}
	/* The others of the same turn are served. */
	world_say(self, STRANGER, KIND_QUERY, 5);
	world_say(self, PORTAL, KIND_DIRECTORY, 6);
	world_turn(self);
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
	world_say(self, PORTAL, KIND_DIRECTORY, 1);
	assert_int_equal(world_answer(self)->kind, KIND_LIST);
	struct principals *before = self->place.principals;
	self->place.principals = revoke(PORTAL);
	struct shell_configuration configuration = {
		self->place.profile, self->place.principals, self->place.workdays};
	shell_configure(self->shell, &configuration);
	principals_destroy(&before);
	world_say(self, PORTAL, KIND_DIRECTORY, 2);
	assert_string_equal(world_answer(self)->code, "revoked");
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
		world_say(self, EDU, rows[i].kind, 10 + (int64_t)i);
		const struct said *said = world_answer(self);
		assert_int_equal(said->kind, rows[i].answer);
		assert_string_equal(said->code, rows[i].code);
		assert_int_equal(said->req, 10 + (int64_t)i);
	}
	/* Without REQ a BYE of nobody is not answered, and a BEAT's answer has none. */
	world_say(self, EDU, KIND_BYE, -1);
	world_turn(self);
	assert_int_equal(self->said_count, 0);
	world_say(self, EDU, KIND_BEAT, -1);
	assert_int_equal(world_answer(self)->req, -1);
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	world_say(self, EDU, KIND_BEAT, -1);
	assert_int_equal(world_answer(self)->kind, KIND_PULSE);
	assert_int_equal(self->said[0].req, -1);
	/* Whoever is no worker needs none. */
	world_say(self, TRIAGE, KIND_WATCH, 1);
	assert_int_equal(world_answer(self)->kind, KIND_CONFIRM);
}

static void every_word_of_a_worker_counts_as_a_beat(void **state)
{
	struct world *self = *state;
	world_say(self, EDU, KIND_READY, 1);
	world_turn(self);
	for (int i = 0; i < 4; i++) {
		world_pass(self, 14 * US_PER_S);
		world_say(self, EDU, KIND_HELD, 2);
		assert_int_equal(world_answer(self)->kind, KIND_LIST);
	}
	world_pass(self, 15 * US_PER_S);
	world_turn(self);
	world_say(self, EDU, KIND_HELD, 3);
	assert_string_equal(world_answer(self)->code, "not-ready");
}

static void a_role_in_a_zone_that_is_not_its_own_is_forbidden_and_logged(void **state)
{
	struct world *self = *state;
	world_say(self, PORTAL, KIND_DIRECTORY, 4);
	world_last(self)->zone = ZONE_WORKER;
	const struct said *said = world_answer(self);
	assert_string_equal(said->code, "forbidden");
	assert_int_equal(said->req, 4);
	assert_int_equal(said->zone, ZONE_WORKER);
	assert_int_equal(self->logged[LOG_REFUSED], 1);
	world_say(self, PORTAL, KIND_READY, 4);
	assert_string_equal(world_answer(self)->code, "forbidden");
}

static void a_message_has_two_frames(void **state)
{
	struct world *self = *state;
	for (uint32_t frames = 1; frames < 5; frames++) {
		world_say(self, PORTAL, KIND_DIRECTORY, 4);
		world_last(self)->frames = frames;
		const struct said *said = world_answer(self);
		assert_string_equal(said->code, frames == 2 ? "" : "frames");
		assert_string_equal(said->field, "");
		assert_int_equal(said->text_size > 0, frames != 2);
		assert_int_equal(said->req, frames == 2 ? 4 : -1);
		assert_true(said->peer == world_peer(PORTAL));
	}
	world_say(self, PORTAL, KIND_DIRECTORY, 4);
	world_last(self)->map_frame.size--;
	assert_string_equal(world_answer(self)->code, "malformed");
}

static void what_a_message_lacks_is_named(void **state)
{
	struct world *self = *state;
	world_say(self, PORTAL, KIND_SUBMIT, 4);
	const struct said *said = world_answer(self);
	assert_string_equal(said->code, "missing-field");
	assert_string_equal(said->field, "id");
	assert_true(said->text_size > 0);
	assert_int_equal(said->req, 4);
}

static void a_routing_id_of_ones_own_is_answered_before_the_next_message_is_read(void **state)
{
	struct world *self = *state;
	world_say(self, EDU, KIND_READY, 1);
	world_last(self)->peer = 0;
	world_say(self, PORTAL, KIND_DIRECTORY, 2);
	world_turn(self);
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
	world_submit(self, 1, "edu");
	world_say(self, EDU, KIND_READY, 1);
	world_say(self, WET, KIND_READY, 1);
	world_turn(self);
	world_say_of_case(self, EDU, KIND_TAKE, INT64_C(20260914000001));
	assert_int_equal(world_answer(self)->kind, KIND_CONFIRM);
	world_say_of_case(self, WET, KIND_HELD, INT64_C(20260914000001));
	assert_string_equal(world_answer(self)->code, "not-yours");
	world_say_of_case(self, EDU, KIND_HELD, INT64_C(20260914000001));
	assert_int_equal(world_answer(self)->kind, KIND_LIST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_revoked_or_unknown_key_is_told_and_logged),
		TEST(a_key_revoked_by_a_reload_is_dead_with_the_next_message),
		TEST(a_workers_messages_need_a_ready_before_them),
		TEST(every_word_of_a_worker_counts_as_a_beat),
		TEST(a_role_in_a_zone_that_is_not_its_own_is_forbidden_and_logged),
		TEST(a_message_has_two_frames),
		TEST(what_a_message_lacks_is_named),
		TEST(a_routing_id_of_ones_own_is_answered_before_the_next_message_is_read),
		TEST(what_one_department_holds_another_does_not_see),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
