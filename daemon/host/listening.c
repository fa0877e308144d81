#include "daemon/host/listening.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "daemon/host/config_endpoint.h"

#define CONNECTIONS_WAITING_MAX 1024 /* all workers of a province coming back at once */

bool listening_open(const char *zone, const char *endpoint, int *ret_fd, struct fault *fault)
{
	const int on = 1, off = 0;
	union endpoint_address address;
	ENSURE(config_endpoint_read(endpoint, &address));
	bool is_v6 = address.any.sa_family == AF_INET6;
	socklen_t size = is_v6 ? sizeof(address.v6) : sizeof(address.v4);
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
