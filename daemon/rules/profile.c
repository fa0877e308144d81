#include "daemon/rules/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "daemon/rules/profile_making.h"
#include "daemon/rules/profile_parse.h"
#include "daemon/rules/rule.h"

/*
 * From the words of a file to a policy that can be relied on. Every function below returns false with a fault
 * that names the key; the first one that does ends the making.
 */

static const char *const identities[PROFILE_IDENTITY_END] = {
	[PROFILE_OFFICE_ACCOUNT] = "office_account",
	[PROFILE_REAL_NAME] = "real_name",
	[PROFILE_REAL_NAME_DEPARTMENT] = "real_name_department",
};

const char *profile_identity_name(enum profile_identity identity)
{
	REQUIRE(identity < PROFILE_IDENTITY_END);
	return identities[identity];
}

static bool make_identity(const struct making *it)
{
	if (!it->source->identity)
		return true; /* an office account, the first one */
	for (enum profile_identity identity = 0; identity < PROFILE_IDENTITY_END; identity++) {
		if (strcmp(it->source->identity, identities[identity]) != 0)
			continue;
		it->profile->identity = identity;
		return true;
	}
	return fault_set(it->fault,
		"identity: '%.40s' is not one of office_account, real_name, real_name_department; official speech "
		"is always official, so no department speaks as a private or invented person",
		it->source->identity);
}

/* Where several departments speak, a display name that does not say which one misleads the citizen. */
static bool make_display(const struct making *it)
{
	struct profile *profile = it->profile;
	const char *given = it->source->display ? it->source->display : PROFILE_DISPLAY_PLACE;
	if (!parse_name("display", given, profile->display, sizeof(profile->display), it->fault))
		return false;
	const char *place = strstr(given, PROFILE_DISPLAY_PLACE);
	const char *rest = place ? place + strlen(PROFILE_DISPLAY_PLACE) : given;
	size_t before = place ? (size_t)(place - given) : 0;
	if (strpbrk(rest, "{}") || strcspn(given, "{}") < before)
		return fault_set(it->fault, "display: '%.60s' may have %s once and no other braces", given,
			PROFILE_DISPLAY_PLACE);
	if (!place && it->source->departments_count > 1)
		return fault_set(it->fault,
			"display: '%.60s' must say which department speaks: put %s into it", given,
			PROFILE_DISPLAY_PLACE);
	return true;
}

static bool make_heading(const struct making *it)
{
	const struct profile_source *source = it->source;
	struct profile *profile = it->profile;
	return parse_id("id", source->id, profile->id, sizeof(profile->id), it->fault) &&
	       parse_name("name", source->name, profile->name, sizeof(profile->name), it->fault) &&
	       make_display(it) && make_identity(it);
}

/* Citizens know a department by its name only. */
static bool has_department_named(const struct profile *profile, const char *name)
{
	for (uint32_t i = 0; i < profile->departments_count; i++)
		if (strcmp(profile->departments[i].name, name) == 0)
			return true;
	return false;
}

static bool make_departments(const struct making *it)
{
	const struct profile_source *source = it->source;
	struct profile *profile = it->profile;
	char key[64];
	if (source->departments_count == 0 || source->departments_count > DEPARTMENTS_MAX)
		return fault_set(it->fault, "departments: there must be 1 to %d, not %u", DEPARTMENTS_MAX,
			source->departments_count);
	profile->departments = memory_new(source->departments_count, sizeof(*profile->departments));
	for (uint32_t i = 0; i < source->departments_count; i++) {
		const struct profile_source_department *from = &source->departments[i];
		struct profile_department *to = &profile->departments[i];
		snprintf(key, sizeof(key), "departments[%u].id", i);
		if (!parse_id(key, from->id, to->id, sizeof(to->id), it->fault))
			return false;
		if (profile_find_department(profile, span_of_string(to->id)))
			return fault_set(it->fault, "%s: '%s' is there twice", key, to->id);
		snprintf(key, sizeof(key), "departments[%u].name", i);
		if (!parse_name(key, from->name, to->name, sizeof(to->name), it->fault))
			return false;
		if (has_department_named(profile, to->name))
			return fault_set(it->fault, "%s: '%.60s' is there twice", key, to->name);
		snprintf(key, sizeof(key), "departments[%u].placeholder", i);
		if (!parse_yes_no(key, from->placeholder, false, &to->placeholder, it->fault))
			return false;
		profile->departments_count++;
	}
	return true;
}

static bool make_class(const struct making *it, uint32_t i)
{
	const struct profile_source_class *from = &it->source->classes[i];
	struct profile *profile = it->profile;
	struct profile_class *to = &profile->classes[i];
	char key[64];
	snprintf(key, sizeof(key), "classes[%u].id", i);
	if (!parse_id(key, from->id, to->id, sizeof(to->id), it->fault))
		return false;
	if (profile_find_class(profile, span_of_string(to->id)))
		return fault_set(it->fault, "%s: '%s' is there twice", key, to->id);
	snprintf(key, sizeof(key), "classes[%u].name", i);
	if (!parse_name(key, from->name, to->name, sizeof(to->name), it->fault))
		return false;
	to->has_deadline = !from->within || strcmp(from->within, "none") != 0;
	if (to->has_deadline &&
		!(from->within && deadline_within_parse(span_of_string(from->within), &to->within)))
		return fault_set(it->fault,
			"classes[%u].within: '%.40s' is not like \"3 workday\", \"48 hour\", \"3 day\", \"3 day_roll\" (1 to %d) or none",
			i, from->within ? from->within : "", DEADLINE_COUNT_MAX);
	profile->classes_count++;
	return true;
}

static bool make_classes(const struct making *it)
{
	const struct profile_source *source = it->source;
	struct profile *profile = it->profile;
	if (source->classes_count == 0 || source->classes_count > CLASSES_MAX)
		return fault_set(it->fault, "classes: there must be 1 to %d, not %u", CLASSES_MAX,
			source->classes_count);
	profile->classes = memory_new(source->classes_count, sizeof(*profile->classes));
	for (uint32_t i = 0; i < source->classes_count; i++)
		if (!make_class(it, i))
			return false;
	if (!source->default_class)
		return true; /* the first one */
	const struct profile_class *found =
		profile_find_class(profile, span_of_string(source->default_class));
	if (!found)
		return fault_set(
			it->fault, "default_class: '%.40s' is not one of the classes", source->default_class);
	profile->default_class = (uint32_t)(found - profile->classes);
	return true;
}

static bool make_policy(const struct making *it)
{
	const struct profile_source *source = it->source;
	struct deadline_policy *policy = &it->profile->policy;
	bool after_hours_next;
	*policy = DEADLINE_POLICY_DEFAULT;
	if (source->utc_offset && !civil_parse_offset(span_of_string(source->utc_offset), &policy->offset))
		return fault_set(it->fault, "utc_offset: '%.20s' is not like \"+08:00\"", source->utc_offset);
	if (source->close_of_business && !parse_time("close_of_business", source->close_of_business,
						 &policy->close_of_business_s, it->fault))
		return false;
	bool close = false;
	if (!parse_choice("nonworkday_receipt", source->nonworkday_receipt, "as_received", "next_workday",
		    &policy->nonworkday_receipt_next, it->fault) ||
		!parse_choice("after_hours_receipt", source->after_hours_receipt, "same_day", "next_workday",
			&after_hours_next, it->fault) ||
		!parse_choice("due_moment", source->due_moment, "end_of_day", "close_of_business", &close,
			it->fault) ||
		!parse_yes_no("makeup_day_counts", source->makeup_day_counts, true,
			&policy->makeup_day_counts, it->fault))
		return false;
	policy->due = close ? DEADLINE_DUE_CLOSE_OF_BUSINESS : DEADLINE_DUE_END_OF_DAY;
	policy->after_hours_from_s = after_hours_next ? policy->close_of_business_s : DEADLINE_SAME_DAY;
	return true;
}

static bool make_exchange(const struct making *it)
{
	const struct profile_source *source = it->source;
	struct profile *profile = it->profile;
	int64_t returns, per_minute;
	if (!parse_yes_no("due_may_move_earlier", source->due_may_move_earlier, false,
		    &profile->due_may_move_earlier, it->fault) ||
		!parse_number("returns_per_case", source->returns_per_case, 1, 0, 100, &returns, it->fault) ||
		!parse_number("messages_per_minute", source->messages_per_minute, 6000000, 1, 6000000,
			&per_minute, it->fault) ||
		!parse_seconds("lease", source->lease, 30 * US_PER_S, &profile->lease_us, it->fault) ||
		!parse_seconds(
			"heartbeat", source->heartbeat, 5 * US_PER_S, &profile->heartbeat_us, it->fault))
		return false;
	profile->returns_per_case = (uint32_t)returns;
	profile->messages_per_minute = (uint32_t)per_minute;
	return true;
}

struct profile *profile_new(const struct profile_source *source, struct fault *fault)
{
	struct making it = {source, memory_new(1, sizeof(struct profile)), fault};
	bool made = make_heading(&it) && make_departments(&it) && make_classes(&it) &&
		    profile_rules_make(&it) && profile_ladder_make(&it) && make_policy(&it) &&
		    make_exchange(&it);
	if (!made)
		profile_destroy(&it.profile);
	else
		it.profile->digest = profile_source_digest(source);
	return it.profile;
}

void profile_destroy(struct profile **self)
{
	struct profile *profile = *self;
	if (!profile)
		return;
	profile_rules_free(profile);
	free(profile->classes);
	free(profile->departments);
	free(profile);
	*self = NULL;
}

const struct profile_department *profile_find_department(const struct profile *self, struct span id)
{
	for (uint32_t i = 0; i < self->departments_count; i++)
		if (span_equal_string(id, self->departments[i].id))
			return &self->departments[i];
	return NULL;
}

void profile_display_name(const struct profile *self, const struct profile_department *department,
	char ret_name[static PROFILE_DISPLAY_SIZE])
{
	const char *place = strstr(self->display, PROFILE_DISPLAY_PLACE);
	size_t before = place ? (size_t)(place - self->display) : strlen(self->display);
	snprintf(ret_name, PROFILE_DISPLAY_SIZE, "%.*s%s%s", (int)before, self->display,
		place ? department->name : "", place ? place + strlen(PROFILE_DISPLAY_PLACE) : "");
}

const struct profile_class *profile_find_class(const struct profile *self, struct span id)
{
	for (uint32_t i = 0; i < self->classes_count; i++)
		if (span_equal_string(id, self->classes[i].id))
			return &self->classes[i];
	return NULL;
}

struct instant profile_rung_moment(const struct profile *self, const struct profile_rung *rung,
	const struct workdays *workdays, struct instant due, struct civil_date due_date)
{
	switch (rung->anchor) {
	case RUNG_AT_DUE:
		return due;
	case RUNG_BEFORE:
		return deadline_moment_before(
			workdays, &self->policy, due_date, rung->workdays, rung->seconds_of_day);
	case RUNG_AFTER:
		return deadline_moment_after(
			workdays, &self->policy, due_date, rung->workdays, rung->seconds_of_day);
	}
	UNREACHABLE();
}
