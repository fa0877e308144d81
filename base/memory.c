#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

void *memory_new(size_t count, size_t size)
{
	void *pointer = calloc(count ? count : 1, size ? size : 1);
	ENSURE(pointer);
	return pointer;
}

void *memory_resize(void *pointer, size_t count, size_t size)
{
	REQUIRE(count > 0 && size > 0);
	void *grown = reallocarray(pointer, count, size);
	ENSURE(grown);
	return grown;
}

char *memory_copy_string(const char *text)
{
	REQUIRE(text);
	return memory_copy(text, strlen(text) + 1);
}

void *memory_copy(const void *data, size_t size)
{
	void *copy = memory_new(1, size);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}
