#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/digest.h"
#include "tests/crash/cut.h"
#include "tests/crash/life.h"

/*
 * The crash explorer: a life of the store is recorded once, its power is cut at every operation with several
 * kinds of damage to what was not synced, and what the production code makes of each such disk is judged.
 * Every batch of which anybody was told must be there, each batch whole or not at all, the file sound. Some
 * recoveries are recorded themselves and cut short in turn.
 */

#define COMPOUND_EVERY 211 /* recoveries */
#define VERIFY_EVERY   64
#define KINDS	       32
#define FAILURES_MAX   20

struct counts {
	_Atomic uint64_t recoveries, lost, partial, corrupt, compound, migrations, runs;
	_Atomic uint64_t points[KINDS]; /* places, by the kinds of records of the batch that was under way */
};

struct options {
	uint64_t recoveries, seed, minutes, jobs;
	bool lies[DISK_NAMES], must_fail;
};

struct explorer {
	const struct options *options;
	struct counts *counts;
	char path[128];
	uint64_t seed;	 /* of this run */
	uint64_t number; /* of recoveries of this process */
	struct disk scratch;
	struct prng prng;
	time_t until;
	int (*recover)(const struct run *run, const char *path, bool verify);
};

/* Served as an earlier state, or missed by the witness, so that the store is refused. */
static bool is_loss_seen(const struct counts *counts)
{
	return counts->lost + counts->corrupt > 0;
}

static bool is_over(const struct explorer *self)
{
	const struct options *options = self->options;
	const struct counts *counts = self->counts;
	/* What fails is not counted to the end; a disk that lies has done its duty with the first loss. */
	if (options->must_fail ? is_loss_seen(counts)
			       : counts->lost + counts->partial + counts->corrupt >= FAILURES_MAX)
		return true;
	return self->until > 0 ? time(NULL) >= self->until : counts->recoveries >= options->recoveries;
}

static void fail(struct explorer *self, _Atomic uint64_t *count, const char *what, size_t place,
	enum cut_damage damage, int state, int told)
{
	static const char *const damages[] = {"none", "all", "subset", "torn", "prefix", "nonsense"};
	if ((*count)++ < 5)
		fprintf(stderr,
			"%s: operation %zu, damage %s: state %d is there, %d was told\nreplay: test-crash --seed "
			"%" PRIu64 " --recoveries 1\n",
			what, place, damages[damage], state, told, self->seed);
}

/* What was told, and nothing newer than `newest`. */
static void judge(
	struct explorer *self, int state, int told, int newest, size_t place, enum cut_damage damage)
{
	self->counts->recoveries++;
	self->number++;
	if (state == -2)
		fail(self, &self->counts->corrupt, "corrupt", place, damage, state, told);
	else if (state < 0 || state > newest)
		fail(self, &self->counts->partial, "partial", place, damage, state, told);
	else if (state < told)
		fail(self, &self->counts->lost, "lost", place, damage, state, told);
}

/* The recovery of `scratch` itself is cut short everywhere, and recovered from. */
static void explore_recovery(
	struct explorer *self, const struct run *run, const struct cut *at, enum cut_damage damage, int told)
{
	struct disk base, log, again;
	struct cut cut;
	disk_init(&base);
	disk_init(&log);
	disk_init(&again);
	cut_make(at, damage, &self->prng, &base);
	disk_copy(&base, &log);
	log.records = true;
	disk_mount(&log);
	judge(self, self->recover(run, self->path, false), told, told + 1, at->place, damage);
	log.records = false;
	cut_init(&cut, &base, &log);
	do {
		enum cut_damage next = (enum cut_damage)prng_below(&self->prng, CUT_DAMAGES);
		cut_make(&cut, next, &self->prng, &again);
		disk_mount(&again);
		/* A migration that was cut short was led to its end meanwhile. */
		judge(self, self->recover(run, self->path, false), told,
			self->recover == migration_recover ? run->state_count - 1 : told + 1, at->place,
			next);
		self->counts->compound++;
	} while (cut_advance(&cut));
	cut_deinit(&cut);
	disk_deinit(&base);
	disk_deinit(&log);
	disk_deinit(&again);
}

static void explore(struct explorer *self, const struct run *run)
{
	struct cut cut;
	int under_way = 0;
	cut_init(&cut, &run->base, &run->disk);
	do {
		int told = run->marks > 0 && cut.told < (size_t)run->marks ? run->state_of_mark[cut.told] : 0;
		while (under_way + 1 < run->state_count && cut.place >= run->states[under_way].op_end)
			under_way++;
		for (int i = 0; i < KINDS; i++)
			self->counts->points[i] += run->states[under_way].kinds >> i & 1;
		for (enum cut_damage damage = CUT_NONE; damage < CUT_DAMAGES; damage++) {
			cut_make(&cut, damage, &self->prng, &self->scratch);
			disk_mount(&self->scratch);
			bool verify = self->number % VERIFY_EVERY == 0;
			judge(self, self->recover(run, self->path, verify), told, told + 1, cut.place,
				damage);
			if (self->number % COMPOUND_EVERY == 0)
				explore_recovery(self, run, &cut, damage, told);
		}
	} while (cut_advance(&cut) && !is_over(self));
	cut_deinit(&cut);
}

static void explore_seed(struct explorer *self, uint64_t seed)
{
	struct run run;
	self->seed = seed;
	prng_init(&self->prng, seed);
	run_init(&run);
	memcpy(run.lies, self->options->lies, sizeof(run.lies));
	bool is_migration = seed % 6 == 0 && !self->options->must_fail;
	self->recover = is_migration ? migration_recover : life_recover;
	if (is_migration)
		migration_record(&run, seed, self->path);
	else
		life_record(&run, seed, self->path);
	self->counts->migrations += is_migration;
	self->counts->runs++;
	explore(self, &run);
	run_deinit(&run);
}

static void explore_part(const struct options *options, struct counts *counts, uint64_t part)
{
	/* Only a lock file and an empty one stand there, but they are opened with every recovery. */
	char folder[64];
	struct explorer self = {.options = options, .counts = counts};
	snprintf(folder, sizeof(folder), "%s/wenzheng-crash-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ENSURE(mkdtemp(folder));
	snprintf(self.path, sizeof(self.path), "%s/wenzheng.db", folder);
	self.until = options->minutes ? time(NULL) + (time_t)options->minutes * 60 : 0;
	digest_start();
	disk_register();
	disk_init(&self.scratch);
	for (uint64_t seed = options->seed + part; !is_over(&self); seed += options->jobs)
		explore_seed(&self, seed);
	disk_deinit(&self.scratch);
	char lock[160];
	snprintf(lock, sizeof(lock), "%s.lock", self.path);
	ENSURE(unlink(self.path) == 0 && unlink(lock) == 0 && rmdir(folder) == 0);
}

static bool run_parts(const struct options *options, struct counts *counts)
{
	bool is_good = true;
	fflush(NULL);
	for (uint64_t part = 0; part < options->jobs; part++) {
		pid_t child = fork();
		ENSURE(child >= 0);
		if (child == 0) {
			/* Of what is meant to fail only the figures are of interest. */
			if (options->must_fail)
				ENSURE(freopen("/dev/null", "w", stderr));
			explore_part(options, counts, part);
			exit(0);
		}
	}
	for (uint64_t part = 0; part < options->jobs; part++) {
		int status = 0;
		ENSURE(wait(&status) > 0);
		is_good = is_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return is_good;
}

static const struct {
	const char *name;
	int bit;
} shown[] = {{"making", 0}, {"accept", RECORD_ACCEPTED}, {"offer", RECORD_OFFERED}, {"take", RECORD_TAKEN},
	{"reply", RECORD_REPLIED}, {"return", RECORD_RETURNED}, {"remind", RECORD_REMINDED},
	{"escalate", RECORD_ESCALATED}, {"requeue", RECORD_REQUEUED}, {"start", RECORD_STARTED},
	{"migration", 30}, {"checkpoint", 31}};

static void report(const struct counts *counts, double seconds)
{
	printf("%" PRIu64 " recoveries (%" PRIu64 " of them of a recovery cut short) of %" PRIu64
	       " runs (%" PRIu64 " migrations) in %.1f s: lost %" PRIu64 ", partial %" PRIu64
	       ", corrupt %" PRIu64 "\n",
		counts->recoveries, counts->compound, counts->runs, counts->migrations, seconds, counts->lost,
		counts->partial, counts->corrupt);
	printf("places cut:");
	for (size_t i = 1; i < sizeof(shown) / sizeof(shown[0]); i++)
		printf(" %s %" PRIu64 "%s", shown[i].name, counts->points[shown[i].bit],
			i + 1 < sizeof(shown) / sizeof(shown[0]) ? "," : "\n");
}

static bool parse(int argc, char **argv, struct options *ret_options)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(name, "--lying-disk") == 0)
			ret_options->must_fail = ret_options->lies[DISK_WAL] =
				ret_options->lies[DISK_DATABASE] = true;
		else if (strcmp(name, "--lying-checkpoint") == 0)
			ret_options->must_fail = ret_options->lies[DISK_DATABASE] = true;
		else if (strcmp(name, "--recoveries") == 0 && ++i)
			ret_options->recoveries = strtoull(value, NULL, 0);
		else if (strcmp(name, "--seed") == 0 && ++i)
			ret_options->seed = strtoull(value, NULL, 0);
		else if (strcmp(name, "--minutes") == 0 && ++i)
			ret_options->minutes = strtoull(value, NULL, 0);
		else if (strcmp(name, "--jobs") == 0 && ++i)
			ret_options->jobs = strtoull(value, NULL, 0);
		else
			return false;
	}
	return ret_options->jobs > 0;
}

int main(int argc, char **argv)
{
	struct options options = {.recoveries = 20000, .jobs = 2};
	if (!parse(argc, argv, &options))
		return fprintf(stderr,
			       "usage: test-crash [--recoveries N | --minutes N] [--seed N] [--jobs N]"
			       " [--lying-disk | --lying-checkpoint]\n"),
		       2;
	if (!options.seed)
		options.seed = prng_seed_of_run();
	struct counts *counts =
		mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ENSURE(counts != MAP_FAILED);
	struct timespec begun, ended;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	bool is_good = run_parts(&options, counts);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	report(counts, (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9);
	/* A disk that lies is there to show that losses are seen. */
	if (options.must_fail)
		return is_loss_seen(counts) ? 0 : 1;
	return is_good && counts->lost + counts->partial + counts->corrupt == 0 ? 0 : 1;
}
