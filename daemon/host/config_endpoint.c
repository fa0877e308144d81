#include "daemon/host/config_endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/span.h"

#define PREFIX	 "tcp://"
#define PORT_MAX 65535

static bool read_host(struct span text, union endpoint_address *ret_address)
{
	char host[INET6_ADDRSTRLEN + 2];
	*ret_address = (union endpoint_address){.v4 = {.sin_family = AF_INET}};
	if (span_equal_string(text, "*"))
		return true;
	if (!span_copy(text, host, sizeof(host)))
		return false;
	if (inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1)
		return true;
	size_t size = strlen(host);
	if (size < 2 || host[0] != '[' || host[size - 1] != ']')
		return false;
	host[size - 1] = '\0';
	*ret_address = (union endpoint_address){.v6 = {.sin6_family = AF_INET6}};
	return inet_pton(AF_INET6, host + 1, &ret_address->v6.sin6_addr) == 1;
}

static bool read_port(const char *text, uint16_t *ret_port)
{
	*ret_port = 0;
	if (strcmp(text, "*") == 0)
		return true;
	for (const char *digit = text; *digit; digit++)
		if (!isdigit((unsigned char)*digit) || digit - text >= 5)
			return false;
	long port = strtol(text, NULL, 10);
	if (port < 1 || port > PORT_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

bool config_endpoint_read(const char *endpoint, union endpoint_address *ret_address)
{
	REQUIRE(endpoint && ret_address);
	bool tcp = strncmp(endpoint, PREFIX, strlen(PREFIX)) == 0;
	const char *start = endpoint + (tcp ? strlen(PREFIX) : 0), *colon = strrchr(start, ':');
	uint16_t port;
	if (!tcp || !colon || !read_port(colon + 1, &port) ||
		!read_host(span_of(start, (size_t)(colon - start)), ret_address))
		return false;
	if (ret_address->any.sa_family == AF_INET)
		ret_address->v4.sin_port = htons(port);
	else
		ret_address->v6.sin6_port = htons(port);
	return true;
}

static bool is_loopback(const union endpoint_address *address)
{
	return address->any.sa_family == AF_INET ? ntohl(address->v4.sin_addr.s_addr) >> 24 == 127
						 : IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

bool config_endpoint_check(
	const char *key, const char *endpoint, enum config_endpoint_reach reach, struct fault *fault)
{
	REQUIRE(key && endpoint);
	union endpoint_address address;
	if (!config_endpoint_read(endpoint, &address))
		return fault_set(fault,
			"%s: '%.80s' is not tcp://HOST:PORT, with an IPv4 address, an [IPv6 address] or * for HOST",
			key, endpoint);
	if (reach == CONFIG_ENDPOINT_LOOPBACK && !is_loopback(&address))
		return fault_set(fault,
			"%s: '%.80s' can be reached from other machines; operators work on this one: 127.0.0.1 or [::1]",
			key, endpoint);
	return true;
}
