#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_hunt.h"

/* Runs the simulator: one seed twice, or many once. docs/TESTING.md tells how. */

static int usage(void)
{
	fprintf(stderr,
		"usage: test-sim [--first N] [--seeds N | --minutes N] [--jobs N] [--steps N] [--without KIND,…]\n"
		"       test-sim --seed N [--steps N] [--without KIND,…] [--trace]\n"
		"  --first N    the first seed; without it a fresh one\n"
		"  --seeds N    so many seeds from it on; the first that fails is shrunk and its replay printed\n"
		"  --minutes N  as many seeds as pass in so many minutes, with a line of progress now and then\n"
		"  --jobs N     in so many processes\n"
		"  --seed N     this one, twice: both traces must be the same to the byte\n"
		"  --trace      print what happens\n"
		"  --without K  kinds of faults to leave out:");
	for (uint32_t i = 0; i < FAULT_END; i++)
		fprintf(stderr, " %s", sim_fault_name((enum sim_fault)i));
	fprintf(stderr, "\n");
	return 2;
}

static void compare(struct sim_options options)
{
	struct sim_result a = sim_run(&options);
	options.talk = false;
	struct sim_result b = sim_run(&options);
	printf("seed %" PRIu64 ": %" PRIu64 " messages, %" PRIu64 " turns, %" PRIu64 " crashes, %" PRIu64
	       " starts, %.1f virtual days\n",
		options.seed, a.messages, a.turns, a.crashes, a.starts,
		(double)a.virtual_us / (double)US_PER_DAY);
	if (digest_equal(&a.trace, &b.trace))
		return;
	fprintf(stderr, "seed %" PRIu64 ": two runs differ\n", options.seed);
	abort();
}

static bool read_options(int argc, char **argv, struct hunt *hunt, uint64_t *ret_seed, bool *ret_talk)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0) {
			*ret_talk = true;
			continue;
		}
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		char *end = NULL;
		uint64_t number = value ? strtoull(value, &end, 0) : 0;
		bool good = value && *end == '\0';
		if (good && strcmp(argv[i], "--seed") == 0)
			*ret_seed = number;
		else if (good && strcmp(argv[i], "--seeds") == 0)
			hunt->seeds = number;
		else if (good && strcmp(argv[i], "--steps") == 0)
			hunt->steps = number;
		else if (good && strcmp(argv[i], "--first") == 0)
			hunt->first = number;
		else if (good && strcmp(argv[i], "--minutes") == 0)
			hunt->minutes = (unsigned)number;
		else if (good && strcmp(argv[i], "--jobs") == 0 && number > 0)
			hunt->jobs = (unsigned)number;
		else if (!value || strcmp(argv[i], "--without") != 0 ||
			 !sim_faults_parse(value, &hunt->without))
			return false;
		i++;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct hunt hunt = {.seeds = 20, .steps = 600, .jobs = 1};
	uint64_t seed = 0;
	bool talk = false;
	digest_start();
	if (!read_options(argc, argv, &hunt, &seed, &talk))
		return usage();
	if (seed) {
		compare((struct sim_options){
			.seed = seed, .steps = hunt.steps, .without = hunt.without, .talk = talk});
		return 0;
	}
	if (!hunt.first)
		hunt.first = prng_seed_of_run();
	return hunt_run(&hunt) ? 0 : 1;
}
