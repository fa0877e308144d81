#include "tests/torture/trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define TRIAL_SECONDS 120
#else
#define TRIAL_SECONDS 30
#endif

struct trials {
	const struct scene *scene;
	struct place place;
	struct report *report;
	int said; /* file that takes the children's standard error */
	uint64_t recovery_calls;
	/* Of a trial without a fault: what libraries keep for the process's life. */
	int64_t usual_blocks;
};

typedef enum outcome (*scene_fn)(const struct place *place, struct report *report);

enum outcome report_refused(struct report *self, const char *text)
{
	if (self->outcome == OUTCOME_WRONG)
		return OUTCOME_WRONG;
	snprintf(self->text, sizeof(self->text), "%s", text);
	return OUTCOME_REFUSED;
}

enum outcome report_wrong(struct report *self, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(self->text, sizeof(self->text), format, arguments);
	va_end(arguments);
	return self->outcome = OUTCOME_WRONG;
}

bool report_acknowledge(struct report *self, int64_t n)
{
	if (self->trace.sync_failed) {
		report_wrong(self, "number %lld was promised after a sync had failed", (long long)n);
		return false;
	}
	self->acknowledged = n;
	return true;
}

/* ---- the folder ---- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_place(struct place *place)
{
	const char *parent = getenv("TMPDIR");
	snprintf(place->base, sizeof(place->base), "%s/wenzheng-torture-XXXXXX",
		parent && *parent ? parent : "/tmp");
	ENSURE(mkdtemp(place->base));
	snprintf(place->folder, sizeof(place->folder), "%s/trial", place->base);
	snprintf(place->store, sizeof(place->store), "%s/wenzheng.db", place->folder);
	snprintf(place->config, sizeof(place->config), "%s/wenzhengd.yaml", place->base);
}

/* ---- in the child ---- */

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	ENSURE(folder);
	int count = 0;
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static _Noreturn void play(struct trials *self, scene_fn act, const struct fault_plan *plan)
{
	struct report *report = self->report;
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(TRIAL_SECONDS);
	/* Some libraries say their last word on standard output. */
	ENSURE(dup2(self->said, STDERR_FILENO) == STDERR_FILENO &&
		dup2(self->said, STDOUT_FILENO) == STDOUT_FILENO);
	int descriptors = count_descriptors();
	if (plan)
		faults_arm(plan, &report->trace);
	enum outcome outcome = act(&self->place, report);
	if (plan)
		faults_disarm();
	report->blocks = report->trace.blocks;
	report->descriptors = count_descriptors() - descriptors;
#ifdef __SANITIZE_ADDRESS__
	if (plan && outcome != OUTCOME_WRONG && __lsan_do_recoverable_leak_check())
		outcome = report_wrong(report, "memory was left behind");
#endif
	report->outcome = outcome;
	_exit(0);
}

/* ---- the judge ---- */

static void read_said(struct trials *self, char *text, size_t capacity)
{
	struct stat status;
	ENSURE(fstat(self->said, &status) == 0);
	/* The last words count. */
	off_t from = status.st_size > (off_t)capacity - 1 ? status.st_size - (off_t)capacity + 1 : 0;
	ssize_t size = pread(self->said, text, capacity - 1, from);
	text[size > 0 ? size : 0] = '\0';
}

static void forget_said(struct trials *self)
{
	ENSURE(ftruncate(self->said, 0) == 0 && lseek(self->said, 0, SEEK_SET) == 0);
}

/* By an assertion that a fault may lead to: ENSURE of ours, those of libzmq (which names its file), and what
 * libzmq, czmq, OpenPGM and C++ say when there is no memory, in one thread or in two at once. A REQUIRE names a caller that broke a contract,
 * and is a bug whatever the machine did; so is what the allocator says of its heap. */
static bool is_fair_abort(const char *said)
{
	static const char *const fair[] = {"assertion failed: ENSURE(", "(src/", ": src/zsys.c:", "bad_alloc",
		"terminate called recursively", "OUT OF MEMORY (malloc returned NULL)", "(pgm_malloc)"};
	static const char *const foul[] = {
		"failed: REQUIRE(", "failed: UNREACHABLE(", "corrupt", "free()", "malloc()", "*** "};
	bool is_fair = false;
	for (size_t i = 0; i < sizeof(fair) / sizeof(fair[0]); i++)
		is_fair = is_fair || strstr(said, fair[i]);
	for (size_t i = 0; i < sizeof(foul) / sizeof(foul[0]); i++)
		is_fair = is_fair && !strstr(said, foul[i]);
	return is_fair;
}

static enum trial_end bad(struct trial *trial, const char *what, const char *said)
{
	snprintf(trial->why, sizeof(trial->why), "%.60s: %.700s", what, said);
	return TRIAL_BAD;
}

static enum trial_end judge_outcome(struct trials *self, struct trial *trial, const char *said)
{
	const struct report *report = self->report;
	if (report->outcome == OUTCOME_WRONG)
		return bad(trial, "wrong", report->text[0] ? report->text : said);
	if (report->outcome == OUTCOME_REFUSED && !report->text[0] && !said[0])
		return bad(trial, "refused without a word", "");
	if (report->outcome == OUTCOME_NONE)
		return bad(trial, "no outcome", said);
	/* libzmq loses the socket whose option it could not set. */
	if (!self->scene->has_threads && report->descriptors > 0)
		return bad(trial, "descriptors were left open", said);
#ifndef __SANITIZE_ADDRESS__
	if (!self->scene->has_threads && self->usual_blocks >= 0 && report->blocks > self->usual_blocks)
		return bad(trial, "memory was left behind", said);
#endif
	snprintf(trial->why, sizeof(trial->why), "%s", report->text[0] ? report->text : said);
	return report->outcome == OUTCOME_DONE ? TRIAL_DONE : TRIAL_REFUSED;
}

static enum trial_end judge(struct trials *self, struct trial *trial, int status)
{
	char said[700], what[48];
	read_said(self, said, sizeof(said));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return judge_outcome(self, trial, said);
	if (self->report->outcome == OUTCOME_WRONG)
		return bad(trial, "wrong", self->report->text);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && is_fair_abort(said)) {
		snprintf(trial->why, sizeof(trial->why), "%s", said);
		return TRIAL_ABORTED;
	}
	if (WIFSIGNALED(status))
		snprintf(what, sizeof(what), "%s",
			WTERMSIG(status) == SIGALRM ? "hung" : strsignal(WTERMSIG(status)));
	else
		snprintf(what, sizeof(what), "ended with status %d", WEXITSTATUS(status));
	return bad(trial, what, said);
}

static enum trial_end act(
	struct trials *self, scene_fn scene, const struct fault_plan *plan, struct trial *trial)
{
	struct report *report = self->report;
	memset(&report->trace, 0, sizeof(report->trace));
	report->outcome = OUTCOME_NONE;
	report->text[0] = '\0';
	forget_said(self);
	fflush(NULL);
	pid_t child = fork();
	ENSURE(child >= 0);
	if (child == 0)
		play(self, scene, plan);
	int status = 0;
	while (waitpid(child, &status, 0) < 0)
		ENSURE(errno == EINTR);
	return judge(self, trial, status);
}

struct trials *trials_new(const struct scene *scene)
{
	struct trials *self = memory_new(1, sizeof(*self));
	self->scene = scene;
	self->report =
		mmap(NULL, sizeof(*self->report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ENSURE(self->report != MAP_FAILED);
	self->said = memfd_create("said", MFD_CLOEXEC);
	ENSURE(self->said >= 0);
	self->usual_blocks = -1;
	make_place(&self->place);
	if (scene->prepare)
		scene->prepare(&self->place);
	return self;
}

void trials_destroy(struct trials **self)
{
	remove_tree((*self)->place.base);
	munmap((*self)->report, sizeof(*(*self)->report));
	close((*self)->said);
	free(*self);
	*self = NULL;
}

void trials_run(struct trials *self, const struct fault_plan *plan, const struct fault_plan *recovery,
	struct trial *ret_trial)
{
	const struct scene *scene = self->scene;
	struct trial later = {0};
	remove_tree(self->place.folder);
	ENSURE(mkdir(self->place.folder, 0700) == 0);
	memset(self->report, 0, sizeof(*self->report));
	*ret_trial = (struct trial){0};
	ret_trial->end = act(self, scene->play, plan, ret_trial);
	struct fault_trace *trace = &self->report->trace;
	ret_trial->calls = trace->calls;
	ret_trial->struck = trace->failed > 0;
	memcpy(ret_trial->first, trace->first, sizeof(trace->first));
	if (ret_trial->end == TRIAL_DONE && !ret_trial->struck) {
		self->usual_blocks = self->report->blocks;
	}
	/* What libraries keep is another amount in another act. */
	int64_t blocks = self->usual_blocks;
	self->usual_blocks = -1;
	if (ret_trial->end != TRIAL_BAD && recovery) {
		later.end = act(self, scene->recover, recovery, &later);
		self->recovery_calls = trace->calls;
	}
	if (later.end != TRIAL_BAD && ret_trial->end != TRIAL_BAD && scene->check) {
		later.end = act(self, scene->check, NULL, &later);
		if (later.end != TRIAL_DONE)
			later.end = TRIAL_BAD;
	}
	self->usual_blocks = blocks;
	if (later.end == TRIAL_BAD) {
		ret_trial->end = TRIAL_BAD;
		snprintf(ret_trial->why, sizeof(ret_trial->why), "then: %.700s", later.why);
	}
}

uint64_t trials_recovery_calls(const struct trials *self)
{
	return self->recovery_calls;
}
