#ifndef WENZHENG_BASE_HISTOGRAM_H
#define WENZHENG_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many values fell into each of a few ranges, and what they add up to: enough for rates, averages and
 * estimates of any percentile, at a cost that does not grow with their number. Embedded: {.scale = …} is an
 * empty one.
 *
 * A value belongs to the first bound that it does not exceed; what exceeds all of them is counted behind the
 * last.
 */
#define HISTOGRAM_BOUNDS_MAX 16

struct histogram_scale {
	size_t count;
	int64_t bounds[HISTOGRAM_BOUNDS_MAX]; /* rising */
};

struct histogram {
	const struct histogram_scale *scale; /* static */
	uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
	int64_t sum;
};

/* A value below 0 (the clock was set back) counts as 0: sums never fall. */
void histogram_add(struct histogram *self, int64_t value);

/* `times` equal values. */
void histogram_add_many(struct histogram *self, int64_t value, uint64_t times);

uint64_t histogram_count(const struct histogram *self);

#endif
