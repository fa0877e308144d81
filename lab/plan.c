#include "lab/plan.h"

#include <stdlib.h>

#include "base/memory.h"

static int by_time(const void *left, const void *right)
{
	const struct plan_step *a = left, *b = right;
	if (a->at.us != b->at.us)
		return a->at.us < b->at.us ? -1 : 1;
	if (a->message != b->message)
		return a->message < b->message ? -1 : 1;
	return (int)a->act - (int)b->act;
}

struct plan_step *plan_make(const struct input *input, size_t *ret_count)
{
	size_t count, used = 0;
	const struct input_message *messages = input_messages(input, &count);
	struct plan_step *steps = memory_new(2 * count, sizeof(*steps));
	for (uint32_t i = 0; i < count; i++) {
		steps[used++] = (struct plan_step){messages[i].received, i, PLAN_SUBMIT};
		if (!instant_is_never(messages[i].replied))
			steps[used++] = (struct plan_step){messages[i].replied, i, PLAN_ANSWER};
	}
	qsort(steps, used, sizeof(*steps), by_time);
	*ret_count = used;
	return steps;
}
