#ifndef WENZHENG_RULES_ROUTING_H
#define WENZHENG_RULES_ROUTING_H

#include "daemon/rules/profile.h"

/* What a routing rule may look at. Absent fields are empty. */
struct routing_request {
	struct span department; /* named by the portal; must be one of the profile's */
	struct span class;	/* named by the portal; must be one of the profile's */
	struct span category;
	struct span region;
	struct span title;
	struct span body;
};

enum routing_outcome {
	ROUTING_DECIDED,
	ROUTING_TRIAGE,		    /* no rule decided; department is NULL */
	ROUTING_UNKNOWN_DEPARTMENT, /* the portal named one that the profile does not have */
	ROUTING_UNKNOWN_CLASS,
};

struct routing {
	const struct profile_department *department;
	const struct profile_class
		*class; /* never NULL unless an outcome UNKNOWN_…: named, else the rule's, else the default */
	struct span rule; /* "explicit", the rule's name, or "no-rule"; lives as long as the profile */
};

/* Explicit department, else the first rule whose conditions all hold, else triage (first match
 * wins). */
enum routing_outcome routing_decide(
	const struct profile *profile, const struct routing_request *request, struct routing *ret_routing);

/*
 * The first earlier rule that holds whenever rule `index` does, so that `index` never decides; false if there
 * is none. Names live as long as the profile. For whoever writes the rules: the daemon itself does not ask.
 */
bool routing_is_shadowed(
	const struct profile *profile, uint32_t index, struct span *ret_rule, struct span *ret_by);

#endif
