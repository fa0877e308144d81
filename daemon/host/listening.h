#ifndef WENZHENG_HOST_LISTENING_H
#define WENZHENG_HOST_LISTENING_H

#include "base/fault.h"

/*
 * A listening socket at an endpoint that config_endpoint_check found good. We open it, and not libzmq: before
 * it binds to an address libzmq asks the kernel for the names of all network cards, by a kind of socket that
 * the unit's sandbox forbids, and aborts when it gets no answer.
 *
 * False with a fault that names zone and endpoint. The caller closes it, or gives it away.
 */
bool listening_open(const char *zone, const char *endpoint, int *ret_fd, struct fault *fault);

#endif
