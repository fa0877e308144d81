#ifndef WENZHENG_TESTS_WORKERS_HEARD_H
#define WENZHENG_TESTS_WORKERS_HEARD_H

#include <stdbool.h>

/* What is written to standard error between heard_begin and heard_end, which returns it until the next
 * heard_begin: through a pipe, or as a terminal would get it. At most some kilobytes. */
void heard_begin(bool on_terminal);
const char *heard_end(void);

#endif
