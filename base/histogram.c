#include "base/histogram.h"

#include "base/assert.h"

void histogram_add_many(struct histogram *self, int64_t value, uint64_t times)
{
	const struct histogram_scale *scale = self->scale;
	REQUIRE(scale && scale->count > 0 && scale->count <= HISTOGRAM_BOUNDS_MAX);
	int64_t counted = value < 0 ? 0 : value;
	size_t at = 0;
	while (at < scale->count && counted > scale->bounds[at])
		at++;
	self->counts[at] += times;
	/* Sums wrap after three hundred thousand years of waiting; until then nothing overflows. */
	self->sum = (int64_t)((uint64_t)self->sum + (uint64_t)counted * times);
}

void histogram_add(struct histogram *self, int64_t value)
{
	histogram_add_many(self, value, 1);
}

uint64_t histogram_count(const struct histogram *self)
{
	uint64_t count = 0;
	for (size_t i = 0; i <= self->scale->count; i++)
		count += self->counts[i];
	return count;
}
