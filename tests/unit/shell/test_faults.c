#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/shell/failing_store.h"
#include "tests/unit/shell/stage.h"

/*
 * A day of the shell in which every call of the store fails once, in turn. A fatal outcome must reach the
 * caller as such, whatever the shell was at; a full disk must leave it standing and saying so; what is not
 * served for damage must not stop anything.
 */

#define N(number) ((int64_t)(number))

struct day {
	struct stage stage;
	int outcome; /* of the call in which the day ended, 0: it went to its end */
	bool started;
};

static char first[CASE_NUMBER_SIZE], second[CASE_NUMBER_SIZE];

/* A turn, and what the service manager is told after it. */
static bool turn(struct day *self)
{
	int32_t workdays;
	self->outcome = shell_turn(self->stage.shell);
	if (self->outcome == 0)
		self->outcome = shell_oldest_workdays(self->stage.shell, &workdays);
	return self->outcome == 0;
}

#define SAY(...) (stage_say(&self->stage, __VA_ARGS__, FIELD_TOTAL), turn(self))
#define AND(...) (stage_say(&self->stage, __VA_ARGS__, FIELD_TOTAL), stage_and(&self->stage), true)
#define PASS(us) (stage_pass(&self->stage, us), turn(self))

/* Portal, worker and triage: two messages, one answered, one returned and assigned. */
static bool morning(struct day *self)
{
	return SAY(ROLE_PORTAL, KIND_WATCH) && SAY(ROLE_TRIAGE, KIND_WATCH) &&
	       SAY(ROLE_SUPERVISOR, KIND_WATCH) && SAY(ROLE_OPERATOR, KIND_WATCH) &&
	       SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(7), FIELD_CREDIT, N(9)) &&
	       SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水管", FIELD_BODY, "漏水",
		       FIELD_CATEGORY, "民生", FIELD_REGION, "城东") &&
	       SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m2", FIELD_TITLE, "天空", FIELD_BODY, "很蓝") &&
	       SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水管", FIELD_BODY, "漏水",
		       FIELD_CATEGORY, "民生", FIELD_REGION, "城东") &&
	       AND(ROLE_WORKER, KIND_TAKE, FIELD_CASE, first, FIELD_EPOCH, N(1)) &&
	       SAY(ROLE_WORKER, KIND_HELD) && SAY(ROLE_WORKER, KIND_HELD, FIELD_CASE, first) &&
	       SAY(ROLE_WORKER, KIND_REPLY, FIELD_CASE, first, FIELD_EPOCH, N(1), FIELD_REPLY, "在修",
		       FIELD_REPLY_KIND, "interim") &&
	       AND(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m3", FIELD_TITLE, "水", FIELD_BODY, "x") &&
	       SAY(ROLE_OPERATOR, KIND_STATUS) &&
	       AND(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m4", FIELD_TITLE, "水", FIELD_BODY, "x") &&
	       SAY(ROLE_OPERATOR, KIND_CASES) &&
	       SAY(ROLE_WORKER, KIND_REPLY, FIELD_CASE, first, FIELD_EPOCH, N(1), FIELD_REPLY, "不归我们",
		       FIELD_REPLY_KIND, "refusal", FIELD_REASON, "权限") &&
	       SAY(ROLE_TRIAGE, KIND_ASSIGN, FIELD_CASE, second, FIELD_DEPARTMENT, "edu", FIELD_REASON,
		       "教育") &&
	       SAY(ROLE_WORKER, KIND_RETURN, FIELD_CASE, second, FIELD_EPOCH, N(1), FIELD_REASON,
		       "非我职责") &&
	       SAY(ROLE_TRIAGE, KIND_ASSIGN, FIELD_CASE, second, FIELD_DEPARTMENT, "edu", FIELD_REASON,
		       "最终");
}

/* Everybody who may look, looks. */
static bool noon(struct day *self)
{
	return SAY(ROLE_PORTAL, KIND_QUERY, FIELD_ID, "m1") &&
	       SAY(ROLE_OPERATOR, KIND_HISTORY, FIELD_CASE, first) &&
	       SAY(ROLE_OPERATOR, KIND_WHY, FIELD_CASE, first) &&
	       SAY(ROLE_WORKER, KIND_TAKE, FIELD_CASE, first, FIELD_EPOCH, N(1)) &&
	       SAY(ROLE_TRIAGE, KIND_ASSIGN, FIELD_CASE, first, FIELD_DEPARTMENT, "edu", FIELD_REASON,
		       "教育") &&
	       SAY(ROLE_OPERATOR, KIND_SHOW, FIELD_CASE, first) &&
	       SAY(ROLE_OPERATOR, KIND_HISTORY, FIELD_CASE, second) &&
	       SAY(ROLE_OPERATOR, KIND_WHY, FIELD_CASE, second) && SAY(ROLE_OPERATOR, KIND_CASES) &&
	       SAY(ROLE_OPERATOR, KIND_STATUS) && SAY(ROLE_OPERATOR, KIND_WORKERS) &&
	       SAY(ROLE_OPERATOR, KIND_DRAIN) && SAY(ROLE_OPERATOR, KIND_DRAIN, FIELD_ACCEPT, true) &&
	       SAY(ROLE_PORTAL, KIND_SEEN, FIELD_CURSOR, N(3)) && PASS(2 * US_PER_S);
}

/* What RELOAD finds. */
static struct shell_configuration found;
static bool was_found;

static bool find_files(struct io *io, struct shell_configuration *ret_configuration, struct fault *fault)
{
	(void)io, (void)fault;
	*ret_configuration = found;
	was_found = true;
	return true;
}

/* The clock jumps and is accepted; rungs; a key is revoked; a reload; a worker that fails and one that is
 * lost; the end. */
static bool evening(struct day *self)
{
	struct stage *stage = &self->stage;
	stage->now.wall.us += 120 * US_PER_S;
	if (!turn(self) || !SAY(ROLE_OPERATOR, KIND_CLOCK, FIELD_ACCEPT, true) ||
		!SAY(ROLE_OPERATOR, KIND_REVOKE, FIELD_NAME, "moderator"))
		return false;
	struct profile_source source = place_source();
	struct fault fault;
	source.name = "另一";
	struct profile *profile = profile_new(&source, &fault);
	struct workdays *workdays = place_workdays(2028, false);
	struct profile *profile_before = stage->place.profile;
	struct workdays *workdays_before = stage->place.workdays;
	uint8_t key[PRINCIPAL_KEY_SIZE];
	memset(key, ROLE_TRIAGE + 1, sizeof(key));
	struct principal_source only = {.name = "triage", .role = "triage", .key = key};
	struct principals *principals = principals_new(&only, 1, &fault),
			  *principals_before = stage->principals;
	found = (struct shell_configuration){profile, principals, workdays};
	was_found = false;
	stage->place.profile = profile;
	stage->place.workdays = workdays;
	stage->principals = principals;
	stage->io.reload = find_files;
	bool good = SAY(ROLE_OPERATOR, KIND_RELOAD);
	if (!was_found) /* on a full disk it had to wait */
		shell_configure(stage->shell, &found);
	stage->disk_free = 0; /* below the reserve */
	if (good && PASS(40 * US_PER_DAY) && PASS(US_PER_S) && SAY(ROLE_TRIAGE, KIND_WATCH) &&
		SAY(ROLE_TRIAGE, KIND_SEEN, FIELD_CURSOR, N(5)))
		self->outcome = shell_stop(stage->shell);
	profile_destroy(&profile_before);
	workdays_destroy(&workdays_before);
	principals_destroy(&principals_before);
	return self->outcome == 0;
}

static void live(struct day *self, enum failing_calls calls, int64_t nth, int outcome)
{
	*self = (struct day){0};
	struct store *store = store_memory_new((struct store_identity){false, {0}});
	stage_init(&self->stage, failing_store_new(store));
	failing_store_arm(self->stage.store, calls, nth, outcome);
	self->outcome = stage_start(&self->stage);
	self->started = self->outcome == 0;
	if (self->started && morning(self) && noon(self))
		evening(self);
}

static void every_call_that_fails_for_good_ends_the_shell(void **state)
{
	struct day *day = *state;
	int64_t nth = 1;
	for (;; nth++) {
		live(day, FAILING_ANY, nth, -EIO);
		bool failed = failing_store_failed(day->stage.store);
		int outcome = day->outcome;
		stage_deinit(&day->stage);
		if (!failed) {
			assert_int_equal(outcome, 0);
			break;
		}
		if (outcome != -EIO)
			fail_msg("call %d failed and the shell said %d", (int)nth, outcome);
	}
	print_message("%d calls of the store\n", (int)nth - 1);
	assert_true(nth > 100); /* the day is long enough to mean something */
}

static void a_disk_that_is_full_at_any_write_leaves_a_shell_that_says_so(void **state)
{
	struct day *day = *state;
	int64_t nth = 1;
	for (;; nth++) {
		live(day, FAILING_WRITES, nth, STORE_FULL);
		bool failed = failing_store_failed(day->stage.store);
		int outcome = day->outcome, full = day->stage.logged[LOG_STORE_FULL];
		bool started = day->started;
		stage_deinit(&day->stage);
		if (!failed)
			break;
		/* At the start and at the end there is nobody to be told: the process ends. */
		bool ends = outcome == -ENOSPC;
		if (outcome != 0 && !ends)
			fail_msg("write %d found the disk full and the shell said %d", (int)nth, outcome);
		assert_true(started || ends);
		assert_true(ends || full == 1);
	}
	assert_true(nth > 50);
}

static void what_is_damaged_or_missing_is_not_served_and_stops_nothing(void **state)
{
	static const int outcomes[] = {STORE_DAMAGED, STORE_NOT_FOUND};
	struct day *day = *state;
	for (size_t i = 0; i < 2; i++) {
		for (int64_t nth = 1;; nth++) {
			live(day, FAILING_READS_OF_ONE, nth, outcomes[i]);
			bool failed = failing_store_failed(day->stage.store);
			int outcome = day->outcome;
			stage_deinit(&day->stage);
			assert_int_equal(outcome, 0);
			if (!failed)
				break;
		}
	}
}

/* Over the journal of a day on which the clock was held, so that all of a start's reads have something to
 * read. */
static void every_read_of_a_restart_that_fails_refuses_the_start(void **state)
{
	struct day *self = *state;
	struct stage *stage = &self->stage;
	*self = (struct day){0};
	stage_init(stage, failing_store_new(store_memory_new((struct store_identity){false, {0}})));
	assert_int_equal(stage_start(stage), 0);
	assert_true(SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "水", FIELD_BODY, "x"));
	stage->now.wall.us += 120 * US_PER_S;
	assert_true(turn(self));
	assert_int_equal(stage->logged[LOG_CLOCK_HELD], 1);
	int64_t nth = 1;
	for (;; nth++) {
		shell_destroy(&stage->shell);
		failing_store_arm(stage->store, FAILING_ANY, nth, -EIO);
		int r = stage_start(stage);
		if (!failing_store_failed(stage->store))
			break;
		assert_int_equal(r, -EIO);
		assert_null(stage->shell);
	}
	assert_true(nth > 5);
	assert_true(shell_status(stage->shell).clock_held);
	stage_deinit(stage);
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct day));
	case_number_print(INT64_C(20260914000001), first);
	case_number_print(INT64_C(20260914000002), second);
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_call_that_fails_for_good_ends_the_shell),
		TEST(a_disk_that_is_full_at_any_write_leaves_a_shell_that_says_so),
		TEST(what_is_damaged_or_missing_is_not_served_and_stops_nothing),
		TEST(every_read_of_a_restart_that_fails_refuses_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
