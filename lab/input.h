#ifndef WENZHENG_LAB_INPUT_H
#define WENZHENG_LAB_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/instant.h"
#include "base/span.h"

/*
 * Historical messages: a JSON-lines file, one object a line, with the texts `title` and `body`, the moment
 * `received` (local at +08:00 unless it says its own offset), and where there are any `id`, `category`, and
 * `reply` with its moment `replied`. Other members are ignored; empty lines too.
 */
struct input_message {
	uint32_t line;
	struct span id; /* empty: none */
	struct span title;
	struct span body;
	struct span category; /* empty: none */
	struct instant received;
	struct span reply;
	struct instant replied; /* INSTANT_NEVER: it was not answered */
};

struct input;

#define INPUT_MESSAGES_MAX 10000000 /* what a laptop holds in memory; it is read whole */

/* NULL with a fault "file:line: …". */
struct input *input_read(const char *path, struct fault *fault);
void input_destroy(struct input **self);

/* In the order of the file; the texts live as long as the input. */
const struct input_message *input_messages(const struct input *self, size_t *ret_count);
const char *input_path(const struct input *self);

#endif
