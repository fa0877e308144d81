/* The wire: a zone with its doorkeeper, a stranger who knocks, a member who comes in, speaks and is answered.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "tests/torture/trial.h"
#include "wire/client.h"
#include "wire/context.h"
#include "wire/knock.h"
#include "wire/poll.h"
#include "wire/server.h"
#include "wire/zap.h"

#define ZONE		 "portal"
#define PATIENCE_MS	 3000
#define KNOCK_TIMEOUT_MS 1000

struct zone {
	struct wire_context *context;
	struct wire_zap *zap;
	struct wire_server *server;
	struct wire_client *client;
	struct wire_key_pair keys, member;
	struct fault fault;
};

static int64_t now_ms(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool allow(void *context, const char *name, const struct wire_key *key)
{
	const struct zone *self = context;
	return strcmp(name, ZONE) == 0 && wire_key_equal(key, &self->member.key);
}

static enum outcome open_zone(struct zone *self, struct report *report)
{
	const struct wire_zap_options zap = {.allow = allow, .context = self};
	const struct wire_server_options server = {
		.endpoint = "tcp://127.0.0.1:*", .zone = ZONE, .keys = &self->keys};
	wire_key_pair_generate(&self->keys);
	wire_key_pair_generate(&self->member);
	self->context = wire_context_new();
	if (!self->context)
		return report_refused(report, "no context");
	if (wire_zap_new(self->context, &zap, &self->zap) != 0)
		return report_refused(report, "");
	if (!wire_server_new(self->context, &server, &self->server, &self->fault))
		return report_refused(report, self->fault.text);
	int r = wire_knock(self->context, self->zap, wire_server_endpoint(self->server), &self->keys.key,
		KNOCK_TIMEOUT_MS);
	if (r == WIRE_KNOCK_OPEN)
		return report_wrong(report, "a stranger was let in");
	return r == WIRE_KNOCK_REFUSED
		       ? OUTCOME_DONE
		       : report_refused(report, r < 0 ? "" : wire_knock_text(WIRE_KNOCK_TIMEOUT));
}

/* Turns everything once; false when it failed or patience is over. */
static bool turn(struct zone *self, int64_t deadline)
{
	struct wire_poll_item items[] = {{.socket = wire_zap_socket(self->zap)},
		{.socket = wire_server_socket(self->server)}, {.socket = wire_client_socket(self->client)},
		{.socket = wire_client_monitor(self->client)}};
	int64_t left = deadline - now_ms();
	if (left <= 0)
		fprintf(stderr, "no answer within %d ms\n", PATIENCE_MS);
	return left > 0 && wire_poll(items, 4, left < 50 ? left : 50) == 0 && wire_zap_turn(self->zap) == 0;
}

static enum outcome come_in(struct zone *self, struct report *report)
{
	const struct wire_client_options options = {.endpoint = wire_server_endpoint(self->server),
		.server_key = self->keys.key,
		.keys = &self->member};
	if (!wire_client_new(self->context, &options, &self->client, &self->fault))
		return report_refused(report, self->fault.text);
	enum wire_client_status status = WIRE_CLIENT_CONNECTING;
	int64_t deadline = now_ms() + PATIENCE_MS;
	const struct span frame = SPAN_LITERAL("question");
	while (status != WIRE_CLIENT_CONNECTED || wire_client_send(self->client, &frame, 1) != 0) {
		if (!turn(self, deadline) || wire_client_status(self->client, &status) != 0)
			return report_refused(report, "not connected");
	}
	return OUTCOME_DONE;
}

static enum outcome converse(struct zone *self, struct report *report, struct wire_message *message)
{
	const struct span answer = SPAN_LITERAL("answer");
	int64_t deadline = now_ms() + PATIENCE_MS;
	int r;
	while ((r = wire_server_receive(self->server, message)) == WIRE_EMPTY)
		if (!turn(self, deadline))
			return report_refused(report, "no question came");
	if (r < 0)
		return report_refused(report, "");
	if (!wire_key_equal(&message->user, &self->member.key) || message->frame_count != 1 ||
		!span_equal_string(message->frames[0], "question"))
		return report_wrong(report, "another question came, or from somebody else");
	r = wire_server_send(self->server, message->peer, &answer, 1);
	if (r != 0)
		return report_refused(report, "the asker is gone");
	deadline = now_ms() + PATIENCE_MS;
	while ((r = wire_client_receive(self->client, message)) == WIRE_EMPTY)
		if (!turn(self, deadline))
			return report_refused(report, "no answer came");
	if (r < 0)
		return report_refused(report, "");
	return message->frame_count == 1 && span_equal_string(message->frames[0], "answer")
		       ? OUTCOME_DONE
		       : report_wrong(report, "another answer came");
}

static enum outcome play(const struct place *place, struct report *report)
{
	(void)place;
	struct zone zone = {.fault = FAULT_NONE};
	struct wire_message message;
	wire_message_init(&message);
	enum outcome outcome = open_zone(&zone, report);
	if (outcome == OUTCOME_DONE)
		outcome = come_in(&zone, report);
	if (outcome == OUTCOME_DONE)
		outcome = converse(&zone, report, &message);
	wire_message_deinit(&message);
	wire_client_destroy(&zone.client);
	wire_server_destroy(&zone.server);
	wire_zap_destroy(&zone.zap);
	wire_context_destroy(&zone.context);
	return outcome;
}

const struct scene scene_wire = {
	.name = "wire",
	.families = 1u << FAULTS_MEMORY | 1u << FAULTS_SYSTEM,
	.has_threads = true,
	.play = play,
};
