#ifndef WENZHENG_TESTS_WIRE_FAILING_H
#define WENZHENG_TESTS_WIRE_FAILING_H

#include "tests/lib/failing.h"

/* What zmq_msg_gets says of User-Id at its n-th call from now on: NULL, or as it is after the last of them.
 */
void failing_user_ids(const char *const *texts, int count);

#endif
