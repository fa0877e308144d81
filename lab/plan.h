#ifndef WENZHENG_LAB_PLAN_H
#define WENZHENG_LAB_PLAN_H

#include "lab/input.h"

/* What happened when: every message's receipt and answer in one order of time. At one instant the file's
 * order holds, and a message comes before its own answer. */
enum plan_act { PLAN_SUBMIT, PLAN_ANSWER };

struct plan_step {
	struct instant at;
	uint32_t message; /* index in the input */
	enum plan_act act;
};

/* The caller frees it. */
struct plan_step *plan_make(const struct input *input, size_t *ret_count);

#endif
