#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <wenzheng/portal.h>
#include <wenzheng/watcher.h>
#include <wenzheng/worker.h>

/* Links the shared library and nothing else of ours, as a user's program does. What needs a daemon is in
 * tests/blackbox. */

/* Two pairs of keys that are nobody's. */
#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define OUR_PUBLIC    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define OUR_SECRET    "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

static struct wz_connection_options options_to(const char *endpoint)
{
	struct wz_connection_options options = WZ_CONNECTION_OPTIONS;
	options.endpoint = endpoint;
	options.server_key = SERVER_PUBLIC;
	options.public_key = OUR_PUBLIC;
	options.secret_key = OUR_SECRET;
	return options;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A port of loopback that is ours and on which nobody answers with a handshake. */
static int silent_listener(char endpoint[static 64])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 8) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	snprintf(endpoint, 64, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
	return fd;
}

static void test_what_is_wrong_with_the_options_is_said_before_anything_is_tried(void **state)
{
	(void)state;
	static const struct {
		struct wz_connection_options options;
		const char *told;
	} cases[] = {
		{{.endpoint = NULL, .server_key = SERVER_PUBLIC, .wake_fd = -1}, "endpoint"},
		{{.endpoint = "ipc:///tmp/x",
			 .server_key = SERVER_PUBLIC,
			 .public_key = OUR_PUBLIC,
			 .secret_key = OUR_SECRET,
			 .wake_fd = -1},
			"tcp://"},
		{{.endpoint = "tcp://127.0.0.1:1", .wake_fd = -1}, "server key"},
		{{.endpoint = "tcp://127.0.0.1:1", .server_key = "short", .wake_fd = -1}, "server key"},
		{{.endpoint = "tcp://127.0.0.1:1", .server_key = SERVER_PUBLIC, .wake_fd = -1}, "no key"},
		{{.endpoint = "tcp://127.0.0.1:1",
			 .server_key = SERVER_PUBLIC,
			 .key_file = "/no/such.key_secret",
			 .wake_fd = -1},
			"/no/such.key_secret"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wz_portal *portal = NULL;
		struct wz_error error;
		assert_int_equal(wz_portal_new(&cases[i].options, &portal, &error), WZ_INVALID);
		assert_null(portal);
		assert_int_equal(error.outcome, WZ_INVALID);
		assert_non_null(strstr(error.text, cases[i].told));
	}
}

static void test_a_message_beyond_the_limits_is_refused_with_its_field_and_without_a_daemon(void **state)
{
	(void)state;
	static char long_title[600];
	memset(long_title, 'x', sizeof(long_title) - 1);
	const struct {
		struct wz_message message;
		const char *field;
	} cases[] = {
		{{.id = NULL, .title = "t", .body = "b"}, "id"},
		{{.id = "", .title = "t", .body = "b"}, "id"},
		{{.id = "1", .title = long_title, .body = "b"}, "title"},
		{{.id = "1", .title = "two\nlines", .body = "b"}, "title"},
		{{.id = "1", .title = "t", .body = "\xff"}, "body"},
		{{.id = "1", .title = "t", .body = "b", .category = "\x01"}, "category"},
	};
	struct wz_connection_options options = options_to("tcp://127.0.0.1:1");
	struct wz_portal *portal;
	struct wz_error error;
	assert_int_equal(wz_portal_new(&options, &portal, &error), WZ_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wz_receipt receipt;
		uint64_t ticket;
		assert_int_equal(wz_portal_submit(portal, &cases[i].message, 0, &receipt), WZ_INVALID);
		assert_string_equal(wz_portal_error(portal)->field, cases[i].field);
		assert_int_equal(wz_portal_send_submit(portal, &cases[i].message, &ticket), WZ_INVALID);
	}
	wz_portal_destroy(&portal);
	assert_null(portal);
	wz_portal_destroy(&portal);
}

static void test_a_call_ends_in_its_time_and_says_what_stood_in_the_way(void **state)
{
	(void)state;
	char endpoint[64];
	int fd = silent_listener(endpoint);
	struct wz_connection_options options = options_to(endpoint);
	struct wz_portal *portal;
	struct wz_error error;
	struct wz_receipt receipt;
	const struct wz_message message = {.id = "1", .title = "t", .body = "b"};
	assert_int_equal(wz_portal_new(&options, &portal, &error), WZ_OK);
	int64_t begun = now_ms();
	assert_int_equal(wz_portal_submit(portal, &message, 150, &receipt), WZ_TIMEOUT);
	assert_in_range(now_ms() - begun, 149, 5000);
	assert_int_equal(wz_portal_error(portal)->obstacle, WZ_OBSTACLE_NO_CONNECTION);
	struct wz_standing standing;
	wz_portal_standing(portal, &standing);
	assert_int_equal(standing.obstacle, WZ_OBSTACLE_NO_CONNECTION);
	assert_int_equal(standing.in_flight, 0); /* it was given up */
	wz_portal_destroy(&portal);
	close(fd);
}

static void test_so_many_requests_may_wait_and_no_more(void **state)
{
	(void)state;
	struct wz_connection_options options = options_to("tcp://127.0.0.1:1");
	struct wz_portal *portal;
	struct wz_error error;
	uint64_t ticket, before = 0;
	const struct wz_message message = {.id = "1", .title = "t", .body = "b"};
	assert_int_equal(wz_portal_new(&options, &portal, &error), WZ_OK);
	for (int i = 0; i < WZ_IN_FLIGHT_MAX; i++) {
		assert_int_equal(wz_portal_send_submit(portal, &message, &ticket), WZ_OK);
		assert_true(ticket > before);
		before = ticket;
	}
	assert_int_equal(wz_portal_send_submit(portal, &message, &ticket), WZ_FULL);
	wz_portal_destroy(&portal);
}

static void test_the_callers_descriptor_wakes_next_and_no_other_call(void **state)
{
	(void)state;
	int ends[2];
	struct wz_connection_options options = options_to("tcp://127.0.0.1:1");
	struct wz_watcher *watcher;
	struct wz_error error;
	struct wz_event event;
	assert_int_equal(pipe(ends), 0);
	options.wake_fd = ends[0];
	assert_int_equal(wz_watcher_new(&options, &watcher, &error), WZ_OK);
	wz_watcher_watch(watcher, WZ_CURSOR_STORED);
	assert_int_equal(wz_watcher_next(watcher, 0, &event), WZ_TIMEOUT);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(wz_watcher_next(watcher, WZ_FOR_EVER, &event), WZ_WOKEN);
	assert_int_equal(wz_watcher_next(watcher, WZ_FOR_EVER, &event), WZ_WOKEN);
	assert_int_equal(wz_watcher_assign(watcher, "20260105-000001-1", "edu", "why", WZ_RULING_USUAL, 20),
		WZ_TIMEOUT);
	wz_watcher_destroy(&watcher);
	close(ends[0]);
	close(ends[1]);
}

static void test_acts_are_checked_before_they_are_sent(void **state)
{
	(void)state;
	const char *const departments[] = {"edu"};
	struct wz_worker_options worker_options = {
		.departments = departments, .departments_count = 1, .credit = 0};
	struct wz_connection_options options = options_to("tcp://127.0.0.1:1");
	struct wz_worker *worker;
	struct wz_error error;
	assert_int_equal(wz_worker_new(&options, &worker_options, &worker, &error), WZ_INVALID);
	assert_string_equal(error.field, "credit");
	worker_options.credit = 1;
	assert_int_equal(wz_worker_new(&options, &worker_options, &worker, &error), WZ_OK);
	const char *number = "20260105-000001-1";
	assert_int_equal(wz_worker_take(worker, NULL, 1, 0), WZ_INVALID);
	assert_int_equal(wz_worker_take(worker, number, -1, 0), WZ_INVALID);
	assert_string_equal(wz_worker_error(worker)->field, "epoch");
	assert_int_equal(wz_worker_reply(worker, number, 1, NULL, WZ_REPLY_FINAL, NULL, 0), WZ_INVALID);
	assert_string_equal(wz_worker_error(worker)->field, "reply");
	assert_int_equal(wz_worker_reply(worker, number, 1, "no", WZ_REPLY_REFUSAL, NULL, 0), WZ_INVALID);
	assert_string_equal(wz_worker_error(worker)->field, "reason");
	assert_int_equal(wz_worker_return(worker, number, 1, "", 0), WZ_INVALID);
	assert_int_equal(wz_worker_fail(worker, number, 1, "x\x02", 0), WZ_INVALID);
	assert_int_equal(wz_worker_take(worker, number, 1, 0), WZ_TIMEOUT);
	wz_worker_destroy(&worker);
}

static void test_several_objects_live_side_by_side(void **state)
{
	(void)state;
	struct wz_connection_options options = options_to("tcp://127.0.0.1:1");
	const struct wz_worker_options worker_options = {.credit = 1};
	struct wz_portal *portal;
	struct wz_worker *worker;
	struct wz_error error;
	struct wz_worker_news news;
	assert_int_equal(wz_portal_new(&options, &portal, &error), WZ_OK);
	assert_int_equal(wz_worker_new(&options, &worker_options, &worker, &error), WZ_OK);
	wz_portal_destroy(&portal);
	assert_int_equal(wz_worker_next(worker, 1, &news), WZ_TIMEOUT);
	wz_worker_destroy(&worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_wrong_with_the_options_is_said_before_anything_is_tried),
		cmocka_unit_test(
			test_a_message_beyond_the_limits_is_refused_with_its_field_and_without_a_daemon),
		cmocka_unit_test(test_a_call_ends_in_its_time_and_says_what_stood_in_the_way),
		cmocka_unit_test(test_so_many_requests_may_wait_and_no_more),
		cmocka_unit_test(test_the_callers_descriptor_wakes_next_and_no_other_call),
		cmocka_unit_test(test_acts_are_checked_before_they_are_sent),
		cmocka_unit_test(test_several_objects_live_side_by_side),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
