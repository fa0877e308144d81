#ifndef WENZHENG_CTL_DEADLINE_PRINT_H
#define WENZHENG_CTL_DEADLINE_PRINT_H

#include <stdio.h>

#include "base/fault.h"
#include "base/outcome.h"
#include "calendar/deadline.h"

/* One question about a deadline. */
struct deadline_question {
	const struct workdays *workdays;
	struct deadline_policy policy;
	struct instant received;
	struct deadline_within within;
	bool explain; /* also each day from receipt to due date, and why it counted or not */
};

/* Both answer on standard output: a short text (with a table) for people, one line of JSON for programs.
 * False with a fault if there is no such deadline. */
MUST_CHECK bool deadline_print_text(const struct deadline_question *question, struct fault *fault);
MUST_CHECK bool deadline_print_json(const struct deadline_question *question, struct fault *fault);

#endif
