#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "daemon/rules/principals.h"
#include "tests/unit/rules/sample.h"

static const uint8_t key_a[PRINCIPAL_KEY_SIZE] = {1}, key_b[PRINCIPAL_KEY_SIZE] = {2},
		     key_c[PRINCIPAL_KEY_SIZE] = {3};
static const char *both[] = {"edu", "police"}, *bad[] = {"edu", "Police"}, *twice[] = {"edu", "edu"},
		  *unknown[] = {"edu", "tax"};

static const struct principal_source good[] = {
	{.name = "web-1", .role = "portal", .key = key_a},
	{.name = "edu-1", .role = "worker", .key = key_b, .departments = both, .departments_count = 2},
	{.name = "old", .role = "operator", .key = key_c, .state = "revoked"},
};

static struct principals *principals_of(const struct principal_source *sources, unsigned count)
{
	struct fault fault;
	struct principals *principals = principals_new(sources, count, &fault);
	if (!principals)
		fail_msg("%s", fault.text);
	return principals;
}

static void principals_are_found_by_key_and_by_name(void **state)
{
	(void)state;
	static const uint8_t stranger[PRINCIPAL_KEY_SIZE] = {9};
	struct principals *self = principals_of(good, 3);
	const struct principal *worker = principals_find_key(self, key_b);
	assert_non_null(worker);
	assert_string_equal(worker->name, "edu-1");
	assert_int_equal(worker->role, ROLE_WORKER);
	assert_false(worker->revoked);
	assert_true(principal_serves(worker, SPAN_LITERAL("police")));
	assert_false(principal_serves(worker, SPAN_LITERAL("tax")));
	assert_false(principal_serves(worker, SPAN_EMPTY));
	assert_ptr_equal(principals_find_name(self, SPAN_LITERAL("edu-1")), worker);
	assert_null(principals_find_name(self, SPAN_LITERAL("edu-")));
	assert_null(principals_find_name(self, SPAN_EMPTY));
	assert_null(principals_find_key(self, stranger));
	assert_true(principals_find_key(self, key_c)->revoked);
	assert_ptr_equal(principals_at(self, 1), worker);
	assert_null(principals_at(self, 3));
	principals_destroy(&self);
	assert_null(self);
	principals_destroy(&self);
}

static void a_name_with_another_key_or_role_is_somebody_else(void **state)
{
	(void)state;
	static const uint8_t key_d[PRINCIPAL_KEY_SIZE] = {4};
	const struct {
		const char *name, *role, *state;
		const uint8_t *key;
		bool same;
	} after[] = {
		{"web-1", "portal", NULL, key_a, true},
		{"web-1", "portal", "active", key_a, true},
		{"web-1", "portal", "revoked", key_a, false},
		{"web-1", "portal", NULL, key_d, false},
		{"web-1", "operator", NULL, key_a, false},
		{"web-2", "portal", NULL, key_a, false},
	};
	struct principals *before = principals_of(good, 3);
	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		const struct principal_source source = {.name = after[i].name,
			.role = after[i].role,
			.key = after[i].key,
			.state = after[i].state};
		struct principals *now = principals_of(&source, 1);
		assert_int_equal(principals_same(before, now, SPAN_LITERAL("web-1")), after[i].same);
		assert_false(
			principals_same(before, now, SPAN_LITERAL("web-2"))); /* nobody was there before */
		principals_destroy(&now);
	}
	assert_false(principals_same(before, before, SPAN_LITERAL("old"))); /* revoked then and now */
	principals_destroy(&before);
}

static void nobody_is_a_table_too(void **state)
{
	(void)state;
	struct principals *self = principals_of(NULL, 0);
	assert_null(principals_find_key(self, key_a));
	assert_null(principals_find_name(self, SPAN_LITERAL("web-1")));
	assert_null(principals_at(self, 0));
	principals_destroy(&self);
}

static void every_role_belongs_to_its_zone(void **state)
{
	(void)state;
	static const struct {
		const char *role, *zone;
	} rows[] = {
		{"portal", "portal"},
		{"worker", "worker"},
		{"supervisor", "worker"},
		{"triage", "worker"},
		{"approver", "worker"},
		{"moderator", "worker"},
		{"operator", "operator"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum role role;
		assert_true(role_parse(span_of_string(rows[i].role), &role));
		assert_string_equal(role_name(role), rows[i].role);
		assert_string_equal(zone_name(zone_of_role(role)), rows[i].zone);
	}
	assert_int_equal(COUNT_OF(rows), ROLE_END);
	enum role role;
	assert_false(role_parse(SPAN_LITERAL("citizen"), &role));
	assert_false(role_parse(SPAN_EMPTY, &role));
}

static void what_is_wrong_is_said_with_its_place_and_the_way_out(void **state)
{
	(void)state;
	static const struct {
		struct principal_source source;
		const char *fault;
	} rows[] = {
		{{.role = "portal", .key = key_c}, "principals[2].name: is missing"},
		{{.name = "Web", .role = "portal", .key = key_c}, "principals[2].name: 'Web' must be"},
		{{.name = "web-1", .role = "portal", .key = key_c},
			"principals[2].name: 'web-1' is there twice, first as principals[0]"},
		{{.name = "x", .key = key_c}, "principals[2].role: '' is not one of portal"},
		{{.name = "x", .role = "citizen", .key = key_c},
			"principals[2].role: 'citizen' is not one of"},
		{{.name = "x", .role = "portal"}, "principals[2].key: must be a public key"},
		{{.name = "x", .role = "portal", .key = key_a},
			"principals[2].key: 'web-1' and 'x' have the same key"},
		{{.name = "x", .role = "worker", .key = key_c},
			"principals[2].departments: a worker serves at least one"},
		{{.name = "x", .role = "triage", .key = key_c, .departments = both, .departments_count = 2},
			"principals[2].departments: only workers serve"},
		{{.name = "x", .role = "worker", .key = key_c, .departments = bad, .departments_count = 2},
			"principals[2].departments[1]: 'Police' must be"},
		{{.name = "x", .role = "worker", .key = key_c, .departments = twice, .departments_count = 2},
			"principals[2].departments[1]: 'edu' is there twice"},
		{{.name = "x", .role = "worker", .key = key_c, .departments = both, .departments_count = 257},
			"principals[2].departments: more than 256"},
		{{.name = "x", .role = "portal", .key = key_c, .state = "gone"},
			"principals[2].state: 'gone' is neither active nor revoked"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct principal_source sources[3] = {good[0], good[1], rows[i].source};
		struct fault fault = FAULT_NONE;
		assert_null(principals_new(sources, 3, &fault));
		if (strncmp(fault.text, rows[i].fault, strlen(rows[i].fault)) != 0)
			fail_msg("row %zu: %s", i, fault.text);
	}
}

static void the_name_and_key_of_the_revoked_stay_taken(void **state)
{
	(void)state;
	struct principal_source sources[2] = {good[2], {.name = "old", .role = "portal", .key = key_a}};
	struct fault fault;
	assert_null(principals_new(sources, 2, &fault));
	assert_non_null(strstr(fault.text, "'old' is there twice"));
	sources[1] = (struct principal_source){.name = "new", .role = "portal", .key = key_c};
	assert_null(principals_new(sources, 2, &fault));
	assert_non_null(strstr(fault.text, "'old' and 'new' have the same key"));
}

static void whoever_has_one_of_several_dead_keys_is_revoked_and_nobody_else(void **state)
{
	(void)state;
	static const uint8_t stranger[PRINCIPAL_KEY_SIZE] = {9};
	struct principals *self = principals_of(good, 3);
	const struct digest web = principal_key_digest(principals_find_key(self, key_a)),
			    edu = principal_key_digest(principals_find_key(self, key_b)),
			    nobody = digest_of(span_of(stranger, sizeof(stranger)));
	const struct digest dead[][3] = {{web, nobody, nobody}, {nobody, web, nobody}, {nobody, nobody, web},
		{nobody, edu, web}, {nobody, nobody, nobody}};
	static const bool revoked[][2] = {
		{true, false}, {true, false}, {true, false}, {true, true}, {false, false}};
	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++) {
		struct principals *left = principals_without(self, dead[i], 3);
		assert_int_equal(principals_find_key(left, key_a)->revoked, revoked[i][0]);
		assert_int_equal(principals_find_key(left, key_b)->revoked, revoked[i][1]);
		assert_true(principals_find_key(left, key_c)->revoked);
		assert_true(principal_serves(principals_find_key(left, key_b), SPAN_LITERAL("police")));
		principals_destroy(&left);
	}
	assert_false(principals_find_key(self, key_a)->revoked);
	principals_destroy(&self);
}

static void workers_serve_only_departments_that_the_profile_has(void **state)
{
	(void)state;
	struct sample sample;
	struct fault fault;
	struct profile *profile = profile_new(sample_init(&sample), &fault);
	assert_non_null(profile);
	struct principals *self = principals_of(good, 3);
	assert_true(principals_check_departments(self, profile, &fault));
	principals_destroy(&self);
	struct principal_source stray = good[1];
	stray.departments = unknown;
	self = principals_of(&stray, 1);
	assert_false(principals_check_departments(self, profile, &fault));
	assert_string_equal(fault.text,
		"principals[0].departments[1]: 'tax' of 'edu-1' is not a department of profile 'sample'");
	principals_destroy(&self);
	profile_destroy(&profile);
}

static void as_many_as_allowed_are_found_again_and_one_more_is_refused(void **state)
{
	(void)state;
	struct principal_source *sources = memory_new(PRINCIPALS_MAX + 1, sizeof(*sources));
	uint8_t(*keys)[PRINCIPAL_KEY_SIZE] = memory_new(PRINCIPALS_MAX + 1, sizeof(*keys));
	char(*names)[16] = memory_new(PRINCIPALS_MAX + 1, sizeof(*names));
	struct fault fault;
	for (unsigned i = 0; i <= PRINCIPALS_MAX; i++) {
		memcpy(keys[i] + 20, &i, sizeof(i));
		snprintf(names[i], sizeof(names[i]), "p%u", i);
		sources[i] = (struct principal_source){.name = names[i], .role = "portal", .key = keys[i]};
	}
	assert_null(principals_new(sources, PRINCIPALS_MAX + 1, &fault));
	assert_string_equal(fault.text, "principals: more than 4096");
	struct principals *self = principals_of(sources, PRINCIPALS_MAX);
	for (unsigned i = 0; i < PRINCIPALS_MAX; i++) {
		const struct principal *found = principals_find_key(self, keys[i]);
		assert_non_null(found);
		assert_string_equal(found->name, names[i]);
		assert_ptr_equal(principals_find_name(self, span_of_string(names[i])), found);
	}
	assert_null(principals_find_key(self, keys[PRINCIPALS_MAX]));
	principals_destroy(&self);
	free(sources);
	free(keys);
	free(names);
}

static void the_digest_changes_with_everything_that_matters(void **state)
{
	(void)state;
	struct principal_source variants[6][2];
	struct digest seen[6];
	for (size_t i = 0; i < COUNT_OF(variants); i++)
		memcpy(variants[i], good, sizeof(variants[i]));
	variants[1][0].name = "web-2";
	variants[2][0].role = "operator";
	variants[3][0].key = key_c;
	variants[4][0].state = "revoked";
	variants[5][1].departments_count = 1;
	for (size_t i = 0; i < COUNT_OF(variants); i++) {
		struct principals *self = principals_of(variants[i], 2);
		seen[i] = principals_digest(self);
		struct digest again = principals_digest(self);
		assert_true(digest_equal(&seen[i], &again));
		for (size_t j = 0; j < i; j++)
			assert_false(digest_equal(&seen[i], &seen[j]));
		principals_destroy(&self);
	}
}

static int start(void **state)
{
	(void)state;
	digest_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(principals_are_found_by_key_and_by_name),
		cmocka_unit_test(a_name_with_another_key_or_role_is_somebody_else),
		cmocka_unit_test(nobody_is_a_table_too),
		cmocka_unit_test(every_role_belongs_to_its_zone),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place_and_the_way_out),
		cmocka_unit_test(the_name_and_key_of_the_revoked_stay_taken),
		cmocka_unit_test(whoever_has_one_of_several_dead_keys_is_revoked_and_nobody_else),
		cmocka_unit_test(workers_serve_only_departments_that_the_profile_has),
		cmocka_unit_test(as_many_as_allowed_are_found_again_and_one_more_is_refused),
		cmocka_unit_test(the_digest_changes_with_everything_that_matters),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
