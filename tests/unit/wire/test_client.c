#include "wire/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/socket.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/wire/rig.h"

static int setup(void **state)
{
	static struct rig rig;
	rig_open(&rig);
	rig_listen(&rig, 0);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	rig_close(*state);
	return 0;
}

static void test_a_member_connects_asks_and_is_answered(void **state)
{
	struct rig *rig = *state;
	struct wire_message question;
	struct wire_message answer;
	wire_message_init(&question);
	wire_message_init(&answer);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_say(rig, client, "ask");
	rig_await_message(rig, &question);
	assert_true(span_equal_string(question.frames[0], "ask"));
	assert_int_equal(rig_answer(rig, question.peer, "answer"), 0);
	rig_await_answer(rig, client, &answer);
	assert_int_equal(answer.frame_count, 1);
	assert_true(span_equal_string(answer.frames[0], "answer"));
	assert_int_equal(answer.peer, 0);
	assert_int_equal(wire_client_connections(client), 1);
	wire_message_deinit(&question);
	wire_message_deinit(&answer);
	rig_drop(rig, client);
}

static void test_a_refused_key_is_told_so_and_may_ask_again_later(void **state)
{
	struct rig *rig = *state;
	struct wire_key_pair stranger;
	wire_key_pair_generate(&stranger);
	struct wire_client *client = rig_connect(rig, &stranger);
	rig_await_status(rig, client, WIRE_CLIENT_REFUSED);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(wire_client_retry(client), 0);
		rig_await_status(rig, client, WIRE_CLIENT_REFUSED);
	}
	rig->door_open = true; /* the operator adds the key */
	assert_int_equal(wire_client_retry(client), 0);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
	assert_int_equal(wire_client_connections(client), 1);

	struct wire_message message;
	wire_message_init(&message);
	rig_say(rig, client, "now");
	rig_await_message(rig, &message);
	assert_true(wire_key_equal(&message.user, &stranger.key));
	wire_message_deinit(&message);
	rig_drop(rig, client);
}

static void test_a_retry_while_connected_makes_one_new_connection_and_loses_nothing_said_on_it(void **state)
{
	struct rig *rig = *state;
	struct wire_message message;
	uint64_t last_peer = 0;
	wire_message_init(&message);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	for (uint64_t i = 1; i <= 50; i++) {
		rig_say(rig, client, "hello");
		rig_await_message(rig, &message);
		assert_int_not_equal(message.peer, last_peer);
		assert_int_equal(wire_client_connections(client), i);
		last_peer = message.peer;
		assert_int_equal(wire_client_retry(client), 0);
	}
	wire_message_deinit(&message);
	rig_drop(rig, client);
}

static void test_a_wrong_server_key_shows_as_strange_and_never_connects(void **state)
{
	struct rig *rig = *state;
	struct wire_client *client = rig_connect_expecting(rig, &rig->members[1].key, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_STRANGE);
	assert_int_equal(wire_client_connections(client), 0);
	rig_drop(rig, client);
}

static void test_nothing_is_queued_for_a_connection_that_is_not_there(void **state)
{
	struct rig *rig = *state;
	struct wire_key_pair stranger;
	wire_key_pair_generate(&stranger);
	struct wire_client *client = rig_connect(rig, &stranger);
	rig_await_status(rig, client, WIRE_CLIENT_REFUSED);
	const struct span frame = SPAN_LITERAL("anybody?");
	assert_int_equal(wire_client_send(client, &frame, 1), WIRE_FULL);
	rig_drop(rig, client);
}

/* Somebody who hangs up in the middle of the handshake, and then is not there at all. */
static void test_what_was_known_of_a_listener_is_old_news_once_it_is_gone(void **state)
{
	struct rig *rig = *state;
	char endpoint[RIG_ENDPOINT_SIZE];
	int listener = rig_listen_silently(endpoint);
	const struct wire_client_options options = {
		.endpoint = endpoint, .server_key = rig->server_keys.key, .keys = &rig->members[0]};
	struct wire_client *client = NULL;
	struct fault fault;
	assert_true(wire_client_new(rig->context, &options, &client, &fault));
	int connection = accept(listener, NULL, NULL);
	assert_true(connection >= 0);
	close(connection);
	rig_await_status(rig, client, WIRE_CLIENT_STRANGE);
	close(listener);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTING);
	wire_client_destroy(&client);
}

static void test_every_status_is_one_sentence(void **state)
{
	(void)state;
	assert_non_null(strstr(wire_client_status_text(WIRE_CLIENT_CONNECTING), "is the daemon running"));
	assert_string_equal(wire_client_status_text(WIRE_CLIENT_CONNECTED), "connected");
	assert_non_null(strstr(wire_client_status_text(WIRE_CLIENT_REFUSED), "refuses this key"));
	assert_non_null(strstr(wire_client_status_text(WIRE_CLIENT_STRANGE), "public key right?"));
}

static void test_a_client_finds_a_daemon_that_came_back(void **state)
{
	struct rig *rig = *state;
	char endpoint[64];
	strcpy(endpoint, wire_server_endpoint(rig->server));
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
	wire_server_destroy(&rig->server);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTING);

	const struct wire_server_options options = {
		.endpoint = endpoint, .zone = RIG_ZONE, .keys = &rig->server_keys};
	struct fault fault;
	int64_t deadline = rig_deadline();
	/* libzmq gives the port back in its own time. */
	while (!wire_server_new(rig->context, &options, &rig->server, &fault)) {
		if (rig_is_over(deadline))
			fail_msg("%s", fault.text);
		rig_turn(rig, NULL, NULL, -1, 10);
	}
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
	assert_int_equal(wire_client_connections(client), 2);

	struct wire_message message;
	wire_message_init(&message);
	rig_say(rig, client, "back");
	rig_await_message(rig, &message);
	assert_true(span_equal_string(message.frames[0], "back"));
	wire_message_deinit(&message);
	rig_drop(rig, client);
}

static void test_clients_can_come_and_go_quickly(void **state)
{
	struct rig *rig = *state;
	for (int i = 0; i < 200; i++)
		rig_drop(rig, rig_connect(rig, &rig->members[0]));
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
}

static void test_an_endpoint_that_is_none_is_refused_by_name(void **state)
{
	struct rig *rig = *state;
	static const char *const cases[] = {"", "tcp", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:port",
		"tcp://127.0.0.1:99999", "ipc:///tmp/x", "inproc://x", "http://127.0.0.1:80"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct wire_client_options options = {
			.endpoint = cases[i], .server_key = rig->server_keys.key, .keys = &rig->members[0]};
		struct wire_client *client = NULL;
		struct fault fault = FAULT_NONE;
		if (wire_client_new(rig->context, &options, &client, &fault))
			fail_msg("'%s' was accepted", cases[i]);
		assert_null(client);
		assert_non_null(strstr(fault.text, cases[i]));
	}
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_a_member_connects_asks_and_is_answered),
		WITH_RIG(test_a_refused_key_is_told_so_and_may_ask_again_later),
		WITH_RIG(test_a_retry_while_connected_makes_one_new_connection_and_loses_nothing_said_on_it),
		WITH_RIG(test_a_wrong_server_key_shows_as_strange_and_never_connects),
		WITH_RIG(test_nothing_is_queued_for_a_connection_that_is_not_there),
		WITH_RIG(test_what_was_known_of_a_listener_is_old_news_once_it_is_gone),
		WITH_RIG(test_every_status_is_one_sentence),
		WITH_RIG(test_a_client_finds_a_daemon_that_came_back),
		WITH_RIG(test_clients_can_come_and_go_quickly),
		WITH_RIG(test_an_endpoint_that_is_none_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
