#include "tests/lib/prng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void prng_init(struct prng *self, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		self->state[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t prng_next(struct prng *self)
{
	uint64_t *s = self->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t prng_below(struct prng *self, uint64_t bound)
{
	return prng_next(self) % bound;
}

bool prng_chance(struct prng *self, unsigned percent)
{
	return prng_below(self, 100) < percent;
}

uint64_t prng_seed_of_run(void)
{
	static uint64_t seed;
	static bool known;
	if (!known) {
		const char *given = getenv("WENZHENG_SEED");
		seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
		known = true;
		fprintf(stderr, "seed: WENZHENG_SEED=%" PRIu64 "\n", seed);
	}
	return seed;
}
