#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/digest.h"
#include "tests/lib/prng.h"
#include "tests/torture/trial.h"

/* Every call fails once, and every call fails for good: N = 1, 2, … until a trial that needs fewer. */

static const struct scene *const scenes[] = {
	&scene_store, &scene_codec, &scene_configuration, &scene_shell, &scene_wire, &scene_daemon};
#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

static const char help[] =
	"test-torture: the N-th allocation, system call or SQLite call fails, once and for good\n"
	"\n"
	"  --scene NAME      only store, codec, configuration, shell, wire or daemon; may be given again\n"
	"  --family NAME     only memory, system or sqlite\n"
	"  --stride N        every N-th call only, from a place that the seed gives\n"
	"  --compound N      so many trials with a second fault, in the start after the first (default 200)\n"
	"  --seed N          of stride and second faults\n"
	"  --nth N           one trial, and what it said; with --for-good and --second as the sweep names them\n"
	"  --recovery M      of that trial: the M-th call of the next start fails too\n"
	"  --verbose         what the ends said, and how often\n"
	"  --spare-none      also the allocations of libical, czmq and glibc, which do not live through it\n";

struct options {
	unsigned scenes, families;
	uint64_t stride, compound, seed, nth, recovery;
	bool for_good, second, verbose, spare_none;
};

#define WORDS_MAX 400
struct tally {
	uint64_t runs, calls, ends[TRIAL_END];
	struct {
		char text[120];
		uint64_t count;
	} words[WORDS_MAX];
	size_t words_count;
};

static double now_s(void)
{
	struct timespec now;
	ENSURE(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *const short_names[FAULT_FAMILY_END] = {"memory", "system", "sqlite"};
static const char *const end_names[TRIAL_END] = {"done", "refused", "aborted", "BAD"};

/* ---- what is said ---- */

static void note_words(struct tally *tally, const struct trial *trial)
{
	char text[sizeof(tally->words[0].text)];
	const char *end = trial->why + strlen(trial->why);
	while (end > trial->why && end[-1] == '\n')
		end--;
	const char *line = end;
	while (line > trial->why && line[-1] != '\n')
		line--;
	snprintf(text, sizeof(text), "%s: %.*s", end_names[trial->end], (int)(end - line), line);
	for (size_t i = 0; i < tally->words_count; i++)
		if (strcmp(tally->words[i].text, text) == 0) {
			tally->words[i].count++;
			return;
		}
	if (tally->words_count == WORDS_MAX)
		return;
	memcpy(tally->words[tally->words_count].text, text, sizeof(text));
	tally->words[tally->words_count++].count = 1;
}

static const char *plan_name(const struct fault_plan *plan)
{
	if (plan->flavour == FAULTS_SECOND)
		return plan->for_good ? "for good, second" : "once, second";
	return plan->for_good ? "for good" : "once";
}

static void print_replay(
	const struct scene *scene, const struct fault_plan *plan, const struct fault_plan *recovery)
{
	printf("replay: test-torture --scene %s --family %s --nth %" PRIu64 "%s%s", scene->name,
		short_names[plan->family], plan->nth, plan->for_good ? " --for-good" : "",
		plan->flavour == FAULTS_SECOND ? " --second" : "");
	if (recovery)
		printf(" --recovery %" PRIu64, recovery->nth);
	puts("");
}

static void count(struct tally *tally, const struct scene *scene, const struct fault_plan *plan,
	const struct fault_plan *recovery, const struct trial *trial)
{
	tally->runs++;
	tally->ends[trial->end]++;
	note_words(tally, trial);
	if (trial->end != TRIAL_BAD || tally->ends[TRIAL_BAD] > 10)
		return;
	printf("BAD after %s: %s\n", trial->first, trial->why);
	print_replay(scene, plan, recovery);
}

static void print_tally(const struct options *options, const struct scene *scene, const char *family,
	const char *name, const struct tally *tally, double seconds)
{
	printf("%-13s %-11s %-16s %6" PRIu64 " calls %6" PRIu64 " runs: %6" PRIu64 " done %6" PRIu64
	       " refused %6" PRIu64 " aborted %3" PRIu64 " bad %7.1f s\n",
		scene->name, family, name, tally->calls, tally->runs, tally->ends[TRIAL_DONE],
		tally->ends[TRIAL_REFUSED], tally->ends[TRIAL_ABORTED], tally->ends[TRIAL_BAD], seconds);
	for (size_t i = 0; options->verbose && i < tally->words_count; i++)
		printf("  %6" PRIu64 "  %s\n", tally->words[i].count, tally->words[i].text);
	fflush(stdout);
}

/* ---- sweeps ---- */

/* Runs until the N-th call does not come any more. In a scene with threads that may be chance: there it must
 * be beyond what a trial without a fault needed, too. */
static uint64_t sweep(const struct options *options, struct trials *trials, const struct scene *scene,
	struct fault_plan plan)
{
	static struct tally tally;
	tally = (struct tally){0};
	struct trial trial;
	double begun = now_s();
	struct fault_plan none = plan;
	none.nth = 0;
	trials_run(trials, &none, NULL, &trial);
	tally.calls = trial.calls;
	if (trial.end != TRIAL_DONE) {
		trial.end = TRIAL_BAD;
		count(&tally, scene, &none, NULL, &trial);
	}
	bool over = tally.calls == 0 || trial.end == TRIAL_BAD;
	for (plan.nth = 1 + options->seed % options->stride; !over; plan.nth += options->stride) {
		trials_run(trials, &plan, NULL, &trial);
		count(&tally, scene, &plan, NULL, &trial);
		over = !trial.struck && (!scene->has_threads || plan.nth > tally.calls);
	}
	print_tally(
		options, scene, fault_family_name(plan.family), plan_name(&plan), &tally, now_s() - begun);
	return tally.ends[TRIAL_BAD];
}

static uint64_t sweep_compound(const struct options *options, struct trials *trials,
	const struct scene *scene, enum fault_family family)
{
	static struct tally tally;
	tally = (struct tally){0};
	struct prng prng;
	prng_init(&prng, options->seed + family);
	struct trial trial;
	double begun = now_s();
	struct fault_plan none = {.family = family};
	trials_run(trials, &none, &none, &trial);
	uint64_t calls = trial.calls, recovery_calls = trials_recovery_calls(trials);
	tally.calls = recovery_calls;
	for (uint64_t i = 0; i < options->compound && calls && recovery_calls; i++) {
		struct fault_plan plan = {.family = family,
			.for_good = prng_chance(&prng, 50),
			.nth = 1 + prng_below(&prng, calls)};
		struct fault_plan recovery = {.family = family,
			.for_good = plan.for_good,
			.nth = 1 + prng_below(&prng, recovery_calls)};
		trials_run(trials, &plan, &recovery, &trial);
		count(&tally, scene, &plan, &recovery, &trial);
	}
	print_tally(options, scene, fault_family_name(family), "then in recovery", &tally, now_s() - begun);
	return tally.ends[TRIAL_BAD];
}

static uint64_t sweep_family(const struct options *options, struct trials *trials, const struct scene *scene,
	enum fault_family family)
{
	uint64_t bad = 0;
	for (int flavour = FAULTS_FIRST; flavour <= FAULTS_SECOND; flavour++)
		for (int for_good = 0; for_good <= 1; for_good++) {
			struct fault_plan plan = {.family = family,
				.flavour = (enum fault_flavour)flavour,
				.for_good = for_good != 0};
			if (flavour == FAULTS_FIRST || family != FAULTS_MEMORY)
				bad += sweep(options, trials, scene, plan);
		}
	if (scene->recover && options->compound > 0)
		bad += sweep_compound(options, trials, scene, family);
	return bad;
}

static uint64_t run_one(const struct options *options, struct trials *trials, enum fault_family family)
{
	struct fault_plan plan = {
		family, options->second ? FAULTS_SECOND : FAULTS_FIRST, options->for_good, 0};
	struct fault_plan recovery = plan;
	struct trial trial;
	trials_run(trials, &plan, NULL, &trial);
	plan.nth = options->nth;
	recovery.nth = options->recovery;
	trials_run(trials, &plan, options->recovery ? &recovery : NULL, &trial);
	printf("%s, after %s: %s\n", end_names[trial.end], trial.struck ? trial.first : "no fault",
		trial.why);
	return trial.end == TRIAL_BAD;
}

/* ---- the command line ---- */

static bool choose(const char *word, const char *const *names, size_t count, unsigned *bits)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, names[i]) == 0) {
			*bits |= 1u << i;
			return true;
		}
	return false;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {{"scene", required_argument, NULL, 's'},
		{"family", required_argument, NULL, 'f'}, {"stride", required_argument, NULL, 't'},
		{"compound", required_argument, NULL, 'c'}, {"seed", required_argument, NULL, 'S'},
		{"nth", required_argument, NULL, 'n'}, {"recovery", required_argument, NULL, 'r'},
		{"for-good", no_argument, NULL, 'g'}, {"second", no_argument, NULL, '2'},
		{"verbose", no_argument, NULL, 'v'}, {"spare-none", no_argument, NULL, 'i'},
		{NULL, 0, NULL, 0}};
	const char *names[SCENES];
	bool good = true;
	int option;
	for (size_t i = 0; i < SCENES; i++)
		names[i] = scenes[i]->name;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 10) : 0;
		switch (option) {
		case 's':
			good = choose(optarg, names, SCENES, &options->scenes) && good;
			break;
		case 'f':
			good = choose(optarg, short_names, FAULT_FAMILY_END, &options->families) && good;
			break;
		case 't':
			options->stride = number;
			break;
		case 'c':
			options->compound = number;
			break;
		case 'S':
			options->seed = number;
			break;
		case 'n':
			options->nth = number;
			break;
		case 'r':
			options->recovery = number;
			break;
		case 'g':
			options->for_good = true;
			break;
		case '2':
			options->second = true;
			break;
		case 'i':
			options->spare_none = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		default:
			good = false;
		}
	}
	return good && options->stride > 0 && optind == argc;
}

int main(int argc, char **argv)
{
	struct options options = {.stride = 1, .compound = 200};
	uint64_t bad = 0;
	digest_start();
	if (!parse(argc, argv, &options)) {
		fputs(help, stderr);
		return 2;
	}
	if (!options.spare_none)
		faults_spare_libraries();
	if (options.seed == 0)
		options.seed = prng_seed_of_run();
	printf("torture: seed %" PRIu64 ", stride %" PRIu64 "\n", options.seed, options.stride);
	for (size_t i = 0; i < SCENES; i++) {
		if (options.scenes && !(options.scenes & 1u << i))
			continue;
		struct trials *trials = trials_new(scenes[i]);
		for (enum fault_family family = 0; family < FAULT_FAMILY_END; family++) {
			unsigned bit = 1u << family;
			if (!(scenes[i]->families & bit) || (options.families && !(options.families & bit)))
				continue;
			bad += options.nth ? run_one(&options, trials, family)
					   : sweep_family(&options, trials, scenes[i], family);
		}
		trials_destroy(&trials);
	}
	printf("torture: %" PRIu64 " bad\n", bad);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
