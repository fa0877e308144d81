#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/session_worker.h"
#include "tests/unit/client/peer.h"

#define RESEND_US (10 * US_PER_S)

struct fixture {
	struct session_worker worker;
	struct peer peer;
};

static int setup(void **state)
{
	static struct fixture fixture;
	const struct span departments[] = {SPAN_LITERAL("water"), SPAN_LITERAL("roads")};
	const struct session_worker_options options = {
		.incarnation = 77,
		.credit = 3,
		.departments = departments,
		.departments_count = 2,
		.resend_us = RESEND_US,
	};
	session_worker_init(&fixture.worker, &options);
	peer_init(&fixture.peer, &fixture.worker.session);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	session_worker_deinit(&fixture->worker);
	peer_deinit(&fixture->peer);
	return 0;
}

static void welcome(struct peer *peer, int64_t req)
{
	const struct span department = SPAN_LITERAL("water");
	struct writer *writer = peer_begin(peer, KIND_WELCOME, req);
	writer_number(writer, FIELD_CREDIT, 3);
	writer_number(writer, FIELD_HEARTBEAT_MS, 2000);
	writer_number(writer, FIELD_LEASE_MS, 30000);
	writer_lines(writer, FIELD_DEPARTMENTS, &department, 1);
	writer_text(writer, FIELD_VERSION, SPAN_LITERAL("0"));
	writer_time(writer, FIELD_NOW, (struct instant){1});
	peer_end(peer);
}

static void come_up(struct fixture *fixture)
{
	struct peer *peer = &fixture->peer;
	session_up(&fixture->worker.session, peer->now);
	welcome(peer, peer_expect(peer, KIND_READY));
	struct result *result = peer_result(peer, 0, RESULT_GREETED);
	result_destroy(&result);
}

static int64_t take(struct fixture *fixture)
{
	struct writer writer;
	int64_t ticket = session_begin(&fixture->worker.session, KIND_TAKE, PURPOSE_OWNER, &writer);
	writer_text(&writer, FIELD_CASE, SPAN_LITERAL("20260105-000001-1"));
	writer_number(&writer, FIELD_EPOCH, 4);
	session_end(&writer);
	return ticket;
}

static void expect_answer(struct fixture *fixture, int64_t ticket, enum result_type type)
{
	struct result *result = peer_result(&fixture->peer, ticket, type);
	assert_int_equal(result->ticket, ticket);
	result_destroy(&result);
}

static void test_ready_names_departments_credit_and_incarnation_on_every_connection(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	for (int connection = 0; connection < 3; connection++) {
		session_up(&fixture->worker.session, peer->now);
		peer_expect(peer, KIND_READY);
		assert_int_equal(message_number(&peer->message, FIELD_INCARNATION, 0), 77);
		assert_int_equal(message_number(&peer->message, FIELD_CREDIT, 0), 3);
		assert_int_equal(peer->message.values[FIELD_DEPARTMENTS].count, 2);
		assert_false(message_has(&peer->message, FIELD_CUSTODY));
		peer_expect_silence(peer);
		session_down(&fixture->worker.session);
		peer_expect_silence(peer);
	}
}

static void test_an_act_waits_for_the_welcome(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	int64_t ticket = take(fixture);
	peer_expect_silence(peer);
	session_up(&fixture->worker.session, peer->now);
	int64_t ready = peer_expect(peer, KIND_READY);
	peer_expect_silence(peer);
	welcome(peer, ready);
	assert_int_equal(peer_expect(peer, KIND_TAKE), ticket);
	peer_confirm(peer, ticket);
	expect_answer(fixture, ticket, RESULT_ANSWER);
}

static void test_an_answer_lost_with_its_connection_is_asked_for_again_under_the_same_number(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	int64_t first = take(fixture), second = take(fixture);
	assert_int_equal(peer_expect(peer, KIND_TAKE), first);
	assert_int_equal(peer_expect(peer, KIND_TAKE), second);
	session_down(&fixture->worker.session);
	come_up(fixture);
	assert_int_equal(peer_expect(peer, KIND_TAKE), first);
	assert_int_equal(peer_expect(peer, KIND_TAKE), second);
	peer_confirm(peer, first);
	expect_answer(fixture, first, RESULT_ANSWER);
	peer_confirm(peer, first); /* the lost one turns up after all */
	peer_expect_no_result(peer);
}

static void test_an_unanswered_act_is_sent_again_after_its_time(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	int64_t ticket = take(fixture);
	peer_expect(peer, KIND_TAKE);
	for (int64_t waited = 0; waited < RESEND_US - US_PER_S; waited += US_PER_S) {
		peer_wait(peer, US_PER_S);
		while (peer_hears(peer)) {
			assert_int_equal(peer->message.kind, KIND_BEAT);
			peer_begin(peer, KIND_PULSE, -1);
			peer_end(peer);
		}
	}
	peer_wait(peer, US_PER_S);
	assert_int_equal(peer_expect(peer, KIND_TAKE), ticket);
}

static void test_busy_is_waited_out_and_is_no_result(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	int64_t ticket = take(fixture);
	peer_expect(peer, KIND_TAKE);
	peer_busy(peer, ticket, 1500);
	peer_expect_no_result(peer);
	assert_string_equal(fixture->worker.session.trouble, "disk");
	assert_int_equal(session_wakeup(peer->session).us, peer->now.us + 1500000);
	peer_wait(peer, 1499999);
	peer_expect_silence(peer);
	peer_wait(peer, 1);
	assert_int_equal(peer_expect(peer, KIND_TAKE), ticket);
	peer_confirm(peer, ticket);
	expect_answer(fixture, ticket, RESULT_ANSWER);
	assert_string_equal(fixture->worker.session.trouble, "");
}

static void test_a_refused_act_is_over(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	int64_t ticket = take(fixture);
	peer_expect(peer, KIND_TAKE);
	peer_error(peer, ticket, "stale");
	struct result *result = peer_result(peer, ticket, RESULT_REFUSED);
	assert_true(span_equal_string(message_text(&result->message, FIELD_CODE), "stale"));
	result_destroy(&result);
	session_down(peer->session);
	come_up(fixture);
	peer_expect_silence(peer);
}

static void test_a_daemon_that_forgot_us_gets_ready_and_then_the_act_again(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	int64_t first = take(fixture), second = take(fixture);
	peer_expect(peer, KIND_TAKE);
	peer_expect(peer, KIND_TAKE);
	peer_error(peer, first, "not-ready");
	peer_error(peer, second, "not-ready");
	welcome(peer, peer_expect(peer, KIND_READY));
	assert_int_equal(peer_expect(peer, KIND_TAKE), first);
	assert_int_equal(peer_expect(peer, KIND_TAKE), second);
	struct result *result = peer_result(peer, 0, RESULT_GREETED);
	result_destroy(&result);
	peer_expect_no_result(peer);
}

static void test_beats_go_out_when_nothing_else_was_said_and_not_ready_to_one_means_ready(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture); /* a heartbeat of 2 s */
	peer_wait(peer, 1999999);
	peer_expect_silence(peer);
	take(fixture);
	peer_expect(peer, KIND_TAKE);
	peer_wait(peer, 1999999);
	peer_expect_silence(peer);
	peer_wait(peer, 1);
	peer_expect(peer, KIND_BEAT);
	peer_expect_silence(peer);
	peer_error(peer, -1, "not-ready");
	peer_expect(peer, KIND_READY);
}

static void test_three_heartbeats_of_silence_ask_for_a_new_connection(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	for (int beat = 0; beat < 2; beat++) {
		peer_wait(peer, 2 * US_PER_S);
		assert_false(session_is_stalled(peer->session, peer->now));
		peer_expect(peer, KIND_BEAT);
	}
	peer_wait(peer, 2 * US_PER_S);
	assert_true(session_is_stalled(peer->session, peer->now));
}

static void test_our_own_long_absence_is_not_the_daemons_silence(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	peer_wait(peer, 3600 * US_PER_S);
	assert_false(session_is_stalled(peer->session, peer->now));
	peer_expect(peer, KIND_BEAT);
}

static void test_a_refused_ready_is_told_once_and_said_again_after_half_a_minute(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_up(peer->session, peer->now);
	peer_error(peer, peer_expect(peer, KIND_READY), "not-yours");
	struct result *result = peer_result(peer, 0, RESULT_TURNED_AWAY);
	result_destroy(&result);
	assert_true(peer->session->turned_away);
	peer_wait(peer, GREETING_RETRY_US - 1);
	peer_expect_silence(peer);
	peer_wait(peer, 1);
	welcome(peer, peer_expect(peer, KIND_READY));
	assert_false(peer->session->turned_away);
	expect_answer(fixture, 0 + peer->session->results->ticket, RESULT_GREETED);
}

static void test_a_struck_off_key_keeps_what_waits_for_a_better_day(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	int64_t ticket = take(fixture);
	peer_expect(peer, KIND_TAKE);
	peer_error(peer, -1, "revoked");
	peer_expect_no_result(peer);
	assert_true(session_is_stalled(peer->session, peer->now));
	peer_expect_silence(peer);
	session_down(peer->session);
	come_up(fixture);
	assert_int_equal(peer_expect(peer, KIND_TAKE), ticket);
}

static void test_offers_and_notices_are_results_and_events_are_not(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	struct writer *writer = peer_begin(peer, KIND_NOTICE, -1);
	writer_text(writer, FIELD_EVENT, SPAN_LITERAL("void"));
	writer_time(writer, FIELD_AT, (struct instant){5});
	peer_end(peer);
	struct result *result = peer_result(peer, 0, RESULT_PUSHED);
	assert_int_equal(result->message.kind, KIND_NOTICE);
	result_destroy(&result);
	peer_event(peer, 9);
	peer_expect_no_result(peer);
}

static void test_notices_that_nobody_fetches_do_not_grow_without_end(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	for (int i = 0; i < RESULTS_PUSHED_MAX + 10; i++) {
		struct writer *writer = peer_begin(peer, KIND_NOTICE, -1);
		writer_text(writer, FIELD_EVENT, SPAN_LITERAL("reminded"));
		writer_time(writer, FIELD_AT, (struct instant){5});
		peer_end(peer);
	}
	assert_int_equal(peer->session->results_count, RESULTS_PUSHED_MAX);
}

static void test_an_answer_that_cannot_be_read_refuses_its_request(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	int64_t ticket = take(fixture);
	peer_expect(peer, KIND_TAKE);
	peer_begin(peer, KIND_WELCOME, ticket); /* without its required fields */
	peer_end(peer);
	struct result *result = peer_result(peer, ticket, RESULT_REFUSED);
	assert_true(span_equal_string(message_text(&result->message, FIELD_CODE), "unreadable"));
	result_destroy(&result);
}

static void test_bytes_that_are_no_message_change_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	session_receive(
		peer->session, peer->now, SPAN_LITERAL("WZP1\x84"), SPAN_LITERAL("\xdd\x7f\xff\xff\xff"));
	session_receive(peer->session, peer->now, SPAN_LITERAL("nonsense"), SPAN_EMPTY);
	peer_expect_no_result(peer);
	peer_expect_silence(peer);
	assert_int_equal(peer->session->state, SESSION_OPEN);
}

static void test_another_credit_says_ready_again(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	come_up(fixture);
	session_worker_credit(&fixture->worker, 9);
	int64_t req = peer_expect(peer, KIND_READY);
	assert_int_equal(message_number(&peer->message, FIELD_CREDIT, 0), 9);
	session_worker_credit(&fixture->worker, 10); /* before the first one was answered */
	welcome(peer, req);
	peer_expect_no_result(peer);
	peer_expect(peer, KIND_READY);
	assert_int_equal(message_number(&peer->message, FIELD_CREDIT, 0), 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ready_names_departments_credit_and_incarnation_on_every_connection),
		TEST(test_an_act_waits_for_the_welcome),
		TEST(test_an_answer_lost_with_its_connection_is_asked_for_again_under_the_same_number),
		TEST(test_an_unanswered_act_is_sent_again_after_its_time),
		TEST(test_busy_is_waited_out_and_is_no_result),
		TEST(test_a_refused_act_is_over),
		TEST(test_a_daemon_that_forgot_us_gets_ready_and_then_the_act_again),
		TEST(test_beats_go_out_when_nothing_else_was_said_and_not_ready_to_one_means_ready),
		TEST(test_three_heartbeats_of_silence_ask_for_a_new_connection),
		TEST(test_our_own_long_absence_is_not_the_daemons_silence),
		TEST(test_a_refused_ready_is_told_once_and_said_again_after_half_a_minute),
		TEST(test_a_struck_off_key_keeps_what_waits_for_a_better_day),
		TEST(test_offers_and_notices_are_results_and_events_are_not),
		TEST(test_notices_that_nobody_fetches_do_not_grow_without_end),
		TEST(test_an_answer_that_cannot_be_read_refuses_its_request),
		TEST(test_bytes_that_are_no_message_change_nothing),
		TEST(test_another_credit_says_ready_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
