#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "daemon/rules/principals.h"
#include "tests/unit/rules/sample.h"

/* Principals at their bounds: one department too many, the first and the last that count, one letter. */

static const uint8_t key_a[PRINCIPAL_KEY_SIZE] = {1}, key_b[PRINCIPAL_KEY_SIZE] = {2};

static int start(void **state)
{
	(void)state;
	digest_start();
	return 0;
}

static void one_department_is_too_many_for_whoever_is_no_worker(void **state)
{
	(void)state;
	const char *edu = "edu";
	struct principal_source source = {
		.name = "x", .role = "triage", .key = key_a, .departments = &edu, .departments_count = 1};
	struct fault fault;
	assert_null(principals_new(&source, 1, &fault));
}

static void as_many_departments_as_allowed_are_served(void **state)
{
	(void)state;
	static char names[DEPARTMENTS_PER_PRINCIPAL_MAX][16];
	const char *departments[DEPARTMENTS_PER_PRINCIPAL_MAX];
	for (int i = 0; i < DEPARTMENTS_PER_PRINCIPAL_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "d%d", i);
		departments[i] = names[i];
	}
	struct principal_source source = {.name = "x",
		.role = "worker",
		.key = key_a,
		.departments = departments,
		.departments_count = DEPARTMENTS_PER_PRINCIPAL_MAX};
	struct fault fault;
	struct principals *self = principals_new(&source, 1, &fault);
	assert_non_null(self);
	assert_true(principal_serves(principals_at(self, 0), SPAN_LITERAL("d0")));
	assert_true(principal_serves(principals_at(self, 0), SPAN_LITERAL("d255")));
	assert_non_null(principals_find_name(self, SPAN_LITERAL("x"))); /* a name may be one letter */
	principals_destroy(&self);
}

static void every_department_of_every_principal_is_looked_up_in_the_profile(void **state)
{
	(void)state;
	struct sample sample;
	struct fault fault;
	struct profile *profile = profile_new(sample_init(&sample), &fault);
	assert_non_null(profile);
	for (int stray = 0; stray < 4; stray++) {
		const char *departments[2][2] = {{"edu", "police"}, {"edu", "police"}};
		departments[stray / 2][stray % 2] = "tax";
		struct principal_source sources[2] = {
			{.name = "a",
				.role = "worker",
				.key = key_a,
				.departments = departments[0],
				.departments_count = 2},
			{.name = "b",
				.role = "worker",
				.key = key_b,
				.departments = departments[1],
				.departments_count = 2},
		};
		struct principals *self = principals_new(sources, 2, &fault);
		assert_non_null(self);
		assert_false(principals_check_departments(self, profile, &fault));
		principals_destroy(&self);
	}
	profile_destroy(&profile);
}

static void the_digest_knows_each_department(void **state)
{
	(void)state;
	const char *variants[3][2] = {{"edu", "police"}, {"tax", "police"}, {"edu", "tax"}};
	struct digest seen[3];
	for (int i = 0; i < 3; i++) {
		struct fault fault;
		struct principal_source source = {.name = "a",
			.role = "worker",
			.key = key_a,
			.departments = variants[i],
			.departments_count = 2};
		struct principals *self = principals_new(&source, 1, &fault);
		seen[i] = principals_digest(self);
		principals_destroy(&self);
		for (int j = 0; j < i; j++)
			assert_false(digest_equal(&seen[i], &seen[j]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_department_is_too_many_for_whoever_is_no_worker),
		cmocka_unit_test(as_many_departments_as_allowed_are_served),
		cmocka_unit_test(every_department_of_every_principal_is_looked_up_in_the_profile),
		cmocka_unit_test(the_digest_knows_each_department),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
