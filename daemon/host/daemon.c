#include "daemon/host/daemon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/host/config.h"
#include "daemon/host/host.h"
#include "daemon/host/inherited.h"
#include "daemon/host/log.h"
#include "daemon/host/metrics.h"
#include "daemon/host/service.h"
#include "daemon/shell/shell.h"
#include "daemon/store/store_sqlite.h"

struct daemon {
	const char *config_path;
	struct config *config;
	struct log log;
	enum host_event trouble; /* what a start that fails now fails of */
	struct policy policy;
	struct policy
		policy_before; /* what was in force before the last reload: the shell may still look at it */
	struct config_secrets secrets;
	struct inherited inherited;
	struct service service;
	struct host *host;
	struct store *store;
	struct shell *shell;
	struct metrics *metrics; /* NULL: nobody asked for them */
	struct mono chain_logged;
};

#define CHAIN_LOG_US US_PER_DAY

struct daemon *daemon_new(void)
{
	struct daemon *self = memory_new(1, sizeof(*self));
	struct log_options options = {
		.journal_stream = getenv("JOURNAL_STREAM"), .journal_socket = LOG_JOURNAL_SOCKET};
	log_init(&self->log, &options);
	self->service = SERVICE_NULL;
	return self;
}

void daemon_destroy(struct daemon **self)
{
	struct daemon *daemon = *self;
	if (!daemon)
		return;
	metrics_destroy(&daemon->metrics);
	host_destroy(&daemon->host);
	shell_destroy(&daemon->shell);
	if (daemon->store)
		daemon->store->interface->destroy(&daemon->store);
	service_deinit(&daemon->service);
	policy_deinit(&daemon->policy);
	policy_deinit(&daemon->policy_before);
	config_destroy(&daemon->config);
	config_secrets_wipe(&daemon->secrets);
	log_deinit(&daemon->log);
	free(daemon);
	*self = NULL;
}

/* Before there are clocks there is nothing either that a limit is for. */
static void say(struct daemon *self, const struct log_record *record)
{
	struct io *io = self->host ? host_io(self->host) : NULL;
	struct mono now = {io ? io->now(io).mono.us : 0};
	log_write(&self->log, now, record);
}

static void say_error(struct daemon *self, enum host_event event, const char *text)
{
	struct log_record record = {.event = event, .values = {[LOGGED_ERROR] = text}};
	say(self, &record);
}

static bool admits(void *context, enum zone zone, const uint8_t key[PRINCIPAL_KEY_SIZE])
{
	const struct daemon *self = context;
	return self->shell && shell_admits(self->shell, zone, key);
}

/* A bad file leaves everything as it was, and says why. */
static bool load_policy(void *context, struct shell_configuration *ret_configuration, struct fault *fault)
{
	struct daemon *self = context;
	struct policy policy;
	if (!policy_load(self->config, &policy, fault)) {
		say_error(self, HOST_NOT_RELOADED, fault->text);
		return false;
	}
	policy_deinit(&self->policy_before);
	self->policy_before = self->policy;
	self->policy = policy;
	*ret_configuration = (struct shell_configuration){policy.profile, policy.principals, policy.workdays};
	return true;
}

bool daemon_configure(struct daemon *self, const char *config_path, struct fault *fault)
{
	self->trouble = HOST_NOT_CONFIGURED;
	self->config_path = config_path;
	self->config = config_load(config_path, fault);
	if (!self->config || !policy_load(self->config, &self->policy, fault) ||
		!config_load_secrets(self->config, &self->secrets, fault))
		return false;
	if (service_init(&self->service) < 0)
		return fault_set(fault, "signals cannot be set up");
	self->log.level_max = self->config->log_level_max;
	struct host_options options = {
		.keys = &self->secrets.pair,
		.contact_key = self->secrets.contact,
		.store_path = self->config->store,
		.admits = admits,
		.reload = load_policy,
		.context = self,
		.log = &self->log,
	};
	memcpy(options.endpoints, self->config->endpoints, sizeof(options.endpoints));
	if (!inherited_take(options.endpoints, &self->inherited, fault))
		return false;
	memcpy(options.listen_fds, self->inherited.fds, sizeof(options.listen_fds));
	self->host = host_new(&options);
	return true;
}

static void say_that_it_copies(void *context)
{
	struct daemon *self = context;
	service_starting(&self->service, "copying the store aside before its schema changes");
}

bool daemon_open_store(struct daemon *self, bool create_laboratory, struct fault *fault)
{
	struct io *io = host_io(self->host);
	self->trouble = HOST_STORE_REFUSED;
	struct store_sqlite_options options = {
		.path = self->config->store,
		.create_laboratory = create_laboratory,
		.created = io->now(io).wall,
		.busy = say_that_it_copies,
		.context = self,
	};
	if (store_sqlite_open(&options, fault, &self->store) != 0)
		return false;
	const char *copy = store_sqlite_kept(self->store);
	struct log_record record = {.event = HOST_STORE_KEPT, .values = {[LOGGED_FILE] = copy}};
	if (copy)
		say(self, &record);
	return true;
}

bool daemon_restore(struct daemon *self, struct fault *fault)
{
	struct shell_options options = {
		.io = host_io(self->host),
		.store = self->store,
		.profile = self->policy.profile,
		.principals = self->policy.principals,
		.workdays = self->policy.workdays,
		.query_code_key = self->secrets.query_code,
		.disk_reserve = self->config->disk_reserve,
		.version = WENZHENG_VERSION,
	};
	if (shell_new(&options, &self->shell) == 0) {
		if (self->store->interface->identity(self->store).laboratory)
			say(self, &(struct log_record){.event = HOST_LABORATORY});
		return true;
	}
	return fault_set(fault, "%s: the store cannot be read back; `wenzhengd --verify` says more",
		self->config->store);
}

static void say_listening(struct daemon *self, const char *zone, const char *endpoint, const char *holder)
{
	struct log_record record = {.event = HOST_LISTENING,
		.values = {[LOGGED_ZONE] = zone, [LOGGED_ENDPOINT] = endpoint, [LOGGED_HOLDER] = holder}};
	say(self, &record);
}

/* The store is ours by now: a socket that stands where ours shall be is that of a life that has ended. */
static bool open_metrics(struct daemon *self, struct fault *fault)
{
	const struct config *config = self->config;
	struct io *io = host_io(self->host);
	if (!config->metrics_socket && !config->metrics_port)
		return true;
	self->metrics = metrics_new(config, io->now(io), fault);
	if (!self->metrics)
		return false;
	if (config->metrics_socket)
		say_listening(self, "metrics", config->metrics_socket, NULL);
	char url[64];
	snprintf(url, sizeof(url), "http://127.0.0.1:%" PRId64 "/metrics", config->metrics_port);
	if (config->metrics_port)
		say_listening(self, "metrics", url, NULL);
	return true;
}

bool daemon_open_sockets(struct daemon *self, struct fault *fault)
{
	self->trouble = HOST_NOT_OPENED;
	if (!open_metrics(self, fault) || !host_open(self->host, fault))
		return false;
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		say_listening(self, zone_name(zone), host_endpoint(self->host, zone),
			self->inherited.fds[zone] ? "systemd" : NULL);
	return true;
}

void daemon_say_not_started(struct daemon *self, const struct fault *fault)
{
	say_error(self, self->trouble, fault->text);
}

static void reload(struct daemon *self)
{
	struct fault fault;
	struct shell_configuration configuration;
	struct io *io = host_io(self->host);
	service_reloading(&self->service, io->now(io).mono);
	if (load_policy(self, &configuration, &fault)) {
		shell_configure(self->shell, &configuration);
		say(self, &(struct log_record){.event = HOST_RELOADED});
	}
	service_ready(&self->service);
}

/*
 * The head of the hash chain goes to the system journal at the start and once a day: whoever rewrites the
 * store's history later would have to rewrite that journal too.
 */
static int log_chain_head(struct daemon *self, struct mono now)
{
	int64_t seq;
	struct digest head;
	char hex[DIGEST_HEX_SIZE], records[24];
	if (self->chain_logged.us && now.us - self->chain_logged.us < CHAIN_LOG_US)
		return 0;
	self->chain_logged = now;
	int r = self->store->interface->chain_head(self->store, &seq, &head);
	if (r < 0)
		return FORWARD(r);
	digest_to_hex(&head, hex);
	snprintf(records, sizeof(records), "%" PRId64, seq);
	struct log_record record = {
		.event = HOST_CHAIN_HEAD, .values = {[LOGGED_RECORDS] = records, [LOGGED_HEAD] = hex}};
	log_write(&self->log, now, &record);
	return 0;
}

static int say_status(struct daemon *self, struct mono now)
{
	int32_t oldest_workdays;
	if (!service_status_due(&self->service, now))
		return 0;
	int r = shell_oldest_workdays(self->shell, &oldest_workdays);
	if (r < 0)
		return FORWARD(r);
	struct shell_status status = shell_status(self->shell);
	service_status(&self->service, now, &status, oldest_workdays);
	return 0;
}

static int turn_metrics(struct daemon *self, struct mono begun)
{
	struct io *io = host_io(self->host);
	struct metrics_subject subject = {self->config, &self->policy, self->shell, self->store, self->host};
	if (!self->metrics)
		return 0;
	struct mono now = io->now(io).mono;
	metrics_turned(self->metrics, now.us - begun.us);
	int r = metrics_turn(self->metrics, &subject, now);
	return r < 0 ? FORWARD(r) : 0;
}

static int turn(struct daemon *self)
{
	struct io *io = host_io(self->host);
	struct mono begun = io->now(io).mono;
	int r = shell_turn(self->shell);
	if (r < 0)
		return FORWARD(r);
	r = log_chain_head(self, io->now(io).mono);
	if (r < 0)
		return FORWARD(r);
	log_turned(&self->log, io->now(io).mono);
	service_turned(&self->service, io->now(io).mono);
	r = say_status(self, io->now(io).mono);
	if (r < 0)
		return FORWARD(r);
	int64_t wait_us = shell_wait_us(self->shell);
	/* Checkpoints are made when nothing else is to be done. */
	if (wait_us > 0 && self->store->interface->idle)
		r = self->store->interface->idle(self->store);
	if (r == 0)
		r = turn_metrics(self, begun);
	return r < 0 ? FORWARD(r) : 0;
}

static int64_t wait_us(const struct daemon *self)
{
	struct io *io = host_io(self->host);
	int64_t wait = service_wait_us(&self->service, shell_wait_us(self->shell));
	int64_t metrics = self->metrics ? metrics_wait_us(self->metrics, io->now(io).mono) : INT64_MAX;
	return metrics < wait ? metrics : wait;
}

static int run(struct daemon *self)
{
	struct host_watched watched[] = {
		{.fd = self->service.signal_fd}, {.fd = self->metrics ? metrics_fd(self->metrics) : -1}};
	service_ready(&self->service);
	for (;;) {
		int r = turn(self);
		if (r < 0)
			return FORWARD(r);
		r = host_wait(self->host, wait_us(self), watched, 2);
		if (r < 0)
			return FORWARD(r);
		enum service_signal signal =
			watched[0].readable ? service_signal(&self->service) : SERVICE_NONE;
		if (signal == SERVICE_STOP)
			break;
		if (signal == SERVICE_RELOAD)
			reload(self);
	}
	say(self, &(struct log_record){.event = HOST_STOPPING});
	service_stopping(&self->service);
	int r = shell_stop(self->shell);
	if (r < 0)
		return FORWARD(r);
	host_finish(self->host);
	return 0;
}

int daemon_run(struct daemon *self)
{
	int r = run(self);
	if (r < 0)
		say_error(self, HOST_FAILED, strerror(-r));
	return r < 0 ? FORWARD(r) : 0;
}
