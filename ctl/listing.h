#ifndef WENZHENG_CTL_LISTING_H
#define WENZHENG_CTL_LISTING_H

#include "ctl/talk.h"

/* A list of the daemon's, asked for page by page until it is whole or `--limit` is reached. */
struct listing {
	enum kind kind; /* answered by LIST */
	/* Writes the request's fields but `req`, the page and its size. NULL: none. */
	void (*write)(const void *context, struct writer *writer);
	const void *request;
	/* Told of each item. With --json it is not called: the document is printed instead. */
	void (*each)(void *context, const struct message *item);
	void *context;
	bool by_cursor; /* pages go on with `cursor`, else with `after` */
	bool sized;	/* the request may carry `limit` */
};

/* Connects, asks, disconnects. An exit status; `*ret_more`: there were more than --limit. */
int listing_run(const struct listing *self, const struct settings *settings, bool *ret_more);

#endif
