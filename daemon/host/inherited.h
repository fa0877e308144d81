#ifndef WENZHENG_HOST_INHERITED_H
#define WENZHENG_HOST_INHERITED_H

#include "base/fault.h"
#include "daemon/rules/principals.h"

/*
 * Listening sockets that the service manager holds for the zones, so that a restart refuses nobody. Each has
 * its zone's name (FileDescriptorName=), and any may be missing: that zone is then opened as always.
 */
struct inherited {
	int fds[ZONE_END]; /* 0: none */
};

/*
 * Takes what was handed over, once in a process's life and before any thread is made. False with a fault when
 * something else was: a name that is no zone's, a zone twice, what is no listening TCP socket, or one that
 * listens elsewhere than `endpoints` say, which config_endpoint_check has found good.
 */
bool inherited_take(
	const char *const endpoints[ZONE_END], struct inherited *ret_inherited, struct fault *fault);

/* The judgement of one of them. Makes it non-blocking when it is good. */
bool inherited_add(struct inherited *self, int fd, const char *name, const char *const endpoints[ZONE_END],
	struct fault *fault);

#endif
