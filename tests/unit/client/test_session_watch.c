#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/session_watch.h"
#include "tests/lib/prng.h"
#include "tests/unit/client/peer.h"

#define RESEND_US (10 * US_PER_S)

struct fixture {
	struct session_watch watch;
	struct peer peer;
};

static int setup(void **state)
{
	static struct fixture fixture;
	session_watch_init(&fixture.watch, RESEND_US);
	peer_init(&fixture.peer, &fixture.watch.session);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	session_watch_deinit(&fixture->watch);
	peer_deinit(&fixture->peer);
	return 0;
}

static void expect_event(struct peer *peer, int64_t cursor)
{
	struct result *result = peer_result(peer, 0, RESULT_PUSHED);
	assert_int_equal(message_number(&result->message, FIELD_CURSOR, 0), cursor);
	result_destroy(&result);
}

static int64_t submit(struct session *session)
{
	struct writer writer;
	int64_t ticket = session_begin(session, KIND_SUBMIT, PURPOSE_OWNER, &writer);
	writer_text(&writer, FIELD_ID, SPAN_LITERAL("m-1"));
	writer_text(&writer, FIELD_TITLE, SPAN_LITERAL("路灯不亮"));
	writer_text(&writer, FIELD_BODY, SPAN_LITERAL("东街三盏路灯不亮。"));
	session_end(&writer);
	return ticket;
}

static void test_without_a_watch_nothing_but_requests_is_said(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_up(peer->session, peer->now);
	peer_expect_silence(peer);
	int64_t ticket = submit(peer->session);
	assert_int_equal(peer_expect(peer, KIND_SUBMIT), ticket);
	peer_wait(peer, RESEND_US - 1);
	peer_expect_silence(peer);
	assert_false(session_is_stalled(peer->session, peer->now));
}

static void test_a_watch_goes_on_after_the_last_event_that_came(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_watch_start(&fixture->watch, -1);
	session_up(peer->session, peer->now);
	int64_t req = peer_expect(peer, KIND_WATCH);
	assert_false(message_has(&peer->message, FIELD_CURSOR));
	peer_confirm_cursor(peer, req, 40);
	peer_event(peer, 41);
	peer_event(peer, 45);
	session_down(peer->session);
	session_up(peer->session, peer->now);
	peer_expect(peer, KIND_WATCH);
	assert_int_equal(message_number(&peer->message, FIELD_CURSOR, -1), 45);
	expect_event(peer, 41);
	expect_event(peer, 45);
	peer_expect_no_result(peer);
}

static void test_a_watch_that_was_confirmed_and_saw_nothing_goes_on_from_there(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_watch_start(&fixture->watch, -1);
	session_up(peer->session, peer->now);
	peer_confirm_cursor(peer, peer_expect(peer, KIND_WATCH), 40);
	session_down(peer->session);
	session_up(peer->session, peer->now);
	peer_expect(peer, KIND_WATCH);
	assert_int_equal(message_number(&peer->message, FIELD_CURSOR, -1), 40);
}

static void test_events_that_come_twice_or_before_the_confirm_are_not_told_twice(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_watch_start(&fixture->watch, 0);
	session_up(peer->session, peer->now);
	int64_t req = peer_expect(peer, KIND_WATCH);
	peer_event(peer, 7);
	peer_expect_no_result(peer);
	peer_confirm_cursor(peer, req, 0);
	peer_event(peer, 3);
	peer_event(peer, 7);
	peer_event(peer, 7);
	peer_event(peer, 3);
	expect_event(peer, 3);
	expect_event(peer, 7);
	peer_expect_no_result(peer);
}

static void test_a_new_watch_may_go_back_to_the_beginning(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_watch_start(&fixture->watch, -1);
	session_up(peer->session, peer->now);
	peer_confirm_cursor(peer, peer_expect(peer, KIND_WATCH), 40);
	session_watch_start(&fixture->watch, 0);
	peer_event(peer, 41); /* of the former watch */
	int64_t req = peer_expect(peer, KIND_WATCH);
	assert_int_equal(message_number(&peer->message, FIELD_CURSOR, -1), 0);
	peer_confirm_cursor(peer, req, 0);
	peer_event(peer, 1);
	expect_event(peer, 1);
	peer_expect_no_result(peer);
}

static void test_seen_is_told_one_at_a_time_and_never_back(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_watch_start(&fixture->watch, 0);
	session_up(peer->session, peer->now);
	peer_confirm_cursor(peer, peer_expect(peer, KIND_WATCH), 0);
	session_watch_seen(&fixture->watch, 5);
	session_watch_seen(&fixture->watch, 6);
	session_watch_seen(&fixture->watch, 9);
	session_watch_seen(&fixture->watch, 8);
	int64_t req = peer_expect(peer, KIND_SEEN);
	assert_int_equal(message_number(&peer->message, FIELD_CURSOR, 0), 5);
	peer_expect_silence(peer);
	peer_confirm_cursor(peer, req, 5);
	req = peer_expect(peer, KIND_SEEN);
	assert_int_equal(message_number(&peer->message, FIELD_CURSOR, 0), 9);
	peer_confirm_cursor(peer, req, 9);
	peer_expect_silence(peer);
	peer_expect_no_result(peer);
	assert_int_equal(peer->session->requests.count, 0);
}

static void test_a_seen_whose_confirm_was_lost_is_told_to_the_next_connection(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_watch_start(&fixture->watch, 0);
	session_up(peer->session, peer->now);
	peer_confirm_cursor(peer, peer_expect(peer, KIND_WATCH), 0);
	session_watch_seen(&fixture->watch, 5);
	peer_expect(peer, KIND_SEEN);
	session_down(peer->session);
	session_up(peer->session, peer->now);
	int64_t req = peer_expect(peer, KIND_WATCH);
	peer_expect_silence(peer);
	peer_confirm_cursor(peer, req, 0);
	peer_expect(peer, KIND_SEEN);
}

static void test_a_refused_seen_is_dropped(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_watch_start(&fixture->watch, 0);
	session_up(peer->session, peer->now);
	peer_confirm_cursor(peer, peer_expect(peer, KIND_WATCH), 0);
	session_watch_seen(&fixture->watch, 5);
	peer_error(peer, peer_expect(peer, KIND_SEEN), "invalid-value");
	peer_expect_silence(peer);
	peer_expect_no_result(peer);
	assert_int_equal(peer->session->requests.count, 0);
}

static void test_an_error_about_nothing_is_a_complaint_for_the_owner(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_up(peer->session, peer->now);
	peer_error(peer, -1, "bad-identity");
	struct result *result = peer_result(peer, 0, RESULT_COMPLAINT);
	result_destroy(&result);
}

static void test_a_request_that_is_given_up_has_no_result_any_more(void **state)
{
	struct fixture *fixture = *state;
	struct peer *peer = &fixture->peer;
	session_up(peer->session, peer->now);
	int64_t ticket = submit(peer->session);
	peer_expect(peer, KIND_SUBMIT);
	session_forget(peer->session, ticket);
	peer_confirm(peer, ticket);
	peer_expect_no_result(peer);
	session_forget(peer->session, ticket);
}

/*
 * A daemon that remembers, behind a line that loses, delays and breaks: every submission ends in exactly one
 * result, every event comes exactly once and in order, and the last SEEN arrives.
 */
struct world {
	struct fixture *fixture;
	struct prng prng;
	int64_t events; /* cursors 1 to this exist */
	int64_t sent;	/* to this watch */
	int64_t seen;	/* what the daemon knows */
	bool up, watched;
	struct message_copy {
		enum kind kind;
		int64_t req, cursor;
	} to_client[64];
	size_t count;
};

static void queue(struct world *world, enum kind kind, int64_t req, int64_t cursor)
{
	if (world->count < 64)
		world->to_client[world->count++] = (struct message_copy){kind, req, cursor};
}

static void daemon_hears(struct world *world)
{
	struct peer *peer = &world->fixture->peer;
	int64_t req = message_number(&peer->message, FIELD_REQ, -1);
	int64_t cursor = message_number(&peer->message, FIELD_CURSOR, world->seen);
	switch (peer->message.kind) {
	case KIND_WATCH:
		world->watched = true;
		world->sent = cursor;
		queue(world, KIND_CONFIRM, req, cursor);
		break;
	case KIND_SEEN:
		world->seen = cursor > world->seen ? cursor : world->seen;
		queue(world, world->watched ? KIND_CONFIRM : KIND_ERROR, req, cursor);
		break;
	case KIND_BEAT:
		queue(world, world->watched ? KIND_PULSE : KIND_ERROR, -1, -1);
		break;
	default:
		assert_int_equal(peer->message.kind, KIND_SUBMIT);
		queue(world, prng_chance(&world->prng, 10) ? KIND_BUSY : KIND_RECEIPT, req, 0);
	}
}

static void deliver(struct world *world, const struct message_copy *copy)
{
	struct peer *peer = &world->fixture->peer;
	struct writer *writer;
	switch (copy->kind) {
	case KIND_EVENT:
		peer_event(peer, copy->cursor);
		return;
	case KIND_BUSY:
		peer_busy(peer, copy->req, 300);
		return;
	case KIND_ERROR:
		peer_error(peer, copy->req, "not-ready");
		return;
	case KIND_CONFIRM:
		peer_confirm_cursor(peer, copy->req, copy->cursor);
		return;
	case KIND_PULSE:
		peer_begin(peer, KIND_PULSE, -1);
		peer_end(peer);
		return;
	default:
		writer = peer_begin(peer, KIND_RECEIPT, copy->req);
		writer_text(writer, FIELD_ID, SPAN_LITERAL("m-1"));
		writer_text(writer, FIELD_CASE, SPAN_LITERAL("20260105-000001-1"));
		writer_text(writer, FIELD_QUERY_CODE, SPAN_LITERAL("0123456789ABCDEF"));
		writer_text(writer, FIELD_CLASS, SPAN_LITERAL("ordinary"));
		writer_time(writer, FIELD_RECEIVED, (struct instant){1});
		peer_end(peer);
	}
}

static void line_breaks(struct world *world)
{
	struct peer *peer = &world->fixture->peer;
	if (world->up)
		session_down(peer->session);
	world->count = 0;
	world->up = world->watched = false;
}

static void step(struct world *world, bool faulty)
{
	struct peer *peer = &world->fixture->peer;
	if (!world->up && prng_chance(&world->prng, 50)) {
		session_up(peer->session, peer->now);
		world->up = true;
	}
	while (world->up && peer_hears(peer))
		if (!faulty || !prng_chance(&world->prng, 5))
			daemon_hears(world);
	if (world->watched && world->sent < world->events && world->count < 60)
		queue(world, KIND_EVENT, -1, ++world->sent);
	while (world->count > 0 && prng_chance(&world->prng, 80)) {
		struct message_copy first = world->to_client[0];
		world->count--;
		memmove(world->to_client, world->to_client + 1, world->count * sizeof(first));
		/* Events are not lost on a connection that lives; answers are, when the daemon dies after it
		 * has committed. */
		if (first.kind == KIND_EVENT || !faulty || !prng_chance(&world->prng, 5))
			deliver(world, &first);
	}
	if ((faulty && prng_chance(&world->prng, 2)) ||
		(world->up && session_is_stalled(peer->session, peer->now)))
		line_breaks(world);
	if (faulty && prng_chance(&world->prng, 1))
		world->watched = false; /* the daemon forgets the connection */
	peer_wait(peer, (int64_t)prng_below(&world->prng, 400) * US_PER_MS);
}

static void test_over_any_line_each_submission_ends_once_and_events_come_once_in_order(void **state)
{
	struct world world = {.fixture = *state};
	struct peer *peer = &world.fixture->peer;
	struct result *result;
	prng_init(&world.prng, prng_seed_of_run());
	session_watch_start(&world.fixture->watch, -1);
	int64_t open = 0, next_event = 1;
	bool waits[2000] = {false};
	for (int i = 0; i < 6000; i++) {
		bool faulty = i < 5000;
		if (faulty && prng_chance(&world.prng, 10)) {
			int64_t ticket = submit(peer->session);
			assert_in_range(ticket, 1, 1999 * 10);
			waits[ticket % 2000] = true;
			open++;
		}
		if (faulty && prng_chance(&world.prng, 10))
			world.events++;
		step(&world, faulty);
		while ((result = session_take_result(peer->session, 0))) {
			if (result->type == RESULT_ANSWER) {
				assert_true(waits[result->ticket % 2000]);
				waits[result->ticket % 2000] = false;
				open--;
			} else {
				assert_int_equal(result->type, RESULT_PUSHED);
				assert_int_equal(
					message_number(&result->message, FIELD_CURSOR, 0), next_event);
				session_watch_seen(&world.fixture->watch, next_event++);
			}
			result_destroy(&result);
		}
	}
	assert_int_equal(open, 0);
	assert_int_equal(next_event, world.events + 1);
	assert_int_equal(world.seen, world.events);
	assert_int_equal(peer->session->requests.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_without_a_watch_nothing_but_requests_is_said),
		TEST(test_a_watch_goes_on_after_the_last_event_that_came),
		TEST(test_a_watch_that_was_confirmed_and_saw_nothing_goes_on_from_there),
		TEST(test_events_that_come_twice_or_before_the_confirm_are_not_told_twice),
		TEST(test_a_new_watch_may_go_back_to_the_beginning),
		TEST(test_seen_is_told_one_at_a_time_and_never_back),
		TEST(test_a_seen_whose_confirm_was_lost_is_told_to_the_next_connection),
		TEST(test_a_refused_seen_is_dropped),
		TEST(test_an_error_about_nothing_is_a_complaint_for_the_owner),
		TEST(test_a_request_that_is_given_up_has_no_result_any_more),
		TEST(test_over_any_line_each_submission_ends_once_and_events_come_once_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
