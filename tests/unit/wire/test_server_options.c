#include "wire/server.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/limits.h"
#include "tests/unit/wire/rig.h"
#include "wire/socket.h"

/* What libzmq was told, read back from it; what cannot be read back is seen in what it does. */

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

static int option(const struct rig *rig, int name)
{
	int value = -1;
	size_t size = sizeof(value);
	assert_int_equal(zmq_getsockopt(wire_server_socket(rig->server), name, &value, &size), 0);
	return value;
}

static void test_every_option_has_its_value(void **state)
{
	struct rig *rig = *state;
	rig_listen(rig, 0);
	assert_int_equal(option(rig, ZMQ_TYPE), ZMQ_ROUTER);
	assert_int_equal(option(rig, ZMQ_RCVHWM), WIRE_HIGH_WATER);
	assert_int_equal(option(rig, ZMQ_SNDHWM), WIRE_HIGH_WATER);
	assert_int_equal(option(rig, ZMQ_LINGER), 0);
	assert_int_equal(option(rig, ZMQ_HEARTBEAT_IVL), WIRE_HEARTBEAT_IVL);
	assert_int_equal(option(rig, ZMQ_HEARTBEAT_TIMEOUT), WIRE_HEARTBEAT_TIMEOUT);
	assert_int_equal(option(rig, ZMQ_HEARTBEAT_TTL), WIRE_HEARTBEAT_TTL);
	assert_int_equal(option(rig, ZMQ_HANDSHAKE_IVL), WIRE_HANDSHAKE_IVL);
	assert_int_equal(option(rig, ZMQ_BACKLOG), 1024);
	assert_int_equal(option(rig, ZMQ_IPV6), 0);
	assert_int_equal(option(rig, ZMQ_CURVE_SERVER), 1);
	assert_int_equal(option(rig, ZMQ_MECHANISM), ZMQ_CURVE);
	assert_int_equal(option(rig, 93), 1); /* ZAP_ENFORCE_DOMAIN, which the header does not name */
	char zone[32] = "";
	size_t size = sizeof(zone);
	assert_int_equal(zmq_getsockopt(wire_server_socket(rig->server), ZMQ_ZAP_DOMAIN, zone, &size), 0);
	assert_string_equal(zone, RIG_ZONE);
	int64_t limit = 0;
	size = sizeof(limit);
	assert_int_equal(zmq_getsockopt(wire_server_socket(rig->server), ZMQ_MAXMSGSIZE, &limit, &size), 0);
	assert_int_equal(limit, FRAME_SIZE_MAX + 33);
	wire_server_linger(rig->server, 321);
	assert_int_equal(option(rig, ZMQ_LINGER), 321);
}

static void test_a_high_water_of_ones_own_is_heeded(void **state)
{
	struct rig *rig = *state;
	rig_listen(rig, 7);
	assert_int_equal(option(rig, ZMQ_RCVHWM), 7);
	assert_int_equal(option(rig, ZMQ_SNDHWM), 7);
}

static bool has_ipv6(void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	if (fd >= 0)
		close(fd);
	return bound;
}

static void test_a_zone_may_listen_at_an_address_of_ipv6(void **state)
{
	struct rig *rig = *state;
	struct fault fault = FAULT_NONE;
	const struct wire_server_options options = {
		.endpoint = "tcp://[::1]:*", .zone = RIG_ZONE, .keys = &rig->server_keys};
	if (!has_ipv6())
		skip();
	if (!wire_server_new(rig->context, &options, &rig->server, &fault))
		fail_msg("%s", fault.text);
	assert_int_equal(option(rig, ZMQ_IPV6), 1);
	assert_int_equal(wire_knock(rig->context, rig->zap, wire_server_endpoint(rig->server),
				 &rig->server_keys.key, RIG_PATIENCE_MS),
		WIRE_KNOCK_REFUSED);
}

static void test_what_was_sent_is_counted_by_its_outcome(void **state)
{
	struct rig *rig = *state;
	struct wire_message message;
	rig_listen(rig, 0);
	wire_message_init(&message);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_say(rig, client, "hello");
	rig_await_message(rig, &message);
	uint64_t peer = message.peer;
	wire_message_deinit(&message);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(rig_answer(rig, peer, "good day"), 0);
		assert_int_equal(wire_server_counts(rig->server).sent, i);
	}
	assert_int_equal(rig_answer(rig, peer + 1, "nobody"), WIRE_GONE);
	assert_int_equal(wire_server_counts(rig->server).sent, 3);
	assert_int_equal(wire_server_counts(rig->server).gone, 1);
	assert_int_equal(wire_server_counts(rig->server).full, 0);
}

/* ROUTER_HANDOVER: whoever comes with the routing id of another must not get what is for that other. */
static void test_a_second_peer_of_one_routing_id_gets_nothing_of_the_first(void **state)
{
	struct rig *rig = *state;
	static const char id[] = "same";
	struct wire_message message;
	void *dealers[2];
	rig_listen(rig, 0);
	wire_message_init(&message);
	for (size_t i = 0; i < 2; i++) {
		dealers[i] = rig_dealer(rig, &rig->members[i]);
		assert_int_equal(zmq_setsockopt(dealers[i], ZMQ_ROUTING_ID, id, 4), 0);
		assert_int_equal(zmq_connect(dealers[i], wire_server_endpoint(rig->server)), 0);
		assert_int_equal(zmq_send(dealers[i], "hello", 5, 0), 5);
		if (i == 0)
			rig_await_message(rig, &message);
	}
	/* Until the second has been turned away or let in, whichever it is. */
	int64_t deadline = rig_deadline();
	while (wire_zap_counts(rig->zap).allowed < 2) {
		assert_false(rig_is_over(deadline));
		rig_turn(rig, wire_server_socket(rig->server), NULL, -1, 20);
	}
	for (int i = 0; i < 10; i++) {
		rig_turn(rig, wire_server_socket(rig->server), NULL, -1, 10);
		if (wire_server_receive(rig->server, &message) == 0)
			assert_true(wire_key_equal(&message.user, &rig->members[0].key));
	}
	const struct span frame = SPAN_LITERAL("for the first");
	assert_int_equal(wire_server_send_to_raw(rig->server, span_of(id, 4), &frame, 1), 0);
	char answer[32] = "";
	deadline = rig_deadline();
	while (zmq_recv(dealers[0], answer, sizeof(answer), ZMQ_DONTWAIT) < 0) {
		assert_false(rig_is_over(deadline));
		rig_turn(rig, dealers[0], NULL, -1, 100);
	}
	assert_string_equal(answer, "for the first");
	assert_true(zmq_recv(dealers[1], answer, sizeof(answer), ZMQ_DONTWAIT) < 0);
	wire_message_deinit(&message);
}

static void test_an_endpoint_that_is_none_is_refused_in_the_name_of_its_zone(void **state)
{
	struct rig *rig = *state;
	struct fault fault = FAULT_NONE;
	struct wire_server *server = NULL;
	const struct wire_server_options options = {
		.endpoint = "ipc:///somewhere", .zone = RIG_ZONE, .keys = &rig->server_keys};
	assert_false(wire_server_new(rig->context, &options, &server, &fault));
	assert_null(server);
	assert_memory_equal(fault.text, RIG_ZONE, strlen(RIG_ZONE));
}

/* libzmq takes names of at most 255 bytes; what it refuses must not be passed over. */
static void test_a_zone_that_libzmq_refuses_is_no_zone(void **state)
{
	struct rig *rig = *state;
	static char zone[300];
	struct fault fault = FAULT_NONE;
	struct wire_server *server = NULL;
	memset(zone, 'z', sizeof(zone) - 1);
	const struct wire_server_options options = {
		.endpoint = "tcp://127.0.0.1:*", .zone = zone, .keys = &rig->server_keys};
	assert_false(wire_server_new(rig->context, &options, &server, &fault));
	assert_null(server);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_every_option_has_its_value),
		WITH_RIG(test_a_high_water_of_ones_own_is_heeded),
		WITH_RIG(test_a_zone_may_listen_at_an_address_of_ipv6),
		WITH_RIG(test_what_was_sent_is_counted_by_its_outcome),
		WITH_RIG(test_a_second_peer_of_one_routing_id_gets_nothing_of_the_first),
		WITH_RIG(test_an_endpoint_that_is_none_is_refused_in_the_name_of_its_zone),
		WITH_RIG(test_a_zone_that_libzmq_refuses_is_no_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
