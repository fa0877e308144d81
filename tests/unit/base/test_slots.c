#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/slots.h"
#include "tests/lib/prng.h"

struct record {
	uint64_t key;
	uint64_t value;
	uint8_t tail[24];
};

static uint32_t insert(struct slots *slots, uint64_t key, uint64_t value)
{
	uint32_t slot = slots_insert(slots, key);
	struct record *record = slots_at(slots, slot);
	record->value = value;
	return slot;
}

static void test_what_was_inserted_is_found_until_it_is_removed(void **state)
{
	(void)state;
	struct slots *slots = slots_new(sizeof(struct record));
	assert_int_equal(slots_find(slots, 7), SLOT_NONE);
	assert_int_equal(slots_next(slots, 0), SLOT_NONE);
	uint32_t seven = insert(slots, 7, 70), eight = insert(slots, 8, 80);
	assert_int_equal(slots_find(slots, 7), seven);
	assert_int_equal(((struct record *)slots_at(slots, eight))->value, 80);
	assert_int_equal(slots_count(slots), 2);
	slots_remove(slots, seven);
	assert_int_equal(slots_find(slots, 7), SLOT_NONE);
	assert_int_equal(slots_find(slots, 8), eight);
	assert_int_equal(slots_next(slots, 0), eight);
	slots_check(slots);
	slots_destroy(&slots);
	assert_null(slots);
	slots_destroy(&slots);
}

static void test_a_freed_slot_is_used_again_last_freed_first_and_comes_back_zeroed(void **state)
{
	(void)state;
	struct slots *slots = slots_new(sizeof(struct record));
	uint32_t a = insert(slots, 1, 11), b = insert(slots, 2, 22);
	memset(((struct record *)slots_at(slots, a))->tail, 0xff, 24);
	slots_remove(slots, b);
	slots_remove(slots, a);
	assert_int_equal(slots_insert(slots, 3), a);
	assert_int_equal(slots_insert(slots, 4), b);
	const struct record *record = slots_at(slots, a);
	assert_int_equal(record->key, 3);
	assert_int_equal(record->value, 0);
	for (size_t i = 0; i < sizeof(record->tail); i++)
		assert_int_equal(record->tail[i], 0);
	slots_destroy(&slots);
}

static void test_removing_from_a_run_of_colliding_keys_loses_none_of_the_others(void **state)
{
	(void)state;
	/* Keys whose product with the hash's multiplier has equal upper bits share their home place. */
	uint64_t inverse = UINT64_C(0xf1de83e19937733d);
	assert_int_equal(inverse * UINT64_C(0x9e3779b97f4a7c15), 1);
	for (uint64_t gone = 0; gone < 6; gone++) {
		struct slots *slots = slots_new(sizeof(struct record));
		for (uint64_t i = 0; i < 6; i++)
			/* Home 14 of 16, so that the run goes round the end of the table. */
			insert(slots, inverse * ((UINT64_C(14) << 32) + i + 1), i);
		slots_remove(slots, slots_find(slots, inverse * ((UINT64_C(14) << 32) + gone + 1)));
		slots_check(slots);
		for (uint64_t i = 0; i < 6; i++) {
			uint32_t slot = slots_find(slots, inverse * ((UINT64_C(14) << 32) + i + 1));
			if (i == gone)
				assert_int_equal(slot, SLOT_NONE);
			else
				assert_int_equal(((struct record *)slots_at(slots, slot))->value, i);
		}
		slots_destroy(&slots);
	}
}

/* The model: for each of a few keys, whether it is there, where, and with what value. */
#define KEYS 700

struct model {
	bool there[KEYS];
	uint32_t slot[KEYS];
	uint64_t value[KEYS];
	uint32_t count;
};

/* Small, large and close keys in one set. Never 0. */
static uint64_t key_of(uint64_t index)
{
	return index % 3 == 0 ? index + 1 : index % 3 == 1 ? UINT64_MAX - index : (index + 1) << 40;
}

static void check_model(const struct slots *slots, const struct model *model)
{
	uint32_t walked = 0;
	for (uint64_t i = 0; i < KEYS; i++) {
		uint32_t slot = slots_find(slots, key_of(i));
		if (!model->there[i]) {
			assert_int_equal(slot, SLOT_NONE);
			continue;
		}
		assert_int_equal(slot, model->slot[i]);
		const struct record *record = slots_at(slots, slot);
		assert_true(record->key == key_of(i) && record->value == model->value[i]);
	}
	for (uint32_t slot = slots_next(slots, 0); slot != SLOT_NONE; slot = slots_next(slots, slot + 1))
		walked++;
	assert_int_equal(walked, model->count);
	assert_int_equal(slots_count(slots), model->count);
	slots_check(slots);
}

static void step(struct slots *slots, struct model *model, struct prng *prng, unsigned percent_inserts)
{
	uint64_t i = prng_below(prng, KEYS);
	if (model->there[i] && !prng_chance(prng, percent_inserts)) {
		slots_remove(slots, model->slot[i]);
		model->there[i] = false;
		model->count--;
	} else if (!model->there[i] && prng_chance(prng, percent_inserts)) {
		model->value[i] = prng_next(prng);
		model->slot[i] = insert(slots, key_of(i), model->value[i]);
		model->there[i] = true;
		model->count++;
	}
}

static void test_random_inserts_and_removals_agree_with_a_plain_table(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	struct slots *slots = slots_new(sizeof(struct record));
	static struct model model;
	memset(&model, 0, sizeof(model));
	for (int round = 0; round < 60000; round++) {
		/* Waves of growing and shrinking, so that the table grows full of holes. */
		step(slots, &model, &prng, round / 5000 % 2 ? 20 : 80);
		if (round % 1000 == 0)
			check_model(slots, &model);
	}
	check_model(slots, &model);
	slots_destroy(&slots);
}

static void test_the_same_steps_give_the_same_slots(void **state)
{
	(void)state;
	static struct model one, two;
	struct model *models[] = {&one, &two};
	uint64_t seed = prng_seed_of_run();
	for (int run = 0; run < 2; run++) {
		struct prng prng;
		prng_init(&prng, seed);
		struct slots *slots = slots_new(sizeof(struct record));
		memset(models[run], 0, sizeof(one));
		for (int round = 0; round < 5000; round++)
			step(slots, models[run], &prng, 60);
		slots_destroy(&slots);
	}
	assert_memory_equal(&one, &two, sizeof(one));
}

static void test_a_walk_over_slot_numbers_meets_every_record_and_every_hole(void **state)
{
	(void)state;
	struct slots *slots = slots_new(sizeof(struct record));
	assert_int_equal(slots_end(slots), 0);
	for (uint64_t key = 1; key <= 40; key++)
		slots_insert(slots, key);
	for (uint64_t key = 1; key <= 40; key += 2)
		slots_remove(slots, slots_find(slots, key));
	assert_int_equal(slots_end(slots), 40);
	uint32_t records = 0;
	for (uint32_t slot = 0; slot < slots_end(slots); slot++) {
		const struct record *record = slots_peek(slots, slot);
		records += record != NULL;
		if (record)
			assert_ptr_equal(record, slots_at(slots, slot));
	}
	assert_int_equal(records, slots_count(slots));
	slots_destroy(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_walk_over_slot_numbers_meets_every_record_and_every_hole),
		cmocka_unit_test(test_what_was_inserted_is_found_until_it_is_removed),
		cmocka_unit_test(test_a_freed_slot_is_used_again_last_freed_first_and_comes_back_zeroed),
		cmocka_unit_test(test_removing_from_a_run_of_colliding_keys_loses_none_of_the_others),
		cmocka_unit_test(test_random_inserts_and_removals_agree_with_a_plain_table),
		cmocka_unit_test(test_the_same_steps_give_the_same_slots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
