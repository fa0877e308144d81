#ifndef WENZHENG_HOST_CONFIG_ENDPOINT_H
#define WENZHENG_HOST_CONFIG_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/fault.h"

/*
 * Where a zone listens: "tcp://HOST:PORT". HOST is an IPv4 address, an IPv6 address in brackets, or * for
 * every address of the machine; names are not looked up. PORT is 1 to 65535, or * for any that is free.
 */
enum config_endpoint_reach {
	CONFIG_ENDPOINT_ANYWHERE,
	CONFIG_ENDPOINT_LOOPBACK, /* only addresses that no other machine can reach */
};

/* As the system wants it. */
union endpoint_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* False unless it is well formed. A host * is IPv4's every address, a port * is 0. */
bool config_endpoint_read(const char *endpoint, union endpoint_address *ret_address);

/* False with a fault "key: …". */
bool config_endpoint_check(
	const char *key, const char *endpoint, enum config_endpoint_reach reach, struct fault *fault);

#endif
