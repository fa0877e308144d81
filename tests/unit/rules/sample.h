#ifndef WENZHENG_TESTS_RULES_SAMPLE_H
#define WENZHENG_TESTS_RULES_SAMPLE_H

#include "daemon/rules/profile.h"

/* A small profile in which nothing is wrong, for tests to spoil. Everything absent that may be. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
	struct profile_source source;
	struct profile_source_department departments[3];
	struct profile_source_class classes[2];
	struct profile_source_rule rules[4];
	struct profile_source_rung reminder;
	struct profile_source_rung rungs[RUNGS_MAX + 1];
};

static inline struct profile_source *sample_init(struct sample *self)
{
	*self = (struct sample){
		.departments =
			{
				{.id = "edu", .name = "教育局"},
				{.id = "police", .name = "公安局"},
				{.id = "labour-2", .name = "人社局", .placeholder = "yes"},
			},
		.classes =
			{
				{.id = "ordinary", .name = "一般", .within = "3 workday"},
				{.id = "major", .name = "重大疑难", .within = "7 workday"},
			},
	};
	self->source = (struct profile_source){
		.id = "sample",
		.name = "示例",
		.departments = self->departments,
		.departments_count = COUNT_OF(self->departments),
		.classes = self->classes,
		.classes_count = COUNT_OF(self->classes),
		.rules = self->rules,
	};
	return &self->source;
}

#endif
