#ifndef WENZHENG_HOST_DATAGRAM_H
#define WENZHENG_HOST_DATAGRAM_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/outcome.h"
#include "base/span.h"

/*
 * Datagrams to a UNIX socket of somebody who may not be listening: the service manager, the system journal.
 * The loop tells them how it is and must never wait for them, so a datagram is taken at once or not at all
 * (docs/adr/0019-told-without-waiting.md).
 *
 * Each one finds its receiver by name: one that was restarted is found again.
 */
struct datagram {
	int fd; /* -1: there is nobody to tell */
	struct sockaddr_un address;
	socklen_t address_size;
};

#define DATAGRAM_NULL ((struct datagram){.fd = -1})

enum datagram_sent {
	DATAGRAM_SENT,
	DATAGRAM_FULL, /* the receiver has not read what it was sent before */
	DATAGRAM_GONE, /* nobody is there, or this datagram can not be sent */
};

/*
 * `name` as in $NOTIFY_SOCKET: an absolute path, or @ and an abstract name. NULL, or what can be neither,
 * makes a datagram to nobody. False, with errno, if no descriptor is to be had.
 */
MUST_CHECK bool datagram_init(struct datagram *self, const char *name);
void datagram_deinit(struct datagram *self);

/* Never blocks. */
enum datagram_sent datagram_send(struct datagram *self, struct span content);

#endif
