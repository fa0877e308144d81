#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/assert.h"
#include "tests/lib/bare_io.h"

void sim_fail(const struct sim *self, const char *what)
{
	fprintf(stderr, "seed %" PRIu64 ", step %" PRIu64 "%s: does not hold: %s\n", self->options.seed,
		self->step, self->faults ? "" : " (the faults have stopped)", what);
	abort();
}

bool sim_strikes(struct sim *self, enum sim_fault kind, unsigned in_thousand)
{
	if (!self->faults || self->options.without & UINT32_C(1) << kind)
		return false;
	return prng_below(&self->prng, 1000) < in_thousand;
}

/* ---- the trace ---- */

static void print_trace(const struct sim *self, const char *what, int64_t number, struct span bytes)
{
	printf("%6" PRIu64 " %14.6f  %-20s %" PRId64, self->step,
		(double)self->now.mono.us / (double)US_PER_S, what, number);
	bool text = bytes.size < 64;
	for (size_t i = 0; i < bytes.size; i++)
		text = text && (unsigned char)bytes.data[i] >= ' ';
	if (bytes.size > 0 && text)
		printf("  %.*s", (int)bytes.size, bytes.data);
	printf("\n");
}

static void print_frame(const struct sim *self, const char *what, enum kind kind, struct span map)
{
	struct buffer line = BUFFER_NULL;
	struct message message;
	struct refusal refusal;
	char head[KIND_FRAME_SIZE];
	if (!message_decode(message_kind_frame(kind, head), map, &message, &refusal))
		return print_trace(self, what, (int64_t)kind, SPAN_EMPTY);
	message_print(&message, &line);
	printf("%6" PRIu64 " %14.6f  %-20s %.*s\n", self->step, (double)self->now.mono.us / (double)US_PER_S,
		what, (int)line.size, line.data);
	buffer_deinit(&line);
}

#define TRACE_BLOCK 8192

void sim_trace(struct sim *self, const char *what, int64_t number, struct span bytes)
{
	buffer_append_u64(&self->trace_bytes, self->step);
	buffer_append_prefixed(&self->trace_bytes, span_of_string(what));
	buffer_append_u64(&self->trace_bytes, (uint64_t)number);
	buffer_append_prefixed(&self->trace_bytes, bytes);
	if (self->trace_bytes.size > TRACE_BLOCK) {
		self->trace = digest_of(buffer_span(&self->trace_bytes));
		buffer_clear(&self->trace_bytes);
		buffer_append(&self->trace_bytes, self->trace.bytes, DIGEST_SIZE);
	}
	if (!self->options.talk)
		return;
	bool map = bytes.size > 0 && (bytes.data[0] & 0x80);
	if (map)
		print_frame(self, what, (enum kind)number, bytes);
	else
		print_trace(self, what, number, bytes);
}

/* ---- struct io ---- */

struct moment sim_clock(const struct sim *self)
{
	return (struct moment){{self->now.mono.us - self->booted_at}, {self->now.wall.us + self->wall_error}};
}

static struct moment io_now(struct io *io)
{
	return sim_clock((struct sim *)io);
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	struct sim *self = (struct sim *)io;
	ENSURE(entry->event < LOG_EVENT_END);
	if (entry->event != LOG_STORE_FULL)
		return;
	oracle_read(self);
	self->oracle.stopped = true;
}

static int64_t io_disk_free(struct io *io)
{
	struct sim *self = (struct sim *)io;
	return self->low || self->full ? 0 : INT64_MAX;
}

/* ---- starts and ends ---- */

static void start_shell(struct sim *self)
{
	struct shell_options options = {.io = &self->io,
		.store = self->store,
		.profile = self->place.profile,
		.principals = self->place.principals,
		.workdays = self->place.workdays,
		.disk_reserve = 1,
		.version = "sim"};
	memset(options.query_code_key.bytes, 7, DIGEST_KEY_SIZE);
	store_memory_crash(self->store);
	oracle_read(self);
	oracle_restarted(self);
	self->oracle.stopped = false;
	self->starts++;
	SIM_CHECK(self, shell_new(&options, &self->shell) == 0);
	oracle_reconfigured(self);
}

void sim_crash(struct sim *self)
{
	sim_trace(self, "crash", 0, SPAN_EMPTY);
	shell_destroy(&self->shell);
	for (uint32_t i = 0; i < self->peer_count; i++)
		sim_disconnect(self, &self->peers[i]);
	self->crashes++;
	start_shell(self);
}

void sim_downtime(struct sim *self, const struct sim_plan *plan)
{
	sim_trace(self, "down for s", plan->down_us / US_PER_S, SPAN_EMPTY);
	/* Whether its last batch makes it or not is all the same to the promises. */
	bool stopped = plan->down_in_order && shell_stop(self->shell) == 0;
	sim_trace(self, stopped ? "stopped" : "killed", 0, SPAN_EMPTY);
	shell_destroy(&self->shell);
	store_memory_crash(self->store);
	oracle_read(self);
	oracle_rows(self);
	self->now.mono.us += plan->down_us;
	self->now.wall.us += plan->down_us;
	if (plan->reboots)
		self->booted_at = self->now.mono.us - US_PER_S;
	if (plan->sets_clock)
		self->wall_error = plan->wall_error;
	for (uint32_t i = 0; i < self->peer_count; i++)
		sim_disconnect(self, &self->peers[i]);
	start_shell(self);
}

void sim_configure(struct sim *self, enum sim_reload what)
{
	struct place_objects before;
	sim_trace(self, "reload", (int64_t)what, SPAN_EMPTY);
	place_reload(&self->place, what, &self->prng, &before);
	struct shell_configuration configuration = {
		self->place.profile, self->place.principals, self->place.workdays};
	shell_configure(self->shell, &configuration);
	place_objects_free(&before);
	oracle_reconfigured(self);
}

void sim_turn(struct sim *self)
{
	self->turns++;
	int r = shell_turn(self->shell);
	if (r < 0)
		sim_crash(self);
	else
		oracle_turned(self);
	core_check(shell_core(self->shell));
}

/* ---- the whole ---- */

void sim_init(struct sim *self, const struct sim_options *options)
{
	*self = (struct sim){
		.io = {io_now, sim_io_receive, sim_io_send, io_log, io_disk_free, closed_box, no_file},
		.options = *options,
		.faults = true,
		.next_peer = 1};
	prng_init(&self->prng, options->seed);
	place_init(&self->place, &self->prng);
	struct civil_date start = {self->place.start_date};
	self->now = (struct moment){{US_PER_DAY}, civil_instant(start, 9 * 3600, UTC_OFFSET_CHINA)};
	self->started_wall = self->now.wall.us;
	self->store = store_memory_new((struct store_identity){false, self->now.wall});
	const struct principal *principal;
	for (uint32_t i = 0; (principal = principals_at(self->place.principals, i)); i++) {
		ENSURE(i < SIM_PEERS_MAX);
		struct sim_peer *peer = &self->peers[self->peer_count++];
		*peer = (struct sim_peer){.role = principal->role,
			.number = i,
			.zone = zone_of_role(principal->role),
			.incarnation = (int64_t)prng_below(&self->prng, 1000000) + 1};
		peer->name = place_name(i);
		peer->key = place_key(i);
		peer->process_custody = strcmp("worker-one", peer->name) == 0;
		sim_connect(self, peer);
	}
	start_shell(self);
}

void sim_deinit(struct sim *self)
{
	shell_destroy(&self->shell);
	self->store->interface->destroy(&self->store);
	for (uint32_t i = 0; i < self->peer_count; i++)
		sim_net_deinit(&self->peers[i]);
	free(self->held.map);
	buffer_deinit(&self->trace_bytes);
	oracle_deinit(&self->oracle);
	place_deinit(&self->place);
}
