#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/store_sqlite.h"
#include "daemon/store/verify.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/full_disk.h"
#include "tests/unit/store/sample.h"

/* Copies of a store for backups: whole, of one moment, beside a writer; and what becomes of those that fail.
 */

#define CASES 200

static struct full_disk disk;

struct scene {
	struct place place;
	char copy[128];
	struct store *reader;
};

static void write_cases(struct store *store, int64_t first, int64_t last)
{
	for (int64_t n = first; n <= last; n++)
		assert_int_equal(sample_write(store, n), 0);
	assert_int_equal(store->interface->commit(store), 0);
}

static struct store *open_reader(const char *path)
{
	struct fault fault = FAULT_NONE;
	struct store *reader = NULL;
	if (store_sqlite_open_read_only(path, &fault, &reader) != 0)
		fail_msg("%s", fault.text);
	return reader;
}

/* The copy's file, empty. */
static void make_copy(const struct scene *scene)
{
	int file = open(scene->copy, O_CREAT | O_EXCL | O_WRONLY, 0600);
	assert_true(file >= 0);
	close(file);
}

static int setup(void **state)
{
	static struct scene scene;
	scene = (struct scene){.place = {.engine = &engine_sqlite}};
	disk = (struct full_disk){.room = -1};
	full_disk_mount(&disk);
	place_make(&scene.place);
	place_open_sqlite(&scene.place);
	write_cases(scene.place.store, 1, CASES);
	snprintf(scene.copy, sizeof(scene.copy), "%s/copy.db", scene.place.folder);
	make_copy(&scene);
	scene.reader = open_reader(scene.place.path);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	disk = (struct full_disk){.room = -1};
	if (scene->reader)
		scene->reader->interface->destroy(&scene->reader);
	scene->place.store->interface->destroy(&scene->place.store);
	remove_store(scene->copy);
	place_remove(&scene->place);
	full_disk_unmount();
	return 0;
}

static int go_on(void *context, int64_t done, int64_t total)
{
	(void)context;
	assert_true(done > 0 && done <= total);
	return 0;
}

static int copy(struct scene *scene, int (*step)(void *, int64_t, int64_t), struct fault *ret_fault)
{
	struct store_copy_options options = {.path = scene->copy, .step = step, .context = scene};
	return store_sqlite_copy(scene->reader, &options, ret_fault);
}

struct tail {
	int64_t seq;
	struct digest head;
};

static struct tail tail_of(struct store *store)
{
	struct tail tail;
	assert_int_equal(store->interface->chain_head(store, &tail.seq, &tail.head), 0);
	return tail;
}

static int count_finding(void *context, const struct store_finding *finding)
{
	(void)finding;
	++*(int64_t *)context;
	return 0;
}

/* How many things verify finds in the copy, which ends where `expected` says. */
static int64_t findings_of(const char *path, const struct tail *expected)
{
	struct store *reader = open_reader(path);
	struct tail tail = tail_of(reader);
	int64_t counted = 0, findings = 0;
	struct store_verify_options options = {.find = count_finding, .context = &counted};
	assert_int_equal(store_verify_journal(reader, &options, &findings), 0);
	assert_int_equal(counted, findings);
	assert_int_equal(tail.seq, expected->seq);
	assert_true(digest_equal(&tail.head, &expected->head));
	reader->interface->destroy(&reader);
	return findings;
}

static bool is_there(const char *path, const char *suffix)
{
	char name[160];
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return access(name, F_OK) == 0;
}

static void a_copy_is_the_store_whole_and_stands_for_itself(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	struct tail tail = tail_of(scene->place.store);
	assert_int_equal(copy(scene, go_on, &fault), 0);
	assert_string_equal(fault.text, "");
	assert_int_equal(findings_of(scene->copy, &tail), 0);
	assert_false(is_there(scene->copy, "-wal"));
	assert_false(is_there(scene->copy, "-shm"));
	assert_false(is_there(scene->copy, "-journal"));
	/* A daemon goes on from it. */
	struct place restored = {.engine = &engine_sqlite};
	place_make(&restored);
	assert_int_equal(rename(scene->copy, restored.path), 0);
	place_open_sqlite(&restored);
	for (int64_t n = 1; n <= CASES; n++)
		assert_true(sample_is_there(restored.store, n));
	write_cases(restored.store, CASES + 1, CASES + 1);
	restored.store->interface->destroy(&restored.store);
	place_remove(&restored);
}

static int write_meanwhile(void *context, int64_t done, int64_t total)
{
	struct scene *scene = context;
	struct tail tail = tail_of(scene->place.store);
	int64_t next = tail.seq / SAMPLE_RECORDS + 1;
	assert_true(done <= total);
	/* Not for ever: a copy that began anew with each of them would never end. */
	if (next < 8000)
		write_cases(scene->place.store, next, next + 99);
	return 0;
}

static void what_is_written_meanwhile_is_not_in_the_copy_and_waits_for_nobody(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	/* More than one step's worth, so that the writer commits in the middle of the copy. */
	scene->reader->interface->destroy(&scene->reader);
	write_cases(scene->place.store, CASES + 1, 6000);
	scene->reader = open_reader(scene->place.path);
	struct tail before = tail_of(scene->reader);
	assert_int_equal(copy(scene, write_meanwhile, &fault), 0);
	struct tail after = tail_of(scene->place.store);
	assert_true(after.seq >= before.seq + 200 * SAMPLE_RECORDS);
	assert_int_equal(findings_of(scene->copy, &before), 0);
	scene->reader->interface->destroy(&scene->reader);
	assert_int_equal(findings_of(scene->place.path, &after), 0);
}

static void a_wal_that_was_held_is_used_again_afterwards(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	struct store *writer = scene->place.store;
	write_cases(writer, CASES + 1, 3000);
	assert_int_equal(copy(scene, go_on, &fault), 0);
	int64_t held = store_sqlite_gauges(writer).wal_bytes;
	scene->reader->interface->destroy(&scene->reader);
	assert_int_equal(writer->interface->idle(writer), 0);
	write_cases(writer, 3001, 3001);
	assert_true(store_sqlite_gauges(writer).wal_bytes < held / 4);
}

static void damage_of_the_store_is_damage_of_the_copy(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	scene->reader->interface->destroy(&scene->reader);
	scene->place.store->interface->destroy(&scene->place.store);
	sample_tamper(scene->place.path, "UPDATE text SET body = 'x' WHERE id = (SELECT min(id) FROM text)");
	scene->reader = open_reader(scene->place.path);
	struct tail tail = tail_of(scene->reader);
	assert_int_equal(copy(scene, go_on, &fault), 0);
	assert_true(findings_of(scene->copy, &tail) >= 1);
	place_open_sqlite(&scene->place);
}

static void a_full_destination_is_an_outcome_at_whatever_byte_it_is_met(void **state)
{
	struct scene *scene = *state;
	for (int64_t room = 0; room < 64 * 4096; room += 5000) {
		struct fault fault = FAULT_NONE;
		disk.room = room;
		assert_int_equal(copy(scene, go_on, &fault), STORE_FULL);
		disk.room = -1;
		remove_store(scene->copy);
		make_copy(scene);
	}
	struct fault fault = FAULT_NONE;
	struct tail tail = tail_of(scene->place.store);
	assert_int_equal(copy(scene, go_on, &fault), 0);
	assert_int_equal(findings_of(scene->copy, &tail), 0);
}

static void a_destination_that_fails_is_told(void **state)
{
	struct scene *scene = *state;
	for (int64_t nth = 1; nth < 100; nth += 7) {
		struct fault fault = FAULT_NONE;
		disk.fail_write = nth;
		assert_int_equal(copy(scene, go_on, &fault), -EIO);
		assert_non_null(strstr(fault.text, "cannot be copied"));
		disk.fail_write = 0;
		remove_store(scene->copy);
		make_copy(scene);
	}
}

static void a_destination_that_is_not_there_is_told(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	remove_store(scene->copy);
	assert_int_equal(copy(scene, go_on, &fault), -EIO);
	assert_non_null(strstr(fault.text, "cannot be copied"));
}

static int stop_at_once(void *context, int64_t done, int64_t total)
{
	(void)context;
	(void)done;
	(void)total;
	return 42;
}

static void whoever_is_asked_between_two_steps_may_end_it(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	/* After the last one, and in the middle. */
	assert_int_equal(copy(scene, stop_at_once, &fault), 42);
	scene->reader->interface->destroy(&scene->reader);
	write_cases(scene->place.store, CASES + 1, 6000);
	scene->reader = open_reader(scene->place.path);
	assert_int_equal(copy(scene, stop_at_once, &fault), 42);
	assert_string_equal(fault.text, "");
}

static void heads_are_told_by_their_records(void **state)
{
	struct scene *scene = *state;
	struct tail tail = tail_of(scene->reader);
	struct digest head;
	assert_int_equal(store_sqlite_head_at(scene->reader, tail.seq, &head), 0);
	assert_true(digest_equal(&head, &tail.head));
	assert_int_equal(store_sqlite_head_at(scene->reader, 1, &head), 0);
	assert_false(digest_equal(&head, &tail.head));
	assert_int_equal(store_sqlite_head_at(scene->reader, tail.seq + 1, &head), STORE_NOT_FOUND);
	assert_int_equal(store_sqlite_head_at(scene->reader, 0, &head), STORE_NOT_FOUND);
	scene->reader->interface->destroy(&scene->reader);
	scene->place.store->interface->destroy(&scene->place.store);
	sample_tamper(scene->place.path,
		"DROP TRIGGER journal_keeps_what_it_says; UPDATE journal SET head = x'00' WHERE seq = 2");
	scene->reader = open_reader(scene->place.path);
	assert_true(store_sqlite_head_at(scene->reader, 2, &head) < 0);
	scene->reader->interface->destroy(&scene->reader);
	remove_store(scene->place.path);
	place_open_sqlite(&scene->place);
}

static int count_and_stop(void *context)
{
	return ++*(int *)context > 3;
}

static int each(void *context, const struct record *record)
{
	(void)record;
	++*(int64_t *)context;
	return 0;
}

static void reading_ends_when_its_reader_is_told_to_stop(void **state)
{
	struct scene *scene = *state;
	int asked = 0;
	int64_t seen = 0;
	scene->reader->interface->destroy(&scene->reader);
	write_cases(scene->place.store, CASES + 1, 3000);
	scene->reader = open_reader(scene->place.path);
	store_sqlite_stop_when(scene->reader, count_and_stop, &asked);
	assert_int_equal(
		scene->reader->interface->walk_journal(scene->reader, 0, -1, each, &seen), -ECANCELED);
	assert_true(seen > 0 && seen < 3000 * SAMPLE_RECORDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_copy_is_the_store_whole_and_stands_for_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_written_meanwhile_is_not_in_the_copy_and_waits_for_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_wal_that_was_held_is_used_again_afterwards, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_of_the_store_is_damage_of_the_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_full_destination_is_an_outcome_at_whatever_byte_it_is_met, setup, teardown),
		cmocka_unit_test_setup_teardown(a_destination_that_fails_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_destination_that_is_not_there_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(
			whoever_is_asked_between_two_steps_may_end_it, setup, teardown),
		cmocka_unit_test_setup_teardown(heads_are_told_by_their_records, setup, teardown),
		cmocka_unit_test_setup_teardown(
			reading_ends_when_its_reader_is_told_to_stop, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
