#ifndef WENZHENG_BASE_FAULT_H
#define WENZHENG_BASE_FAULT_H

#include <stdbool.h>

/*
 * One sentence for a person about what is wrong with what he gave us: it names the thing (file, line, column,
 * key) and the way out. Filled by readers of files and arguments; the caller owns it and prints it.
 */
struct fault {
	char text[768];
};

#define FAULT_NONE ((struct fault){{0}})

/* Writes the sentence, in the language in force (base/language.h), cut at the array's end; always returns
 * false, so that a reader can `return fault_set(…)`. */
__attribute__((format(printf, 2, 3))) bool fault_set(struct fault *fault, const char *format, ...);

/* Puts `where: ` in front of the sentence that is there; always returns false. */
bool fault_prefix(struct fault *fault, const char *where);

#endif
