#include "daemon/host/datagram.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

bool datagram_init(struct datagram *self, const char *name)
{
	*self = DATAGRAM_NULL;
	size_t size = name ? strlen(name) : 0;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (size < 2 || size >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@'))
		return true;
	memcpy(address.sun_path, name, size);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	/* An abstract name ends where the address does, a path with its NUL. */
	size_t counted = offsetof(struct sockaddr_un, sun_path) + size + (name[0] == '/');
	*self = (struct datagram){fd, address, (socklen_t)counted};
	return true;
}

void datagram_deinit(struct datagram *self)
{
	if (self->fd >= 0)
		close(self->fd);
	*self = DATAGRAM_NULL;
}

enum datagram_sent datagram_send(struct datagram *self, struct span content)
{
	if (self->fd < 0)
		return DATAGRAM_GONE;
	struct iovec part = {(void *)(uintptr_t)content.data, content.size};
	struct msghdr message = {.msg_name = &self->address,
		.msg_namelen = self->address_size,
		.msg_iov = &part,
		.msg_iovlen = 1};
	if (sendmsg(self->fd, &message, MSG_NOSIGNAL) >= 0)
		return DATAGRAM_SENT;
	return errno == EAGAIN || errno == ENOBUFS ? DATAGRAM_FULL : DATAGRAM_GONE;
}
