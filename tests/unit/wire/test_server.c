#include "wire/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/unit/wire/rig.h"
#include "tests/unit/wire/zmtp_peer.h"

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

static void test_every_message_says_whose_key_sent_it_and_by_which_connection(void **state)
{
	struct rig *rig = *state;
	struct wire_client *clients[2];
	uint64_t peers[2] = {0, 0};
	struct wire_message message;
	wire_message_init(&message);
	for (size_t i = 0; i < 2; i++)
		clients[i] = rig_connect(rig, &rig->members[i]);
	for (int round = 0; round < 10; round++) {
		for (size_t i = 0; i < 2; i++) {
			rig_say(rig, clients[i], i == 0 ? "zero" : "one");
			rig_await_message(rig, &message);
			assert_true(span_equal_string(message.frames[0], i == 0 ? "zero" : "one"));
			assert_true(wire_key_equal(&message.user, &rig->members[i].key));
			assert_true(wire_peer_is_valid(message.peer));
			assert_false(message.bad_identity);
			assert_false(message.too_many_frames);
			assert_string_equal(wire_message_address(&message), "127.0.0.1");
			if (round > 0)
				assert_int_equal(message.peer, peers[i]);
			peers[i] = message.peer;
		}
	}
	assert_int_not_equal(peers[0], peers[1]);
	assert_int_equal(wire_server_counts(rig->server).received, 20);
	wire_message_deinit(&message);
	for (size_t i = 0; i < 2; i++)
		rig_drop(rig, clients[i]);
}

static void test_an_answer_reaches_the_one_it_is_for(void **state)
{
	struct rig *rig = *state;
	struct wire_client *clients[2];
	uint64_t peers[2];
	struct wire_message message;
	wire_message_init(&message);
	for (size_t i = 0; i < 2; i++) {
		clients[i] = rig_connect(rig, &rig->members[i]);
		rig_say(rig, clients[i], "hello");
		rig_await_message(rig, &message);
		peers[i] = message.peer;
	}
	assert_int_equal(rig_answer(rig, peers[1], "for one"), 0);
	assert_int_equal(rig_answer(rig, peers[0], "for zero"), 0);
	rig_await_answer(rig, clients[0], &message);
	assert_true(span_equal_string(message.frames[0], "for zero"));
	rig_await_answer(rig, clients[1], &message);
	assert_true(span_equal_string(message.frames[0], "for one"));
	wire_message_deinit(&message);
	for (size_t i = 0; i < 2; i++)
		rig_drop(rig, clients[i]);
}

static void test_a_peer_that_has_gone_is_reported_and_not_forgotten_silently(void **state)
{
	struct rig *rig = *state;
	struct wire_message message;
	wire_message_init(&message);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_say(rig, client, "hello");
	rig_await_message(rig, &message);
	rig_drop(rig, client);
	int64_t deadline = rig_deadline();
	while (rig_answer(rig, message.peer, "are you there?") != WIRE_GONE) {
		assert_false(rig_is_over(deadline));
		rig_turn(rig, wire_server_socket(rig->server), NULL, -1, 10);
	}
	assert_int_equal(rig_answer(rig, message.peer, "still not"), WIRE_GONE);
	assert_int_equal(rig_answer(rig, message.peer ^ 0x5555, "never was"), WIRE_GONE);
	assert_int_equal(wire_server_counts(rig->server).gone, 3);
	wire_message_deinit(&message);
}

static void test_a_peer_that_does_not_read_fills_only_its_own_queue(void **state)
{
	struct rig *rig = *state;
	wire_server_destroy(&rig->server);
	rig_listen(rig, 4);
	struct zmtp_peer deaf;
	struct wire_message message;
	static char much[FRAME_SIZE_MAX];
	const struct span frames[] = {SPAN_LITERAL("head"), {much, sizeof(much)}};
	wire_message_init(&message);
	zmtp_peer_open(&deaf, rig);
	assert_true(zmtp_peer_handshake(&deaf, rig, &rig->members[0], NULL));
	assert_true(zmtp_peer_send(&deaf, rig, "hello", 5));
	rig_await_message(rig, &message);
	uint64_t deaf_peer = message.peer;

	/* What the system's buffers take is not ours to know; a gigabyte is beyond them. */
	int outcome = 0;
	for (int i = 0; i < 4096 && outcome == 0; i++)
		outcome = wire_server_send(rig->server, deaf_peer, frames, 2);
	assert_int_equal(outcome, WIRE_FULL);
	assert_int_equal(wire_server_counts(rig->server).full, 1);

	struct wire_client *client = rig_connect(rig, &rig->members[1]);
	rig_say(rig, client, "me too");
	rig_await_message(rig, &message);
	assert_int_equal(rig_answer(rig, message.peer, "of course"), 0);
	rig_await_answer(rig, client, &message);
	assert_true(span_equal_string(message.frames[0], "of course"));
	wire_message_deinit(&message);
	rig_drop(rig, client);
	zmtp_peer_close(&deaf);
}

static void test_a_routing_id_of_ones_own_choice_is_flagged_and_can_be_answered(void **state)
{
	struct rig *rig = *state;
	static const struct span ids[] = {
		{"mine", 4}, {"\1abcd", 5}, {"four\0", 5}, {"\0abcde", 6}, {"x", 1}};
	struct wire_message message;
	wire_message_init(&message);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		void *dealer = rig_dealer(rig, &rig->members[0]);
		assert_int_equal(zmq_setsockopt(dealer, ZMQ_ROUTING_ID, ids[i].data, ids[i].size), 0);
		assert_int_equal(zmq_connect(dealer, wire_server_endpoint(rig->server)), 0);
		assert_int_equal(zmq_send(dealer, "hello", 5, 0), 5);
		rig_await_message(rig, &message);
		assert_true(message.bad_identity);
		assert_int_equal(message.peer, 0);
		assert_true(span_equal(message.identity, ids[i]));
		assert_true(wire_key_equal(&message.user, &rig->members[0].key));
		const struct span frame = SPAN_LITERAL("do not");
		assert_int_equal(wire_server_send_to_raw(rig->server, message.identity, &frame, 1), 0);
		char answer[16] = "";
		int64_t deadline = rig_deadline();
		while (zmq_recv(dealer, answer, sizeof(answer), ZMQ_DONTWAIT) < 0) {
			assert_false(rig_is_over(deadline));
			rig_turn(rig, dealer, NULL, -1, 100);
		}
		assert_string_equal(answer, "do not");
		rig_drop_socket(rig, dealer);
	}
	assert_int_equal(wire_server_counts(rig->server).bad_identity, 5);
	wire_message_deinit(&message);
}

static void send_frames(void *dealer, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(zmq_send(dealer, &"abcdefgh"[i % 8], 1, i + 1 < count ? ZMQ_SNDMORE : 0), 1);
}

static void test_frames_come_in_order_up_to_the_limit_and_beyond_it_flagged(void **state)
{
	struct rig *rig = *state;
	struct wire_message message;
	wire_message_init(&message);
	void *dealer = rig_dealer(rig, &rig->members[0]);
	assert_int_equal(zmq_connect(dealer, wire_server_endpoint(rig->server)), 0);
	for (size_t count = 1; count <= 12; count++) {
		send_frames(dealer, count);
		rig_await_message(rig, &message);
		size_t kept = count < WIRE_BODY_FRAMES_MAX ? count : WIRE_BODY_FRAMES_MAX;
		assert_int_equal(message.frame_count, kept);
		assert_int_equal(message.too_many_frames, count > WIRE_BODY_FRAMES_MAX);
		for (size_t i = 0; i < kept; i++)
			assert_true(span_equal(message.frames[i], span_of(&"abcdefgh"[i % 8], 1)));
	}
	assert_int_equal(wire_server_counts(rig->server).too_many_frames, 12 - WIRE_BODY_FRAMES_MAX);
	wire_message_deinit(&message);
	rig_drop_socket(rig, dealer);
}

static void test_a_message_of_endless_frames_is_thrown_away_piece_by_piece_without_keeping_it(void **state)
{
	struct rig *rig = *state;
	struct wire_message message;
	wire_message_init(&message);
	void *dealer = rig_dealer(rig, &rig->members[0]);
	assert_int_equal(zmq_connect(dealer, wire_server_endpoint(rig->server)), 0);
	const size_t count = 40 * WIRE_DRAIN_FRAMES_MAX;
	send_frames(dealer, count);
	send_frames(dealer, 1);
	rig_await_message(rig, &message);
	assert_true(message.too_many_frames);
	assert_int_equal(message.frame_count, WIRE_BODY_FRAMES_MAX);

	size_t before = rig_memory();
	int turns = 0;
	int r;
	while ((r = wire_server_receive(rig->server, &message)) == WIRE_EMPTY && turns < 100) {
		turns++;
		rig_turn(rig, wire_server_socket(rig->server), NULL, -1, RIG_PATIENCE_MS);
	}
	assert_int_equal(r, 0);
	assert_in_range(turns, 39, 41);
	assert_true(rig_memory() < before + RIG_MEMORY_SLACK);
	assert_false(message.too_many_frames);
	assert_int_equal(message.frame_count, 1);
	wire_message_deinit(&message);
	rig_drop_socket(rig, dealer);
}

static void test_a_message_without_a_proven_sender_is_dropped_and_counted(void **state)
{
	struct rig *rig = *state;
	static const char *const user_ids[] = {"", "operator", "0123456789012345678901234567890123456789x"};
	wire_zap_destroy(&rig->zap);
	void *impostor = rig_socket(rig, ZMQ_REP);
	int64_t patience = rig_deadline();
	/* libzmq gives the doorkeeper's place back in its own time. */
	while (zmq_bind(impostor, "inproc://zeromq.zap.01") != 0) {
		assert_false(rig_is_over(patience));
		rig_turn(rig, wire_server_socket(rig->server), NULL, -1, 1);
	}
	struct wire_message message;
	wire_message_init(&message);
	for (size_t i = 0; i < sizeof(user_ids) / sizeof(user_ids[0]); i++) {
		void *dealer = rig_dealer(rig, &rig->members[0]);
		assert_int_equal(zmq_connect(dealer, wire_server_endpoint(rig->server)), 0);
		assert_int_equal(zmq_send(dealer, "hello", 5, 0), 5);
		char frame[256];
		for (int more = 1; more;) {
			size_t size = sizeof(more);
			assert_true(zmq_recv(impostor, frame, sizeof(frame), 0) >= 0);
			assert_int_equal(zmq_getsockopt(impostor, ZMQ_RCVMORE, &more, &size), 0);
		}
		const char *reply[] = {"1.0", "1", "200", "OK", user_ids[i], ""};
		for (int f = 0; f < 6; f++)
			assert_true(
				zmq_send(impostor, reply[f], strlen(reply[f]), f < 5 ? ZMQ_SNDMORE : 0) >= 0);
		int64_t deadline = rig_deadline();
		while (wire_server_counts(rig->server).unauthenticated <= i) {
			assert_false(rig_is_over(deadline));
			assert_int_equal(wire_server_receive(rig->server, &message), WIRE_EMPTY);
			assert_int_equal(message.frame_count, 0);
			rig_turn(rig, wire_server_socket(rig->server), NULL, -1, 100);
		}
		assert_int_equal(wire_server_counts(rig->server).unauthenticated, i + 1);
		rig_drop_socket(rig, dealer);
	}
	assert_int_equal(wire_server_counts(rig->server).received, 0);
	wire_message_deinit(&message);
	rig_drop_socket(rig, impostor);
}

static bool listen_at(
	struct rig *rig, const char *endpoint, int fd, struct wire_server **ret, struct fault *fault)
{
	const struct wire_server_options options = {
		.endpoint = endpoint, .zone = RIG_ZONE, .keys = &rig->server_keys, .listen_fd = fd};
	return wire_server_new(rig->context, &options, ret, fault);
}

static void test_a_place_where_one_cannot_listen_is_named_with_the_reason(void **state)
{
	struct rig *rig = *state;
	const struct {
		const char *endpoint;
		const char *says;
	} cases[] = {
		{wire_server_endpoint(rig->server), "another daemon"},
		{"ipc:///tmp/wenzheng", "only tcp://"},
		{"inproc://portal", "only tcp://"},
		{"5701", "only tcp://"},
		{"", "only tcp://"},
		{"tcp://127.0.0.1", "only tcp://"},
		{"tcp://127.0.0.1:port", "from 1 to 65535"},
		{"tcp://127.0.0.1:99999", "from 1 to 65535"},
		{"tcp://127.0.0.1:0", "from 1 to 65535"},
		{"tcp://127.0.0.1:", "from 1 to 65535"},
		{"tcp://127.0.0.1:18446744073709551617", "from 1 to 65535"},
		{"tcp://192.0.2.1:5701", "cannot listen"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_server *server = NULL;
		struct fault fault = FAULT_NONE;
		if (listen_at(rig, cases[i].endpoint, 0, &server, &fault))
			fail_msg("'%s' was accepted", cases[i].endpoint);
		assert_null(server);
		if (!strstr(fault.text, cases[i].says) || !strstr(fault.text, cases[i].endpoint))
			fail_msg("'%s': %s", cases[i].endpoint, fault.text);
	}
}

static void test_a_socket_inherited_from_the_system_is_served(void **state)
{
	struct rig *rig = *state;
	wire_server_destroy(&rig->server);
	char endpoint[RIG_ENDPOINT_SIZE];
	int fd = rig_listen_silently(endpoint);
	struct fault fault = FAULT_NONE;
	if (!listen_at(rig, endpoint, fd, &rig->server, &fault))
		fail_msg("%s", fault.text);
	assert_string_equal(wire_server_endpoint(rig->server), endpoint);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
	rig_drop(rig, client);
}

static void test_a_frame_at_the_limit_passes_and_one_beyond_cuts_the_connection(void **state)
{
	struct rig *rig = *state;
	static char bytes[FRAME_SIZE_MAX + 1];
	memset(bytes, 'x', sizeof(bytes));
	struct wire_message message;
	struct zmtp_peer peer;
	wire_message_init(&message);
	zmtp_peer_open(&peer, rig);
	assert_true(zmtp_peer_handshake(&peer, rig, &rig->members[0], NULL));
	assert_true(zmtp_peer_send(&peer, rig, bytes, FRAME_SIZE_MAX));
	rig_await_message(rig, &message);
	assert_int_equal(message.frames[0].size, FRAME_SIZE_MAX);
	zmtp_peer_send(&peer, rig, bytes, FRAME_SIZE_MAX + 1);
	zmtp_peer_await_end(&peer, rig);
	assert_int_equal(wire_server_receive(rig->server, &message), WIRE_EMPTY);
	assert_int_equal(wire_server_counts(rig->server).received, 1);
	zmtp_peer_close(&peer);
	wire_message_deinit(&message);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_every_message_says_whose_key_sent_it_and_by_which_connection),
		WITH_RIG(test_an_answer_reaches_the_one_it_is_for),
		WITH_RIG(test_a_peer_that_has_gone_is_reported_and_not_forgotten_silently),
		WITH_RIG(test_a_peer_that_does_not_read_fills_only_its_own_queue),
		WITH_RIG(test_a_routing_id_of_ones_own_choice_is_flagged_and_can_be_answered),
		WITH_RIG(test_frames_come_in_order_up_to_the_limit_and_beyond_it_flagged),
		WITH_RIG(test_a_message_of_endless_frames_is_thrown_away_piece_by_piece_without_keeping_it),
		WITH_RIG(test_a_message_without_a_proven_sender_is_dropped_and_counted),
		WITH_RIG(test_a_place_where_one_cannot_listen_is_named_with_the_reason),
		WITH_RIG(test_a_socket_inherited_from_the_system_is_served),
		WITH_RIG(test_a_frame_at_the_limit_passes_and_one_beyond_cuts_the_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
