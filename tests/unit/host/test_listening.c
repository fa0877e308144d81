#include "tests/unit/host/folder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "daemon/host/listening.h"

/* What a zone listens at when nobody handed it a socket. */

static bool reached(int family, const char *host, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_v4 = family == AF_INET;
	int fd = socket(family, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(inet_pton(family, host, is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr), 1);
	int r = is_v4 ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
		      : connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	close(fd);
	return r == 0;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t size = sizeof(address);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin6_port); /* stands at the same place for both */
}

static void it_listens_where_the_endpoint_says(void **state)
{
	(void)state;
	static const struct {
		const char *endpoint;
		bool by_v4, by_other_v4, by_v6;
	} rows[] = {
		{"tcp://127.0.0.1:*", true, false, false},
		{"tcp://*:*", true, true, false},
		{"tcp://0.0.0.0:*", true, true, false},
		{"tcp://[::1]:*", false, false, true},
		{"tcp://[::]:*", true, true, true},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int fd = -1;
		struct fault fault = FAULT_NONE;
		print_message("%s\n", rows[i].endpoint);
		assert_true(listening_open("portal", rows[i].endpoint, &fd, &fault));
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(reached(AF_INET, "127.0.0.1", port_of(fd)), rows[i].by_v4);
		assert_int_equal(reached(AF_INET, "127.0.0.2", port_of(fd)), rows[i].by_other_v4);
		assert_int_equal(reached(AF_INET6, "::1", port_of(fd)), rows[i].by_v6);
		close(fd);
	}
}

static void a_port_in_use_and_an_address_of_others_are_told(void **state)
{
	(void)state;
	char endpoint[64];
	int fd = -1, other = -1;
	struct fault fault = FAULT_NONE;
	assert_true(listening_open("worker", "tcp://127.0.0.1:*", &fd, &fault));
	snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%u", port_of(fd));
	assert_false(listening_open("worker", endpoint, &other, &fault));
	assert_non_null(strstr(fault.text, endpoint));
	assert_non_null(strstr(fault.text, "is another daemon running?"));
	assert_false(listening_open("worker", "tcp://192.0.2.7:5702", &other, &fault));
	assert_non_null(
		strstr(fault.text, "zone worker cannot listen at tcp://192.0.2.7:5702: Cannot assign"));
	assert_int_equal(other, -1);
	close(fd);
	assert_true(listening_open("worker", endpoint, &fd, &fault));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_listens_where_the_endpoint_says),
		cmocka_unit_test(a_port_in_use_and_an_address_of_others_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
