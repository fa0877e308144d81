#ifndef WENZHENG_HOST_CONFIG_ENDPOINT_H
#define WENZHENG_HOST_CONFIG_ENDPOINT_H

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

/* False with a fault "key: …". */
bool config_endpoint_check(
	const char *key, const char *endpoint, enum config_endpoint_reach reach, struct fault *fault);

#endif
