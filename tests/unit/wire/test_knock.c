#include "wire/knock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/unit/wire/rig.h"

static int setup(void **state)
{
	static struct rig rig;
	rig_open(&rig);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	rig_close(*state);
	return 0;
}

static int knock(struct rig *rig, const char *endpoint, int timeout_ms)
{
	return wire_knock(rig->context, rig->zap, endpoint, &rig->server_keys.key, timeout_ms);
}

static void test_a_guarded_zone_turns_the_knock_away_and_takes_members_afterwards(void **state)
{
	struct rig *rig = *state;
	rig_listen(rig, 0);
	assert_int_equal(knock(rig, wire_server_endpoint(rig->server), RIG_PATIENCE_MS), WIRE_KNOCK_REFUSED);
	assert_int_equal(wire_zap_counts(rig->zap).denied, 1);
	struct wire_client *member = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, member, WIRE_CLIENT_CONNECTED);
	rig_drop(rig, member);
}

static void test_a_zone_that_listens_everywhere_is_knocked_at_here(void **state)
{
	struct rig *rig = *state;
	static const char *const anywhere[] = {"tcp://*:*", "tcp://0.0.0.0:*"};
	for (size_t i = 0; i < 2; i++) {
		const struct wire_server_options options = {
			.endpoint = anywhere[i], .zone = RIG_ZONE, .keys = &rig->server_keys};
		struct wire_server *server = NULL;
		struct fault fault = FAULT_NONE;
		assert_true(wire_server_new(rig->context, &options, &server, &fault));
		assert_int_equal(
			knock(rig, wire_server_endpoint(server), RIG_PATIENCE_MS), WIRE_KNOCK_REFUSED);
		wire_server_destroy(&server);
	}
}

static void test_a_doorkeeper_who_lets_everybody_in_is_found_out(void **state)
{
	struct rig *rig = *state;
	rig->door_open = true;
	rig_listen(rig, 0);
	assert_int_equal(knock(rig, wire_server_endpoint(rig->server), RIG_PATIENCE_MS), WIRE_KNOCK_OPEN);
}

/* What libzmq makes of CURVE when it is used as its manual shows: with a key, and with nothing else. */
static void listen_carelessly(struct rig *rig, char endpoint[static 64])
{
	void *router = rig_socket(rig, ZMQ_ROUTER);
	int one = 1;
	size_t size = 64;
	int r = zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof(one));
	r |= zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, rig->server_keys.secret_key, WIRE_KEY_SIZE);
	r |= zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, RIG_ZONE, strlen(RIG_ZONE));
	r |= zmq_bind(router, "tcp://127.0.0.1:*");
	r |= zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
	assert_int_equal(r, 0);
}

static void test_a_zone_that_is_open_while_the_doorkeeper_is_away_is_found_out(void **state)
{
	struct rig *rig = *state;
	char endpoint[64];
	listen_carelessly(rig, endpoint);
	assert_int_equal(knock(rig, endpoint, RIG_PATIENCE_MS), WIRE_KNOCK_REFUSED);
	wire_zap_destroy(&rig->zap);
	assert_int_equal(knock(rig, endpoint, RIG_PATIENCE_MS), WIRE_KNOCK_OPEN);
}

static void test_a_zone_of_ours_whose_doorkeeper_is_away_is_not_called_guarded(void **state)
{
	struct rig *rig = *state;
	rig_listen(rig, 0);
	wire_zap_destroy(&rig->zap);
	assert_int_equal(knock(rig, wire_server_endpoint(rig->server), 300), WIRE_KNOCK_TIMEOUT);
}

static void test_a_door_that_does_not_answer_proves_nothing(void **state)
{
	struct rig *rig = *state;
	char endpoint[RIG_ENDPOINT_SIZE];
	int fd = rig_listen_silently(endpoint);
	int outcome = knock(rig, endpoint, 200);
	close(fd);
	assert_int_equal(outcome, WIRE_KNOCK_TIMEOUT);
}

static void test_a_wrong_server_key_proves_nothing(void **state)
{
	struct rig *rig = *state;
	rig_listen(rig, 0);
	assert_int_equal(wire_knock(rig->context, rig->zap, wire_server_endpoint(rig->server),
				 &rig->members[0].key, 200),
		WIRE_KNOCK_TIMEOUT);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_a_guarded_zone_turns_the_knock_away_and_takes_members_afterwards),
		WITH_RIG(test_a_zone_that_listens_everywhere_is_knocked_at_here),
		WITH_RIG(test_a_doorkeeper_who_lets_everybody_in_is_found_out),
		WITH_RIG(test_a_zone_that_is_open_while_the_doorkeeper_is_away_is_found_out),
		WITH_RIG(test_a_zone_of_ours_whose_doorkeeper_is_away_is_not_called_guarded),
		WITH_RIG(test_a_door_that_does_not_answer_proves_nothing),
		WITH_RIG(test_a_wrong_server_key_proves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
