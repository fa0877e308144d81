#ifndef WENZHENG_BASE_TABLE_H
#define WENZHENG_BASE_TABLE_H

/* uthash, which has no outcome for memory that runs out: left to itself it ends the process with exit(-1) and
 * without a word. */
#include "base/memory.h"

#define uthash_malloc(size) memory_new(1, (size))

#include <uthash.h>

#endif
