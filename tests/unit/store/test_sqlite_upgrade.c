#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "daemon/store/verify.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/sample.h"

/* The copy that is made before the schema of a store with content changes: when, of what, and what if it
 * cannot be made. The steps are this test's own, after the real ones. */

#define CASES 1500 /* some 6 MiB: more than one step of the copying */

struct scene {
	struct place place;
	const char *sql[2];
	struct sqlite_migrations steps;
	struct store_sqlite_options options;
	sqlite3 *db;
	char *copy;
	int signs_of_life;
	void (*on_life)(struct scene *);
};

static void live(void *context)
{
	struct scene *scene = context;
	scene->signs_of_life++;
	if (scene->on_life)
		scene->on_life(scene);
}

static int setup(void **state)
{
	static struct scene scene;
	scene = (struct scene){.sql = {sqlite_migrations.sql[0], "ALTER TABLE text ADD COLUMN seal BLOB;"}};
	scene.steps = (struct sqlite_migrations){scene.sql, 2};
	place_make(&scene.place);
	scene.options = (struct store_sqlite_options){.path = scene.place.path,
		.created = {INT64_C(1795763700) * US_PER_S},
		.busy = live,
		.context = &scene};
	*state = &scene;
	return 0;
}

static void close_db(struct scene *scene)
{
	assert_int_equal(sqlite3_close(scene->db), SQLITE_OK);
	scene->db = NULL;
	free(scene->copy);
	scene->copy = NULL;
}

/* Whatever lies beside the store goes with it. */
static void clear(const struct scene *scene)
{
	DIR *entries = opendir(scene->place.folder);
	struct dirent *entry;
	while ((entry = readdir(entries)))
		if (entry->d_name[0] != '.' && unlinkat(dirfd(entries), entry->d_name, 0) != 0)
			(void)unlinkat(dirfd(entries), entry->d_name, AT_REMOVEDIR);
	closedir(entries);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	clear(scene);
	assert_int_equal(rmdir(scene->place.folder), 0);
	return 0;
}

static void fill(struct scene *scene, int64_t cases)
{
	place_open_sqlite(&scene->place);
	struct store *store = scene->place.store;
	for (int64_t n = 1; n <= cases; n++)
		assert_int_equal(sample_write(store, n), 0);
	assert_int_equal(store->interface->commit(store), 0);
	store->interface->destroy(&scene->place.store);
}

static bool bring_up(struct scene *scene, struct fault *fault)
{
	int version = 0;
	assert_int_equal(sqlite3_open_v2(scene->place.path, &scene->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL),
		SQLITE_OK);
	assert_true(sqlite_harden(scene->db, fault));
	assert_true(sqlite_schema_check(scene->db, 2, fault, &version));
	assert_true(sqlite_use_wal(scene->db, fault));
	struct sqlite_upgrade upgrade = {
		scene->db, scene->place.path, &scene->steps, version, &scene->options};
	return sqlite_upgrade(&upgrade, fault, &scene->copy);
}

static int64_t version_of(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t version = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return version;
}

/* Files whose names begin so. */
static int count(const struct scene *scene, const char *beginning)
{
	DIR *entries = opendir(scene->place.folder);
	struct dirent *entry;
	int found = 0;
	while ((entry = readdir(entries)))
		found += strncmp(entry->d_name, beginning, strlen(beginning)) == 0;
	closedir(entries);
	return found;
}

static void refused(struct scene *scene, const char *words)
{
	struct fault fault = FAULT_NONE;
	assert_false(bring_up(scene, &fault));
	if (!strstr(fault.text, words))
		fail_msg("'%s' does not say '%s'", fault.text, words);
	assert_non_null(strstr(fault.text, "nothing was changed"));
	assert_null(scene->copy);
	close_db(scene);
	assert_int_equal(version_of(scene->place.path), 1);
}

static void the_store_as_it_was_stands_beside_the_new_one(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	struct stat status;
	fill(scene, CASES);
	assert_true(bring_up(scene, &fault));
	char expected[160];
	snprintf(expected, sizeof(expected), "%s.schema-1.20261127T071500Z", scene->place.path);
	assert_string_equal(scene->copy, expected);
	assert_true(scene->signs_of_life > 2);
	close_db(scene);
	assert_int_equal(version_of(scene->place.path), 2);
	assert_int_equal(stat(expected, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(count(scene, "wenzheng.db.schema-"), 1);
	/* It is a store, and whole: put in place, the daemon opens it. */
	snprintf(scene->place.path, sizeof(scene->place.path), "%.95s", expected);
	place_open_sqlite(&scene->place);
	struct store *store = scene->place.store;
	assert_true(sample_is_there(store, 1));
	assert_true(sample_is_there(store, CASES));
	assert_null(store_sqlite_kept(store));
	store->interface->destroy(&scene->place.store);
}

static void a_new_store_and_one_that_is_up_are_not_copied(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	int file = open(scene->place.path, O_CREAT | O_WRONLY, 0600);
	close(file);
	assert_true(bring_up(scene, &fault));
	assert_null(scene->copy);
	close_db(scene);
	assert_true(bring_up(scene, &fault));
	assert_null(scene->copy);
	close_db(scene);
	assert_int_equal(version_of(scene->place.path), 2);
	assert_int_equal(count(scene, "wenzheng.db.schema-"), 0);
	assert_int_equal(scene->signs_of_life, 0);
}

static void one_copy_is_kept_and_nothing_else_is_touched(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	static const char *const others[] = {"wenzheng.db.schema-1.20250101T000000Z",
		"wenzheng.db.schema-1.20250101T000000Z-journal", "wenzheng.db.schema", "wenzheng.db.old",
		"other"};
	char name[160];
	fill(scene, 3);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", scene->place.folder, others[i]);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	snprintf(name, sizeof(name), "%s/wenzheng.db.schema-0.folder", scene->place.folder);
	assert_int_equal(mkdir(name, 0700), 0); /* which cannot be removed so */
	assert_true(bring_up(scene, &fault));
	close_db(scene);
	assert_int_equal(count(scene, "wenzheng.db.schema-1."), 1);
	assert_int_equal(count(scene, "wenzheng.db.schema-0."), 1);
	assert_int_equal(count(scene, "wenzheng.db.schema"), 3);
	assert_int_equal(count(scene, "wenzheng.db.old") + count(scene, "other"), 2);
}

static void take_all_descriptors(struct scene *scene)
{
	(void)scene;
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Whether there are others cannot be seen: that keeps nobody from the upgrade. */
static void a_folder_that_cannot_be_listed_keeps_its_copies(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	struct rlimit before;
	char name[160];
	fill(scene, 3);
	snprintf(name, sizeof(name), "%s.schema-1.20250101T000000Z", scene->place.path);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	scene->on_life = take_all_descriptors;
	bool is_up = bring_up(scene, &fault);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(is_up);
	close_db(scene);
	assert_int_equal(count(scene, "wenzheng.db.schema-1."), 2);
}

/* In the same second, as after a crash and a restart, there may be nothing in it, or all. */
static void a_copy_of_the_same_second_is_made_again(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	char name[160];
	fill(scene, 3);
	snprintf(name, sizeof(name), "%s.schema-1.20261127T071500Z", scene->place.path);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	for (int i = 0; i < 2; i++) {
		scene->sql[1] = i == 0 ? "no such thing" : "CREATE TABLE extra (x);";
		assert_int_equal(bring_up(scene, &fault), i);
		assert_string_equal(scene->copy, name);
		close_db(scene);
		assert_int_equal(version_of(name), 1);
	}
}

static void a_failed_step_leaves_store_and_copy(void **state)
{
	struct scene *scene = *state;
	struct fault fault = FAULT_NONE;
	fill(scene, 3);
	scene->sql[1] = "no such thing";
	assert_false(bring_up(scene, &fault));
	assert_non_null(strstr(fault.text, "the step to schema 2 failed, nothing of it was kept"));
	assert_non_null(scene->copy);
	assert_int_equal(version_of(scene->copy), 1);
	close_db(scene);
	assert_int_equal(version_of(scene->place.path), 1);
}

static void without_room_nothing_is_changed(void **state)
{
	struct scene *scene = *state;
	fill(scene, 200);
	struct rlimit before, small;
	struct stat status;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(stat(scene->place.path, &status), 0);
	small = before;
	small.rlim_cur = (rlim_t)status.st_size / 2;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	refused(scene, "it needs as much room as the store takes");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(count(scene, "wenzheng.db.schema-"), 0);
}

static void where_no_copy_can_stand_nothing_is_changed(void **state)
{
	struct scene *scene = *state;
	char name[160];
	fill(scene, 3);
	snprintf(name, sizeof(name), "%s.schema-1.20261127T071500Z", scene->place.path);
	assert_int_equal(mkdir(name, 0700), 0);
	refused(scene, "is not a regular file");
}

static void spoil(struct scene *scene)
{
	char name[160];
	snprintf(name, sizeof(name), "%s.schema-1.20261127T071500Z", scene->place.path);
	int file = open(name, O_WRONLY);
	assert_int_equal(pwrite(file, "x", 1, 3 * SQLITE_PAGE_SIZE + 17), 1);
	close(file);
}

static void shorten(struct scene *scene)
{
	char name[160];
	snprintf(name, sizeof(name), "%s.schema-1.20261127T071500Z", scene->place.path);
	assert_int_equal(truncate(name, 3 * SQLITE_PAGE_SIZE), 0);
}

static void a_copy_that_is_not_the_store_is_not_believed(void **state)
{
	struct scene *scene = *state;
	fill(scene, 50);
	scene->on_life = spoil;
	refused(scene, "what was read back is not what was written");
	assert_int_equal(count(scene, "wenzheng.db.schema-"), 0);
	scene->on_life = shorten;
	refused(scene, "it cannot be read back");
	assert_int_equal(count(scene, "wenzheng.db.schema-"), 0);
}

/* Somebody who reads an old moment keeps the WAL from being written back. */
static void what_stands_in_the_wal_is_copied_or_said(void **state)
{
	struct scene *scene = *state;
	sqlite3 *reader = NULL;
	fill(scene, 3);
	assert_int_equal(sqlite3_open(scene->place.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM store", NULL, NULL, NULL), SQLITE_OK);
	place_open_sqlite(&scene->place);
	assert_int_equal(sample_write(scene->place.store, 4), 0);
	assert_int_equal(scene->place.store->interface->commit(scene->place.store), 0);
	scene->place.store->interface->destroy(&scene->place.store);
	refused(scene, "its WAL cannot be written back: database is locked");
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	struct fault fault = FAULT_NONE;
	scene->options.busy = NULL;
	assert_true(bring_up(scene, &fault));
	snprintf(scene->place.path, sizeof(scene->place.path), "%.95s", scene->copy);
	close_db(scene);
	place_open_sqlite(&scene->place);
	assert_true(sample_is_there(scene->place.store, 4));
	scene->place.store->interface->destroy(&scene->place.store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_store_as_it_was_stands_beside_the_new_one),
		TEST(a_new_store_and_one_that_is_up_are_not_copied),
		TEST(one_copy_is_kept_and_nothing_else_is_touched),
		TEST(a_folder_that_cannot_be_listed_keeps_its_copies),
		TEST(a_copy_of_the_same_second_is_made_again),
		TEST(a_failed_step_leaves_store_and_copy),
		TEST(without_room_nothing_is_changed),
		TEST(where_no_copy_can_stand_nothing_is_changed),
		TEST(a_copy_that_is_not_the_store_is_not_believed),
		TEST(what_stands_in_the_wal_is_copied_or_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
