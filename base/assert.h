#ifndef WENZHENG_BASE_ASSERT_H
#define WENZHENG_BASE_ASSERT_H

/*
 * Assertions that are never compiled out.
 *
 * A failed assertion is a bug of ours, never bad input: the process says where on standard error and aborts;
 * systemd starts it again from the store, which loses nothing (docs/ARCHITECTURE.md, promise 8).
 *
 *	REQUIRE    what a caller owes on entry
 *	ENSURE     what we hold to be true here
 *	IMPLIES    if the first holds, the second must
 *	UNREACHABLE  a place that no input may lead to
 */

#define REQUIRE(condition)	  ((condition) ? (void)0 : assert_failed("REQUIRE", #condition, __FILE__, __LINE__))
#define ENSURE(condition)	  ((condition) ? (void)0 : assert_failed("ENSURE", #condition, __FILE__, __LINE__))
#define IMPLIES(premise, outcome) ENSURE(!(premise) || (outcome))
#define UNREACHABLE()		  assert_failed("UNREACHABLE", "", __FILE__, __LINE__)

/* Says what failed and where on standard error, then aborts. */
_Noreturn void assert_failed(const char *kind, const char *condition, const char *file, int line);

#endif
