#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "calendar/calendar_file.h"
#include "daemon/host/config.h"
#include "daemon/host/profile_yaml.h"

/* Profile, principals, calendar and secrets: what the configuration names. */

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
		policy.principals = principals_yaml_load(config->principals, fault);
	bool good = policy.principals != NULL;
	if (good && !principals_check_departments(policy.principals, policy.profile, fault))
		good = fault_prefix(fault, config->principals);
	if (good)
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

/* ---- secrets ---- */

/* A credential of systemd if there is one of that name, else the file in the keys folder. */
static char *secret_path(const struct config *config, const char *name, enum wire_key_guard *ret_guard)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	struct buffer path = BUFFER_NULL;
	struct stat status;
	*ret_guard = WIRE_KEY_GUARDED_BY_PLACE;
	if (credentials)
		buffer_printf(&path, "%s/%s", credentials, name);
	if (!credentials || stat(buffer_string(&path), &status) != 0) {
		*ret_guard = WIRE_KEY_GUARDED_BY_MODE;
		buffer_clear(&path);
		buffer_printf(&path, "%s/%s", config->keys, name);
	}
	buffer_string(&path);
	return path.data;
}

static int hex_value(char digit)
{
	if (isdigit((unsigned char)digit))
		return digit - '0';
	digit = (char)tolower((unsigned char)digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool parse_hex(const char *text, struct digest_key *ret_key)
{
	if (strlen(text) != 2 * DIGEST_KEY_SIZE)
		return false;
	for (size_t i = 0; i < DIGEST_KEY_SIZE; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_key->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool load_query_code_key(
	const char *path, enum wire_key_guard guard, struct digest_key *ret_key, struct fault *fault)
{
	char text[2 * DIGEST_KEY_SIZE + 2] = "";
	struct stat status;
	FILE *file CLEANUP(cleanup_fclose) = fopen(path, "re");
	if (!file || fstat(fileno(file), &status) != 0)
		return fault_set(fault,
			"%s: %s; `wenzhengctl keys new query-code --role query-code` makes one", path,
			strerror(errno));
	if (guard == WIRE_KEY_GUARDED_BY_MODE && (status.st_mode & 077))
		return fault_set(fault, "%s: others can read this secret: chmod 600 %s", path, path);
	size_t size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (!parse_hex(text, ret_key))
		return fault_set(fault, "%s: is not %d hexadecimal digits", path, 2 * DIGEST_KEY_SIZE);
	return true;
}

bool config_load_secrets(const struct config *config, struct wire_key_pair *ret_pair,
	struct digest_key *ret_query_code, struct fault *fault)
{
	enum wire_key_guard guard;
	char *pair_path CLEANUP(cleanup_free) = secret_path(config, "wenzhengd.key_secret", &guard);
	if (!wire_key_pair_load(pair_path, guard, ret_pair, fault))
		return false;
	char *code_path CLEANUP(cleanup_free) = secret_path(config, "query-code.key", &guard);
	return load_query_code_key(code_path, guard, ret_query_code, fault);
}

/* ---- --check-config ---- */

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
		fprintf(out, "  warning: no worker's key serves '%s': its cases would wait\n",
			department->id);
}

static void print_policy(const struct config *config, const struct policy *policy, FILE *out)
{
	char horizon[CIVIL_DATE_SIZE], within[DEADLINE_WITHIN_SIZE];
	uint32_t count = 0;
	while (principals_at(policy->principals, count))
		count++;
	fprintf(out, "store       %s\n", config->store);
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		fprintf(out, "%-11s %s\n", zone_name(zone), config->endpoints[zone]);
	fprintf(out, "principals  %u\n", count);
	fprintf(out, "profile     %s, %s\n", policy->profile->id, policy->profile->name);
	for (uint32_t i = 0; i < policy->profile->classes_count; i++) {
		const struct profile_class *class = &policy->profile->classes[i];
		snprintf(within, sizeof(within), "none");
		if (class->has_deadline)
			deadline_within_print(class->within, within);
		fprintf(out, "class       %s (%s): %s\n", class->id, class->name, within);
	}
	fprintf(out, "rules       %u\nrungs       %u\ndepartments\n", policy->profile->rules_count,
		policy->profile->rungs_count);
	for (uint32_t i = 0; i < policy->profile->departments_count; i++)
		print_department(policy, &policy->profile->departments[i], out);
	struct civil_date last = workdays_horizon(policy->workdays);
	struct instant now = {(int64_t)time(NULL) * US_PER_S};
	struct civil_date today = civil_date_of(now, policy->profile->policy.offset);
	civil_print_date(last, horizon);
	fprintf(out, "calendar    %s, published until %s\n", config->calendar, horizon);
	if (last.days - today.days < HORIZON_WARNING_DAYS)
		fprintf(out,
			"warning: the calendar ends in %d days: deadlines beyond it are provisional; load the next notice\n",
			last.days - today.days);
}

bool config_check(const char *path, FILE *out)
{
	struct fault fault;
	struct policy policy;
	struct wire_key_pair pair;
	struct digest_key query_code;
	struct config *config = config_load(path, &fault);
	bool good = config && policy_load(config, &policy, &fault);
	if (good) {
		print_policy(config, &policy, out);
		policy_deinit(&policy);
		good = config_load_secrets(config, &pair, &query_code, &fault);
		wire_key_pair_wipe(&pair);
		digest_key_wipe(&query_code);
	}
	config_destroy(&config);
	if (good)
		fprintf(out, "good\n");
	else
		fprintf(out, "error: %s\n", fault.text);
	return good;
}
