#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

static void reserve(struct buffer *self, size_t more)
{
	REQUIRE(more <= SIZE_MAX / 4 - self->size);
	if (self->size + more <= self->capacity)
		return;
	size_t capacity = self->capacity ? self->capacity : 256;
	while (capacity < self->size + more)
		capacity *= 2;
	self->data = memory_resize(self->data, capacity, 1);
	self->capacity = capacity;
}

void buffer_deinit(struct buffer *self)
{
	if (!self)
		return;
	free(self->data);
	*self = BUFFER_NULL;
}

void buffer_clear(struct buffer *self)
{
	self->size = 0;
}

void buffer_append(struct buffer *self, const void *data, size_t size)
{
	REQUIRE(data || size == 0);
	if (size == 0)
		return;
	reserve(self, size);
	memcpy(self->data + self->size, data, size);
	self->size += size;
}

void buffer_append_span(struct buffer *self, struct span span)
{
	buffer_append(self, span.data, span.size);
}

void buffer_append_byte(struct buffer *self, uint8_t byte)
{
	buffer_append(self, &byte, 1);
}

void buffer_printf(struct buffer *self, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	ENSURE(length >= 0);
	reserve(self, (size_t)length + 1);
	vsnprintf(self->data + self->size, (size_t)length + 1, format, again);
	va_end(again);
	self->size += (size_t)length;
}

void buffer_append_u32(struct buffer *self, uint32_t value)
{
	uint8_t bytes[4];
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	buffer_append(self, bytes, sizeof(bytes));
}

void buffer_append_u64(struct buffer *self, uint64_t value)
{
	buffer_append_u32(self, (uint32_t)(value >> 32));
	buffer_append_u32(self, (uint32_t)value);
}

void buffer_append_prefixed(struct buffer *self, struct span span)
{
	REQUIRE(span.size <= UINT32_MAX);
	buffer_append_u32(self, (uint32_t)span.size);
	buffer_append_span(self, span);
}

struct span buffer_span(const struct buffer *self)
{
	return span_of(self->data, self->size);
}

const char *buffer_string(struct buffer *self)
{
	reserve(self, 1);
	self->data[self->size] = '\0';
	return self->data;
}
