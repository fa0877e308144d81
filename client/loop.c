#include "client/loop.h"

#include <stdio.h>
#include <time.h>

#include "base/assert.h"
#include "base/language.h"
#include "wire/poll.h"

#define RECEIVE_PER_TURN_MAX 256
#define FULL_RETRY_US	     (10 * US_PER_MS)

static struct mono mono_now(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
	return (struct mono){now.tv_sec * US_PER_S + now.tv_nsec / 1000};
}

bool loop_open(struct loop *self, const struct wz_connection_options *options, struct session *session,
	struct fault *fault)
{
	REQUIRE(self && options && session);
	*self = (struct loop){.session = session,
		.wake_fd = options->wake_fd,
		.retry_us = KEY_RETRY_US,
		.retry_at = MONO_NEVER};
	wire_message_init(&self->incoming);
	self->context = wire_context_new_apart();
	if (!self->context)
		return fault_set(fault, "libzmq gives no context: are there file descriptors left?");
	return connection_open(options, self->context, &self->client, fault);
}

void loop_close(struct loop *self)
{
	wire_message_deinit(&self->incoming);
	wire_client_destroy(&self->client);
	wire_context_destroy(&self->context);
}

/* ---- one turn ---- */

static int look_at_connection(struct loop *self, struct mono now)
{
	int r = wire_client_status(self->client, &self->status);
	if (r < 0)
		return FORWARD(r);
	uint64_t connections = wire_client_connections(self->client);
	bool is_up = self->status == WIRE_CLIENT_CONNECTED;
	if (self->session->state != SESSION_DOWN && (!is_up || connections != self->connections))
		session_down(self->session);
	self->connections = connections;
	if (is_up && self->session->state == SESSION_DOWN) {
		session_up(self->session, now);
		self->retry_us = KEY_RETRY_US;
	}
	bool is_stuck = self->status == WIRE_CLIENT_REFUSED || self->status == WIRE_CLIENT_STRANGE;
	if (is_up || is_stuck) {
		self->known = self->status;
		self->known_until = is_up ? (struct mono){0} : mono_add(now, KNOWN_FOR_US);
	}
	/* libzmq gives up on a server that refuses us or breaks the protocol. */
	if (!is_stuck) {
		self->retry_at = MONO_NEVER;
		self->refusal_told = false;
	} else if (mono_is_never(self->retry_at)) {
		self->retry_at = mono_add(now, self->retry_us);
		self->retry_us =
			self->retry_us * 2 < KEY_RETRY_US_MAX ? self->retry_us * 2 : KEY_RETRY_US_MAX;
	}
	return 0;
}

static int reconnect(struct loop *self)
{
	session_down(self->session);
	self->retry_at = MONO_NEVER;
	self->refusal_told = false;
	int r = wire_client_retry(self->client);
	if (r < 0)
		return FORWARD(r);
	self->status = WIRE_CLIENT_CONNECTING;
	return 0;
}

static int receive(struct loop *self, struct mono now)
{
	for (int i = 0; i < RECEIVE_PER_TURN_MAX; i++) {
		int r = wire_client_receive(self->client, &self->incoming);
		if (r < 0)
			return FORWARD(r);
		if (r == WIRE_EMPTY)
			return 0;
		/* A daemon sends two frames, whatever its version; what is something else is not for us. */
		if (self->incoming.frame_count == 2 && !self->incoming.too_many_frames)
			session_receive(
				self->session, now, self->incoming.frames[0], self->incoming.frames[1]);
	}
	return 0;
}

static int send_all(struct loop *self, struct mono now)
{
	char kind[KIND_FRAME_SIZE];
	struct span frames[2];
	self->full = false;
	while (session_frame(self->session, kind, &frames[0], &frames[1])) {
		int r = wire_client_send(self->client, frames, 2);
		if (r < 0)
			return FORWARD(r);
		if (r == WIRE_FULL) {
			self->full = true;
			return 0;
		}
		session_sent(self->session, now);
	}
	return 0;
}

static int turn(struct loop *self, struct mono now)
{
	self->now = now;
	int r = look_at_connection(self, now);
	if (r == 0)
		r = receive(self, now);
	if (r < 0)
		return FORWARD(r);
	session_tick(self->session, now);
	bool is_time = !mono_before(now, self->retry_at);
	if (is_time || session_is_stalled(self->session, now)) {
		r = reconnect(self);
		return r < 0 ? FORWARD(r) : 0;
	}
	r = send_all(self, now);
	return r < 0 ? FORWARD(r) : 0;
}

/* ---- waiting ---- */

static int64_t wait_ms(const struct loop *self, struct mono now, struct mono deadline)
{
	struct mono until = mono_min(deadline, session_wakeup(self->session));
	until = mono_min(until, self->retry_at);
	if (self->full)
		until = mono_min(until, mono_add(now, FULL_RETRY_US));
	if (mono_is_never(until))
		return -1;
	return until.us <= now.us ? 0 : (until.us - now.us + US_PER_MS - 1) / US_PER_MS;
}

static int wait(const struct loop *self, int64_t timeout_ms, bool *ret_woken)
{
	struct wire_poll_item items[3] = {
		{.socket = wire_client_socket(self->client)},
		{.socket = wire_client_monitor(self->client)},
		{.fd = self->wake_fd},
	};
	size_t count = self->wake_fd >= 0 ? 3 : 2;
	int r = wire_poll(items, count, timeout_ms);
	if (r < 0)
		return FORWARD(r);
	*ret_woken = items[2].readable;
	return 0;
}

static bool is_reached(struct loop *self, const struct loop_goal *goal, struct result **ret_result)
{
	struct result *result = NULL;
	if (goal->idle) {
		if (self->session->requests.count > 0)
			return false;
	} else {
		result = session_take_result(self->session, goal->ticket);
		if (!result)
			return false;
	}
	*ret_result = result;
	return true;
}

/* The goal comes first, then what hinders it; a call that has time left never returns for less. */
enum wz_outcome loop_run(
	struct loop *self, const struct loop_goal *goal, int64_t timeout_ms, struct result **ret_result)
{
	struct mono now = mono_now();
	struct mono deadline = timeout_ms < 0 ? MONO_NEVER : mono_add(now, timeout_ms * US_PER_MS);
	bool woken = false;
	for (;;) {
		if (turn(self, now) < 0)
			return WZ_FATAL;
		if (is_reached(self, goal, ret_result))
			return WZ_OK;
		if (self->status == WIRE_CLIENT_REFUSED && !self->refusal_told) {
			self->refusal_told = true;
			return WZ_KEY_REFUSED;
		}
		if (woken && goal->wakes)
			return WZ_WOKEN;
		if (!mono_before(now, deadline))
			return WZ_TIMEOUT;
		if (wait(self, wait_ms(self, now, deadline), &woken) < 0)
			return WZ_FATAL;
		now = mono_now();
	}
}

static void say(struct wz_standing *standing, enum wz_obstacle obstacle, const char *code, const char *text)
{
	standing->obstacle = obstacle;
	snprintf(standing->code, sizeof(standing->code), "%s", code);
	snprintf(standing->text, sizeof(standing->text), "%s", text);
}

void loop_standing(const struct loop *self, struct wz_standing *ret_standing)
{
	const struct session *session = self->session;
	bool known = self->status == WIRE_CLIENT_CONNECTING && mono_before(self->now, self->known_until);
	enum wire_client_status status = known ? self->known : self->status;
	const char *text = wire_client_status_text(status);
	*ret_standing = (struct wz_standing){.in_flight = session->requests.count};
	if (status == WIRE_CLIENT_CONNECTING)
		say(ret_standing, WZ_OBSTACLE_NO_CONNECTION, "", text);
	else if (status == WIRE_CLIENT_STRANGE)
		say(ret_standing, WZ_OBSTACLE_WRONG_SERVER, "", text);
	else if (status == WIRE_CLIENT_REFUSED)
		say(ret_standing, WZ_OBSTACLE_KEY_REFUSED, "", text);
	else if (session->turned_away)
		say(ret_standing, WZ_OBSTACLE_NOT_ADMITTED, session->trouble, session->trouble_text);
	else if (session->trouble[0])
		say(ret_standing, WZ_OBSTACLE_BUSY, session->trouble, session->trouble_text);
	else if (session->state != SESSION_OPEN)
		say(ret_standing, WZ_OBSTACLE_NO_ANSWER, "",
			N_("connected; waiting for the daemon's welcome"));
	else
		say(ret_standing, WZ_OBSTACLE_NONE, "", text);
}
