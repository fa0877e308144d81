#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/unit/rules/sample.h"

/* How to use it: say what the file says, get a policy or one sentence. */
static void a_few_words_make_a_policy_with_every_default(void **state)
{
	(void)state;
	struct sample sample;
	struct fault fault;
	struct profile *profile = profile_new(sample_init(&sample), &fault);
	assert_non_null(profile);
	assert_string_equal(profile->display, "{department}");
	assert_int_equal(profile->identity, PROFILE_OFFICE_ACCOUNT);
	assert_int_equal(profile->policy.offset.seconds, 8 * 3600);
	assert_false(profile->policy.nonworkday_receipt_next);
	assert_int_equal(profile->policy.after_hours_from_s, DEADLINE_SAME_DAY);
	assert_int_equal(profile->policy.close_of_business_s, 17 * 3600 + 1800);
	assert_int_equal(profile->policy.due, DEADLINE_DUE_END_OF_DAY);
	assert_true(profile->policy.makeup_day_counts);
	assert_false(profile->due_may_move_earlier);
	assert_int_equal(profile->default_class, 0);
	assert_int_equal(profile->returns_per_case, 1);
	assert_int_equal(profile->lease_us, 30 * US_PER_S);
	assert_int_equal(profile->heartbeat_us, 5 * US_PER_S);
	assert_int_equal(profile->messages_per_minute, 6000000);
	assert_true(profile->departments[2].placeholder);
	assert_false(profile->departments[0].placeholder);
	profile_destroy(&profile);
	assert_null(profile);
	profile_destroy(&profile);
}

static void everything_said_is_kept(void **state)
{
	(void)state;
	struct sample sample;
	struct fault fault;
	struct profile_source *source = sample_init(&sample);
	sample.classes[0].within = "48 hour";
	sample.classes[1].within = "none";
	source->utc_offset = "-03:30";
	source->identity = "real_name_department";
	source->display = "某市{department}网络发言人";
	source->default_class = "major";
	source->nonworkday_receipt = "next_workday";
	source->after_hours_receipt = "next_workday";
	source->close_of_business = "16:00";
	source->due_moment = "close_of_business";
	source->makeup_day_counts = "no";
	source->due_may_move_earlier = "yes";
	source->returns_per_case = "0";
	source->lease = "0.25";
	source->heartbeat = "3600";
	source->messages_per_minute = "1";
	struct profile *profile = profile_new(source, &fault);
	assert_non_null(profile);
	assert_int_equal(profile->classes[0].within.unit, DEADLINE_HOUR);
	assert_int_equal(profile->classes[0].within.count, 48);
	assert_false(profile->classes[1].has_deadline);
	assert_int_equal(profile->default_class, 1);
	assert_int_equal(profile->identity, PROFILE_REAL_NAME_DEPARTMENT);
	assert_string_equal(profile_identity_name(profile->identity), "real_name_department");
	assert_int_equal(profile->policy.offset.seconds, -12600);
	assert_true(profile->policy.nonworkday_receipt_next);
	assert_int_equal(profile->policy.after_hours_from_s, 16 * 3600);
	assert_int_equal(profile->policy.close_of_business_s, 16 * 3600);
	assert_int_equal(profile->policy.due, DEADLINE_DUE_CLOSE_OF_BUSINESS);
	assert_false(profile->policy.makeup_day_counts);
	assert_true(profile->due_may_move_earlier);
	assert_int_equal(profile->returns_per_case, 0);
	assert_int_equal(profile->lease_us, 250 * US_PER_MS);
	assert_int_equal(profile->heartbeat_us, US_PER_HOUR);
	assert_int_equal(profile->messages_per_minute, 1);
	assert_ptr_equal(profile_find_department(profile, SPAN_LITERAL("police")), &profile->departments[1]);
	assert_null(profile_find_department(profile, SPAN_LITERAL("polic")));
	assert_null(profile_find_department(profile, SPAN_EMPTY));
	assert_ptr_equal(profile_find_class(profile, SPAN_LITERAL("major")), &profile->classes[1]);
	assert_null(profile_find_class(profile, SPAN_LITERAL("Major")));
	profile_destroy(&profile);
}

#define KEY(member) offsetof(struct sample, source) + offsetof(struct profile_source, member)
#define LONG_NAME                                                                                                                  \
	"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十" \
	"一二三四五六七八九十"

static const struct {
	size_t place; /* of the pointer to spoil in struct sample */
	const char *text;
	const char *key;
	const char *reason;
} wrong[] = {
	{KEY(id), NULL, "id:", "missing"},
	{KEY(id), "Sample", "id:", "a-z"},
	{KEY(id), "-x", "id:", "a-z"},
	{KEY(id), "a_b", "id:", "a-z"},
	{KEY(id), "x-", "id:", "a-z"},
	{KEY(display), "two\nlines {department}", "display:", "one line"},
	{KEY(lease), "1.00000000", "lease:", "0.05 to 3600"},
	{KEY(close_of_business), "x7:30", "close_of_business:", "time of day"},
	{KEY(close_of_business), "1x:30", "close_of_business:", "time of day"},
	{KEY(close_of_business), "17:x0", "close_of_business:", "time of day"},
	{KEY(close_of_business), "17:3x", "close_of_business:", "time of day"},
	{KEY(close_of_business), "17-30", "close_of_business:", "time of day"},
	{KEY(id), "", "id:", "a-z"},
	{KEY(id), "a-name-of-more-than-thirty-two-bytes", "id:", "1 to 32"},
	{KEY(name), NULL, "name:", "missing"},
	{KEY(name), "", "name:", "one line"},
	{KEY(name), "two\nlines", "name:", "one line"},
	{KEY(name), "\xff", "name:", "UTF-8"},
	{KEY(name), LONG_NAME, "name:", "128 bytes"},
	{KEY(utc_offset), "8", "utc_offset:", "+08:00"},
	{KEY(utc_offset), "+15:00", "utc_offset:", "+08:00"},
	{KEY(utc_offset), "Asia/Shanghai", "utc_offset:", "+08:00"},
	{KEY(identity), "virtual", "identity:", "always official"},
	{KEY(identity), "citizen", "identity:", "always official"},
	{KEY(identity), "", "identity:", "office_account"},
	{KEY(display), "热心网友", "display:", "which department"},
	{KEY(display), "{department}{department}", "display:", "once"},
	{KEY(display), "{dept}发言人", "display:", "no other braces"},
	{KEY(display), "}{department}", "display:", "no other braces"},
	{KEY(default_class), "minor", "default_class:", "'minor'"},
	{KEY(nonworkday_receipt), "later", "nonworkday_receipt:", "as_received nor next_workday"},
	{KEY(after_hours_receipt), "yes", "after_hours_receipt:", "same_day nor next_workday"},
	{KEY(close_of_business), "5pm", "close_of_business:", "time of day"},
	{KEY(close_of_business), "24:01", "close_of_business:", "time of day"},
	{KEY(close_of_business), "17:60", "close_of_business:", "time of day"},
	{KEY(due_moment), "noon", "due_moment:", "end_of_day nor close_of_business"},
	{KEY(makeup_day_counts), "true", "makeup_day_counts:", "no nor yes"},
	{KEY(due_may_move_earlier), "1", "due_may_move_earlier:", "no nor yes"},
	{KEY(returns_per_case), "-1", "returns_per_case:", "0 to 100"},
	{KEY(returns_per_case), "101", "returns_per_case:", "0 to 100"},
	{KEY(returns_per_case), "1e2", "returns_per_case:", "0 to 100"},
	{KEY(returns_per_case), "", "returns_per_case:", "0 to 100"},
	{KEY(returns_per_case), "99999999999999999999", "returns_per_case:", "0 to 100"},
	{KEY(lease), "0.049", "lease:", "0.05 to 3600"},
	{KEY(lease), "3600.001", "lease:", "0.05 to 3600"},
	{KEY(lease), "30s", "lease:", "0.05 to 3600"},
	{KEY(lease), ".5", "lease:", "0.05 to 3600"},
	{KEY(lease), "1.", "lease:", "0.05 to 3600"},
	{KEY(heartbeat), "0", "heartbeat:", "0.05 to 3600"},
	{KEY(heartbeat), " 5", "heartbeat:", "0.05 to 3600"},
	{KEY(messages_per_minute), "0", "messages_per_minute:", "1 to 6000000"},
	{KEY(messages_per_minute), "6000001", "messages_per_minute:", "1 to 6000000"},
	{offsetof(struct sample, departments[1].id), NULL, "departments[1].id:", "missing"},
	{offsetof(struct sample, departments[1].id), "Edu", "departments[1].id:", "a-z"},
	{offsetof(struct sample, departments[1].id), "edu", "departments[1].id:", "twice"},
	{offsetof(struct sample, departments[2].name), NULL, "departments[2].name:", "missing"},
	{offsetof(struct sample, departments[2].name), "公安局", "departments[2].name:", "twice"},
	{offsetof(struct sample, departments[0].placeholder), "maybe", "departments[0].placeholder:", "yes"},
	{offsetof(struct sample, classes[1].id), "Major", "classes[1].id:", "a-z"},
	{offsetof(struct sample, classes[1].id), "ordinary", "classes[1].id:", "twice"},
	{offsetof(struct sample, classes[1].name), "", "classes[1].name:", "one line"},
	{offsetof(struct sample, classes[0].within), NULL, "classes[0].within:", "3 workday"},
	{offsetof(struct sample, classes[0].within), "3", "classes[0].within:", "3 workday"},
	{offsetof(struct sample, classes[0].within), "0 workday", "classes[0].within:", "1 to 366"},
	{offsetof(struct sample, classes[0].within), "367 day", "classes[0].within:", "1 to 366"},
	{offsetof(struct sample, classes[0].within), "3 weeks", "classes[0].within:", "day_roll"},
};

static void spoil(struct sample *sample, size_t place, const char *text)
{
	const char **word = (void *)((char *)sample + place);
	*word = text;
}

static void every_wrong_word_is_refused_with_its_key_and_what_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct sample sample;
		struct fault fault = FAULT_NONE;
		struct profile_source *source = sample_init(&sample);
		spoil(&sample, wrong[i].place, wrong[i].text);
		assert_null(profile_new(source, &fault));
		if (strncmp(fault.text, wrong[i].key, strlen(wrong[i].key)) != 0 ||
			!strstr(fault.text, wrong[i].reason))
			fail_msg("row %zu, %s: %s", i, wrong[i].key, fault.text);
	}
}

static void a_profile_has_departments_and_classes_but_not_too_many(void **state)
{
	(void)state;
	struct sample sample;
	struct fault fault;
	struct profile_source *source = sample_init(&sample);
	source->departments_count = 0;
	assert_null(profile_new(source, &fault));
	assert_string_equal(fault.text, "departments: there must be 1 to 4096, not 0");
	source->departments_count = DEPARTMENTS_MAX + 1;
	assert_null(profile_new(source, &fault));
	assert_string_equal(fault.text, "departments: there must be 1 to 4096, not 4097");
	source->departments_count = 3;
	source->classes_count = 0;
	assert_null(profile_new(source, &fault));
	assert_string_equal(fault.text, "classes: there must be 1 to 16, not 0");
	source->classes_count = CLASSES_MAX + 1;
	assert_null(profile_new(source, &fault));
	assert_string_equal(fault.text, "classes: there must be 1 to 16, not 17");
}

static void a_profile_has_rules_but_not_too_many_and_their_words_are_words(void **state)
{
	(void)state;
	static const char *words[] = {"", "\xff", LONG_NAME LONG_NAME LONG_NAME};
	struct sample sample;
	struct fault fault;
	struct profile_source *source = sample_init(&sample);
	source->rules_count = RULES_MAX + 1;
	assert_null(profile_new(source, &fault));
	assert_string_equal(fault.text, "rules: 1025 are more than 1024");
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		source = sample_init(&sample);
		sample.rules[0] = (struct profile_source_rule){
			.name = "r", .region = &words[i], .region_count = 1, .department = "edu"};
		source->rules_count = 1;
		assert_null(profile_new(source, &fault));
		assert_non_null(
			strstr(fault.text, "rules[0].region[0]: must be one line of 1 to 64 bytes of UTF-8"));
	}
}

static void as_many_departments_as_allowed_are_taken(void **state)
{
	(void)state;
	struct sample sample;
	struct fault fault;
	struct profile_source *source = sample_init(&sample);
	struct profile_source_department *many = memory_new(DEPARTMENTS_MAX, sizeof(*many));
	char(*texts)[16] = memory_new(DEPARTMENTS_MAX, sizeof(*texts));
	for (unsigned i = 0; i < DEPARTMENTS_MAX; i++) {
		snprintf(texts[i], sizeof(texts[i]), "d-%u", i);
		many[i] = (struct profile_source_department){.id = texts[i], .name = texts[i]};
	}
	source->departments = many;
	source->departments_count = DEPARTMENTS_MAX;
	struct profile *profile = profile_new(source, &fault);
	assert_non_null(profile);
	assert_ptr_equal(profile_find_department(profile, SPAN_LITERAL("d-4095")),
		&profile->departments[DEPARTMENTS_MAX - 1]);
	profile_destroy(&profile);
	free(many);
	free(texts);
}

static void a_reply_stands_under_the_departments_official_name(void **state)
{
	(void)state;
	static const struct {
		const char *display;
		const char *expected;
	} rows[] = {
		{"某市{department}网络发言人", "某市教育局网络发言人"},
		{"{department}", "教育局"},
		{NULL, "教育局"},
		{"某市教育局网络发言人", "某市教育局网络发言人"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sample sample;
		struct fault fault;
		char shown[PROFILE_DISPLAY_SIZE];
		struct profile_source *source = sample_init(&sample);
		source->departments_count = 1; /* one alone needs no name in its place */
		source->display = rows[i].display;
		struct profile *profile = profile_new(source, &fault);
		assert_non_null(profile);
		profile_display_name(profile, &profile->departments[0], shown);
		assert_string_equal(shown, rows[i].expected);
		profile_destroy(&profile);
	}
}

static struct digest digest_of_sample(struct sample *sample)
{
	struct fault fault;
	struct profile *profile = profile_new(&sample->source, &fault);
	if (!profile)
		fail_msg("%s", fault.text);
	struct digest digest = profile->digest;
	profile_destroy(&profile);
	return digest;
}

static void the_digest_changes_with_every_word_and_with_nothing_else(void **state)
{
	(void)state;
	static const struct {
		size_t place;
		const char *text;
	} changes[] = {
		{KEY(id), "other"},
		{KEY(name), "别处"},
		{KEY(utc_offset), "+07:00"},
		{KEY(identity), "real_name"},
		{KEY(display), "{department}发言人"},
		{KEY(default_class), "major"},
		{KEY(nonworkday_receipt), "next_workday"},
		{KEY(after_hours_receipt), "next_workday"},
		{KEY(close_of_business), "18:00"},
		{KEY(due_moment), "close_of_business"},
		{KEY(makeup_day_counts), "no"},
		{KEY(due_may_move_earlier), "yes"},
		{KEY(returns_per_case), "3"},
		{KEY(lease), "31"},
		{KEY(heartbeat), "6"},
		{KEY(messages_per_minute), "60"},
		{offsetof(struct sample, departments[0].id), "education"},
		{offsetof(struct sample, departments[0].name), "教体局"},
		{offsetof(struct sample, departments[0].placeholder), "yes"},
		{offsetof(struct sample, classes[0].id), "small"},
		{offsetof(struct sample, classes[0].name), "小事"},
		{offsetof(struct sample, classes[0].within), "4 workday"},
	};
	struct digest seen[COUNT_OF(changes) + 1];
	struct sample sample;
	sample_init(&sample);
	seen[0] = digest_of_sample(&sample);
	struct digest again = digest_of_sample(&sample);
	assert_true(digest_equal(&seen[0], &again));
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		sample_init(&sample);
		spoil(&sample, changes[i].place, changes[i].text);
		seen[i + 1] = digest_of_sample(&sample);
		for (size_t j = 0; j <= i; j++)
			if (digest_equal(&seen[i + 1], &seen[j]))
				fail_msg("change %zu has the digest of %zu", i, j);
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
		cmocka_unit_test(a_few_words_make_a_policy_with_every_default),
		cmocka_unit_test(everything_said_is_kept),
		cmocka_unit_test(every_wrong_word_is_refused_with_its_key_and_what_is_allowed),
		cmocka_unit_test(a_profile_has_departments_and_classes_but_not_too_many),
		cmocka_unit_test(a_profile_has_rules_but_not_too_many_and_their_words_are_words),
		cmocka_unit_test(as_many_departments_as_allowed_are_taken),
		cmocka_unit_test(a_reply_stands_under_the_departments_official_name),
		cmocka_unit_test(the_digest_changes_with_every_word_and_with_nothing_else),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
