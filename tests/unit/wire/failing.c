#include "tests/unit/wire/failing.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

static struct {
	const char *name;
	int left;
	int error;
	bool fired;
} armed;

void failing_arm(const char *name, int nth, int error)
{
	armed.name = name;
	armed.left = nth;
	armed.error = error;
	armed.fired = false;
}

bool failing_fired(void)
{
	armed.name = NULL;
	return armed.fired;
}

static bool fails(const char *name)
{
	if (!armed.name || strcmp(armed.name, name) != 0 || --armed.left > 0)
		return false;
	armed.name = NULL;
	armed.fired = true;
	errno = armed.error;
	return true;
}

/* One wrapper; `failure` is what the call says when it fails. */
#define WRAP(type, failure, name, parameters, arguments)                   \
	type __real_##name parameters;                                     \
	type __wrap_##name parameters;                                     \
	type __wrap_##name parameters                                      \
	{                                                                  \
		return fails(#name) ? (failure) : __real_##name arguments; \
	}

WRAP(int, -1, zmq_setsockopt, (void *socket, int option, const void *value, size_t size),
	(socket, option, value, size))
WRAP(int, -1, zmq_getsockopt, (void *socket, int option, void *value, size_t *size),
	(socket, option, value, size))
WRAP(int, -1, zmq_bind, (void *socket, const char *endpoint), (socket, endpoint))
WRAP(int, -1, zmq_connect, (void *socket, const char *endpoint), (socket, endpoint))
WRAP(int, -1, zmq_disconnect, (void *socket, const char *endpoint), (socket, endpoint))
WRAP(int, -1, zmq_socket_monitor, (void *socket, const char *endpoint, int events),
	(socket, endpoint, events))
WRAP(int, -1, zmq_msg_recv, (zmq_msg_t * message, void *socket, int flags), (message, socket, flags))
WRAP(int, -1, zmq_send, (void *socket, const void *data, size_t size, int flags), (socket, data, size, flags))
WRAP(int, -1, zmq_poll, (zmq_pollitem_t * items, int count, long timeout), (items, count, timeout))
WRAP(int, -1, zmq_ctx_term, (void *context), (context))
WRAP(int, -1, setenv, (const char *name, const char *value, int overwrite), (name, value, overwrite))
WRAP(int, -1, fstat, (int fd, struct stat *status), (fd, status))
WRAP(int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, -1, fsync, (int fd), (fd))
WRAP(void *, NULL, zmq_socket, (void *context, int type), (context, type))
WRAP(void *, NULL, zmq_ctx_new, (void), ())
WRAP(void *, NULL, zsys_init, (void), ())
WRAP(ssize_t, -1, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP(ssize_t, -1, write, (int fd, const void *data, size_t size), (fd, data, size))

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
