#include "daemon/host/config_endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/span.h"

#define PREFIX	 "tcp://"
#define PORT_MAX 65535

struct address {
	bool good;
	bool loopback;
};

static struct address judge_host(struct span text)
{
	char host[INET6_ADDRSTRLEN + 2];
	struct in_addr v4;
	struct in6_addr v6 = {0};
	if (span_equal_string(text, "*"))
		return (struct address){.good = true};
	if (!span_copy(text, host, sizeof(host)))
		return (struct address){0};
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (struct address){true, ntohl(v4.s_addr) >> 24 == 127};
	size_t size = strlen(host);
	if (size < 2 || host[0] != '[' || host[size - 1] != ']')
		return (struct address){0};
	host[size - 1] = '\0';
	return (struct address){inet_pton(AF_INET6, host + 1, &v6) == 1, IN6_IS_ADDR_LOOPBACK(&v6)};
}

static bool is_port(const char *text)
{
	if (strcmp(text, "*") == 0)
		return true;
	for (const char *digit = text; *digit; digit++)
		if (!isdigit((unsigned char)*digit) || digit - text >= 5)
			return false;
	long port = strtol(text, NULL, 10);
	return port >= 1 && port <= PORT_MAX;
}

bool config_endpoint_check(
	const char *key, const char *endpoint, enum config_endpoint_reach reach, struct fault *fault)
{
	REQUIRE(key && endpoint);
	bool tcp = strncmp(endpoint, PREFIX, strlen(PREFIX)) == 0;
	const char *start = endpoint + (tcp ? strlen(PREFIX) : 0), *colon = strrchr(start, ':');
	struct address address = {0};
	if (tcp && colon && is_port(colon + 1))
		address = judge_host(span_of(start, (size_t)(colon - start)));
	if (!address.good)
		return fault_set(fault,
			"%s: '%.80s' is not tcp://HOST:PORT, with an IPv4 address, an [IPv6 address] or * for HOST",
			key, endpoint);
	if (reach == CONFIG_ENDPOINT_LOOPBACK && !address.loopback)
		return fault_set(fault,
			"%s: '%.80s' can be reached from other machines; operators work on this one: 127.0.0.1 or [::1]",
			key, endpoint);
	return true;
}
