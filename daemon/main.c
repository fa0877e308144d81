#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/language.h"
#include "daemon/host/config.h"
#include "daemon/host/daemon.h"
#include "daemon/host/verify.h"
#include "locale/locale.h"

/* wenzhengd: a table of contents. Options, configuration, store, restart, sockets, READY, loop, STOPPING. */

static void print_help(void)
{
	printf(_("wenzhengd routes citizens' messages to the departments that owe them an answer.\n"
		 "\n"
		 "  wenzhengd [--config FILE]                 run (default %s)\n"
		 "  wenzhengd --check-config [--config FILE]  read everything, say what is in force, exit\n"
		 "  wenzhengd --verify [--config FILE]        check the store's history and texts, exit; also beside a running daemon\n"
		 "  wenzhengd --create-laboratory             run on a new store with a virtual clock, for demo, replay and tests\n"
		 "  wenzhengd --help-config                   the keys of the configuration file\n"
		 "  wenzhengd --version\n"
		 "\n"
		 "Signals: SIGHUP reads profile, principals and calendar again; SIGTERM ends in order.\n"
		 "Exit status: 0 done; 1 something is wrong and standard error says what; 2 the command line is.\n"),
		CONFIG_PATH_DEFAULT);
}

enum mode {
	MODE_RUN,
	MODE_CHECK_CONFIG,
	MODE_VERIFY,
	MODE_HELP,
	MODE_HELP_CONFIG,
	MODE_VERSION,
};

struct options {
	const char *config;
	enum mode mode;
	bool create_laboratory;
};

/* False: the command line is wrong at `*ret_wrong`. */
static bool parse_options(int argc, char **argv, struct options *ret_options, const char **ret_wrong)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{"verify", no_argument, NULL, 'v'},
		{"create-laboratory", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"help-config", no_argument, NULL, 'H'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;
	*ret_options = (struct options){.config = CONFIG_PATH_DEFAULT, .mode = MODE_RUN};
	while ((option = getopt_long(argc, argv, ":c:h", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			ret_options->config = optarg;
			break;
		case 'k':
			ret_options->mode = MODE_CHECK_CONFIG;
			break;
		case 'v':
			ret_options->mode = MODE_VERIFY;
			break;
		case 'l':
			ret_options->create_laboratory = true;
			break;
		case 'h':
			ret_options->mode = MODE_HELP;
			break;
		case 'H':
			ret_options->mode = MODE_HELP_CONFIG;
			break;
		case 'V':
			ret_options->mode = MODE_VERSION;
			break;
		default:
			*ret_wrong = argv[optind - 1];
			return false;
		}
	}
	*ret_wrong = argv[optind]; /* NULL at the end */
	return optind == argc;
}

static int run(const struct options *options)
{
	struct fault fault = FAULT_NONE;
	struct daemon *daemon = daemon_new();
	bool ready = daemon_configure(daemon, options->config, &fault) &&
		     daemon_open_store(daemon, options->create_laboratory, &fault) &&
		     daemon_restore(daemon, &fault) && daemon_open_sockets(daemon, &fault);
	if (!ready)
		fprintf(stderr, "<3>wenzhengd: %s\n", fault.text);
	int status = ready && daemon_run(daemon) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	daemon_destroy(&daemon);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	const char *wrong;
	digest_start();
	if (!parse_options(argc, argv, &options, &wrong)) {
		locale_start();
		fprintf(stderr, _("wenzhengd: \"%s\" cannot stand so; see wenzhengd --help\n"), wrong);
		return 2;
	}
	/* The running daemon's log is the same everywhere; the other modes answer whoever called them. */
	if (options.mode != MODE_RUN)
		locale_start();
	switch (options.mode) {
	case MODE_RUN:
		return run(&options);
	case MODE_CHECK_CONFIG:
		return config_check(options.config, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	case MODE_VERIFY:
		return verify_store(options.config, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	case MODE_HELP:
		print_help();
		return EXIT_SUCCESS;
	case MODE_HELP_CONFIG:
		config_print_help(stdout);
		return EXIT_SUCCESS;
	case MODE_VERSION:
		puts("wenzhengd " WENZHENG_VERSION);
		return EXIT_SUCCESS;
	}
	return 2;
}
