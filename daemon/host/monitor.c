#include "daemon/host/monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/host/scrape.h"

enum door_kind {
	DOOR_UNIX,
	DOOR_PORT,
	DOORS,
};

#define SOCKET_MODE	     0660
#define BACKLOG		     16
#define DOOR_REST_US	     US_PER_S /* after an accept for which there was no descriptor */
#define PLACES		     ((uint32_t)DOORS * SCRAPE_CONNECTIONS_MAX)
#define EVENTS_MAX	     (DOORS + (int)PLACES)
#define NUMBER_OF_DOOR(door) (PLACES + (uint32_t)(door)) /* in an event; below it are the places */

struct door {
	int fd;			 /* -1: there is none */
	struct mono rests_until; /* us 0: it does not */
};

struct monitor {
	char *socket_path; /* once it is ours to take away */
	int epoll;
	struct door doors[DOORS];
	struct scrape places[PLACES]; /* a door's are together */
	uint64_t arrivals;
	struct scrape_text *text;
	struct monitor_counts counts;
};

/* ---- doors ---- */

/* False if the kernel has no room for one more. */
static bool watch_new(struct monitor *self, int fd, uint32_t number)
{
	struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = number}};
	return epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void watch(struct monitor *self, int fd, uint32_t number, uint32_t events)
{
	struct epoll_event event = {.events = events, .data = {.u32 = number}};
	ENSURE(epoll_ctl(self->epoll, EPOLL_CTL_MOD, fd, &event) == 0);
}

static bool make_room(const char *path, struct fault *fault)
{
	struct stat file;
	if (lstat(path, &file) != 0)
		return true; /* or bind says why not */
	if (!S_ISSOCK(file.st_mode))
		return fault_set(fault, "metrics_socket: %s exists and is no socket", path);
	if (unlink(path) != 0)
		return fault_set(fault, "metrics_socket: %s: %s", path, strerror(errno));
	return true;
}

/* Nobody can connect before listen, and by then the mode is right. */
static bool open_unix(struct monitor *self, const char *path, struct fault *fault)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return fault_set(fault, "metrics_socket: %s is longer than %zu bytes", path,
			sizeof(address.sun_path) - 1);
	if (!make_room(path, fault))
		return false;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = self->doors[DOOR_UNIX].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return fault_set(fault, "metrics_socket: %s: %s", path, strerror(errno));
	self->socket_path = memory_copy_string(path);
	if (chmod(path, SOCKET_MODE) != 0 || listen(fd, BACKLOG) != 0)
		return fault_set(fault, "metrics_socket: %s: %s", path, strerror(errno));
	return true;
}

static bool open_port(struct monitor *self, uint16_t port, struct fault *fault)
{
	const int yes = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = self->doors[DOOR_PORT].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, BACKLOG) != 0)
		return fault_set(fault, "metrics_port: 127.0.0.1:%u: %s", port, strerror(errno));
	return true;
}

struct monitor *monitor_new(const struct monitor_options *options, struct fault *fault)
{
	struct monitor *self = memory_new(1, sizeof(*self));
	for (uint32_t door = 0; door < DOORS; door++)
		self->doors[door].fd = -1;
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	bool good = self->epoll >= 0 || fault_set(fault, "metrics: %s", strerror(errno));
	if (good && options->socket_path)
		good = open_unix(self, options->socket_path, fault);
	if (good && options->port)
		good = open_port(self, options->port, fault);
	for (uint32_t door = 0; good && door < DOORS; door++)
		if (self->doors[door].fd >= 0)
			good = watch_new(self, self->doors[door].fd, NUMBER_OF_DOOR(door)) ||
			       fault_set(fault, "metrics: %s", strerror(errno));
	if (!good)
		monitor_destroy(&self);
	return self;
}

void monitor_destroy(struct monitor **self)
{
	struct monitor *monitor = *self;
	if (!monitor)
		return;
	for (uint32_t place = 0; place < PLACES; place++)
		if (monitor->places[place].state != SCRAPE_FREE)
			scrape_end(&monitor->places[place]);
	for (uint32_t door = 0; door < DOORS; door++)
		cleanup_close(&monitor->doors[door].fd);
	cleanup_close(&monitor->epoll);
	if (monitor->socket_path)
		unlink(monitor->socket_path);
	free(monitor->socket_path);
	scrape_text_release(&monitor->text);
	free(monitor);
	*self = NULL;
}

int monitor_fd(const struct monitor *self)
{
	return self->epoll;
}

/* ---- places ---- */

static void leave(struct monitor *self, struct scrape *scrape)
{
	uint64_t *counts[] = {[SCRAPE_DROPPED] = &self->counts.dropped,
		[SCRAPE_REFUSED] = &self->counts.refused,
		[SCRAPE_ANSWERED] = &self->counts.answered};
	(*counts[scrape->outcome])++;
	scrape_end(scrape); /* closing takes it out of the epoll set */
}

/* Waits for what its state wants, or makes its place free. */
static void settle(struct monitor *self, uint32_t place)
{
	static const uint32_t events[] = {
		[SCRAPE_READING] = EPOLLIN, [SCRAPE_WRITING] = EPOLLOUT, [SCRAPE_LEAVING] = EPOLLIN};
	struct scrape *scrape = &self->places[place];
	if (scrape->state == SCRAPE_OVER)
		leave(self, scrape);
	else
		watch(self, scrape->fd, place, scrape->state == SCRAPE_WAITING ? 0 : events[scrape->state]);
}

/* Who has to go for a newcomer: one who has said nothing before one who has, then who came first. */
static bool goes_before(const struct scrape *one, const struct scrape *other)
{
	bool one_reads = one->state == SCRAPE_READING, other_reads = other->state == SCRAPE_READING;
	return one_reads != other_reads ? one_reads : one->number < other->number;
}

static uint32_t find_place(struct monitor *self, uint32_t door)
{
	uint32_t first = door * SCRAPE_CONNECTIONS_MAX, best = first;
	for (uint32_t place = first; place < first + SCRAPE_CONNECTIONS_MAX; place++) {
		if (self->places[place].state == SCRAPE_FREE)
			return place;
		if (goes_before(&self->places[place], &self->places[best]))
			best = place;
	}
	leave(self, &self->places[best]);
	return best;
}

/* A door with nobody to let in, or no descriptor to let him in by, which must not keep the loop awake. */
static void accept_some(struct monitor *self, uint32_t number, struct mono now)
{
	struct door *door = &self->doors[number];
	for (int i = 0; i < SCRAPE_ACCEPTS_PER_TURN; i++) {
		int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			door->rests_until = mono_add(now, DOOR_REST_US);
			watch(self, door->fd, NUMBER_OF_DOOR(number), 0);
		}
		if (fd < 0)
			return;
		uint32_t place = find_place(self, number);
		scrape_begin(&self->places[place], fd, self->arrivals++, now);
		if (!watch_new(self, fd, place))
			leave(self, &self->places[place]);
	}
}

static void end_rests(struct monitor *self, struct mono now)
{
	for (uint32_t number = 0; number < DOORS; number++) {
		struct door *door = &self->doors[number];
		if (door->rests_until.us == 0 || mono_before(now, door->rests_until))
			continue;
		door->rests_until.us = 0;
		watch(self, door->fd, NUMBER_OF_DOOR(number), EPOLLIN);
	}
}

static void drop_the_late(struct monitor *self, struct mono now)
{
	for (uint32_t place = 0; place < PLACES; place++) {
		struct scrape *scrape = &self->places[place];
		if (scrape->state != SCRAPE_FREE && !mono_before(now, scrape->deadline))
			leave(self, scrape);
	}
}

void monitor_turn(struct monitor *self, struct mono now)
{
	struct epoll_event events[EVENTS_MAX];
	drop_the_late(self, now);
	end_rests(self, now);
	bool fresh = self->text && mono_before(now, mono_add(self->text->made, SCRAPE_FRESH_US));
	int count = epoll_wait(self->epoll, events, EVENTS_MAX, 0);
	/* Places first: one that is made free by a newcomer must not be taken for the one who had it. */
	for (int i = 0; i < count; i++) {
		uint32_t place = events[i].data.u32;
		if (place >= PLACES)
			continue;
		scrape_turn(&self->places[place], fresh ? self->text : NULL);
		settle(self, place);
	}
	for (int i = 0; i < count; i++)
		if (events[i].data.u32 >= PLACES)
			accept_some(self, events[i].data.u32 - PLACES, now);
}

int64_t monitor_wait_us(const struct monitor *self, struct mono now)
{
	struct mono first = MONO_NEVER;
	for (uint32_t place = 0; place < PLACES; place++)
		if (self->places[place].state != SCRAPE_FREE)
			first = mono_min(first, self->places[place].deadline);
	for (uint32_t door = 0; door < DOORS; door++)
		if (self->doors[door].rests_until.us)
			first = mono_min(first, self->doors[door].rests_until);
	if (mono_is_never(first))
		return INT64_MAX;
	return mono_before(now, first) ? first.us - now.us : 0;
}

/* ---- the text ---- */

bool monitor_is_asked(const struct monitor *self)
{
	for (uint32_t place = 0; place < PLACES; place++)
		if (self->places[place].state == SCRAPE_WAITING)
			return true;
	return false;
}

void monitor_give(struct monitor *self, struct buffer *text, struct mono made)
{
	scrape_text_release(&self->text);
	self->text = scrape_text_new(text, made);
	for (uint32_t place = 0; place < PLACES; place++) {
		if (self->places[place].state != SCRAPE_WAITING)
			continue;
		scrape_give(&self->places[place], self->text);
		settle(self, place);
	}
}

struct monitor_counts monitor_counts(const struct monitor *self)
{
	return self->counts;
}
