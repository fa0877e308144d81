#ifndef WENZHENG_WORKERS_EXEC_TEXT_H
#define WENZHENG_WORKERS_EXEC_TEXT_H

#include "base/buffer.h"

/* What a command printed, made fit to be said to the daemon. */

/* Without the line ends at its end. */
struct span exec_text_trim(struct span text);

/*
 * A reason of at most REASON_SIZE_MAX bytes: `said` with every byte that is no UTF-8 as "?" and every control
 * character but tab and line feed as a space, cut at a character, after `prefix`. Never empty if `prefix` or
 * `otherwise` is not: `otherwise` stands in for an empty `said`. Written to `ret_reason` from its start.
 */
void exec_text_reason(struct buffer *ret_reason, const char *prefix, struct span said, const char *otherwise);

#endif
