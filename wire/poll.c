#include "wire/poll.h"

#include <errno.h>
#include <zmq.h>

#include "base/assert.h"

int wire_poll(struct wire_poll_item *items, size_t count, int64_t timeout_ms)
{
	REQUIRE(items && count <= WIRE_POLL_ITEMS_MAX);
	REQUIRE(timeout_ms >= -1);
	zmq_pollitem_t polled[WIRE_POLL_ITEMS_MAX];
	for (size_t i = 0; i < count; i++) {
		polled[i] =
			(zmq_pollitem_t){.socket = items[i].socket, .fd = items[i].fd, .events = ZMQ_POLLIN};
		items[i].readable = false;
	}
	if (zmq_poll(polled, (int)count, (long)timeout_ms) < 0)
		return zmq_errno() == EINTR ? 0 : FATAL(zmq_errno(), "zmq_poll");
	/* An error or hang-up of a descriptor shows when it is read; unread it would make us spin. */
	for (size_t i = 0; i < count; i++)
		items[i].readable = (polled[i].revents & (ZMQ_POLLIN | ZMQ_POLLERR)) != 0;
	return 0;
}
