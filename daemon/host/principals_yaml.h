#ifndef WENZHENG_HOST_PRINCIPALS_YAML_H
#define WENZHENG_HOST_PRINCIPALS_YAML_H

#include "base/span.h"
#include "daemon/rules/principals.h"
#include "daemon/rules/profile.h"

/*
 * Reads and checks the principals: a list `principals` of name, role, key (Z85, 40 characters), departments
 * and state. With a profile, whose departments the workers must name; NULL: any. NULL with a fault
 * "file:line:column: …". Blocks on the file system.
 */
struct principals *principals_yaml_load(const char *path, const struct profile *profile, struct fault *fault);

/* The same from a text in memory, of which `path` is the name. */
struct principals *principals_yaml_parse(
	const char *path, struct span text, const struct profile *profile, struct fault *fault);

#endif
