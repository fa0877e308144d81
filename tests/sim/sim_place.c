#include "tests/sim/sim_place.h"

#include <string.h>

#include "base/assert.h"
#include "tests/sim/sim.h"

static const struct profile_source_department departments[] = {
	{"edu", "教育", NULL}, {"water", "水务", NULL}, {"roads", "道路", NULL}};
static const struct profile_source_class classes[] = {
	{"ordinary", "一般", "3 workday"}, {"major", "重大", "7 workday"}};
static const char *water_words[] = {"水"}, *sick_words[] = {"poison"};
static const struct profile_source_rule rules[] = {
	{.name = "sick", .keyword = sick_words, .keyword_count = 1, .department = "edu", .class = "major"},
	{.name = "water", .keyword = water_words, .keyword_count = 1, .department = "water"}};

/* Two ladders, in the production's words and in the oracle's. */
static const struct profile_source_rung reminders[] = {
	{"1 workday before", "09:00"}, {"2 workday before", "14:30"}};
static const struct profile_source_rung ladders[][3] = {
	{{"due", NULL}, {"2 workday after", "09:00"}, {"5 workday after", "09:00"}},
	{{"due", NULL}, {"1 workday after", "08:00"}, {"3 workday after", "17:00"}}};
static const struct place_rung reminders_plain[] = {{-1, 9 * 3600}, {-2, 14 * 3600 + 1800}};
static const struct place_rung ladders_plain[][3] = {
	{{0, 0}, {2, 9 * 3600}, {5, 9 * 3600}}, {{0, 0}, {1, 8 * 3600}, {3, 17 * 3600}}};

/* Variant bits. */
#define VARIANT_LADDER	 1u
#define VARIANT_NO_ROADS 2u
#define VARIANT_DEFER	 4u /* receipt on a day off counts as of the next working day */
#define VARIANTS	 8u

static void make_profile(struct sim_place *self, uint32_t variant)
{
	uint32_t ladder = variant & VARIANT_LADDER;
	struct fault fault;
	struct profile_source source = {
		.id = "sim",
		.name = "模拟",
		.departments = departments,
		.departments_count = variant & VARIANT_NO_ROADS ? 2 : 3,
		.classes = classes,
		.classes_count = 2,
		.rules = rules,
		.rules_count = 2,
		.reminder = &reminders[ladder],
		.rungs = ladders[ladder],
		.rungs_count = 3,
		.nonworkday_receipt = variant & VARIANT_DEFER ? "next_workday" : "as_received",
		.returns_per_case = ladder ? "2" : "1",
		.lease = ladder ? "20" : "30",
		.heartbeat = "5",
	};
	self->profile = profile_new(&source, &fault);
	ENSURE(self->profile);
	self->profile_variant = variant;
	self->policy = (struct almanac_policy){(variant & VARIANT_DEFER) != 0, true};
	self->reminder = reminders_plain[ladder];
	memcpy(self->rungs, ladders_plain[ladder], sizeof(self->rungs));
	self->rungs_count = 3;
	self->returns_max = ladder ? 2 : 1;
	self->roads_exist = !(variant & VARIANT_NO_ROADS);
}

/* ---- principals ---- */

static const char *all[] = {"edu", "water", "roads"}, *edu[] = {"edu"}, *wet[] = {"water", "roads"};
static const struct principal_source people[] = {{"portal-a", "portal", NULL, NULL, 0, NULL},
	{"portal-b", "portal", NULL, NULL, 0, NULL}, {"worker-all", "worker", NULL, all, 3, NULL},
	{"worker-edu", "worker", NULL, edu, 1, NULL}, {"worker-wet", "worker", NULL, wet, 2, NULL},
	{"worker-one", "worker", NULL, wet, 2, NULL}, {"supervisor", "supervisor", NULL, NULL, 0, NULL},
	{"triage", "triage", NULL, NULL, 0, NULL}, {"operator", "operator", NULL, NULL, 0, NULL}};
#define PEOPLE (sizeof(people) / sizeof(people[0]))

static const uint8_t keys[PEOPLE][PRINCIPAL_KEY_SIZE] = {{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}};

const char *place_name(uint32_t at)
{
	return people[at].name;
}

const uint8_t *place_key(uint32_t at)
{
	return keys[at];
}

static uint32_t person(struct span name)
{
	uint32_t i = 0;
	while (i < PEOPLE && !span_equal_string(name, people[i].name))
		i++;
	return i;
}

static void make_principals(struct sim_place *self)
{
	struct principal_source sources[PEOPLE];
	struct fault fault;
	memcpy(sources, people, sizeof(people));
	for (uint32_t i = 0; i < PEOPLE; i++) {
		sources[i].key = keys[i];
		sources[i].state = self->revoked & 1u << i ? "revoked" : NULL;
		if (!self->wet_serves_roads && strcmp(sources[i].name, "worker-wet") == 0)
			sources[i].departments_count = 1;
	}
	self->principals = principals_new(sources, PEOPLE, &fault);
	ENSURE(self->principals);
}

bool place_is_revoked(const struct sim_place *self, struct span principal)
{
	return self->revoked & 1u << person(principal);
}

bool place_may_serve(const struct sim_place *self, struct span principal, struct span department)
{
	uint32_t at = person(principal);
	if (at == PEOPLE || place_is_revoked(self, principal))
		return false;
	bool short_of_roads = !self->wet_serves_roads && strcmp(people[at].name, "worker-wet") == 0;
	for (unsigned i = 0; i < people[at].departments_count; i++)
		if (span_equal_string(department, people[at].departments[i]))
			return !(short_of_roads && strcmp(people[at].departments[i], "roads") == 0);
	return false;
}

int32_t place_days_of_class(struct span class)
{
	return span_equal_string(class, "ordinary") ? 3 : span_equal_string(class, "major") ? 7 : 0;
}

/* ---- calendars ---- */

/* A holiday of some days somewhere after the start, and a weekend day worked for it. */
static void proclaim(struct sim_place *self, struct prng *prng)
{
	int32_t date = self->start_date + (int32_t)prng_below(prng, 90);
	int32_t days = 1 + (int32_t)prng_below(prng, 8);
	for (int32_t i = 0; i < days; i++)
		self->almanac.marks[date + i] = ALMANAC_OFF;
	for (int32_t worked = date - 10 + (int32_t)prng_below(prng, 20), i = 0; i < 7; i++, worked++)
		if (almanac_is_weekend(worked) && self->almanac.marks[worked] == ALMANAC_PLAIN) {
			self->almanac.marks[worked] = ALMANAC_ON;
			return;
		}
}

/* What a notice said is taken back: what it had moved comes nearer again. */
static void revoke_day(struct sim_place *self, struct prng *prng)
{
	int32_t date = self->start_date + (int32_t)prng_below(prng, 30);
	for (int32_t i = 0; i < 60; i++)
		if (self->almanac.marks[date + i] != ALMANAC_PLAIN) {
			self->almanac.marks[date + i] = ALMANAC_PLAIN;
			return;
		}
}

static void publish_next_year(struct sim_place *self)
{
	self->last_year++;
	self->almanac.published[self->last_year - ALMANAC_YEAR_FIRST] = true;
}

void place_init(struct sim_place *self, struct prng *prng)
{
	/* An autumn with its long holiday, a leap day, a year's end without the next year's notice, a spring.
	 */
	static const int32_t starts[][3] = {{2026, 9, 14}, {2028, 2, 18}, {2026, 12, 14}, {2027, 1, 25}};
	const int32_t *start = starts[prng_below(prng, 4)];
	memset(self, 0, sizeof(*self));
	almanac_init(&self->almanac);
	self->start_date = almanac_date(start[0], start[1], start[2]);
	self->last_year = start[0] - 1;
	publish_next_year(self);
	self->almanac.published[start[0] - 1 - ALMANAC_YEAR_FIRST] = true;
	for (int i = 0; i < 4; i++)
		proclaim(self, prng);
	self->wet_serves_roads = true;
	self->workdays = almanac_table(&self->almanac, ALMANAC_YEAR_LAST);
	make_profile(self, 0);
	make_principals(self);
}

void place_objects_free(struct place_objects *self)
{
	profile_destroy(&self->profile);
	principals_destroy(&self->principals);
	workdays_destroy(&self->workdays);
}

void place_deinit(struct sim_place *self)
{
	struct place_objects last = {self->profile, self->principals, self->workdays};
	place_objects_free(&last);
}

static void reload_calendar(struct sim_place *self, struct prng *prng)
{
	uint64_t dice = prng_below(prng, 5);
	if (dice == 0 && self->almanac.years[self->start_date] + ALMANAC_YEAR_FIRST == self->last_year)
		publish_next_year(self);
	else if (dice == 1)
		revoke_day(self, prng);
	else
		proclaim(self, prng);
	self->workdays = almanac_table(&self->almanac, ALMANAC_YEAR_LAST);
}

void place_reload(
	struct sim_place *self, enum sim_reload what, struct prng *prng, struct place_objects *ret_before)
{
	*ret_before = (struct place_objects){NULL, NULL, NULL};
	if (what == RELOAD_CALENDAR) {
		ret_before->workdays = self->workdays;
		reload_calendar(self, prng);
	}
	if (what == RELOAD_PROFILE || what == RELOAD_PEACE) {
		ret_before->profile = self->profile;
		make_profile(self, what == RELOAD_PEACE ? self->profile_variant & ~VARIANT_NO_ROADS
							: (uint32_t)prng_below(prng, VARIANTS));
	}
	if (what == RELOAD_PRINCIPALS || what == RELOAD_PEACE) {
		ret_before->principals = self->principals;
		bool peace = what == RELOAD_PEACE;
		self->revoked = peace ? 0 : 1u << prng_below(prng, PEOPLE);
		self->wet_serves_roads = peace || prng_below(prng, 2);
		make_principals(self);
	}
}
