#ifndef WENZHENG_TESTS_SIM_HUNT_H
#define WENZHENG_TESTS_SIM_HUNT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Many seeds, in processes of their own, so that an assertion is caught like any other failure. The first
 * seed that fails is shrunk: to the fewest steps, then with every kind of fault switched off that is not
 * needed, then again to the fewest steps. The last line printed is the command that replays what is left.
 */
struct hunt {
	uint64_t first, seeds, steps;
	uint32_t without;
	unsigned jobs;
	unsigned minutes; /* not 0: until so many are over, however many seeds that is */
};

/* True if every seed passed. Blocks. */
bool hunt_run(const struct hunt *hunt);

#endif
