#include "tests/unit/store/killed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "daemon/store/sqlite.h"
#include "tests/unit/store/sample.h"

static const char *const endings[] = {"", "-wal", "-shm", "-witness"};
#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

static char bytes_of_file[1 << 20];

/* -1: there is none that could be read. */
static ssize_t read_file(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	ssize_t size = read(file, bytes_of_file, sizeof(bytes_of_file));
	assert_true(size < (ssize_t)sizeof(bytes_of_file));
	close(file);
	return size;
}

static void copy_file(const char *from, const char *to)
{
	ssize_t size = read_file(from);
	assert_true(size >= 0);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	assert_int_equal(write(out, bytes_of_file, (size_t)size), size);
	close(out);
}

void killed_path(const struct killed *self, const char *ending, char ret_path[static 128])
{
	snprintf(ret_path, 128, "%s%s", self->place.path, ending);
}

void killed_copy(struct killed *self)
{
	for (size_t i = 0; i < ENDINGS; i++) {
		char from[128], to[128];
		snprintf(from, sizeof(from), "%s%s", self->living.path, endings[i]);
		killed_path(self, endings[i], to);
		copy_file(from, to);
	}
}

int killed_setup(void **state)
{
	static struct killed killed;
	killed = (struct killed){.frames = {0}};
	place_make(&killed.place);
	place_make(&killed.living);
	place_open_sqlite(&killed.living);
	for (int64_t n = 1; n <= KILLED_BATCHES; n++) {
		assert_int_equal(sample_write(killed.living.store, n), 0);
		assert_int_equal(killed.living.store->interface->commit(killed.living.store), 0);
		killed.frames[n] = sqlite_of(killed.living.store)->wal_frames;
	}
	*state = &killed;
	return 0;
}

int killed_teardown(void **state)
{
	struct killed *killed = *state;
	killed->living.store->interface->destroy(&killed->living.store);
	place_remove(&killed->living);
	place_remove(&killed->place);
	return 0;
}

void killed_change(const struct killed *self, const char *ending, int64_t at, const void *bytes, size_t size)
{
	char path[128];
	killed_path(self, ending, path);
	int file = open(path, O_RDWR | O_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(pwrite(file, bytes, size, at), size);
	close(file);
}

void killed_flip(const struct killed *self, const char *ending, int64_t at)
{
	char path[128], byte;
	killed_path(self, ending, path);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(file, &byte, 1, at), 1);
	close(file);
	byte ^= 4;
	killed_change(self, ending, at, &byte, 1);
}

void killed_cut(const struct killed *self, const char *ending, int64_t size)
{
	char path[128];
	killed_path(self, ending, path);
	assert_int_equal(truncate(path, size), 0);
}

void killed_remove(const struct killed *self, const char *ending)
{
	char path[128];
	killed_path(self, ending, path);
	assert_true(unlink(path) == 0 || errno == ENOENT);
}

/* Of database, WAL and witness. The -shm file is SQLite's notebook, made anew by whoever looks. */
static struct digest digest_of_files(const struct killed *self)
{
	struct digest digests[3];
	static const char *const looked_at[] = {"", "-wal", "-witness"};
	for (size_t i = 0; i < 3; i++) {
		char path[128];
		killed_path(self, looked_at[i], path);
		ssize_t size = read_file(path);
		digests[i] = digest_of(span_of(bytes_of_file, size > 0 ? (size_t)size : 0));
	}
	return digest_of(span_of(digests, sizeof(digests)));
}

void killed_is_refused(struct killed *self, const char *words)
{
	struct fault faults[2] = {FAULT_NONE, FAULT_NONE};
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = self->place.path};
	struct digest before = digest_of_files(self);
	assert_true(store_sqlite_open_read_only(self->place.path, &faults[0], &store) < 0);
	assert_true(store_sqlite_open(&options, &faults[1], &store) < 0);
	for (int i = 0; i < 2; i++)
		if (!strstr(faults[i].text, words))
			fail_msg("'%s' does not say '%s'", faults[i].text, words);
	struct digest after = digest_of_files(self);
	assert_true(digest_equal(&before, &after));
}

void killed_opens(struct killed *self, int64_t batches)
{
	place_open_sqlite(&self->place);
	for (int64_t n = 1; n <= KILLED_BATCHES; n++)
		assert_int_equal(sample_is_there(self->place.store, n), n <= batches);
	self->place.store->interface->destroy(&self->place.store);
}
