/* Who must not get in, and what those who are in cannot make us believe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

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

static void assert_nothing_came(struct rig *rig)
{
	struct wire_message message;
	wire_message_init(&message);
	assert_int_equal(wire_server_receive(rig->server, &message), WIRE_EMPTY);
	assert_int_equal(wire_server_counts(rig->server).received, 0);
	assert_int_equal(wire_server_counts(rig->server).unauthenticated, 0);
	wire_message_deinit(&message);
}

static void test_an_unknown_key_is_refused_and_reported(void **state)
{
	struct rig *rig = *state;
	struct wire_key_pair stranger;
	wire_key_pair_generate(&stranger);
	struct wire_client *client = rig_connect(rig, &stranger);
	rig_await_status(rig, client, WIRE_CLIENT_REFUSED);
	assert_true(wire_key_equal(&rig->denied_key, &stranger.key));
	assert_string_equal(rig->denied_address, "127.0.0.1");
	assert_string_equal(rig->denied_zone, RIG_ZONE);
	assert_nothing_came(rig);
	rig_drop(rig, client);
}

static void test_a_known_key_is_refused_in_a_zone_that_is_not_its_own(void **state)
{
	struct rig *rig = *state;
	wire_server_destroy(&rig->server);
	const struct wire_server_options options = {
		.endpoint = "tcp://127.0.0.1:*", .zone = "worker", .keys = &rig->server_keys};
	struct fault fault;
	assert_true(wire_server_new(rig->context, &options, &rig->server, &fault));
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_REFUSED);
	assert_string_equal(rig->denied_zone, "worker");
	assert_nothing_came(rig);
	rig_drop(rig, client);
}

static void test_without_a_doorkeeper_nobody_gets_in(void **state)
{
	struct rig *rig = *state;
	wire_zap_destroy(&rig->zap);
	for (size_t i = 0; i < 2; i++) {
		struct wire_client *client = rig_connect(rig, &rig->members[i]);
		rig_await_status(rig, client, WIRE_CLIENT_STRANGE);
		assert_int_equal(wire_client_connections(client), 0);
		assert_nothing_came(rig);
		rig_drop(rig, client);
	}
	/* Nor one who says the whole handshake by hand and does not take no for an answer. */
	struct zmtp_peer peer;
	zmtp_peer_open(&peer, rig);
	assert_false(zmtp_peer_handshake(&peer, rig, &rig->members[0], NULL));
	zmtp_peer_send(&peer, rig, "let me in", 9);
	zmtp_peer_await_end(&peer, rig);
	assert_nothing_came(rig);
	zmtp_peer_close(&peer);
}

static void test_a_connection_made_before_the_doorkeeper_left_still_proves_its_key(void **state)
{
	struct rig *rig = *state;
	struct wire_message message;
	wire_message_init(&message);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
	wire_zap_destroy(&rig->zap);
	rig_say(rig, client, "still me");
	rig_await_message(rig, &message);
	assert_true(wire_key_equal(&message.user, &rig->members[0].key));
	wire_message_deinit(&message);
	rig_drop(rig, client);
}

static void test_a_peer_without_curve_is_cut_off(void **state)
{
	struct rig *rig = *state;
	static const char *const mechanisms[] = {"NULL", "PLAIN", "GSSAPI", "", "curve", "CURVE2"};
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		struct zmtp_peer peer;
		zmtp_peer_open(&peer, rig);
		if (zmtp_peer_greet(&peer, rig, mechanisms[i])) {
			/* READY of NULL, and a message right behind it. */
			static const char ready[] =
				"\4\46\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\0"
				"\0\5hello";
			zmtp_peer_write(&peer, rig, ready, sizeof(ready) - 1);
		}
		zmtp_peer_await_end(&peer, rig);
		assert_nothing_came(rig);
		zmtp_peer_close(&peer);
	}
	assert_int_equal(wire_zap_counts(rig->zap).allowed, 0);
}

static void test_libzmq_without_curve_gets_nowhere_either(void **state)
{
	struct rig *rig = *state;
	static const char *const names[] = {"inproc://watch-null", "inproc://watch-plain"};
	for (int plain = 0; plain < 2; plain++) {
		void *dealer = rig_socket(rig, ZMQ_DEALER);
		void *monitor = rig_socket(rig, ZMQ_PAIR);
		int r = 0;
		if (plain) {
			r |= zmq_setsockopt(dealer, ZMQ_PLAIN_USERNAME, "operator", 8);
			r |= zmq_setsockopt(dealer, ZMQ_PLAIN_PASSWORD, "secret", 6);
		}
		r |= zmq_socket_monitor(dealer, names[plain], ZMQ_EVENT_DISCONNECTED);
		r |= zmq_connect(monitor, names[plain]);
		r |= zmq_connect(dealer, wire_server_endpoint(rig->server));
		assert_int_equal(r, 0);
		assert_int_equal(zmq_send(dealer, "hello", 5, 0), 5);
		char news[64];
		int64_t deadline = rig_deadline();
		while (zmq_recv(monitor, news, sizeof(news), ZMQ_DONTWAIT) < 0) {
			assert_false(rig_is_over(deadline));
			rig_turn(rig, monitor, NULL, -1, 100);
		}
		assert_nothing_came(rig);
		zmq_socket_monitor(dealer, NULL, 0);
		rig_drop_socket(rig, monitor);
		rig_drop_socket(rig, dealer);
	}
}

static void test_a_peer_cannot_forge_its_user_id_address_or_role(void **state)
{
	struct rig *rig = *state;
	char other[WIRE_KEY_TEXT_SIZE];
	wire_key_print(&rig->members[1].key, other);
	const char *const forged[] = {"User-Id", other, "user-id", other, "role", "operator", "Peer-Address",
		"192.0.2.1", "Routing-Id", "x", NULL};
	struct wire_message message;
	struct zmtp_peer liar;
	wire_message_init(&message);
	zmtp_peer_open(&liar, rig);
	assert_true(zmtp_peer_handshake(&liar, rig, &rig->members[0], forged));
	assert_true(zmtp_peer_send(&liar, rig, "I am the other one", 18));
	rig_await_message(rig, &message);
	assert_true(wire_key_equal(&message.user, &rig->members[0].key));
	assert_false(message.bad_identity);
	assert_string_equal(wire_message_address(&message), "127.0.0.1");
	wire_message_deinit(&message);
	zmtp_peer_close(&liar);
}

static void test_a_forged_user_id_does_not_help_a_stranger(void **state)
{
	struct rig *rig = *state;
	char member[WIRE_KEY_TEXT_SIZE];
	struct wire_key_pair stranger;
	wire_key_pair_generate(&stranger);
	wire_key_print(&rig->members[0].key, member);
	const char *const forged[] = {"User-Id", member, NULL};
	struct zmtp_peer liar;
	zmtp_peer_open(&liar, rig);
	assert_false(zmtp_peer_handshake(&liar, rig, &stranger, forged));
	zmtp_peer_send(&liar, rig, "hello", 5);
	zmtp_peer_await_end(&liar, rig);
	assert_nothing_came(rig);
	zmtp_peer_close(&liar);
}

static void test_somebody_elses_public_key_is_not_enough(void **state)
{
	struct rig *rig = *state;
	struct wire_key_pair thief;
	wire_key_pair_generate(&thief);
	thief.key = rig->members[0].key;
	struct zmtp_peer peer;
	zmtp_peer_open(&peer, rig);
	assert_false(zmtp_peer_handshake(&peer, rig, &thief, NULL));
	zmtp_peer_await_end(&peer, rig);
	assert_int_equal(wire_zap_counts(rig->zap).allowed, 0);
	assert_nothing_came(rig);
	zmtp_peer_close(&peer);
}

static void test_a_gigabyte_before_the_handshake_is_cut_off_and_takes_no_memory(void **state)
{
	struct rig *rig = *state;
	static const unsigned char headers[][9] = {
		{0x06, 0, 0, 0, 0, 0x40, 0, 0, 0}, /* a command of 1 GiB */
		{0x02, 0, 0, 0, 0, 0x40, 0, 0, 0}, /* a message of 1 GiB */
		{0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	static char much[1024 * 1024];
	memset(much, 1, sizeof(much));
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct zmtp_peer peer;
		zmtp_peer_open(&peer, rig);
		assert_true(zmtp_peer_greet(&peer, rig, "CURVE"));
		size_t before = rig_memory();
		bool open = zmtp_peer_write(&peer, rig, headers[i], sizeof(headers[i]));
		for (int m = 0; m < 256 && open; m++)
			open = zmtp_peer_write(&peer, rig, much, sizeof(much));
		assert_false(open);
		assert_true(rig_memory() < before + RIG_MEMORY_SLACK);
		zmtp_peer_close(&peer);
	}
	assert_nothing_came(rig);
}

static void test_one_who_connects_and_says_nothing_is_cut_off(void **state)
{
	struct rig *rig = *state;
	struct zmtp_peer mute;
	struct zmtp_peer half;
	zmtp_peer_open(&mute, rig);
	zmtp_peer_open(&half, rig);
	assert_true(zmtp_peer_greet(&half, rig, "CURVE"));
	zmtp_peer_await_end(&mute, rig);
	zmtp_peer_await_end(&half, rig);
	assert_nothing_came(rig);
	zmtp_peer_close(&mute);
	zmtp_peer_close(&half);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_an_unknown_key_is_refused_and_reported),
		WITH_RIG(test_a_known_key_is_refused_in_a_zone_that_is_not_its_own),
		WITH_RIG(test_without_a_doorkeeper_nobody_gets_in),
		WITH_RIG(test_a_connection_made_before_the_doorkeeper_left_still_proves_its_key),
		WITH_RIG(test_a_peer_without_curve_is_cut_off),
		WITH_RIG(test_libzmq_without_curve_gets_nowhere_either),
		WITH_RIG(test_a_peer_cannot_forge_its_user_id_address_or_role),
		WITH_RIG(test_a_forged_user_id_does_not_help_a_stranger),
		WITH_RIG(test_somebody_elses_public_key_is_not_enough),
		WITH_RIG(test_a_gigabyte_before_the_handshake_is_cut_off_and_takes_no_memory),
		WITH_RIG(test_one_who_connects_and_says_nothing_is_cut_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
