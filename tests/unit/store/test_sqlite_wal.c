#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/store/sqlite.h"
#include "tests/unit/store/killed.h"
#include "tests/unit/store/sample.h"

/* A WAL that SIGKILL left, damaged, and no witness beside it: what can be told from the tear of a power cut
 * is refused. */

#define HEADER	 32
#define FRAME(n) (HEADER + (n)*WAL_FRAME_BYTES)

/* As if the power had been cut before the witness was ever synced. */
static void copy_without_witness(struct killed *self)
{
	killed_copy(self);
	killed_remove(self, "-witness");
	killed_remove(self, "-shm");
}

static void assert_refused(struct killed *self, int64_t frame)
{
	char words[64];
	snprintf(words, sizeof(words), "its WAL was damaged at frame %lld", (long long)frame);
	killed_is_refused(self, words);
}

static void a_whole_one_is_opened(void **state)
{
	struct killed *self = *state;
	copy_without_witness(self);
	killed_opens(self, KILLED_BATCHES);
}

static void a_frame_in_the_middle_is_damage_wherever_it_is_hit(void **state)
{
	struct killed *self = *state;
	static const int64_t at[] = {0, 5, 8, 12, 17, 21, 24, 2000, WAL_FRAME_BYTES - 1};
	for (int64_t batch = 0; batch + 1 < KILLED_BATCHES; batch++) {
		for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			copy_without_witness(self);
			killed_flip(self, "-wal", FRAME(self->frames[batch]) + at[i]);
			assert_refused(self, self->frames[batch] + 1);
		}
	}
}

/* Without its number of pages, which says that a batch ends here, two batches look like one, and torn; and
 * without its sum nothing follows from it. */
static void the_last_frame_of_a_batch_is_damage_but_in_what_says_so(void **state)
{
	struct killed *self = *state;
	static const int64_t at[] = {0, 3, 8, 12, 24, WAL_FRAME_BYTES - 1};
	for (int64_t batch = 1; batch < KILLED_BATCHES; batch++) {
		assert_true(self->frames[batch] > self->frames[batch - 1] + 1);
		for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			copy_without_witness(self);
			killed_flip(self, "-wal", FRAME(self->frames[batch] - 1) + at[i]);
			assert_refused(self, self->frames[batch]);
		}
	}
	int64_t last = self->frames[KILLED_BATCHES - 1];
	static const char nothing[8] = {0};
	copy_without_witness(self);
	killed_change(self, "-wal", FRAME(last - 1) + 4, nothing, 4);
	killed_opens(self, KILLED_BATCHES - 2);
	copy_without_witness(self);
	killed_change(self, "-wal", FRAME(last - 1) + 16, nothing, 8);
	killed_opens(self, KILLED_BATCHES - 2);
}

static void the_last_batch_looks_torn(void **state)
{
	struct killed *self = *state;
	int64_t last = self->frames[KILLED_BATCHES - 1];
	copy_without_witness(self);
	killed_flip(self, "-wal", FRAME(last) + 100);
	killed_opens(self, KILLED_BATCHES - 1);
	copy_without_witness(self);
	killed_cut(self, "-wal", FRAME(last) + 100);
	killed_opens(self, KILLED_BATCHES - 1);
	/* Two places hit at once: no batch is left that another follows. */
	copy_without_witness(self);
	killed_flip(self, "-wal", FRAME(self->frames[2]) + 100);
	killed_flip(self, "-wal", FRAME(self->frames[3]) + 100);
	killed_opens(self, 2);
}

static void a_damaged_header_is_seen_where_frames_follow(void **state)
{
	struct killed *self = *state;
	static const int64_t at[] = {0, 3, 5, 9, 14, 17, 21, 25, 29};
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		copy_without_witness(self);
		killed_flip(self, "-wal", at[i]);
		assert_refused(self, 0);
	}
	char nothing[512] = {0};
	copy_without_witness(self);
	killed_change(self, "-wal", 0, nothing, sizeof(nothing));
	assert_refused(self, 0);
	/* Without frames it is what a power cut left of the first write. */
	static const size_t sizes[] = {0, 20, HEADER, HEADER + 100, HEADER + WAL_FRAME_BYTES};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		copy_without_witness(self);
		killed_change(self, "-wal", 0, nothing, HEADER);
		killed_cut(self, "-wal", (int64_t)sizes[i]);
		killed_opens(self, 0);
	}
	/* The magic is right, and nothing follows from the rest. */
	copy_without_witness(self);
	killed_change(self, "-wal", 8, nothing, HEADER - 8);
	killed_cut(self, "-wal", HEADER);
	killed_opens(self, 0);
	copy_without_witness(self);
	killed_change(self, "-wal", 8, nothing, HEADER - 8);
	killed_opens(self, 0);
}

static void a_generation_before_is_not_taken_for_damage(void **state)
{
	struct killed *self = *state;
	/* Written back: the next batch begins the WAL anew, and stands before what was there. */
	assert_int_equal(sqlite_checkpoint(sqlite_of(self->living.store)), 0);
	assert_int_equal(sample_write(self->living.store, 100), 0);
	assert_int_equal(self->living.store->interface->commit(self->living.store), 0);
	assert_true(sqlite_of(self->living.store)->wal_frames < self->frames[KILLED_BATCHES]);
	copy_without_witness(self);
	killed_opens(self, KILLED_BATCHES);
	copy_without_witness(self);
	killed_flip(self, "-wal", FRAME(0) + 100);
	killed_opens(self, KILLED_BATCHES);
}

static void pages_of_another_size_are_left_to_sqlite(void **state)
{
	struct killed *self = *state;
	sample_tamper(self->place.path,
		"PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA user_version = 0");
	assert_int_equal(chmod(self->place.path, 0600), 0);
	place_open_sqlite(&self->place);
	assert_int_equal(sample_write(self->place.store, 1), 0);
	assert_int_equal(self->place.store->interface->commit(self->place.store), 0);
	assert_int_equal(sqlite_wal_damage(sqlite_of(self->place.store)->db), -1);
	self->place.store->interface->destroy(&self->place.store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, killed_setup, killed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_one_is_opened),
		TEST(a_frame_in_the_middle_is_damage_wherever_it_is_hit),
		TEST(the_last_frame_of_a_batch_is_damage_but_in_what_says_so),
		TEST(the_last_batch_looks_torn),
		TEST(a_damaged_header_is_seen_where_frames_follow),
		TEST(a_generation_before_is_not_taken_for_damage),
		TEST(pages_of_another_size_are_left_to_sqlite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
