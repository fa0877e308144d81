#include "daemon/host/config.h"

#include <assert.h>
#include <ctype.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/language.h"
#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/host/config_endpoint.h"
#include "daemon/host/yaml_file.h"

/* The file as it is written: every scalar is text here, and judged below by the one table of keys. */
struct yaml_config {
	char *portal_endpoint;
	char *worker_endpoint;
	char *operator_endpoint;
	char *store;
	char *backup;
	char *profile;
	char *principals;
	char *calendar;
	char **calendar_overlays;
	unsigned calendar_overlays_count;
	char *keys;
	char *disk_reserve_mb;
	char *metrics_socket;
	char *metrics_port;
	char *log_level;
};

enum key_type {
	KEY_ENDPOINT,
	KEY_LOOPBACK, /* an endpoint that only this machine reaches */
	KEY_PATH,     /* relative to the file's folder */
	KEY_OPTIONAL, /* likewise, and none unless it is said */
	KEY_PATHS,    /* a list of them */
	KEY_NUMBER,   /* low to high */
	KEY_LEVEL,    /* a word of `levels` */
};

struct key {
	const char *name;
	enum key_type type;
	size_t from;	       /* in struct yaml_config */
	size_t to;	       /* in struct config */
	const char *otherwise; /* NULL: none, or worked out by usual_path */
	int64_t low, high, unit;
	const char *help;
};

#define KEY(type, name, member, otherwise, help)                                                             \
	{                                                                                                    \
#name, type, offsetof(struct yaml_config, name), offsetof(struct config, member), otherwise, \
			0, 0, 0, help                                                                        \
	}
#define NUMBER(name, member, otherwise, low, high, unit, help)                                          \
	{                                                                                               \
#name, KEY_NUMBER, offsetof(struct yaml_config, name), offsetof(struct config, member), \
			otherwise, low, high, unit, help                                                \
	}

static const struct key keys[] = {
	KEY(KEY_ENDPOINT, portal_endpoint, endpoints[ZONE_PORTAL], "tcp://*:5701",
		N_("where portals connect")),
	KEY(KEY_ENDPOINT, worker_endpoint, endpoints[ZONE_WORKER], "tcp://*:5702",
		N_("where workers, supervisors and triage connect")),
	KEY(KEY_LOOPBACK, operator_endpoint, endpoints[ZONE_OPERATOR], "tcp://127.0.0.1:5703",
		N_("where wenzhengctl connects")),
	KEY(KEY_PATH, store, store, NULL, N_("the store")),
	KEY(KEY_PATH, backup, backup, NULL,
		N_("folder that backups are put into; with metrics, one of this machine")),
	KEY(KEY_PATH, profile, profile, "profile.yaml",
		N_("the place's policy: departments, rules, classes, ladder")),
	KEY(KEY_PATH, principals, principals, "principals.yaml", N_("who holds which key")),
	KEY(KEY_PATH, calendar, calendar, WENZHENG_DATADIR "/calendars/cn.ics",
		N_("the working-day calendar (iCalendar)")),
	KEY(KEY_PATHS, calendar_overlays, overlays, NULL,
		N_("a region's own days, laid over the calendar in this order")),
	KEY(KEY_PATH, keys, keys, "keys",
		N_("folder of wenzhengd.key_secret, query-code.key and contact.key; $CREDENTIALS_DIRECTORY comes first")),
	NUMBER(disk_reserve_mb, disk_reserve, "256", 1, 1048576, 1024 * 1024,
		N_("free MiB below which new messages are refused with BUSY(disk)")),
	KEY(KEY_OPTIONAL, metrics_socket, metrics_socket, NULL,
		N_("unix socket where Prometheus metrics are read (mode 0660), as /run/wenzheng/metrics")),
	NUMBER(metrics_port, metrics_port, "0", 0, 65535, 1,
		N_("the same at this port of 127.0.0.1; 0: none")),
	KEY(KEY_LEVEL, log_level, log_level_max, "info", N_("the least important lines that are written")),
};
#define KEYS_COUNT (sizeof(keys) / sizeof(keys[0]))

static const struct level {
	const char *name;
	int priority;
} levels[] = {
	{"error", LOG_ERR},
	{"warning", LOG_WARNING},
	{"notice", LOG_NOTICE},
	{"info", LOG_INFO},
	{"debug", LOG_DEBUG},
};
#define LEVELS_COUNT (sizeof(levels) / sizeof(levels[0]))

#define STORE_FOLDER "/var/lib/wenzheng"
#define STORE_NAME   "wenzheng.db"
#define BACKUP_NAME  "backup"
#define TEXT_MAX     4096 /* bytes of a value; no path is longer */
#define OVERLAYS_MAX 32

#define TEXT(member)            \
	CYAML_FIELD_STRING_PTR( \
		#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_config, member, 0, TEXT_MAX)

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, TEXT_MAX)};
static const cyaml_schema_field_t fields[] = {
	TEXT(portal_endpoint),
	TEXT(worker_endpoint),
	TEXT(operator_endpoint),
	TEXT(store),
	TEXT(backup),
	TEXT(profile),
	TEXT(principals),
	TEXT(calendar),
	CYAML_FIELD_SEQUENCE("calendar_overlays", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct yaml_config, calendar_overlays, &word, 0, OVERLAYS_MAX),
	TEXT(keys),
	TEXT(disk_reserve_mb),
	TEXT(metrics_socket),
	TEXT(metrics_port),
	TEXT(log_level),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_config, fields)};
static_assert(sizeof(fields) / sizeof(fields[0]) == KEYS_COUNT + 1, "each key is in both tables");

static void print_range(const struct key *key, FILE *out)
{
	if (key->type == KEY_NUMBER)
		fprintf(out, _("; %lld to %lld"), (long long)key->low, (long long)key->high);
	for (size_t i = 0; key->type == KEY_LEVEL && i < LEVELS_COUNT; i++)
		fprintf(out, "%s%s", i ? ", " : ": ", levels[i].name);
	if (key->type == KEY_LOOPBACK)
		fputs(_("; a loopback address"), out);
	if (key->type == KEY_PATHS)
		fprintf(out, _("; a list of at most %d files"), OVERLAYS_MAX);
}

void config_print_help(FILE *out)
{
	fputs(_("Paths that do not begin with a slash are relative to the file's folder.\n\n"), out);
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		const char *otherwise = keys[i].otherwise;
		if (keys[i].to == offsetof(struct config, store))
			otherwise = _("$STATE_DIRECTORY/wenzheng.db, else /var/lib/wenzheng/wenzheng.db");
		else if (keys[i].to == offsetof(struct config, backup))
			otherwise = _("the folder backup beside the store");
		fprintf(out, "%-18s %s", keys[i].name, _(keys[i].help));
		print_range(&keys[i], out);
		fprintf(out, _("\n%-18s default: %s\n"), "", otherwise ? otherwise : _("none"));
	}
}

static char *join(const char *folder, const char *name)
{
	struct buffer path = BUFFER_NULL;
	if (name[0] != '/')
		buffer_printf(&path, "%s/", folder);
	buffer_printf(&path, "%s", name);
	buffer_string(&path);
	return path.data;
}

/* systemd may name several folders, with colons between them; the first is ours. */
static char *store_path(void)
{
	const char *state = getenv("STATE_DIRECTORY");
	if (!state || !*state)
		return memory_copy_string(STORE_FOLDER "/" STORE_NAME);
	char *folder CLEANUP(cleanup_free) = strndup(state, strcspn(state, ":"));
	ENSURE(folder);
	return join(folder, STORE_NAME);
}

/* Of a key whose default hangs on something else; the store's stands before the folder that lies beside it.
 */
static char *usual_path(const struct config *config, const struct key *key)
{
	if (key->to == offsetof(struct config, store))
		return store_path();
	CLEANUP(cleanup_free) char *store = memory_copy_string(config->store);
	return join(dirname(store), BACKUP_NAME);
}

static bool read_number(const struct key *key, const char *text, int64_t *ret_number, struct fault *fault)
{
	char *end;
	long long number = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || number < key->low || number > key->high)
		return fault_set(fault, "%s: '%.40s' is not a number from %lld to %lld", key->name, text,
			(long long)key->low, (long long)key->high);
	*ret_number = number * key->unit;
	return true;
}

static bool read_level(const struct key *key, const char *text, int *ret_priority, struct fault *fault)
{
	for (size_t i = 0; i < LEVELS_COUNT; i++)
		if (strcmp(text, levels[i].name) == 0)
			return *ret_priority = levels[i].priority, true;
	return fault_set(
		fault, "%s: '%.40s' is not one of error, warning, notice, info, debug", key->name, text);
}

static bool read_paths(
	const struct yaml_config *yaml, const char *folder, struct config *config, struct fault *fault)
{
	config->overlays = memory_new(yaml->calendar_overlays_count, sizeof(char *));
	for (unsigned i = 0; i < yaml->calendar_overlays_count; i++) {
		if (!*yaml->calendar_overlays[i])
			return fault_set(fault, "calendar_overlays[%u]: is empty", i);
		config->overlays[config->overlays_count++] = join(folder, yaml->calendar_overlays[i]);
	}
	return true;
}

struct reading {
	const struct yaml_config *yaml;
	const char *folder;
	struct config *config;
	struct fault *fault;
};

static bool read_key(const struct reading *it, const struct key *key)
{
	void *to = (char *)it->config + key->to;
	if (key->type == KEY_PATHS)
		return read_paths(it->yaml, it->folder, it->config, it->fault);
	const char *given = *(char *const *)(const void *)((const char *)it->yaml + key->from);
	const char *text = given ? given : key->otherwise;
	if (!text && key->type == KEY_OPTIONAL)
		return true;
	if (!text)
		return *(char **)to = usual_path(it->config, key), true;
	if (!*text)
		return fault_set(it->fault, "%s: is empty; leave the key out for the default", key->name);
	switch (key->type) {
	case KEY_ENDPOINT:
	case KEY_LOOPBACK:
		*(char **)to = memory_copy_string(text);
		return config_endpoint_check(key->name, text,
			key->type == KEY_LOOPBACK ? CONFIG_ENDPOINT_LOOPBACK : CONFIG_ENDPOINT_ANYWHERE,
			it->fault);
	case KEY_PATH:
	case KEY_OPTIONAL:
		return *(char **)to = join(it->folder, text), true;
	case KEY_NUMBER:
		return read_number(key, text, to, it->fault);
	case KEY_LEVEL:
		return read_level(key, text, to, it->fault);
	case KEY_PATHS:
		break;
	}
	UNREACHABLE();
}

/* Frees the file. */
static struct config *make(struct yaml_file *file, struct fault *fault)
{
	char *copy CLEANUP(cleanup_free) = memory_copy_string(file->path);
	struct reading it = {file->data, dirname(copy), memory_new(1, sizeof(*it.config)), fault};
	bool good = true;
	for (size_t i = 0; good && i < KEYS_COUNT; i++)
		good = read_key(&it, &keys[i]);
	if (!good) {
		yaml_file_blame(file, fault);
		config_destroy(&it.config);
	}
	yaml_file_deinit(file);
	return it.config;
}

struct config *config_load(const char *path, struct fault *fault)
{
	struct yaml_file file;
	return yaml_file_load(path, &schema, &file, fault) ? make(&file, fault) : NULL;
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
	free(config->backup);
	free(config->profile);
	free(config->principals);
	free(config->calendar);
	free(config->keys);
	free(config->metrics_socket);
	free(config);
	*self = NULL;
}
