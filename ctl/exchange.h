#ifndef WENZHENG_CTL_EXCHANGE_H
#define WENZHENG_CTL_EXCHANGE_H

#include "ctl/talk.h"

/* One question and its answer, which is all that most commands are. */
struct exchange {
	enum kind kind;
	enum kind expected;
	/* Writes the request's fields but `req`. NULL: none. */
	void (*write)(const void *context, struct writer *writer);
	/* For people; with --json it is not called, and the document is printed. */
	void (*print)(const void *context, const struct message *answer);
	const void *context;
};

/* Connects, asks, prints, disconnects. An exit status. */
int exchange_run(const struct exchange *self, const struct settings *settings);

#endif
