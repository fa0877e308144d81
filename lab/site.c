#include "lab/site.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"

#define ENDPOINT_SIZE 64
#define SECRET_SIZE   32

enum site_zone { SITE_ZONE_PORTAL, SITE_ZONE_WORKER, SITE_ZONE_OPERATOR, SITE_ZONES };

static const char *const zone_names[SITE_ZONES] = {"portal", "worker", "operator"};

static const struct {
	const char *name;
	enum site_zone zone;
} roles[SITE_ROLES] = {
	[SITE_PORTAL] = {"portal", SITE_ZONE_PORTAL},
	[SITE_WORKER] = {"worker", SITE_ZONE_WORKER},
	[SITE_SUPERVISOR] = {"supervisor", SITE_ZONE_WORKER},
	[SITE_OPERATOR] = {"operator", SITE_ZONE_OPERATOR},
};

struct site {
	char *folder;
	bool temporary;
	struct wire_key_pair server;
	struct wire_key_pair keys[SITE_ROLES];
	char endpoints[SITE_ZONES][ENDPOINT_SIZE];
	struct child *child;
};

const char *site_role_name(enum site_role role)
{
	return roles[role].name;
}

/* ---- files ---- */

static char *path_in(const struct site *self, const char *name)
{
	struct buffer path = BUFFER_NULL;
	buffer_printf(&path, "%s/%s", self->folder, name);
	buffer_string(&path);
	return path.data;
}

static bool write_file(const struct site *self, const char *name, struct span content, struct fault *fault)
{
	char *path CLEANUP(cleanup_free) = path_in(self, name);
	int fd CLEANUP(cleanup_close) = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, content.data, content.size) != (ssize_t)content.size)
		return fault_set(fault, "%s: %s", path, strerror(errno));
	return true;
}

static bool make_folder(struct site *self, const char *wanted, struct fault *fault)
{
	const char *parent = getenv("TMPDIR");
	struct buffer path = BUFFER_NULL;
	self->temporary = !wanted;
	if (wanted)
		buffer_printf(&path, "%s", wanted);
	else
		buffer_printf(&path, "%s/wenzheng-XXXXXX", parent && *parent ? parent : "/tmp");
	buffer_string(&path);
	bool made = wanted ? mkdir(wanted, 0700) == 0 : mkdtemp(path.data) != NULL;
	if (!made) {
		fault_set(fault, "%s: %s", path.data, strerror(errno));
		buffer_deinit(&path);
		return false;
	}
	/* The daemon reads paths as relative to its own configuration file. */
	self->folder = realpath(path.data, NULL);
	buffer_deinit(&path);
	ENSURE(self->folder);
	return true;
}

static bool make_keys(struct site *self, struct fault *fault)
{
	uint8_t secret[SECRET_SIZE];
	struct buffer hex CLEANUP(buffer_deinit) = BUFFER_NULL;
	char *folder CLEANUP(cleanup_free) = path_in(self, "keys");
	if (mkdir(folder, 0700) != 0)
		return fault_set(fault, "%s: %s", folder, strerror(errno));
	wire_key_pair_generate(&self->server);
	for (enum site_role role = 0; role < SITE_ROLES; role++)
		wire_key_pair_generate(&self->keys[role]);
	char *server CLEANUP(cleanup_free) = path_in(self, "keys/wenzhengd");
	char *operator CLEANUP(cleanup_free) = path_in(self, "keys/operator");
	char *contact CLEANUP(cleanup_free) = path_in(self, "keys/contact");
	char *contact_secret CLEANUP(cleanup_free) = path_in(self, "keys/contact.key_secret");
	struct wire_key_pair contact_pair;
	wire_key_pair_generate(&contact_pair);
	bool saved = wire_key_pair_save(&contact_pair, contact, fault);
	wire_key_pair_wipe(&contact_pair);
	/* Nobody will open a contact of a laboratory, and the daemon minds the secret half beside it. */
	if (!saved || unlink(contact_secret) != 0)
		return saved ? fault_set(fault, "%s: %s", contact_secret, strerror(errno)) : false;
	if (!wire_key_pair_save(&self->server, server, fault) ||
		!wire_key_pair_save(&self->keys[SITE_OPERATOR], operator, fault))
		return false;
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return fault_set(fault, "getrandom: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(secret); i++)
		buffer_printf(&hex, "%02x", secret[i]);
	return write_file(self, "keys/query-code.key", buffer_span(&hex), fault);
}

/* A department's id has no character that YAML minds. */
static bool write_principals(const struct site *self, struct span worker_department, struct fault *fault)
{
	struct buffer text CLEANUP(buffer_deinit) = BUFFER_NULL;
	buffer_printf(&text, "principals:\n");
	for (enum site_role role = 0; role < SITE_ROLES; role++) {
		char key[WIRE_KEY_TEXT_SIZE];
		wire_key_print(&self->keys[role].key, key);
		if (role == SITE_WORKER && worker_department.size == 0)
			continue;
		buffer_printf(&text, "  - {name: %s, role: %s, key: \"%s\"", roles[role].name,
			roles[role].name, key);
		if (role == SITE_WORKER)
			buffer_printf(&text, ", departments: [%.*s]", SPAN_PRINT(worker_department));
		buffer_printf(&text, "}\n");
	}
	return write_file(self, "principals.yaml", buffer_span(&text), fault);
}

static char *calendar_beside(const char *profile)
{
	const char *slash = strrchr(profile, '/');
	struct buffer path = BUFFER_NULL;
	if (slash)
		buffer_printf(&path, "%.*s", (int)(slash - profile + 1), profile);
	buffer_printf(&path, "calendars/cn.ics");
	buffer_string(&path);
	if (access(path.data, R_OK) != 0)
		buffer_deinit(&path);
	return path.data;
}

/* As a double-quoted YAML scalar, so that any path may stand there. */
static bool append_path(struct buffer *text, const char *key, const char *path, struct fault *fault)
{
	char *whole CLEANUP(cleanup_free) = realpath(path, NULL);
	if (!whole)
		return fault_set(fault, "%s: %s", path, strerror(errno));
	buffer_printf(text, "%s: \"", key);
	for (const char *c = whole; *c; c++)
		buffer_printf(text, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	buffer_printf(text, "\"\n");
	return true;
}

static bool write_config(const struct site *self, const struct site_options *options, struct fault *fault)
{
	struct buffer text CLEANUP(buffer_deinit) = BUFFER_NULL;
	for (enum site_zone zone = 0; zone < SITE_ZONES; zone++)
		buffer_printf(&text, "%s_endpoint: tcp://127.0.0.1:*\n", zone_names[zone]);
	buffer_printf(&text, "store: wenzheng.db\nkeys: keys\nprincipals: principals.yaml\n"
			     "disk_reserve_mb: 1\nlog_level: info\n");
	char *beside CLEANUP(cleanup_free) = options->calendar ? NULL : calendar_beside(options->profile);
	const char *calendar = options->calendar ? options->calendar : beside;
	return append_path(&text, "profile", options->profile, fault) &&
	       (!calendar || append_path(&text, "calendar", calendar, fault)) &&
	       write_file(self, "wenzhengd.yaml", buffer_span(&text), fault);
}

/* The daemon's log says at which ports it ended up. */
static bool read_endpoints(struct site *self, const char *log, struct fault *fault)
{
	char line[512], zone[32], endpoint[ENDPOINT_SIZE];
	unsigned found = 0;
	FILE *file CLEANUP(cleanup_fclose) = fopen(log, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "<%*d>%31s zone listens on %63s", zone, endpoint) != 2)
			continue;
		for (enum site_zone i = 0; i < SITE_ZONES; i++)
			if (strcmp(zone, zone_names[i]) == 0) {
				memcpy(self->endpoints[i], endpoint, sizeof(endpoint));
				found |= 1u << i;
			}
	}
	if (found != (1u << SITE_ZONES) - 1)
		return fault_set(fault, "%s: does not say where all zones listen", log);
	return true;
}

/* ---- life ---- */

bool site_start(const struct site_options *options, struct site **ret_site, struct fault *fault)
{
	CLEANUP(site_stop) struct site *self = memory_new(1, sizeof(*self));
	if (!make_folder(self, options->folder, fault) || !make_keys(self, fault) ||
		!write_principals(self, SPAN_EMPTY, fault) || !write_config(self, options, fault))
		return false;
	char *config CLEANUP(cleanup_free) = path_in(self, "wenzhengd.yaml");
	char *log CLEANUP(cleanup_free) = path_in(self, "wenzhengd.log");
	struct child_options child = {.config = config, .log = log, .create_laboratory = options->laboratory};
	if (!child_start(&child, &self->child, fault) || !read_endpoints(self, log, fault))
		return false;
	*ret_site = TAKE(self);
	return true;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

void site_stop(struct site **self)
{
	struct site *site = *self;
	if (!site)
		return;
	child_stop(&site->child);
	if (site->folder && site->temporary)
		nftw(site->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	wire_key_pair_wipe(&site->server);
	for (enum site_role role = 0; role < SITE_ROLES; role++)
		wire_key_pair_wipe(&site->keys[role]);
	free(site->folder);
	free(site);
	*self = NULL;
}

bool site_admit_worker(struct site *self, struct span department, struct fault *fault)
{
	REQUIRE(department.size > 0);
	return write_principals(self, department, fault) && child_reload(self->child, fault);
}

const char *site_endpoint(const struct site *self, enum site_role role)
{
	return self->endpoints[roles[role].zone];
}

const struct wire_key_pair *site_keys(const struct site *self, enum site_role role)
{
	return &self->keys[role];
}

const struct wire_key *site_server_key(const struct site *self)
{
	return &self->server.key;
}

const char *site_folder(const struct site *self)
{
	return self->folder;
}

struct child *site_child(const struct site *self)
{
	return self->child;
}
