#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/digest.h"
#include "tests/sim/lives.h"

/* Lives by the million. Options: --lives N, --first N (world), --jobs N, --world N (that one alone). */

#define JOBS_MAX 64

static struct lives_counts run(
	const struct lives_place *place, uint64_t first, uint64_t worlds, unsigned step)
{
	struct lives_counts counts = {0};
	for (uint64_t i = 0; i < worlds; i += step)
		lives_world(place, first + i, &counts);
	return counts;
}

static void print(const struct lives_counts *counts, uint64_t first)
{
	printf("%" PRIu64 " lives from world %" PRIu64 ": %" PRIu64
	       " rungs, none early, none twice, none late; %" PRIu64 " ladders to the end, %" PRIu64
	       " answered, %" PRIu64 " due moments moved, %" PRIu64 " due on make-up days, %" PRIu64
	       " over a leap day; %" PRIu64 " jumps, %" PRIu64 " holds, %" PRIu64 " starts\n",
		counts->lives, first, counts->rungs, counts->whole, counts->answered, counts->moved,
		counts->on_makeup_days, counts->over_leap_days, counts->jumps, counts->holds,
		counts->restarts);
}

static void add(struct lives_counts *to, const struct lives_counts *from)
{
	const uint64_t *more = (const uint64_t *)from;
	for (size_t i = 0; i < sizeof(*to) / sizeof(uint64_t); i++)
		((uint64_t *)to)[i] += more[i];
}

static int run_jobs(const struct lives_place *place, uint64_t first, uint64_t worlds, unsigned jobs)
{
	struct lives_counts *shared = mmap(
		NULL, JOBS_MAX * sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ENSURE(shared != MAP_FAILED);
	fflush(NULL);
	for (unsigned i = 0; i < jobs; i++) {
		pid_t pid = fork();
		ENSURE(pid >= 0);
		if (pid == 0) {
			shared[i] = run(place, first + i, worlds > i ? worlds - i : 0, jobs);
			exit(0);
		}
	}
	struct lives_counts all = {0};
	int failed = 0, status;
	while (wait(&status) > 0)
		failed |= status != 0;
	for (unsigned i = 0; i < jobs; i++)
		add(&all, &shared[i]);
	munmap(shared, JOBS_MAX * sizeof(*shared));
	if (!failed)
		print(&all, first);
	return failed;
}

int main(int argc, char **argv)
{
	uint64_t lives = 20000, first = 0, world = 0, jobs = 1;
	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t number = strtoull(argv[i + 1], NULL, 0);
		if (strcmp(argv[i], "--lives") == 0)
			lives = number;
		else if (strcmp(argv[i], "--first") == 0)
			first = number;
		else if (strcmp(argv[i], "--world") == 0)
			world = number;
		else if (strcmp(argv[i], "--jobs") == 0 && number > 0 && number <= JOBS_MAX)
			jobs = number;
		else
			return fprintf(stderr,
				       "usage: test-lives [--lives N] [--first N] [--jobs N] | --world N\n"),
			       2;
	}
	digest_start();
	static struct lives_place place;
	lives_place_init(&place, "profiles/calendars/cn.ics");
	int failed = 0;
	if (world) {
		struct lives_counts counts = run(&place, world, 1, 1);
		print(&counts, world);
	} else {
		first = first ? first : prng_seed_of_run();
		failed = run_jobs(
			&place, first, (lives + LIVES_PER_WORLD - 1) / LIVES_PER_WORLD, (unsigned)jobs);
	}
	lives_place_deinit(&place);
	return failed;
}
