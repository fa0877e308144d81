#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/heap.h"
#include "tests/lib/prng.h"

static void test_the_smallest_key_comes_first(void **state)
{
	(void)state;
	struct heap *heap = heap_new();
	uint32_t item = 99;
	assert_true(heap_first(heap, &item) == HEAP_NEVER);
	assert_int_equal(item, 99);
	heap_set(heap, 5, 50);
	heap_set(heap, 1, -10);
	heap_set(heap, 9, INT64_MAX - 1);
	assert_true(heap_first(heap, &item) == -10);
	assert_int_equal(item, 1);
	heap_set(heap, 1, HEAP_NEVER);
	assert_true(heap_first(heap, &item) == 50);
	assert_int_equal(item, 5);
	heap_set(heap, 9, INT64_MIN);
	assert_true(heap_first(heap, NULL) == INT64_MIN);
	assert_int_equal(heap_count(heap), 2);
	heap_destroy(&heap);
	assert_null(heap);
	heap_destroy(&heap);
}

static void test_equal_keys_come_in_the_order_of_their_items(void **state)
{
	(void)state;
	static const uint32_t order[] = {7, 3, 12, 0, 5};
	static const uint32_t expected[] = {0, 3, 5, 7, 12};
	struct heap *heap = heap_new();
	for (size_t i = 0; i < 5; i++)
		heap_set(heap, order[i], 1000);
	for (size_t i = 0; i < 5; i++) {
		uint32_t item;
		assert_true(heap_first(heap, &item) == 1000);
		assert_int_equal(item, expected[i]);
		heap_set(heap, item, HEAP_NEVER);
	}
	assert_int_equal(heap_count(heap), 0);
	heap_destroy(&heap);
}

static void test_an_item_has_one_key_and_unknown_items_have_none(void **state)
{
	(void)state;
	struct heap *heap = heap_new();
	heap_set(heap, 4, HEAP_NEVER);
	assert_int_equal(heap_count(heap), 0);
	heap_set(heap, 4, 1);
	heap_set(heap, 4, 2);
	assert_int_equal(heap_count(heap), 1);
	assert_true(heap_key(heap, 4) == 2);
	assert_true(heap_key(heap, 3) == HEAP_NEVER);
	assert_true(heap_key(heap, 4000000) == HEAP_NEVER);
	heap_destroy(&heap);
}

#define ITEMS 300

static void check_first(const struct heap *heap, const int64_t keys[static ITEMS])
{
	int64_t smallest = HEAP_NEVER;
	uint32_t holder = 0, count = 0;
	for (uint32_t i = 0; i < ITEMS; i++) {
		count += keys[i] != HEAP_NEVER;
		if (keys[i] < smallest) {
			smallest = keys[i];
			holder = i;
		}
	}
	uint32_t item = holder;
	assert_true(heap_first(heap, &item) == smallest);
	assert_int_equal(item, holder);
	assert_int_equal(heap_count(heap), count);
}

static void test_random_changes_agree_with_a_plain_array(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	for (int run = 0; run < 10; run++) {
		struct heap *heap = heap_new();
		int64_t keys[ITEMS];
		for (uint32_t i = 0; i < ITEMS; i++)
			keys[i] = HEAP_NEVER;
		/* Few distinct keys in half of the runs, so that ties are common. */
		uint64_t spread = run % 2 ? 8 : UINT64_C(1) << 40;
		for (int round = 0; round < 4000; round++) {
			uint32_t item = (uint32_t)prng_below(&prng, ITEMS);
			keys[item] = prng_chance(&prng, 35) ? HEAP_NEVER : (int64_t)prng_below(&prng, spread);
			heap_set(heap, item, keys[item]);
			assert_true(heap_key(heap, item) == keys[item]);
			check_first(heap, keys);
		}
		heap_destroy(&heap);
	}
}

static void test_small_heaps_are_emptied_in_order(void **state)
{
	(void)state;
	/* Small ones, because there every place is next to the end, where a heap goes wrong. */
	struct prng prng;
	prng_init(&prng, prng_seed_of_run() ^ 1);
	for (int round = 0; round < 20000; round++) {
		struct heap *heap = heap_new();
		uint32_t items = 1 + (uint32_t)prng_below(&prng, 9);
		for (uint32_t item = 0; item < items; item++)
			heap_set(heap, item, (int64_t)prng_below(&prng, 20));
		int64_t last = INT64_MIN;
		uint32_t last_item = 0;
		for (; items > 0; items--) {
			uint32_t item;
			int64_t key = heap_first(heap, &item);
			assert_true(key > last || (key == last && item > last_item));
			last = key;
			last_item = item;
			heap_set(heap, item, HEAP_NEVER);
		}
		assert_true(heap_first(heap, NULL) == HEAP_NEVER);
		heap_destroy(&heap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_smallest_key_comes_first),
		cmocka_unit_test(test_equal_keys_come_in_the_order_of_their_items),
		cmocka_unit_test(test_an_item_has_one_key_and_unknown_items_have_none),
		cmocka_unit_test(test_small_heaps_are_emptied_in_order),
		cmocka_unit_test(test_random_changes_agree_with_a_plain_array),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
