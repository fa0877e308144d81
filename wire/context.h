#ifndef WENZHENG_WIRE_CONTEXT_H
#define WENZHENG_WIRE_CONTEXT_H

/*
 * The one ZeroMQ context of this process. It is czmq's own, so that whoever uses a czmq class shares it; two
 * contexts in one process can bring each other down (libzmq issue 4242).
 *
 * Signals stay ours: czmq's handler is switched off before its first use. Nothing of czmq is logged to
 * standard output.
 */
struct wire_context;

/* Call once, before the process has threads (it sets an environment variable); NULL when the system gives no
 * context. */
struct wire_context *wire_context_new(void);

/*
 * A context apart from czmq's, for a library in somebody else's process: it changes nothing that the process
 * shares (environment, signals, czmq), any thread may make one, and a process that exits without destroying
 * it does not hang in czmq's exit handler. What issue 4242 is about, the closing of the random source, does
 * nothing where the kernel has getrandom. NULL when the system gives no context.
 */
struct wire_context *wire_context_new_apart(void);

/* Every socket made from it must be gone: it waits for those that are not. NULL is fine. */
void wire_context_destroy(struct wire_context **self);

/* How many threads libzmq moves bytes with; one if never called. Before the first socket. */
void wire_context_set_io_threads(struct wire_context *self, int count);

/* For the files of wire/: libzmq's own handle, and a number that was not given before. */
void *wire_context_handle(const struct wire_context *self);
unsigned long wire_context_number(struct wire_context *self);

#endif
