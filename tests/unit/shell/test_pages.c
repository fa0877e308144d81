#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"
#include "tests/unit/shell/stage_words.h"

/* Answers that list something: what one item says, how many there are at most, and where the next page
 * begins. */

/* ---- what is kept of them ---- */

struct listed {
	char texts[512][96]; /* the field of each item, as far as there is room */
	int64_t numbers[512];
	enum field text, number; /* which are kept */
	uint32_t count;
	bool more;
	char after[CASE_NUMBER_SIZE];
	char code[24]; /* of the answer itself */
};

static void keep_items(struct stage *self, const struct message *answer)
{
	struct listed *listed = self->context;
	struct field_value rest = answer->values[FIELD_ITEMS];
	struct message item;
	assert_true(message_has(answer, FIELD_ITEMS));
	for (listed->count = 0; message_items_next(&rest, &item); listed->count++) {
		struct span text = message_text(&item, listed->text);
		assert_true(listed->count < 512);
		text.size = text.size < 95 ? text.size : 95;
		assert_true(span_copy(text, listed->texts[listed->count], 96));
		listed->numbers[listed->count] = message_number(&item, listed->number, -1);
	}
	listed->more = message_flag(answer, FIELD_MORE);
	assert_true(span_copy(message_text(answer, FIELD_AFTER), listed->after, sizeof(listed->after)));
	assert_true(span_copy(message_text(answer, FIELD_CODE), listed->code, sizeof(listed->code)));
}

static struct listed listed;

static void list(struct stage *stage, enum field text, enum field number)
{
	listed = (struct listed){.text = text, .number = number};
	stage->context = &listed;
	stage->look = keep_items;
}

/* The place of the item whose text begins so; fails if there is none. */
static uint32_t find_item(const char *beginning)
{
	uint32_t i = 0;
	while (i < listed.count && strncmp(listed.texts[i], beginning, strlen(beginning)) != 0)
		i++;
	if (i == listed.count)
		fail_msg("no item begins with %s", beginning);
	return i;
}

static void be_ready(struct stage *stage, int64_t credit)
{
	SAY(ROLE_WORKER, KIND_READY, FIELD_INCARNATION, N(7), FIELD_CREDIT, credit);
}

static void submit(struct stage *stage, int number)
{
	char id[16];
	snprintf(id, sizeof(id), "m%d", number);
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, id, FIELD_TITLE, "水", FIELD_BODY, "x");
	assert_int_equal(stage->answer, KIND_RECEIPT);
}

static void take(struct stage *stage)
{
	SAY(ROLE_WORKER, KIND_TAKE, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1));
	assert_int_equal(stage->answer, KIND_CONFIRM);
}

/* ---- HELD ---- */

static void held_cases_are_listed_by_the_page(void **state)
{
	struct stage *stage = *state;
	char first[CASE_NUMBER_SIZE];
	be_ready(stage, 9);
	for (int i = 1; i <= 3; i++) {
		submit(stage, i);
		if (i == 1)
			memcpy(first, stage->last_case, sizeof(first));
		take(stage);
	}
	list(stage, FIELD_CASE, FIELD_EPOCH);
	SAY(ROLE_WORKER, KIND_HELD, FIELD_LIMIT, N(1));
	assert_int_equal(listed.count, 1);
	assert_string_equal(listed.texts[0], first);
	assert_true(listed.more);
	assert_string_equal(listed.after, first);
	SAY(ROLE_WORKER, KIND_HELD, FIELD_AFTER, first, FIELD_LIMIT, N(2));
	assert_int_equal(listed.count, 2);
	assert_string_equal(listed.texts[1], stage->last_case);
	assert_false(listed.more);
	assert_string_equal(listed.after, "");
}

/* ---- a case's replies and its history ---- */

static void a_dossier_has_as_many_of_the_newest_replies_as_fit_a_frame(void **state)
{
	struct stage *stage = *state;
	char *reply = memory_new(1, REPLY_SIZE_MAX + 1);
	be_ready(stage, 9);
	submit(stage, 1);
	take(stage);
	for (int i = 0; i < 5; i++) {
		memset(reply, 'a' + i, REPLY_SIZE_MAX);
		SAY(ROLE_WORKER, KIND_REPLY, FIELD_CASE, stage->last_case, FIELD_EPOCH, N(1), FIELD_REPLY,
			reply, FIELD_REPLY_KIND, "interim");
		assert_int_equal(stage->answer, KIND_CONFIRM);
	}
	free(reply);
	list(stage, FIELD_REPLY, FIELD_EPOCH);
	SAY(ROLE_PORTAL, KIND_QUERY, FIELD_ID, "m1");
	assert_int_equal(listed.count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(listed.texts[i][0], 'c' + (int)i);
}

static void a_history_names_the_rung_that_went_off(void **state)
{
	struct stage *stage = *state;
	submit(stage, 1);
	stage_pass(stage, 4 * US_PER_DAY); /* Monday 09:00, due at the end of Thursday: it is Friday */
	assert_int_equal(shell_turn(stage->shell), 0);
	list(stage, FIELD_EVENT, FIELD_RUNG);
	SAY(ROLE_OPERATOR, KIND_HISTORY, FIELD_CASE, stage->last_case);
	assert_int_equal(listed.numbers[find_item("escalated")], 1);
	assert_int_equal(listed.numbers[find_item("reminded")], -1);
}

/* ---- WHY ---- */

static void configure(struct stage *stage, const struct profile_source *source)
{
	struct fault fault;
	struct profile *profile = profile_new(source, &fault), *before = stage->place.profile;
	if (!profile)
		fail_msg("%s", fault.text);
	struct shell_configuration configuration = {profile, stage->principals, stage->place.workdays};
	stage->place.profile = profile;
	shell_configure(stage->shell, &configuration);
	profile_destroy(&before);
}

static void a_deadline_is_explained_day_by_day_as_far_as_an_answer_holds(void **state)
{
	static const struct profile_source_class slow[] = {{"slow", "缓办", "366 workday"}};
	struct stage *stage = *state;
	struct profile_source source = place_source();
	source.classes = slow;
	source.classes_count = 1;
	configure(stage, &source);
	submit(stage, 1);
	list(stage, FIELD_TEXT, FIELD_NUMBER);
	SAY(ROLE_OPERATOR, KIND_WHY, FIELD_CASE, stage->last_case);
	assert_int_equal(listed.count, 512); /* five sevenths of them are less than 366 workdays */
	assert_string_equal(listed.texts[0], "receipt: weekday");
	assert_int_equal(listed.numbers[0], 0);
	assert_string_equal(listed.texts[1], "counted: weekday");
	assert_int_equal(listed.numbers[1], 1);
	find_item("skipped: holiday 国庆");
	find_item("counted: makeup 国庆");
	/* The calendar ends with 2027. */
	find_item("counted: weekday (not published)");
}

static void note_due(struct stage *self, const struct message *answer)
{
	bool *has_due = self->context;
	*has_due = message_has(answer, FIELD_DUE) || answer->values[FIELD_ITEMS].count > 0;
}

static void a_case_without_a_term_has_no_due_moment_and_no_days(void **state)
{
	struct stage *stage = *state;
	bool has_due = true;
	stage->context = &has_due;
	stage->look = note_due;
	SAY(ROLE_PORTAL, KIND_SUBMIT, FIELD_ID, "m1", FIELD_TITLE, "建议", FIELD_BODY, "x", FIELD_CLASS,
		"open");
	assert_int_equal(stage->answer, KIND_RECEIPT);
	assert_false(has_due);
	static const enum kind kinds[] = {KIND_SHOW, KIND_WHY};
	for (int i = 0; i < 2; i++) {
		has_due = true;
		SAY(ROLE_OPERATOR, kinds[i], FIELD_CASE, stage->last_case);
		assert_int_equal(stage->answer, KIND_DOSSIER);
		assert_false(has_due);
	}
}

/* ---- a province: more departments than one answer lists ---- */

#define DEPARTMENTS 600

static char department_ids[DEPARTMENTS][DEPARTMENT_ID_SIZE_MAX + 1];

static int setup_province(void **state)
{
	static struct profile_source_department departments[DEPARTMENTS];
	static const char *served[DEPARTMENTS_PER_PRINCIPAL_MAX];
	struct stage *stage = calloc(1, sizeof(*stage));
	struct profile_source source = place_source();
	struct fault fault = FAULT_NONE;
	for (unsigned i = 0; i < DEPARTMENTS; i++) {
		snprintf(department_ids[i], sizeof(department_ids[i]), "department-of-the-province-%05u",
			i & 0xfffu);
		departments[i] =
			(struct profile_source_department){department_ids[i], department_ids[i], NULL};
	}
	for (int i = 0; i < DEPARTMENTS_PER_PRINCIPAL_MAX; i++)
		served[i] = department_ids[i];
	source.departments = departments;
	source.departments_count = DEPARTMENTS;
	source.rules_count = 0;
	stage_init(stage, NULL);
	profile_destroy(&stage->place.profile);
	stage->place.profile = profile_new(&source, &fault);
	if (!stage->place.profile)
		fail_msg("%s", fault.text);
	uint8_t keys[2][PRINCIPAL_KEY_SIZE];
	memset(keys[0], ROLE_WORKER + 1, PRINCIPAL_KEY_SIZE);
	memset(keys[1], ROLE_OPERATOR + 1, PRINCIPAL_KEY_SIZE);
	struct principal_source sources[] = {
		{"worker", "worker", keys[0], served, DEPARTMENTS_PER_PRINCIPAL_MAX, NULL},
		{"operator", "operator", keys[1], NULL, 0, NULL}};
	principals_destroy(&stage->principals);
	stage->principals = principals_new(sources, 2, &fault);
	if (!stage->principals)
		fail_msg("%s", fault.text);
	assert_int_equal(stage_start(stage), 0);
	*state = stage;
	return 0;
}

static void a_status_lists_as_many_departments_as_an_answer_holds(void **state)
{
	struct stage *stage = *state;
	list(stage, FIELD_DEPARTMENT, FIELD_QUEUED);
	SAY(ROLE_OPERATOR, KIND_STATUS);
	assert_int_equal(listed.count, 512);
	assert_string_equal(listed.texts[511], department_ids[511]);
}

static void workers_of_many_departments_are_listed_in_pages_that_fit_a_frame(void **state)
{
	struct stage *stage = *state;
	enum { WORKERS = 50 };
	for (int64_t i = 1; i <= WORKERS; i++) {
		stage_say(stage, ROLE_WORKER, KIND_READY, FIELD_INCARNATION, i, FIELD_CREDIT, i, FIELD_TOTAL);
		stage->incoming.peer += (uint64_t)i << 8;
		assert_int_equal(shell_turn(stage->shell), 0);
	}
	list(stage, FIELD_NAME, FIELD_CREDIT);
	int64_t seen = 0, pages = 0;
	stage->cursor = 0;
	while (stage->cursor >= 0) {
		SAY(ROLE_OPERATOR, KIND_WORKERS, FIELD_CURSOR, stage->cursor);
		for (uint32_t i = 0; i < listed.count; i++)
			assert_int_equal(listed.numbers[i], ++seen); /* none is left out, none listed twice */
		assert_int_equal(listed.more, stage->cursor >= 0);
		pages++;
	}
	assert_int_equal(seen, WORKERS);
	assert_true(pages > 2);
}

/* ---- STATUS ---- */

static void a_status_says_that_the_disk_is_low_before_it_says_that_the_house_drains(void **state)
{
	struct stage *stage = *state;
	list(stage, FIELD_DEPARTMENT, FIELD_QUEUED);
	SAY(ROLE_OPERATOR, KIND_STATUS);
	assert_string_equal(listed.code, "");
	stage->look = NULL;
	SAY(ROLE_OPERATOR, KIND_DRAIN);
	assert_int_equal(stage->answer, KIND_CONFIRM);
	stage->look = keep_items;
	SAY(ROLE_OPERATOR, KIND_STATUS);
	assert_string_equal(listed.code, "draining");
	stage->disk_free = 0;
	stage_pass(stage, US_PER_S);
	SAY(ROLE_OPERATOR, KIND_STATUS);
	assert_string_equal(listed.code, "disk-low");
}

int main(void)
{
#define TEST(name)     cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
#define PROVINCE(name) cmocka_unit_test_setup_teardown(name, setup_province, stage_teardown)
	const struct CMUnitTest tests[] = {
		TEST(held_cases_are_listed_by_the_page),
		TEST(a_dossier_has_as_many_of_the_newest_replies_as_fit_a_frame),
		TEST(a_history_names_the_rung_that_went_off),
		TEST(a_deadline_is_explained_day_by_day_as_far_as_an_answer_holds),
		TEST(a_case_without_a_term_has_no_due_moment_and_no_days),
		PROVINCE(a_status_lists_as_many_departments_as_an_answer_holds),
		PROVINCE(workers_of_many_departments_are_listed_in_pages_that_fit_a_frame),
		TEST(a_status_says_that_the_disk_is_low_before_it_says_that_the_house_drains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
