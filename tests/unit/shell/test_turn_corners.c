#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/shell/failing_store.h"
#include "tests/unit/shell/stage_words.h"

static void a_stranger_is_told_and_logged_each_time(void **state)
{
	struct stage *stage = *state;
	for (int i = 0; i < 3; i++) {
		stage_say(stage, ROLE_PORTAL, KIND_QUERY, FIELD_TOTAL);
		memset(stage->incoming.key, 99, PRINCIPAL_KEY_SIZE);
		assert_int_equal(shell_turn(stage->shell), 0);
	}
	assert_int_equal(stage->sent[KIND_ERROR], 3);
	assert_int_equal(stage->logged[LOG_STRANGER], 3);
}

static void what_is_no_message_of_two_frames_is_told_so(void **state)
{
	struct stage *stage = *state;
	static const uint32_t frames[] = {1, 3};
	for (size_t i = 0; i < 2; i++) {
		stage_say(stage, ROLE_PORTAL, KIND_DIRECTORY, FIELD_TOTAL);
		stage->incoming.frames = frames[i];
		assert_int_equal(shell_turn(stage->shell), 0);
		assert_int_equal(stage->sent[KIND_ERROR], i + 1);
	}
	stage_say(stage, ROLE_PORTAL, KIND_DIRECTORY, FIELD_TOTAL);
	stage->incoming.map_frame = SPAN_LITERAL("\xc1");
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->sent[KIND_ERROR], 3);
}

static void who_chose_a_routing_id_is_told_at_once(void **state)
{
	struct stage *stage = *state;
	stage_say(stage, ROLE_PORTAL, KIND_DIRECTORY, FIELD_TOTAL);
	stage->incoming.peer = 0;
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->sent[KIND_ERROR], 1);
	assert_int_equal(stage->sent[KIND_LIST], 0);
}

static void a_worker_says_ready_before_anything_else(void **state)
{
	struct stage *stage = *state;
	SAY(ROLE_WORKER, KIND_HELD);
	EXPECT_CODE("not-ready");
	SAY(ROLE_WORKER, KIND_BEAT);
	EXPECT_CODE("not-ready");
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(1), FIELD_CREDIT, N(1), FIELD_CUSTODY,
		"department");
	assert_int_equal(stage->answer, KIND_WELCOME);
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(1), FIELD_CREDIT, N(1), FIELD_CUSTODY, "nobody");
	EXPECT_CODE("invalid-value");
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(0), FIELD_CREDIT, N(1));
	EXPECT_CODE("invalid-value");
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(1), FIELD_CREDIT, N(0));
	EXPECT_CODE("invalid-value");
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(1), FIELD_CREDIT, N(1), FIELD_DEPARTMENTS,
		"police");
	EXPECT_CODE("not-yours");
}

static void sockets_that_break_are_fatal(void **state)
{
	struct stage *stage = *state;
	stage->receive_outcome = -ENOTSOCK;
	assert_int_equal(shell_turn(stage->shell), -ENOTSOCK);
}

static bool say_directory(struct stage *self)
{
	if (self->said++ > BATCH_MESSAGES_MAX)
		return false;
	stage_say(self, ROLE_PORTAL, KIND_DIRECTORY, FIELD_TOTAL);
	return true;
}

static void a_turn_ends_at_its_bound_and_the_next_one_does_not_wait(void **state)
{
	struct stage *stage = *state;
	stage->next = say_directory;
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->sent[KIND_LIST], BATCH_MESSAGES_MAX);
	assert_int_equal(shell_wait_us(stage->shell), 0);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->sent[KIND_LIST], BATCH_MESSAGES_MAX + 1);
}

static void a_key_that_was_revoked_is_refused_and_admitted_nowhere(void **state)
{
	struct stage *stage = *state;
	uint8_t key[PRINCIPAL_KEY_SIZE];
	memset(key, ROLE_PORTAL + 1, sizeof(key));
	struct principal_source source = {.name = "portal", .role = "portal", .key = key, .state = "revoked"};
	struct fault fault;
	struct principals *revoked = principals_new(&source, 1, &fault), *before = stage->principals;
	struct shell_configuration configuration = {stage->place.profile, revoked, stage->place.workdays};
	SAY(ROLE_PORTAL, KIND_WATCH);
	assert_true(shell_admits(stage->shell, ZONE_PORTAL, key));
	assert_false(shell_admits(stage->shell, ZONE_WORKER, key));
	stage->principals = revoked;
	shell_configure(stage->shell, &configuration);
	principals_destroy(&before);
	assert_false(shell_admits(stage->shell, ZONE_PORTAL, key));
	SAY(ROLE_PORTAL, KIND_SEEN, FIELD_CURSOR, N(0));
	assert_int_equal(stage->sent[KIND_ERROR], 1);
	assert_int_equal(stage->logged[LOG_STRANGER], 1);
	assert_string_equal(stage->logged_principal, "portal");
	memset(key, 77, sizeof(key));
	assert_false(shell_admits(stage->shell, ZONE_PORTAL, key));
}

static bool say_reply(struct stage *self)
{
	char number[CASE_NUMBER_SIZE];
	if (++self->said > 150)
		return false;
	case_number_print(INT64_C(20260914000000) + self->said, number);
	stage_say(self, ROLE_WORKER, KIND_REPLY, FIELD_CASE, number, FIELD_EPOCH, N(1), FIELD_REPLY, "好",
		FIELD_TOTAL);
	return true;
}

static void a_batch_may_answer_hundreds_of_cases(void **state)
{
	struct stage *stage = *state;
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(7), FIELD_CREDIT, N(500));
	for (int i = 1; i <= 150; i++) {
		char id[16];
		snprintf(id, sizeof(id), "m%d", i);
		SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, id, FIELD_TITLE, "水", FIELD_BODY, "x");
		SAY(ROLE_WORKER, KIND_TAKE, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1));
	}
	stage->next = say_reply; /* one turn takes them all */
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->sent[KIND_CONFIRM], 150 + 150);
	assert_int_equal(core_totals(shell_core(stage->shell)).open, 0);
}

static void a_full_disk_is_waited_out_a_second_at_a_time(void **state)
{
	struct stage *stage = *state;
	assert_int_equal(shell_turn(stage->shell), 0);
	store_memory_set_full(stage->store, true);
	stage->disk_free = 0;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	assert_int_equal(stage->logged[LOG_STORE_FULL], 1);
	EXPECT_CODE("disk"); /* the batch was rolled back: nobody was promised anything */
	assert_int_equal(shell_wait_us(stage->shell), US_PER_S);
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	EXPECT_CODE("disk");
	store_memory_set_full(stage->store, false);
	stage->disk_free = INT64_MAX;
	stage_pass(stage, US_PER_S);
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	assert_int_equal(stage->answer, KIND_RECEIPT);
}

static void the_last_batch_that_does_not_fit_the_disk_is_fatal(void **state)
{
	struct stage *stage = *state;
	assert_int_equal(shell_turn(stage->shell), 0);
	SAY(ROLE_PORTAL, KIND_WATCH);
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	SAY(ROLE_PORTAL, KIND_SEEN, FIELD_CURSOR, N(1));
	store_memory_set_full(stage->store, true);
	assert_int_equal(shell_stop(stage->shell), -ENOSPC);
}

static void the_loop_sleeps_until_the_next_rung_or_not_at_all_if_it_is_past(void **state)
{
	struct stage *stage = *state;
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_true(shell_wait_us(stage->shell) == INT64_MAX); /* no case, no worker */
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	assert_int_equal(shell_turn(stage->shell), 0);
	int64_t wait = shell_wait_us(stage->shell);
	/* Received Monday 09:00, due at the end of Thursday: the reminder is on Wednesday at nine... */
	assert_int_equal(wait % US_PER_HOUR, 0);
	assert_int_equal(wait / US_PER_HOUR, 48);
	/* A worker's heartbeat comes first. */
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(7), FIELD_CREDIT, N(1));
	assert_int_equal(shell_wait_us(stage->shell), 15 * US_PER_S);
	/* A reload after a long turn: what fell due meanwhile does not wait. */
	stage_pass(stage, wait + US_PER_S);
	struct shell_configuration same = {stage->place.profile, stage->principals, stage->place.workdays};
	shell_configure(stage->shell, &same);
	assert_int_equal(shell_wait_us(stage->shell), 0);
}

static void departments_that_the_profile_dropped_are_listed_while_they_have_cases(void **state)
{
	struct stage *stage = *state;
	static const struct profile_source_department less[] = {{"water", "水务", NULL}};
	struct profile_source source = place_source();
	struct fault fault;
	source.departments = less;
	source.departments_count = 1;
	struct profile *profile = profile_new(&source, &fault), *before = stage->place.profile;
	struct shell_configuration configuration = {profile, stage->principals, stage->place.workdays};
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "学校", FIELD_BODY, "x", FIELD_DEPARTMENT,
		"edu");
	stage->place.profile = profile;
	shell_configure(stage->shell, &configuration);
	profile_destroy(&before);
	SAY(ROLE_OPERATOR, KIND_STATUS);
	assert_int_equal(stage->items, 2);
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(7), FIELD_CREDIT, N(1));
	SAY(ROLE_WORKER, KIND_TAKE, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1));
	SAY(ROLE_WORKER, KIND_REPLY, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1), FIELD_REPLY, "好");
	assert_int_equal(stage->answer, KIND_CONFIRM);
	SAY(ROLE_OPERATOR, KIND_STATUS);
	assert_int_equal(stage->items, 1);
}

static void workers_are_listed_by_the_page(void **state)
{
	struct stage *stage = *state;
	for (int64_t i = 1; i <= HELD_PER_PAGE + 1; i++) {
		stage_say(stage, ROLE_WORKER, KIND_READY, FIELD_INCARNATION, i, FIELD_CREDIT, N(1),
			FIELD_TOTAL);
		stage->incoming.peer += (uint64_t)i << 8;
		assert_int_equal(shell_turn(stage->shell), 0);
	}
	SAY(ROLE_OPERATOR, KIND_WORKERS);
	assert_int_equal(stage->items, HELD_PER_PAGE);
	assert_int_equal(stage->cursor, HELD_PER_PAGE);
	SAY(ROLE_OPERATOR, KIND_WORKERS, FIELD_CURSOR, stage->cursor);
	assert_int_equal(stage->items, 1);
	assert_int_equal(stage->cursor, -1);
}

static void no_more_connections_watch_than_the_limit(void **state)
{
	struct stage *stage = *state;
	for (uint64_t i = 0; i <= 1024; i++) {
		stage_say(stage, ROLE_PORTAL, KIND_WATCH, FIELD_TOTAL);
		stage->incoming.peer = stage->asker = stage->asker + (i << 8);
		assert_int_equal(shell_turn(stage->shell), 0);
		assert_int_equal(stage->answer, i < 1024 ? KIND_CONFIRM : KIND_BUSY);
	}
	EXPECT_CODE("watchers");
	/* One that is gone makes room. */
	stage->sending = IO_GONE;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	SAY(ROLE_PORTAL, KIND_WATCH);
	assert_int_equal(stage->answer, KIND_CONFIRM);
}

static void a_reload_is_journaled_without_waiting_for_anything_else(void **state)
{
	struct stage *stage = *state;
	struct profile_source source = place_source();
	struct fault fault;
	struct record last;
	source.name = "另一";
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_true(shell_wait_us(stage->shell) == INT64_MAX);
	struct profile *profile = profile_new(&source, &fault), *before = stage->place.profile;
	struct shell_configuration configuration = {profile, stage->principals, stage->place.workdays};
	stage->place.profile = profile;
	shell_configure(stage->shell, &configuration);
	profile_destroy(&before);
	assert_int_equal(shell_wait_us(stage->shell), 0);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->store->interface->last_record(stage->store, &last), 0);
	assert_int_equal(last.kind, RECORD_CONFIGURED);
	assert_true(shell_wait_us(stage->shell) == INT64_MAX);
}

static void what_fell_due_while_the_daemon_was_down_goes_off_at_once(void **state)
{
	struct stage *stage = *state;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x");
	shell_destroy(&stage->shell);
	stage_pass(stage, 4 * US_PER_DAY); /* Monday 09:00, due at the end of Thursday: it is Friday */
	assert_int_equal(stage_start(stage), 0);
	assert_int_equal(shell_wait_us(stage->shell), 0);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(stage->logged[LOG_ESCALATED], 1);
	assert_true(shell_wait_us(stage->shell) > US_PER_DAY);
}

static void a_store_that_cannot_be_read_after_the_disk_was_full_ends_the_daemon(void **state)
{
	struct stage *stage = *state;
	struct failing_store *store = (struct failing_store *)stage->store;
	assert_int_equal(shell_turn(stage->shell), 0);
	store_memory_set_full(store->behind, true);
	failing_store_arm(stage->store, FAILING_OPEN, 1, -EIO);
	stage_say(stage, ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x",
		FIELD_TOTAL);
	assert_int_equal(shell_turn(stage->shell), -EIO);
	assert_int_equal(stage->logged[LOG_STORE_FULL], 1);
	EXPECT_CODE("disk"); /* said before the store was read again */
	assert_int_equal(stage->answers, 1);
}

int main(void)
{
#define TEST(name)    cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
#define FAILING(name) cmocka_unit_test_setup_teardown(name, stage_setup_failing, stage_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_stranger_is_told_and_logged_each_time),
		TEST(what_is_no_message_of_two_frames_is_told_so),
		TEST(who_chose_a_routing_id_is_told_at_once),
		TEST(a_worker_says_ready_before_anything_else),
		TEST(sockets_that_break_are_fatal),
		TEST(a_turn_ends_at_its_bound_and_the_next_one_does_not_wait),
		TEST(a_key_that_was_revoked_is_refused_and_admitted_nowhere),
		TEST(a_batch_may_answer_hundreds_of_cases),
		TEST(a_full_disk_is_waited_out_a_second_at_a_time),
		TEST(the_last_batch_that_does_not_fit_the_disk_is_fatal),
		TEST(the_loop_sleeps_until_the_next_rung_or_not_at_all_if_it_is_past),
		TEST(departments_that_the_profile_dropped_are_listed_while_they_have_cases),
		TEST(workers_are_listed_by_the_page),
		TEST(no_more_connections_watch_than_the_limit),
		TEST(a_reload_is_journaled_without_waiting_for_anything_else),
		TEST(what_fell_due_while_the_daemon_was_down_goes_off_at_once),
		FAILING(a_store_that_cannot_be_read_after_the_disk_was_full_ends_the_daemon),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
