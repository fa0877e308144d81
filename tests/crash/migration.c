#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "daemon/store/sqlite.h"
#include "tests/crash/content.h"
#include "tests/crash/life.h"
#include "tests/unit/store/sample.h"

/* Steps as later versions will have them: columns with content, an index, a table filled from another. */
static const char step_a[] = "ALTER TABLE cases ADD COLUMN \"approved\" INTEGER;"
			     "UPDATE cases SET approved = 1 WHERE state = 5;"
			     "CREATE INDEX cases_approved ON cases (approved);";
static const char step_b[] =
	"CREATE TABLE address (case_id INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;"
	"INSERT INTO address SELECT case_id, zeroblob(600) FROM message;"
	"DROP INDEX cases_approved;";

#define STEPS_MAX 16

static int with_steps(const char *steps[static STEPS_MAX])
{
	int count = sqlite_migrations.count;
	ENSURE(count + 2 <= STEPS_MAX);
	memcpy(steps, sqlite_migrations.sql, (size_t)count * sizeof(*steps));
	steps[count] = step_a;
	steps[count + 1] = step_b;
	return count + 2;
}

/* Of the real disk, where an empty file stands for it. */
static void forget_copy(char **copy)
{
	if (*copy)
		ENSURE(unlink(*copy) == 0);
	free(*copy);
	*copy = NULL;
}

/* As the store's own opening, with these steps instead; `newest` bounds them. */
static sqlite3 *migrate(const char *path, int newest, struct fault *fault)
{
	const char *steps[STEPS_MAX];
	struct store_sqlite_options options = {.path = path};
	sqlite3 *db = NULL;
	int version = 0, count = with_steps(steps);
	struct sqlite_migrations migrations = {steps, newest < count ? newest : count};
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK && sqlite_harden(db, fault) &&
		sqlite_schema_check(db, count, fault, &version) && sqlite_use_wal(db, fault)) {
		char *copy = NULL;
		struct sqlite_upgrade upgrade = {db, path, &migrations, version, &options};
		bool is_up = sqlite_upgrade(&upgrade, fault, &copy);
		forget_copy(&copy);
		if (is_up)
			return db;
	}
	sqlite3_close(db);
	return NULL;
}

static void note_state(struct run *run, sqlite3 *db)
{
	struct run_state *state = &run->states[run->state_count];
	bool records = run->disk.records;
	run->disk.records = false;
	ENSURE(content_is_sound(db) && content_digest(db, &state->content));
	state->op_end = run->disk.op_count;
	state->kinds = RUN_MIGRATION;
	run->disk.records = records;
	run->state_of_mark[run->marks] = run->state_count++;
	disk_mark(&run->disk, (size_t)run->marks++);
}

/* The store is made by the production code, and durable, before the log begins; it is in the base disk. */
void migration_record(struct run *run, uint64_t seed, const char *path)
{
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path};
	disk_seed(seed);
	disk_mount(&run->disk);
	ENSURE(store_sqlite_open(&options, &fault, &store) == 0);
	for (int64_t n = 1; n <= 4 + (int64_t)(seed % 5); n++)
		ENSURE(sample_write(store, n) == 0);
	ENSURE(store->interface->commit(store) == 0);
	store->interface->destroy(&store);
	disk_copy(&run->disk, &run->base);
	run->disk.records = true;
	for (int newest = sqlite_migrations.count; newest <= sqlite_migrations.count + 2; newest++) {
		sqlite3 *db = migrate(path, newest, &fault);
		ENSURE(db);
		note_state(run, db);
		ENSURE(sqlite3_close(db) == SQLITE_OK);
	}
	run->states[run->state_count - 1].op_end = run->disk.op_count;
	run->disk.records = false;
}

/* The copy of this schema is one of an earlier state, as an operator would take it: without a journal,
 * without a WAL. */
static bool is_copy(const struct run *self, const char *path, int version, int state)
{
	char name[160];
	struct digest content;
	sqlite3 *copy = NULL;
	snprintf(name, sizeof(name), "file:%s.schema-%d.19700101T000000Z?immutable=1", path, version);
	bool is_read =
		sqlite3_open_v2(name, &copy, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK &&
		content_is_sound(copy) && content_digest(copy, &content);
	sqlite3_close(copy);
	int of_copy = is_read ? run_state_of(self, &content) : -1;
	return of_copy >= 0 && of_copy < state;
}

/* Where a step has been taken the store as it was before is there: of the step just taken, or of an upgrade
 * that took two. */
static bool has_copy(const struct run *self, const char *path, int state)
{
	int first = sqlite_migrations.count;
	return state <= 0 || is_copy(self, path, first, state) ||
	       (state > 1 && is_copy(self, path, first + 1, state));
}

/* What is there is a state; from it the rest of the steps leads to the last one. */
int migration_recover(const struct run *self, const char *path, bool verify)
{
	(void)verify;
	struct fault fault = FAULT_NONE;
	struct digest content;
	sqlite3 *db = migrate(path, 0, &fault);
	if (!db || !content_is_sound(db) || !content_digest(db, &content)) {
		sqlite3_close(db);
		return -2;
	}
	sqlite3_close(db);
	int state = run_state_of(self, &content);
	if (!has_copy(self, path, state))
		return -1;
	db = migrate(path, STEPS_MAX, &fault);
	bool is_whole = db && content_is_sound(db) && content_digest(db, &content) &&
			run_state_of(self, &content) == self->state_count - 1;
	sqlite3_close(db);
	return is_whole ? state : state < 0 ? state : -1;
}
