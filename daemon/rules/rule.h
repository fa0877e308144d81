#ifndef WENZHENG_RULES_RULE_H
#define WENZHENG_RULES_RULE_H

/* The inside of a routing rule, for the files of this folder. */

#include "daemon/rules/profile.h"

struct rule_words {
	char **words;
	uint32_t count;
};

struct profile_rule {
	char name[RULE_NAME_SIZE_MAX + 1];
	struct rule_words category;
	struct rule_words keyword;
	struct rule_words region;
	uint32_t department;
	uint32_t class;
	bool has_class;
};

#endif
