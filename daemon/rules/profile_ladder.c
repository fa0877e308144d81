#include <stdio.h>
#include <string.h>

#include "daemon/rules/profile_making.h"
#include "daemon/rules/profile_parse.h"

/*
 * Reminder and rungs. A profile that says nothing gets the default ladder: what is owed a citizen does not
 * depend on whether somebody thought of writing it down, and no key can take the escalation away.
 */

#define MORNING_S (9 * 3600)

static const struct profile_rung default_reminder = {RUNG_BEFORE, 1, MORNING_S};
static const struct profile_rung default_rungs[] = {
	{RUNG_AT_DUE, 0, 0},
	{RUNG_AFTER, 2, MORNING_S},
	{RUNG_AFTER, 5, MORNING_S},
};

static bool make_reminder(const struct making *it)
{
	const struct profile_source_rung *source = it->source->reminder;
	struct profile *profile = it->profile;
	profile->reminder = default_reminder;
	profile->has_reminder = !source || !source->at || strcmp(source->at, "none") != 0;
	if (!source)
		return true;
	if (!profile->has_reminder && source->time)
		return fault_set(it->fault, "reminder.time: there is no reminder at all");
	if (profile->has_reminder && !parse_rung("reminder", source, &profile->reminder, it->fault))
		return false;
	if (profile->reminder.anchor != RUNG_BEFORE)
		return fault_set(it->fault,
			"reminder.at: '%.40s': a reminder comes before the due date, as \"1 workday before\"; or none",
			source->at);
	return true;
}

static bool comes_later(const struct profile_rung *earlier, const struct profile_rung *later)
{
	if (later->anchor == RUNG_AT_DUE)
		return false;
	if (earlier->anchor == RUNG_AT_DUE)
		return true;
	return later->workdays > earlier->workdays ||
	       (later->workdays == earlier->workdays && later->seconds_of_day > earlier->seconds_of_day);
}

static bool make_rungs(const struct making *it)
{
	struct profile *profile = it->profile;
	if (it->source->rungs_count > RUNGS_MAX)
		return fault_set(it->fault, "rungs: %u are more than %d", it->source->rungs_count, RUNGS_MAX);
	for (uint32_t i = 0; i < it->source->rungs_count; i++) {
		char key[32];
		snprintf(key, sizeof(key), "rungs[%u]", i);
		if (!parse_rung(key, &it->source->rungs[i], &profile->rungs[i], it->fault))
			return false;
		if (profile->rungs[i].anchor == RUNG_BEFORE)
			return fault_set(it->fault,
				"%s.at: an escalation never comes before the due moment; that is the reminder",
				key);
		if (i > 0 && !comes_later(&profile->rungs[i - 1], &profile->rungs[i]))
			return fault_set(it->fault, "%s.at: rung %u must come after rung %u", key, i + 1, i);
		profile->rungs_count++;
	}
	if (profile->rungs_count == 0) {
		profile->rungs_count = sizeof(default_rungs) / sizeof(default_rungs[0]);
		memcpy(profile->rungs, default_rungs, sizeof(default_rungs));
	}
	return true;
}

bool profile_ladder_make(const struct making *it)
{
	return make_reminder(it) && make_rungs(it);
}
