#include "tests/unit/host/folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/limits.h"
#include "daemon/host/monitor.h"
#include "tests/lib/failing.h"

/* The doors with real sockets, in one thread: a client writes, the monitor turns, the client looks. */

#define ASK "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"

FAILING_WRAP(int, -1, epoll_create1, (int flags), (flags))
FAILING_WRAP(int, -1, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
	(epoll, operation, fd, event))
FAILING_WRAP(int, -1, chmod, (const char *path, mode_t mode), (path, mode))
FAILING_WRAP(int, -1, unlink, (const char *path), (path))
FAILING_WRAP(int, -1, shutdown, (int fd, int how), (fd, how))
FAILING_WRAP(ssize_t, -1, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))

struct doors {
	struct folder folder;
	const char *path;
	int port_holder;
	uint16_t port;
	struct monitor *monitor;
	struct mono now;
};

/* A port that nobody else is given: a socket is bound to it, which does not listen and shares its address. */
static void hold_port(struct doors *self)
{
	const int yes = 1;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int fd = self->port_holder = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	self->port = ntohs(address.sin_port);
}

static int setup(void **state)
{
	struct doors *self = calloc(1, sizeof(*self));
	struct fault fault = FAULT_NONE;
	folder_init(&self->folder);
	self->path = folder_path(&self->folder, "socket");
	hold_port(self);
	self->now = (struct mono){US_PER_DAY};
	struct monitor_options options = {self->path, self->port};
	self->monitor = monitor_new(&options, &fault);
	if (!self->monitor)
		fail_msg("%s", fault.text);
	*state = self;
	return 0;
}

static int teardown(void **state)
{
	struct doors *self = *state;
	monitor_destroy(&self->monitor);
	close(self->port_holder);
	folder_deinit(&self->folder);
	free(self);
	return 0;
}

static int come(const struct doors *self)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, self->path, strlen(self->path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int come_by_port(const struct doors *self)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(self->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void turn(struct doors *self)
{
	for (int i = 0; i < 3; i++)
		monitor_turn(self->monitor, self->now);
}

static void give(struct doors *self, size_t size)
{
	struct buffer text = BUFFER_NULL;
	for (size_t i = 0; i < size; i++)
		buffer_append_byte(&text, 'x');
	monitor_give(self->monitor, &text, self->now);
	assert_null(text.data);
}

/* Turns until the client has read to the end; how many bytes there were. -1: it was reset. */
static ssize_t read_all(struct doors *self, int fd, char *to, size_t capacity)
{
	size_t got = 0;
	for (int i = 0; i < 100000; i++) {
		monitor_turn(self->monitor, self->now);
		ssize_t r = recv(fd, to + got, capacity - 1 - got, 0);
		if (r < 0 && errno == EAGAIN)
			continue;
		if (r < 0)
			return -1;
		got += (size_t)r;
		to[got] = '\0';
		if (r == 0)
			return (ssize_t)got;
	}
	fail_msg("no end came");
	return -1;
}

static void assert_answered(struct doors *self, int fd, size_t size)
{
	char *text = malloc(size + 1000), length[64];
	ssize_t got = read_all(self, fd, text, size + 1000);
	assert_true(got > (ssize_t)size);
	assert_int_equal(strncmp(text, "HTTP/1.0 200 OK\r\n", 17), 0);
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", size);
	assert_non_null(strstr(text, length));
	const char *body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(strlen(body + 4), size);
	free(text);
	close(fd);
}

static bool is_cut(struct doors *self, int fd)
{
	char byte;
	monitor_turn(self->monitor, self->now);
	ssize_t r = recv(fd, &byte, 1, MSG_PEEK);
	return r == 0 || (r < 0 && errno != EAGAIN);
}

static void whoever_asks_waits_for_the_text_and_reads_it_to_the_end(void **state)
{
	struct doors *self = *state;
	int both[] = {come(self), come_by_port(self)};
	assert_false(monitor_is_asked(self->monitor));
	for (int i = 0; i < 2; i++)
		say(both[i], ASK);
	turn(self);
	assert_true(monitor_is_asked(self->monitor));
	give(self, 1000);
	assert_false(monitor_is_asked(self->monitor));
	for (int i = 0; i < 2; i++)
		assert_answered(self, both[i], 1000);
	turn(self);
	assert_int_equal(monitor_counts(self->monitor).answered, 2);
	assert_int_equal(monitor_wait_us(self->monitor, self->now), INT64_MAX);
}

static void a_fresh_text_is_given_again_and_an_old_one_is_not(void **state)
{
	struct doors *self = *state;
	give(self, 10);
	self->now.us += SCRAPE_FRESH_US - 1;
	int fd = come(self);
	say(fd, ASK);
	turn(self);
	assert_false(monitor_is_asked(self->monitor));
	assert_answered(self, fd, 10);
	self->now.us += 1;
	fd = come(self);
	say(fd, ASK);
	turn(self);
	assert_true(monitor_is_asked(self->monitor));
	give(self, 20);
	assert_answered(self, fd, 20);
}

static void a_request_may_come_byte_by_byte(void **state)
{
	struct doors *self = *state;
	give(self, 10);
	int fd = come(self);
	for (const char *at = ASK; *at; at++) {
		assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
		turn(self);
	}
	assert_answered(self, fd, 10);
}

static void whoever_asks_for_something_else_is_told_so(void **state)
{
	struct doors *self = *state;
	char text[1000];
	int fd = come_by_port(self);
	say(fd, "GET /secrets HTTP/1.1\r\n\r\n");
	assert_true(read_all(self, fd, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "404 Not Found"));
	close(fd);
	turn(self);
	assert_int_equal(monitor_counts(self->monitor).refused, 1);
	assert_false(monitor_is_asked(self->monitor));
}

static void whoever_says_nothing_is_dropped_when_his_time_is_over(void **state)
{
	struct doors *self = *state;
	int silent = come(self), half = come_by_port(self);
	say(half, "GET /met");
	turn(self);
	assert_true(monitor_wait_us(self->monitor, self->now) == SCRAPE_TIME_US);
	self->now.us += SCRAPE_TIME_US - 1;
	assert_false(is_cut(self, silent) || is_cut(self, half));
	assert_true(monitor_wait_us(self->monitor, self->now) == 1);
	self->now.us += 1;
	assert_true(monitor_wait_us(self->monitor, self->now) == 0);
	assert_true(is_cut(self, silent) && is_cut(self, half));
	assert_int_equal(monitor_counts(self->monitor).dropped, 2);
	assert_int_equal(monitor_wait_us(self->monitor, self->now), INT64_MAX);
	close(silent);
	close(half);
}

static void a_newcomer_takes_the_place_of_one_who_says_nothing(void **state)
{
	struct doors *self = *state;
	int peers[SCRAPE_CONNECTIONS_MAX];
	for (int i = 0; i < SCRAPE_CONNECTIONS_MAX; i++) {
		peers[i] = come(self);
		if (i == 0 || i > 2)
			say(peers[i], ASK);
		turn(self);
	}
	int newcomer = come(self);
	say(newcomer, ASK);
	turn(self);
	assert_true(is_cut(self, peers[1]));
	assert_false(is_cut(self, peers[0]) || is_cut(self, peers[2]) || is_cut(self, newcomer));
	int second = come(self), third = come(self);
	turn(self);
	assert_true(is_cut(self, peers[2]) && is_cut(self, second));
	assert_false(is_cut(self, peers[0]) || is_cut(self, third));
	say(third, ASK);
	turn(self);
	/* Now all have spoken: who came first has to go. */
	int fourth = come(self);
	turn(self);
	assert_true(is_cut(self, peers[0]));
	give(self, 5);
	assert_answered(self, newcomer, 5);
	for (int i = 0; i < SCRAPE_CONNECTIONS_MAX; i++)
		close(peers[i]);
	close(second);
	close(third);
	close(fourth);
}

static void a_crowd_at_one_door_leaves_the_other_free(void **state)
{
	struct doors *self = *state;
	int crowd[40];
	int honest = come(self);
	say(honest, ASK);
	turn(self);
	for (int i = 0; i < 40; i++) {
		crowd[i] = come_by_port(self);
		say(crowd[i], ASK);
		turn(self);
	}
	give(self, 5);
	assert_answered(self, honest, 5);
	for (int i = 0; i < 40; i++)
		close(crowd[i]);
}

static void a_slow_reader_holds_up_nobody_and_is_dropped_in_the_end(void **state)
{
	struct doors *self = *state;
	int slow[] = {come(self), come_by_port(self)};
	for (int i = 0; i < 2; i++)
		say(slow[i], ASK);
	turn(self);
	give(self, 16 << 20);
	for (int i = 0; i < 1000; i++)
		monitor_turn(self->monitor, self->now);
	self->now.us += 2 * US_PER_S;
	int honest[] = {come(self), come_by_port(self)};
	for (int i = 0; i < 2; i++)
		say(honest[i], ASK);
	turn(self);
	give(self, 3 << 20);
	for (int i = 0; i < 2; i++)
		assert_answered(self, honest[i], 3 << 20);
	self->now.us += 3 * US_PER_S;
	turn(self);
	turn(self);
	assert_int_equal(monitor_counts(self->monitor).dropped, 2);
	assert_int_equal(monitor_counts(self->monitor).answered, 2);
	for (int i = 0; i < 2; i++)
		close(slow[i]);
}

static void whoever_goes_away_leaves_his_place(void **state)
{
	struct doors *self = *state;
	int before = come(self), waiting = come(self), reading = come(self);
	turn(self);
	close(before);
	say(waiting, ASK);
	turn(self);
	close(waiting);
	turn(self);
	assert_false(monitor_is_asked(self->monitor));
	say(reading, ASK);
	turn(self);
	give(self, 8 << 20);
	turn(self);
	close(reading);
	turn(self);
	assert_int_equal(monitor_counts(self->monitor).dropped, 3);
	assert_int_equal(monitor_wait_us(self->monitor, self->now), INT64_MAX);
}

/* Half of a connection may be closed while the answer is still to come. */
static void whoever_has_said_all_he_has_to_say_is_answered(void **state)
{
	struct doors *self = *state;
	int both[] = {come(self), come_by_port(self)};
	for (int i = 0; i < 2; i++) {
		say(both[i], ASK);
		assert_int_equal(shutdown(both[i], SHUT_WR), 0);
	}
	turn(self);
	assert_true(monitor_is_asked(self->monitor));
	give(self, 100);
	for (int i = 0; i < 2; i++)
		assert_answered(self, both[i], 100);
}

static void whoever_goes_on_talking_is_cut(void **state)
{
	struct doors *self = *state;
	char block[4096], text[1000];
	int fd = come(self);
	memset(block, 'a', sizeof(block));
	give(self, 10);
	say(fd, ASK);
	turn(self);
	size_t sent = 0;
	ssize_t r = 0;
	while (sent < 10 * SCRAPE_REST_MAX && r >= 0) {
		r = send(fd, block, sizeof(block), MSG_NOSIGNAL);
		sent += r > 0 ? (size_t)r : 0;
		turn(self);
	}
	assert_true(r < 0 && sent <= 2 * SCRAPE_REST_MAX);
	(void)recv(fd, text, sizeof(text), 0);
	assert_int_equal(monitor_counts(self->monitor).answered, 1);
	close(fd);
}

static void without_a_descriptor_the_door_rests_for_a_second(void **state)
{
	struct doors *self = *state;
	struct rlimit limit, none;
	int fd = come(self);
	say(fd, ASK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){1, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	turn(self);
	assert_true(monitor_wait_us(self->monitor, self->now) == US_PER_S);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	turn(self);
	assert_false(monitor_is_asked(self->monitor));
	self->now.us += US_PER_S;
	turn(self);
	assert_true(monitor_is_asked(self->monitor));
	give(self, 10);
	assert_answered(self, fd, 10);
}

static void the_socket_is_for_the_group_and_goes_with_the_monitor(void **state)
{
	struct doors *self = *state;
	struct stat file;
	assert_int_equal(stat(self->path, &file), 0);
	assert_true(S_ISSOCK(file.st_mode));
	assert_int_equal(file.st_mode & 07777, 0660);
	monitor_destroy(&self->monitor);
	assert_int_equal(stat(self->path, &file), -1);
}

static void assert_refused(const char *path, uint16_t port, const char *why)
{
	struct fault fault = FAULT_NONE;
	struct monitor_options options = {path, port};
	assert_null(monitor_new(&options, &fault));
	if (!strstr(fault.text, why))
		fail_msg("'%s' is not in: %s", why, fault.text);
}

static void a_place_that_is_not_to_be_had_is_a_fault_and_nothing_else_is_touched(void **state)
{
	struct doors *self = *state;
	char far[200];
	struct stat file;
	const char *other = folder_write(&self->folder, "letter", "dear");
	assert_refused(other, 0, "exists and is no socket");
	assert_int_equal(stat(other, &file), 0);
	assert_refused("/nowhere/at/all", 0, "metrics_socket: /nowhere/at/all: No such file");
	memset(far, 'a', sizeof(far));
	far[0] = '/';
	far[sizeof(far) - 1] = '\0';
	assert_refused(far, 0, "is longer than 107 bytes");
	assert_refused(NULL, self->port, "metrics_port: 127.0.0.1:");
	/* A socket made before a fault is taken away again. */
	const char *first = folder_path(&self->folder, "first");
	assert_refused(first, self->port, "Address already in use");
	assert_int_equal(stat(first, &file), -1);
}

static void a_socket_of_a_former_life_is_replaced(void **state)
{
	struct doors *self = *state;
	struct fault fault = FAULT_NONE;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = folder_path(&self->folder, "former");
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	struct monitor_options options = {path, 0};
	monitor_destroy(&self->monitor);
	self->monitor = monitor_new(&options, &fault);
	assert_non_null(self->monitor);
	self->path = path;
	give(self, 1);
	fd = come(self);
	say(fd, ASK);
	assert_answered(self, fd, 1);
}

static void a_call_that_fails_at_the_start_is_a_fault(void **state)
{
	struct doors *self = *state;
	static const struct {
		const char *call;
		int nth;
	} calls[] = {{"epoll_create1", 1}, {"epoll_ctl", 1}, {"chmod", 1}, {"unlink", 1}};
	monitor_destroy(&self->monitor);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		struct fault fault = FAULT_NONE;
		/* One of a former life, for unlink. */
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		memcpy(address.sun_path, self->path, strlen(self->path) + 1);
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		close(fd);
		failing_arm(calls[i].call, calls[i].nth, EIO);
		struct monitor_options options = {self->path, 0};
		assert_null(monitor_new(&options, &fault));
		assert_true(failing_fired());
		if (!strstr(fault.text, "metrics") || !strstr(fault.text, strerror(EIO)))
			fail_msg("%s: %s", calls[i].call, fault.text);
		remove(self->path);
	}
}

static void a_call_that_fails_costs_one_connection_and_no_more(void **state)
{
	struct doors *self = *state;
	static const char *const calls[] = {"epoll_ctl", "sendmsg", "shutdown"};
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		give(self, 10);
		failing_arm(calls[i], 1, ENOSPC);
		int fd = come(self);
		say(fd, ASK);
		turn(self);
		turn(self);
		assert_true(failing_fired());
		close(fd);
		fd = come(self);
		say(fd, ASK);
		assert_answered(self, fd, 10);
	}
	turn(self);
	assert_int_equal(monitor_counts(self->monitor).dropped, 2);
	assert_int_equal(monitor_counts(self->monitor).answered, 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(whoever_asks_waits_for_the_text_and_reads_it_to_the_end),
		TEST(a_fresh_text_is_given_again_and_an_old_one_is_not),
		TEST(a_request_may_come_byte_by_byte),
		TEST(whoever_asks_for_something_else_is_told_so),
		TEST(whoever_says_nothing_is_dropped_when_his_time_is_over),
		TEST(a_newcomer_takes_the_place_of_one_who_says_nothing),
		TEST(a_crowd_at_one_door_leaves_the_other_free),
		TEST(a_slow_reader_holds_up_nobody_and_is_dropped_in_the_end),
		TEST(whoever_goes_away_leaves_his_place),
		TEST(whoever_has_said_all_he_has_to_say_is_answered),
		TEST(whoever_goes_on_talking_is_cut),
		TEST(without_a_descriptor_the_door_rests_for_a_second),
		TEST(the_socket_is_for_the_group_and_goes_with_the_monitor),
		TEST(a_place_that_is_not_to_be_had_is_a_fault_and_nothing_else_is_touched),
		TEST(a_socket_of_a_former_life_is_replaced),
		TEST(a_call_that_fails_at_the_start_is_a_fault),
		TEST(a_call_that_fails_costs_one_connection_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
