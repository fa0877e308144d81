#ifndef WENZHENG_WIRE_KNOCK_H
#define WENZHENG_WIRE_KNOCK_H

#include "wire/client.h"
#include "wire/zap.h"

/*
 * The knock at one's own door before it is called open: a connection with a random key must be turned away.
 * libzmq's CURVE lets anybody in when something about ZAP is amiss, and does so silently.
 */
enum wire_knock {
	WIRE_KNOCK_REFUSED = 1, /* as it should be; not 0, which is what a forgotten outcome would say */
	WIRE_KNOCK_OPEN = 2,	/* a stranger gets in: the daemon must not start */
	WIRE_KNOCK_TIMEOUT = 3	/* neither yes nor no in time; nothing is proven: treat it as a failure */
};

#define WIRE_KNOCK_TIMEOUT_MS 3000

/*
 * Knocks at `endpoint` (wire_server_endpoint, any-address included) and turns `zap` (NULL: there is none)
 * meanwhile, for at most `timeout_ms`. Blocks. The ZAP handler's owner sees the random key as he sees any
 * stranger's. Negative: fatal.
 */
int wire_knock(struct wire_context *context, struct wire_zap *zap, const char *endpoint,
	const struct wire_key *server_key, int timeout_ms) MUST_CHECK;

/* What the outcome means, for a person. */
const char *wire_knock_text(enum wire_knock outcome);

#endif
