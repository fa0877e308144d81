#ifndef WENZHENG_TESTS_WORKERS_FAILING_H
#define WENZHENG_TESTS_WORKERS_FAILING_H

#include <stdbool.h>

/* System calls that fail when a test says so (linked with --wrap, see workers/CMakeLists.txt): the `nth` call
 * of `name` from now on fails with `error`, once. */
void failing_arm(const char *name, int nth, int error);
/* True if it went off. Disarms it if it did not. */
bool failing_fired(void);

#endif
