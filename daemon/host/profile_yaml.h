#ifndef WENZHENG_HOST_PROFILE_YAML_H
#define WENZHENG_HOST_PROFILE_YAML_H

#include "base/span.h"
#include "daemon/rules/profile.h"

/* Reads and checks a profile. NULL with a fault "file:line:column: …". Its keys are the members of struct
 * profile_source. Blocks on the file system. */
struct profile *profile_yaml_load(const char *path, struct fault *fault);

/* The same from a text in memory, of which `path` is the name. */
struct profile *profile_yaml_parse(const char *path, struct span text, struct fault *fault);

#endif
