#ifndef WENZHENG_TESTS_HOUSE_H
#define WENZHENG_TESTS_HOUSE_H

#include "tests/torture/trial.h"
#include "wire/keys.h"

/* A daemon's folder, made of what the repository ships: configuration, calendar, keys. The store lies in the
 * trial's folder. Of the principals only the portal holds a key that is known. */
struct house {
	struct wire_key_pair server;
	struct wire_key_pair portal;
};

void house_make(const struct place *place, struct house *ret_house);

#endif
