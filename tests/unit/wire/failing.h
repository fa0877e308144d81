#ifndef WENZHENG_TESTS_WIRE_FAILING_H
#define WENZHENG_TESTS_WIRE_FAILING_H

#include <stdbool.h>

/*
 * Library and system calls that fail when a test says so (linked with --wrap, see wire/CMakeLists.txt). What
 * our code calls is wrapped; what libzmq calls in itself is not.
 */

/* The `nth` call of `name` from now on (1: the next) fails with `error`, once. One failure at a time. */
void failing_arm(const char *name, int nth, int error);

/* True if it went off. Disarms it if it did not. */
bool failing_fired(void);

/* What zmq_msg_gets says of User-Id at its n-th call from now on: NULL, or as it is after the last of them.
 */
void failing_user_ids(const char *const *texts, int count);

#endif
