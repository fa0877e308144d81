#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "calendar/calendar_file.h"
#include "tests/sim/lives.h"

static const struct profile_source_department departments[] = {
	{"edu", "教育", NULL}, {"water", "水务", NULL}};
static const struct profile_source_class classes[] = {{"w1", "一", "1 workday"}, {"w3", "三", "3 workday"},
	{"w7", "七", "7 workday"}, {"w15", "十五", "15 workday"}, {"d5", "五天", "5 day"},
	{"r3", "三天顺延", "3 day_roll"}, {"h48", "两天", "48 hour"}};

/* As the places of profiles/ count: the law, and the two ways in which a place may read it otherwise. */
static struct profile *make_profile(const char *receipt, const char *makeup)
{
	struct fault fault;
	struct profile_source source = {.id = "lives",
		.name = "一生",
		.departments = departments,
		.departments_count = 2,
		.classes = classes,
		.classes_count = sizeof(classes) / sizeof(classes[0]),
		.nonworkday_receipt = receipt,
		.makeup_day_counts = makeup};
	struct profile *profile = profile_new(&source, &fault);
	ENSURE(profile);
	return profile;
}

void lives_place_init(struct lives_place *self, const char *calendar_path)
{
	static const uint8_t keys[2][PRINCIPAL_KEY_SIZE] = {{1}, {2}};
	static const char *all[] = {"edu", "water"};
	const struct principal_source people[] = {
		{"portal", "portal", keys[0], NULL, 0, NULL}, {"worker", "worker", keys[1], all, 2, NULL}};
	struct fault fault;
	memset(self, 0, sizeof(*self));
	self->full = memory_new(1, sizeof(*self->full));
	almanac_init(self->full);
	almanac_read(self->full, calendar_path);
	for (int32_t i = 0; i <= LIVES_YEAR_LAST - LIVES_YEAR_FIRST; i++) {
		self->known[i] = memory_copy(self->full, sizeof(*self->full));
		almanac_forget_after(self->known[i], LIVES_YEAR_FIRST + i);
		self->tables[i] = almanac_table(self->full, LIVES_YEAR_FIRST + i);
	}
	self->read = calendar_file_read(&calendar_path, 1, &fault);
	ENSURE(self->read);
	self->profiles[0] = make_profile(NULL, NULL);
	self->profiles[1] = make_profile("next_workday", NULL);
	self->profiles[2] = make_profile(NULL, "no");
	self->policies[0] = (struct almanac_policy){false, true};
	self->policies[1] = (struct almanac_policy){true, true};
	self->policies[2] = (struct almanac_policy){false, false};
	self->principals = principals_new(people, 2, &fault);
	ENSURE(self->principals);
}

void lives_place_deinit(struct lives_place *self)
{
	for (int i = 0; i <= LIVES_YEAR_LAST - LIVES_YEAR_FIRST; i++) {
		free(self->known[i]);
		workdays_destroy(&self->tables[i]);
	}
	free(self->full);
	workdays_destroy(&self->read);
	for (int i = 0; i < 3; i++)
		profile_destroy(&self->profiles[i]);
	principals_destroy(&self->principals);
}
