#include "base/cleanup.h"
#include "base/memory.h"
#include "calendar/calendar_file.h"
#include "daemon/host/config.h"
#include "daemon/host/principals_yaml.h"
#include "daemon/host/profile_yaml.h"

/* Profile, principals and calendar: what the configuration names and SIGHUP reads again. */

static struct workdays *load_calendar(const struct config *config, struct fault *fault)
{
	const char **paths CLEANUP(cleanup_free) = memory_new(config->overlays_count + 1, sizeof(char *));
	paths[0] = config->calendar;
	for (unsigned i = 0; i < config->overlays_count; i++)
		paths[i + 1] = config->overlays[i];
	return calendar_file_read(paths, config->overlays_count + 1, fault);
}

bool policy_load(const struct config *config, struct policy *ret_policy, struct fault *fault)
{
	struct policy policy = {.profile = profile_yaml_load(config->profile, fault)};
	if (policy.profile)
		policy.principals = principals_yaml_load(config->principals, policy.profile, fault);
	if (policy.principals)
		policy.workdays = load_calendar(config, fault);
	if (!policy.workdays) {
		policy_deinit(&policy);
		return false;
	}
	*ret_policy = policy;
	return true;
}

void policy_deinit(struct policy *self)
{
	profile_destroy(&self->profile);
	principals_destroy(&self->principals);
	workdays_destroy(&self->workdays);
}
