#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/language.h"
#include "daemon/host/config.h"
#include "daemon/rules/routing.h"

/* `wenzhengd --check-config`: everything is read as the daemon would, and said in a few lines. */

#define HORIZON_WARNING_DAYS 30
#define NAME_COLUMNS	     12

/* Names are English, as the keys of the files are; what stands behind them is for people. */
__attribute__((format(printf, 3, 4))) static void print_line(
	FILE *out, const char *name, const char *format, ...)
{
	va_list arguments;
	fprintf(out, "%-*s", NAME_COLUMNS, name);
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	fputc('\n', out);
}

/* wenzhengctl doctor knows these lines by their first word. */
__attribute__((format(printf, 2, 3))) static void warn(FILE *out, const char *format, ...)
{
	va_list arguments;
	fprintf(out, "  %s", _("warning: "));
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	fputc('\n', out);
}

static void print_department(
	const struct policy *policy, const struct profile_department *department, FILE *out)
{
	uint32_t workers = 0;
	const struct principal *principal;
	for (uint32_t i = 0; (principal = principals_at(policy->principals, i)); i++)
		workers += !principal->revoked && principal_serves(principal, span_of_string(department->id));
	fprintf(out, "  %-20s %s%s\n", department->id, department->name,
		department->placeholder ? _(" (placeholder)") : "");
	if (workers == 0)
		warn(out, _("no worker in force serves '%s': its cases would wait"), department->id);
}

static void print_classes(const struct profile *profile, FILE *out)
{
	for (uint32_t i = 0; i < profile->classes_count; i++) {
		const struct profile_class *class = &profile->classes[i];
		char within[DEADLINE_WITHIN_SIZE] = "";
		if (class->has_deadline)
			deadline_within_print(class->within, within);
		print_line(out, "class", "%s (%s): %s%s", class->id, class->name,
			*within ? within : _("no deadline"),
			i == profile->default_class ? _(", the default") : "");
	}
}

static void print_rung(const char *name, const struct profile_rung *rung, FILE *out)
{
	if (rung->anchor == RUNG_AT_DUE)
		print_line(out, name, "%s", _("at the due moment"));
	else
		print_line(out, name,
			rung->anchor == RUNG_BEFORE ? _("%d workday before the due date, %02d:%02d")
						    : _("%d workday after the due date, %02d:%02d"),
			rung->workdays, rung->seconds_of_day / 3600, rung->seconds_of_day / 60 % 60);
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
	print_line(out, "rules", "%u", profile->rules_count);
	for (uint32_t i = 0; i < profile->rules_count; i++)
		if (routing_is_shadowed(profile, i, &rule, &by))
			warn(out, _("rule '%.*s' never decides: '%.*s' holds before it"), SPAN_PRINT(rule),
				SPAN_PRINT(by));
}

static void print_calendar(const struct config *config, const struct policy *policy, FILE *out)
{
	char horizon[CIVIL_DATE_SIZE];
	struct civil_date last = workdays_horizon(policy->workdays);
	struct instant now = {(int64_t)time(NULL) * US_PER_S};
	struct civil_date today = civil_date_of(now, policy->profile->policy.offset);
	civil_print_date(last, horizon);
	print_line(out, "calendar", _("%s, published until %s"), config->calendar, horizon);
	for (unsigned i = 0; i < config->overlays_count; i++)
		print_line(out, "  overlay", "%s", config->overlays[i]);
	if (last.days - today.days < HORIZON_WARNING_DAYS)
		warn(out,
			_("less than %d days of it are left; deadlines beyond are provisional: load the next notice"),
			HORIZON_WARNING_DAYS);
}

static void print_metrics(const struct config *config, FILE *out)
{
	if (config->metrics_socket)
		print_line(out, "metrics", "%s", config->metrics_socket);
	if (config->metrics_port)
		print_line(out, "metrics", "http://127.0.0.1:%lld/metrics", (long long)config->metrics_port);
	print_line(out, "backups", "%s", config->backup);
}

static void print_policy(const struct config *config, const struct policy *policy, FILE *out)
{
	uint32_t count = 0;
	while (principals_at(policy->principals, count))
		count++;
	print_line(out, "store", "%s", config->store);
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		print_line(out, zone_name(zone), "%s", config->endpoints[zone]);
	print_metrics(config, out);
	print_line(out, "principals", "%u", count);
	print_line(out, "profile", "%s, %s", policy->profile->id, policy->profile->name);
	print_line(out, "identity", "%s", profile_identity_name(policy->profile->identity));
	print_classes(policy->profile, out);
	print_ladder(policy->profile, out);
	print_rules(policy->profile, out);
	print_line(out, "departments", "%u", policy->profile->departments_count);
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
		fprintf(out, "%s\n", _("good"));
	else
		fprintf(out, _("error: %s\n"), fault.text);
	return good;
}
