#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "daemon/rules/profile_making.h"
#include "daemon/rules/profile_parse.h"
#include "daemon/rules/rule.h"

/* The routing rules of a profile, from words to what routing_decide walks through. */

struct word_list {
	const char *key;
	const char **words;
	unsigned count;
	size_t size_max;
};

static bool make_words(
	const struct making *it, uint32_t rule, struct word_list from, struct rule_words *ret_words)
{
	if (from.count > KEYWORDS_PER_RULE_MAX)
		return fault_set(it->fault, "rules[%u].%s: %u words are more than %d", rule, from.key,
			from.count, KEYWORDS_PER_RULE_MAX);
	ret_words->words = memory_new(from.count, sizeof(char *));
	for (uint32_t i = 0; i < from.count; i++) {
		struct span word = span_of_string(from.words[i]);
		if (word.size == 0 || word.size > from.size_max || !utf8_is_text(word, UTF8_ONE_LINE))
			return fault_set(it->fault,
				"rules[%u].%s[%u]: must be one line of 1 to %zu bytes of UTF-8", rule,
				from.key, i, from.size_max);
		ret_words->words[i] = memory_copy_string(from.words[i]);
		ret_words->count++;
	}
	return true;
}

static bool make_conditions(const struct making *it, uint32_t i)
{
	const struct profile_source_rule *from = &it->source->rules[i];
	struct profile_rule *to = &it->profile->rules[i];
	struct word_list category = {"category", from->category, from->category_count, CATEGORY_SIZE_MAX};
	struct word_list keyword = {"keyword", from->keyword, from->keyword_count, TITLE_SIZE_MAX};
	struct word_list region = {"region", from->region, from->region_count, REGION_SIZE_MAX};
	return make_words(it, i, category, &to->category) && make_words(it, i, keyword, &to->keyword) &&
	       make_words(it, i, region, &to->region);
}

/* The name is the answer to "why this department?", so it must name one rule, and a rule. */
static bool make_name(const struct making *it, uint32_t i)
{
	struct profile_rule *rules = it->profile->rules;
	static const char *const no_rules[] = {"explicit", "no-rule", "assigned"};
	char key[32];
	snprintf(key, sizeof(key), "rules[%u].name", i);
	if (!parse_name(key, it->source->rules[i].name, rules[i].name, sizeof(rules[i].name), it->fault))
		return false;
	for (size_t j = 0; j < sizeof(no_rules) / sizeof(no_rules[0]); j++)
		if (strcmp(rules[i].name, no_rules[j]) == 0)
			return fault_set(it->fault, "%s: '%s' means that no rule decided; choose another",
				key, rules[i].name);
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(rules[i].name, rules[j].name) == 0)
			return fault_set(
				it->fault, "%s: '%s' is the name of rules[%u] too", key, rules[i].name, j);
	return true;
}

static bool make_department(const struct making *it, uint32_t i)
{
	const char *id = it->source->rules[i].department;
	const struct profile_department *department =
		profile_find_department(it->profile, span_of_string(id));
	if (!department)
		return fault_set(it->fault, "rules[%u].department: '%.40s' is not one of the departments", i,
			id ? id : "");
	it->profile->rules[i].department = (uint32_t)(department - it->profile->departments);
	return true;
}

static bool make_class(const struct making *it, uint32_t i)
{
	const char *id = it->source->rules[i].class;
	if (!id)
		return true;
	const struct profile_class *class = profile_find_class(it->profile, span_of_string(id));
	if (!class)
		return fault_set(it->fault, "rules[%u].class: '%.40s' is not one of the classes", i, id);
	it->profile->rules[i].has_class = true;
	it->profile->rules[i].class = (uint32_t)(class - it->profile->classes);
	return true;
}

bool profile_rules_make(const struct making *it)
{
	uint32_t count = it->source->rules_count, keywords = 0;
	if (count > RULES_MAX)
		return fault_set(it->fault, "rules: %u are more than %d", count, RULES_MAX);
	it->profile->rules = memory_new(count, sizeof(*it->profile->rules));
	for (uint32_t i = 0; i < count; i++) {
		it->profile->rules_count++;
		if (!make_name(it, i) || !make_conditions(it, i) || !make_department(it, i) ||
			!make_class(it, i))
			return false;
		keywords += it->profile->rules[i].keyword.count;
		if (keywords > KEYWORDS_MAX)
			return fault_set(it->fault, "rules[%u].keyword: all rules together have more than %d",
				i, KEYWORDS_MAX);
	}
	return true;
}

static void free_words(struct rule_words *words)
{
	for (uint32_t i = 0; i < words->count; i++)
		free(words->words[i]);
	free(words->words);
}

void profile_rules_free(struct profile *profile)
{
	for (uint32_t i = 0; i < profile->rules_count; i++) {
		free_words(&profile->rules[i].category);
		free_words(&profile->rules[i].keyword);
		free_words(&profile->rules[i].region);
	}
	free(profile->rules);
}
