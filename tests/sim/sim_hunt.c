#include "tests/sim/sim_hunt.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "tests/sim/sim.h"

#define JOBS_MAX     64
#define SEED_S_MAX   120 /* a seed that takes longer goes round in circles: SIGALRM ends it */
#define SHRINK_PARTS 8
#define PROGRESS_S   30

/* What a job tells the hunt, in memory they share. */
struct job {
	uint64_t seed, done;
	uint64_t messages, rungs, losses, parked, left_behind, starts, due_changes;
	int64_t virtual_us;
};

struct jobs {
	struct job *told;     /* shared */
	pid_t pids[JOBS_MAX]; /* 0: has ended */
};

static int64_t now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The child's crashes are part of the game: what it says of them goes nowhere, and no core is kept. */
static pid_t fork_quietly(void)
{
	fflush(NULL);
	pid_t pid = fork();
	ENSURE(pid >= 0);
	if (pid != 0)
		return pid;
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	ENSURE(freopen("/dev/null", "w", stderr));
	return 0;
}

/* ---- shrinking ---- */

static bool fails(const struct sim_options *options)
{
	pid_t pid = fork_quietly();
	if (pid == 0) {
		alarm(SEED_S_MAX);
		sim_run(options);
		exit(0);
	}
	int status;
	ENSURE(waitpid(pid, &status, 0) == pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Fewer steps can pass and still fewer fail again: so a few lengths are tried before the bisection. */
static void shrink_steps(struct sim_options *options)
{
	struct sim_options shorter = *options;
	for (uint64_t part = 1; part < SHRINK_PARTS; part++) {
		shorter.steps = options->steps * part / SHRINK_PARTS;
		if (shorter.steps > 0 && fails(&shorter)) {
			options->steps = shorter.steps;
			return shrink_steps(options);
		}
	}
	uint64_t passes = options->steps * (SHRINK_PARTS - 1) / SHRINK_PARTS;
	while (passes + 1 < options->steps) {
		shorter.steps = passes + (options->steps - passes) / 2;
		if (fails(&shorter))
			options->steps = shorter.steps;
		else
			passes = shorter.steps;
	}
}

static void shrink_faults(struct sim_options *options)
{
	for (uint32_t kind = 0; kind < FAULT_END; kind++) {
		struct sim_options calmer = *options;
		calmer.without |= UINT32_C(1) << kind;
		if (calmer.without != options->without && fails(&calmer))
			*options = calmer;
	}
}

static void report(uint64_t seed, const struct hunt *hunt)
{
	struct sim_options options = {.seed = seed, .steps = hunt->steps, .without = hunt->without};
	char kinds[512];
	printf("seed %" PRIu64 " fails; shrinking\n", seed);
	if (fails(&options)) {
		shrink_steps(&options);
		shrink_faults(&options);
		shrink_steps(&options);
	} else {
		printf("it does not fail again by itself: two runs differ\n");
	}
	sim_faults_print(~options.without & ((UINT32_C(1) << FAULT_END) - 1), kinds, sizeof(kinds));
	printf("shortest failing run: %" PRIu64 " of %" PRIu64 " steps, with %s\n", options.steps,
		hunt->steps, *kinds ? kinds : "no faults");
	fflush(NULL);
	pid_t pid = fork();
	ENSURE(pid >= 0);
	if (pid == 0) {
		struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		dup2(STDOUT_FILENO, STDERR_FILENO);
		alarm(SEED_S_MAX);
		sim_run(&options);
		exit(0);
	}
	ENSURE(waitpid(pid, NULL, 0) == pid);
	sim_faults_print(options.without, kinds, sizeof(kinds));
	printf("replay: test-sim --seed %" PRIu64 " --steps %" PRIu64 "%s%s\n", seed, options.steps,
		*kinds ? " --without " : "", kinds);
}

/* ---- many seeds ---- */

static void run_job(const struct hunt *hunt, struct job *job, unsigned number, int64_t until_s)
{
	for (uint64_t i = number; hunt->minutes ? now_s() < until_s : i < hunt->seeds; i += hunt->jobs) {
		struct sim_options options = {
			.seed = hunt->first + i, .steps = hunt->steps, .without = hunt->without};
		job->seed = options.seed;
		alarm(SEED_S_MAX);
		struct sim_result result = sim_run(&options);
		job->messages += result.messages;
		job->rungs += result.rungs;
		job->losses += result.losses;
		job->parked += result.parked;
		job->left_behind += result.left_behind;
		job->starts += result.starts;
		job->due_changes += result.due_changes;
		job->virtual_us += result.virtual_us;
		job->done++;
	}
}

static struct job sum(const struct job *jobs, unsigned count)
{
	struct job all = {0};
	for (unsigned i = 0; i < count; i++) {
		all.done += jobs[i].done;
		all.messages += jobs[i].messages;
		all.rungs += jobs[i].rungs;
		all.losses += jobs[i].losses;
		all.parked += jobs[i].parked;
		all.left_behind += jobs[i].left_behind;
		all.starts += jobs[i].starts;
		all.due_changes += jobs[i].due_changes;
		all.virtual_us += jobs[i].virtual_us;
	}
	return all;
}

static void print_sum(const struct hunt *hunt, const struct job *jobs, const char *word)
{
	struct job all = sum(jobs, hunt->jobs);
	double days = (double)all.virtual_us / (double)US_PER_DAY;
	printf("%" PRIu64 " seeds from %" PRIu64 " %s: %" PRIu64 " messages, %" PRIu64 " starts, %" PRIu64
	       " rungs, %" PRIu64 " due moments moved, %" PRIu64 " holders lost, %" PRIu64
	       " cases parked, %" PRIu64
	       " taken from departments that are no more, %.0f virtual days a seed\n",
		all.done, hunt->first, word, all.messages, all.starts, all.rungs, all.due_changes, all.losses,
		all.parked, all.left_behind, all.done ? days / (double)all.done : 0);
	fflush(stdout);
}

/* Waits for one of our children to end; false when none is left. */
static bool next_ended(const struct hunt *hunt, struct jobs *jobs, unsigned *ret_job, bool *ret_good)
{
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		unsigned alive = 0;
		for (unsigned i = 0; i < hunt->jobs; i++) {
			int status;
			if (jobs->pids[i] == 0)
				continue;
			alive++;
			pid_t pid = waitpid(jobs->pids[i], &status, WNOHANG);
			ENSURE(pid == 0 || pid == jobs->pids[i]);
			if (pid == 0)
				continue;
			jobs->pids[i] = 0;
			*ret_job = i;
			*ret_good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
			return true;
		}
		if (alive == 0)
			return false;
		struct timespec patience = {.tv_sec = PROGRESS_S};
		if (sigtimedwait(&child, NULL, &patience) < 0)
			print_sum(hunt, jobs->told, "so far");
	}
}

static void stop_others(const struct hunt *hunt, struct jobs *jobs)
{
	for (unsigned i = 0; i < hunt->jobs; i++)
		if (jobs->pids[i]) {
			kill(jobs->pids[i], SIGKILL);
			waitpid(jobs->pids[i], NULL, 0);
			jobs->pids[i] = 0;
		}
}

static void start_jobs(const struct hunt *hunt, struct jobs *jobs)
{
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	int64_t until_s = now_s() + 60 * (int64_t)hunt->minutes;
	for (unsigned i = 0; i < hunt->jobs; i++) {
		jobs->pids[i] = fork_quietly();
		if (jobs->pids[i] == 0) {
			run_job(hunt, &jobs->told[i], i, until_s);
			exit(0);
		}
	}
}

bool hunt_run(const struct hunt *hunt)
{
	REQUIRE(hunt->jobs > 0 && hunt->jobs <= JOBS_MAX);
	struct jobs jobs = {.told = mmap(NULL, JOBS_MAX * sizeof(struct job), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
	ENSURE(jobs.told != MAP_FAILED);
	start_jobs(hunt, &jobs);
	bool good = true;
	for (unsigned job; good && next_ended(hunt, &jobs, &job, &good);)
		if (!good) {
			stop_others(hunt, &jobs);
			report(jobs.told[job].seed, hunt);
		}
	if (good) {
		ENSURE(hunt->minutes || sum(jobs.told, hunt->jobs).done == hunt->seeds);
		print_sum(hunt, jobs.told, "passed");
	}
	munmap(jobs.told, JOBS_MAX * sizeof(struct job));
	return good;
}
