#include "daemon/host/listening.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"

#define CONNECTIONS_WAITING_MAX 1024 /* all workers of a province coming back at once */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* [IPv6], IPv4 or * for any of the latter; * is port 0, which the system replaces. */
static socklen_t read_endpoint(const char *endpoint, union address *ret_address)
{
	const char *host = endpoint + strlen("tcp://"), *colon = strrchr(host, ':');
	char text[INET6_ADDRSTRLEN + 2] = "";
	REQUIRE(colon && (size_t)(colon - host) < sizeof(text));
	memcpy(text, host, (size_t)(colon - host));
	in_port_t port = htons((uint16_t)strtol(colon + 1, NULL, 10));
	*ret_address = (union address){0};
	if (text[0] != '[') {
		ret_address->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
		if (strcmp(text, "*") != 0)
			ENSURE(inet_pton(AF_INET, text, &ret_address->v4.sin_addr) == 1);
		return sizeof(ret_address->v4);
	}
	text[strlen(text) - 1] = '\0';
	ret_address->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
	ENSURE(inet_pton(AF_INET6, text + 1, &ret_address->v6.sin6_addr) == 1);
	return sizeof(ret_address->v6);
}

bool listening_open(const char *zone, const char *endpoint, int *ret_fd, struct fault *fault)
{
	const int on = 1, off = 0;
	union address address;
	socklen_t size = read_endpoint(endpoint, &address);
	bool is_v6 = address.any.sa_family == AF_INET6;
	CLEANUP(cleanup_close)
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Its former connections may linger; and [::] is IPv4's every address too. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		(is_v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
		bind(fd, &address.any, size) != 0 || listen(fd, CONNECTIONS_WAITING_MAX) != 0)
		return fault_set(fault, "zone %s cannot listen at %s: %s%s", zone, endpoint, strerror(errno),
			errno == EADDRINUSE ? " (is another daemon running?)" : "");
	*ret_fd = fd;
	fd = -1;
	return true;
}
