#include "daemon/rules/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "daemon/rules/profile_parse.h"
#include "daemon/rules/rule.h"

/*
 * From the words of a file to a policy that can be relied on. Every function below returns false with a fault
 * that names the key; the first one that does ends the making.
 */

struct making {
	const struct profile_source *source;
	struct profile *profile;
	struct fault *fault;
};

static bool make_identity(const struct making *it)
{
	static const char *const allowed[] = {"office_account", "real_name", "real_name_department"};
	const char *identity = it->source->identity ? it->source->identity : allowed[0];
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strcmp(identity, allowed[i]) == 0)
			return true;
	return fault_set(it->fault,
		"identity: '%.40s' is not one of office_account, real_name, real_name_department; a department never "
		"speaks as a private person",
		identity);
}

static bool make_heading(const struct making *it)
{
	const struct profile_source *source = it->source;
	struct profile *profile = it->profile;
	return parse_id("id", source->id, profile->id, sizeof(profile->id), it->fault) &&
	       parse_name("name", source->name, profile->name, sizeof(profile->name), it->fault) &&
	       parse_name("display", source->display ? source->display : "{department}", profile->display,
		       sizeof(profile->display), it->fault) &&
	       make_identity(it);
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

static bool make_words(const struct making *it, const char *key, uint32_t rule, const char **from,
	unsigned count, size_t size_max, struct rule_words *ret_words)
{
	if (count > KEYWORDS_PER_RULE_MAX)
		return fault_set(
			it->fault, "rules[%u].%s: more than %d words", rule, key, KEYWORDS_PER_RULE_MAX);
	ret_words->words = memory_new(count, sizeof(char *));
	for (uint32_t i = 0; i < count; i++) {
		if (!from[i] || !*from[i] || strlen(from[i]) > size_max)
			return fault_set(it->fault, "rules[%u].%s[%u]: must have 1 to %zu bytes", rule, key,
				i, size_max);
		ret_words->words[i] = memory_copy_string(from[i]);
		ret_words->count++;
	}
	return true;
}

static bool make_rule(const struct making *it, uint32_t i)
{
	const struct profile_source_rule *from = &it->source->rules[i];
	struct profile *profile = it->profile;
	struct profile_rule *to = &profile->rules[i];
	char key[64];
	profile->rules_count++;
	snprintf(key, sizeof(key), "rules[%u].name", i);
	if (!parse_name(key, from->name, to->name, sizeof(to->name), it->fault))
		return false;
	if (!make_words(it, "category", i, from->category, from->category_count, CATEGORY_SIZE_MAX,
		    &to->category) ||
		!make_words(
			it, "keyword", i, from->keyword, from->keyword_count, TITLE_SIZE_MAX, &to->keyword) ||
		!make_words(it, "region", i, from->region, from->region_count, REGION_SIZE_MAX, &to->region))
		return false;
	struct span id = span_of_string(from->department);
	const struct profile_department *department = profile_find_department(profile, id);
	if (!department)
		return fault_set(it->fault, "rules[%u].department: '%.*s' is not one of the departments", i,
			SPAN_PRINT(id));
	to->department = (uint32_t)(department - profile->departments);
	to->has_class = from->class != NULL;
	const struct profile_class *class = profile_find_class(profile, span_of_string(from->class));
	if (to->has_class && !class)
		return fault_set(
			it->fault, "rules[%u].class: '%.40s' is not one of the classes", i, from->class);
	to->class = class ? (uint32_t)(class - profile->classes) : 0;
	return true;
}

static bool make_rules(const struct making *it)
{
	if (it->source->rules_count > RULES_MAX)
		return fault_set(it->fault, "rules: more than %d", RULES_MAX);
	it->profile->rules = memory_new(it->source->rules_count, sizeof(*it->profile->rules));
	for (uint32_t i = 0; i < it->source->rules_count; i++)
		if (!make_rule(it, i))
			return false;
	return true;
}

static bool make_ladder(const struct making *it)
{
	const struct profile_source *source = it->source;
	struct profile *profile = it->profile;
	char key[32];
	profile->has_reminder = source->reminder != NULL;
	if (source->reminder && !parse_rung("reminder", source->reminder, &profile->reminder, it->fault))
		return false;
	if (source->reminder && profile->reminder.anchor != RUNG_BEFORE)
		return fault_set(
			it->fault, "reminder.at: a reminder comes before the due date: \"1 workday before\"");
	if (source->rungs_count > RUNGS_MAX)
		return fault_set(it->fault, "rungs: more than %d", RUNGS_MAX);
	for (uint32_t i = 0; i < source->rungs_count; i++) {
		snprintf(key, sizeof(key), "rungs[%u]", i);
		if (!parse_rung(key, &source->rungs[i], &profile->rungs[i], it->fault))
			return false;
		if (profile->rungs[i].anchor == RUNG_BEFORE)
			return fault_set(
				it->fault, "%s.at: an escalation is never before the due moment", key);
		profile->rungs_count++;
	}
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
	bool made = make_heading(&it) && make_departments(&it) && make_classes(&it) && make_rules(&it) &&
		    make_ladder(&it) && make_policy(&it) && make_exchange(&it);
	if (!made)
		profile_destroy(&it.profile);
	else
		it.profile->digest = profile_source_digest(source);
	return it.profile;
}

static void free_words(struct rule_words *words)
{
	for (uint32_t i = 0; i < words->count; i++)
		free(words->words[i]);
	free(words->words);
}

void profile_destroy(struct profile **self)
{
	struct profile *profile = *self;
	if (!profile)
		return;
	for (uint32_t i = 0; i < profile->rules_count; i++) {
		free_words(&profile->rules[i].category);
		free_words(&profile->rules[i].keyword);
		free_words(&profile->rules[i].region);
	}
	free(profile->rules);
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
