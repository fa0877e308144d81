#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/shell/stage.h"

/* That a reload changed something is in the journal: in the turn after it, once, whatever the disk does. */

static int setup(void **state)
{
	struct stage *self = calloc(1, sizeof(*self));
	stage_init(self, NULL);
	assert_int_equal(stage_start(self), 0);
	assert_int_equal(shell_turn(self->shell), 0);
	*state = self;
	return 0;
}

static int teardown(void **state)
{
	stage_deinit(*state);
	free(*state);
	return 0;
}

struct journaled {
	int records;
	char what[16];
	struct digest digest;
};

static int count(void *context, const struct record *record)
{
	struct journaled *self = context;
	if (record->kind != RECORD_CONFIGURED)
		return 0;
	self->records++;
	self->digest = record->digest;
	assert_true(span_copy(record->subject, self->what, sizeof(self->what)));
	return 0;
}

/* How often the journal says that something was configured, and what it said last. */
static struct journaled journaled(struct stage *stage)
{
	struct journaled found = {0};
	assert_int_equal(stage->store->interface->walk_journal(stage->store, 0, INT64_MAX, count, &found), 0);
	return found;
}

/* Takes the operator's key away: nothing falls due by it, and nothing is to be computed anew. */
static void reload(struct stage *stage)
{
	struct principal_source source = {.name = "portal", .role = "portal"};
	uint8_t key[PRINCIPAL_KEY_SIZE];
	struct fault fault;
	memset(key, ROLE_PORTAL + 1, sizeof(key));
	source.key = key;
	struct principals *before = stage->principals;
	stage->principals = principals_new(&source, 1, &fault);
	assert_non_null(stage->principals);
	struct shell_configuration configuration = {
		stage->place.profile, stage->principals, stage->place.workdays};
	shell_configure(stage->shell, &configuration);
	principals_destroy(&before);
}

static void submit(struct stage *stage, const char *id)
{
	stage_say(stage, ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, id, FIELD_TITLE, "水", FIELD_BODY, "x",
		FIELD_TOTAL);
	assert_int_equal(shell_turn(stage->shell), 0);
}

/* A batch that does not fit, and then there is room again. */
static void meet_a_full_disk(struct stage *stage)
{
	store_memory_set_full(stage->store, true);
	stage->disk_free = 0;
	submit(stage, "full");
	assert_string_equal(stage->code, "disk");
	store_memory_set_full(stage->store, false);
	stage->disk_free = INT64_MAX;
	stage_pass(stage, US_PER_S);
}

static void a_reload_is_in_the_journal_at_once_and_once(void **state)
{
	struct stage *stage = *state;
	assert_true(shell_wait_us(stage->shell) > 0);
	reload(stage);
	assert_int_equal(shell_wait_us(stage->shell), 0);
	assert_int_equal(journaled(stage).records, 0);
	assert_int_equal(shell_turn(stage->shell), 0);
	struct journaled found = journaled(stage);
	struct digest digest = principals_digest(stage->principals);
	assert_int_equal(found.records, 1);
	assert_string_equal(found.what, "principals");
	assert_true(digest_equal(&found.digest, &digest));
	assert_true(shell_wait_us(stage->shell) > 0);
	submit(stage, "m1");
	assert_int_equal(journaled(stage).records, 1);
}

static void a_reload_that_the_disk_had_no_room_for_is_journaled_when_there_is(void **state)
{
	struct stage *stage = *state;
	reload(stage);
	meet_a_full_disk(stage);
	assert_int_equal(journaled(stage).records, 0);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(journaled(stage).records, 1);
	assert_string_equal(journaled(stage).what, "principals");
}

static void a_reload_while_the_disk_is_full_waits_for_room(void **state)
{
	struct stage *stage = *state;
	store_memory_set_full(stage->store, true);
	stage->disk_free = 0;
	submit(stage, "full");
	reload(stage);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(shell_wait_us(stage->shell), US_PER_S); /* it is no reason to spin */
	store_memory_set_full(stage->store, false);
	stage->disk_free = INT64_MAX;
	stage_pass(stage, US_PER_S);
	assert_int_equal(journaled(stage).records, 0);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(journaled(stage).records, 1);
}

static void what_is_durable_is_not_said_again_after_a_later_batch_was_lost(void **state)
{
	struct stage *stage = *state;
	submit(stage, "m1");
	meet_a_full_disk(stage);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(journaled(stage).records, 0); /* nothing was ever changed */
	reload(stage);
	assert_int_equal(shell_turn(stage->shell), 0);
	meet_a_full_disk(stage);
	assert_int_equal(shell_turn(stage->shell), 0);
	assert_int_equal(journaled(stage).records, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_reload_is_in_the_journal_at_once_and_once),
		TEST(a_reload_that_the_disk_had_no_room_for_is_journaled_when_there_is),
		TEST(a_reload_while_the_disk_is_full_waits_for_room),
		TEST(what_is_durable_is_not_said_again_after_a_later_batch_was_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
