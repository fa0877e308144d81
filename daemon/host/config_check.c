#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "daemon/host/config.h"
#include "daemon/rules/routing.h"

/* `wenzhengd --check-config`: everything is read as the daemon would, and said in a few lines. */

#define HORIZON_WARNING_DAYS 30

static void print_department(
	const struct policy *policy, const struct profile_department *department, FILE *out)
{
	uint32_t workers = 0;
	const struct principal *principal;
	for (uint32_t i = 0; (principal = principals_at(policy->principals, i)); i++)
		workers += !principal->revoked && principal_serves(principal, span_of_string(department->id));
	fprintf(out, "  %-20s %s%s\n", department->id, department->name,
		department->placeholder ? " (placeholder)" : "");
	if (workers == 0)
		fprintf(out, "  warning: no worker in force serves '%s': its cases would wait\n",
			department->id);
}

static void print_classes(const struct profile *profile, FILE *out)
{
	for (uint32_t i = 0; i < profile->classes_count; i++) {
		const struct profile_class *class = &profile->classes[i];
		char within[DEADLINE_WITHIN_SIZE] = "no deadline";
		if (class->has_deadline)
			deadline_within_print(class->within, within);
		fprintf(out, "class       %s (%s): %s%s\n", class->id, class->name, within,
			i == profile->default_class ? ", the default" : "");
	}
}

static void print_rung(const char *name, const struct profile_rung *rung, FILE *out)
{
	if (rung->anchor == RUNG_AT_DUE)
		fprintf(out, "%-11s at the due moment\n", name);
	else
		fprintf(out, "%-11s %d workday %s the due date, %02d:%02d\n", name, rung->workdays,
			rung->anchor == RUNG_BEFORE ? "before" : "after", rung->seconds_of_day / 3600,
			rung->seconds_of_day / 60 % 60);
}

static void print_ladder(const struct profile *profile, FILE *out)
{
	if (profile->has_reminder)
		print_rung("reminder", &profile->reminder, out);
	for (uint32_t i = 0; i < profile->rungs_count; i++) {
		char name[16];
		snprintf(name, sizeof(name), "rung %u", i + 1);
		print_rung(name, &profile->rungs[i], out);
	}
}

static void print_rules(const struct profile *profile, FILE *out)
{
	struct span rule, by;
	fprintf(out, "rules       %u\n", profile->rules_count);
	for (uint32_t i = 0; i < profile->rules_count; i++)
		if (routing_is_shadowed(profile, i, &rule, &by))
			fprintf(out, "  warning: rule '%.*s' never decides: '%.*s' holds before it\n",
				SPAN_PRINT(rule), SPAN_PRINT(by));
}

static void print_calendar(const struct config *config, const struct policy *policy, FILE *out)
{
	char horizon[CIVIL_DATE_SIZE];
	struct civil_date last = workdays_horizon(policy->workdays);
	struct instant now = {(int64_t)time(NULL) * US_PER_S};
	struct civil_date today = civil_date_of(now, policy->profile->policy.offset);
	civil_print_date(last, horizon);
	fprintf(out, "calendar    %s, published until %s\n", config->calendar, horizon);
	for (unsigned i = 0; i < config->overlays_count; i++)
		fprintf(out, "  overlay   %s\n", config->overlays[i]);
	if (last.days - today.days < HORIZON_WARNING_DAYS)
		fprintf(out,
			"  warning: less than %d days of it are left; deadlines beyond are provisional: load the next notice\n",
			HORIZON_WARNING_DAYS);
}

static void print_metrics(const struct config *config, FILE *out)
{
	if (config->metrics_socket)
		fprintf(out, "metrics     %s\n", config->metrics_socket);
	if (config->metrics_port)
		fprintf(out, "metrics     http://127.0.0.1:%" PRId64 "/metrics\n", config->metrics_port);
	fprintf(out, "backups     %s\n", config->backup);
}

static void print_policy(const struct config *config, const struct policy *policy, FILE *out)
{
	uint32_t count = 0;
	while (principals_at(policy->principals, count))
		count++;
	fprintf(out, "store       %s\n", config->store);
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		fprintf(out, "%-11s %s\n", zone_name(zone), config->endpoints[zone]);
	print_metrics(config, out);
	fprintf(out, "principals  %u\n", count);
	fprintf(out, "profile     %s, %s\n", policy->profile->id, policy->profile->name);
	fprintf(out, "identity    %s\n", profile_identity_name(policy->profile->identity));
	print_classes(policy->profile, out);
	print_ladder(policy->profile, out);
	print_rules(policy->profile, out);
	fprintf(out, "departments %u\n", policy->profile->departments_count);
	for (uint32_t i = 0; i < policy->profile->departments_count; i++)
		print_department(policy, &policy->profile->departments[i], out);
	print_calendar(config, policy, out);
}

bool config_check(const char *path, FILE *out)
{
	struct fault fault;
	struct policy policy;
	struct config_secrets secrets = {0};
	struct config *config = config_load(path, &fault);
	bool good = config && policy_load(config, &policy, &fault);
	if (good) {
		print_policy(config, &policy, out);
		policy_deinit(&policy);
		good = config_load_secrets(config, &secrets, &fault);
		config_secrets_wipe(&secrets);
	}
	config_destroy(&config);
	if (good)
		fprintf(out, "good\n");
	else
		fprintf(out, "error: %s\n", fault.text);
	return good;
}
