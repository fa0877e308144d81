#ifndef WENZHENG_BASE_OUTCOME_H
#define WENZHENG_BASE_OUTCOME_H

/*
 * Two kinds of failure (an `int` in this house is one or the other, and says so in its header):
 *
 *	0         done
 *	positive  a documented outcome of *this* function; its direct caller handles it and never forwards it
 *	negative  fatal (-errno): forwarded untouched to main, which stops the daemon; each step leaves a
 *trace
 */

/* Says on standard error where a fatal error arose or passed; returns `error` unchanged. */
int outcome_trace(int error, const char *what, const char *file, int line);

/* Where it arises: `return FATAL(EIO, "commit")`. */
#define FATAL(errno_value, what) outcome_trace(-(errno_value), (what), __FILE__, __LINE__)

/* Where it passes: `if (r < 0) return FORWARD(r);`. */
#define FORWARD(r) outcome_trace((r), "", __FILE__, __LINE__)

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
