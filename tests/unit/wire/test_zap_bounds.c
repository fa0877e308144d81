#include "wire/zap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/unit/wire/rig.h"

/* The doorkeeper at its bounds: how long a frame may be, what goes into a log, how many it answers in a turn.
 */

#define FRAMES 7

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

/* A question from `address` with a key that may come in, or with one that may not. */
static void *question(struct rig *rig, struct span address, bool stranger)
{
	const struct wire_key *key = stranger ? &rig->server_keys.key : &rig->members[0].key;
	const struct span frames[FRAMES] = {SPAN_LITERAL("1.0"), SPAN_LITERAL("1"), SPAN_LITERAL(RIG_ZONE),
		address, SPAN_EMPTY, SPAN_LITERAL("CURVE"), span_of(key->public_key, WIRE_KEY_SIZE)};
	int none = 0;
	void *asker = zmq_socket(wire_context_handle(rig->context), ZMQ_REQ);
	assert_non_null(asker);
	assert_int_equal(zmq_setsockopt(asker, ZMQ_LINGER, &none, sizeof(none)), 0);
	assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
	for (int i = 0; i < FRAMES; i++)
		assert_true(zmq_send(asker, frames[i].data, frames[i].size,
				    i + 1 < FRAMES ? ZMQ_SNDMORE : 0) >= 0);
	return asker;
}

/* Its status and the text beside it. */
static void answer(struct rig *rig, void *asker, char ret_status[static 8], char ret_text[static 32])
{
	int64_t deadline = rig_deadline();
	for (int i = 0; i < 6;) {
		char frame[64] = "";
		if (zmq_recv(asker, frame, sizeof(frame) - 1, ZMQ_DONTWAIT) < 0) {
			assert_false(rig_is_over(deadline));
			rig_turn(rig, asker, NULL, -1, 50);
			continue;
		}
		if (i == 2)
			memcpy(ret_status, frame, 8);
		if (i == 3)
			memcpy(ret_text, frame, 32);
		i++;
	}
	assert_int_equal(zmq_close(asker), 0);
}

static void test_no_handshake_waits_for_another(void **state)
{
	struct rig *rig = *state;
	static const int names[] = {ZMQ_LINGER, ZMQ_RCVHWM, ZMQ_SNDHWM};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int value = -1;
		size_t size = sizeof(value);
		assert_int_equal(zmq_getsockopt(wire_zap_socket(rig->zap), names[i], &value, &size), 0);
		assert_int_equal(value, 0);
	}
}

static void test_a_frame_of_255_bytes_is_read_whole_and_a_longer_one_denied(void **state)
{
	struct rig *rig = *state;
	static char address[256];
	char status[8], text[32];
	memset(address, 'x', sizeof(address));
	answer(rig, question(rig, span_of(address, 255), false), status, text);
	assert_string_equal(status, "200");
	assert_string_equal(text, "OK");
	answer(rig, question(rig, span_of(address, 256), false), status, text);
	assert_string_equal(status, "400");
	assert_string_equal(text, "No access");
	assert_string_equal(rig->denied_reason, "malformed question");
}

static void test_an_address_is_shown_if_it_is_plain_from_its_first_character_to_its_last(void **state)
{
	struct rig *rig = *state;
	static const struct {
		struct span address;
		const char *shown;
	} rows[] = {
		{SPAN_LITERAL("192.0.2.1"), "192.0.2.1"},
		{SPAN_LITERAL("!~"), "!~"},
		{SPAN_LITERAL("\n192.0.2.1"), ""},
		{SPAN_LITERAL("192.0.2.1\n"), ""},
		{SPAN_LITERAL("192.0 .2.1"), ""},
		{SPAN_LITERAL("192.0.2.1\x7f"), ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char status[8], text[32];
		answer(rig, question(rig, rows[i].address, true), status, text);
		assert_string_equal(status, "400");
		assert_string_equal(rig->denied_address, rows[i].shown);
	}
}

static void test_one_turn_answers_so_many_and_leaves_the_rest_to_the_next(void **state)
{
	struct rig *rig = *state;
	void *askers[WIRE_ZAP_REQUESTS_PER_TURN + 1];
	char status[8], text[32];
	for (int i = 0; i <= WIRE_ZAP_REQUESTS_PER_TURN; i++)
		askers[i] = question(rig, SPAN_LITERAL("192.0.2.1"), false);
	assert_int_equal(wire_zap_turn(rig->zap), 0);
	assert_int_equal(wire_zap_counts(rig->zap).allowed, WIRE_ZAP_REQUESTS_PER_TURN);
	assert_int_equal(wire_zap_turn(rig->zap), 0);
	assert_int_equal(wire_zap_counts(rig->zap).allowed, WIRE_ZAP_REQUESTS_PER_TURN + 1);
	for (int i = 0; i <= WIRE_ZAP_REQUESTS_PER_TURN; i++) {
		answer(rig, askers[i], status, text);
		assert_string_equal(status, "200");
	}
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_no_handshake_waits_for_another),
		WITH_RIG(test_a_frame_of_255_bytes_is_read_whole_and_a_longer_one_denied),
		WITH_RIG(test_an_address_is_shown_if_it_is_plain_from_its_first_character_to_its_last),
		WITH_RIG(test_one_turn_answers_so_many_and_leaves_the_rest_to_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
