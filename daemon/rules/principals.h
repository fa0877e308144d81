#ifndef WENZHENG_RULES_PRINCIPALS_H
#define WENZHENG_RULES_PRINCIPALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/span.h"

/*
 * Who holds a key: the one table by which every message is judged. Immutable once made; swapped whole on
 * reload. No two principals share a name or a key. A revoked principal keeps its line, so that its name stays
 * taken.
 */
enum role {
	ROLE_PORTAL,
	ROLE_WORKER,
	ROLE_SUPERVISOR,
	ROLE_TRIAGE,
	ROLE_APPROVER,
	ROLE_MODERATOR,
	ROLE_OPERATOR,
	ROLE_END
};

const char *role_name(enum role role);
bool role_parse(struct span name, enum role *ret_role);

/* One listening endpoint and its kind of principal. */
enum zone {
	ZONE_PORTAL,   /* portals */
	ZONE_WORKER,   /* workers, supervisors, triage, approvers, moderators */
	ZONE_OPERATOR, /* operators */
	ZONE_END
};

const char *zone_name(enum zone zone);
enum zone zone_of_role(enum role role);

#define PRINCIPAL_KEY_SIZE 32

struct principal {
	char name[PRINCIPAL_NAME_SIZE_MAX + 1];
	uint8_t key[PRINCIPAL_KEY_SIZE]; /* CURVE public key */
	enum role role;
	bool revoked;
	char (*departments)[DEPARTMENT_ID_SIZE_MAX + 1]; /* of a worker: the ids it may serve */
	uint32_t departments_count;
};

/* What a file says of one principal; the key is read already. */
struct principal_source {
	const char *name;
	const char *role;
	const uint8_t *key; /* PRINCIPAL_KEY_SIZE bytes; NULL: the text was not a key */
	const char **departments;
	unsigned departments_count;
	const char *state; /* active (default), revoked */
};

struct principals;

/* NULL with a fault naming the principal and the way out. Department ids are checked for form only: a profile
 * and its principals may be reloaded one after the other (principals_check_departments compares them). */
struct principals *principals_new(
	const struct principal_source *sources, unsigned count, struct fault *fault);
void principals_destroy(struct principals **self);

/* A copy of its own, in which those are revoked whose key has one of these digests. */
struct principals *principals_without(
	const struct principals *self, const struct digest *keys, uint32_t keys_count);
struct digest principal_key_digest(const struct principal *self);

/* NULL for a stranger. The revoked are found too: the caller looks at `revoked`. */
const struct principal *principals_find_key(
	const struct principals *self, const uint8_t key[static PRINCIPAL_KEY_SIZE]);
const struct principal *principals_find_name(const struct principals *self, struct span name);
const struct principal *principals_at(const struct principals *self, uint32_t index); /* NULL at the end */

/* Is the principal of this name after a reload who it was before: the same key, the same role, active? A
 * connection proved the key and was given what the role has; nothing of that passes to another key or role of
 * the name. */
bool principals_same(const struct principals *before, const struct principals *after, struct span name);

struct profile;

/* False with a fault naming the first department that the profile does not have. */
bool principals_check_departments(
	const struct principals *self, const struct profile *profile, struct fault *fault);

bool principal_serves(const struct principal *self, struct span department);

struct digest principals_digest(const struct principals *self);

#endif
