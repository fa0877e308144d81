#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/store_sqlite.h"
#include "tests/lib/prng.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/sample.h"

/* Real processes and real files: SIGKILL in the middle of writing, and a WAL cut anywhere. */

#define ROUNDS	  25
#define BATCH_MAX 40

/* Case numbers of a batch go up without gaps; after each commit the child says the last number of it. */
static void write_for_ever(const char *path, int64_t first, uint64_t seed, int acknowledge)
{
	struct place place = {.engine = &engine_sqlite};
	struct prng prng;
	prng_init(&prng, seed);
	snprintf(place.path, sizeof(place.path), "%s", path);
	place_open_sqlite(&place);
	for (int64_t n = first;;) {
		int64_t last = n + (int64_t)prng_below(&prng, BATCH_MAX);
		for (; n <= last; n++)
			if (sample_write(place.store, n) != 0)
				_exit(1);
		if (place.store->interface->commit(place.store) != 0)
			_exit(2);
		if (write(acknowledge, &last, sizeof(last)) != sizeof(last))
			_exit(3);
		if (prng_chance(&prng, 20) && place.store->interface->idle(place.store) != 0)
			_exit(4);
	}
}

/* Kills a writer after it acknowledged some batches; the last case it acknowledged. */
static int64_t run_and_kill(const char *path, int64_t first, struct prng *prng)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	uint64_t seed = prng_next(prng);
	int64_t acknowledgements = 1 + (int64_t)prng_below(prng, 12), last = first - 1, more;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		write_for_ever(path, first, seed, ends[1]);
	}
	close(ends[1]);
	for (int64_t i = 0; i < acknowledgements; i++) {
		assert_int_equal(read(ends[0], &more, sizeof(more)), sizeof(more));
		last = more;
	}
	/* Where this hits it is up to the scheduler: in a commit, a checkpoint, a batch. */
	assert_int_equal(kill(child, SIGKILL), 0);
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(ends[0], &more, sizeof(more)) == sizeof(more))
		last = more;
	close(ends[0]);
	return last;
}

static void every_acknowledged_batch_survives_sigkill_and_none_is_there_in_part(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	struct place place = {.engine = &engine_sqlite};
	place_make(&place);
	int64_t first = 1;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t acknowledged = run_and_kill(place.path, first, &prng);
		place_open_sqlite(&place);
		for (int64_t n = first; n <= acknowledged; n++)
			assert_true(sample_is_there(place.store, n));
		/* A batch that was committed and not acknowledged may be there, but then whole and in order.
		 */
		int64_t end = acknowledged + 1;
		while (sample_is_there(place.store, end))
			end++;
		assert_true(end - acknowledged - 1 <= BATCH_MAX);
		for (int64_t n = end; n < end + BATCH_MAX; n++)
			assert_false(sample_is_there(place.store, n));
		int64_t seq;
		struct digest head;
		assert_int_equal(place.store->interface->chain_head(place.store, &seq, &head), 0);
		assert_int_equal(seq, (end - 1) * SAMPLE_RECORDS);
		place.store->interface->destroy(&place.store);
		first = end;
	}
	place_remove(&place);
}

static void copy_file(const char *from, const char *to, off_t size)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	static char bytes[65536];
	while (size > 0) {
		ssize_t part = read(in, bytes, size < (off_t)sizeof(bytes) ? (size_t)size : sizeof(bytes));
		assert_true(part > 0);
		assert_int_equal(write(out, bytes, (size_t)part), part);
		size -= part;
	}
	close(in);
	close(out);
}

static off_t size_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

#define WAL_BATCHES	12
#define WAL_BATCH	5
#define WAL_HEADER_SIZE 32 /* of SQLite's format */

/* What a power cut leaves of a WAL whose end had not reached the disk: batches from the front, each whole. */
static void a_wal_cut_anywhere_gives_a_whole_number_of_batches(void **state)
{
	(void)state;
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	struct place place = {.engine = &engine_sqlite}, copy = place;
	place_make(&place);
	place_make(&copy);
	place_open_sqlite(&place);
	char wal[128], wal_copy[128];
	snprintf(wal, sizeof(wal), "%s-wal", place.path);
	snprintf(wal_copy, sizeof(wal_copy), "%s-wal", copy.path);
	/* After opening the WAL is written back and begins anew: by its frames, not by the file's old length.
	 */
	off_t ends[WAL_BATCHES + 1] = {WAL_HEADER_SIZE};
	for (int batch = 1; batch <= WAL_BATCHES; batch++) {
		for (int64_t n = 1; n <= WAL_BATCH; n++)
			assert_int_equal(sample_write(place.store, (batch - 1) * WAL_BATCH + n), 0);
		assert_int_equal(place.store->interface->commit(place.store), 0);
		ends[batch] = WAL_HEADER_SIZE + (off_t)store_sqlite_gauges(place.store).wal_bytes;
	}
	for (int round = 0; round < 60; round++) {
		int whole = (int)prng_below(&prng, WAL_BATCHES);
		off_t cut = ends[whole] + (off_t)prng_below(&prng, (uint64_t)(ends[whole + 1] - ends[whole]));
		remove_store(copy.path); /* its witness had not reached the disk either */
		copy_file(place.path, copy.path, size_of(place.path));
		copy_file(wal, wal_copy, cut);
		place_open_sqlite(&copy);
		for (int64_t n = 1; n <= WAL_BATCHES * WAL_BATCH; n++)
			assert_int_equal(sample_is_there(copy.store, n), n <= whole * WAL_BATCH);
		copy.store->interface->destroy(&copy.store);
	}
	place.store->interface->destroy(&place.store);
	place_remove(&place);
	place_remove(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_acknowledged_batch_survives_sigkill_and_none_is_there_in_part),
		cmocka_unit_test(a_wal_cut_anywhere_gives_a_whole_number_of_batches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
