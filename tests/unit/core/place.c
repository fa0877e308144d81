#include "tests/unit/core/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/assert.h"

#define RECORDS_AT_ONCE_MAX 20000 /* more than any test makes due at one moment */

static const struct profile_source_department departments[] = {
	{"edu", "教育", NULL}, {"water", "水务", NULL}};
static const struct profile_source_class classes[] = {
	{"ordinary", "一般", "3 workday"}, {"major", "重大", "7 workday"}, {"open", "不限", "none"}};
static const char *water_words[] = {"水"};
static const struct profile_source_rule rules[] = {
	{.name = "water", .keyword = water_words, .keyword_count = 1, .department = "water"}};
static const struct profile_source_rung reminder = {"1 workday before", "09:00"};
static const struct profile_source_rung rungs[] = {
	{"due", NULL}, {"2 workday after", "09:00"}, {"5 workday after", "09:00"}};

static void make_principals(struct place *self)
{
	static const char *edu[] = {"edu"}, *water[] = {"water"}, *both[] = {"edu", "water"};
	struct principal_source sources[] = {{"portal-a", "portal", NULL, NULL, 0, NULL},
		{"worker-edu", "worker", NULL, edu, 1, NULL}, {"worker-wet", "worker", NULL, water, 1, NULL},
		{"worker-both", "worker", NULL, both, 2, NULL}, {"triage", "triage", NULL, NULL, 0, NULL}};
	uint8_t keys[5][PRINCIPAL_KEY_SIZE];
	struct fault fault;
	for (int i = 0; i < 5; i++) {
		memset(keys[i], i + 1, sizeof(keys[i]));
		sources[i].key = keys[i];
	}
	self->principals = principals_new(sources, 5, &fault);
	assert_non_null(self->principals);
}

struct workdays *place_workdays(int horizon_year, bool with_makeup)
{
	struct fault fault;
	struct civil_date from, until, day;
	struct workdays_builder *builder = workdays_builder_new("test");
	assert_true(civil_from_ymd(2026, 1, 1, &from) && civil_from_ymd(horizon_year, 12, 31, &until));
	assert_true(civil_from_ymd(2026, 10, 1, &day));
	for (int i = 0; i < 7; i++)
		assert_true(workdays_builder_add(
			builder, civil_plus(day, i), WORKDAYS_OFF, SPAN_LITERAL("国庆"), 1, &fault));
	if (with_makeup)
		assert_true(workdays_builder_add(
			builder, civil_plus(day, 9), WORKDAYS_ON, SPAN_LITERAL("国庆"), 2, &fault));
	assert_true(workdays_builder_cover(builder, from, until, 1, &fault));
	struct workdays *workdays = workdays_build(builder, &fault);
	workdays_builder_destroy(&builder);
	assert_non_null(workdays);
	return workdays;
}

struct profile_source place_source(void)
{
	return (struct profile_source){
		.id = "test",
		.name = "测试",
		.departments = departments,
		.departments_count = 2,
		.classes = classes,
		.classes_count = 3,
		.rules = rules,
		.rules_count = 1,
		.reminder = &reminder,
		.rungs = rungs,
		.rungs_count = 3,
		.lease = "30",
		.heartbeat = "5",
		.messages_per_minute = "600",
	};
}

static struct profile *make_profile(const struct profile_source *source)
{
	struct fault fault = FAULT_NONE;
	struct profile *profile = profile_new(source, &fault);
	if (!profile)
		fail_msg("%s", fault.text);
	return profile;
}

void place_reload(struct place *self, const struct profile_source *source, struct workdays *workdays)
{
	struct place before = *self;
	if (source)
		self->profile = make_profile(source);
	if (workdays)
		self->workdays = workdays;
	struct core_options options = {self->profile, self->principals, self->workdays, false};
	core_configure(self->core, &options);
	if (source)
		profile_destroy(&before.profile);
	if (workdays)
		workdays_destroy(&before.workdays);
}

void place_init(struct place *self)
{
	struct profile_source source = place_source();
	digest_start();
	*self = (struct place){.profile = make_profile(&source)};
	make_principals(self);
	self->workdays = place_workdays(2027, true);
	struct core_options options = {self->profile, self->principals, self->workdays, false};
	self->core = core_new(&options);
	self->now.mono = (struct mono){US_PER_DAY};
	place_at(self, 9, 14, 9, 0);
	core_loaded(self->core, self->now, &(struct clock_past){.last_record = {0}});
}

void place_deinit(struct place *self)
{
	core_destroy(&self->core);
	profile_destroy(&self->profile);
	principals_destroy(&self->principals);
	workdays_destroy(&self->workdays);
}

int place_setup(void **state)
{
	static struct place place;
	place_init(&place);
	*state = &place;
	return 0;
}

int place_teardown(void **state)
{
	place_deinit(*state);
	return 0;
}

static struct civil_date date_of(int month, int day)
{
	struct civil_date date;
	assert_true(civil_from_ymd(2026, month, day, &date));
	return date;
}

struct instant place_local(int month, int day, int hour)
{
	return civil_instant(date_of(month, day), hour * 3600, UTC_OFFSET_CHINA);
}

int64_t place_date(int month, int day)
{
	return date_of(month, day).days;
}

void place_at(struct place *self, int month, int day, int hour, int minute)
{
	struct instant wall = {place_local(month, day, hour).us + minute * 60 * US_PER_S};
	if (self->now.wall.us)
		self->now.mono.us += wall.us - self->now.wall.us;
	self->now.wall = wall;
}

void place_pass(struct place *self, int64_t us)
{
	self->now.mono.us += us;
	self->now.wall.us += us;
}

void place_do(struct place *self, const struct decision *decision)
{
	assert_int_equal(decision->verdict, VERDICT_DONE);
	for (uint32_t i = 0; i < decision->record_count; i++) {
		self->last = decision->records[i];
		core_apply(self->core, self->now, &decision->records[i]);
		self->records++;
	}
	core_check(self->core);
}

uint32_t place_run(struct place *self)
{
	struct decision decision;
	uint32_t before = self->records;
	for (;;) {
		core_decide_due(self->core, self->now, self->now.wall, &decision);
		if (decision.verdict == VERDICT_NOTHING)
			return self->records - before;
		if (self->records - before == RECORDS_AT_ONCE_MAX)
			fail_msg("it does not come to rest");
		place_do(self, &decision);
	}
}

int64_t place_submit(struct place *self, const char *message_id, const char *title, const char *department,
	const char *class)
{
	struct submission submission = {
		.portal = SPAN_LITERAL("portal-a"),
		.message_id = span_of_string(message_id),
		.request = {.title = span_of_string(title),
			.body = SPAN_LITERAL("内容"),
			.department = span_of_string(department),
			.class = span_of_string(class)},
	};
	struct submission_facts facts = {.last_case_of_day = self->last_case};
	int64_t first, last;
	struct decision decision;
	core_day(self->core, self->now.wall, &first, &last);
	if (self->last_case < first)
		facts.last_case_of_day = 0;
	core_decide_submit(self->core, self->now, &submission, &facts, &decision);
	place_do(self, &decision);
	self->last_case = decision.case_id;
	return decision.case_id;
}

void place_submit_many(struct place *self, int count)
{
	static char name[2];
	for (int i = 0; i < count; i++) {
		name[0] = (char)('a' + i);
		place_submit(self, name, "学校", "edu", NULL);
	}
}

bool place_has_worker(const struct place *self, uint64_t peer)
{
	struct worker_view worker;
	return core_worker_by_peer(self->core, peer, &worker);
}

void place_ready(struct place *self, const char *principal, uint64_t peer, int64_t incarnation,
	int64_t credit, bool process_custody)
{
	struct worker_ready ready = {.peer = peer,
		.principal = principals_find_name(self->principals, span_of_string(principal)),
		.incarnation = incarnation,
		.credit = credit,
		.process_custody = process_custody};
	uint32_t index;
	assert_int_equal(core_worker_ready(self->core, self->now, &ready, &index), VERDICT_DONE);
	core_check(self->core);
}

enum verdict place_act(struct place *self, enum worker_act act, uint64_t peer, int64_t case_id,
	uint32_t epoch, enum reply_kind reply_kind, const char *text)
{
	struct worker_request request = {.act = act,
		.peer = peer,
		.case_id = case_id,
		.epoch = epoch,
		.reply_kind = reply_kind,
		.has_reason = true,
		.digest = digest_of(span_of_string(text))};
	struct decision decision;
	core_decide_worker(self->core, self->now, &request, &decision);
	if (decision.verdict == VERDICT_DONE)
		place_do(self, &decision);
	return decision.verdict;
}

enum verdict place_assign(struct place *self, int64_t case_id, const char *department, bool final)
{
	struct assign_request request = {.actor = SPAN_LITERAL("triage"),
		.case_id = case_id,
		.department = span_of_string(department),
		.final = final,
		.digest = digest_of(SPAN_LITERAL("x"))};
	struct decision decision;
	core_decide_assign(self->core, self->now, &request, &decision);
	if (decision.verdict == VERDICT_DONE)
		place_do(self, &decision);
	return decision.verdict;
}

struct case_row place_row(const struct place *self, int64_t case_id)
{
	struct case_row row;
	assert_true(core_row(self->core, case_id, &row));
	return row;
}
