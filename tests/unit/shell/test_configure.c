#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/store/store_memory.h"
#include "tests/lib/bare_io.h"
#include "tests/unit/shell/hall.h"

/* What an operator changes while the daemon runs: files read again, keys taken out of force. */

enum { WEB, EDU_A, EDU_B, OPS, PEOPLE };

static const char *edu[] = {"edu"};
static const uint8_t keys[PEOPLE + 1] = {1, 2, 3, 4, 5};
static uint8_t key_bytes[PEOPLE + 1][PRINCIPAL_KEY_SIZE];
static struct principal_source sources[PEOPLE] = {
	{"web", "portal", key_bytes[WEB], NULL, 0, NULL},
	{"edu-a", "worker", key_bytes[EDU_A], edu, 1, NULL},
	{"edu-b", "worker", key_bytes[EDU_B], edu, 1, NULL},
	{"ops", "operator", key_bytes[OPS], NULL, 0, NULL},
};

static struct principal_source given[PEOPLE]; /* as the file has them now */

static int setup(void **state)
{
	static struct hall hall;
	for (int i = 0; i <= PEOPLE; i++)
		memset(key_bytes[i], keys[i], PRINCIPAL_KEY_SIZE);
	hall_init(&hall, sources, PEOPLE);
	memcpy(given, sources, sizeof(given));
	*state = &hall;
	return 0;
}

static int teardown(void **state)
{
	hall_deinit(*state);
	return 0;
}

static void say(struct hall *self, unsigned who, enum kind kind)
{
	hall_say(self, hall_speaker(&sources[who], who), (uint8_t)kind);
}

static const char *ask_directory(struct hall *self)
{
	hall_begin(self);
	say(self, WEB, KIND_DIRECTORY);
	return self->answer.kind == KIND_LIST ? "served" : self->answer.code;
}

static void revoke(struct hall *self, const char *name)
{
	writer_text(hall_begin(self), FIELD_NAME, span_of_string(name));
	say(self, OPS, KIND_REVOKE);
}

static void be_ready(struct hall *self, unsigned who)
{
	struct writer *writer = hall_begin(self);
	writer_number(writer, FIELD_CREDIT, 1);
	writer_number(writer, FIELD_INCARNATION, 7);
	say(self, who, KIND_READY);
	assert_int_equal(self->answer.kind, KIND_WELCOME);
}

static void submit(struct hall *self, const char *id, char ret_case_number[static CASE_NUMBER_SIZE])
{
	struct writer *writer = hall_begin(self);
	writer_text(writer, FIELD_ID, span_of_string(id));
	writer_text(writer, FIELD_TITLE, SPAN_LITERAL("题"));
	writer_text(writer, FIELD_BODY, SPAN_LITERAL("文"));
	writer_text(writer, FIELD_DEPARTMENT, SPAN_LITERAL("edu"));
	say(self, WEB, KIND_SUBMIT);
	memcpy(ret_case_number, self->answer.case_number, CASE_NUMBER_SIZE);
}

static void take(struct hall *self, unsigned who, const char *case_number)
{
	struct writer *writer = hall_begin(self);
	writer_text(writer, FIELD_CASE, span_of_string(case_number));
	writer_number(writer, FIELD_EPOCH, 1);
	say(self, who, KIND_TAKE);
}

static struct record last_record(const struct hall *self)
{
	struct record record;
	assert_int_equal(self->store->interface->last_record(self->store, &record), 0);
	return record;
}

/* ---- REVOKE ---- */

static void a_revoked_key_is_dead_with_the_next_message_and_the_journal_says_by_whom(void **state)
{
	struct hall *self = *state;
	assert_string_equal(ask_directory(self), "served");
	revoke(self, "web");
	assert_int_equal(self->answer.kind, KIND_CONFIRM);
	struct record record = last_record(self);
	struct digest key = digest_of(span_of(key_bytes[WEB], PRINCIPAL_KEY_SIZE));
	assert_int_equal(record.kind, RECORD_REVOKED);
	assert_true(span_equal_string(record.actor, "ops") && span_equal_string(record.subject, "web"));
	assert_true(digest_equal(&record.digest, &key));
	assert_int_equal(self->logged[LOG_REVOKED], 1);
	assert_string_equal(self->logged_principal[LOG_REVOKED], "web");
	assert_string_equal(ask_directory(self), "revoked");
	assert_false(shell_admits(self->shell, ZONE_PORTAL, key_bytes[WEB]));
}

static void what_is_revoked_already_is_confirmed_and_not_recorded_again(void **state)
{
	struct hall *self = *state;
	revoke(self, "web");
	int64_t records = hall_records(self);
	revoke(self, "web");
	assert_int_equal(self->answer.kind, KIND_CONFIRM);
	revoke(self, "nobody");
	assert_string_equal(self->answer.code, "not-found");
	assert_int_equal(hall_records(self), records);
	assert_int_equal(self->logged[LOG_REVOKED], 1);
}

static void a_revoked_workers_offer_goes_to_another(void **state)
{
	struct hall *self = *state;
	char case_number[CASE_NUMBER_SIZE];
	be_ready(self, EDU_A);
	submit(self, "m1", case_number);
	assert_int_equal(self->offered_to, hall_speaker(&sources[EDU_A], EDU_A).peer);
	be_ready(self, EDU_B);
	revoke(self, "edu-a");
	assert_int_equal(self->offered_to, hall_speaker(&sources[EDU_B], EDU_B).peer);
	take(self, EDU_A, case_number);
	assert_string_equal(self->answer.code, "revoked");
}

static void nobody_with_a_revoked_key_is_told_any_more(void **state)
{
	struct hall *self = *state;
	char told[CASE_NUMBER_SIZE], untold[CASE_NUMBER_SIZE];
	be_ready(self, EDU_A);
	hall_begin(self);
	say(self, WEB, KIND_WATCH);
	submit(self, "m1", told);
	submit(self, "m2", untold);
	int before = self->events;
	take(self, EDU_A, told);
	assert_int_equal(self->answer.kind, KIND_CONFIRM);
	assert_int_equal(self->events, before + 1);
	revoke(self, "web");
	take(self, EDU_A, untold);
	assert_int_equal(self->answer.kind, KIND_CONFIRM);
	assert_int_equal(self->events, before + 1);
}

static void an_operator_may_revoke_himself_and_has_his_answer(void **state)
{
	struct hall *self = *state;
	revoke(self, "ops");
	assert_int_equal(self->answer.kind, KIND_CONFIRM);
	revoke(self, "web");
	assert_string_equal(self->answer.code, "revoked");
}

static void put_key(struct hall *self, unsigned who, uint8_t *key)
{
	struct fault fault;
	struct principals *before = self->principals;
	given[who].key = key;
	self->principals = principals_new(given, PEOPLE, &fault);
	assert_non_null(self->principals);
	struct shell_configuration configuration = hall_configuration(self);
	shell_configure(self->shell, &configuration);
	principals_destroy(&before);
}

static void neither_a_restart_nor_the_file_puts_a_revoked_key_in_force_again(void **state)
{
	struct hall *self = *state;
	revoke(self, "web");
	hall_restart(self);
	assert_string_equal(ask_directory(self), "revoked");
	put_key(self, WEB, key_bytes[WEB]);
	assert_string_equal(ask_directory(self), "revoked");
	put_key(self, WEB, key_bytes[PEOPLE]);
	assert_true(shell_admits(self->shell, ZONE_PORTAL, key_bytes[PEOPLE]));
	assert_false(shell_admits(self->shell, ZONE_PORTAL, key_bytes[WEB]));
	/* Under another name it is as dead. */
	put_key(self, OPS, key_bytes[WEB]);
	assert_false(shell_admits(self->shell, ZONE_OPERATOR, key_bytes[WEB]));
}

static void what_a_full_disk_kept_from_the_journal_is_not_revoked(void **state)
{
	struct hall *self = *state;
	store_memory_set_full(self->store, true);
	revoke(self, "web");
	assert_string_equal(self->answer.code, "disk");
	assert_true(shell_admits(self->shell, ZONE_PORTAL, key_bytes[WEB]));
	store_memory_set_full(self->store, false);
	self->now.mono.us += US_PER_S;
	self->now.wall.us += US_PER_S;
	assert_string_equal(ask_directory(self), "served");
	revoke(self, "web");
	assert_int_equal(self->answer.kind, KIND_CONFIRM);
	assert_string_equal(ask_directory(self), "revoked");
}

/* ---- RELOAD ---- */

static void reload(struct hall *self)
{
	hall_begin(self);
	say(self, OPS, KIND_RELOAD);
}

static void files_that_are_as_they_were_change_nothing(void **state)
{
	struct hall *self = *state;
	int64_t records = hall_records(self);
	reload(self);
	assert_int_equal(self->answer.kind, KIND_LIST);
	assert_string_equal(self->answer.names, "");
	assert_false(self->answer.more);
	assert_int_equal(hall_records(self), records);
	assert_int_equal(self->logged[LOG_CONFIGURED], 0);
}

static struct profile *other_profile(void)
{
	struct fault fault;
	struct profile_source source = place_source();
	source.name = "另一";
	struct profile *profile = profile_new(&source, &fault);
	assert_non_null(profile);
	return profile;
}

struct configured {
	char said[128];
	struct digest digests[8];
	int count;
};

static int keep_configured(void *context, const struct record *record)
{
	struct configured *self = context;
	if (record->kind != RECORD_CONFIGURED)
		return 0;
	assert_true(self->count < 8);
	self->digests[self->count++] = record->digest;
	size_t used = strlen(self->said);
	snprintf(self->said + used, sizeof(self->said) - used, "%.*s by %.*s, ", SPAN_PRINT(record->subject),
		SPAN_PRINT(record->actor));
	return 0;
}

/* All that the journal has of it. */
static struct configured configured(const struct hall *self)
{
	struct configured found = {0};
	assert_int_equal(
		self->store->interface->walk_journal(self->store, 0, INT64_MAX, keep_configured, &found), 0);
	return found;
}

static void what_has_changed_is_named_and_recorded_with_the_operators_name(void **state)
{
	struct hall *self = *state;
	struct profile *profile_before = self->place.profile;
	struct workdays *workdays_before = self->place.workdays;
	self->place.profile = other_profile();
	self->place.workdays = place_workdays(2028, true);
	reload(self);
	assert_string_equal(self->answer.names, "profile calendar ");
	struct configured found = configured(self);
	assert_string_equal(found.said, "profile by ops, calendar by ops, ");
	assert_true(digest_equal(&found.digests[0], &self->place.profile->digest));
	assert_true(digest_equal(&found.digests[1], workdays_version(self->place.workdays)));
	assert_int_equal(self->logged[LOG_CONFIGURED], 1);
	assert_string_equal(self->logged_principal[LOG_CONFIGURED], "ops");
	profile_destroy(&profile_before);
	workdays_destroy(&workdays_before);
}

static void the_administrators_own_reload_has_no_name(void **state)
{
	struct hall *self = *state;
	struct profile *before = self->place.profile;
	self->place.profile = other_profile();
	struct shell_configuration configuration = hall_configuration(self);
	shell_configure(self->shell, &configuration);
	profile_destroy(&before);
	assert_int_equal(shell_turn(self->shell), 0);
	assert_int_equal(last_record(self).kind, RECORD_CONFIGURED);
	assert_int_equal(last_record(self).actor.size, 0);
	assert_int_equal(self->logged[LOG_CONFIGURED], 1);
	assert_string_equal(self->logged_principal[LOG_CONFIGURED], "");
}

static void a_file_that_cannot_be_used_is_told_and_changes_nothing(void **state)
{
	struct hall *self = *state;
	int64_t records = hall_records(self);
	self->io.reload = no_file;
	reload(self);
	assert_string_equal(self->answer.code, "configuration");
	assert_string_equal(self->answer.text, "profile.yaml: no such file");
	assert_int_equal(hall_records(self), records);
	assert_string_equal(ask_directory(self), "served");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_revoked_key_is_dead_with_the_next_message_and_the_journal_says_by_whom),
		TEST(what_is_revoked_already_is_confirmed_and_not_recorded_again),
		TEST(a_revoked_workers_offer_goes_to_another),
		TEST(nobody_with_a_revoked_key_is_told_any_more),
		TEST(an_operator_may_revoke_himself_and_has_his_answer),
		TEST(neither_a_restart_nor_the_file_puts_a_revoked_key_in_force_again),
		TEST(what_a_full_disk_kept_from_the_journal_is_not_revoked),
		TEST(files_that_are_as_they_were_change_nothing),
		TEST(what_has_changed_is_named_and_recorded_with_the_operators_name),
		TEST(the_administrators_own_reload_has_no_name),
		TEST(a_file_that_cannot_be_used_is_told_and_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
