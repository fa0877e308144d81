#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/histogram.h"

static const struct histogram_scale scale = {3, {10, 20, 50}};

static void a_value_belongs_to_the_first_bound_that_it_does_not_exceed(void **state)
{
	(void)state;
	struct histogram histogram = {.scale = &scale};
	static const int64_t values[] = {0, 10, 11, 20, 21, 50, 51, INT64_C(1) << 40};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		histogram_add(&histogram, values[i]);
	for (size_t i = 0; i <= scale.count; i++)
		assert_int_equal(histogram.counts[i], 2);
	assert_int_equal(histogram_count(&histogram), 8);
	assert_int_equal(histogram.sum, 10 + 11 + 20 + 21 + 50 + 51 + (INT64_C(1) << 40));
}

static void a_value_below_nothing_is_nothing(void **state)
{
	(void)state;
	struct histogram histogram = {.scale = &scale};
	histogram_add(&histogram, INT64_MIN);
	assert_int_equal(histogram.counts[0], 1);
	assert_int_equal(histogram.sum, 0);
}

static void many_at_once_count_as_one_by_one(void **state)
{
	(void)state;
	struct histogram once = {.scale = &scale}, singly = {.scale = &scale};
	histogram_add_many(&once, 17, 512);
	histogram_add_many(&once, 60, 0);
	for (int i = 0; i < 512; i++)
		histogram_add(&singly, 17);
	assert_memory_equal(&once, &singly, sizeof(once));
}

static void a_scale_may_have_one_bound_and_all_that_there_is_room_for(void **state)
{
	(void)state;
	struct histogram_scale full = {.count = HISTOGRAM_BOUNDS_MAX};
	for (size_t i = 0; i < full.count; i++)
		full.bounds[i] = (int64_t)i;
	struct histogram histogram = {.scale = &full};
	for (int64_t value = 0; value <= HISTOGRAM_BOUNDS_MAX; value++)
		histogram_add(&histogram, value);
	for (size_t i = 0; i <= full.count; i++)
		assert_int_equal(histogram.counts[i], 1);
	static const struct histogram_scale one = {1, {0}};
	struct histogram small = {.scale = &one};
	histogram_add(&small, 1);
	assert_int_equal(small.counts[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_belongs_to_the_first_bound_that_it_does_not_exceed),
		cmocka_unit_test(a_value_below_nothing_is_nothing),
		cmocka_unit_test(many_at_once_count_as_one_by_one),
		cmocka_unit_test(a_scale_may_have_one_bound_and_all_that_there_is_room_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
