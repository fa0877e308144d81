#include "daemon/host/daemon.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/host/config.h"
#include "daemon/host/host.h"
#include "daemon/host/inherited.h"
#include "daemon/host/log.h"
#include "daemon/host/service.h"
#include "daemon/shell/shell.h"
#include "daemon/store/store_sqlite.h"

struct daemon {
	const char *config_path;
	struct config *config;
	struct policy policy;
	struct config_secrets secrets;
	struct inherited inherited;
	struct service service;
	struct host *host;
	struct store *store;
	struct shell *shell;
	struct mono chain_logged;
};

#define CHAIN_LOG_US US_PER_DAY

struct daemon *daemon_new(void)
{
	struct daemon *self = memory_new(1, sizeof(*self));
	self->service.signal_fd = -1;
	return self;
}

void daemon_destroy(struct daemon **self)
{
	struct daemon *daemon = *self;
	if (!daemon)
		return;
	host_destroy(&daemon->host);
	shell_destroy(&daemon->shell);
	if (daemon->store)
		daemon->store->interface->destroy(&daemon->store);
	service_deinit(&daemon->service);
	policy_deinit(&daemon->policy);
	config_destroy(&daemon->config);
	config_secrets_wipe(&daemon->secrets);
	free(daemon);
	*self = NULL;
}

static bool admits(void *context, enum zone zone, const uint8_t key[PRINCIPAL_KEY_SIZE])
{
	const struct daemon *self = context;
	return self->shell && shell_admits(self->shell, zone, key);
}

bool daemon_configure(struct daemon *self, const char *config_path, struct fault *fault)
{
	self->config_path = config_path;
	self->config = config_load(config_path, fault);
	if (!self->config || !policy_load(self->config, &self->policy, fault) ||
		!config_load_secrets(self->config, &self->secrets, fault))
		return false;
	if (service_init(&self->service) < 0)
		return fault_set(fault, "signals cannot be set up");
	struct host_options options = {
		.keys = &self->secrets.pair,
		.contact_key = self->secrets.contact,
		.store_path = self->config->store,
		.admits = admits,
		.context = self,
		.log_level_max = self->config->log_level_max,
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
	(void)context;
	service_starting("copying the store aside before its schema changes");
}

bool daemon_open_store(struct daemon *self, bool create_laboratory, struct fault *fault)
{
	struct io *io = host_io(self->host);
	struct store_sqlite_options options = {
		.path = self->config->store,
		.create_laboratory = create_laboratory,
		.created = io->now(io).wall,
		.busy = say_that_it_copies,
	};
	if (store_sqlite_open(&options, fault, &self->store) != 0)
		return false;
	const char *copy = store_sqlite_copy(self->store);
	if (copy)
		log_line(self->config->log_level_max, LOG_NOTICE,
			"the store's schema was brought up; as it was before it is kept in %s", copy);
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
			log_line(self->config->log_level_max, LOG_WARNING,
				"this store is a LABORATORY: its clock is virtual and nothing in it is real");
		return true;
	}
	return fault_set(fault, "%s: the store cannot be read back; `wenzhengd --verify` says more",
		self->config->store);
}

bool daemon_open_sockets(struct daemon *self, struct fault *fault)
{
	if (!host_open(self->host, fault))
		return false;
	for (enum zone zone = 0; zone < ZONE_END; zone++)
		log_line(self->config->log_level_max, LOG_INFO, "%s zone listens on %s%s", zone_name(zone),
			host_endpoint(self->host, zone),
			self->inherited.fds[zone] ? ", which systemd holds" : "");
	return true;
}

/* A bad file leaves everything as it was, and says why. */
static void reload(struct daemon *self)
{
	struct fault fault;
	struct policy policy;
	struct io *io = host_io(self->host);
	service_reloading(io->now(io).mono);
	if (policy_load(self->config, &policy, &fault)) {
		struct shell_configuration configuration = {
			policy.profile, policy.principals, policy.workdays};
		shell_configure(self->shell, &configuration);
		policy_deinit(&self->policy);
		self->policy = policy;
		log_line(self->config->log_level_max, LOG_NOTICE, "reloaded");
	} else {
		log_line(self->config->log_level_max, LOG_ERR,
			"not reloaded, the old configuration stays: %s", fault.text);
	}
	service_ready();
}

/*
 * The head of the hash chain goes to the system journal at the start and once a day: whoever rewrites the
 * store's history later would have to rewrite that journal too.
 */
static int log_chain_head(struct daemon *self, struct mono now)
{
	int64_t seq;
	struct digest head;
	char hex[DIGEST_HEX_SIZE];
	if (self->chain_logged.us && now.us - self->chain_logged.us < CHAIN_LOG_US)
		return 0;
	self->chain_logged = now;
	int r = self->store->interface->chain_head(self->store, &seq, &head);
	if (r < 0)
		return FORWARD(r);
	digest_to_hex(&head, hex);
	log_line(self->config->log_level_max, LOG_NOTICE, "journal: %" PRId64 " records, head %s", seq, hex);
	return 0;
}

static int turn(struct daemon *self)
{
	struct io *io = host_io(self->host);
	int r = shell_turn(self->shell);
	if (r < 0)
		return FORWARD(r);
	r = log_chain_head(self, io->now(io).mono);
	if (r < 0)
		return FORWARD(r);
	struct shell_status status = shell_status(self->shell);
	service_turned(&self->service, io->now(io).mono, &status);
	int64_t wait_us = shell_wait_us(self->shell);
	/* Checkpoints are made when nothing else is to be done. */
	if (wait_us > 0 && self->store->interface->idle)
		r = self->store->interface->idle(self->store);
	return r < 0 ? FORWARD(r) : 0;
}

int daemon_run(struct daemon *self)
{
	bool signalled;
	service_ready();
	for (;;) {
		int r = turn(self);
		if (r < 0)
			return FORWARD(r);
		int64_t wait_us = service_wait_us(&self->service, shell_wait_us(self->shell));
		r = host_wait(self->host, wait_us, self->service.signal_fd, &signalled);
		if (r < 0)
			return FORWARD(r);
		enum service_signal signal = signalled ? service_signal(&self->service) : SERVICE_NONE;
		if (signal == SERVICE_STOP)
			break;
		if (signal == SERVICE_RELOAD)
			reload(self);
	}
	service_stopping();
	int r = shell_stop(self->shell);
	if (r < 0)
		return FORWARD(r);
	host_finish(self->host);
	return 0;
}
