#ifndef WENZHENG_HOST_HOST_H
#define WENZHENG_HOST_HOST_H

#include "base/fault.h"
#include "base/outcome.h"
#include "base/seal.h"
#include "daemon/host/log.h"
#include "daemon/shell/io.h"
#include "wire/keys.h"

/*
 * The world, as the shell sees it: three zones on real sockets behind one ZAP handler, two clocks, a log, a
 * disk.
 *
 * Who may connect is asked of `admits` at every handshake; who may say what is the shell's business at every
 * message.
 */
struct host;

struct host_options {
	const char *endpoints[ZONE_END];
	int listen_fds[ZONE_END];	  /* inherited sockets (host/inherited.h), ours when open; 0: none */
	const struct wire_key_pair *keys; /* copied */
	struct seal_key contact_key;	  /* public: what contact details are sealed to */
	const char *store_path;		  /* whose disk is watched */
	bool (*admits)(void *context, enum zone zone, const uint8_t key[PRINCIPAL_KEY_SIZE]);
	bool (*reload)(void *context, struct shell_configuration *ret_configuration,
		struct fault *fault); /* of struct io */
	void *context;
	struct log *log; /* borrowed */
};

/* Clocks, log and disk work at once; there are no sockets yet, and receiving finds nothing. */
struct host *host_new(const struct host_options *options);

/* Opens the ZAP handler and the zones, and knocks at each with a random key: a zone that lets it in is a
 * fault. */
bool host_open(struct host *self, struct fault *fault);

/* Before an orderly end: the last answers may still go out while host_destroy waits, for a second at most. */
void host_finish(struct host *self);

/* Zones first, then the doorkeeper, then the context: nobody is let in on the way down. */
void host_destroy(struct host **self);

struct io *host_io(struct host *self);

/* Where a zone really listens (a port of "*" is resolved). */
const char *host_endpoint(const struct host *self, enum zone zone);

/* How many were turned away at a zone's door. */
uint64_t host_denied(const struct host *self, enum zone zone);

/* A descriptor of somebody else to wait for as well; one of -1 is none. */
struct host_watched {
	int fd;
	bool readable; /* written by host_wait */
};

#define HOST_WATCHED_MAX 2

/*
 * Waits until a message, a handshake, something to read on a descriptor of `watched` or the timeout comes,
 * and answers the handshakes. 0, or negative: fatal.
 */
MUST_CHECK int host_wait(
	struct host *self, int64_t timeout_us, struct host_watched *watched, size_t watched_count);

#endif
