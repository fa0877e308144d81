#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "tests/unit/core/place.h"

/* What a reload, or a row of a department nobody knows, leaves of workers and departments. */

#define PEER  (UINT64_C(1) << 40 | 1)
#define OTHER (UINT64_C(1) << 40 | 2)

static void configure(struct place *place, struct principals *principals)
{
	struct core_options options = {place->profile, principals, place->workdays, false};
	core_configure(place->core, &options);
	principals_destroy(&place->principals);
	place->principals = principals;
	core_check(place->core);
}

static struct principals *worker_edu(const char *role, const char *state, const char *department)
{
	static uint8_t key[PRINCIPAL_KEY_SIZE] = {1};
	struct principal_source source = {.name = "worker-edu",
		.role = role,
		.key = key,
		.state = state,
		.departments = &department,
		.departments_count = department != NULL};
	struct fault fault;
	struct principals *principals = principals_new(&source, 1, &fault);
	assert_non_null(principals);
	return principals;
}

static void a_reload_ends_who_may_no_longer_serve_without_blame(void **state)
{
	struct place *place = *state;
	static const struct {
		const char *role, *state, *department;
		bool ends;
	} rows[] = {
		{"worker", "active", "edu", false},
		{"worker", "revoked", "edu", true},
		{"worker", "active", "water", true},
		{"triage", "active", NULL, true},
	};
	place_submit_many(place, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		configure(place, worker_edu("worker", "active", "edu"));
		place_ready(place, "worker-edu", PEER, 7, 1, false);
		place_run(place);
		assert_int_equal(place_row(place, place->last_case).state, CASE_OFFERED);
		configure(place, worker_edu(rows[i].role, rows[i].state, rows[i].department));
		assert_int_equal(place_has_worker(place, PEER), !rows[i].ends);
		assert_int_equal(place_run(place), rows[i].ends);
		assert_int_equal(place_row(place, place->last_case).losses, 0);
	}
}

/* A profile of these departments takes the place of the one there is. */
static void put_departments(
	struct place *place, const struct profile_source_department *departments, unsigned count)
{
	static const struct profile_source_class classes[] = {{"ordinary", "一般", "3 workday"}};
	struct profile_source source = {.id = "test",
		.name = "测试",
		.departments = departments,
		.departments_count = count,
		.classes = classes,
		.classes_count = 1};
	struct fault fault;
	struct profile *before = place->profile;
	place->profile = profile_new(&source, &fault);
	assert_non_null(place->profile);
	struct core_options options = {place->profile, place->principals, place->workdays, false};
	core_configure(place->core, &options);
	profile_destroy(&before);
	core_check(place->core);
}

static void a_department_that_a_profile_drops_stays_as_long_as_cases_name_it(void **state)
{
	struct place *place = *state;
	static const struct profile_source_department only[] = {{"edu", "教育", NULL}, {"tax", "税务", NULL}};
	int64_t id = place_submit(place, "m", "水", NULL, NULL);
	place_ready(place, "worker-wet", PEER, 7, 1, false);
	place_ready(place, "worker-edu", OTHER, 7, 1, false);
	place_run(place);
	put_departments(place, only, 2);
	assert_false(place_has_worker(place, PEER));
	assert_true(place_has_worker(place, OTHER));
	place_run(place);
	/* Its workers may come back for what is left. */
	place_ready(place, "worker-wet", PEER, 8, 1, false);
	core_worker_end(place->core, PEER, false);
	place_run(place);
	assert_int_equal(place_row(place, id).state, CASE_QUEUED);
	assert_true(span_equal_string(place_row(place, id).department, "water"));
	struct department_view department;
	assert_true(core_department_at(place->core, 1, &department) && !department.in_profile);
	assert_true(span_equal_string(department.name, "water"));
	assert_true(core_department_at(place->core, 2, &department) && department.in_profile);
	assert_true(span_equal_string(department.name, "税务"));
}

static void drop_water(struct place *place)
{
	static const struct profile_source_department left[] = {{"edu", "教育", NULL}};
	put_departments(place, left, 1);
}

static uint32_t overdue_of(const struct place *place, const char *id)
{
	struct department_view department;
	for (uint32_t i = 0; core_department_at(place->core, i, &department); i++)
		if (span_equal_string(department.id, id))
			return department.overdue;
	fail();
	return 0;
}

static void what_a_dropped_department_leaves_behind_triage_gives_to_another(void **state)
{
	struct place *place = *state;
	int64_t taken = place_submit(place, "m1", "水", "water", NULL);
	place_ready(place, "worker-wet", PEER, 7, 1, false);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, taken, 1, 0, ""), VERDICT_DONE);
	core_worker_end(place->core, PEER, false);
	int64_t queued = place_submit(place, "m2", "水", "water", NULL);
	int64_t behind = place_submit(place, "m3", "水", "water", NULL);
	place_run(place);
	for (int i = 0; i < 2; i++)
		assert_int_equal(place_assign(place, i ? queued : taken, "edu", false), VERDICT_WRONG_STATE);
	place_at(place, 9, 18, 0, 0);
	place_run(place);
	assert_int_equal(overdue_of(place, "water"), 3);

	drop_water(place);
	assert_int_equal(place_assign(place, taken, "water", false), VERDICT_UNKNOWN_DEPARTMENT);
	for (int i = 0; i < 2; i++) {
		int64_t id = i ? queued : taken;
		assert_int_equal(place_assign(place, id, "edu", true), VERDICT_DONE);
		assert_int_equal(place_assign(place, id, "edu", true), VERDICT_REPEATED);
		assert_int_equal(place_row(place, id).state, CASE_QUEUED);
		assert_true(place_row(place, id).final_ruling);
	}
	assert_int_equal(overdue_of(place, "water"), 1);
	assert_int_equal(overdue_of(place, "edu"), 2);
	place_ready(place, "worker-edu", OTHER, 7, 3, false);
	assert_int_equal(place_run(place), 2);
	assert_int_equal(place_row(place, behind).state, CASE_QUEUED);
	int64_t epoch = place_row(place, taken).epoch;
	assert_int_equal(epoch, 2);
	assert_int_equal(place_act(place, ACT_TAKE, OTHER, taken, (uint32_t)epoch, 0, ""), VERDICT_DONE);
	assert_int_equal(
		place_act(place, ACT_REPLY, OTHER, taken, (uint32_t)epoch, REPLY_FINAL, "r"), VERDICT_DONE);
	assert_int_equal(place_assign(place, taken, "edu", false), VERDICT_REPEATED);
}

static void nobody_takes_a_left_behind_case_from_a_process_that_holds_it(void **state)
{
	struct place *place = *state;
	int64_t held = place_submit(place, "m1", "水", "water", NULL);
	int64_t offered = place_submit(place, "m2", "水", "water", NULL);
	place_ready(place, "worker-wet", PEER, 7, 2, true);
	place_run(place);
	assert_int_equal(place_act(place, ACT_TAKE, PEER, held, 1, 0, ""), VERDICT_DONE);
	drop_water(place);
	assert_int_equal(place_assign(place, held, "edu", false), VERDICT_WRONG_STATE);
	assert_int_equal(place_assign(place, offered, "edu", false), VERDICT_WRONG_STATE);
	place_run(place); /* the reload ended its worker */
	assert_int_equal(place_assign(place, held, "edu", false), VERDICT_DONE);
	assert_int_equal(place_assign(place, offered, "edu", false), VERDICT_DONE);
}

static void load_case_of(struct place *place, const char *department, int64_t sequence, int64_t texts)
{
	struct case_row row = {.case_id = INT64_C(20260914000900) + sequence,
		.state = CASE_QUEUED,
		.portal = SPAN_LITERAL("portal-a"),
		.department = span_of_string(department),
		.class = SPAN_LITERAL("open"),
		.received = place->now.wall,
		.due = INSTANT_NEVER,
		.due_version = 1,
		.texts = texts};
	core_load(place->core, &row);
	core_check(place->core);
	assert_true(span_equal_string(place_row(place, row.case_id).department, department));
}

static void a_left_behind_case_goes_on_until_its_texts_reach_the_bound(void **state)
{
	struct place *place = *state;
	load_case_of(place, "gone", 0, CASE_TEXTS_RETURN_MAX - 1);
	load_case_of(place, "gone", 1, CASE_TEXTS_RETURN_MAX);
	assert_int_equal(place_assign(place, INT64_C(20260914000900), "edu", false), VERDICT_DONE);
	assert_int_equal(place_assign(place, INT64_C(20260914000901), "edu", false), VERDICT_WRONG_STATE);
}

/* A department that is met while others wait for their turn makes none of them wait longer, wherever the ring
 * of those that wait begins. */
static void a_department_that_is_new_leaves_the_others_their_turn(void **state)
{
	struct place *place = *state;
	char name[16];
	for (int rotation = 0; rotation < 4; rotation++) {
		place_deinit(place);
		place_init(place);
		load_case_of(place, "gone", 0, 1);
		place_ready(place, "worker-both", PEER, 7, 99, false);
		place_run(place);
		for (int i = 0; i < rotation; i++) {
			snprintf(name, sizeof(name), "x%d", i);
			place_submit(place, name, "学校", "edu", NULL);
			place_run(place);
		}
		place_submit(place, "a", "学校", "edu", NULL);
		place_submit(place, "b", "水", NULL, NULL);
		load_case_of(place, "lost", 1, 1);
		struct department_view lost;
		assert_true(core_department_at(place->core, 3, &lost));
		assert_true(span_equal_string(lost.id, "lost"));
		assert_int_equal(lost.queued, 1);
		struct decision decision;
		core_decide_due(place->core, place->now, place->now.wall, &decision);
		assert_int_equal(decision.verdict, VERDICT_DONE);
		assert_true(span_equal_string(decision.records[0].department, "edu"));
		place_do(place, &decision);
		assert_int_equal(place_run(place), 1);
		assert_true(span_equal_string(place->last.department, "water"));
	}
}

static void a_ready_for_what_the_profile_does_not_have(void **state)
{
	struct place *place = *state;
	const char *departments[] = {"tax", "edu", "rail"};
	const struct span tax[] = {SPAN_LITERAL("edu"), SPAN_LITERAL("tax")};
	uint8_t key[PRINCIPAL_KEY_SIZE] = {1};
	struct principal_source source = {.name = "ahead",
		.role = "worker",
		.key = key,
		.departments = departments,
		.departments_count = 3};
	struct fault fault;
	configure(place, principals_new(&source, 1, &fault));
	struct worker_ready ready = {.peer = PEER,
		.principal = principals_find_name(place->principals, SPAN_LITERAL("ahead")),
		.incarnation = 7,
		.credit = 1,
		.departments = tax,
		.departments_count = 2};
	uint32_t index = 9;
	struct worker_view worker;
	assert_int_equal(
		core_worker_ready(place->core, place->now, &ready, &index), VERDICT_UNKNOWN_DEPARTMENT);
	assert_int_equal(index, 1);
	assert_false(place_has_worker(place, PEER));
	/* Who names none gets those that there are: principals may be ahead of the profile. */
	ready.departments = NULL;
	assert_int_equal(core_worker_ready(place->core, place->now, &ready, &index), VERDICT_DONE);
	assert_true(core_worker_by_peer(place->core, PEER, &worker));
	assert_int_equal(worker.departments_count, 1);
	assert_true(span_equal_string(worker.departments[0], "edu"));
	struct department_view view;
	assert_false(core_department_at(place->core, 2, &view));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_reload_ends_who_may_no_longer_serve_without_blame),
		TEST(a_department_that_a_profile_drops_stays_as_long_as_cases_name_it),
		TEST(what_a_dropped_department_leaves_behind_triage_gives_to_another),
		TEST(nobody_takes_a_left_behind_case_from_a_process_that_holds_it),
		TEST(a_left_behind_case_goes_on_until_its_texts_reach_the_bound),
		TEST(a_department_that_is_new_leaves_the_others_their_turn),
		TEST(a_ready_for_what_the_profile_does_not_have),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
