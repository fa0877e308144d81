#ifndef WENZHENG_BASE_MEMORY_H
#define WENZHENG_BASE_MEMORY_H

#include <stddef.h>

/*
 * Allocation that does not return NULL: when the system has no memory left, the process says so and aborts,
 * as for a failed assertion. What outsiders can make us allocate is bounded by base/limits.h, so this is met
 * only when the machine itself is out of memory; a daemon that restarts from its store is then the safest
 * answer.
 */
void *memory_new(size_t count, size_t size);		       /* zeroed */
void *memory_resize(void *pointer, size_t count, size_t size); /* grown part not zeroed */
char *memory_copy_string(const char *text);
void *memory_copy(const void *data, size_t size);

#endif
