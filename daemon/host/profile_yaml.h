#ifndef WENZHENG_HOST_PROFILE_YAML_H
#define WENZHENG_HOST_PROFILE_YAML_H

#include "daemon/rules/principals.h"
#include "daemon/rules/profile.h"

/* Reads and checks a profile. NULL with a fault that names file and, where the reader knows it, line and
 * column. */
struct profile *profile_yaml_load(const char *path, struct fault *fault);

/* Reads and checks the principals. Keys are Z85, 40 characters. */
struct principals *principals_yaml_load(const char *path, struct fault *fault);

#endif
