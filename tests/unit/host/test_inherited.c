#include "tests/unit/host/folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/host/inherited.h"

/* Which sockets that somebody else opened are taken for which zone, and which are refused with which words.
 */

static int listen_at(int family, const char *host, uint16_t *ret_port)
{
	int fd = socket(family, SOCK_STREAM, 0);
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.any = {.sa_family = (sa_family_t)family}};
	socklen_t size = sizeof(address);
	void *to = family == AF_INET ? (void *)&address.v4.sin_addr : (void *)&address.v6.sin6_addr;
	assert_true(fd > 0);
	assert_int_equal(inet_pton(family, host, to), 1);
	assert_int_equal(bind(fd, &address.any, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, &address.any, &size), 0);
	*ret_port = ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	return fd;
}

static void refused(int fd, const char *name, const char *const endpoints[ZONE_END], const char *words)
{
	struct inherited inherited = {{0}};
	struct fault fault = FAULT_NONE;
	assert_false(inherited_add(&inherited, fd, name, endpoints, &fault));
	if (!strstr(fault.text, words))
		fail_msg("'%s' does not say '%s'", fault.text, words);
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		assert_int_equal(inherited.fds[zone], 0);
}

static void a_socket_at_the_configured_address_is_taken(void **state)
{
	(void)state;
	static const struct {
		int family;
		const char *host, *endpoint; /* without a port: the socket's */
		bool good;
	} rows[] = {
		{AF_INET, "127.0.0.1", "tcp://127.0.0.1:", true},
		{AF_INET, "127.0.0.1", "tcp://127.0.0.1:*", true},
		{AF_INET, "127.0.0.1", "tcp://127.0.0.2:", false},
		{AF_INET, "127.0.0.1", "tcp://*:", false},
		{AF_INET, "127.0.0.1", "tcp://0.0.0.0:", false},
		{AF_INET, "127.0.0.1", "tcp://[::1]:", false},
		{AF_INET, "127.0.0.1", "tcp://127.0.0.1:1", false},
		{AF_INET, "0.0.0.0", "tcp://*:", true},
		{AF_INET, "0.0.0.0", "tcp://0.0.0.0:", true},
		{AF_INET, "0.0.0.0", "tcp://[::]:", false},
		{AF_INET6, "::", "tcp://*:", true},
		{AF_INET6, "::", "tcp://[::]:", true},
		{AF_INET6, "::", "tcp://0.0.0.0:", false},
		{AF_INET6, "::1", "tcp://[::1]:", true},
		{AF_INET6, "::1", "tcp://[0:0:0:0:0:0:0:1]:", true},
		{AF_INET6, "::1", "tcp://[::2]:", false},
		{AF_INET6, "::1", "tcp://*:", false},
		{AF_INET6, "::1", "tcp://127.0.0.1:", false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint16_t port;
		char endpoint[96];
		int fd = listen_at(rows[i].family, rows[i].host, &port);
		bool has_port = rows[i].endpoint[strlen(rows[i].endpoint) - 1] != ':';
		snprintf(endpoint, sizeof(endpoint), has_port ? "%s" : "%s%u", rows[i].endpoint, port);
		const char *const endpoints[ZONE_END] = {endpoint, endpoint, endpoint};
		struct inherited inherited = {{0}};
		struct fault fault = FAULT_NONE;
		print_message("%s for %s\n", rows[i].host, endpoint);
		assert_int_equal(inherited_add(&inherited, fd, "worker", endpoints, &fault), rows[i].good);
		assert_int_equal(inherited.fds[ZONE_WORKER], rows[i].good ? fd : 0);
		assert_int_equal((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, rows[i].good);
		if (!rows[i].good)
			assert_non_null(strstr(fault.text, "worker_endpoint is tcp://"));
		close(fd);
	}
}

static void what_is_no_listening_tcp_socket_is_refused(void **state)
{
	(void)state;
	const char *const endpoints[ZONE_END] = {"tcp://*:1", "tcp://*:2", "tcp://127.0.0.1:3"};
	const int kinds[][2] = {{AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}};
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		int fd = socket(kinds[i][0], kinds[i][1], 0);
		assert_true(fd > 0);
		if (kinds[i][0] == AF_UNIX)
			assert_int_equal(listen(fd, 1), -1); /* without a name it cannot */
		refused(fd, "portal", endpoints, "is no listening TCP socket");
		close(fd);
	}
	struct sockaddr name = {.sa_family = AF_UNIX};
	int local = socket(AF_UNIX, SOCK_STREAM, 0), file = open("/dev/null", O_RDONLY);
	assert_int_equal(bind(local, &name, sizeof(name.sa_family)), 0); /* the kernel names it */
	assert_int_equal(listen(local, 1), 0);
	refused(local, "portal", endpoints, "is no listening TCP socket");
	refused(file, "portal", endpoints, "is no listening TCP socket");
	close(file);
	close(local);
}

static void a_name_that_is_no_zone_and_a_zone_twice_are_refused(void **state)
{
	(void)state;
	uint16_t port;
	const char *const endpoints[ZONE_END] = {
		"tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"};
	int first = listen_at(AF_INET, "127.0.0.1", &port), second = listen_at(AF_INET, "127.0.0.1", &port);
	refused(first, "wenzhengd.socket", endpoints, "'wenzhengd.socket' was handed over");
	refused(first, "", endpoints, "FileDescriptorName= is portal, worker or operator");
	struct inherited inherited = {{0}};
	struct fault fault = FAULT_NONE;
	assert_true(inherited_add(&inherited, first, "portal", endpoints, &fault));
	assert_false(inherited_add(&inherited, second, "portal", endpoints, &fault));
	assert_non_null(strstr(fault.text, "two sockets were handed over for the portal zone"));
	assert_int_equal(inherited.fds[ZONE_PORTAL], first);
	close(first);
	close(second);
}

static void without_a_service_manager_nothing_is_taken(void **state)
{
	(void)state;
	const char *const endpoints[ZONE_END] = {"tcp://*:1", "tcp://*:2", "tcp://127.0.0.1:3"};
	struct inherited inherited = {{7, 7, 7}};
	struct fault fault = FAULT_NONE;
	char pid[24];
	unsetenv("LISTEN_PID");
	assert_true(inherited_take(endpoints, &inherited, &fault));
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		assert_int_equal(inherited.fds[zone], 0);
	/* What was meant for another process is not ours; what cannot be read is said. */
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	assert_true(inherited_take(endpoints, &inherited, &fault));
	assert_int_equal(inherited.fds[ZONE_PORTAL], 0);
	setenv("LISTEN_FDS", "many", 1);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	assert_false(inherited_take(endpoints, &inherited, &fault));
	assert_non_null(strstr(fault.text, "cannot be taken"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_at_the_configured_address_is_taken),
		cmocka_unit_test(what_is_no_listening_tcp_socket_is_refused),
		cmocka_unit_test(a_name_that_is_no_zone_and_a_zone_twice_are_refused),
		cmocka_unit_test(without_a_service_manager_nothing_is_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
