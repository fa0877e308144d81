#ifndef WENZHENG_CTL_KEYS_QUERY_CODE_H
#define WENZHENG_CTL_KEYS_QUERY_CODE_H

#include <stdbool.h>

#include "base/fault.h"

/* Creates the key of the query codes: one line of 64 random hexadecimal digits, mode 0600, on the disk when
 * this returns. A file that exists is never overwritten: every code that citizens hold comes from it. */
bool keys_query_code_create(const char *path, struct fault *fault);

#endif
