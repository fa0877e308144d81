#include "tests/lib/bare_io.h"
#include "tests/crash/life.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/shell.h"
#include "daemon/store/sqlite.h"
#include "proto/message.h"
#include "tests/crash/content.h"
#include "tests/crash/disk_inside.h"
#include "tests/unit/core/place.h"

#define TURNS	  14
#define JOBS_MAX  32
#define QUEUE_MAX 64

enum speaker { PORTAL, WORKER, TRIAGE, SPEAKERS };
static const char *const names[SPEAKERS] = {"portal-a", "worker-both", "triage"};

struct job {
	char number[CASE_NUMBER_SIZE];
	int64_t epoch;
	bool taken;
};

struct life {
	struct io io; /* first */
	struct run *run;
	const char *path;
	struct prng prng;
	struct place place;
	struct store *store;
	struct shell *shell;
	struct moment now;
	struct queued {
		enum speaker speaker;
		enum kind kind;
		struct buffer map;
	} queue[QUEUE_MAX];
	int queued, received;
	char kind_frame[KIND_FRAME_SIZE];
	struct job jobs[JOBS_MAX];
	int job_count, message_count;
	int64_t cursors[SPEAKERS], req;
	bool ready;
};

/* ---- struct io ---- */

static struct moment io_now(struct io *io)
{
	return ((struct life *)io)->now;
}

static const struct principal *principal_of(const struct life *self, enum speaker speaker)
{
	return principals_find_name(self->place.principals, span_of_string(names[speaker]));
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct life *self = (struct life *)io;
	if (self->received == self->queued)
		return 1;
	const struct queued *next = &self->queue[self->received++];
	const struct principal *principal = principal_of(self, next->speaker);
	*ret_incoming = (struct incoming){
		.zone = zone_of_role(principal->role),
		.peer = (uint64_t)next->speaker + 1,
		.kind_frame = message_kind_frame(next->kind, self->kind_frame),
		.map_frame = buffer_span(&next->map),
		.frames = 2,
	};
	memcpy(ret_incoming->key, principal->key, PRINCIPAL_KEY_SIZE);
	return 0;
}

static void take_offer(struct life *self, const struct message *offer)
{
	struct job *job = &self->jobs[self->job_count];
	if (self->job_count == JOBS_MAX ||
		!span_copy(message_text(offer, FIELD_CASE), job->number, CASE_NUMBER_SIZE))
		return;
	job->epoch = message_number(offer, FIELD_EPOCH, 0);
	job->taken = false;
	self->job_count++;
}

/* Whatever leaves says that what this turn did is durable. */
static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t peer, struct span kind_frame, struct span map_frame)
{
	struct life *self = (struct life *)io;
	struct message message;
	struct refusal refusal;
	(void)zone;
	disk_mark(&self->run->disk, (size_t)self->run->marks);
	ENSURE(message_decode(kind_frame, map_frame, &message, &refusal));
	if (message.kind == KIND_OFFER)
		take_offer(self, &message);
	if (message.kind == KIND_EVENT)
		self->cursors[peer - 1] = message_number(&message, FIELD_CURSOR, 0);
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	(void)io;
	(void)entry;
}

static int64_t io_disk_free(struct io *io)
{
	(void)io;
	return INT64_MAX;
}

/* ---- what is said ---- */

static struct buffer *say(struct life *self, enum speaker speaker, enum kind kind, struct writer *writer)
{
	ENSURE(self->queued < QUEUE_MAX);
	struct queued *next = &self->queue[self->queued++];
	next->speaker = speaker;
	next->kind = kind;
	next->map = BUFFER_NULL;
	writer_begin(writer, &next->map);
	writer_number(writer, FIELD_REQ, ++self->req);
	return &next->map;
}

static void submit(struct life *self, int number)
{
	static const char *const departments[] = {"edu", "water", ""};
	struct writer writer;
	char id[24], body[6000];
	size_t size = 1 + (size_t)number * 1237 % (number % 7 == 6 ? sizeof(body) : 700);
	snprintf(id, sizeof(id), "m-%d", number);
	memset(body, 'a' + number % 26, sizeof(body));
	say(self, PORTAL, KIND_SUBMIT, &writer);
	writer_text(&writer, FIELD_ID, span_of_string(id));
	writer_text(&writer, FIELD_TITLE, SPAN_LITERAL("问题"));
	writer_text(&writer, FIELD_BODY, span_of(body, size));
	if (*departments[number % 3])
		writer_text(&writer, FIELD_DEPARTMENT, span_of_string(departments[number % 3]));
	writer_end(&writer);
}

static void say_ready(struct life *self)
{
	struct writer writer;
	say(self, WORKER, KIND_READY, &writer);
	writer_number(&writer, FIELD_CREDIT, 4);
	writer_number(&writer, FIELD_INCARNATION, 1);
	writer_end(&writer);
	static const enum speaker watching[] = {PORTAL, TRIAGE};
	for (size_t i = 0; i < 2; i++) {
		say(self, watching[i], KIND_WATCH, &writer);
		writer_end(&writer);
	}
	self->ready = true;
}

static void say_seen(struct life *self, enum speaker speaker)
{
	struct writer writer;
	say(self, speaker, KIND_SEEN, &writer);
	writer_number(&writer, FIELD_CURSOR, self->cursors[speaker]);
	writer_end(&writer);
}

static void work(struct life *self, struct job *job)
{
	struct writer writer;
	uint64_t dice = prng_below(&self->prng, 10);
	enum kind kind = !job->taken ? KIND_TAKE : dice < 8 ? KIND_REPLY : KIND_RETURN;
	say(self, WORKER, kind, &writer);
	writer_text(&writer, FIELD_CASE, span_of_string(job->number));
	writer_number(&writer, FIELD_EPOCH, job->epoch);
	if (kind == KIND_REPLY)
		writer_text(&writer, FIELD_REPLY, SPAN_LITERAL("已经处理，谢谢。"));
	if (kind == KIND_REPLY && dice < 3)
		writer_text(&writer, FIELD_REPLY_KIND, SPAN_LITERAL("interim"));
	if (kind == KIND_RETURN)
		writer_text(&writer, FIELD_REASON, SPAN_LITERAL("不属本部门"));
	writer_end(&writer);
	bool is_done = kind == KIND_RETURN || (kind == KIND_REPLY && dice >= 3);
	job->taken = true;
	if (is_done)
		*job = self->jobs[--self->job_count];
}

static void speak(struct life *self)
{
	struct writer writer;
	if (!self->ready)
		say_ready(self);
	say(self, WORKER, KIND_BEAT, &writer);
	writer_end(&writer);
	for (uint64_t i = prng_below(&self->prng, 3); i > 0; i--)
		submit(self, self->message_count++);
	if (self->message_count > 0 && prng_chance(&self->prng, 10))
		submit(self, (int)prng_below(&self->prng, (uint64_t)self->message_count));
	for (int i = self->job_count - 1; i >= 0; i--)
		if (prng_chance(&self->prng, 60))
			work(self, &self->jobs[i]);
	for (enum speaker speaker = PORTAL; speaker < SPEAKERS; speaker++)
		if (self->cursors[speaker] > 0 && prng_chance(&self->prng, 40))
			say_seen(self, speaker);
}

static void pass_time(struct life *self)
{
	int64_t us = (int64_t)prng_below(&self->prng, 2 * (uint64_t)US_PER_S);
	if (prng_chance(&self->prng, 15)) {
		us = (int64_t)prng_below(&self->prng, 6 * (uint64_t)US_PER_DAY);
		self->ready = false; /* silent for too long */
		self->job_count = 0;
	}
	self->now.mono.us += us;
	self->now.wall.us += us;
}

/* ---- recording ---- */

static void stop(struct life *self)
{
	shell_destroy(&self->shell);
	self->store->interface->destroy(&self->store);
}

static int64_t last_seq(struct life *self)
{
	int64_t seq;
	struct digest head;
	ENSURE(self->store->interface->chain_head(self->store, &seq, &head) == 0);
	return seq;
}

static uint32_t kinds_after(sqlite3 *db, int64_t seq)
{
	uint32_t kinds = 0;
	for (int kind = 1; kind < RECORD_KIND_END; kind++) {
		char sql[96];
		int64_t count = 0;
		snprintf(sql, sizeof(sql),
			"SELECT count(*) FROM journal WHERE seq > %" PRId64 " AND kind = %d", seq, kind);
		ENSURE(content_number(db, sql, &count));
		kinds |= count > 0 ? 1u << kind : 0;
	}
	return kinds;
}

/* The content is a state of its own if it is another than before. */
static void note_state(struct life *self, int64_t seq_before, bool has_checkpoint)
{
	struct run *run = self->run;
	struct digest content;
	sqlite3 *db = sqlite_of(self->store)->db;
	ENSURE(!sqlite_of(self->store)->in_batch);
	sqlite_settle(sqlite_of(self->store));
	run->disk.records = false;
	ENSURE(content_digest(db, &content));
	bool is_new =
		run->state_count == 0 || !digest_equal(&content, &run->states[run->state_count - 1].content);
	if (is_new) {
		ENSURE(run->state_count < RUN_STATES_MAX && life_is_verified(self->path, &self->place, true));
		run->states[run->state_count++] = (struct run_state){.content = content};
	}
	struct run_state *state = &run->states[run->state_count - 1];
	state->kinds |= kinds_after(db, seq_before) | (has_checkpoint ? RUN_CHECKPOINT : 0);
	state->op_end = run->disk.op_count;
	ENSURE(run->marks < RUN_STATES_MAX);
	run->state_of_mark[run->marks] = run->state_count - 1;
	run->disk.records = true;
	disk_mark(&run->disk, (size_t)run->marks++);
}

static void start(struct life *self)
{
	self->store = life_open(self->path);
	ENSURE(self->store);
	/* Before the first record of the shell, which waits for the first batch. */
	note_state(self, last_seq(self), true);
	struct shell_options shell = {.io = &self->io,
		.store = self->store,
		.profile = self->place.profile,
		.principals = self->place.principals,
		.workdays = self->place.workdays,
		.disk_reserve = 1,
		.version = "crash"};
	ENSURE(shell_new(&shell, &self->shell) == 0);
	self->ready = false;
	self->job_count = 0;
}

/* What was queued is heard in it. */
static void take_turn(struct life *self)
{
	ENSURE(shell_turn(self->shell) == 0);
	for (int i = 0; i < self->queued; i++)
		buffer_deinit(&self->queue[i].map);
	self->queued = self->received = 0;
}

/* A checkpoint of an idle loop, and one that a reader keeps from its end. */
static bool write_back(struct life *self)
{
	struct store *reader = NULL;
	struct fault fault = FAULT_NONE;
	uint64_t dice = prng_below(&self->prng, 100);
	if (dice >= 25)
		return false;
	if (dice < 8)
		ENSURE(store_sqlite_open_read_only(self->path, &fault, &reader) == 0);
	if (dice < 4) {
		submit(self, self->message_count++);
		take_turn(self);
	}
	ENSURE(sqlite_checkpoint(sqlite_of(self->store)) == 0);
	if (reader)
		reader->interface->destroy(&reader);
	return true;
}

static void turn_once(struct life *self)
{
	pass_time(self);
	speak(self);
	take_turn(self);
}

static void turn(struct life *self)
{
	int64_t before = last_seq(self);
	/* The second mark of a busy store, brought near. */
	sqlite_of(self->store)->checkpoint_at = prng_chance(&self->prng, 10) ? 1 : WAL_BUSY_BYTES;
	bool has_checkpoint = sqlite_of(self->store)->checkpoint_at == 1;
	turn_once(self);
	note_state(self, before, has_checkpoint);
	before = last_seq(self);
	if (write_back(self))
		note_state(self, before, true);
}

static void begin(struct life *self, struct run *run, uint64_t seed, const char *path)
{
	*self = (struct life){.io = {io_now, io_receive, io_send, io_log, io_disk_free, closed_box, no_file},
		.run = run,
		.path = path};
	prng_init(&self->prng, seed);
	place_init(&self->place);
	self->now = self->place.now;
	disk_seed(seed);
	disk_mount(&run->disk);
	run->disk.records = true;
	start(self);
	memcpy(run->disk.lies_about, run->lies, sizeof(run->lies));
}

void life_record(struct run *run, uint64_t seed, const char *path)
{
	struct life *self = memory_new(1, sizeof(*self));
	begin(self, run, seed, path);
	for (int i = 0; i < TURNS; i++) {
		if (prng_chance(&self->prng, 8)) {
			stop(self);
			start(self);
		}
		turn(self);
	}
	stop(self);
	run->states[run->state_count - 1].op_end = run->disk.op_count;
	run->states[run->state_count - 1].kinds |= RUN_CHECKPOINT;
	run->disk.records = false;
	run->place = memory_copy(&self->place, sizeof(self->place));
	free(self);
}

static void free_place(struct place **place)
{
	if (*place)
		place_deinit(*place);
	free(*place);
	*place = NULL;
}

void population_init(struct population *population, uint64_t seed, int turns, const char *path)
{
	struct life *self = memory_new(1, sizeof(*self));
	struct run *run = memory_new(1, sizeof(*run));
	run_init(run);
	*population = (struct population){.contents = memory_new((size_t)turns + 1, sizeof(struct digest))};
	disk_init(&population->killed);
	begin(self, run, seed, path);
	run->disk.records = false;
	population->contents[population->content_count++] = run->states[0].content;
	bool is_written_back = true; /* whole: the next batch begins the WAL anew */
	for (int i = 0; i < turns; i++) {
		int64_t frames = sqlite_of(self->store)->wal_frames;
		int64_t commits = store_sqlite_gauges(self->store).commits;
		turn_once(self);
		if (store_sqlite_gauges(self->store).commits > commits) {
			population->frames_before_last = is_written_back ? 0 : frames;
			is_written_back = false;
		}
		struct digest *content = &population->contents[population->content_count];
		ENSURE(content_digest(sqlite_of(self->store)->db, content));
		if (!digest_equal(content, content - 1))
			population->content_count++;
		if (prng_chance(&self->prng, 5)) {
			ENSURE(sqlite_checkpoint(sqlite_of(self->store)) == 0);
			is_written_back = true;
		}
	}
	disk_note_shm(&run->disk);
	disk_copy(&run->disk, &population->killed);
	stop(self);
	population->place = memory_copy(&self->place, sizeof(self->place));
	run_deinit(run);
	free(run);
	free(self);
}

void population_deinit(struct population *self)
{
	disk_deinit(&self->killed);
	free(self->contents);
	free_place(&self->place);
}

int run_state_of(const struct run *self, const struct digest *content)
{
	for (int i = 0; i < self->state_count; i++)
		if (digest_equal(content, &self->states[i].content))
			return i;
	return -1;
}

int life_recover(const struct run *self, const char *path, bool verify)
{
	struct store *store = life_open(path);
	if (!store)
		return -2;
	struct digest content;
	sqlite3 *db = sqlite_of(store)->db;
	int state = content_is_sound(db) && content_digest(db, &content) ? run_state_of(self, &content) : -2;
	store->interface->destroy(&store);
	return !verify || life_is_verified(path, self->place, true) ? state : -2;
}

void run_init(struct run *self)
{
	memset(self, 0, sizeof(*self));
	disk_init(&self->base);
	disk_init(&self->disk);
}

void run_deinit(struct run *self)
{
	disk_deinit(&self->base);
	disk_deinit(&self->disk);
	free_place(&self->place);
}
