#ifndef WENZHENG_BASE_BUFFER_H
#define WENZHENG_BASE_BUFFER_H

#include <stdint.h>

#include "base/span.h"

/* Bytes we own, growing at the end. Embedded: start with BUFFER_NULL, end with buffer_deinit. */
struct buffer {
	char *data;
	size_t size;
	size_t capacity;
};

#define BUFFER_NULL ((struct buffer){NULL, 0, 0})

void buffer_deinit(struct buffer *self);

/* Forgets the content and keeps the memory for the next use. */
void buffer_clear(struct buffer *self);

void buffer_append(struct buffer *self, const void *data, size_t size);
void buffer_append_span(struct buffer *self, struct span span);
void buffer_append_byte(struct buffer *self, uint8_t byte);
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *self, const char *format, ...);

/* Big-endian, for digests and canonical forms. */
void buffer_append_u32(struct buffer *self, uint32_t value);
void buffer_append_u64(struct buffer *self, uint64_t value);

/* A u32 length and the bytes: two fields can never run into each other. */
void buffer_append_prefixed(struct buffer *self, struct span span);

/* What is there now; valid until the next change of the buffer. */
struct span buffer_span(const struct buffer *self);

/* The content with a closing NUL, which is not counted in size; valid until the next change. */
const char *buffer_string(struct buffer *self);

#endif
