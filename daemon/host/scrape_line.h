#ifndef WENZHENG_HOST_SCRAPE_LINE_H
#define WENZHENG_HOST_SCRAPE_LINE_H

#include "base/span.h"

/*
 * The first line of an HTTP request, which is all of it that is ever looked at: what it asks for decides
 * nothing but whether the one text that there is is given. No header, no body, no second request.
 */
enum scrape_verdict {
	SCRAPE_UNFINISHED, /* no line yet */
	SCRAPE_METRICS,	   /* GET /metrics, in HTTP/1 */
	SCRAPE_NOT_FOUND,  /* another path: 404 */
	SCRAPE_BAD_METHOD, /* something else than GET: 405 */
	SCRAPE_BAD,	   /* no request, or longer than SCRAPE_LINE_MAX: 400 */
};

/* Any bytes, from the first one on. */
enum scrape_verdict scrape_line_judge(struct span bytes);

/* The whole answer to a line that did not ask for the metrics: static text. */
struct span scrape_line_refusal(enum scrape_verdict verdict);

#endif
