#include "tests/unit/wire/failing.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

FAILING_WRAP(int, -1, zmq_setsockopt, (void *socket, int option, const void *value, size_t size),
	(socket, option, value, size))
FAILING_WRAP(int, -1, zmq_bind, (void *socket, const char *endpoint), (socket, endpoint))
FAILING_WRAP(int, -1, zmq_connect, (void *socket, const char *endpoint), (socket, endpoint))
FAILING_WRAP(int, -1, zmq_disconnect, (void *socket, const char *endpoint), (socket, endpoint))
FAILING_WRAP(int, -1, zmq_socket_monitor, (void *socket, const char *endpoint, int events),
	(socket, endpoint, events))
FAILING_WRAP(int, -1, zmq_msg_recv, (zmq_msg_t * message, void *socket, int flags), (message, socket, flags))
FAILING_WRAP(int, -1, zmq_send, (void *socket, const void *data, size_t size, int flags),
	(socket, data, size, flags))
FAILING_WRAP(int, -1, zmq_poll, (zmq_pollitem_t * items, int count, long timeout), (items, count, timeout))
FAILING_WRAP(int, -1, zmq_ctx_term, (void *context), (context))
FAILING_WRAP(int, -1, setenv, (const char *name, const char *value, int overwrite), (name, value, overwrite))
FAILING_WRAP(int, -1, fstat, (int fd, struct stat *status), (fd, status))
FAILING_WRAP(int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
FAILING_WRAP(int, -1, fsync, (int fd), (fd))
FAILING_WRAP(void *, NULL, zmq_socket, (void *context, int type), (context, type))
FAILING_WRAP(void *, NULL, zmq_ctx_new, (void), ())
FAILING_WRAP(void *, NULL, zsys_init, (void), ())
FAILING_WRAP(ssize_t, -1, read, (int fd, void *data, size_t size), (fd, data, size))
FAILING_WRAP(ssize_t, -1, write, (int fd, const void *data, size_t size), (fd, data, size))

int __real_zmq_getsockopt(void *socket, int option, void *value, size_t *size);
int __wrap_zmq_getsockopt(void *socket, int option, void *value, size_t *size);

int __wrap_zmq_getsockopt(void *socket, int option, void *value, size_t *size)
{
	if (failing_is_now("zmq_getsockopt"))
		return -1;
	if (failing_is_now("getsockname")) { /* what libzmq makes of it */
		*(char *)value = 0;
		*size = 1;
		return 0;
	}
	return __real_zmq_getsockopt(socket, option, value, size);
}

static const char *const *user_ids;
static int user_ids_left;

void failing_user_ids(const char *const *texts, int count)
{
	user_ids = texts;
	user_ids_left = count;
}

const char *__real_zmq_msg_gets(const zmq_msg_t *message, const char *property);
const char *__wrap_zmq_msg_gets(const zmq_msg_t *message, const char *property);

const char *__wrap_zmq_msg_gets(const zmq_msg_t *message, const char *property)
{
	if (user_ids_left == 0 || strcmp(property, "User-Id") != 0)
		return __real_zmq_msg_gets(message, property);
	user_ids_left--;
	return *user_ids++;
}
