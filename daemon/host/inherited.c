#include "daemon/host/inherited.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "base/assert.h"
#include "daemon/host/config_endpoint.h"

#define ADDRESS_SIZE (INET6_ADDRSTRLEN + sizeof("tcp://[]:65535"))

static bool is_listening_tcp(int fd, union endpoint_address *ret_address)
{
	int type = 0, listens = 0;
	socklen_t size = sizeof(int), size_of_address = sizeof(*ret_address);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM ||
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens)
		return false;
	*ret_address = (union endpoint_address){0};
	return getsockname(fd, &ret_address->any, &size_of_address) == 0 &&
	       (ret_address->any.sa_family == AF_INET || ret_address->any.sa_family == AF_INET6);
}

static uint16_t port_of(const union endpoint_address *address)
{
	return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
}

/* As an endpoint is written. */
static void print(const union endpoint_address *address, char ret_text[static ADDRESS_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "";
	bool is_v4 = address->any.sa_family == AF_INET;
	const void *bytes =
		is_v4 ? (const void *)&address->v4.sin_addr : (const void *)&address->v6.sin6_addr;
	ENSURE(inet_ntop(address->any.sa_family, bytes, host, sizeof(host)));
	snprintf(ret_text, ADDRESS_SIZE, is_v4 ? "tcp://%s:%u" : "tcp://[%s]:%u", host, port_of(address));
}

/* Every address of the machine: systemd's is [::], which takes IPv4 too. */
static bool is_every(const union endpoint_address *address)
{
	return address->any.sa_family == AF_INET ? address->v4.sin_addr.s_addr == htonl(INADDR_ANY)
						 : IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

static bool is_host(const union endpoint_address *address, const union endpoint_address *wanted)
{
	if (address->any.sa_family != wanted->any.sa_family)
		return false;
	return address->any.sa_family == AF_INET
		       ? address->v4.sin_addr.s_addr == wanted->v4.sin_addr.s_addr
		       : IN6_ARE_ADDR_EQUAL(&address->v6.sin6_addr, &wanted->v6.sin6_addr);
}

static bool agrees(const union endpoint_address *address, const char *endpoint)
{
	union endpoint_address wanted;
	ENSURE(config_endpoint_read(endpoint, &wanted));
	bool is_port = port_of(&wanted) == 0 || port_of(&wanted) == port_of(address);
	if (endpoint[strlen("tcp://")] == '*')
		return is_port && is_every(address);
	return is_port && is_host(address, &wanted);
}

static bool find_zone(const char *name, enum zone *ret_zone)
{
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		if (strcmp(name, zone_name(zone)) == 0)
			return *ret_zone = zone, true;
	return false;
}

bool inherited_add(struct inherited *self, int fd, const char *name, const char *const endpoints[ZONE_END],
	struct fault *fault)
{
	REQUIRE(self && fd > 0 && name && endpoints);
	enum zone zone = ZONE_END;
	union endpoint_address address;
	char text[ADDRESS_SIZE];
	if (!find_zone(name, &zone))
		return fault_set(fault,
			"a socket named '%.40s' was handed over, and no zone is called so: FileDescriptorName= is "
			"portal, worker or operator",
			name);
	if (self->fds[zone])
		return fault_set(fault,
			"two sockets were handed over for the %s zone, which listens at one address: leave one "
			"ListenStream= in wenzhengd-%s.socket",
			name, name);
	if (!is_listening_tcp(fd, &address))
		return fault_set(fault,
			"what was handed over for the %s zone is no listening TCP socket: it is ListenStream= with "
			"an address and a port, and Accept=no",
			name);
	print(&address, text);
	if (!agrees(&address, endpoints[zone]))
		return fault_set(fault,
			"the socket handed over for the %s zone listens at %s, and %s_endpoint is %s: make "
			"wenzhengd-%s.socket and wenzhengd.yaml say the same",
			name, text, name, endpoints[zone], name);
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return fault_set(fault, "the socket handed over for the %s zone: %s", name, strerror(errno));
	self->fds[zone] = fd;
	return true;
}

bool inherited_take(
	const char *const endpoints[ZONE_END], struct inherited *ret_inherited, struct fault *fault)
{
	char **names = NULL;
	*ret_inherited = (struct inherited){{0}};
	int count = sd_listen_fds_with_names(1, &names);
	if (count < 0)
		return fault_set(
			fault, "the sockets that were handed over cannot be taken: %s", strerror(-count));
	bool good = true;
	for (int i = 0; good && i < count; i++)
		good = inherited_add(ret_inherited, SD_LISTEN_FDS_START + i, names[i], endpoints, fault);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return good;
}
