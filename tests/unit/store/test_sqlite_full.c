#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/store_memory.h"
#include "daemon/store/store_sqlite.h"
#include "tests/lib/prng.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/full_disk.h"
#include "tests/unit/store/sample.h"

/* Full and failing disks: what is lost, what goes on, what stops. */

static struct full_disk disk;

static int setup(void **state)
{
	static struct place place;
	place = (struct place){.engine = &engine_sqlite};
	disk = (struct full_disk){.room = -1};
	full_disk_mount(&disk);
	engine_sqlite.open(&place);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	disk = (struct full_disk){.room = -1};
	engine_sqlite.close(*state);
	full_disk_unmount();
	return 0;
}

struct state_of_store {
	int64_t seq;
	struct digest head;
	struct store_totals totals;
};

static struct state_of_store look(struct store *store)
{
	struct state_of_store state;
	assert_int_equal(store->interface->chain_head(store, &state.seq, &state.head), 0);
	assert_int_equal(store->interface->totals(store, &state.totals), 0);
	return state;
}

static void assert_same(const struct state_of_store *a, const struct state_of_store *b)
{
	assert_int_equal(a->seq, b->seq);
	assert_true(digest_equal(&a->head, &b->head));
	assert_int_equal(a->totals.accepted, b->totals.accepted);
	assert_int_equal(a->totals.answered, b->totals.answered);
}

/* Writes cases first…last and commits; the first outcome that is not 0. */
static int write_batch(struct store *store, int64_t first, int64_t last)
{
	for (int64_t n = first; n <= last; n++) {
		int r = sample_write(store, n);
		if (r != 0)
			return r;
	}
	return store->interface->commit(store);
}

static void a_batch_that_meets_a_full_disk_is_gone_whole_and_the_store_goes_on(void **state)
{
	struct place *place = *state;
	struct store *store = place->store;
	assert_int_equal(write_batch(store, 1, 10), 0);
	struct state_of_store before = look(store);
	/* Room comes in small pieces, each cutting the batch at another byte: what a failed batch took of the
	 * WAL is there for the next. */
	int fulls = 0;
	for (;; fulls++) {
		disk.room = 3331;
		disk.refused = 0;
		int r = write_batch(store, 11, 40);
		if (r == 0)
			break;
		assert_int_equal(r, STORE_FULL);
		assert_true(disk.refused > 0);
		struct state_of_store after = look(store);
		assert_same(&before, &after);
		for (int64_t n = 1; n <= 40; n++)
			assert_int_equal(sample_is_there(store, n), n <= 10);
		assert_int_equal(store->interface->commit(store), 0);
	}
	assert_true(fulls > 20);
	assert_int_equal(store_sqlite_gauges(store).full_count, fulls);
	struct state_of_store after = look(store);
	assert_int_equal(after.seq, 40 * SAMPLE_RECORDS);
	place->engine->reopen(place);
	for (int64_t n = 1; n <= 40; n++)
		assert_true(sample_is_there(place->store, n));
	struct state_of_store again = look(place->store);
	assert_same(&after, &again);
}

static void a_batch_larger_than_the_cache_is_rolled_back_too(void **state)
{
	struct place *place = *state;
	struct store *store = place->store;
	assert_int_equal(write_batch(store, 1, 1), 0);
	struct state_of_store before = look(store);
	/* Pages spill into the WAL before the commit: an append meets the full disk. */
	static char body[60000];
	memset(body, 'b', sizeof(body));
	disk.room = 4 * 1024 * 1024;
	int r = 0;
	int64_t n = 0;
	while (r == 0 && n < 3000) {
		struct text_row row = {.case_id = sample_case_id(2000),
			.ordinal = ++n,
			.role = TEXT_REASON,
			.body = span_of(body, sizeof(body))};
		r = store->interface->put_text(store, &row);
	}
	assert_int_equal(r, STORE_FULL);
	struct state_of_store after = look(store);
	assert_same(&before, &after);
	struct text_row row;
	assert_int_equal(store->interface->read_text(store, sample_case_id(2000), 1, &row), STORE_NOT_FOUND);
	disk.room = -1;
	assert_int_equal(write_batch(store, 2, 3), 0);
	place->engine->reopen(place);
	assert_true(sample_is_there(place->store, 1) && sample_is_there(place->store, 3));
}

static void what_is_read_while_the_disk_is_full_is_right_and_idle_is_harmless(void **state)
{
	struct place *place = *state;
	struct store *store = place->store;
	assert_int_equal(write_batch(store, 1, 400), 0);
	disk.room = 0;
	/* The WAL cannot be written back, for that would make the file longer. */
	assert_int_equal(store->interface->idle(store), 0);
	for (int64_t n = 1; n <= 400; n++)
		assert_true(sample_is_there(store, n));
	assert_int_equal(write_batch(store, 401, 401), STORE_FULL);
	disk.room = -1;
	assert_int_equal(write_batch(store, 401, 401), 0);
	assert_int_equal(store->interface->idle(store), 0);
	place->engine->reopen(place);
	assert_true(sample_is_there(place->store, 401));
}

static void a_restart_on_a_full_disk_loses_nothing(void **state)
{
	struct place *place = *state;
	assert_int_equal(write_batch(place->store, 1, 50), 0);
	disk.room = 0;
	assert_int_equal(write_batch(place->store, 51, 60), STORE_FULL);
	place->engine->reopen(place);
	for (int64_t n = 1; n <= 60; n++)
		assert_int_equal(sample_is_there(place->store, n), n <= 50);
}

/* The witness has to be made, and there is no room for 56 bytes. */
static void without_room_for_its_witness_a_store_is_used_all_the_same(void **state)
{
	struct place *place = *state;
	char witness[128];
	struct stat status;
	snprintf(witness, sizeof(witness), "%s-witness", place->path);
	assert_int_equal(write_batch(place->store, 1, 3), 0);
	place->store->interface->destroy(&place->store);
	assert_int_equal(unlink(witness), 0);
	disk.room = 0;
	place_open_sqlite(place);
	assert_int_equal(stat(witness, &status), 0);
	assert_int_equal(status.st_size, 0);
	assert_int_equal(write_batch(place->store, 4, 5), STORE_FULL);
	assert_true(sample_is_there(place->store, 3));
	disk.room = -1;
	assert_int_equal(write_batch(place->store, 4, 5), 0);
	assert_int_equal(stat(witness, &status), 0);
	assert_true(status.st_size > 0);
}

static void every_write_that_fails_otherwise_is_fatal_and_ends_writing(void **state)
{
	struct place *place = *state;
	int64_t done = 0;
	/* The first write of a batch fails, then the second, … until a batch needs fewer. */
	for (int64_t nth = 1;; nth++) {
		disk.fail_write = nth;
		int r = write_batch(place->store, done + 1, done + 2);
		if (disk.fail_write > 0) {
			assert_int_equal(r, 0);
			assert_true(nth > 4);
			break;
		}
		assert_true(r < 0);
		assert_true(write_batch(place->store, 90001, 90001) < 0);
		assert_true(place->store->interface->commit(place->store) < 0);
		place->engine->reopen(place);
		/* Whole or not at all; which, is known only now. */
		bool is_there = sample_is_there(place->store, done + 1);
		assert_int_equal(sample_is_there(place->store, done + 2), is_there);
		assert_false(sample_is_there(place->store, 90001));
		done += is_there ? 2 : 0;
	}
}

static void a_sync_that_fails_is_fatal_though_the_batch_may_be_there(void **state)
{
	struct place *place = *state;
	assert_int_equal(write_batch(place->store, 1, 3), 0);
	disk.fail_sync = 1;
	assert_true(write_batch(place->store, 4, 5) < 0);
	assert_true(place->store->interface->commit(place->store) < 0);
	place->engine->reopen(place);
	bool is_there = sample_is_there(place->store, 4);
	assert_int_equal(sample_is_there(place->store, 5), is_there);
	for (int64_t n = 1; n <= 3; n++)
		assert_true(sample_is_there(place->store, n));
	/* The sender of 4, who got no receipt, sends again: promise 2 makes that harmless. */
	if (!is_there)
		assert_int_equal(write_batch(place->store, 4, 5), 0);
	assert_int_equal(write_batch(place->store, 6, 6), 0);
}

static void batches_against_a_disk_that_fills_and_empties_at_random_are_whole_or_gone(void **state)
{
	struct place *place = *state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	enum { CASES_MAX = 1500 };
	static bool committed[CASES_MAX + 1];
	memset(committed, 0, sizeof(committed));
	int fulls = 0;
	for (int64_t n = 1; n <= CASES_MAX;) {
		int64_t last = n + (int64_t)prng_below(&prng, 20);
		last = last > CASES_MAX ? CASES_MAX : last;
		disk.room = prng_chance(&prng, 50) ? (int64_t)prng_below(&prng, 40000) : -1;
		int r = write_batch(place->store, n, last);
		assert_true(r == 0 || r == STORE_FULL);
		fulls += r == STORE_FULL;
		for (int64_t i = n; i <= last; i++)
			committed[i] = r == 0;
		n = last + 1;
		if (prng_chance(&prng, 20))
			assert_int_equal(place->store->interface->idle(place->store), 0);
		if (prng_chance(&prng, 5)) {
			disk.room = -1;
			place->engine->reopen(place);
		}
	}
	assert_true(fulls > 5);
	disk.room = -1;
	place->engine->reopen(place);
	for (int64_t n = 1; n <= CASES_MAX; n++)
		assert_int_equal(sample_is_there(place->store, n), committed[n]);
}

static void the_twin_in_memory_fails_as_it_is_told(void **state)
{
	(void)state;
	struct store *store = store_memory_new((struct store_identity){.created = {1}});
	assert_int_equal(write_batch(store, 1, 5), 0);
	struct state_of_store before = look(store), after;
	for (int64_t countdown = 1; countdown <= 13; countdown++) {
		store_memory_plan(store, STORE_MEMORY_FULL, countdown);
		assert_int_equal(write_batch(store, 6, 7), STORE_FULL);
		after = look(store);
		assert_same(&before, &after);
		assert_false(sample_is_there(store, 6));
	}
	store_memory_set_full(store, true);
	assert_int_equal(write_batch(store, 6, 7), STORE_FULL);
	assert_int_equal(store->interface->commit(store), 0);
	store_memory_crash(store);
	assert_int_equal(write_batch(store, 6, 7), STORE_FULL);
	store_memory_set_full(store, false);
	/* 12 writes and the commit: the 13th call. */
	store_memory_plan(store, STORE_MEMORY_FAIL_LOST, 13);
	assert_true(write_batch(store, 6, 7) < 0);
	assert_true(write_batch(store, 8, 8) < 0);
	store_memory_crash(store);
	assert_false(sample_is_there(store, 6));
	after = look(store);
	assert_same(&before, &after);
	store_memory_plan(store, STORE_MEMORY_FAIL_KEPT, 13);
	assert_true(write_batch(store, 6, 7) < 0);
	store_memory_crash(store);
	assert_true(sample_is_there(store, 6) && sample_is_there(store, 7));
	assert_int_equal(write_batch(store, 8, 8), 0);
	/* Any of the writes, and a batch with many of them. */
	store_memory_plan(store, STORE_MEMORY_FAIL_LOST, 1);
	assert_true(store->interface->put_cursor(store, SPAN_LITERAL("web"), 1) < 0);
	store_memory_crash(store);
	store_memory_plan(store, STORE_MEMORY_FULL, 40 * 6);
	assert_int_equal(write_batch(store, 9, 60), STORE_FULL);
	store_memory_damage_text(store, sample_case_id(8), 2);
	struct text_row text;
	assert_int_equal(store->interface->read_text(store, sample_case_id(8), 2, &text), STORE_DAMAGED);
	assert_int_equal(store->interface->read_text(store, sample_case_id(8), 1, &text), 0);
	store->interface->destroy(&store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_batch_that_meets_a_full_disk_is_gone_whole_and_the_store_goes_on),
		TEST(a_batch_larger_than_the_cache_is_rolled_back_too),
		TEST(what_is_read_while_the_disk_is_full_is_right_and_idle_is_harmless),
		TEST(a_restart_on_a_full_disk_loses_nothing),
		TEST(without_room_for_its_witness_a_store_is_used_all_the_same),
		TEST(every_write_that_fails_otherwise_is_fatal_and_ends_writing),
		TEST(a_sync_that_fails_is_fatal_though_the_batch_may_be_there),
		TEST(batches_against_a_disk_that_fills_and_empties_at_random_are_whole_or_gone),
		cmocka_unit_test(the_twin_in_memory_fails_as_it_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
