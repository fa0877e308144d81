#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/seal.h"

void sim_fail(const struct sim *self, const char *what)
{
	fprintf(stderr, "seed %" PRIu64 ", turn %" PRIu64 ": does not hold: %s\n", self->seed, self->turns,
		what);
	fprintf(stderr, "replay: test-sim --seed %" PRIu64 "\n", self->seed);
	abort();
}

/* ---- queues ---- */

static void queue_push(struct sim_queue *queue, struct sim_frame frame)
{
	if (queue->count == queue->capacity) {
		queue->capacity = queue->capacity ? queue->capacity * 2 : 16;
		queue->frames = memory_resize(queue->frames, queue->capacity, sizeof(*queue->frames));
	}
	queue->frames[queue->count++] = frame;
}

static bool queue_pop(struct sim_queue *queue, struct sim_frame *ret_frame)
{
	if (queue->head == queue->count)
		return false;
	*ret_frame = queue->frames[queue->head++];
	if (queue->head == queue->count)
		queue->head = queue->count = 0;
	return true;
}

static void queue_clear(struct sim_queue *queue)
{
	struct sim_frame frame;
	while (queue_pop(queue, &frame))
		free(frame.map);
}

/* ---- struct io ---- */

static struct moment io_now(struct io *io)
{
	struct sim *self = (struct sim *)io;
	struct moment now = self->now;
	now.wall.us += self->wall_error;
	return now;
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct sim *self = (struct sim *)io;
	static const char head[] = "WZP1";
	static char kind_frame[KIND_FRAME_SIZE];
	free(self->held.map);
	self->held = (struct sim_frame){0};
	uint64_t first = prng_below(&self->prng, self->peer_count);
	for (uint32_t i = 0; i < self->peer_count; i++) {
		struct sim_peer *peer = &self->peers[(first + i) % self->peer_count];
		if (!queue_pop(&peer->to_daemon, &self->held))
			continue;
		memcpy(kind_frame, head, 4);
		kind_frame[4] = (char)self->held.kind;
		*ret_incoming = (struct incoming){
			.zone = peer->zone,
			.peer = peer->peer,
			.kind_frame = span_of(kind_frame, KIND_FRAME_SIZE),
			.map_frame = span_of(self->held.map, self->held.size),
			.frames = 2,
		};
		memcpy(ret_incoming->key, peer->principal->key, PRINCIPAL_KEY_SIZE);
		return 0;
	}
	return 1;
}

static struct sim_peer *peer_of(struct sim *self, uint64_t number)
{
	for (uint32_t i = 0; i < self->peer_count; i++)
		if (self->peers[i].peer == number)
			return &self->peers[i];
	return NULL;
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t number, struct span kind_frame, struct span map_frame)
{
	struct sim *self = (struct sim *)io;
	struct sim_peer *peer = peer_of(self, number);
	struct buffer bytes = BUFFER_NULL;
	buffer_append(&bytes, self->trace.bytes, DIGEST_SIZE);
	buffer_append_span(&bytes, kind_frame);
	buffer_append_span(&bytes, map_frame);
	self->trace = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	if (!peer)
		return IO_GONE;
	SIM_CHECK(self, peer->zone == zone);
	if (self->faults && prng_chance(&self->prng, 1))
		return IO_FULL;
	queue_push(&peer->from_daemon, (struct sim_frame){(enum kind)(uint8_t)kind_frame.data[4],
					       memory_copy(map_frame.data, map_frame.size), map_frame.size});
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	(void)io;
	ENSURE(entry->event < LOG_EVENT_END);
}

static int64_t io_disk_free(struct io *io)
{
	struct sim *self = (struct sim *)io;
	return self->full ? 0 : INT64_MAX;
}

/* No box, but as closed: the same bytes for the same case, for a trace must repeat itself. */
static void io_seal(struct io *io, int64_t case_id, struct span contact, char *ret_box)
{
	(void)io;
	snprintf(ret_box, SEAL_TEXT_SIZE_MAX, "%" PRId64 "/%zu", case_id, contact.size);
}

/* ---- the place ---- */

static const struct profile_source_department departments[] = {
	{"edu", "教育", NULL}, {"water", "水务", NULL}, {"roads", "道路", NULL}};
static const struct profile_source_class classes[] = {
	{"ordinary", "一般", "3 workday"}, {"major", "重大", "7 workday"}};
static const char *water_words[] = {"水"};
static const struct profile_source_rule rules[] = {
	{.name = "water", .keyword = water_words, .keyword_count = 1, .department = "water"}};
static const struct profile_source_rung reminder = {"1 workday before", "09:00"};
static const struct profile_source_rung rungs[] = {
	{"due", NULL}, {"2 workday after", "09:00"}, {"5 workday after", "09:00"}};

static void make_policy(struct sim *self)
{
	static const char *all[] = {"edu", "water", "roads"}, *edu[] = {"edu"}, *wet[] = {"water", "roads"};
	struct profile_source source = {
		.id = "sim",
		.name = "模拟",
		.departments = departments,
		.departments_count = 3,
		.classes = classes,
		.classes_count = 2,
		.rules = rules,
		.rules_count = 1,
		.reminder = &reminder,
		.rungs = rungs,
		.rungs_count = 3,
		.lease = "30",
		.heartbeat = "5",
	};
	struct principal_source principals[] = {{"portal-a", "portal", NULL, NULL, 0, NULL},
		{"portal-b", "portal", NULL, NULL, 0, NULL}, {"worker-all", "worker", NULL, all, 3, NULL},
		{"worker-edu", "worker", NULL, edu, 1, NULL}, {"worker-wet", "worker", NULL, wet, 2, NULL},
		{"worker-one", "worker", NULL, wet, 2, NULL},
		{"supervisor", "supervisor", NULL, NULL, 0, NULL}, {"triage", "triage", NULL, NULL, 0, NULL},
		{"operator", "operator", NULL, NULL, 0, NULL}};
	uint8_t keys[9][PRINCIPAL_KEY_SIZE];
	struct fault fault;
	for (int i = 0; i < 9; i++) {
		memset(keys[i], i + 1, PRINCIPAL_KEY_SIZE);
		principals[i].key = keys[i];
	}
	self->profile = profile_new(&source, &fault);
	self->principals = principals_new(principals, 9, &fault);
	struct workdays_builder *builder = workdays_builder_new("sim");
	struct civil_date day, from, until;
	ENSURE(civil_from_ymd(2026, 10, 1, &day) && civil_from_ymd(2026, 1, 1, &from) &&
		civil_from_ymd(2027, 12, 31, &until));
	for (int i = 0; i < 7; i++)
		ENSURE(workdays_builder_add(
			builder, civil_plus(day, i), WORKDAYS_OFF, SPAN_LITERAL("国庆"), 1, &fault));
	ENSURE(workdays_builder_cover(builder, from, until, 1, &fault));
	self->workdays = workdays_build(builder, &fault);
	workdays_builder_destroy(&builder);
	ENSURE(self->profile && self->principals && self->workdays);
}

static void start_shell(struct sim *self)
{
	struct shell_options options = {.io = &self->io,
		.store = self->store,
		.profile = self->profile,
		.principals = self->principals,
		.workdays = self->workdays,
		.disk_reserve = 1,
		.version = "sim"};
	memset(options.query_code_key.bytes, 7, DIGEST_KEY_SIZE);
	int r = shell_new(&options, &self->shell);
	if (r < 0 && self->full) {
		store_memory_set_full(self->store, self->full = false);
		store_memory_crash(self->store);
		r = shell_new(&options, &self->shell);
	}
	SIM_CHECK(self, r == 0);
}

void sim_init(struct sim *self, uint64_t seed)
{
	*self = (struct sim){.io = {io_now, io_receive, io_send, io_log, io_disk_free, io_seal},
		.seed = seed,
		.faults = true};
	prng_init(&self->prng, seed);
	make_policy(self);
	struct civil_date start;
	ENSURE(civil_from_ymd(2026, 9, 14, &start));
	self->now = (struct moment){{US_PER_DAY}, civil_instant(start, 9 * 3600, UTC_OFFSET_CHINA)};
	self->next_peer = 1;
	self->store = store_memory_new((struct store_identity){false, self->now.wall});
	const struct principal *principal;
	for (uint32_t i = 0; (principal = principals_at(self->principals, i)); i++) {
		struct sim_peer *peer = &self->peers[self->peer_count++];
		*peer = (struct sim_peer){.role = principal->role,
			.principal = principal,
			.zone = zone_of_role(principal->role),
			.incarnation = (int64_t)prng_below(&self->prng, 1000000) + 1};
		peer->process_custody = span_equal_string(SPAN_LITERAL("worker-one"), principal->name);
		sim_connect(self, peer);
	}
	start_shell(self);
}

void sim_deinit(struct sim *self)
{
	shell_destroy(&self->shell);
	self->store->interface->destroy(&self->store);
	for (uint32_t i = 0; i < self->peer_count; i++) {
		queue_clear(&self->peers[i].to_daemon);
		queue_clear(&self->peers[i].from_daemon);
		free(self->peers[i].to_daemon.frames);
		free(self->peers[i].from_daemon.frames);
	}
	free(self->held.map);
	profile_destroy(&self->profile);
	principals_destroy(&self->principals);
	workdays_destroy(&self->workdays);
}

void sim_connect(struct sim *self, struct sim_peer *peer)
{
	peer->peer = self->next_peer++ | (uint64_t)peer->zone << 40;
	peer->welcome = false;
	peer->said_at = 0;
}

/* What was under way in either direction is lost. */
void sim_disconnect(struct sim *self, struct sim_peer *peer)
{
	queue_clear(&peer->to_daemon);
	queue_clear(&peer->from_daemon);
	sim_connect(self, peer);
}

void sim_send(struct sim *self, struct sim_peer *peer, enum kind kind, struct buffer *map)
{
	(void)self;
	queue_push(&peer->to_daemon, (struct sim_frame){kind, map->data, map->size});
	*map = BUFFER_NULL;
}

bool sim_next(struct sim_peer *peer, struct sim_frame *ret_frame)
{
	return queue_pop(&peer->from_daemon, ret_frame);
}

void sim_crash(struct sim *self)
{
	shell_destroy(&self->shell);
	store_memory_crash(self->store);
	for (uint32_t i = 0; i < self->peer_count; i++)
		sim_disconnect(self, &self->peers[i]);
	self->crashes++;
	start_shell(self);
}

void sim_turn(struct sim *self)
{
	self->turns++;
	int r = shell_turn(self->shell);
	if (r < 0)
		sim_crash(self);
	core_check(shell_core(self->shell));
}
