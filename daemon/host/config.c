#include "daemon/host/config.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/host/yaml_file.h"

/* The file as it is written: every scalar is text here, and checked below by the one table of keys. */
struct yaml_config {
	char *portal_endpoint;
	char *worker_endpoint;
	char *operator_endpoint;
	char *store;
	char *profile;
	char *principals;
	char *calendar;
	char **calendar_overlays;
	unsigned calendar_overlays_count;
	char *keys;
	char *disk_reserve_mb;
	char *log_level;
};

struct key {
	const char *name;
	size_t offset;
	const char *otherwise; /* NULL: worked out where it is used */
	const char *help;
};

#define KEY(member, otherwise, help)                                           \
	{                                                                      \
#member, offsetof(struct yaml_config, member), otherwise, help \
	}

static const struct key keys[] = {
	KEY(portal_endpoint, "tcp://*:5701", "where portals connect"),
	KEY(worker_endpoint, "tcp://*:5702", "where workers, supervisors and triage connect"),
	KEY(operator_endpoint, "tcp://127.0.0.1:5703", "where wenzhengctl connects; a loopback address"),
	KEY(store, NULL,
		"the store; default $STATE_DIRECTORY/wenzheng.db, else /var/lib/wenzheng/wenzheng.db"),
	KEY(profile, "profile.yaml", "the place's policy: departments, rules, classes, ladder"),
	KEY(principals, "principals.yaml", "who holds which key"),
	KEY(calendar, WENZHENG_DATADIR "/calendars/cn.ics", "the working-day calendar (iCalendar)"),
	KEY(keys, "keys",
		"folder of wenzhengd.key_secret and query-code.key; $CREDENTIALS_DIRECTORY comes first"),
	KEY(disk_reserve_mb, "256",
		"free MiB below which new messages are refused with BUSY(disk); 1 to 1048576"),
	KEY(log_level, "info", "error, warning, notice, info or debug"),
};

#define TEXT(member)            \
	CYAML_FIELD_STRING_PTR( \
		#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_config, member, 1, 4096)

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 4096)};
static const cyaml_schema_field_t fields[] = {
	TEXT(portal_endpoint),
	TEXT(worker_endpoint),
	TEXT(operator_endpoint),
	TEXT(store),
	TEXT(profile),
	TEXT(principals),
	TEXT(calendar),
	CYAML_FIELD_SEQUENCE("calendar_overlays", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct yaml_config, calendar_overlays, &word, 0, 32),
	TEXT(keys),
	TEXT(disk_reserve_mb),
	TEXT(log_level),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_config, fields)};

void config_print_help(FILE *out)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		fprintf(out, "%-18s %s\n%-18s default: %s\n", keys[i].name, keys[i].help, "",
			keys[i].otherwise ? keys[i].otherwise : "(see above)");
	fprintf(out, "%-18s %s\n%-18s default: none\n", "calendar_overlays",
		"list of files with a region's own days, laid over the calendar in order", "");
}

static const char *value_of(const struct yaml_config *yaml, const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		char *given;
		memcpy(&given, (const char *)yaml + keys[i].offset, sizeof(given));
		return given ? given : keys[i].otherwise;
	}
	UNREACHABLE();
}

static char *join(const char *folder, const char *name)
{
	struct buffer path = BUFFER_NULL;
	if (name[0] != '/')
		buffer_printf(&path, "%s/", folder);
	buffer_printf(&path, "%s", name);
	return memory_copy_string((buffer_string(&path), path.data));
}

static char *path_of(const struct yaml_config *yaml, const char *name, const char *folder)
{
	return join(folder, value_of(yaml, name));
}

static char *store_path(const struct yaml_config *yaml, const char *folder)
{
	const char *state = getenv("STATE_DIRECTORY");
	if (yaml->store)
		return join(folder, yaml->store);
	return join(state ? state : "/var/lib/wenzheng", "wenzheng.db");
}

static bool is_loopback(const char *endpoint)
{
	return strncmp(endpoint, "tcp://127.", 10) == 0 || strncmp(endpoint, "tcp://[::1]:", 12) == 0;
}

static bool read_level(const char *text, int *ret_level, struct fault *fault)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {{"error", LOG_ERR}, {"warning", LOG_WARNING}, {"notice", LOG_NOTICE},
		{"info", LOG_INFO}, {"debug", LOG_DEBUG}};
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(text, levels[i].name) == 0)
			return *ret_level = levels[i].level, true;
	return fault_set(fault, "log_level: '%.20s' is not one of error, warning, notice, info, debug", text);
}

static bool read_reserve(const char *text, int64_t *ret_bytes, struct fault *fault)
{
	char *end;
	long long megabytes = strtoll(text, &end, 10);
	if (end == text || *end || megabytes < 1 || megabytes > 1048576)
		return fault_set(fault, "disk_reserve_mb: '%.20s' is not a number from 1 to 1048576", text);
	*ret_bytes = megabytes * 1024 * 1024;
	return true;
}

static bool fill(
	const struct yaml_config *yaml, const char *folder, struct config *config, struct fault *fault)
{
	static const char *const endpoint_keys[ZONE_END] = {
		"portal_endpoint", "worker_endpoint", "operator_endpoint"};
	for (enum zone zone = 0; zone < ZONE_END; zone++) {
		const char *endpoint = value_of(yaml, endpoint_keys[zone]);
		if (strncmp(endpoint, "tcp://", 6) != 0)
			return fault_set(fault, "%s: '%.60s' does not begin with tcp://", endpoint_keys[zone],
				endpoint);
		config->endpoints[zone] = memory_copy_string(endpoint);
	}
	if (!is_loopback(config->endpoints[ZONE_OPERATOR]))
		return fault_set(fault,
			"operator_endpoint: '%.60s' is not a loopback address; operators work on this machine",
			config->endpoints[ZONE_OPERATOR]);
	config->store = store_path(yaml, folder);
	config->profile = path_of(yaml, "profile", folder);
	config->principals = path_of(yaml, "principals", folder);
	config->calendar = path_of(yaml, "calendar", folder);
	config->keys = path_of(yaml, "keys", folder);
	config->overlays = memory_new(yaml->calendar_overlays_count, sizeof(char *));
	for (unsigned i = 0; i < yaml->calendar_overlays_count; i++)
		config->overlays[config->overlays_count++] = join(folder, yaml->calendar_overlays[i]);
	return read_reserve(value_of(yaml, "disk_reserve_mb"), &config->disk_reserve, fault) &&
	       read_level(value_of(yaml, "log_level"), &config->log_level_max, fault);
}

struct config *config_load(const char *path, struct fault *fault)
{
	void *yaml;
	if (!yaml_file_load(path, &schema, &yaml, fault))
		return NULL;
	char *copy CLEANUP(cleanup_free) = memory_copy_string(path);
	struct config *config = memory_new(1, sizeof(*config));
	if (!fill(yaml, dirname(copy), config, fault)) {
		fault_prefix(fault, path);
		config_destroy(&config);
	}
	yaml_file_free(&schema, yaml);
	return config;
}

void config_destroy(struct config **self)
{
	struct config *config = *self;
	if (!config)
		return;
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		free(config->endpoints[zone]);
	for (unsigned i = 0; i < config->overlays_count; i++)
		free(config->overlays[i]);
	free(config->overlays);
	free(config->store);
	free(config->profile);
	free(config->principals);
	free(config->calendar);
	free(config->keys);
	free(config);
	*self = NULL;
}
