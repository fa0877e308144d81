#include "tests/unit/wire/failing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static void assert_says(const struct fault *fault, const char *begin, const char *part)
{
	if (strncmp(fault->text, begin, strlen(begin)) != 0 || !strstr(fault->text, part))
		fail_msg("\"%s\" does not begin with \"%s\" and say \"%s\"", fault->text, begin, part);
}

static void test_a_server_whose_options_are_not_taken_does_not_listen(void **state)
{
	struct rig *rig = *state;
	int options_set = 0;
	for (;; options_set++) {
		char endpoint[RIG_ENDPOINT_SIZE]; /* of a socket as systemd hands it over */
		const struct wire_server_options options = {.endpoint = "tcp://127.0.0.1:*",
			.zone = RIG_ZONE,
			.keys = &rig->server_keys,
			.listen_fd = rig_listen_silently(endpoint)};
		struct wire_server *server = NULL;
		struct fault fault = FAULT_NONE;
		failing_arm("zmq_setsockopt", options_set + 1, EINVAL);
		bool made = wire_server_new(rig->context, &options, &server, &fault);
		wire_server_destroy(&server);
		if (!failing_fired()) {
			assert_true(made);
			break;
		}
		assert_false(made);
		assert_says(&fault, RIG_ZONE, "libzmq refuses ");
		close(options.listen_fd);
	}
	assert_true(options_set >= 17); /* among them what makes CURVE ask, and what bounds a frame */
}

static void test_a_server_without_a_socket_or_a_name_says_which_zone_it_was(void **state)
{
	struct rig *rig = *state;
	const struct wire_server_options options = {
		.endpoint = "tcp://127.0.0.1:*", .zone = RIG_ZONE, .keys = &rig->server_keys};
	struct wire_server *server = NULL;
	struct fault fault = FAULT_NONE;
	failing_arm("zmq_socket", 1, EMFILE);
	assert_false(wire_server_new(rig->context, &options, &server, &fault));
	assert_says(&fault, "zone portal: no socket: ", "Too many open files");
	failing_arm("zmq_getsockopt", 1, EINTR);
	assert_false(wire_server_new(rig->context, &options, &server, &fault));
	assert_says(&fault, "zone portal at tcp://127.0.0.1:*: ", "Interrupted");
	failing_arm("getsockname", 1, ENOBUFS);
	assert_false(wire_server_new(rig->context, &options, &server, &fault));
	assert_true(failing_fired());
	assert_says(&fault, "zone portal at tcp://127.0.0.1:*: ", "does not say at which address");
	assert_null(server);
}

static bool nobody(void *context, const char *zone, const struct wire_key *key)
{
	(void)context;
	(void)zone;
	(void)key;
	return false;
}

static void test_a_doorkeeper_that_cannot_be_placed_is_fatal(void **state)
{
	struct rig *rig = *state;
	struct wire_zap_options options = {.allow = nobody};
	struct wire_zap *zap = NULL;
	failing_arm("zmq_socket", 1, EMFILE);
	assert_int_equal(wire_zap_new(rig->context, &options, &zap), -EMFILE);
	failing_arm("zmq_setsockopt", 2, EINVAL);
	assert_int_equal(wire_zap_new(rig->context, &options, &zap), -EINVAL);
	assert_int_equal(wire_zap_new(rig->context, &options, &zap), -EADDRINUSE); /* there is one already */
	assert_null(zap);
}

/* Every call that makes a client, failing in turn. */
static void test_a_client_that_cannot_be_made_says_where_it_wanted_to_go(void **state)
{
	struct rig *rig = *state;
	static const struct {
		const char *call;
		const char *says;
		int times; /* calls of it that making a client takes */
	} calls[] = {
		{"zmq_socket", "no socket", 2},
		{"zmq_setsockopt", "libzmq refuses", 18},
		{"zmq_socket_monitor", "no monitor", 1},
		{"zmq_connect", "", 2},
	};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int nth = 1;; nth++) {
			const struct wire_client_options options = {.endpoint = "tcp://127.0.0.1:9",
				.server_key = rig->server_keys.key,
				.keys = &rig->members[0]};
			struct wire_client *client = NULL;
			struct fault fault = FAULT_NONE;
			failing_arm(calls[i].call, nth, EINVAL);
			bool made = wire_client_new(rig->context, &options, &client, &fault);
			bool fired = failing_fired();
			wire_client_destroy(&client);
			if (!fired) {
				assert_true(made);
				assert_int_equal(nth, calls[i].times + 1);
				break;
			}
			assert_false(made);
			assert_says(&fault, "tcp://127.0.0.1:9", calls[i].says);
		}
	}
}

static void test_a_client_whose_socket_breaks_is_fatal_for_its_caller(void **state)
{
	struct rig *rig = *state;
	enum wire_client_status status;
	struct wire_message message;
	rig_listen(rig, 0);
	wire_message_init(&message);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
	failing_arm("zmq_msg_recv", 1, ENOTSOCK);
	assert_int_equal(wire_client_status(client, &status), -ENOTSOCK);
	failing_arm("zmq_msg_recv", 1, ENOTSOCK);
	assert_int_equal(wire_client_retry(client), -ENOTSOCK);
	failing_arm("zmq_msg_recv", 1, ENOTSOCK);
	assert_int_equal(wire_client_receive(client, &message), -ENOTSOCK);
	failing_arm("zmq_msg_recv", 2, ENOTSOCK); /* nothing there, then the news */
	assert_int_equal(wire_client_receive(client, &message), -ENOTSOCK);
	const struct span frame = SPAN_LITERAL("x");
	failing_arm("zmq_send", 1, ENOTSOCK);
	assert_int_equal(wire_client_send(client, &frame, 1), -ENOTSOCK);
	failing_arm("zmq_disconnect", 1, ENOTSOCK);
	assert_int_equal(wire_client_retry(client), -ENOTSOCK);
	failing_arm("zmq_connect", 1, ENOTSOCK);
	assert_int_equal(wire_client_retry(client), -ENOTSOCK);
	failing_arm("zmq_disconnect", 1, ENOENT); /* it was cut off already: that is no fault */
	assert_int_equal(wire_client_retry(client), 0);
	assert_true(failing_fired());
	wire_message_deinit(&message);
}

static void test_an_interrupted_call_is_made_again(void **state)
{
	struct rig *rig = *state;
	struct wire_message message;
	rig_listen(rig, 0);
	wire_message_init(&message);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_await_status(rig, client, WIRE_CLIENT_CONNECTED);
	failing_arm("zmq_send", 1, EINTR);
	rig_say(rig, client, "hello");
	assert_true(failing_fired());
	failing_arm("zmq_msg_recv", 1, EINTR);
	rig_await_message(rig, &message);
	assert_true(failing_fired());
	assert_true(span_equal_string(message.frames[0], "hello"));
	wire_message_deinit(&message);

	struct wire_poll_item item = {.socket = wire_server_socket(rig->server), .readable = true};
	failing_arm("zmq_poll", 1, EINTR);
	assert_int_equal(wire_poll(&item, 1, 0), 0);
	assert_false(item.readable);
	failing_arm("zmq_poll", 1, ETERM);
	assert_int_equal(wire_poll(&item, 1, 0), -ETERM);
}

/* A message of `count` frames lies in the server's socket. */
static void send_frames(struct rig *rig, struct wire_client *client, size_t count)
{
	struct span frames[16];
	for (size_t i = 0; i < count; i++)
		frames[i] = SPAN_LITERAL("frame");
	assert_int_equal(wire_client_send(client, frames, count), 0);
	struct wire_poll_item item = {.socket = wire_server_socket(rig->server)};
	int64_t deadline = rig_deadline();
	while (!item.readable) {
		assert_false(rig_is_over(deadline));
		assert_int_equal(wire_poll(&item, 1, 100), 0);
	}
}

static void test_what_breaks_in_the_middle_of_a_message_is_fatal(void **state)
{
	struct rig *rig = *state;
	static const struct {
		size_t frames;
		int nth; /* call of zmq_msg_recv; the first reads the routing id */
		int error;
		int outcome;
	} cases[] = {
		{2, 1, ENOTSOCK, -ENOTSOCK},
		{2, 2, ENOTSOCK, -ENOTSOCK},
		{2, 3, EAGAIN, -EPROTO}, /* libzmq promised whole messages */
		{8, 5, EAGAIN, -EPROTO},
		{8, 5, ENOTSOCK, -ENOTSOCK},
	};
	rig_listen(rig, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_message message;
		wire_message_init(&message);
		struct wire_client *client = rig_connect(rig, &rig->members[0]);
		rig_say(rig, client, "hello");
		rig_await_message(rig, &message);
		send_frames(rig, client, cases[i].frames);
		failing_arm("zmq_msg_recv", cases[i].nth, cases[i].error);
		int r = wire_server_receive(rig->server, &message);
		if (r == 0) /* with too many frames: the first ones; the rest is thrown away at the next call
			     */
			r = wire_server_receive(rig->server, &message);
		assert_true(failing_fired());
		assert_int_equal(r, cases[i].outcome);
		wire_message_deinit(&message);
		rig_drop(rig, client);
		wire_server_destroy(&rig->server);
		rig_listen(rig, 0);
	}
}

static void test_a_sender_is_believed_only_if_every_frame_names_the_same_key(void **state)
{
	struct rig *rig = *state;
	char one[WIRE_KEY_TEXT_SIZE], other[WIRE_KEY_TEXT_SIZE];
	wire_key_print(&rig->members[0].key, one);
	wire_key_print(&rig->members[1].key, other);
	const struct {
		const char *user_ids[2];
		int count;
		int outcome;
	} cases[] = {{{one, one}, 2, 0}, {{NULL}, 1, WIRE_EMPTY}, {{"nonsense"}, 1, WIRE_EMPTY},
		{{one, other}, 2, WIRE_EMPTY}, {{one, NULL}, 2, WIRE_EMPTY}};
	struct wire_message message;
	rig_listen(rig, 0);
	wire_message_init(&message);
	struct wire_client *client = rig_connect(rig, &rig->members[0]);
	rig_say(rig, client, "hello");
	rig_await_message(rig, &message);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before = wire_server_counts(rig->server).unauthenticated;
		send_frames(rig, client, 2);
		failing_user_ids(cases[i].user_ids, cases[i].count);
		assert_int_equal(wire_server_receive(rig->server, &message), cases[i].outcome);
		assert_int_equal(
			wire_server_counts(rig->server).unauthenticated - before, cases[i].outcome != 0);
		assert_string_equal(wire_message_address(&message), cases[i].outcome ? "" : "127.0.0.1");
	}
	wire_message_deinit(&message);
}

static void test_an_answer_that_breaks_is_fatal_and_one_that_does_not_fit_is_said_so(void **state)
{
	struct rig *rig = *state;
	static const struct {
		int nth; /* call of zmq_send; the first gives the routing id */
		int error;
		int outcome;
	} cases[] = {
		{1, ENOTSOCK, -ENOTSOCK},
		{1, EHOSTUNREACH, WIRE_GONE},
		{2, EAGAIN, WIRE_FULL},
		{2, ENOTSOCK, -ENOTSOCK},
		{3, EAGAIN,
			WIRE_FULL}, /* cut in the middle: the rest is given to libzmq, which throws it away */
		{3, ENOTSOCK, -ENOTSOCK},
	};
	const struct span frames[] = {SPAN_LITERAL("a"), SPAN_LITERAL("b"), SPAN_LITERAL("c")};
	rig_listen(rig, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_message message;
		wire_message_init(&message);
		struct wire_client *client = rig_connect(rig, &rig->members[0]);
		rig_say(rig, client, "hello");
		rig_await_message(rig, &message);
		failing_arm("zmq_send", cases[i].nth, cases[i].error);
		assert_int_equal(wire_server_send(rig->server, message.peer, frames, 3), cases[i].outcome);
		assert_true(failing_fired());
		wire_message_deinit(&message);
		rig_drop(rig, client);
		wire_server_destroy(&rig->server);
		rig_listen(rig, 0);
	}
}

static void test_a_knock_that_cannot_be_made_or_heard_is_fatal(void **state)
{
	struct rig *rig = *state;
	static const struct {
		const char *call;
		int nth;
		int error;
		int outcome;
	} cases[] = {
		{"zmq_socket", 1, EMFILE, -EIO}, {"zmq_msg_recv", 1, ENOTSOCK, -ENOTSOCK}, /* the news */
		{"zmq_poll", 1, ETERM, -ETERM},
		{"zmq_msg_recv", 2, ENOTSOCK, -ENOTSOCK}, /* the doorkeeper's */
	};
	rig_listen(rig, 0);
	const char *endpoint = wire_server_endpoint(rig->server);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		failing_arm(cases[i].call, cases[i].nth, cases[i].error);
		assert_int_equal(
			wire_knock(rig->context, rig->zap, endpoint, &rig->server_keys.key, RIG_PATIENCE_MS),
			cases[i].outcome);
	}
	assert_int_equal(wire_knock(rig->context, rig->zap, endpoint, &rig->server_keys.key, RIG_PATIENCE_MS),
		WIRE_KNOCK_REFUSED);
}

static void test_every_outcome_of_a_knock_is_one_sentence(void **state)
{
	(void)state;
	assert_non_null(strstr(wire_knock_text(WIRE_KNOCK_REFUSED), "turned away"));
	assert_non_null(strstr(wire_knock_text(WIRE_KNOCK_OPEN), "was let in"));
	assert_non_null(strstr(wire_knock_text(WIRE_KNOCK_TIMEOUT), "not proven"));
}

static void *ask(struct rig *rig, size_t count)
{
	void *asker = rig_socket(rig, ZMQ_REQ);
	assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(zmq_send(asker, "x", 1, i + 1 < count ? ZMQ_SNDMORE : 0), 1);
	return asker;
}

static void test_a_doorkeeper_whose_socket_breaks_is_fatal(void **state)
{
	struct rig *rig = *state;
	static const struct {
		const char *call;
		int nth;
		int error;
		int outcome;
	} cases[] = {
		{"zmq_msg_recv", 1, EINTR, 0},
		{"zmq_msg_recv", 1, ENOTSOCK, -ENOTSOCK},
		{"zmq_msg_recv", 2, EAGAIN, -EAGAIN}, /* half a question */
		{"zmq_send", 1, ENOTSOCK, -ENOTSOCK},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(rig, 2);
		failing_arm(cases[i].call, cases[i].nth, cases[i].error);
		assert_int_equal(wire_zap_turn(rig->zap), cases[i].outcome);
		assert_true(failing_fired());
		rig_close(rig);
		rig_open(rig);
	}
}

static void test_an_interrupted_doorkeeper_loses_no_frame_of_a_question(void **state)
{
	struct rig *rig = *state;
	const struct span frames[] = {SPAN_LITERAL("1.0"), SPAN_LITERAL("1"), SPAN_LITERAL(RIG_ZONE),
		SPAN_LITERAL("192.0.2.1"), SPAN_EMPTY, SPAN_LITERAL("CURVE"),
		span_of(rig->members[0].key.public_key, WIRE_KEY_SIZE)};
	const int count = sizeof(frames) / sizeof(frames[0]);
	for (int nth = 1; nth <= count; nth++) {
		void *asker = rig_socket(rig, ZMQ_REQ);
		assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
		for (int i = 0; i < count; i++)
			assert_int_equal(zmq_send(asker, frames[i].data, frames[i].size,
						 i + 1 < count ? ZMQ_SNDMORE : 0),
				frames[i].size);
		failing_arm("zmq_msg_recv", nth, EINTR);
		assert_int_equal(wire_zap_turn(rig->zap), 0);
		assert_true(failing_fired());
		assert_int_equal(wire_zap_counts(rig->zap).allowed, nth);
	}
}

static void test_a_doorkeeper_without_a_diary_denies_all_the_same(void **state)
{
	(void)state;
	const struct wire_zap_options options = {.allow = nobody};
	char answer[8] = "";
	struct wire_context *context = wire_context_new_apart();
	struct wire_zap *zap = NULL;
	assert_int_equal(wire_zap_new(context, &options, &zap), 0);
	void *asker = zmq_socket(wire_context_handle(context), ZMQ_REQ);
	int patience = RIG_PATIENCE_MS;
	assert_int_equal(zmq_setsockopt(asker, ZMQ_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(zmq_connect(asker, "inproc://zeromq.zap.01"), 0);
	assert_int_equal(zmq_send(asker, "x", 1, 0), 1);
	assert_int_equal(wire_zap_turn(zap), 0);
	assert_int_equal(wire_zap_counts(zap).denied, 1);
	for (int i = 0; i < 3; i++)
		assert_true(zmq_recv(asker, answer, sizeof(answer) - 1, 0) >= 0);
	assert_string_equal(answer, "400");
	zmq_close(asker);
	wire_zap_destroy(&zap);
	wire_context_destroy(&context);
}

static void test_a_crowd_at_the_door_waits_for_the_next_turn(void **state)
{
	struct rig *rig = *state;
	void *askers[WIRE_ZAP_REQUESTS_PER_TURN + 1];
	for (size_t i = 0; i <= WIRE_ZAP_REQUESTS_PER_TURN; i++) {
		askers[i] = zmq_socket(wire_context_handle(rig->context), ZMQ_REQ);
		assert_non_null(askers[i]);
		assert_int_equal(zmq_connect(askers[i], "inproc://zeromq.zap.01"), 0);
		assert_int_equal(zmq_send(askers[i], "x", 1, 0), 1);
	}
	assert_int_equal(wire_zap_turn(rig->zap), 0);
	assert_int_equal(wire_zap_counts(rig->zap).denied, WIRE_ZAP_REQUESTS_PER_TURN);
	assert_int_equal(wire_zap_turn(rig->zap), 0);
	assert_int_equal(wire_zap_counts(rig->zap).denied, WIRE_ZAP_REQUESTS_PER_TURN + 1);
	for (size_t i = 0; i <= WIRE_ZAP_REQUESTS_PER_TURN; i++)
		zmq_close(askers[i]);
}

static void test_without_a_context_there_is_none(void **state)
{
	struct rig *rig = *state;
	rig_close(rig);
	failing_arm("setenv", 1, ENOMEM);
	assert_null(wire_context_new());
	failing_arm("zsys_init", 1, EMFILE);
	assert_null(wire_context_new());
	failing_arm("zmq_ctx_new", 1, EMFILE);
	assert_null(wire_context_new_apart());
	struct wire_context *apart = wire_context_new_apart();
	failing_arm("zmq_ctx_term", 1, EINTR);
	wire_context_destroy(&apart);
	assert_true(failing_fired());
	wire_context_destroy(&apart); /* and once more: nothing to do */
	rig_open(rig);
}

/* A folder for key files; returns a name in it. */
static void temporary(char name[static 64])
{
	char folder[64] = "/tmp/wire-failures-XXXXXX";
	assert_non_null(mkdtemp(folder));
	snprintf(name, 64, "%.40s/k", folder);
}

static void remove_all(const char *name, const char *public_path, const char *secret_path)
{
	char folder[64];
	unlink(public_path);
	unlink(secret_path);
	snprintf(folder, sizeof(folder), "%.*s", (int)strlen(name) - 2, name);
	assert_int_equal(rmdir(folder), 0);
}

static void test_a_key_that_is_not_wholly_on_disk_is_not_there(void **state)
{
	struct rig *rig = *state;
	static const struct {
		const char *call;
		int nth;
		int error;
		const char *says; /* NULL: it comes out well */
	} cases[] = {
		{"fchmod", 1, EPERM, "Operation not permitted"}, {"write", 1, ENOSPC, "No space left"},
		{"write", 1, EINTR, NULL}, {"fsync", 1, EIO, "Input/output error"},
		{"fsync", 2, EIO, "Input/output error"}, /* the public half: the secret one goes too */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[64], public_path[80], secret_path[80];
		struct fault fault = FAULT_NONE;
		temporary(name);
		snprintf(public_path, sizeof(public_path), "%s.key", name);
		snprintf(secret_path, sizeof(secret_path), "%s.key_secret", name);
		failing_arm(cases[i].call, cases[i].nth, cases[i].error);
		bool saved = wire_key_pair_save(&rig->members[0], name, &fault);
		assert_true(failing_fired());
		assert_true(saved == !cases[i].says);
		assert_int_equal(access(public_path, F_OK), saved ? 0 : -1);
		assert_int_equal(access(secret_path, F_OK), saved ? 0 : -1);
		if (!saved)
			assert_says(&fault, name, cases[i].says);
		remove_all(name, public_path, secret_path);
	}
}

static void test_a_key_that_cannot_be_read_says_why(void **state)
{
	struct rig *rig = *state;
	char name[64], public_path[80], secret_path[80];
	struct fault fault = FAULT_NONE;
	struct wire_key key;
	temporary(name);
	snprintf(public_path, sizeof(public_path), "%s.key", name);
	snprintf(secret_path, sizeof(secret_path), "%s.key_secret", name);
	assert_false(wire_key_load(public_path, &key, &fault));
	assert_says(&fault, public_path, "No such file");
	assert_true(wire_key_pair_save(&rig->members[0], name, &fault));
	failing_arm("fstat", 1, EOVERFLOW);
	assert_false(wire_key_load(public_path, &key, &fault));
	assert_says(&fault, public_path, "too large");
	failing_arm("read", 1, EIO);
	assert_false(wire_key_load(public_path, &key, &fault));
	assert_says(&fault, public_path, "Input/output error");
	failing_arm("read", 1, EINTR);
	assert_true(wire_key_load(public_path, &key, &fault));
	assert_true(failing_fired() && wire_key_equal(&key, &rig->members[0].key));
	remove_all(name, public_path, secret_path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_server_whose_options_are_not_taken_does_not_listen),
		TEST(test_a_server_without_a_socket_or_a_name_says_which_zone_it_was),
		TEST(test_a_doorkeeper_that_cannot_be_placed_is_fatal),
		TEST(test_a_client_that_cannot_be_made_says_where_it_wanted_to_go),
		TEST(test_a_client_whose_socket_breaks_is_fatal_for_its_caller),
		TEST(test_an_interrupted_call_is_made_again),
		TEST(test_what_breaks_in_the_middle_of_a_message_is_fatal),
		TEST(test_a_sender_is_believed_only_if_every_frame_names_the_same_key),
		TEST(test_an_answer_that_breaks_is_fatal_and_one_that_does_not_fit_is_said_so),
		TEST(test_a_knock_that_cannot_be_made_or_heard_is_fatal),
		TEST(test_every_outcome_of_a_knock_is_one_sentence),
		TEST(test_a_doorkeeper_whose_socket_breaks_is_fatal),
		TEST(test_an_interrupted_doorkeeper_loses_no_frame_of_a_question),
		TEST(test_a_doorkeeper_without_a_diary_denies_all_the_same),
		TEST(test_a_crowd_at_the_door_waits_for_the_next_turn),
		TEST(test_without_a_context_there_is_none),
		TEST(test_a_key_that_is_not_wholly_on_disk_is_not_there),
		TEST(test_a_key_that_cannot_be_read_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
