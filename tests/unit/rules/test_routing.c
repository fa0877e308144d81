#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "daemon/rules/routing.h"
#include "tests/unit/rules/sample.h"

static const char *category_edu[] = {"教育", "学校"};
static const char *keyword_pay[] = {"欠薪", "拖欠工资"};
static const char *region_north[] = {"北区"};
static const char *keyword_night[] = {"夜间"};

/* Four rules: a list of categories; a keyword that raises the class; region and keyword together; a word. */
static struct profile_source *rules_init(struct sample *sample)
{
	struct profile_source *source = sample_init(sample);
	sample->rules[0] = (struct profile_source_rule){
		.name = "教育", .category = category_edu, .category_count = 2, .department = "edu"};
	sample->rules[1] = (struct profile_source_rule){.name = "欠薪",
		.keyword = keyword_pay,
		.keyword_count = 2,
		.department = "labour-2",
		.class = "major"};
	sample->rules[2] = (struct profile_source_rule){.name = "北区夜间",
		.region = region_north,
		.region_count = 1,
		.keyword = keyword_night,
		.keyword_count = 1,
		.department = "police"};
	sample->rules[3] = (struct profile_source_rule){
		.name = "夜间", .keyword = keyword_night, .keyword_count = 1, .department = "edu"};
	source->rules_count = 4;
	return source;
}

static void the_first_rule_that_holds_decides(void **state)
{
	(void)state;
	static const struct {
		const char *department, *class, *category, *region, *title, *body;
		enum routing_outcome outcome;
		const char *to, *as, *rule;
	} rows[] = {
		{"", "", "教育", "", "", "", ROUTING_DECIDED, "edu", "ordinary", "教育"},
		{"", "", "学校", "", "", "拖欠工资", ROUTING_DECIDED, "edu", "ordinary", "教育"},
		{"", "", "教育局", "", "", "", ROUTING_TRIAGE, NULL, "ordinary", "no-rule"},
		{"", "", "", "", "被欠薪三个月", "", ROUTING_DECIDED, "labour-2", "major", "欠薪"},
		{"", "", "", "", "", "公司拖欠工资", ROUTING_DECIDED, "labour-2", "major", "欠薪"},
		{"", "", "", "", "公司拖欠", "工资", ROUTING_TRIAGE, NULL, "ordinary", "no-rule"},
		{"", "", "", "北区", "夜间噪音", "", ROUTING_DECIDED, "police", "ordinary", "北区夜间"},
		{"", "", "", "南区", "夜间噪音", "", ROUTING_DECIDED, "edu", "ordinary", "夜间"},
		{"", "", "", "北区", "噪音", "", ROUTING_TRIAGE, NULL, "ordinary", "no-rule"},
		{"", "", "", "", "", "", ROUTING_TRIAGE, NULL, "ordinary", "no-rule"},
		{"", "major", "教育", "", "", "", ROUTING_DECIDED, "edu", "major", "教育"},
		{"", "ordinary", "", "", "欠薪", "", ROUTING_DECIDED, "labour-2", "ordinary", "欠薪"},
		{"", "major", "", "", "", "", ROUTING_TRIAGE, NULL, "major", "no-rule"},
		{"police", "", "", "", "", "", ROUTING_DECIDED, "police", "ordinary", "explicit"},
		{"police", "", "", "", "欠薪", "", ROUTING_DECIDED, "police", "major", "explicit"},
		{"police", "ordinary", "", "", "欠薪", "", ROUTING_DECIDED, "police", "ordinary", "explicit"},
		{"polic", "", "教育", "", "", "", ROUTING_UNKNOWN_DEPARTMENT, NULL, NULL, NULL},
		{"", "minor", "教育", "", "", "", ROUTING_UNKNOWN_CLASS, NULL, NULL, NULL},
		{"police", "minor", "", "", "", "", ROUTING_UNKNOWN_CLASS, NULL, NULL, NULL},
	};
	struct sample sample;
	struct fault fault;
	struct profile *profile = profile_new(rules_init(&sample), &fault);
	assert_non_null(profile);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct routing_request request = {
			span_of_string(rows[i].department),
			span_of_string(rows[i].class),
			span_of_string(rows[i].category),
			span_of_string(rows[i].region),
			span_of_string(rows[i].title),
			span_of_string(rows[i].body),
		};
		struct routing routing = {0};
		print_message("row %zu\n", i);
		assert_int_equal(routing_decide(profile, &request, &routing), rows[i].outcome);
		if (!rows[i].as) {
			assert_null(routing.class); /* nothing written */
			continue;
		}
		assert_string_equal(routing.class->id, rows[i].as);
		assert_true(span_equal_string(routing.rule, rows[i].rule));
		if (rows[i].to)
			assert_string_equal(routing.department->id, rows[i].to);
		else
			assert_null(routing.department);
	}
	profile_destroy(&profile);
}

static void a_rule_without_conditions_always_holds(void **state)
{
	(void)state;
	struct sample sample;
	struct fault fault;
	struct routing routing;
	struct profile_source *source = rules_init(&sample);
	sample.rules[3] = (struct profile_source_rule){.name = "其他", .department = "police"};
	struct profile *profile = profile_new(source, &fault);
	assert_non_null(profile);
	struct routing_request request = {.title = SPAN_LITERAL("路灯")};
	assert_int_equal(routing_decide(profile, &request, &routing), ROUTING_DECIDED);
	assert_string_equal(routing.department->id, "police");
	profile_destroy(&profile);
}

static void wrong_rules_are_refused_by_name(void **state)
{
	(void)state;
	static const char *empty[] = {""}, *lines[] = {"a\nb"};
	static const struct {
		struct profile_source_rule rule;
		const char *fault;
	} rows[] = {
		{{.department = "edu"}, "rules[1].name: is missing"},
		{{.name = "no-rule", .department = "edu"}, "rules[1].name: 'no-rule' means"},
		{{.name = "explicit", .department = "edu"}, "rules[1].name: 'explicit' means"},
		{{.name = "assigned", .department = "edu"}, "rules[1].name: 'assigned' means"},
		{{.name = "教育", .department = "edu"}, "rules[1].name: '教育' is the name of rules[0] too"},
		{{.name = "x"}, "rules[1].department: '' is not one of the departments"},
		{{.name = "x", .department = "tax"},
			"rules[1].department: 'tax' is not one of the departments"},
		{{.name = "x", .department = "edu", .class = "minor"}, "rules[1].class: 'minor'"},
		{{.name = "x", .department = "edu", .keyword = empty, .keyword_count = 1},
			"rules[1].keyword[0]: must be one line"},
		{{.name = "x", .department = "edu", .region = lines, .region_count = 1},
			"rules[1].region[0]: must be one line"},
		{{.name = "x", .department = "edu", .category = category_edu, .category_count = 65},
			"rules[1].category: 65 words are more than 64"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sample sample;
		struct fault fault = FAULT_NONE;
		struct profile_source *source = rules_init(&sample);
		sample.rules[1] = rows[i].rule;
		assert_null(profile_new(source, &fault));
		if (strncmp(fault.text, rows[i].fault, strlen(rows[i].fault)) != 0)
			fail_msg("row %zu: %s", i, fault.text);
	}
}

/* Every message is searched for every keyword, so all of them together are bounded. */
static void keywords_are_bounded_over_all_rules(void **state)
{
	(void)state;
	enum { RULES = KEYWORDS_MAX / KEYWORDS_PER_RULE_MAX + 1 };
	static char names[RULES][8];
	static const char *words[KEYWORDS_PER_RULE_MAX];
	struct profile_source_rule rules[RULES];
	struct sample sample;
	struct fault fault;
	struct profile_source *source = sample_init(&sample);
	for (size_t i = 0; i < KEYWORDS_PER_RULE_MAX; i++)
		words[i] = "词";
	for (size_t i = 0; i < RULES; i++) {
		snprintf(names[i], sizeof(names[i]), "r%zu", i);
		rules[i] = (struct profile_source_rule){.name = names[i],
			.keyword = words,
			.keyword_count = KEYWORDS_PER_RULE_MAX,
			.department = "edu"};
	}
	source->rules = rules;
	source->rules_count = RULES - 1;
	struct profile *profile = profile_new(source, &fault);
	assert_non_null(profile);
	profile_destroy(&profile);
	source->rules_count = RULES;
	assert_null(profile_new(source, &fault));
	assert_string_equal(fault.text, "rules[16].keyword: all rules together have more than 1024");
}

static void a_rule_that_can_never_decide_is_found(void **state)
{
	(void)state;
	static const char *one[] = {"学校"}, *other[] = {"卫生"}, *longer[] = {"恶意欠薪案"},
			  *mixed[] = {"恶意欠薪案", "社保"};
	static const struct {
		struct profile_source_rule rule;
		const char *by; /* NULL: it may decide */
	} rows[] = {
		{{.category = one, .category_count = 1}, "教育"},
		{{.category = one, .category_count = 1, .keyword = other, .keyword_count = 1}, "教育"},
		{{.category = other, .category_count = 1}, NULL},
		{{.keyword = longer, .keyword_count = 1}, "欠薪"},
		{{.keyword = mixed, .keyword_count = 2}, NULL},
		{{.region = region_north, .region_count = 1}, NULL},
		{{0}, NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sample sample;
		struct fault fault;
		struct span rule, by;
		struct profile_source *source = rules_init(&sample);
		sample.rules[3] = rows[i].rule;
		sample.rules[3].name = "后来的";
		sample.rules[3].department = "edu";
		struct profile *profile = profile_new(source, &fault);
		assert_non_null(profile);
		for (uint32_t index = 0; index < 3; index++)
			assert_false(routing_is_shadowed(profile, index, &rule, &by));
		assert_int_equal(routing_is_shadowed(profile, 3, &rule, &by), rows[i].by != NULL);
		if (rows[i].by) {
			assert_true(span_equal_string(rule, "后来的"));
			assert_true(span_equal_string(by, rows[i].by));
		}
		profile_destroy(&profile);
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
		cmocka_unit_test(the_first_rule_that_holds_decides),
		cmocka_unit_test(a_rule_without_conditions_always_holds),
		cmocka_unit_test(wrong_rules_are_refused_by_name),
		cmocka_unit_test(keywords_are_bounded_over_all_rules),
		cmocka_unit_test(a_rule_that_can_never_decide_is_found),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
