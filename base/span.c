#include "base/span.h"

#include "base/assert.h"

bool span_contains(struct span hay, struct span needle)
{
	if (needle.size == 0)
		return true;
	return hay.size >= needle.size && memmem(hay.data, hay.size, needle.data, needle.size) != NULL;
}

bool span_copy(struct span from, char *to, size_t capacity)
{
	REQUIRE(to);
	if (from.size >= capacity)
		return false;
	if (from.size > 0)
		memcpy(to, from.data, from.size);
	to[from.size] = '\0';
	return true;
}
