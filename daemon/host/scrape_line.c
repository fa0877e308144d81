#include "daemon/host/scrape_line.h"

#include <string.h>

#include "base/assert.h"
#include "base/limits.h"

#define PATH "/metrics"

/* Takes the text up to the next space off the line; empty if there is none. */
static struct span next_word(struct span *line)
{
	const char *space = line->size ? memchr(line->data, ' ', line->size) : NULL;
	if (!space)
		return SPAN_EMPTY;
	struct span word = span_of(line->data, (size_t)(space - line->data));
	*line = span_of(space + 1, line->size - word.size - 1);
	return word;
}

static bool begins_with(struct span text, const char *beginning)
{
	size_t size = strlen(beginning);
	return text.size >= size && memcmp(text.data, beginning, size) == 0;
}

/* Prometheus may add parameters; they change nothing. */
static bool is_path(struct span path)
{
	return begins_with(path, PATH) && (path.size == strlen(PATH) || path.data[strlen(PATH)] == '?');
}

static enum scrape_verdict judge_line(struct span line)
{
	struct span method = next_word(&line);
	struct span path = next_word(&line);
	if (method.size == 0 || !begins_with(path, "/") ||
		!(span_equal_string(line, "HTTP/1.0") || span_equal_string(line, "HTTP/1.1")))
		return SCRAPE_BAD;
	if (!span_equal_string(method, "GET"))
		return SCRAPE_BAD_METHOD;
	return is_path(path) ? SCRAPE_METRICS : SCRAPE_NOT_FOUND;
}

enum scrape_verdict scrape_line_judge(struct span bytes)
{
	size_t seen = bytes.size < SCRAPE_LINE_MAX ? bytes.size : SCRAPE_LINE_MAX;
	const char *end = seen ? memchr(bytes.data, '\n', seen) : NULL;
	if (!end)
		return seen == SCRAPE_LINE_MAX ? SCRAPE_BAD : SCRAPE_UNFINISHED;
	struct span line = span_of(bytes.data, (size_t)(end - bytes.data));
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return judge_line(line);
}

#define REFUSAL(status, more, text)                                                                  \
	SPAN_LITERAL("HTTP/1.0 " status "\r\nContent-Type: text/plain\r\nConnection: close\r\n" more \
		     "\r\n" text "\n")

struct span scrape_line_refusal(enum scrape_verdict verdict)
{
	switch (verdict) {
	case SCRAPE_NOT_FOUND:
		return REFUSAL("404 Not Found", "", "There is " PATH " and nothing else.");
	case SCRAPE_BAD_METHOD:
		return REFUSAL("405 Method Not Allowed", "Allow: GET\r\n", "There is only GET " PATH ".");
	case SCRAPE_BAD:
		return REFUSAL("400 Bad Request", "", "This is no request for " PATH ".");
	case SCRAPE_UNFINISHED:
	case SCRAPE_METRICS:
		break;
	}
	UNREACHABLE();
}
