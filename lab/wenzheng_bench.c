#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "lab/bench_run.h"
#include "lab/directory.h"
#include "lab/site.h"

/* wenzheng-bench: portal and worker in one program, against a daemon of its own or one that runs. */

struct options {
	struct bench_options bench;
	const char *profile; /* of --self */
	const char *department;
	const char *portal, *worker;
	const char *server_key, *portal_key, *worker_key;
	bool self;
	bool help;
};

static const char help[] =
	"Usage: wenzheng-bench pub|rt W N --self --profile FILE.yaml [--department D]\n"
	"       wenzheng-bench pub|rt W N --portal tcp://… --server-key FILE --portal-key FILE\n"
	"                                [--worker tcp://… --worker-key FILE] --department D\n"
	"Pushes N messages of 1 KiB through a daemon, W of them (at most 400) on their way at any time.\n"
	"  pub   receipts: each means that the case is on stable storage\n"
	"  rt    round trips: receipt, offer, take, a reply of 200 bytes, and its event back at the portal\n"
	"\n"
	"  --self              start a daemon in a temporary folder (TMPDIR), on an ordinary store\n"
	"  --profile FILE      its policy\n"
	"  --department D      whom the messages go to; default with --self: the profile's first. On a running daemon\n"
	"                      this takes whatever is offered for the department: use one that nobody needs\n"
	"  --server-key FILE   the daemon's public key (NAME.key); the others are NAME.key_secret\n"
	"Prints one line of key=value: per second, milliseconds to the receipt and until done, and processor time per\n"
	"message of this program and, with --self, of the daemon.\n";

static bool parse_number(const char *text, uint32_t most, uint32_t *ret_number)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	if (end == text || *end || number < 1 || number > most)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static bool parse_words(char **words, int count, struct bench_options *bench)
{
	if (count != 3)
		return false;
	bench->test = strcmp(words[0], "rt") == 0 ? BENCH_RT : BENCH_PUB;
	return (bench->test == BENCH_RT || strcmp(words[0], "pub") == 0) &&
	       parse_number(words[1], BENCH_WINDOW_MAX, &bench->window) &&
	       parse_number(words[2], BENCH_COUNT_MAX, &bench->count);
}

static bool is_complete(const struct options *options)
{
	if (options->self)
		return options->profile;
	bool worker = options->worker && options->worker_key;
	return options->portal && options->server_key && options->portal_key && options->department &&
	       (worker || options->bench.test == BENCH_PUB);
}

static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"self", no_argument, NULL, 's'},
		{"profile", required_argument, NULL, 'p'},
		{"department", required_argument, NULL, 'd'},
		{"portal", required_argument, NULL, 'P'},
		{"worker", required_argument, NULL, 'W'},
		{"server-key", required_argument, NULL, '1'},
		{"portal-key", required_argument, NULL, '2'},
		{"worker-key", required_argument, NULL, '3'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 's':
			options->self = true;
			break;
		case 'p':
			options->profile = optarg;
			break;
		case 'd':
			options->department = optarg;
			break;
		case 'P':
			options->portal = optarg;
			break;
		case 'W':
			options->worker = optarg;
			break;
		case '1':
			options->server_key = optarg;
			break;
		case '2':
			options->portal_key = optarg;
			break;
		case '3':
			options->worker_key = optarg;
			break;
		case 'h':
			options->help = true;
			return fputs(help, stdout) >= 0;
		default:
			return false;
		}
	}
	return parse_words(argv + optind, argc - optind, &options->bench) && is_complete(options);
}

/* ---- the two ends ---- */

struct ends {
	struct wire_context *context;
	struct site *site;
	struct peer *portal;
	struct peer *worker;
	char department[DEPARTMENT_ID_SIZE_MAX + 1];
};

static bool connect_own(struct ends *self, enum site_role role, struct peer **ret_peer, struct fault *fault)
{
	struct peer_options options = {
		.role = site_role_name(role),
		.endpoint = site_endpoint(self->site, role),
		.server_key = *site_server_key(self->site),
		.keys = site_keys(self->site, role),
	};
	return peer_new(self->context, &options, ret_peer, fault);
}

static bool open_own(struct ends *self, const struct options *options, struct fault *fault)
{
	struct site_options site = {.profile = options->profile};
	return site_start(&site, &self->site, fault) &&
	       connect_own(self, SITE_PORTAL, &self->portal, fault) &&
	       directory_choose(
		       self->portal, site_child(self->site), options->department, self->department, fault) &&
	       site_admit_worker(self->site, span_of_string(self->department), fault) &&
	       (options->bench.test == BENCH_PUB || connect_own(self, SITE_WORKER, &self->worker, fault));
}

static bool connect_running(struct ends *self, const char *role, const char *endpoint, const char *server_key,
	const char *key, struct peer **ret_peer, struct fault *fault)
{
	struct wire_key_pair keys;
	struct peer_options options = {.role = role, .endpoint = endpoint, .keys = &keys};
	bool good = wire_key_load(server_key, &options.server_key, fault) &&
		    wire_key_pair_load(key, WIRE_KEY_GUARDED_BY_MODE, &keys, fault) &&
		    peer_new(self->context, &options, ret_peer, fault);
	wire_key_pair_wipe(&keys);
	return good;
}

static bool open_running(struct ends *self, const struct options *options, struct fault *fault)
{
	if (!span_copy(span_of_string(options->department), self->department, sizeof(self->department)))
		return fault_set(fault, "%s: is not a department's id", options->department);
	return connect_running(self, "portal", options->portal, options->server_key, options->portal_key,
		       &self->portal, fault) &&
	       (options->bench.test == BENCH_PUB ||
		       connect_running(self, "worker", options->worker, options->server_key,
			       options->worker_key, &self->worker, fault));
}

static void close_ends(struct ends *self)
{
	peer_destroy(&self->portal);
	peer_destroy(&self->worker);
	site_stop(&self->site);
	wire_context_destroy(&self->context);
}

/* ---- processor time ---- */

static double own_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* 0 when it cannot be told. */
static double seconds_of(const struct site *site)
{
	char path[64], line[1024];
	unsigned long user = 0, system = 0;
	if (!site)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)child_pid(site_child(site)));
	FILE *file CLEANUP(cleanup_fclose) = fopen(path, "re");
	const char *rest = file && fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (!rest ||
		sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		return 0;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- the work ---- */

static bool measure(struct ends *ends, const struct options *options, struct fault *fault)
{
	struct bench_options bench = options->bench;
	struct bench_result result;
	uint64_t number;
	char run[32];
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return fault_set(fault, "no random number to be had");
	snprintf(run, sizeof(run), "bench-%016" PRIx64, number);
	bench.run = run;
	bench.department = ends->department;
	bench.portal = ends->portal;
	bench.worker = ends->worker;
	bench.child = ends->site ? site_child(ends->site) : NULL;
	double own = own_seconds(), server = seconds_of(ends->site);
	if (!bench_run(&bench, &result, fault))
		return false;
	double per_message = 1e6 / bench.count;
	printf("peer=wenzhengd test=%s W=%u n=%u sec=%.3f rate=%.1f p50_ms=%.2f p99_ms=%.2f receipt_p50_ms=%.2f "
	       "receipt_p99_ms=%.2f client_us=%.1f",
		bench.test == BENCH_RT ? "rt" : "pub", bench.window, bench.count, result.seconds,
		bench.count / result.seconds, result.p50_ms, result.p99_ms, result.receipt_p50_ms,
		result.receipt_p99_ms, (own_seconds() - own) * per_message);
	if (ends->site)
		printf(" server_us=%.1f", (seconds_of(ends->site) - server) * per_message);
	printf("\n");
	if (fflush(stdout) != 0 || ferror(stdout))
		return fault_set(fault, "cannot write the figures to standard output");
	return true;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct fault fault = FAULT_NONE;
	struct ends ends = {0};
	if (!parse_options(argc, argv, &options)) {
		fprintf(stderr, "wenzheng-bench: see wenzheng-bench --help\n");
		return 2;
	}
	if (options.help)
		return EXIT_SUCCESS;
	digest_start();
	ends.context = wire_context_new();
	bool good = ends.context || fault_set(&fault, "no ZeroMQ context to be had");
	if (good)
		good = (options.self ? open_own : open_running)(&ends, &options, &fault) &&
		       measure(&ends, &options, &fault);
	close_ends(&ends);
	if (!good)
		fprintf(stderr, "wenzheng-bench: %s\n", fault.text);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
