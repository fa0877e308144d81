#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limits.h"
#include "daemon/host/exposition.h"
#include "daemon/host/scrape_line.h"

/*
 * Any bytes before the door of the metrics, in any pieces: the same line gets the same answer however it
 * comes, nothing behind the first line matters, and a judgement is made after SCRAPE_LINE_MAX bytes at the
 * latest. And any text as the value of a label, which cannot leave its quotes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct span bytes)
{
	enum scrape_verdict verdict = scrape_line_judge(bytes);
	const char *end = bytes.size ? memchr(bytes.data, '\n', bytes.size) : NULL;
	size_t line = end ? (size_t)(end - bytes.data) + 1 : bytes.size;
	for (size_t piece = 0; piece < line && piece < SCRAPE_LINE_MAX; piece++)
		ENSURE(scrape_line_judge(span_of(bytes.data, piece)) == SCRAPE_UNFINISHED);
	ENSURE(scrape_line_judge(span_of(bytes.data, line)) == verdict);
	IMPLIES(bytes.size >= SCRAPE_LINE_MAX, verdict != SCRAPE_UNFINISHED);
	IMPLIES(verdict == SCRAPE_METRICS, bytes.size > 12 && memcmp(bytes.data, "GET /metrics", 12) == 0);
	if (verdict != SCRAPE_UNFINISHED && verdict != SCRAPE_METRICS)
		ENSURE(memcmp(scrape_line_refusal(verdict).data, "HTTP/1.0 4", 10) == 0);
}

/* Takes the escapes away again, as Prometheus does. */
static void check_escape(const char *value)
{
	struct buffer text = BUFFER_NULL;
	size_t at = 0;
	exposition_escape(&text, value);
	for (size_t i = 0; i < text.size; i++) {
		char one = text.data[i];
		ENSURE(one != '\n' && one != '"');
		if (one == '\\') {
			one = text.data[++i];
			ENSURE(i < text.size && (one == 'n' || one == '\\' || one == '"'));
			one = one == 'n' ? '\n' : one;
		}
		ENSURE(one == value[at++]);
	}
	ENSURE(value[at] == '\0');
	buffer_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_line(span_of(data, size));
	char *string = strndup(data ? (const char *)data : "", size);
	ENSURE(string);
	check_escape(string);
	free(string);
	return 0;
}
