#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "daemon/host/profile_yaml.h"
#include "daemon/rules/routing.h"

/*
 * Any text as a profile: it is refused with a reason and a place that lies in the text, or it makes a policy
 * whose ladder climbs, whose rules lead somewhere, and which is the same when read again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fault(const struct fault *fault, struct span text)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.size; i++)
		lines += text.data[i] == '\n' || text.data[i] == '\r';
	ENSURE(strncmp(fault->text, "p:", 2) == 0);
	/* "p: is empty" has no place. libyaml counts U+0085, U+2028 and U+2029 as line ends too. */
	ENSURE(strtoul(fault->text + 2, NULL, 10) <= lines + text.size / 2 + 1);
}

static void check_ladder(const struct profile *profile)
{
	ENSURE(profile->rungs_count >= 1 && profile->rungs_count <= RUNGS_MAX);
	IMPLIES(profile->has_reminder,
		profile->reminder.anchor == RUNG_BEFORE && profile->reminder.workdays >= 1);
	for (uint32_t i = 0; i < profile->rungs_count; i++) {
		const struct profile_rung *rung = &profile->rungs[i];
		ENSURE(rung->anchor == RUNG_AFTER || (rung->anchor == RUNG_AT_DUE && i == 0));
		IMPLIES(rung->anchor == RUNG_AFTER,
			rung->workdays >= 1 && rung->workdays <= DEADLINE_COUNT_MAX);
		ENSURE(rung->seconds_of_day >= 0 && rung->seconds_of_day <= SECONDS_PER_DAY);
		IMPLIES(i > 0, rung->workdays >= rung[i > 0 ? -1 : 0].workdays);
	}
}

static void check_routing(const struct profile *profile, struct span text)
{
	struct routing_request request = {.category = text, .region = text, .title = text, .body = text};
	struct routing routing;
	struct span rule, by;
	enum routing_outcome outcome = routing_decide(profile, &request, &routing);
	ENSURE(outcome == ROUTING_DECIDED || outcome == ROUTING_TRIAGE);
	ENSURE((outcome == ROUTING_DECIDED) == (routing.department != NULL));
	ENSURE(profile_find_class(profile, span_of_string(routing.class->id)) == routing.class);
	for (uint32_t i = 0; i < profile->rules_count; i++)
		IMPLIES(i == 0, !routing_is_shadowed(profile, i, &rule, &by));
}

static void check_departments(const struct profile *profile)
{
	char shown[PROFILE_DISPLAY_SIZE];
	for (uint32_t i = 0; i < profile->departments_count; i++) {
		const struct profile_department *department = &profile->departments[i];
		ENSURE(profile_find_department(profile, span_of_string(department->id)) == department);
		profile_display_name(profile, department, shown);
		ENSURE(profile->departments_count == 1 || strstr(shown, department->name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	digest_start();
	struct span text = span_of(data, size);
	struct fault fault = FAULT_NONE;
	struct profile *profile = profile_yaml_parse("p", text, &fault);
	if (!profile) {
		check_fault(&fault, text);
		return 0;
	}
	check_ladder(profile);
	check_routing(profile, text);
	check_departments(profile);
	struct profile *again = profile_yaml_parse("p", text, &fault);
	ENSURE(again && digest_equal(&again->digest, &profile->digest));
	profile_destroy(&again);
	profile_destroy(&profile);
	return 0;
}
