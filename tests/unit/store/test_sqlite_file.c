#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "tests/unit/store/engines.h"

/* The file before SQLite sees it: names, folders, locks. */

static void assert_refused(const char *path, const char *words)
{
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path};
	assert_true(store_sqlite_open(&options, &fault, &store) < 0);
	if (!strstr(fault.text, words))
		fail_msg("'%s' does not say '%s'", fault.text, words);
}

static void names_and_locks_that_cannot_be_are_refused_with_the_reason(void **state)
{
	(void)state;
	struct place here = {.engine = NULL}, *place = &here;
	place_make(place);
	struct fault fault = FAULT_NONE;
	int lock = -1;
	char name[128], back[PATH_MAX];
	static char long_name[PATH_MAX + 10];
	assert_refused("..", "not a file name");
	memset(long_name, 'x', sizeof(long_name) - 1);
	assert_false(sqlite_file_lock(long_name, &fault, &lock));
	assert_non_null(strstr(fault.text, "the path is too long"));
	snprintf(name, sizeof(name), "%s.lock", place->path);
	assert_int_equal(mkdir(name, 0700), 0);
	assert_refused(place->path, "the store's folder must be writable");
	assert_int_equal(rmdir(name), 0);
	/* Somebody who says not who he is. */
	int other = open(name, O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_refused(place->path, "(pid unknown)");
	close(other);
	long_name[300] = '\0';
	assert_false(sqlite_file_prepare(long_name, &fault));
	assert_non_null(strstr(fault.text, "File name too long"));
	assert_false(sqlite_file_prepare("/proc/wenzheng.db", &fault));
	assert_non_null(strstr(fault.text, "cannot be made"));
	/* Here, without a folder. */
	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(place->folder), 0);
	struct store_sqlite_options options = {.path = "wenzheng.db"};
	assert_int_equal(store_sqlite_open(&options, &fault, &place->store), 0);
	place->store->interface->destroy(&place->store);
	assert_int_equal(chdir(back), 0);
	place_remove(place);
}

static void a_lock_may_be_held_by_the_one_who_opens(void **state)
{
	(void)state;
	struct place place = {.engine = &engine_sqlite};
	place_make(&place);
	struct fault fault = FAULT_NONE;
	int lock = -1, second = -1;
	assert_int_equal(store_sqlite_lock(place.path, &fault, &lock), 0);
	assert_true(store_sqlite_lock(place.path, &fault, &second) < 0);
	assert_non_null(strstr(fault.text, "another wenzhengd has this store open"));
	assert_true(store_sqlite_lock("..", &fault, &second) < 0);
	assert_non_null(strstr(fault.text, "not a file name"));
	assert_refused(place.path, "another wenzhengd has this store open");
	/* To the holder it is open, again and again, and closing the store leaves him the lock. */
	struct store_sqlite_options options = {.path = place.path, .lock = lock};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_sqlite_open(&options, &fault, &place.store), 0);
		place.store->interface->destroy(&place.store);
		assert_refused(place.path, "another wenzhengd has this store open");
	}
	close(lock);
	place_open_sqlite(&place);
	place.store->interface->destroy(&place.store);
	place_remove(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_locks_that_cannot_be_are_refused_with_the_reason),
		cmocka_unit_test(a_lock_may_be_held_by_the_one_who_opens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
