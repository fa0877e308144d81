#include "base/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

struct entry {
	int64_t key;
	uint32_t item;
};

struct heap {
	struct entry *entries;
	uint32_t count;
	uint32_t capacity;
	uint32_t *places; /* of each item: its place + 1, 0 if it is not in the heap */
	uint32_t places_size;
};

struct heap *heap_new(void)
{
	return memory_new(1, sizeof(struct heap));
}

void heap_destroy(struct heap **self)
{
	if (!*self)
		return;
	free((*self)->entries);
	free((*self)->places);
	free(*self);
	*self = NULL;
}

static bool entry_before(struct entry a, struct entry b)
{
	return a.key != b.key ? a.key < b.key : a.item < b.item;
}

static void put(struct heap *self, uint32_t place, struct entry entry)
{
	self->entries[place] = entry;
	self->places[entry.item] = place + 1;
}

static void sift_up(struct heap *self, uint32_t place, struct entry entry)
{
	while (place > 0 && entry_before(entry, self->entries[(place - 1) / 2])) {
		put(self, place, self->entries[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(self, place, entry);
}

static void sift_down(struct heap *self, uint32_t place, struct entry entry)
{
	for (;;) {
		uint32_t child = 2 * place + 1;
		if (child >= self->count)
			break;
		if (child + 1 < self->count && entry_before(self->entries[child + 1], self->entries[child]))
			child++;
		if (!entry_before(self->entries[child], entry))
			break;
		put(self, place, self->entries[child]);
		place = child;
	}
	put(self, place, entry);
}

static void settle(struct heap *self, uint32_t place, struct entry entry)
{
	if (place > 0 && entry_before(entry, self->entries[(place - 1) / 2]))
		sift_up(self, place, entry);
	else
		sift_down(self, place, entry);
}

static void remove_at(struct heap *self, uint32_t place)
{
	self->places[self->entries[place].item] = 0;
	struct entry last = self->entries[--self->count];
	if (place < self->count)
		settle(self, place, last);
}

static void make_room(struct heap *self, uint32_t item)
{
	if (item >= self->places_size) {
		uint32_t size = self->places_size ? self->places_size : 16;
		while (size <= item)
			size *= 2;
		self->places = memory_resize(self->places, size, sizeof(*self->places));
		memset(self->places + self->places_size, 0,
			(size - self->places_size) * sizeof(*self->places));
		self->places_size = size;
	}
	if (self->count == self->capacity) {
		self->capacity = self->capacity ? self->capacity * 2 : 16;
		self->entries = memory_resize(self->entries, self->capacity, sizeof(*self->entries));
	}
}

void heap_set(struct heap *self, uint32_t item, int64_t key)
{
	REQUIRE(item < UINT32_MAX / 2);
	uint32_t place = item < self->places_size ? self->places[item] : 0;
	if (key == HEAP_NEVER) {
		if (place)
			remove_at(self, place - 1);
		return;
	}
	struct entry entry = {.key = key, .item = item};
	if (place) {
		settle(self, place - 1, entry);
		return;
	}
	make_room(self, item);
	sift_up(self, self->count++, entry);
}

int64_t heap_first(const struct heap *self, uint32_t *ret_item)
{
	if (self->count == 0)
		return HEAP_NEVER;
	if (ret_item)
		*ret_item = self->entries[0].item;
	return self->entries[0].key;
}

int64_t heap_key(const struct heap *self, uint32_t item)
{
	uint32_t place = item < self->places_size ? self->places[item] : 0;
	return place ? self->entries[place - 1].key : HEAP_NEVER;
}

uint32_t heap_count(const struct heap *self)
{
	return self->count;
}
