#ifndef WENZHENG_TESTS_LIB_FAILING_H
#define WENZHENG_TESTS_LIB_FAILING_H

#include <stdbool.h>

/*
 * Library and system calls that fail when a test says so. The program is linked with --wrap for each of them
 * (wire/CMakeLists.txt, workers/CMakeLists.txt): what our code calls is wrapped; what a library calls in
 * itself is not.
 */

/* The `nth` call of `name` from now on (1: the next) fails with `error`, once. One failure at a time. */
void failing_arm(const char *name, int nth, int error);

/* True if it went off. Disarms it if it did not. */
bool failing_fired(void);

/* For the wrappers: true if this call is the one, and errno is set. */
bool failing_is_now(const char *name);

/* One wrapper; `failure` is what the call says when it fails. */
#define FAILING_WRAP(type, failure, name, parameters, arguments)                    \
	type __real_##name parameters;                                              \
	type __wrap_##name parameters;                                              \
	type __wrap_##name parameters                                               \
	{                                                                           \
		return failing_is_now(#name) ? (failure) : __real_##name arguments; \
	}

#endif
