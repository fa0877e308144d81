#include "daemon/rules/routing.h"

#include "base/assert.h"
#include "daemon/rules/rule.h"

static bool is_one_of(const struct rule_words *words, struct span text)
{
	for (uint32_t i = 0; i < words->count; i++)
		if (span_equal_string(text, words->words[i]))
			return true;
	return words->count == 0;
}

static bool mentions_one_of(const struct rule_words *words, struct span title, struct span body)
{
	for (uint32_t i = 0; i < words->count; i++) {
		struct span word = span_of_string(words->words[i]);
		if (span_contains(title, word) || span_contains(body, word))
			return true;
	}
	return words->count == 0;
}

static bool rule_holds(const struct profile_rule *rule, const struct routing_request *request)
{
	return is_one_of(&rule->category, request->category) && is_one_of(&rule->region, request->region) &&
	       mentions_one_of(&rule->keyword, request->title, request->body);
}

static const struct profile_rule *first_that_holds(
	const struct profile *profile, const struct routing_request *request)
{
	for (uint32_t i = 0; i < profile->rules_count; i++)
		if (rule_holds(&profile->rules[i], request))
			return &profile->rules[i];
	return NULL;
}

enum routing_outcome routing_decide(
	const struct profile *profile, const struct routing_request *request, struct routing *ret_routing)
{
	struct routing routing = {
		.class = &profile->classes[profile->default_class], .rule = SPAN_LITERAL("no-rule")};
	/* The rules are asked even if the department is named: they may know the class. */
	const struct profile_rule *rule = first_that_holds(profile, request);
	if (rule) {
		routing.rule = span_of_string(rule->name);
		routing.department = &profile->departments[rule->department];
		if (rule->has_class)
			routing.class = &profile->classes[rule->class];
	}
	if (request->department.size > 0) {
		routing.department = profile_find_department(profile, request->department);
		routing.rule = SPAN_LITERAL("explicit");
		if (!routing.department)
			return ROUTING_UNKNOWN_DEPARTMENT;
	}
	if (request->class.size > 0) {
		routing.class = profile_find_class(profile, request->class);
		if (!routing.class)
			return ROUTING_UNKNOWN_CLASS;
	}
	ENSURE(routing.class);
	*ret_routing = routing;
	return routing.department ? ROUTING_DECIDED : ROUTING_TRIAGE;
}

/* Every text of `narrow` is one of `wide`; an empty list takes every text. */
static bool takes_all_of(const struct rule_words *wide, const struct rule_words *narrow)
{
	if (wide->count == 0)
		return true;
	for (uint32_t i = 0; i < narrow->count; i++)
		if (!is_one_of(wide, span_of_string(narrow->words[i])))
			return false;
	return narrow->count > 0;
}

/* Every text that mentions a keyword of `narrow` mentions one of `wide`: it stands inside the keyword itself.
 */
static bool is_mentioned_by(const struct rule_words *wide, const struct rule_words *narrow)
{
	if (wide->count == 0)
		return true;
	for (uint32_t i = 0; i < narrow->count; i++)
		if (!mentions_one_of(wide, span_of_string(narrow->words[i]), SPAN_EMPTY))
			return false;
	return narrow->count > 0;
}

bool routing_is_shadowed(
	const struct profile *profile, uint32_t index, struct span *ret_rule, struct span *ret_by)
{
	REQUIRE(index < profile->rules_count);
	const struct profile_rule *rule = &profile->rules[index];
	for (uint32_t i = 0; i < index; i++) {
		const struct profile_rule *earlier = &profile->rules[i];
		if (!takes_all_of(&earlier->category, &rule->category) ||
			!takes_all_of(&earlier->region, &rule->region) ||
			!is_mentioned_by(&earlier->keyword, &rule->keyword))
			continue;
		*ret_rule = span_of_string(rule->name);
		*ret_by = span_of_string(earlier->name);
		return true;
	}
	return false;
}
