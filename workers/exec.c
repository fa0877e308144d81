#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "locale/locale.h"
#include "workers/exec_worker.h"

/* wenzheng-worker-exec: a command answers a department's cases. */

#define CREDIT_USUAL	  1
#define CREDIT_PARALLEL	  256 /* commands at once: more is no matter of one machine */
#define TIMEOUT_S_USUAL	  300
#define RETRY_S_USUAL	  10
#define RETRY_S_MAX_USUAL 3600
#define GRACE_S_USUAL	  30
#define SECONDS_MAX	  86400

static void print_help(void)
{
	fputs(_("wenzheng-worker-exec takes a department's cases and lets a command answer them.\n"
		"\n"
		"  wenzheng-worker-exec --department ID [OPTIONS] -- COMMAND [ARGUMENTS]\n"
		"\n"
		"  --department ID       serve it; may be given several times; without it, all that the key serves\n"
		"  --credit N            commands at once, 1 to 256 (1)\n"
		"  --command-timeout S   a command that runs longer is stopped, and the case failed (300)\n"
		"  --retry S             the first pause after exit status 75, doubled each time (10) …\n"
		"  --retry-max S         … up to this (3600)\n"
		"  --grace S             at SIGTERM, how long running commands may take to end (30)\n"
		"  --custody WHOSE       department (usual): what was taken stays with the department, and whoever of us\n"
		"                        starts next works on it. process: what we took is offered to others when we\n"
		"                        end; for several of these programs side by side\n"
		"\n"),
		stdout);
	tool_print_options(TOOL_WORKER_ENDPOINT, "worker");
	fputs(_("\n"
		"The command gets the case as one JSON object on standard input: case, epoch, department, title, body,\n"
		"class, received, due, provisional, attempt; category, region, portal, final where there are any. Times\n"
		"are RFC 3339. Its exit status says what comes of the case:\n"
		"\n"
		"  0    standard output is the final reply (UTF-8, at most 64 KiB)\n"
		"  75   not now: the case stays taken, and the command is run again later\n"
		"  69   not ours: the case is returned; standard error is the reason\n"
		"  else, a signal, no output or too much: the case is failed and parked at triage, with the reason\n"
		"\n"
		"A case may come twice when something broke in between; `case` tells.\n"
		"\n"
		"  wenzheng-worker-exec --department water -- ./answer.py\n"
		"  wenzheng-worker-exec --department edu --credit 4 -- jq -r '\"已收到：\" + .title'\n"
		"\n"
		"Exit status: 0 ended by SIGTERM or SIGINT; 1 cannot work; 2 the command line is wrong; 4 the key is\n"
		"refused.\n"),
		stdout);
}

enum own_option {
	OPTION_DEPARTMENT = TOOL_OPTION_OWN,
	OPTION_CREDIT,
	OPTION_COMMAND_TIMEOUT,
	OPTION_RETRY,
	OPTION_RETRY_MAX,
	OPTION_GRACE,
	OPTION_CUSTODY
};

struct command_line {
	struct exec_options exec;
	const char *departments[DEPARTMENTS_PER_PRINCIPAL_MAX];
};

static bool parse_seconds(const struct tool *tool, const char *option, int64_t min, int64_t *ret_ms)
{
	int64_t seconds;
	if (!tool_number(tool, option, optarg, min, SECONDS_MAX, &seconds))
		return false;
	*ret_ms = seconds * 1000;
	return true;
}

static bool add_department(struct command_line *line)
{
	struct wz_worker_options *worker = &line->exec.worker;
	if (worker->departments_count == DEPARTMENTS_PER_PRINCIPAL_MAX) {
		tool_usage(line->exec.tool, _("--department: more than %d"), DEPARTMENTS_PER_PRINCIPAL_MAX);
		return false;
	}
	line->departments[worker->departments_count++] = optarg;
	worker->departments = line->departments;
	return true;
}

static bool parse_custody(struct command_line *line)
{
	bool process = strcmp(optarg, "process") == 0;
	line->exec.worker.custody = process ? WZ_CUSTODY_PROCESS : WZ_CUSTODY_DEPARTMENT;
	if (process || strcmp(optarg, "department") == 0)
		return true;
	tool_usage(line->exec.tool, _("--custody: '%s' is neither department nor process"), optarg);
	return false;
}

/* True: it was one of ours and right. */
static bool parse_own(struct command_line *line, int option, char **argv)
{
	struct exec_options *exec = &line->exec;
	switch (option) {
	case OPTION_DEPARTMENT:
		return add_department(line);
	case OPTION_CREDIT:
		return tool_number(exec->tool, "credit", optarg, 1, CREDIT_PARALLEL, &exec->worker.credit);
	case OPTION_COMMAND_TIMEOUT:
		return parse_seconds(exec->tool, "command-timeout", 1, &exec->timeout_ms);
	case OPTION_RETRY:
		return parse_seconds(exec->tool, "retry", 1, &exec->retry_ms);
	case OPTION_RETRY_MAX:
		return parse_seconds(exec->tool, "retry-max", 1, &exec->retry_ms_max);
	case OPTION_GRACE:
		return parse_seconds(exec->tool, "grace", 0, &exec->grace_ms);
	case OPTION_CUSTODY:
		return parse_custody(line);
	default:
		tool_wrong_option(exec->tool, option, argv);
		return false;
	}
}

static bool is_program(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* A command that is not there would fail every case: that is said before the first one is taken. */
static bool can_be_run(const char *command)
{
	char path[4096];
	const char *folders = getenv("PATH");
	if (strchr(command, '/'))
		return is_program(command);
	for (const char *at = folders ? folders : "/bin:/usr/bin"; *at;) {
		size_t size = strcspn(at, ":");
		int n = snprintf(path, sizeof(path), "%.*s/%s", (int)size, size ? at : ".", command);
		if (n > 0 && (size_t)n < sizeof(path) && is_program(path))
			return true;
		at += size + (at[size] == ':');
	}
	return false;
}

/* -1: go on; else the exit status. */
static int parse(struct command_line *line, int argc, char **argv)
{
	static const struct option known[] = {
		TOOL_OPTIONS,
		{"department", required_argument, NULL, OPTION_DEPARTMENT},
		{"credit", required_argument, NULL, OPTION_CREDIT},
		{"command-timeout", required_argument, NULL, OPTION_COMMAND_TIMEOUT},
		{"retry", required_argument, NULL, OPTION_RETRY},
		{"retry-max", required_argument, NULL, OPTION_RETRY_MAX},
		{"grace", required_argument, NULL, OPTION_GRACE},
		{"custody", required_argument, NULL, OPTION_CUSTODY},
		{NULL, 0, NULL, 0},
	};
	struct tool *tool = line->exec.tool;
	int option;
	/* "+": the command's own options are not ours. */
	while ((option = getopt_long(argc, argv, "+" TOOL_SHORT_OPTIONS, known, NULL)) != -1) {
		switch (tool_parse(tool, option, optarg)) {
		case TOOL_PARSED:
			continue;
		case TOOL_WRONG:
			return TOOL_USAGE;
		case TOOL_WANTS_HELP:
			print_help();
			return TOOL_DONE;
		case TOOL_WANTS_VERSION:
			return TOOL_DONE;
		case TOOL_NOT_OURS:
			break;
		}
		if (!parse_own(line, option, argv))
			return TOOL_USAGE;
	}
	if (optind == argc)
		return tool_usage(tool, _("a command is needed, after --"));
	line->exec.arguments = argv + optind;
	if (!can_be_run(argv[optind]))
		return tool_usage(tool, _("%s: there is no such program that we may run"), argv[optind]);
	return -1;
}

/* Pipes must not get the numbers that the command's three streams have. */
static void open_standard_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct tool tool;
	open_standard_streams();
	locale_start();
	tool_init(&tool, "wenzheng-worker-exec", TOOL_WORKER_ENDPOINT, "worker");
	struct command_line line = {.exec = {.tool = &tool,
					    .worker = {.credit = CREDIT_USUAL},
					    .timeout_ms = TIMEOUT_S_USUAL * 1000,
					    .retry_ms = RETRY_S_USUAL * 1000,
					    .retry_ms_max = RETRY_S_MAX_USUAL * 1000,
					    .grace_ms = GRACE_S_USUAL * 1000}};
	int status = parse(&line, argc, argv);
	if (status < 0)
		status = exec_worker(&line.exec);
	tool_deinit(&tool);
	return status;
}
