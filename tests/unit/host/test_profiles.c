#include "tests/unit/host/folder.h"

#include <glob.h>

#include "base/digest.h"
#include "daemon/host/profile_yaml.h"
#include "daemon/rules/routing.h"

/* The nine places, as they are shipped. Run in the repository's root. */
static const struct {
	const char *id;
	const char *within; /* of the default class */
	enum profile_identity identity;
	uint32_t departments;
	uint32_t placeholders;
	const char *speaker; /* under whose name the first department answers */
} places[] = {
	{"anhui-education", "none", PROFILE_REAL_NAME, 1, 0, "安徽省教育厅网络发言人"},
	{"anji", "3 workday", PROFILE_OFFICE_ACCOUNT, 3, 3, "安吉县第一部门（待定）网络发言人"},
	{"guangdong", "3 workday", PROFILE_REAL_NAME_DEPARTMENT, 15, 11, "广东省教育厅网络发言人"},
	{"guiyang", "none", PROFILE_OFFICE_ACCOUNT, 1, 0, "贵阳市人民政府网络新闻发言人"},
	{"henan-court", "none", PROFILE_REAL_NAME, 3, 2, "河南省高级人民法院网络发言人"},
	{"shaanxi", "3 day_roll", PROFILE_REAL_NAME, 5, 4, "陕西省人民政府网络发言人"},
	{"sichuan", "none", PROFILE_OFFICE_ACCOUNT, 2, 2, "四川省第一试点部门（待定）网上新闻发言人"},
	{"suining", "48 hour", PROFILE_REAL_NAME, 3, 2, "睢宁县规划局网络发言人"},
	{"yunnan", "none", PROFILE_REAL_NAME_DEPARTMENT, 3, 3, "省级第一部门（待定）网络发言人"},
};

static struct profile *load(const char *id)
{
	char path[64];
	struct fault fault;
	snprintf(path, sizeof(path), "profiles/%s.yaml", id);
	struct profile *profile = profile_yaml_load(path, &fault);
	if (!profile)
		fail_msg("%s", fault.text);
	return profile;
}

static void every_place_says_what_is_known_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct profile *profile = load(places[i].id);
		const struct profile_class *class = &profile->classes[profile->default_class];
		char within[DEADLINE_WITHIN_SIZE] = "none", speaker[PROFILE_DISPLAY_SIZE];
		uint32_t placeholders = 0;
		for (uint32_t j = 0; j < profile->departments_count; j++)
			placeholders += profile->departments[j].placeholder;
		if (class->has_deadline)
			deadline_within_print(class->within, within);
		profile_display_name(profile, &profile->departments[0], speaker);
		assert_string_equal(profile->id, places[i].id);
		assert_string_equal(within, places[i].within);
		assert_int_equal(profile->identity, places[i].identity);
		assert_int_equal(profile->departments_count, places[i].departments);
		assert_int_equal(placeholders, places[i].placeholders);
		assert_string_equal(speaker, places[i].speaker);
		assert_int_equal(profile->policy.offset.seconds, 8 * 3600);
		profile_destroy(&profile);
	}
}

static void no_file_is_forgotten_here(void **state)
{
	(void)state;
	glob_t found;
	assert_int_equal(glob("profiles/*.yaml", 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, COUNT_OF(places));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char path[64];
		snprintf(path, sizeof(path), "profiles/%s.yaml", places[i].id);
		assert_string_equal(found.gl_pathv[i], path);
	}
	globfree(&found);
}

static void no_shipped_rule_stands_in_the_shadow_of_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct profile *profile = load(places[i].id);
		struct span rule, by;
		for (uint32_t j = 0; j < profile->rules_count; j++)
			assert_false(routing_is_shadowed(profile, j, &rule, &by));
		profile_destroy(&profile);
	}
}

static void guangdong_sends_invented_messages_where_they_belong(void **state)
{
	(void)state;
	static const struct {
		const char *category, *title, *department, *class;
	} rows[] = {
		{"教育", "开学时间", "edu", "ordinary"},
		{"", "新区学位不足", "edu", "ordinary"},
		{"治安", "夜间噪音", "police", "ordinary"},
		{"", "身份证补办要多久", "police", "ordinary"},
		{"社保", "转移手续", "labour", "ordinary"},
		{"", "工地拖欠工资三个月", "labour", "major"},
		{"举报", "违规收费", "supervision", "major"},
		{"", "门前路灯不亮", NULL, "ordinary"},
	};
	struct profile *profile = load("guangdong");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct routing_request request = {
			.category = span_of_string(rows[i].category), .title = span_of_string(rows[i].title)};
		struct routing routing;
		enum routing_outcome outcome = routing_decide(profile, &request, &routing);
		assert_int_equal(outcome, rows[i].department ? ROUTING_DECIDED : ROUTING_TRIAGE);
		assert_string_equal(routing.class->id, rows[i].class);
		if (rows[i].department)
			assert_string_equal(routing.department->id, rows[i].department);
	}
	char within[DEADLINE_WITHIN_SIZE];
	deadline_within_print(profile_find_class(profile, SPAN_LITERAL("major"))->within, within);
	assert_string_equal(within, "7 workday");
	profile_destroy(&profile);
}

/* What the two places that say nothing of a ladder get is what Guangdong writes down. */
static void the_ladder_written_down_is_the_default_one(void **state)
{
	(void)state;
	struct profile *written = load("guangdong"), *silent = load("anji");
	assert_int_equal(written->rungs_count, silent->rungs_count);
	assert_memory_equal(&written->rungs, &silent->rungs, sizeof(written->rungs));
	assert_memory_equal(&written->reminder, &silent->reminder, sizeof(written->reminder));
	profile_destroy(&written);
	profile_destroy(&silent);
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
		cmocka_unit_test(every_place_says_what_is_known_of_it),
		cmocka_unit_test(no_file_is_forgotten_here),
		cmocka_unit_test(no_shipped_rule_stands_in_the_shadow_of_another),
		cmocka_unit_test(guangdong_sends_invented_messages_where_they_belong),
		cmocka_unit_test(the_ladder_written_down_is_the_default_one),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
