#ifndef WENZHENG_TESTS_PRNG_H
#define WENZHENG_TESTS_PRNG_H

#include <stdbool.h>
#include <stdint.h>

/* xoshiro256** seeded by splitmix64 (Blackman and Vigna, public domain algorithm): the one generator of all
 * tests. */
struct prng {
	uint64_t state[4];
};

void prng_init(struct prng *self, uint64_t seed);
uint64_t prng_next(struct prng *self);

/* Uniform enough in [0, bound); bound > 0. */
uint64_t prng_below(struct prng *self, uint64_t bound);

/* True `percent` times in a hundred. */
bool prng_chance(struct prng *self, unsigned percent);

/* The seed of this test run: $WENZHENG_SEED, else drawn from the clock. Printed on the first call. */
uint64_t prng_seed_of_run(void);

#endif
