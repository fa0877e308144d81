/* The whole daemon from main to its end, with a portal that hands in a message as soon as it is ready. */
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wenzheng/portal.h>

#include "base/assert.h"
#include "daemon/host/verify.h"
#include "daemon/store/store_sqlite.h"
#include "tests/torture/house.h"

#define READY_MS   15000
#define RECEIPT_MS 4000

int wenzhengd_main(int argc, char **argv);

static struct house house;

static void prepare(struct place *place)
{
	house_make(place, &house);
	char name[200];
	snprintf(name, sizeof(name), "%s/notify", place->base);
	setenv("NOTIFY_SOCKET", name, 1);
}

static int listen_for_ready(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("NOTIFY_SOCKET"));
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ENSURE(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static bool wait_for_ready(int fd)
{
	char text[512];
	struct pollfd item = {.fd = fd, .events = POLLIN};
	while (poll(&item, 1, READY_MS) == 1) {
		ssize_t size = recv(fd, text, sizeof(text) - 1, 0);
		text[size > 0 ? size : 0] = '\0';
		if (strstr(text, "READY=1"))
			return true;
	}
	return false;
}

/* Standard error is a file; the daemon has said there where it listens. */
static bool find_endpoint(char endpoint[static 64])
{
	char text[8192];
	ssize_t size = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);
	text[size > 0 ? size : 0] = '\0';
	const char *line = strstr(text, "portal zone listens on ");
	return line && sscanf(line, "portal zone listens on %63s", endpoint) == 1;
}

static bool submit(struct report *report)
{
	struct wz_connection_options where = WZ_CONNECTION_OPTIONS;
	const struct wz_message message = {.id = "m1", .title = "路灯", .body = "路灯不亮"};
	struct wz_receipt receipt;
	struct wz_error error;
	struct wz_portal *portal = NULL;
	char endpoint[64], server[WIRE_KEY_TEXT_SIZE], public_key[WIRE_KEY_TEXT_SIZE],
		secret[WIRE_KEY_TEXT_SIZE];
	struct wire_key secret_key;
	memcpy(secret_key.public_key, house.portal.secret_key, WIRE_KEY_SIZE);
	wire_key_print(&house.server.key, server);
	wire_key_print(&house.portal.key, public_key);
	wire_key_print(&secret_key, secret);
	where.endpoint = endpoint;
	where.server_key = server;
	where.public_key = public_key;
	where.secret_key = secret;
	where.resend_ms = 500;
	if (!find_endpoint(endpoint) || wz_portal_new(&where, &portal, &error) != WZ_OK)
		return false;
	bool has_receipt = wz_portal_submit(portal, &message, RECEIPT_MS, &receipt) == WZ_OK;
	if (has_receipt)
		report_acknowledge(report, 1);
	wz_portal_destroy(&portal);
	return has_receipt;
}

/* The portal's process: ends with the daemon's, and ends it. */
static _Noreturn void be_portal(struct report *report, int notifications, pid_t daemon)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A daemon that died before this leaves us to somebody whom no signal of ours may reach. */
	if (getppid() == daemon && wait_for_ready(notifications))
		(void)submit(report);
	if (getppid() == daemon)
		kill(daemon, SIGTERM);
	_exit(0);
}

static enum outcome play(const struct place *place, struct report *report)
{
	char program[] = "wenzhengd", option[] = "--config", config[160];
	char *arguments[] = {program, option, config, NULL};
	snprintf(config, sizeof(config), "%s", place->config);
	faults_pause();
	int notifications = listen_for_ready();
	pid_t daemon = getpid(), portal = fork();
	ENSURE(portal >= 0);
	if (portal == 0)
		be_portal(report, notifications, daemon);
	close(notifications);
	optind = 0;
	faults_resume();
	int status = wenzhengd_main(3, arguments);
	faults_pause();
	kill(portal, SIGKILL);
	waitpid(portal, NULL, 0);
	if (report->outcome == OUTCOME_WRONG)
		return OUTCOME_WRONG;
	if (status != 0)
		return report_refused(report, "");
	return report->acknowledged ? OUTCOME_DONE
				    : report_refused(report, "ended in order; no receipt was given");
}

static enum outcome verify(const struct place *place, struct report *report)
{
	static char said[4096];
	FILE *out = fmemopen(said, sizeof(said) - 1, "w");
	ENSURE(out);
	bool good = verify_store(place->config, out);
	fclose(out);
	return good ? OUTCOME_DONE : report_wrong(report, "verify: %.700s", said);
}

static enum outcome check(const struct place *place, struct report *report)
{
	struct store *store = NULL;
	struct fault fault = FAULT_NONE;
	struct message_row row;
	struct store_sqlite_options options = {.path = place->store};
	if (store_sqlite_open(&options, &fault, &store) != 0)
		return report_wrong(report, "%s", fault.text);
	bool is_there =
		store->interface->find_message(store, SPAN_LITERAL("web"), SPAN_LITERAL("m1"), &row) == 0;
	store->interface->destroy(&store);
	if (report->acknowledged && !is_there)
		return report_wrong(report, "the receipt's case is lost");
	return verify(place, report);
}

const struct scene scene_daemon = {
	.name = "daemon",
	.families = 1u << FAULTS_MEMORY | 1u << FAULTS_SYSTEM | 1u << FAULTS_SQLITE,
	.has_threads = true,
	.prepare = prepare,
	.play = play,
	.check = check,
};
