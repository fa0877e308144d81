#include "wire/knock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "wire/poll.h"

#define ENDPOINT_SIZE 256

/* "Any address" is where one listens, not where one connects to. */
static void own_address(const char *endpoint, char ret_own[static ENDPOINT_SIZE])
{
	static const char *const any[][2] = {
		{"tcp://0.0.0.0:", "tcp://127.0.0.1:"}, {"tcp://[::]:", "tcp://[::1]:"}};
	const char *start = "";
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		if (strncmp(endpoint, any[i][0], strlen(any[i][0])) == 0) {
			start = any[i][1];
			endpoint += strlen(any[i][0]);
			break;
		}
	}
	int size = snprintf(ret_own, ENDPOINT_SIZE, "%s%s", start, endpoint);
	REQUIRE(size > 0 && size < ENDPOINT_SIZE);
}

static int64_t now_ms(void)
{
	struct timespec now;
	int r = clock_gettime(CLOCK_MONOTONIC, &now);
	ENSURE(r == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A broken handshake without a "no" proves nothing: it may have been cut off for being slow. */
static int outcome_of(enum wire_client_status status)
{
	if (status == WIRE_CLIENT_REFUSED)
		return WIRE_KNOCK_REFUSED;
	return status == WIRE_CLIENT_CONNECTED ? WIRE_KNOCK_OPEN : WIRE_KNOCK_TIMEOUT;
}

static int wait_for_answer(struct wire_client *client, struct wire_zap *zap, int64_t deadline)
{
	struct wire_poll_item items[2] = {{.socket = wire_client_monitor(client)}};
	if (zap)
		items[1].socket = wire_zap_socket(zap);
	for (;;) {
		enum wire_client_status status;
		int r = wire_client_status(client, &status);
		if (r < 0)
			return FORWARD(r);
		int64_t left = deadline - now_ms();
		if (outcome_of(status) != WIRE_KNOCK_TIMEOUT || left <= 0)
			return outcome_of(status);
		r = wire_poll(items, zap ? 2 : 1, left);
		if (r == 0 && zap)
			r = wire_zap_turn(zap);
		if (r < 0)
			return FORWARD(r);
	}
}

int wire_knock(struct wire_context *context, struct wire_zap *zap, const char *endpoint,
	const struct wire_key *server_key, int timeout_ms)
{
	REQUIRE(context && endpoint && server_key && timeout_ms > 0);
	char own[ENDPOINT_SIZE];
	own_address(endpoint, own);
	struct wire_key_pair stranger;
	wire_key_pair_generate(&stranger);
	const struct wire_client_options options = {
		.endpoint = own, .server_key = *server_key, .keys = &stranger};
	CLEANUP(wire_client_destroy) struct wire_client *client = NULL;
	struct fault fault;
	bool connecting = wire_client_new(context, &options, &client, &fault);
	wire_key_pair_wipe(&stranger);
	/* The address is one we listen at, so only the system can be at fault. */
	if (!connecting)
		return FATAL(EIO, fault.text);
	int r = wait_for_answer(client, zap, now_ms() + timeout_ms);
	return r < 0 ? FORWARD(r) : r;
}

const char *wire_knock_text(enum wire_knock outcome)
{
	switch (outcome) {
	case WIRE_KNOCK_REFUSED:
		return "a stranger was turned away";
	case WIRE_KNOCK_OPEN:
		return "a stranger with a random key was let in";
	case WIRE_KNOCK_TIMEOUT:
		return "a stranger with a random key got neither in nor an answer; it is not proven that keys are "
		       "checked";
	}
	UNREACHABLE();
}
