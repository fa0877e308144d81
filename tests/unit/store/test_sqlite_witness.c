#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "tests/unit/store/killed.h"
#include "tests/unit/store/sample.h"

/* What the witness saw committed and the store does not have is missed, whatever took it away; and whatever
 * is wrong with the witness itself, no good store is refused for it. */

#define SIZE	 56
#define HEADER	 32
#define FRAME(n) (HEADER + (n)*WAL_FRAME_BYTES)

static void assert_misses(struct killed *self, int64_t batches)
{
	char words[160];
	snprintf(words, sizeof(words),
		"its end is lost: it ends with record %lld (batch %lld), and its -witness file saw record %d committed "
		"(batch %d)",
		(long long)batches * SAMPLE_RECORDS, (long long)batches, KILLED_BATCHES * SAMPLE_RECORDS,
		KILLED_BATCHES);
	killed_is_refused(self, words);
}

static void a_wal_cut_anywhere_is_refused(void **state)
{
	struct killed *self = *state;
	for (int64_t batch = 0; batch < KILLED_BATCHES; batch++) {
		int64_t begin = FRAME(self->frames[batch]), end = FRAME(self->frames[batch + 1]);
		const int64_t sizes[] = {begin, begin + 1, begin + WAL_FRAME_BYTES, end - 1};
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			killed_copy(self);
			/* With -shm, too: it is not asked. */
			if (i % 2)
				killed_remove(self, "-shm");
			killed_cut(self, "-wal", sizes[i]);
			assert_misses(self, batch);
		}
	}
	static const int64_t sizes[] = {0, 1, HEADER - 1};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		killed_copy(self);
		killed_cut(self, "-wal", sizes[i]);
		assert_misses(self, 0);
	}
}

static void a_last_batch_that_was_hit_is_refused(void **state)
{
	struct killed *self = *state;
	int64_t last = self->frames[KILLED_BATCHES - 1], all = self->frames[KILLED_BATCHES];
	for (int64_t frame = last; frame < all; frame++) {
		killed_copy(self);
		killed_flip(self, "-wal", FRAME(frame) + 100);
		assert_misses(self, KILLED_BATCHES - 1);
	}
}

static void a_wal_that_is_gone_is_refused(void **state)
{
	struct killed *self = *state;
	killed_copy(self);
	killed_remove(self, "-wal");
	assert_misses(self, 0);
	killed_copy(self);
	killed_remove(self, "-wal");
	killed_remove(self, "-shm");
	assert_misses(self, 0);
}

/* SQLite would delete its WAL, and the daemon begin a store anew. */
static void an_emptied_database_is_refused(void **state)
{
	struct killed *self = *state;
	killed_copy(self);
	killed_cut(self, "", 0);
	assert_misses(self, 0);
	killed_remove(self, "-wal");
	assert_misses(self, 0);
	killed_copy(self);
	killed_cut(self, "", 0);
	killed_remove(self, "-witness");
	killed_is_refused(self, "it is empty or was gone, and has a WAL");
	killed_remove(self, "-wal");
	killed_opens(self, 0);
}

static void a_database_that_is_gone_is_not_made_anew(void **state)
{
	struct killed *self = *state;
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = self->place.path};
	killed_copy(self);
	killed_remove(self, "");
	assert_true(store_sqlite_open(&options, &fault, &store) < 0);
	assert_non_null(strstr(fault.text, "its end is lost"));
	char wal[128];
	struct stat status;
	killed_path(self, "-wal", wal);
	assert_int_equal(stat(wal, &status), 0);
	assert_int_equal(status.st_size, FRAME(self->frames[KILLED_BATCHES]));
}

/* A good one, but older: put there by hand perhaps. */
static void an_older_store_in_its_place_is_refused(void **state)
{
	struct killed *self = *state;
	killed_copy(self);
	killed_cut(self, "-wal", FRAME(self->frames[1]));
	killed_remove(self, "-witness");
	killed_opens(self, 1); /* and is one file now */
	char testimony[SIZE], path[128];
	snprintf(path, sizeof(path), "%s-witness", self->living.path);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(file, testimony, SIZE), SIZE);
	close(file);
	killed_change(self, "-witness", 0, testimony, SIZE);
	assert_misses(self, 1);
}

static void moved_away_it_lets_what_is_there_go_on(void **state)
{
	struct killed *self = *state;
	killed_copy(self);
	killed_cut(self, "-wal", FRAME(self->frames[2]) + 100);
	assert_misses(self, 2);
	killed_remove(self, "-witness");
	killed_opens(self, 2);
	/* A new one was made, and sees what comes now. */
	place_open_sqlite(&self->place);
	assert_int_equal(sqlite_of(self->place.store)->witness.batch, 2);
	assert_int_equal(sqlite_of(self->place.store)->witness.seq, 2 * SAMPLE_RECORDS);
	assert_int_equal(sample_write(self->place.store, 3), 0);
	assert_int_equal(self->place.store->interface->commit(self->place.store), 0);
	self->place.store->interface->destroy(&self->place.store);
	killed_opens(self, 3);
}

/* What a power cut may leave: older, torn, empty, none. */
static void an_older_or_torn_one_refuses_no_good_store(void **state)
{
	struct killed *self = *state;
	for (int64_t at = 0; at < SIZE; at++) {
		killed_copy(self);
		killed_flip(self, "-witness", at);
		killed_opens(self, KILLED_BATCHES);
		killed_copy(self);
		killed_cut(self, "-witness", at);
		killed_opens(self, KILLED_BATCHES);
	}
	killed_copy(self);
	killed_remove(self, "-witness");
	killed_opens(self, KILLED_BATCHES);
	/* That of the store as it was before. */
	killed_copy(self);
	char older[SIZE], path[128];
	killed_path(self, "-witness", path);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(file, older, SIZE), SIZE);
	close(file);
	assert_int_equal(sample_write(self->living.store, 100), 0);
	assert_int_equal(self->living.store->interface->commit(self->living.store), 0);
	killed_copy(self);
	killed_change(self, "-witness", 0, older, SIZE);
	killed_opens(self, KILLED_BATCHES);
}

/* It appends nothing to the journal. */
static void a_batch_of_cursors_alone_is_missed_too(void **state)
{
	struct killed *self = *state;
	struct store *store = self->living.store;
	int64_t frames = sqlite_of(store)->wal_frames;
	assert_int_equal(store->interface->put_cursor(store, SPAN_LITERAL("portal-a"), 3), 0);
	assert_int_equal(store->interface->commit(store), 0);
	killed_copy(self);
	killed_opens(self, KILLED_BATCHES);
	killed_copy(self);
	killed_cut(self, "-wal", FRAME(frames));
	killed_is_refused(self,
		"it ends with record 8 (batch 4), and its -witness file saw record 8 committed (batch 5)");
}

static void it_is_written_after_a_commit_and_synced_later(void **state)
{
	struct killed *self = *state;
	struct store *store = self->living.store;
	struct sqlite_witness *witness = &sqlite_of(store)->witness;
	/* Within a second of the last time it is left to the system. */
	witness->synced_us = sqlite_clock_us();
	assert_true(witness->is_dirty);
	assert_int_equal(store->interface->idle(store), 0);
	assert_true(witness->is_dirty);
	witness->synced_us -= US_PER_S;
	assert_int_equal(store->interface->idle(store), 0);
	assert_false(witness->is_dirty);
	int64_t synced_us = witness->synced_us;
	witness->synced_us -= US_PER_S;
	assert_int_equal(store->interface->idle(store), 0);
	assert_int_equal(witness->synced_us, synced_us - US_PER_S);
	/* A commit that has nothing to say does not make it say anything. */
	assert_int_equal(store->interface->commit(store), 0);
	assert_false(witness->is_dirty);
	assert_int_equal(sample_write(store, 100), 0);
	assert_false(witness->is_dirty);
	assert_int_equal(store->interface->commit(store), 0);
	assert_true(witness->is_dirty);
	assert_int_equal(sqlite_checkpoint(sqlite_of(store)), 0);
	assert_false(witness->is_dirty);
}

static void it_is_nobody_elses_to_read(void **state)
{
	struct killed *self = *state;
	char path[128];
	struct stat status;
	snprintf(path, sizeof(path), "%s-witness", self->living.path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, SIZE);
}

/* A reader has none of its own, and leaves that of the store as it is. */
static void a_reader_writes_none(void **state)
{
	struct killed *self = *state;
	struct fault fault = FAULT_NONE;
	struct store *reader = NULL;
	char path[128];
	killed_copy(self);
	killed_remove(self, "-witness");
	assert_int_equal(store_sqlite_open_read_only(self->place.path, &fault, &reader), 0);
	assert_null(sqlite_of(reader)->witness.file);
	reader->interface->destroy(&reader);
	killed_path(self, "-witness", path);
	assert_int_equal(access(path, F_OK), -1);
}

static void what_cannot_be_read_is_not_passed_over(void **state)
{
	struct killed *self = *state;
	char path[128];
	killed_copy(self);
	killed_remove(self, "-witness");
	killed_path(self, "-witness", path);
	assert_int_equal(mkdir(path, 0700), 0);
	killed_is_refused(self, "its -witness file cannot be read");
	assert_int_equal(rmdir(path), 0);
	/* Where it leads to is not ours to write. */
	assert_int_equal(symlink("/dev/null", path), 0);
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = self->place.path};
	assert_true(store_sqlite_open(&options, &fault, &store) < 0);
	assert_non_null(strstr(fault.text, "its -witness file cannot be"));
	killed_remove(self, "-witness");
	killed_opens(self, KILLED_BATCHES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, killed_setup, killed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wal_cut_anywhere_is_refused),
		TEST(a_last_batch_that_was_hit_is_refused),
		TEST(a_wal_that_is_gone_is_refused),
		TEST(an_emptied_database_is_refused),
		TEST(a_database_that_is_gone_is_not_made_anew),
		TEST(an_older_store_in_its_place_is_refused),
		TEST(moved_away_it_lets_what_is_there_go_on),
		TEST(an_older_or_torn_one_refuses_no_good_store),
		TEST(a_batch_of_cursors_alone_is_missed_too),
		TEST(it_is_written_after_a_commit_and_synced_later),
		TEST(it_is_nobody_elses_to_read),
		TEST(a_reader_writes_none),
		TEST(what_cannot_be_read_is_not_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
