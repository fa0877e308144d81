#ifndef WENZHENG_STORE_CANONICAL_H
#define WENZHENG_STORE_CANONICAL_H

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/digest.h"
#include "base/memory.h"

/*
 * The bytes a digest is taken of, written into room measured before: every message passes here four times,
 * and this was a tenth of its cost with a buffer that grows.
 */
struct canonical {
	char *start;
	char *at;
	size_t size;
	char room[768]; /* a journal record nearly always fits */
};

/* Room for exactly `size` bytes; ended by canonical_digest. */
static inline void canonical_begin(struct canonical *self, size_t size)
{
	self->start = size <= sizeof(self->room) ? self->room : memory_resize(NULL, size, 1);
	self->at = self->start;
	self->size = size;
}

static inline void canonical_put(struct canonical *self, const void *data, size_t size)
{
	if (size > 0)
		memcpy(self->at, data, size);
	self->at += size;
}

static inline void canonical_put_u32(struct canonical *self, uint32_t value)
{
	value = htobe32(value);
	canonical_put(self, &value, sizeof(value));
}

static inline void canonical_put_u64(struct canonical *self, uint64_t value)
{
	value = htobe64(value);
	canonical_put(self, &value, sizeof(value));
}

/* A length before it: two texts can never run into each other. */
static inline void canonical_put_text(struct canonical *self, struct span text)
{
	REQUIRE(text.size <= UINT32_MAX);
	canonical_put_u32(self, (uint32_t)text.size);
	canonical_put(self, text.data, text.size);
}

static inline struct digest canonical_digest(struct canonical *self)
{
	ENSURE(self->at == self->start + self->size);
	struct digest digest = digest_of(span_of(self->start, self->size));
	if (self->start != self->room)
		free(self->start);
	return digest;
}

#endif
