#include "tests/sim/lives.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

struct life {
	int64_t case_id, received, due;
	int32_t due_date;
	int64_t version;
	bool provisional, answered, timed;
	unsigned class, fired;
	int64_t moments[LIVES_MOMENTS];
	struct case_row row; /* what the store would hold; its texts are literals */
	char message_id[16];
};

struct world {
	const struct lives_place *place;
	struct lives_counts *counts;
	struct prng prng;
	uint64_t seed, step;
	struct core *core;
	struct moment now; /* the truth */
	int64_t wall_error;
	const struct almanac *almanac;
	const struct workdays *workdays;
	uint32_t year, profile;
	struct judge_clock clock;
	int64_t last_at; /* of the last record */
	struct life lives[LIVES_PER_WORLD];
	uint32_t count;
	int64_t incarnation;
};

static const struct {
	const char *id, *within;
	enum almanac_unit unit;
	int32_t count;
} classes[] = {{"w1", "1 workday", ALMANAC_WORKDAY, 1}, {"w3", "3 workday", ALMANAC_WORKDAY, 3},
	{"w7", "7 workday", ALMANAC_WORKDAY, 7}, {"w15", "15 workday", ALMANAC_WORKDAY, 15},
	{"d5", "5 day", ALMANAC_DAY, 5}, {"r3", "3 day_roll", ALMANAC_DAY_ROLL, 3},
	{"h48", "48 hour", ALMANAC_HOUR, 48}};

static const char *const department_names[] = {"edu", "water"};

static void fail(const struct world *self, const char *what)
{
	fprintf(stderr, "world %" PRIu64 ", step %" PRIu64 ": does not hold: %s\n", self->seed, self->step,
		what);
	fprintf(stderr, "replay: test-lives --world %" PRIu64 "\n", self->seed);
	abort();
}

#define CHECK(condition) ((condition) ? (void)0 : fail(self, #condition))

static struct moment reading(const struct world *self)
{
	return (struct moment){self->now.mono, {self->now.wall.us + self->wall_error}};
}

/* ---- the judge ---- */

static struct almanac_due due_now(const struct world *self, const struct life *life)
{
	return almanac_due(self->almanac, &self->place->policies[self->profile], life->received,
		classes[life->class].unit, classes[life->class].count);
}

/* The ladder of a profile that says nothing of it. */
static const int64_t *moments_of(const struct world *self, struct life *life)
{
	static const int32_t after[] = {-1, 0, 2, 5};
	if (life->timed)
		return life->moments;
	/* Worked out anew after whatever may have changed them: by then the due moment is the calendar's of
	 * now. */
	struct almanac_due due = due_now(self, life);
	CHECK(life->answered || (due.us <= life->due && due.provisional == life->provisional));
	life->timed = true;
	for (int i = 0; i < LIVES_MOMENTS; i++)
		life->moments[i] =
			after[i] == 0 ? life->due
				      : almanac_moment(self->almanac, &self->place->policies[self->profile],
						life->due_date, after[i], 9 * 3600);
	if (life->moments[0] <= life->received)
		life->moments[0] = INT64_MAX;
	return life->moments;
}

static struct life *life_of(struct world *self, int64_t case_id)
{
	for (uint32_t i = 0; i < self->count; i++)
		if (self->lives[i].case_id == case_id)
			return &self->lives[i];
	return NULL;
}

static void judge_due(
	const struct world *self, struct life *life, const struct record *record, struct almanac_due due)
{
	CHECK(record->due == due.us && record->due_date == due.date);
	CHECK(((record->flags & RECORD_PROVISIONAL) != 0) == due.provisional);
	CHECK(record->due_version == life->version + (due.us != life->due));
	life->fired = due.us != life->due ? 0 : life->fired;
	life->due = due.us;
	life->due_date = due.date;
	life->provisional = due.provisional;
	life->version = record->due_version;
	life->timed = false;
}

static void judge_moved(const struct world *self, struct life *life, const struct record *record)
{
	struct almanac_due due = due_now(self, life);
	if (due.us < life->due) {
		due.us = life->due;
		due.date = life->due_date;
	}
	CHECK(due.us != life->due || due.provisional != life->provisional);
	self->counts->moved += due.us != life->due;
	judge_due(self, life, record, due);
}

static void judge_rung(struct world *self, struct life *life, const struct record *record)
{
	int64_t rung = record->kind == RECORD_REMINDED ? 0 : record->number;
	CHECK(!life->answered && rung >= 0 && rung < LIVES_MOMENTS);
	CHECK(record->due_version == life->version && record->due == life->due);
	CHECK(!(life->fired & 1u << rung));
	int64_t moment = moments_of(self, life)[rung];
	CHECK(record->at.us >= moment && !self->clock.held);
	CHECK(self->now.wall.us + self->clock.accepted_error + JUDGE_JUMP_US_MAX >= moment);
	life->fired |= 1u << rung;
	self->counts->rungs++;
	self->counts->whole += (life->fired & 1u << 3) && !(life->fired & 1u << 4);
}

static void judge_clock_record(struct world *self, const struct record *record)
{
	bool held = span_equal_string(record->subject, "held");
	CHECK(self->clock.held != held);
	CHECK(record->actor.size > 0 || held == !judge_clock_is_plausible(&self->clock, reading(self)));
	self->counts->holds += held;
	if (held)
		judge_clock_hold(&self->clock, record->at.us, self->last_at);
	else
		judge_clock_trust(&self->clock, reading(self), self->wall_error);
}

static void judge(struct world *self, const struct record *record)
{
	struct life *life = record->case_id ? life_of(self, record->case_id) : NULL;
	CHECK(record->at.us == reading(self).wall.us);
	if (record->kind == RECORD_CLOCK)
		judge_clock_record(self, record);
	if (record->kind == RECORD_REMINDED || record->kind == RECORD_ESCALATED)
		judge_rung(self, life, record);
	if (record->kind == RECORD_DUE)
		judge_moved(self, life, record);
	if (record->kind == RECORD_REPLIED) {
		life->answered = true;
		self->counts->answered++;
	}
	self->last_at = record->at.us;
}

static void judge_nothing_is_late(struct world *self)
{
	int64_t wall = reading(self).wall.us;
	CHECK(self->clock.held == !judge_clock_is_plausible(&self->clock, reading(self)));
	CHECK(self->clock.held == core_clock_held(self->core));
	for (uint32_t i = 0; !self->clock.held && i < self->count; i++) {
		struct life *life = &self->lives[i];
		const int64_t *moments = moments_of(self, life);
		for (int rung = 0; rung < LIVES_MOMENTS; rung++)
			CHECK(life->answered || life->fired & 1u << rung || moments[rung] > wall);
	}
}

/* ---- the core ---- */

/* What the store would keep of it; the core's texts do not outlive the core. */
static void keep_rows(struct world *self)
{
	struct case_row row;
	while (core_next_changed(self->core, &row)) {
		struct life *life = life_of(self, row.case_id);
		row.portal = SPAN_LITERAL("portal");
		row.class = span_of_string(classes[life->class].id);
		row.within = span_of_string(classes[life->class].within);
		row.department = span_of_string(department_names[life->class % 2]);
		row.holder_name = SPAN_EMPTY;
		life->row = row;
		if (row.state == CASE_ANSWERED)
			core_forget_answered(self->core, &row.case_id, 1);
	}
}

static void carry_out(struct world *self, const struct decision *decision)
{
	CHECK(decision->verdict == VERDICT_DONE);
	for (uint32_t i = 0; i < decision->record_count; i++) {
		judge(self, &decision->records[i]);
		core_apply(self->core, reading(self), &decision->records[i]);
	}
	keep_rows(self);
}

/* One turn: the clock's guard, then all that is due. */
static void turn(struct world *self)
{
	struct decision decision;
	struct moment now = reading(self);
	core_decide_clock(self->core, now, &decision);
	if (decision.verdict == VERDICT_DONE)
		carry_out(self, &decision);
	for (;;) {
		core_decide_due(self->core, now, now.wall, &decision);
		if (decision.verdict != VERDICT_DONE)
			break;
		carry_out(self, &decision);
	}
	judge_nothing_is_late(self);
}

static struct core_options options_of(const struct world *self)
{
	return (struct core_options){self->place->profiles[self->profile], self->place->principals,
		self->workdays, .laboratory = false};
}

static void start(struct world *self)
{
	struct core_options options = options_of(self);
	core_destroy(&self->core);
	self->core = core_new(&options);
	for (uint32_t i = 0; i < self->count; i++)
		if (!self->lives[i].answered)
			core_load(self->core, &self->lives[i].row);
	struct clock_past past = {.last_record = {self->last_at}};
	if (self->clock.held) {
		past.held.us = self->clock.held_at;
		past.trusted.us = self->clock.trusted;
	}
	judge_clock_restart(&self->clock, reading(self), self->wall_error, self->last_at);
	core_loaded(self->core, reading(self), &past);
	struct decision decision = {.verdict = VERDICT_DONE, .record_count = 1};
	decision.records[0] = (struct record){.kind = RECORD_STARTED, .at = reading(self).wall};
	carry_out(self, &decision);
	self->counts->restarts++;
}

/* ---- what happens ---- */

static void over_special_days(const struct world *self, const struct life *life)
{
	self->counts->on_makeup_days += self->place->full->marks[life->due_date] == ALMANAC_ON;
	struct civil_ymd due = civil_to_ymd((struct civil_date){life->due_date});
	struct civil_date leap;
	bool is_leap = civil_from_ymd(due.year, 2, 29, &leap);
	self->counts->over_leap_days +=
		is_leap && life->received / US_PER_DAY < leap.days && life->due_date >= leap.days;
}

static int64_t last_case_of_day(struct world *self)
{
	int64_t first, last, highest = 0;
	core_day(self->core, reading(self).wall, &first, &last);
	for (uint32_t i = 0; i < self->count; i++) {
		int64_t id = self->lives[i].case_id;
		highest = id >= first && id <= last && id > highest ? id : highest;
	}
	return highest;
}

static void submit(struct world *self)
{
	if (self->count == LIVES_PER_WORLD)
		return;
	struct life *life = &self->lives[self->count];
	*life = (struct life){
		.class = (unsigned)prng_below(&self->prng, sizeof(classes) / sizeof(classes[0]))};
	snprintf(life->message_id, sizeof(life->message_id), "m%u", self->count);
	struct submission submission = {.portal = SPAN_LITERAL("portal"),
		.message_id = span_of_string(life->message_id),
		.request = {.department = span_of_string(department_names[life->class % 2]),
			.class = span_of_string(classes[life->class].id),
			.title = SPAN_LITERAL("问"),
			.body = SPAN_LITERAL("?")}};
	struct submission_facts facts = {.last_case_of_day = last_case_of_day(self)};
	struct decision decision;
	core_decide_submit(self->core, reading(self), &submission, &facts, &decision);
	CHECK(decision.verdict == VERDICT_DONE && !life_of(self, decision.case_id));
	life->case_id = decision.case_id;
	life->received = reading(self).wall.us;
	judge_due(self, life, &decision.records[0], due_now(self, life));
	CHECK(life->version == 1);
	self->count++;
	self->counts->lives++;
	over_special_days(self, life);
	carry_out(self, &decision);
}

/* A worker comes, takes and answers the department's first case, and goes. */
static void answer(struct world *self)
{
	uint32_t index;
	struct worker_ready ready = {.peer = 1,
		.principal = principals_find_name(self->place->principals, SPAN_LITERAL("worker")),
		.incarnation = ++self->incarnation,
		.credit = 1};
	struct span only = span_of_string(department_names[prng_below(&self->prng, 2)]);
	ready.departments = &only;
	ready.departments_count = 1;
	CHECK(core_worker_ready(self->core, reading(self), &ready, &index) == VERDICT_DONE);
	turn(self);
	struct worker_request request = {.act = ACT_TAKE, .peer = 1, .reply_kind = REPLY_FINAL};
	for (uint32_t i = 0; i < self->count; i++)
		if (!self->lives[i].answered && self->lives[i].row.state == CASE_OFFERED) {
			request.case_id = self->lives[i].case_id;
			request.epoch = (uint32_t)self->lives[i].row.epoch;
		}
	struct decision decision;
	for (int act = ACT_TAKE; request.case_id && act <= ACT_REPLY; act++) {
		request.act = (enum worker_act)act;
		core_decide_worker(self->core, reading(self), &request, &decision);
		carry_out(self, &decision);
	}
	core_worker_end(self->core, 1, false);
	turn(self);
}

static int64_t next_moment(struct world *self)
{
	int64_t next = INT64_MAX;
	for (uint32_t i = 0; i < self->count; i++) {
		struct life *life = &self->lives[i];
		const int64_t *moments = moments_of(self, life);
		for (int rung = 0; rung < LIVES_MOMENTS; rung++)
			if (!life->answered && !(life->fired & 1u << rung) && moments[rung] < next)
				next = moments[rung];
	}
	return next;
}

static void pass(struct world *self, int64_t us)
{
	self->now.mono.us += us;
	self->now.wall.us += us;
}

/* To a microsecond before what is due next, where nothing may happen, and then to it, where it must. */
static void pass_to_next(struct world *self)
{
	int64_t wait = next_moment(self) - reading(self).wall.us;
	if (wait <= 1 || wait > 60 * US_PER_DAY)
		return pass(self, (int64_t)prng_below(&self->prng, US_PER_DAY));
	pass(self, wait - 1);
	turn(self);
	pass(self, 1);
}

static void jump(struct world *self)
{
	static const int64_t far_us[] = {
		61 * US_PER_S, 3 * US_PER_HOUR, 4 * US_PER_DAY, 45 * US_PER_DAY, 3653 * US_PER_DAY};
	int64_t far = far_us[prng_below(&self->prng, 5)];
	bool back = self->wall_error != 0 && prng_below(&self->prng, 4);
	self->wall_error = back ? 0 : (int64_t)prng_below(&self->prng, 2 * (uint64_t)far) - far;
	self->counts->jumps++;
}

static void accept(struct world *self)
{
	struct decision decision;
	core_decide_clock_accept(self->core, SPAN_LITERAL("operator"), reading(self), &decision);
	CHECK((decision.verdict == VERDICT_DONE) == self->clock.held);
	if (decision.verdict == VERDICT_DONE)
		carry_out(self, &decision);
}

/* A notice arrives (the last as the daemon reads the file), or the place counts otherwise. */
static void reload(struct world *self)
{
	uint32_t last = LIVES_YEAR_LAST - LIVES_YEAR_FIRST;
	if (prng_below(&self->prng, 4) == 0)
		self->profile = (uint32_t)prng_below(&self->prng, 3);
	else if (self->year < last)
		self->year++;
	self->almanac = self->year == last ? self->place->full : self->place->known[self->year];
	self->workdays = self->year == last ? self->place->read : self->place->tables[self->year];
	for (uint32_t i = 0; i < self->count; i++)
		self->lives[i].timed = false;
	if (!self->core)
		return;
	struct core_options options = options_of(self);
	core_configure(self->core, &options);
}

static void happen(struct world *self)
{
	uint64_t dice = prng_below(&self->prng, 1000);
	if (dice < 300)
		submit(self);
	else if (dice < 650)
		pass_to_next(self);
	else if (dice < 850)
		pass(self, (int64_t)prng_below(&self->prng, 2 * US_PER_DAY));
	else if (dice < 900)
		answer(self);
	else if (dice < 930)
		jump(self);
	else if (dice < 960 && (self->wall_error == 0 || dice < 932))
		accept(self);
	else if (dice >= 960 && dice < 980)
		start(self);
	else if (dice >= 980 && dice < 985) {
		pass(self, 30 * US_PER_DAY);
		start(self);
	} else if (dice >= 985)
		reload(self);
}

/* Anywhere in the years of the calendar; often where days are special. */
static int32_t draw_start(struct world *self)
{
	int32_t first = almanac_date(LIVES_YEAR_FIRST, 1, 2), last = almanac_date(LIVES_YEAR_LAST, 12, 1);
	int32_t date = first + (int32_t)prng_below(&self->prng, (uint64_t)(last - first));
	if (prng_below(&self->prng, 3) == 0)
		return almanac_date(2008 + 4 * (int32_t)prng_below(&self->prng, 5), 2, 15);
	bool to_notice = prng_below(&self->prng, 2);
	while (to_notice && date > first + 8 && self->place->full->marks[date] == ALMANAC_PLAIN)
		date--;
	return to_notice && date - 8 > first ? date - 8 : date;
}

void lives_world(const struct lives_place *place, uint64_t seed, struct lives_counts *counts)
{
	struct world *self = memory_new(1, sizeof(*self));
	self->place = place;
	self->counts = counts;
	self->seed = seed;
	prng_init(&self->prng, seed);
	int32_t date = draw_start(self);
	self->now.mono.us = US_PER_DAY;
	self->now.wall.us = date * US_PER_DAY + (int64_t)prng_below(&self->prng, US_PER_DAY);
	self->year = (uint32_t)(civil_to_ymd((struct civil_date){date}).year - LIVES_YEAR_FIRST);
	self->profile = (uint32_t)prng_below(&self->prng, 3);
	self->almanac = place->known[self->year];
	self->workdays = place->tables[self->year];
	start(self);
	for (; self->count < LIVES_PER_WORLD; self->step++) {
		happen(self);
		turn(self);
	}
	/* The clock is right again, and time runs on until all ladders that began by it have ended. */
	self->wall_error = 0;
	turn(self);
	accept(self);
	for (int64_t until = self->now.wall.us + 60 * US_PER_DAY; self->now.wall.us < until; self->step++) {
		pass_to_next(self);
		turn(self);
	}
	core_check(self->core);
	core_destroy(&self->core);
	free(self);
}
