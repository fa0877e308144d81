#ifndef WENZHENG_RULES_PROFILE_MAKING_H
#define WENZHENG_RULES_PROFILE_MAKING_H

/* The parts of profile_new, for the files of this folder. Each is false with a fault that names the key. */

#include "daemon/rules/profile.h"

struct making {
	const struct profile_source *source;
	struct profile *profile;
	struct fault *fault;
};

/* After departments and classes, which the rules name. */
bool profile_rules_make(const struct making *it);
void profile_rules_free(struct profile *profile);

bool profile_ladder_make(const struct making *it);

#endif
