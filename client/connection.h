#ifndef WENZHENG_CLIENT_CONNECTION_H
#define WENZHENG_CLIENT_CONNECTION_H

#include "base/fault.h"
#include "client/wenzheng/wenzheng.h"
#include "wire/client.h"

/* Opens a client as the public options say: keys from files or texts. False with a fault that names the file
 * or option. The secret key is wiped from our memory; libzmq keeps its own copy. */
bool connection_open(const struct wz_connection_options *options, struct wire_context *context,
	struct wire_client **ret_client, struct fault *fault);

#endif
