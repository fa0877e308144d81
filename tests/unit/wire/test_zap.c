#include "wire/zap.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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

/* Asks the doorkeeper as libzmq would, and reads what it says. */
struct reply {
	size_t count;
	char texts[8][64];
};

static struct reply ask(struct rig *rig, const struct span *frames, size_t count)
{
	struct reply reply = {0};
	void *asker = rig_socket(rig, ZMQ_REQ);
	assert_non_null(asker);
	assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
	for (size_t i = 0; i < count; i++)
		assert_true(zmq_send(asker, frames[i].data, frames[i].size,
				    i + 1 < count ? ZMQ_SNDMORE : 0) >= 0);
	int64_t deadline = rig_deadline();
	for (int more = 1; more;) {
		char text[64] = "";
		int size = zmq_recv(asker, text, sizeof(text) - 1, ZMQ_DONTWAIT);
		if (size < 0) {
			assert_int_equal(zmq_errno(), EAGAIN);
			assert_false(rig_is_over(deadline));
			rig_turn(rig, asker, NULL, -1, 100);
			continue;
		}
		assert_true(reply.count < 8);
		memcpy(reply.texts[reply.count++], text, sizeof(text));
		size_t size_of_more = sizeof(more);
		assert_int_equal(zmq_getsockopt(asker, ZMQ_RCVMORE, &more, &size_of_more), 0);
	}
	rig_drop_socket(rig, asker);
	return reply;
}

/* A question that is right in everything; tests spoil it. */
static void good_question(const struct rig *rig, struct span frames[static 8])
{
	frames[0] = SPAN_LITERAL("1.0");
	frames[1] = SPAN_LITERAL("1");
	frames[2] = SPAN_LITERAL(RIG_ZONE);
	frames[3] = SPAN_LITERAL("192.0.2.1");
	frames[4] = SPAN_EMPTY;
	frames[5] = SPAN_LITERAL("CURVE");
	frames[6] = span_of(rig->members[0].key.public_key, WIRE_KEY_SIZE);
	frames[7] = SPAN_LITERAL("surplus");
}

static void test_an_allowed_key_is_answered_with_its_own_text_as_user_id(void **state)
{
	struct rig *rig = *state;
	struct span frames[8];
	char text[WIRE_KEY_TEXT_SIZE];
	good_question(rig, frames);
	wire_key_print(&rig->members[0].key, text);
	struct reply reply = ask(rig, frames, 7);
	assert_int_equal(reply.count, 6);
	assert_string_equal(reply.texts[0], "1.0");
	assert_string_equal(reply.texts[1], "1");
	assert_string_equal(reply.texts[2], "200");
	assert_string_equal(reply.texts[4], text);
	assert_string_equal(reply.texts[5], "");
	assert_int_equal(wire_zap_counts(rig->zap).allowed, 1);
	assert_int_equal(wire_zap_counts(rig->zap).denied, 0);
}

static void test_whatever_is_wrong_with_a_question_it_is_denied(void **state)
{
	struct rig *rig = *state;
	static char long_text[4096];
	memset(long_text, 'x', sizeof(long_text));
	const struct {
		const char *name;
		size_t count;
		size_t spoilt; /* which frame … */
		struct span with;
		const char *reason;
	} cases[] = {
		{"nothing", 1, 0, SPAN_EMPTY, "not ZAP 1.0"},
		{"version alone", 1, 0, SPAN_LITERAL("1.0"), "mechanism is not CURVE"},
		{"no key", 6, 0, SPAN_LITERAL("1.0"), "not one key of 32 bytes"},
		{"two keys", 8, 0, SPAN_LITERAL("1.0"), "not one key of 32 bytes"},
		{"another version", 7, 0, SPAN_LITERAL("2.0"), "not ZAP 1.0"},
		{"version with a NUL", 7, 0, SPAN_LITERAL("1.0\0"), "not ZAP 1.0"},
		{"no zone", 7, 2, SPAN_EMPTY, "no zone"},
		{"unprintable zone", 7, 2, SPAN_LITERAL("por\ntal"), "no zone"},
		{"zone with a DEL", 7, 2, SPAN_LITERAL("portal\x7f"), "no zone"},
		{"another zone", 7, 2, SPAN_LITERAL("worker"), "key not allowed in this zone"},
		{"zone with a tail", 7, 2, SPAN_LITERAL("portal2"), "key not allowed in this zone"},
		{"NULL", 7, 5, SPAN_LITERAL("NULL"), "mechanism is not CURVE"},
		{"PLAIN", 7, 5, SPAN_LITERAL("PLAIN"), "mechanism is not CURVE"},
		{"GSSAPI", 7, 5, SPAN_LITERAL("GSSAPI"), "mechanism is not CURVE"},
		{"no mechanism", 7, 5, SPAN_EMPTY, "mechanism is not CURVE"},
		{"short key", 7, 6, SPAN_LITERAL("0123456789012345678901234567890"),
			"not one key of 32 bytes"},
		{"long key", 7, 6, SPAN_LITERAL("012345678901234567890123456789012"),
			"not one key of 32 bytes"},
		{"empty key", 7, 6, SPAN_EMPTY, "not one key of 32 bytes"},
		{"unknown key", 7, 6, SPAN_LITERAL("01234567890123456789012345678901"),
			"key not allowed in this zone"},
		{"long frame", 7, 3, {long_text, sizeof(long_text)}, "malformed question"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span frames[8];
		good_question(rig, frames);
		frames[cases[i].spoilt] = cases[i].with;
		struct reply reply = ask(rig, frames, cases[i].count);
		assert_int_equal(reply.count, 6);
		if (strcmp(reply.texts[2], "400") != 0 || strcmp(rig->denied_reason, cases[i].reason) != 0)
			fail_msg("%s: %s, %s", cases[i].name, reply.texts[2], rig->denied_reason);
		assert_string_equal(reply.texts[4], "");
		assert_int_equal(wire_zap_counts(rig->zap).denied, i + 1);
	}
	assert_int_equal(wire_zap_counts(rig->zap).allowed, 0);
}

static void test_a_denial_says_who_and_from_where(void **state)
{
	struct rig *rig = *state;
	struct span frames[8];
	struct wire_key_pair stranger;
	good_question(rig, frames);
	wire_key_pair_generate(&stranger);
	frames[6] = span_of(stranger.key.public_key, WIRE_KEY_SIZE);
	ask(rig, frames, 7);
	assert_true(wire_key_equal(&rig->denied_key, &stranger.key));
	assert_string_equal(rig->denied_address, "192.0.2.1");
	assert_string_equal(rig->denied_zone, RIG_ZONE);
}

static void test_an_address_that_could_forge_a_log_line_is_not_shown(void **state)
{
	struct rig *rig = *state;
	struct span frames[8];
	good_question(rig, frames);
	frames[2] = SPAN_LITERAL("worker");
	frames[3] = SPAN_LITERAL("1.2.3.4\nallowed");
	ask(rig, frames, 7);
	assert_string_equal(rig->denied_address, "");
}

static void test_one_who_does_not_wait_for_the_answer_harms_nobody(void **state)
{
	struct rig *rig = *state;
	struct span frames[8];
	good_question(rig, frames);
	for (int round = 0; round < 20; round++) {
		void *asker = rig_socket(rig, ZMQ_REQ);
		assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
		for (size_t i = 0; i < 7; i++)
			assert_true(zmq_send(asker, frames[i].data, frames[i].size,
					    i < 6 ? ZMQ_SNDMORE : 0) >= 0);
		rig_drop_socket(rig, asker);
		assert_int_equal(wire_zap_turn(rig->zap), 0);
	}
	assert_string_equal(ask(rig, frames, 7).texts[2], "200");
}

static bool allow_all(void *context, const char *zone, const struct wire_key *key)
{
	(void)context;
	(void)zone;
	(void)key;
	return true;
}

static void test_there_is_one_doorkeeper(void **state)
{
	struct rig *rig = *state;
	const struct wire_zap_options options = {.allow = allow_all};
	struct wire_zap *second = NULL;
	assert_int_equal(wire_zap_new(rig->context, &options, &second), -EADDRINUSE);
	assert_null(second);
}

static void test_signals_stay_with_the_program(void **state)
{
	(void)state;
	static const int signals[] = {SIGTERM, SIGINT};
	for (size_t i = 0; i < 2; i++) {
		struct sigaction action;
		assert_int_equal(sigaction(signals[i], NULL, &action), 0);
		/* As whoever started us left it: a shell lets what runs in the background ignore SIGINT. */
		assert_true(action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN);
	}
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_an_allowed_key_is_answered_with_its_own_text_as_user_id),
		WITH_RIG(test_whatever_is_wrong_with_a_question_it_is_denied),
		WITH_RIG(test_a_denial_says_who_and_from_where),
		WITH_RIG(test_an_address_that_could_forge_a_log_line_is_not_shown),
		WITH_RIG(test_one_who_does_not_wait_for_the_answer_harms_nobody),
		WITH_RIG(test_there_is_one_doorkeeper),
		WITH_RIG(test_signals_stay_with_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
