#include "daemon/host/host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/host/listening.h"
#include "wire/knock.h"
#include "wire/poll.h"
#include "wire/server.h"
#include "wire/zap.h"

#define PEER_ZONE_SHIFT 40 /* above the wire's peer numbers: one number space over all zones */
/* libzmq shares connections out among them. A stranger's HELLO takes a quarter of a millisecond before
 * anybody can know that there is nobody behind it, and those who share his thread wait for it. */
#define IO_THREADS 4

struct host {
	struct io io; /* first: the shell gives it back to us */
	struct host_options options;
	struct wire_context *context;
	struct wire_zap *zap;
	struct wire_server *servers[ZONE_END];
	struct wire_message message;
	enum zone message_zone;
	enum zone next_zone; /* whose turn it is to be read */
	uint64_t denied[ZONE_END];
	bool knocking; /* the stranger at the door is ourselves */
};

static struct moment read_clocks(void)
{
	struct timespec boot, real;
	ENSURE(clock_gettime(CLOCK_BOOTTIME, &boot) == 0 && clock_gettime(CLOCK_REALTIME, &real) == 0);
	return (struct moment){
		.mono = {boot.tv_sec * US_PER_S + boot.tv_nsec / 1000},
		.wall = {real.tv_sec * US_PER_S + real.tv_nsec / 1000},
	};
}

/* ---- struct io ---- */

static struct moment io_now(struct io *io)
{
	(void)io;
	return read_clocks();
}

static void fill_incoming(const struct host *self, struct incoming *ret_incoming)
{
	const struct wire_message *message = &self->message;
	uint64_t zone_bits = (uint64_t)self->message_zone << PEER_ZONE_SHIFT;
	*ret_incoming = (struct incoming){
		.zone = self->message_zone,
		.peer = message->bad_identity ? 0 : message->peer | zone_bits,
		.frames = message->too_many_frames ? FRAMES_PER_MESSAGE_MAX : (uint32_t)message->frame_count,
	};
	memcpy(ret_incoming->key, message->user.public_key, PRINCIPAL_KEY_SIZE);
	if (message->frame_count == 2) {
		ret_incoming->kind_frame = message->frames[0];
		ret_incoming->map_frame = message->frames[1];
	}
}

/* Zones take turns message by message, so that none can starve another. */
static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct host *self = (struct host *)io;
	for (int i = 0; self->zap && i < ZONE_END; i++) {
		enum zone zone = self->next_zone;
		self->next_zone = (enum zone)((zone + 1) % ZONE_END);
		int r = wire_server_receive(self->servers[zone], &self->message);
		if (r < 0)
			return FORWARD(r);
		if (r == WIRE_EMPTY)
			continue;
		self->message_zone = zone;
		fill_incoming(self, ret_incoming);
		return 0;
	}
	return 1;
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t peer, struct span kind_frame, struct span map_frame)
{
	struct host *self = (struct host *)io;
	struct span frames[2] = {kind_frame, map_frame};
	REQUIRE(self->servers[zone]);
	uint64_t number = peer & ((UINT64_C(1) << PEER_ZONE_SHIFT) - 1);
	int r = peer ? wire_server_send(self->servers[zone], number, frames, 2)
		     : wire_server_send_to_raw(self->servers[zone], self->message.identity, frames, 2);
	if (r == 0)
		return IO_SENT;
	return r == WIRE_FULL ? IO_FULL : IO_GONE;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	struct host *self = (struct host *)io;
	log_write_entry(self->options.log, read_clocks().mono, entry);
}

static int64_t io_disk_free(struct io *io)
{
	struct host *self = (struct host *)io;
	struct statvfs disk;
	if (statvfs(self->options.store_path, &disk) != 0)
		return INT64_MAX; /* the next commit will tell */
	return (int64_t)(disk.f_bavail * disk.f_frsize);
}

static void io_seal(struct io *io, int64_t case_id, struct span contact, char *ret_box)
{
	struct host *self = (struct host *)io;
	seal_close(&self->options.contact_key, case_id, contact, ret_box);
}

/* ---- the door ---- */

static bool allow(void *context, const char *zone, const struct wire_key *key)
{
	struct host *self = context;
	for (enum zone one = 0; one < ZONE_END; one++)
		if (strcmp(zone, zone_name(one)) == 0)
			return self->options.admits(self->options.context, one, key->public_key);
	return false;
}

static void denied(void *context, const struct wire_zap_denial *denial)
{
	struct host *self = context;
	if (self->knocking)
		return;
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		self->denied[zone] += strcmp(denial->zone, zone_name(zone)) == 0;
	char fingerprint[WIRE_FINGERPRINT_SIZE] = "none";
	if (denial->key)
		wire_key_fingerprint(denial->key, fingerprint);
	struct log_record record = {.event = HOST_TURNED_AWAY,
		.values = {
			[LOGGED_ZONE] = denial->zone,
			[LOGGED_ADDRESS] = denial->address,
			[LOGGED_KEY] = fingerprint,
		}};
	log_write(self->options.log, read_clocks().mono, &record);
}

static bool open_zone(struct host *self, enum zone zone, struct fault *fault)
{
	struct wire_server_options options = {
		.endpoint = self->options.endpoints[zone],
		.zone = zone_name(zone),
		.keys = self->options.keys,
		.listen_fd = self->options.listen_fds[zone],
	};
	if (options.listen_fd == 0 &&
		!listening_open(options.zone, options.endpoint, &options.listen_fd, fault))
		return false;
	return wire_server_new(self->context, &options, &self->servers[zone], fault);
}

static bool knock(struct host *self, enum zone zone, struct fault *fault)
{
	const char *endpoint = wire_server_endpoint(self->servers[zone]);
	int r = wire_knock(
		self->context, self->zap, endpoint, &self->options.keys->key, WIRE_KNOCK_TIMEOUT_MS);
	if (r == WIRE_KNOCK_REFUSED)
		return true;
	return fault_set(fault, "%s zone at %s: a stranger's key was not turned away: %s", zone_name(zone),
		endpoint, r < 0 ? strerror(-r) : wire_knock_text((enum wire_knock)r));
}

static bool io_reload(struct io *io, struct shell_configuration *ret_configuration, struct fault *fault)
{
	struct host *self = (struct host *)io;
	return self->options.reload(self->options.context, ret_configuration, fault);
}

struct host *host_new(const struct host_options *options)
{
	struct host *self = memory_new(1, sizeof(*self));
	self->io = (struct io){io_now, io_receive, io_send, io_log, io_disk_free, io_seal, io_reload};
	self->options = *options;
	wire_message_init(&self->message);
	return self;
}

bool host_open(struct host *self, struct fault *fault)
{
	struct wire_zap_options zap = {.allow = allow, .denied = denied, .context = self};
	self->context = wire_context_new();
	if (self->context)
		wire_context_set_io_threads(self->context, IO_THREADS);
	if (!self->context || wire_zap_new(self->context, &zap, &self->zap) != 0)
		return fault_set(fault, "no ZeroMQ context or ZAP handler to be had");
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		if (!open_zone(self, zone, fault))
			return false;
	self->knocking = true;
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		if (!knock(self, zone, fault))
			return false;
	self->knocking = false;
	return true;
}

#define LAST_ANSWERS_MS \
	1000 /* a peer that reads has them long before; one that does not must not hold us up */

void host_finish(struct host *self)
{
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		wire_server_linger(self->servers[zone], LAST_ANSWERS_MS);
}

void host_destroy(struct host **self)
{
	struct host *host = *self;
	if (!host)
		return;
	wire_message_deinit(&host->message);
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		wire_server_destroy(&host->servers[zone]);
	wire_zap_destroy(&host->zap);
	wire_context_destroy(&host->context);
	free(host);
	*self = NULL;
}

struct io *host_io(struct host *self)
{
	return &self->io;
}

const char *host_endpoint(const struct host *self, enum zone zone)
{
	return wire_server_endpoint(self->servers[zone]);
}

uint64_t host_denied(const struct host *self, enum zone zone)
{
	return self->denied[zone];
}

int host_wait(struct host *self, int64_t timeout_us, struct host_watched *watched, size_t watched_count)
{
	struct wire_poll_item items[ZONE_END + 1 + HOST_WATCHED_MAX];
	size_t count = ZONE_END + 1;
	REQUIRE(watched_count <= HOST_WATCHED_MAX);
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		items[zone] =
			(struct wire_poll_item){.socket = wire_server_socket(self->servers[zone]), .fd = -1};
	items[ZONE_END] = (struct wire_poll_item){.socket = wire_zap_socket(self->zap), .fd = -1};
	for (size_t i = 0; i < watched_count; i++)
		if (watched[i].fd >= 0)
			items[count++] = (struct wire_poll_item){.fd = watched[i].fd};
	/* Rounded up: a timer that is due in half a millisecond must not make the loop spin until it is. */
	int64_t timeout_ms = timeout_us == INT64_MAX ? -1 : (timeout_us + US_PER_MS - 1) / US_PER_MS;
	int r = wire_poll(items, count, timeout_ms);
	if (r < 0)
		return FORWARD(r);
	count = ZONE_END + 1;
	for (size_t i = 0; i < watched_count; i++)
		watched[i].readable = watched[i].fd >= 0 && items[count++].readable;
	if (items[ZONE_END].readable) {
		r = wire_zap_turn(self->zap);
		if (r < 0)
			return FORWARD(r);
	}
	return 0;
}
