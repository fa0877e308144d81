#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/language.h"
#include "daemon/host/backup.h"
#include "daemon/host/config.h"
#include "daemon/host/daemon.h"
#include "daemon/host/export.h"
#include "daemon/host/restore.h"
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
		 "  wenzhengd --backup [--to FOLDER] [--keep N]\n"
		 "                                            copy the store and verify the copy; also beside a running daemon\n"
		 "  wenzhengd --restore FILE [--discard-newer RECORD]\n"
		 "                                            put a backup in the store's place, while no daemon runs\n"
		 "  wenzhengd --export FOLDER [--from BACKUP] [--with-texts] [--with-contacts]\n"
		 "                                            the store as lines of JSON; also beside a running daemon\n"
		 "  wenzhengd --create-laboratory             run on a new store with a virtual clock, for demo, replay and tests\n"
		 "  wenzhengd --help-config                   the keys of the configuration file\n"
		 "  wenzhengd --version\n"
		 "\n"
		 "--backup, --restore and --export take --json: what was done on standard output, for programs.\n"
		 "Signals: SIGHUP reads profile, principals and calendar again; SIGTERM ends in order.\n"
		 "Exit status: 0 done; 1 something is wrong and standard error says what; 2 the command line is.\n"),
		CONFIG_PATH_DEFAULT);
}

enum mode {
	MODE_RUN,
	MODE_CHECK_CONFIG,
	MODE_VERIFY,
	MODE_BACKUP,
	MODE_RESTORE,
	MODE_EXPORT,
	MODE_HELP,
	MODE_HELP_CONFIG,
	MODE_VERSION,
};

struct options {
	const char *config;
	enum mode mode;
	bool create_laboratory;
	struct backup_options backup;
	struct restore_options restore;
	struct export_options export;
};

#define KEEP_MAX   1000000
#define FOR(mode_) (1u << (mode_))

static bool read_keep(const char *text, int64_t *ret_keep)
{
	char *end;
	long number = strtol(text, &end, 10);
	if (end == text || *end || number < 1 || number > KEEP_MAX)
		return false;
	*ret_keep = number;
	return true;
}

/* What goes with one mode only; `modes` loses those that it does not go with. */
static bool parse_detail(int option, struct options *options, unsigned *modes)
{
	switch (option) {
	case 't':
		options->backup.folder = optarg;
		*modes &= FOR(MODE_BACKUP);
		return true;
	case 'n':
		*modes &= FOR(MODE_BACKUP);
		return read_keep(optarg, &options->backup.keep);
	case 'd':
		options->restore.discard = optarg;
		*modes &= FOR(MODE_RESTORE);
		return true;
	case 'f':
		options->export.from = optarg;
		*modes &= FOR(MODE_EXPORT);
		return true;
	case 'T':
		options->export.texts = true;
		*modes &= FOR(MODE_EXPORT);
		return true;
	case 'C':
		options->export.contacts = true;
		*modes &= FOR(MODE_EXPORT);
		return true;
	case 'j':
		options->backup.json = options->restore.json = options->export.json = true;
		*modes &= FOR(MODE_BACKUP) | FOR(MODE_RESTORE) | FOR(MODE_EXPORT);
		return true;
	default:
		return false;
	}
}

static bool parse_mode(int option, struct options *options)
{
	static const struct {
		int option;
		enum mode mode;
	} modes[] = {{'k', MODE_CHECK_CONFIG}, {'v', MODE_VERIFY}, {'b', MODE_BACKUP}, {'r', MODE_RESTORE},
		{'e', MODE_EXPORT}, {'h', MODE_HELP}, {'H', MODE_HELP_CONFIG}, {'V', MODE_VERSION}};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].option != option)
			continue;
		options->mode = modes[i].mode;
		if (option == 'r')
			options->restore.file = optarg;
		else if (option == 'e')
			options->export.folder = optarg;
		return true;
	}
	return false;
}

/* False: the command line is wrong at `*ret_wrong`. */
static bool parse_options(int argc, char **argv, struct options *ret_options, const char **ret_wrong)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{"verify", no_argument, NULL, 'v'},
		{"backup", no_argument, NULL, 'b'},
		{"to", required_argument, NULL, 't'},
		{"keep", required_argument, NULL, 'n'},
		{"restore", required_argument, NULL, 'r'},
		{"discard-newer", required_argument, NULL, 'd'},
		{"export", required_argument, NULL, 'e'},
		{"from", required_argument, NULL, 'f'},
		{"with-texts", no_argument, NULL, 'T'},
		{"with-contacts", no_argument, NULL, 'C'},
		{"json", no_argument, NULL, 'j'},
		{"create-laboratory", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"help-config", no_argument, NULL, 'H'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;
	unsigned modes = ~0u;
	*ret_options = (struct options){.config = CONFIG_PATH_DEFAULT, .mode = MODE_RUN};
	while ((option = getopt_long(argc, argv, ":c:h", known, NULL)) != -1) {
		if (option == 'c')
			ret_options->config = optarg;
		else if (option == 'l')
			ret_options->create_laboratory = true;
		else if (!parse_mode(option, ret_options) && !parse_detail(option, ret_options, &modes)) {
			*ret_wrong = argv[optind - 1];
			return false;
		}
	}
	ret_options->backup.config = ret_options->restore.config = ret_options->export.config =
		ret_options->config;
	*ret_wrong = argv[optind]; /* NULL at the end: the options do not go together */
	return optind == argc && (modes & FOR(ret_options->mode));
}

static int run(const struct options *options)
{
	struct fault fault = FAULT_NONE;
	struct daemon *daemon = daemon_new();
	bool ready = daemon_configure(daemon, options->config, &fault) &&
		     daemon_open_store(daemon, options->create_laboratory, &fault) &&
		     daemon_restore(daemon, &fault) && daemon_open_sockets(daemon, &fault);
	if (!ready)
		daemon_say_not_started(daemon, &fault);
	int status = ready && daemon_run(daemon) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	daemon_destroy(&daemon);
	return status;
}

/* A report that could not be written is no good one. */
static int finish(bool good)
{
	bool written = fflush(stdout) == 0 && !ferror(stdout);
	if (!written)
		fputs(_("wenzhengd: cannot write to standard output\n"), stderr);
	return good && written ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int end(bool is_done, const struct fault *fault)
{
	/* First, so that a terminal shows both in their order. */
	bool is_said = fflush(stdout) == 0;
	if (!is_done)
		fprintf(stderr, "wenzhengd: %s\n", fault->text);
	else if (!is_said)
		fputs(_("wenzhengd: output: it is done, and could not be said on standard output\n"), stderr);
	return is_done && is_said ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct fault fault = FAULT_NONE;
	struct options options;
	const char *wrong;
	digest_start();
	if (!parse_options(argc, argv, &options, &wrong)) {
		locale_start();
		if (wrong)
			fprintf(stderr, _("wenzhengd: \"%s\" cannot stand so; see wenzhengd --help\n"),
				wrong);
		else
			fputs(_("wenzhengd: these options do not go together; see wenzhengd --help\n"),
				stderr);
		return 2;
	}
	/* The running daemon's log is the same everywhere, and so is what programs read; the other modes
	 * answer whoever called them. */
	if (options.mode != MODE_RUN && !options.backup.json)
		locale_start();
	switch (options.mode) {
	case MODE_RUN:
		return run(&options);
	case MODE_CHECK_CONFIG:
		return finish(config_check(options.config, stdout));
	case MODE_VERIFY:
		return finish(verify_store(options.config, stdout));
	case MODE_BACKUP:
		return end(backup_make(&options.backup, &fault), &fault);
	case MODE_RESTORE:
		return end(restore_backup(&options.restore, &fault), &fault);
	case MODE_EXPORT:
		return end(export_store(&options.export, &fault), &fault);
	case MODE_HELP:
		print_help();
		return finish(true);
	case MODE_HELP_CONFIG:
		config_print_help(stdout);
		return finish(true);
	case MODE_VERSION:
		puts("wenzhengd " WENZHENG_VERSION);
		return finish(true);
	}
	return 2;
}
