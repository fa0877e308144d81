#ifndef WENZHENG_LAB_DIRECTORY_H
#define WENZHENG_LAB_DIRECTORY_H

#include "base/limits.h"
#include "lab/peer.h"

/* Asks a daemon by a portal's connection for a department: `wanted`, or the profile's first if that is NULL.
 * False with a fault if there is none of that name. */
bool directory_choose(struct peer *portal, struct child *child, const char *wanted,
	char ret_department[static DEPARTMENT_ID_SIZE_MAX + 1], struct fault *fault);

#endif
