#include "wire/context.h"

#include <czmq.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

struct wire_context {
	void *handle;
	bool is_apart;
	unsigned long numbers; /* given so far */
};

struct wire_context *wire_context_new(void)
{
	/* czmq installs its handlers inside zsys_init and looks only at the environment before it does. */
	if (setenv("ZSYS_SIGHANDLER", "false", 1) != 0)
		return NULL;
	void *handle = zsys_init();
	if (!handle)
		return NULL;
	/* Standard output belongs to the program (`--json`), not to a library. */
	zsys_set_logstream(NULL);

	struct wire_context *self = memory_new(1, sizeof(*self));
	self->handle = handle;
	return self;
}

struct wire_context *wire_context_new_apart(void)
{
	void *handle = zmq_ctx_new();
	if (!handle)
		return NULL;
	struct wire_context *self = memory_new(1, sizeof(*self));
	*self = (struct wire_context){.handle = handle, .is_apart = true};
	return self;
}

void wire_context_destroy(struct wire_context **self)
{
	REQUIRE(self);
	if (!*self)
		return;
	if (!(*self)->is_apart)
		zsys_shutdown();
	else
		while (zmq_ctx_term((*self)->handle) != 0)
			ENSURE(zmq_errno() == EINTR);
	free(*self);
	*self = NULL;
}

void wire_context_set_io_threads(struct wire_context *self, int count)
{
	REQUIRE(self && count > 0);
	ENSURE(zmq_ctx_set(self->handle, ZMQ_IO_THREADS, count) == 0);
}

void *wire_context_handle(const struct wire_context *self)
{
	REQUIRE(self);
	return self->handle;
}

unsigned long wire_context_number(struct wire_context *self)
{
	REQUIRE(self);
	return ++self->numbers;
}
