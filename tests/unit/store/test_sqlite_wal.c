#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/sample.h"

/* A WAL that SIGKILL left, damaged: what can be told from the tear of a power cut is refused. */

#define BATCHES	 4
#define HEADER	 32
#define FRAME(n) (HEADER + (n)*WAL_FRAME_BYTES)

struct killed {
	struct place place; /* first: what is opened */
	struct place living;
	int64_t frames[BATCHES + 1]; /* after each batch */
};

static const char *const endings[] = {"", "-wal", "-shm"};

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	ssize_t size = read(in, bytes, sizeof(bytes));
	assert_true(size >= 0 && size < (ssize_t)sizeof(bytes));
	assert_int_equal(write(out, bytes, (size_t)size), size);
	close(in);
	close(out);
}

/* The files as they are now, while their store is open: what a killed process leaves. */
static void copy_living(struct killed *self)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		char from[128], to[128];
		snprintf(from, sizeof(from), "%s%s", self->living.path, endings[i]);
		snprintf(to, sizeof(to), "%s%s", self->place.path, endings[i]);
		copy_file(from, to);
	}
}

static int setup(void **state)
{
	static struct killed killed;
	killed = (struct killed){.frames = {0}};
	place_make(&killed.place);
	place_make(&killed.living);
	place_open_sqlite(&killed.living);
	for (int64_t n = 1; n <= BATCHES; n++) {
		assert_int_equal(sample_write(killed.living.store, n), 0);
		assert_int_equal(killed.living.store->interface->commit(killed.living.store), 0);
		killed.frames[n] = sqlite_of(killed.living.store)->wal_frames;
	}
	*state = &killed;
	return 0;
}

static int teardown(void **state)
{
	struct killed *killed = *state;
	killed->living.store->interface->destroy(&killed->living.store);
	place_remove(&killed->living);
	place_remove(&killed->place);
	return 0;
}

static void change(const struct killed *self, const char *ending, int64_t at, const void *bytes, size_t size)
{
	char path[128];
	snprintf(path, sizeof(path), "%s%s", self->place.path, ending);
	int file = open(path, O_RDWR | O_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(pwrite(file, bytes, size, at), size);
	close(file);
}

static void flip(const struct killed *self, const char *ending, int64_t at)
{
	char path[128], byte;
	snprintf(path, sizeof(path), "%s%s", self->place.path, ending);
	int file = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(file, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(file, &byte, 1, at), 1);
	close(file);
}

static void cut(const struct killed *self, int64_t size)
{
	char path[128];
	snprintf(path, sizeof(path), "%s-wal", self->place.path);
	assert_int_equal(truncate(path, size), 0);
}

static void remove_witness(const struct killed *self)
{
	char path[128];
	snprintf(path, sizeof(path), "%s-shm", self->place.path);
	assert_int_equal(unlink(path), 0);
}

static void assert_refused(struct killed *self, int64_t frame)
{
	char words[64];
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = self->place.path};
	snprintf(words, sizeof(words), "its WAL was damaged at frame %lld", (long long)frame);
	/* verify first: it must leave the witness where it is. */
	assert_true(store_sqlite_open_read_only(self->place.path, &fault, &store) < 0);
	assert_non_null(strstr(fault.text, words));
	fault = FAULT_NONE;
	assert_true(store_sqlite_open(&options, &fault, &store) < 0);
	if (!strstr(fault.text, words))
		fail_msg("'%s' does not say '%s'", fault.text, words);
}

/* It opens, and has the first `batches`. */
static void assert_opens(struct killed *self, int64_t batches)
{
	place_open_sqlite(&self->place);
	for (int64_t n = 1; n <= BATCHES; n++)
		assert_int_equal(sample_is_there(self->place.store, n), n <= batches);
	self->place.store->interface->destroy(&self->place.store);
}

static void a_whole_one_is_opened_with_a_witness_and_without(void **state)
{
	struct killed *self = *state;
	copy_living(self);
	assert_opens(self, BATCHES);
	copy_living(self);
	remove_witness(self);
	assert_opens(self, BATCHES);
}

static void a_frame_in_the_middle_is_damage_wherever_it_is_hit(void **state)
{
	struct killed *self = *state;
	static const int64_t at[] = {0, 5, 8, 12, 17, 21, 24, 2000, WAL_FRAME_BYTES - 1};
	for (int64_t batch = 0; batch + 1 < BATCHES; batch++) {
		for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			copy_living(self);
			remove_witness(self);
			flip(self, "-wal", FRAME(self->frames[batch]) + at[i]);
			assert_refused(self, self->frames[batch] + 1);
		}
	}
}

static void the_last_batch_looks_torn_but_to_a_witness(void **state)
{
	struct killed *self = *state;
	int64_t last = self->frames[BATCHES - 1];
	copy_living(self);
	flip(self, "-wal", FRAME(last) + 100);
	assert_refused(self, last + 1);
	remove_witness(self);
	assert_opens(self, BATCHES - 1);
	copy_living(self);
	cut(self, FRAME(last) + 100);
	assert_refused(self, last + 1);
	remove_witness(self);
	assert_opens(self, BATCHES - 1);
}

/* Two places hit at once: no batch is left that another follows. */
static void without_a_witness_only_a_batch_that_is_followed_tells(void **state)
{
	struct killed *self = *state;
	copy_living(self);
	remove_witness(self);
	flip(self, "-wal", FRAME(self->frames[2]) + 100);
	flip(self, "-wal", FRAME(self->frames[3]) + 100);
	assert_opens(self, 2);
	copy_living(self);
	flip(self, "-wal", FRAME(self->frames[2]) + 100);
	flip(self, "-wal", FRAME(self->frames[3]) + 100);
	assert_refused(self, self->frames[2] + 1);
}

/* Its head: version, …, made at 12, frames at 16, salt at 32, sum at 40; a second copy at 48. */
static void a_witness_that_is_not_whole_is_none(void **state)
{
	struct killed *self = *state;
	static const char nothing[48] = {0};
	static const int64_t at[] = {16, 41, 48 + 16};
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		copy_living(self);
		flip(self, "-wal", FRAME(self->frames[BATCHES - 1]) + 100);
		flip(self, "-shm", at[i]);
		/* Both copies alike, so that only the sum can tell. */
		if (at[i] < 48)
			flip(self, "-shm", at[i] + 48);
		assert_opens(self, BATCHES - 1);
	}
	copy_living(self);
	flip(self, "-wal", FRAME(self->frames[BATCHES - 1]) + 100);
	change(self, "-shm", 0, nothing, sizeof(nothing));
	change(self, "-shm", 48, nothing, sizeof(nothing));
	assert_opens(self, BATCHES - 1);
	/* Another WAL's witness. */
	copy_living(self);
	assert_int_equal(sqlite_checkpoint(sqlite_of(self->living.store)), 0);
	assert_int_equal(sample_write(self->living.store, 100), 0);
	assert_int_equal(self->living.store->interface->commit(self->living.store), 0);
	char from[128], to[128];
	snprintf(from, sizeof(from), "%s-shm", self->living.path);
	snprintf(to, sizeof(to), "%s-shm", self->place.path);
	copy_file(from, to);
	flip(self, "-wal", FRAME(self->frames[BATCHES - 1]) + 100);
	assert_opens(self, BATCHES - 1);
}

static void a_damaged_header_is_seen_where_frames_follow(void **state)
{
	struct killed *self = *state;
	static const int64_t at[] = {0, 3, 5, 9, 14, 17, 21, 25, 29};
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		copy_living(self);
		remove_witness(self);
		flip(self, "-wal", at[i]);
		assert_refused(self, 0);
	}
	char nothing[512] = {0};
	copy_living(self);
	change(self, "-wal", 0, nothing, sizeof(nothing));
	assert_refused(self, 0);
	/* Without frames it is what a power cut left of the first write. */
	static const size_t sizes[] = {0, 20, HEADER, HEADER + 100, HEADER + WAL_FRAME_BYTES};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		copy_living(self);
		remove_witness(self);
		change(self, "-wal", 0, nothing, HEADER);
		cut(self, (int64_t)sizes[i]);
		assert_opens(self, 0);
	}
	/* The magic is right, and nothing follows from the rest. */
	copy_living(self);
	remove_witness(self);
	change(self, "-wal", 8, nothing, HEADER - 8);
	cut(self, HEADER);
	assert_opens(self, 0);
	copy_living(self);
	remove_witness(self);
	change(self, "-wal", 8, nothing, HEADER - 8);
	assert_opens(self, 0);
}

static void a_generation_before_is_not_taken_for_damage(void **state)
{
	struct killed *self = *state;
	/* Written back: the next batch begins the WAL anew, and stands before what was there. */
	assert_int_equal(sqlite_checkpoint(sqlite_of(self->living.store)), 0);
	assert_int_equal(sample_write(self->living.store, 100), 0);
	assert_int_equal(self->living.store->interface->commit(self->living.store), 0);
	assert_true(sqlite_of(self->living.store)->wal_frames < self->frames[BATCHES]);
	copy_living(self);
	remove_witness(self);
	assert_opens(self, BATCHES);
	copy_living(self);
	remove_witness(self);
	flip(self, "-wal", FRAME(0) + 100);
	assert_opens(self, BATCHES);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_one_is_opened_with_a_witness_and_without),
		TEST(a_frame_in_the_middle_is_damage_wherever_it_is_hit),
		TEST(the_last_batch_looks_torn_but_to_a_witness),
		TEST(without_a_witness_only_a_batch_that_is_followed_tells),
		TEST(a_witness_that_is_not_whole_is_none),
		TEST(a_damaged_header_is_seen_where_frames_follow),
		TEST(a_generation_before_is_not_taken_for_damage),
		TEST(pages_of_another_size_are_left_to_sqlite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
