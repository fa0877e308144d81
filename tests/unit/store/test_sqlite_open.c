#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "tests/unit/store/engines.h"
#include "tests/unit/store/sample.h"

/* Which files are opened, as what, and which are refused with which words. */

static int setup(void **state)
{
	static struct place place;
	place = (struct place){.engine = NULL};
	place_make(&place);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	place_remove(*state);
	return 0;
}

static void destroy(struct place *place)
{
	place->store->interface->destroy(&place->store);
	assert_null(place->store);
}

static void make_and_close(struct place *place)
{
	place_open_sqlite(place);
	assert_int_equal(sample_write(place->store, 1), 0);
	assert_int_equal(place->store->interface->commit(place->store), 0);
	destroy(place);
}

static void assert_refused(const char *path, bool laboratory, const char *words)
{
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path, .create_laboratory = laboratory};
	assert_true(store_sqlite_open(&options, &fault, &store) < 0);
	assert_null(store);
	if (!strstr(fault.text, words))
		fail_msg("'%s' does not say '%s'", fault.text, words);
}

static void a_new_file_is_for_its_owner_alone_and_keeps_its_identity(void **state)
{
	struct place *place = *state;
	umask(0);
	place_open_sqlite(place);
	struct stat status;
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(sample_write(place->store, 1), 0);
	assert_int_equal(place->store->interface->commit(place->store), 0);
	char wal[128];
	snprintf(wal, sizeof(wal), "%s-wal", place->path);
	assert_int_equal(stat(wal, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	destroy(place);
	place_open_sqlite(place);
	assert_false(place->store->interface->identity(place->store).laboratory);
	assert_int_equal(place->store->interface->identity(place->store).created.us, PLACE_CREATED);
	assert_true(sample_is_there(place->store, 1));
	destroy(place);
}

static void what_reliability_rests_on_is_set(void **state)
{
	struct place *place = *state;
	place_open_sqlite(place);
	static const struct {
		const char *sql;
		const char *expected;
	} settings[] = {
		{"PRAGMA journal_mode", "wal"},
		{"PRAGMA synchronous", "2"},
		{"PRAGMA foreign_keys", "1"},
		{"PRAGMA trusted_schema", "0"},
		{"PRAGMA cell_size_check", "1"},
		{"PRAGMA secure_delete", "2"},
		{"PRAGMA mmap_size", "0"},
		{"PRAGMA wal_autocheckpoint", "0"},
		{"PRAGMA user_version", "1"},
		{"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%'", "0"},
	};
	sqlite3 *db = sqlite_of(place->store)->db;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		sqlite3_stmt *statement = NULL;
		assert_int_equal(sqlite3_prepare_v2(db, settings[i].sql, -1, &statement, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		assert_string_equal((const char *)sqlite3_column_text(statement, 0), settings[i].expected);
		sqlite3_finalize(statement);
	}
	destroy(place);
}

static void only_a_store_made_as_a_laboratory_is_one(void **state)
{
	struct place *place = *state;
	struct fault fault = FAULT_NONE;
	struct store_sqlite_options options = {.path = place->path, .create_laboratory = true};
	assert_int_equal(store_sqlite_open(&options, &fault, &place->store), 0);
	assert_true(place->store->interface->identity(place->store).laboratory);
	destroy(place);
	/* With the flag and without: it is one for ever. */
	for (int asked = 0; asked < 2; asked++) {
		options.create_laboratory = asked;
		assert_int_equal(store_sqlite_open(&options, &fault, &place->store), 0);
		assert_true(place->store->interface->identity(place->store).laboratory);
		destroy(place);
	}
	remove_store(place->path);
	make_and_close(place);
	assert_refused(place->path, true, "is no laboratory");
	place_open_sqlite(place);
	assert_false(place->store->interface->identity(place->store).laboratory);
	destroy(place);
}

static void a_second_daemon_is_refused_and_told_who_has_it(void **state)
{
	struct place *place = *state;
	place_open_sqlite(place);
	char words[96];
	snprintf(words, sizeof(words), "another wenzhengd has this store open (pid %ld)", (long)getpid());
	assert_refused(place->path, false, words);
	/* From another process too, and over another name of the folder. */
	char link[64], path[96];
	snprintf(link, sizeof(link), "%.50s-link", place->folder);
	snprintf(path, sizeof(path), "%s/wenzheng.db", link);
	assert_int_equal(symlink(place->folder, link), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct fault fault = FAULT_NONE;
		struct store *store = NULL;
		struct store_sqlite_options options = {.path = path};
		bool refused =
			store_sqlite_open(&options, &fault, &store) < 0 && strstr(fault.text, words) != NULL;
		_exit(refused ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	destroy(place);
	snprintf(place->path, sizeof(place->path), "%s", path);
	place_open_sqlite(place);
	destroy(place);
	snprintf(place->path, sizeof(place->path), "%s/wenzheng.db", place->folder);
	assert_int_equal(unlink(link), 0);
}

static void a_lock_left_by_a_killed_daemon_does_not_hold(void **state)
{
	struct place *place = *state;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		place_open_sqlite(place);
		kill(getpid(), SIGKILL);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	place_open_sqlite(place);
	destroy(place);
}

static void files_that_must_not_be_opened_are_refused(void **state)
{
	struct place *place = *state;
	make_and_close(place);
	static const struct {
		mode_t mode;
		bool refused;
	} modes[] = {{0604, true}, {0602, true}, {0620, true}, {0640, false}, {0600, false}};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(place->path, modes[i].mode), 0);
		if (modes[i].refused) {
			assert_refused(place->path, false, "chmod 600");
		} else {
			place_open_sqlite(place);
			destroy(place);
		}
	}
	char other[128];
	snprintf(other, sizeof(other), "%s/link.db", place->folder);
	assert_int_equal(symlink(place->path, other), 0);
	assert_refused(other, false, "symbolic link");
	assert_int_equal(unlink(other), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_refused(other, false, "not a regular file");
	assert_int_equal(rmdir(other), 0);
	snprintf(other, sizeof(other), "%s/link.db.lock", place->folder);
	assert_int_equal(unlink(other), 0);
	snprintf(other, sizeof(other), "%s/none/x.db", place->folder);
	assert_refused(other, false, "make the folder first");
	assert_refused("/tmp/", false, "not a file name");
}

static void what_is_no_store_of_ours_is_refused_and_left_as_it_was(void **state)
{
	struct place *place = *state;
	sample_tamper(place->path, "CREATE TABLE theirs (x); PRAGMA user_version = 1");
	assert_int_equal(chmod(place->path, 0600), 0);
	struct stat before, after;
	assert_int_equal(stat(place->path, &before), 0);
	assert_refused(place->path, false, "not a wenzheng store");
	assert_int_equal(stat(place->path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_true(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_mtime == after.st_mtime);
	int file = open(place->path, O_WRONLY | O_TRUNC);
	for (int i = 0; i < 100; i++)
		assert_int_equal(write(file, "This is a text file, not a database.\n", 37), 37);
	close(file);
	assert_refused(place->path, false, "not a database");
}

static void what_only_looks_empty_is_no_store_of_ours(void **state)
{
	struct place *place = *state;
	sample_tamper(place->path, "CREATE TABLE theirs (x)");
	assert_int_equal(chmod(place->path, 0600), 0);
	assert_refused(place->path, false, "not a wenzheng store");
	assert_int_equal(unlink(place->path), 0);
	sample_tamper(place->path, "PRAGMA user_version = 1");
	assert_int_equal(chmod(place->path, 0600), 0);
	assert_refused(place->path, false, "not a wenzheng store");
}

static void a_reader_makes_no_store_of_an_empty_file(void **state)
{
	struct place *place = *state;
	struct fault fault = FAULT_NONE;
	sample_tamper(place->path, "PRAGMA journal_mode = WAL");
	assert_true(store_sqlite_open_read_only(place->path, &fault, &place->store) < 0);
	assert_non_null(strstr(fault.text, "start wenzhengd once to bring it up"));
	assert_true(store_sqlite_open_read_only(".", &fault, &place->store) < 0);
	assert_non_null(strstr(fault.text, "not a file name"));
}

static void a_failure_of_sqlite_has_its_errno(void **state)
{
	struct place *place = *state;
	static const struct {
		int result;
		int error;
	} known[] = {{SQLITE_FULL, ENOSPC}, {SQLITE_NOMEM, ENOMEM}, {SQLITE_BUSY_SNAPSHOT, EBUSY},
		{SQLITE_LOCKED, EBUSY}, {SQLITE_CONSTRAINT_UNIQUE, EEXIST}, {SQLITE_CORRUPT_VTAB, EUCLEAN},
		{SQLITE_NOTADB, EUCLEAN}, {SQLITE_READONLY_DBMOVED, EROFS}, {SQLITE_TOOBIG, EMSGSIZE},
		{SQLITE_IOERR_READ, EIO}};
	place_open_sqlite(place);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(
			sqlite_fatal(sqlite_of(place->store), known[i].result, "test"), -known[i].error);
	destroy(place);
}

/* A long WAL that a reader's old moment keeps: the next try waits for a quarter more. */
static void a_wal_that_cannot_be_written_back_is_not_tried_again_at_once(void **state)
{
	struct place *place = *state;
	struct fault fault = FAULT_NONE;
	struct store *reader = NULL;
	make_and_close(place);
	place_open_sqlite(place);
	assert_int_equal(store_sqlite_open_read_only(place->path, &fault, &reader), 0);
	struct sqlite_store *self = sqlite_of(place->store);
	for (int64_t n = 2; self->wal_frames < WAL_BUSY_BYTES / WAL_FRAME_BYTES; n++)
		assert_int_equal(
			sample_write(place->store, n) + place->store->interface->commit(place->store), 0);
	assert_int_equal(sample_write(place->store, 1000000), 0);
	assert_int_equal(place->store->interface->commit(place->store), 0);
	assert_true(self->checkpoint_at > self->wal_frames);
	reader->interface->destroy(&reader);
	destroy(place);
}

static void a_newer_schema_is_refused(void **state)
{
	struct place *place = *state;
	make_and_close(place);
	sample_tamper(place->path, "PRAGMA user_version = 2");
	assert_refused(place->path, false, "written by a newer wenzhengd (schema 2, this one knows up to 1)");
	struct fault fault = FAULT_NONE;
	assert_true(store_sqlite_open_read_only(place->path, &fault, &place->store) < 0);
	assert_non_null(strstr(fault.text, "newer wenzhengd"));
}

static void a_store_whose_making_was_cut_short_is_made_again(void **state)
{
	struct place *place = *state;
	/* After the file was made; then after it was given its journal mode. */
	int file = open(place->path, O_CREAT | O_WRONLY, 0600);
	assert_true(file >= 0);
	close(file);
	make_and_close(place);
	remove_store(place->path);
	sample_tamper(place->path, "PRAGMA journal_mode = WAL");
	assert_int_equal(chmod(place->path, 0600), 0);
	make_and_close(place);
}

static void a_step_of_the_schema_is_kept_whole_or_not_at_all(void **state)
{
	struct place *place = *state;
	make_and_close(place);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	const char *steps[] = {"never run again",
		"ALTER TABLE text ADD COLUMN seal BLOB; CREATE TABLE extra (x);",
		"CREATE TABLE half (x); INSERT INTO half VALUES (1); SELECT no_such_function();"};
	struct sqlite_migrations migrations = {steps, 3};
	struct store_sqlite_options options = {.path = place->path};
	struct fault fault = FAULT_NONE;
	assert_false(sqlite_schema_migrate(db, &migrations, 1, &options, &fault));
	assert_non_null(strstr(fault.text, "the step to schema 3 failed, nothing of it was kept"));
	int version = 0;
	assert_true(sqlite_schema_check(db, 3, &fault, &version));
	assert_int_equal(version, 2);
	/* Step 2 stayed, of step 3 there is nothing, and a mended step 3 goes through. */
	assert_int_equal(sqlite3_exec(db, "SELECT seal FROM text; SELECT x FROM extra", NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_exec(db, "SELECT x FROM half", NULL, NULL, NULL), SQLITE_ERROR);
	steps[2] = "CREATE TABLE half (x);";
	assert_true(sqlite_schema_migrate(db, &migrations, 2, &options, &fault));
	assert_true(sqlite_schema_check(db, 3, &fault, &version));
	assert_int_equal(version, 3);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_table_that_is_not_of_its_version_is_refused(void **state)
{
	struct place *place = *state;
	make_and_close(place);
	sample_tamper(place->path, "ALTER TABLE journal DROP COLUMN flags");
	assert_refused(place->path, false, "not those of its schema version");
}

static void the_journal_refuses_to_be_changed_even_by_a_tool(void **state)
{
	struct place *place = *state;
	make_and_close(place);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	assert_true(sqlite3_exec(db, "UPDATE journal SET at = 0", NULL, NULL, NULL) != SQLITE_OK);
	assert_true(sqlite3_exec(db, "DELETE FROM journal", NULL, NULL, NULL) != SQLITE_OK);
	assert_string_equal(sqlite3_errmsg(db), "the journal only grows");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_reader_beside_the_writer_sees_one_moment_and_cannot_write(void **state)
{
	struct place *place = *state;
	place_open_sqlite(place);
	struct store *writer = place->store, *reader = NULL;
	assert_int_equal(sample_write(writer, 1), 0);
	assert_int_equal(writer->interface->commit(writer), 0);
	struct fault fault = FAULT_NONE;
	assert_int_equal(store_sqlite_open_read_only(place->path, &fault, &reader), 0);
	assert_null(reader->interface->append);
	assert_null(reader->interface->commit);
	assert_null(reader->interface->idle);
	assert_int_equal(sqlite3_exec(sqlite_of(reader)->db, "CREATE TABLE x (y)", NULL, NULL, NULL) & 0xff,
		SQLITE_READONLY);
	int64_t seq;
	struct digest head;
	for (int64_t n = 2; n < 400; n++) {
		assert_int_equal(sample_write(writer, n), 0);
		assert_int_equal(writer->interface->commit(writer), 0);
		assert_int_equal(writer->interface->idle(writer), 0);
	}
	assert_true(sample_is_there(reader, 1));
	assert_false(sample_is_there(reader, 2));
	assert_int_equal(reader->interface->chain_head(reader, &seq, &head), 0);
	assert_int_equal(seq, SAMPLE_RECORDS);
	reader->interface->destroy(&reader);
	assert_int_equal(store_sqlite_open_read_only(place->path, &fault, &reader), 0);
	assert_true(sample_is_there(reader, 399));
	/* The writer goes first; the reader still reads, and a new writer finds all. */
	destroy(place);
	assert_true(sample_is_there(reader, 398));
	reader->interface->destroy(&reader);
	place_open_sqlite(place);
	assert_true(sample_is_there(place->store, 399));
	destroy(place);
}

static void without_a_file_a_reader_is_refused_and_makes_none(void **state)
{
	struct place *place = *state;
	struct fault fault = FAULT_NONE;
	assert_true(store_sqlite_open_read_only(place->path, &fault, &place->store) < 0);
	assert_non_null(strstr(fault.text, "cannot be opened"));
	assert_int_equal(access(place->path, F_OK), -1);
}

static void the_wal_is_written_back_when_idle_and_stays_bounded_under_load(void **state)
{
	struct place *place = *state;
	place_open_sqlite(place);
	const struct store_interface *it = place->store->interface;
	for (int64_t n = 1; n <= 300; n++)
		assert_int_equal(sample_write(place->store, n), 0);
	assert_int_equal(it->commit(place->store), 0);
	struct store_sqlite_gauges before = store_sqlite_gauges(place->store), after;
	assert_true(before.wal_bytes > WAL_IDLE_BYTES);
	assert_int_equal(before.commits, 1);
	assert_true(before.commit_us_last > 0 && before.commit_us_max >= before.commit_us_last);
	assert_int_equal(it->idle(place->store), 0);
	after = store_sqlite_gauges(place->store);
	assert_int_equal(after.checkpoints, before.checkpoints + 1);
	assert_int_equal(it->idle(place->store), 0);
	assert_int_equal(store_sqlite_gauges(place->store).checkpoints, after.checkpoints);
	for (int64_t n = 301; n <= 12000; n++) {
		assert_int_equal(sample_write(place->store, n), 0);
		if (n % 64 == 0)
			assert_int_equal(it->commit(place->store), 0);
		assert_true(store_sqlite_gauges(place->store).wal_bytes < 2 * WAL_BUSY_BYTES);
	}
	destroy(place);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_is_for_its_owner_alone_and_keeps_its_identity),
		TEST(what_reliability_rests_on_is_set),
		TEST(only_a_store_made_as_a_laboratory_is_one),
		TEST(a_second_daemon_is_refused_and_told_who_has_it),
		TEST(a_lock_left_by_a_killed_daemon_does_not_hold),
		TEST(files_that_must_not_be_opened_are_refused),
		TEST(what_is_no_store_of_ours_is_refused_and_left_as_it_was),
		TEST(what_only_looks_empty_is_no_store_of_ours),
		TEST(a_reader_makes_no_store_of_an_empty_file),
		TEST(a_failure_of_sqlite_has_its_errno),
		TEST(a_wal_that_cannot_be_written_back_is_not_tried_again_at_once),
		TEST(a_newer_schema_is_refused),
		TEST(a_store_whose_making_was_cut_short_is_made_again),
		TEST(a_step_of_the_schema_is_kept_whole_or_not_at_all),
		TEST(a_table_that_is_not_of_its_version_is_refused),
		TEST(the_journal_refuses_to_be_changed_even_by_a_tool),
		TEST(a_reader_beside_the_writer_sees_one_moment_and_cannot_write),
		TEST(without_a_file_a_reader_is_refused_and_makes_none),
		TEST(the_wal_is_written_back_when_idle_and_stays_bounded_under_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
