#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "daemon/store/verify.h"
#include "tests/crash/disk.h"
#include "tests/unit/store/sample.h"

/*
 * Every request of SQLite to its disk fails in turn, and every allocation of SQLite: once, and from then on
 * for good. Each call says so or succeeds; what was acknowledged is there when the trouble is over, and
 * nothing by halves.
 */
static char path[96];
static struct disk prepared, disk;

/* ---- allocations ---- */

static sqlite3_mem_methods real;
static struct {
	int64_t at, asked, met;
	bool for_good;
} memory;

static bool has_memory(void)
{
	if (memory.at == 0)
		return true;
	memory.asked++;
	bool fails = memory.asked == memory.at || (memory.for_good && memory.asked > memory.at);
	memory.met += fails;
	return !fails;
}

static void *failing_malloc(int size)
{
	return has_memory() ? real.xMalloc(size) : NULL;
}

static void *failing_realloc(void *from, int size)
{
	return has_memory() ? real.xRealloc(from, size) : NULL;
}

/* ---- the story ---- */

#define BEFORE 1 /* a case that is there from the beginning */
#define BATCH  2 /* the case of the first batch */
#define LAST   3 /* of the second */

struct outcome {
	bool batch_told, last_told;
};

static int one_case(void *context, const struct case_row *row)
{
	(void)row;
	++*(int *)context;
	return 0;
}

static int one_record(void *context, const struct record *record)
{
	(void)record;
	++*(int *)context;
	return 0;
}

/* What is read is right, or it is an error. */
static void read_all(struct store *store)
{
	const struct store_interface *it = store->interface;
	struct message_row message;
	struct text_row text;
	struct case_row row;
	struct record record;
	int64_t number = 0;
	int count = 0;
	int r = it->find_message(store, SPAN_LITERAL("web"), SPAN_LITERAL("m-1"), &message);
	assert_true(r < 0 || (r == 0 && message.case_id == sample_case_id(BEFORE)));
	assert_true(it->read_message(store, sample_case_id(BEFORE), &message) <= 0);
	r = it->read_text(store, sample_case_id(BEFORE), 2, &text);
	assert_true(r < 0 || (r == 0 && span_equal_string(text.body, "m-1")));
	assert_true(it->read_case(store, sample_case_id(BEFORE), &row) <= 0);
	r = it->read_cursor(store, SPAN_LITERAL("web"), &number);
	assert_true(r < 0 || number == 1);
	assert_true(it->last_record(store, &record) <= 0);
	assert_true(it->last_case_of_day(store, 0, INT64_MAX, &number) <= 0);
	r = it->walk_history(store, sample_case_id(BEFORE), 0, -1, one_record, &count);
	assert_true(r < 0 || count == SAMPLE_RECORDS);
	count = 0;
	r = it->walk_cases(store, &(struct case_filter){.limit = -1}, one_case, &count);
	assert_true(r < 0 || count >= 1);
	count = 0;
	r = it->walk_stream(store, SPAN_LITERAL("portal/web"), 0, -1, one_record, &count);
	assert_true(r < 0 || count >= 1);
	assert_true(it->walk_journal(store, 0, -1, one_record, &count) <= 0);
	assert_true(it->walk_open(store, one_case, &count) <= 0);
}

/* After a failure nothing is written any more, and nothing is done when idle. */
static void assert_it_has_stopped(struct store *store)
{
	const struct store_interface *it = store->interface;
	struct record record = {.kind = RECORD_STARTED};
	struct message_row message = {
		.case_id = 1, .portal = SPAN_LITERAL("web"), .message_id = SPAN_LITERAL("x")};
	struct text_row text = {.case_id = 1, .ordinal = 1, .role = TEXT_MESSAGE};
	struct case_row row = {.case_id = 1, .state = CASE_QUEUED};
	assert_true(it->append(store, &record) < 0);
	assert_true(it->put_message(store, &message) < 0);
	assert_true(it->put_text(store, &text) < 0);
	assert_true(it->put_case(store, &row) < 0);
	assert_true(it->put_cursor(store, SPAN_LITERAL("web"), 1) < 0);
	assert_true(it->commit(store) < 0);
	assert_int_equal(it->idle(store), 0);
}

static int write_batch(struct store *store, int64_t n)
{
	int r = store->interface->put_cursor(store, SPAN_LITERAL("web"), 1);
	if (r == 0)
		r = store->interface->idle(store); /* in a batch: nothing */
	if (r == 0)
		r = sample_write(store, n);
	return r == 0 ? store->interface->commit(store) : r;
}

static void write_all(struct store *store, struct outcome *outcome)
{
	int r = write_batch(store, BATCH);
	outcome->batch_told = r == 0;
	if (r == STORE_FULL)
		assert_false(sample_is_there(store, BATCH));
	/* As much as after a day of work: the next commit writes back, and then the idle loop. */
	sqlite_of(store)->checkpoint_at = 1;
	if (r >= 0)
		r = write_batch(store, LAST);
	outcome->last_told = r == 0;
	if (r >= 0) {
		sqlite_of(store)->wal_frames = WAL_IDLE_BYTES;
		r = store->interface->idle(store);
	}
	if (r < 0 && sqlite_of(store)->failed)
		assert_it_has_stopped(store);
}

static int no_finding(void *context, const struct store_finding *finding)
{
	(void)context;
	/* Out of memory or with a disk that does not answer it may say that it could not read; else nothing.
	 */
	assert_true(finding->kind == FINDING_UNREADABLE || memory.met + disk.fault.met > 0);
	return 0;
}

static void verify_all(void)
{
	struct fault fault = FAULT_NONE;
	struct store *reader = NULL;
	int64_t findings = 0;
	struct store_verify_options options = {.find = no_finding};
	if (store_sqlite_open_read_only(path, &fault, &reader) != 0)
		return;
	assert_int_equal(store_verify_journal(reader, &options, &findings), 0);
	reader->interface->destroy(&reader);
}

static bool tell(struct outcome *outcome)
{
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path};
	if (store_sqlite_open(&options, &fault, &store) != 0)
		return assert_true(*fault.text), false;
	read_all(store);
	write_all(store, outcome);
	store->interface->destroy(&store);
	verify_all();
	return true;
}

static void assert_nothing_is_lost(const struct outcome *outcome)
{
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path};
	disk.fault = (struct disk_fault){0};
	disk_mount(&disk); /* a new process */
	if (store_sqlite_open(&options, &fault, &store) != 0)
		fail_msg("%s", fault.text);
	assert_true(sample_is_there(store, BEFORE));
	bool batch = sample_is_there(store, BATCH), last = sample_is_there(store, LAST);
	assert_true(batch || !outcome->batch_told);
	assert_true(last || !outcome->last_told);
	store->interface->destroy(&store);
}

static void tell_with(struct disk_fault fault)
{
	for (fault.at = 1; fault.at == 1 || disk.fault.met > 0; fault.at++) {
		struct outcome outcome = {false, false};
		disk_copy(&prepared, &disk);
		disk.fault = fault;
		disk_mount(&disk);
		tell(&outcome);
		int64_t met = disk.fault.met;
		assert_nothing_is_lost(&outcome);
		disk.fault.met = met;
	}
	print_message("%d requests\n", (int)fault.at - 2);
	assert_true(fault.at > 20);
}

static void every_request_to_the_disk_may_fail_once(void **state)
{
	(void)state;
	tell_with((struct disk_fault){0});
}

static void every_request_to_the_disk_may_fail_for_good(void **state)
{
	(void)state;
	tell_with((struct disk_fault){.for_good = true});
}

static void every_write_may_meet_a_full_disk(void **state)
{
	(void)state;
	tell_with((struct disk_fault){.is_full = true});
	tell_with((struct disk_fault){.is_full = true, .for_good = true});
}

static void a_disk_that_is_full_may_then_not_be_read(void **state)
{
	(void)state;
	tell_with((struct disk_fault){.is_full = true, .then_reads_fail = true});
}

static void a_quota_is_a_full_disk(void **state)
{
	(void)state;
	tell_with((struct disk_fault){.is_quota = true, .for_good = true});
}

/* Of 12,000 allocations each one in a nightly run, else every `stride`-th. */
static int64_t stride = 13;

static void tell_without_memory(bool for_good)
{
	struct prng prng;
	prng_init(&prng, prng_seed_of_run());
	int64_t at = 1 + (int64_t)prng_below(&prng, (uint64_t)stride), met;
	do {
		struct outcome outcome = {false, false};
		disk_copy(&prepared, &disk);
		disk_mount(&disk);
		memory.asked = memory.met = 0;
		memory.for_good = for_good;
		memory.at = at;
		at += stride;
		tell(&outcome);
		met = memory.met;
		memory.at = 0;
		assert_nothing_is_lost(&outcome);
	} while (met > 0);
	print_message("%d allocations, every %d.\n", (int)(at - stride), (int)stride);
	assert_true(at > 1000);
}

static void every_allocation_of_sqlite_may_fail_once(void **state)
{
	(void)state;
	tell_without_memory(false);
}

static void every_allocation_of_sqlite_may_fail_for_good(void **state)
{
	(void)state;
	tell_without_memory(true);
}

/* Each allocation of what every start does. */
static void an_opening_that_lacks_memory_says_so(void **state)
{
	(void)state;
	struct store_sqlite_options options = {.path = path};
	for (int reading = 0; reading < 2; reading++) {
		bool is_open = false;
		for (int64_t at = 1; !is_open || memory.met > 0; at++) {
			struct fault fault = FAULT_NONE;
			struct store *store = NULL;
			disk_copy(&prepared, &disk);
			disk_mount(&disk);
			memory.asked = memory.met = 0;
			memory.for_good = false;
			memory.at = at;
			is_open = 0 == (reading ? store_sqlite_open_read_only(path, &fault, &store)
						: store_sqlite_open(&options, &fault, &store));
			memory.at = 0;
			assert_true(is_open || *fault.text);
			if (is_open)
				store->interface->destroy(&store);
		}
	}
}

static void the_making_of_a_store_may_fail_anywhere(void **state)
{
	(void)state;
	for (int64_t at = 1;; at++) {
		struct fault fault = FAULT_NONE;
		struct store *store = NULL;
		struct store_sqlite_options options = {.path = path};
		disk_clear(&disk);
		disk.fault = (struct disk_fault){.at = at};
		disk_mount(&disk);
		bool is_made = store_sqlite_open(&options, &fault, &store) == 0;
		assert_true(is_made || *fault.text);
		if (is_made)
			store->interface->destroy(&store);
		bool is_over = disk.fault.met == 0;
		disk.fault = (struct disk_fault){0};
		disk_mount(&disk);
		assert_int_equal(store_sqlite_open(&options, &fault, &store), 0);
		store->interface->destroy(&store);
		if (is_over)
			return;
	}
}

/* ---- an upgrade ---- */

static bool bring_up(sqlite3 **ret_db)
{
	static const char *sql[2] = {NULL, "ALTER TABLE text ADD COLUMN seal BLOB;"};
	sql[0] = sqlite_migrations.sql[0];
	struct sqlite_migrations steps = {sql, 2};
	struct store_sqlite_options options = {.path = path};
	struct fault fault = FAULT_NONE;
	char *copy = NULL;
	int version = 0, flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE;
	bool is_up = sqlite3_open_v2(path, ret_db, flags, NULL) == SQLITE_OK &&
		     sqlite_harden(*ret_db, &fault) && sqlite_schema_check(*ret_db, 2, &fault, &version) &&
		     sqlite_use_wal(*ret_db, &fault);
	if (is_up) {
		struct sqlite_upgrade upgrade = {*ret_db, path, &steps, version, &options};
		is_up = sqlite_upgrade(&upgrade, &fault, &copy);
		assert_true(is_up || *fault.text);
	}
	if (copy)
		assert_int_equal(unlink(copy), 0); /* on the real disk: an empty file */
	free(copy);
	return is_up;
}

static bool has(const char *name, const char *question)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	bool is_so = sqlite3_open_v2(name, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK &&
		     sqlite3_prepare_v2(db, question, -1, &statement, NULL) == SQLITE_OK &&
		     sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1;
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return is_so;
}

/* Either nothing was changed, or the store as it was is there, whole; and the next try goes through. */
static void assert_an_upgrade_goes_on(void)
{
	static const char is_old[] = "SELECT (SELECT user_version FROM pragma_user_version) = 1 AND (SELECT "
				     "integrity_check FROM pragma_integrity_check) = 'ok'";
	char name[160];
	sqlite3 *db = NULL;
	snprintf(name, sizeof(name), "file:%s.schema-1.19700101T000000Z?immutable=1", path);
	disk.fault = (struct disk_fault){0};
	disk_mount(&disk); /* a new process */
	assert_true(has(path, is_old) || has(name, is_old));
	assert_true(bring_up(&db));
	sqlite3_close(db);
	assert_true(has(name, is_old));
	assert_false(has(path, is_old));
}

static void every_request_and_allocation_of_an_upgrade_may_fail(void **state)
{
	(void)state;
	for (int lacks = 0; lacks < 2; lacks++) {
		int64_t met = 1;
		for (int64_t at = 1; met > 0; at++) {
			sqlite3 *db = NULL;
			disk_copy(&prepared, &disk);
			disk.fault = (struct disk_fault){.at = lacks ? 0 : at};
			disk_mount(&disk);
			memory.asked = memory.met = 0;
			memory.for_good = false;
			memory.at = lacks ? at : 0;
			bool is_up = bring_up(&db);
			memory.at = 0;
			sqlite3_close(db);
			met = lacks ? memory.met : disk.fault.met;
			assert_true(is_up || met > 0);
			assert_an_upgrade_goes_on();
		}
	}
}

/* A store with a case, a cursor and a WAL that was not written back. */
static int setup(void **state)
{
	static char folder[] = "/tmp/wenzheng-faults-XXXXXX";
	sqlite3_mem_methods failing;
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path};
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
	failing = real;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
	/* Without it each page and each small thing is an allocation that can fail. */
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
	disk_register();
	disk_init(&prepared);
	disk_init(&disk);
	disk_seed(1);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/wenzheng.db", folder);
	disk_mount(&disk);
	assert_int_equal(store_sqlite_open(&options, &fault, &store), 0);
	assert_int_equal(write_batch(store, BEFORE), 0);
	disk_copy(&disk, &prepared);
	store->interface->destroy(&store);
	*state = folder;
	return 0;
}

static int teardown(void **state)
{
	char lock[112];
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	unlink(path);
	assert_int_equal(rmdir(*state), 0);
	disk_deinit(&prepared);
	disk_deinit(&disk);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--all") == 0)
		stride = 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_to_the_disk_may_fail_once),
		cmocka_unit_test(every_request_to_the_disk_may_fail_for_good),
		cmocka_unit_test(every_write_may_meet_a_full_disk),
		cmocka_unit_test(a_disk_that_is_full_may_then_not_be_read),
		cmocka_unit_test(a_quota_is_a_full_disk),
		cmocka_unit_test(an_opening_that_lacks_memory_says_so),
		cmocka_unit_test(every_allocation_of_sqlite_may_fail_once),
		cmocka_unit_test(every_allocation_of_sqlite_may_fail_for_good),
		cmocka_unit_test(the_making_of_a_store_may_fail_anywhere),
		cmocka_unit_test(every_request_and_allocation_of_an_upgrade_may_fail),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
