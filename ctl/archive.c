#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "ctl/command_line.h"
#include "ctl/commands.h"
#include "ctl/daemon_program.h"
#include "ctl/exit_status.h"

/*
 * wenzhengctl backup, restore, export: the operator's doors to what only the daemon's own program may do,
 * which is to open the store. It takes this process's place, so that signals, terminal and exit status are
 * its own.
 */
#define WORDS_MAX 16

struct call {
	const char *words[WORDS_MAX];
	size_t count;
};

static void add(struct call *self, const char *word)
{
	REQUIRE(self->count + 1 < WORDS_MAX);
	self->words[self->count++] = word;
}

static void add_option(struct call *self, const char *option, const char *value)
{
	if (!value)
		return;
	add(self, option);
	add(self, value);
}

static void add_flag(struct call *self, const char *option, bool is_given)
{
	if (is_given)
		add(self, option);
}

static int run_daemon(const struct command *command, struct call *call)
{
	struct buffer path = BUFFER_NULL;
	call->words[call->count] = NULL;
	/* The words are ours or the caller's argv, which execv does not change. */
	if (daemon_program_find(&path))
		execv(buffer_string(&path), (char *const *)(const void *)call->words);
	int status = command_failed(command, _("%s: %s"), buffer_string(&path), language_error(errno));
	buffer_deinit(&path);
	return status;
}

static void add_shared(struct call *call, const struct settings *settings, const char *config)
{
	add_option(call, "--config", config);
	add_flag(call, "--json", settings->json);
}

int ctl_backup(int argc, char **argv)
{
	const char *config = NULL, *folder = NULL, *keep = NULL;
	const struct command_option options[] = {
		{"to", N_("FOLDER"), N_("where to; else the configuration's `backup`"), &folder, NULL},
		{"keep", N_("N"), N_("leave the newest N backups of this store there"), &keep, NULL},
		{"config", N_("FILE"), N_("the daemon's configuration"), &config, NULL},
		{.name = NULL},
	};
	const struct command command = {
		.name = "backup",
		.words = "",
		.help = N_(
			"Copies the store beside the running daemon and verifies the copy. What has its name is whole."),
		.examples = "  wenzhengctl backup\n"
			    "  wenzhengctl backup --to /mnt/backup --keep 30",
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	struct call call = {{"wenzhengd", "--backup"}, 2};
	add_option(&call, "--to", folder);
	add_option(&call, "--keep", keep);
	add_shared(&call, &settings, config);
	return run_daemon(&command, &call);
}

int ctl_restore(int argc, char **argv)
{
	const char *config = NULL, *discard = NULL;
	const struct command_option options[] = {
		{"discard-newer", N_("RECORD"),
			N_("give up what the backup has not: the store's last record"), &discard, NULL},
		{"config", N_("FILE"), N_("the daemon's configuration"), &config, NULL},
		{.name = NULL},
	};
	const struct command command = {
		.name = "restore",
		.words = N_("BACKUP"),
		.words_min = 1,
		.words_max = 1,
		.help = N_(
			"Puts a backup in the store's place, while no daemon runs. What was there is kept beside it."),
		.examples = "  systemctl stop wenzhengd\n"
			    "  wenzhengctl restore /var/lib/wenzheng/backup/wenzheng-20261127T150909Z.db",
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	struct call call = {{"wenzhengd", "--restore", settings.words[0]}, 3};
	add_option(&call, "--discard-newer", discard);
	add_shared(&call, &settings, config);
	return run_daemon(&command, &call);
}

int ctl_export(int argc, char **argv)
{
	const char *config = NULL, *from = NULL;
	bool texts = false, contacts = false;
	const struct command_option options[] = {
		{"from", N_("BACKUP"), N_("of a backup: as things stood then"), &from, NULL},
		{"with-texts", NULL, N_("with what citizens and departments wrote"), NULL, &texts},
		{"with-contacts", NULL, N_("with the closed boxes of contact details"), NULL, &contacts},
		{"config", N_("FILE"), N_("the daemon's configuration"), &config, NULL},
		{.name = NULL},
	};
	const struct command command = {
		.name = "export",
		.words = N_("FOLDER"),
		.words_min = 1,
		.words_max = 1,
		.help = N_(
			"The store of one moment as lines of JSON, with a manifest, in a new folder in FOLDER."),
		.examples =
			"  wenzhengctl export /srv/exports\n"
			"  wenzhengctl export /srv/exports --with-texts --from wenzheng-20261127T150909Z.db",
		.options = options,
	};
	struct settings settings;
	int status;
	if (!command_line_read(&command, argc, argv, &settings, &status))
		return status;
	struct call call = {{"wenzhengd", "--export", settings.words[0]}, 3};
	add_option(&call, "--from", from);
	add_flag(&call, "--with-texts", texts);
	add_flag(&call, "--with-contacts", contacts);
	add_shared(&call, &settings, config);
	return run_daemon(&command, &call);
}
