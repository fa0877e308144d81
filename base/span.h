#ifndef WENZHENG_BASE_SPAN_H
#define WENZHENG_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Bytes somebody else owns. A span never owns, never ends in NUL by promise, and is valid only as long as
 * what it points into; whoever returns one says what that is. `data` may be NULL when `size` is 0.
 */
struct span {
	const char *data;
	size_t size;
};

#define SPAN_EMPTY	   ((struct span){NULL, 0})
#define SPAN_LITERAL(text) ((struct span){(text), sizeof(text) - 1})
/* For printf: printf("%.*s", SPAN_PRINT(s)). */
#define SPAN_PRINT(span) (int)(span).size, span_text(span)

static inline struct span span_of(const void *data, size_t size)
{
	return (struct span){data, size};
}

/* The text up to its NUL; NULL gives the empty span. */
static inline struct span span_of_string(const char *text)
{
	return text ? (struct span){text, strlen(text)} : SPAN_EMPTY;
}

/* Not NULL even if the span is empty: printf may not be given NULL, whatever the precision. */
static inline const char *span_text(struct span span)
{
	return span.data ? span.data : "";
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_equal_string(struct span a, const char *text)
{
	return span_equal(a, span_of_string(text));
}

/* True if `needle` stands in `hay` byte for byte; the empty needle stands everywhere. */
bool span_contains(struct span hay, struct span needle);

/* Copies into `to` with a closing NUL. Returns false, and writes nothing, if it does not fit `capacity`. */
bool span_copy(struct span from, char *to, size_t capacity);

#endif
