#ifndef WENZHENG_HOST_SCRAPE_H
#define WENZHENG_HOST_SCRAPE_H

/* One who asks for the metrics, from his connection to its end: the inside of monitor.c. */

#include "base/buffer.h"
#include "base/instant.h"
#include "base/limits.h"
#include "daemon/host/scrape_line.h"

/* The one text, with the head of the answer, held by those who are being given it. */
struct scrape_text {
	unsigned holders;
	struct mono made;
	struct buffer head;
	struct buffer body;
};

/* With one holder, the caller. Takes the body out of `body`. */
struct scrape_text *scrape_text_new(struct buffer *body, struct mono made);
/* One holder less; the last one frees it. Accepts NULL behind the pointer. */
void scrape_text_release(struct scrape_text **self);

enum scrape_state {
	SCRAPE_FREE,	/* a place for somebody */
	SCRAPE_READING, /* the first line */
	SCRAPE_WAITING, /* for the text */
	SCRAPE_WRITING,
	SCRAPE_LEAVING, /* all is written; what he still says is thrown away, so that he can read to the end
			 */
	SCRAPE_OVER,	/* nothing more to be done: scrape_end */
};

enum scrape_outcome {
	SCRAPE_DROPPED,
	SCRAPE_REFUSED,
	SCRAPE_ANSWERED,
};

struct scrape {
	enum scrape_state state;
	enum scrape_outcome outcome; /* if it ended now */
	int fd;
	uint64_t number; /* of arrival */
	struct mono deadline;
	char line[SCRAPE_LINE_MAX];
	size_t line_size;
	struct scrape_text *text; /* what is written, unless it is a refusal */
	struct span parts[2];	  /* what is left to write */
	size_t thrown_away;
};

/* Takes the descriptor, which does not block. */
void scrape_begin(struct scrape *self, int fd, uint64_t number, struct mono now);
void scrape_end(struct scrape *self);

/* One read or one write, whichever its state wants. `fresh`: a text that may be given at once, or NULL. */
void scrape_turn(struct scrape *self, struct scrape_text *fresh);

/* To one that waits. */
void scrape_give(struct scrape *self, struct scrape_text *text);

#endif
