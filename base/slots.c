#include "base/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

/*
 * A free record has key 0 and keeps the number of the next free slot in its next four bytes. The table holds
 * slot + 1, so that zeroed memory is an empty table; it is at most half full.
 */
struct slots {
	size_t record_size;
	char *records;
	uint32_t used; /* slots ever used: the array's length */
	uint32_t capacity;
	uint32_t count;
	uint32_t free_head;
	uint32_t *table;
	uint32_t mask;
};

struct free_record {
	uint64_t key;
	uint32_t next;
};

static uint32_t home_of(const struct slots *self, uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & self->mask;
}

static uint64_t *key_at(const struct slots *self, uint32_t slot)
{
	return (uint64_t *)(void *)(self->records + (size_t)slot * self->record_size);
}

struct slots *slots_new(size_t record_size)
{
	REQUIRE(record_size >= sizeof(struct free_record) && record_size % 8 == 0);
	struct slots *self = memory_new(1, sizeof(*self));
	self->record_size = record_size;
	self->free_head = SLOT_NONE;
	self->mask = 15;
	self->table = memory_new(16, sizeof(*self->table));
	return self;
}

void slots_destroy(struct slots **self)
{
	if (!*self)
		return;
	free((*self)->records);
	free((*self)->table);
	free(*self);
	*self = NULL;
}

static void table_put(struct slots *self, uint32_t slot)
{
	uint32_t at = home_of(self, *key_at(self, slot));
	while (self->table[at])
		at = (at + 1) & self->mask;
	self->table[at] = slot + 1;
}

static void grow_table(struct slots *self)
{
	uint32_t size = (self->mask + 1) * 2;
	free(self->table);
	self->table = memory_new(size, sizeof(*self->table));
	self->mask = size - 1;
	/* It grows when there are more records than ever before: no slot below `used` is free. */
	for (uint32_t slot = 0; slot < self->used; slot++) {
		ENSURE(*key_at(self, slot) != 0);
		table_put(self, slot);
	}
}

static uint32_t take_free_slot(struct slots *self)
{
	if (self->free_head != SLOT_NONE) {
		uint32_t slot = self->free_head;
		struct free_record record;
		memcpy(&record, key_at(self, slot), sizeof(record));
		self->free_head = record.next;
		return slot;
	}
	if (self->used == self->capacity) {
		self->capacity = self->capacity ? self->capacity * 2 : 16;
		self->records = memory_resize(self->records, self->capacity, self->record_size);
	}
	return self->used++;
}

uint32_t slots_insert(struct slots *self, uint64_t key)
{
	REQUIRE(key != 0 && slots_find(self, key) == SLOT_NONE);
	REQUIRE(self->count < SLOTS_COUNT_MAX);
	if ((self->count + 1) * 2 > self->mask)
		grow_table(self);
	uint32_t slot = take_free_slot(self);
	memset(key_at(self, slot), 0, self->record_size);
	*key_at(self, slot) = key;
	table_put(self, slot);
	self->count++;
	return slot;
}

static uint32_t table_find(const struct slots *self, uint64_t key)
{
	for (uint32_t at = home_of(self, key); self->table[at]; at = (at + 1) & self->mask)
		if (*key_at(self, self->table[at] - 1) == key)
			return at;
	return SLOT_NONE;
}

uint32_t slots_find(const struct slots *self, uint64_t key)
{
	uint32_t at = table_find(self, key);
	return at == SLOT_NONE ? SLOT_NONE : self->table[at] - 1;
}

void *slots_at(const struct slots *self, uint32_t slot)
{
	REQUIRE(slot < self->used && *key_at(self, slot) != 0);
	return key_at(self, slot);
}

/* Closes the hole at `at` by moving back every later entry of the run that may stand there. */
static void table_shift_back(struct slots *self, uint32_t at)
{
	for (uint32_t next = (at + 1) & self->mask; self->table[next]; next = (next + 1) & self->mask) {
		uint32_t home = home_of(self, *key_at(self, self->table[next] - 1));
		if (((next - home) & self->mask) >= ((next - at) & self->mask)) {
			self->table[at] = self->table[next];
			at = next;
		}
	}
	self->table[at] = 0;
}

void slots_remove(struct slots *self, uint32_t slot)
{
	uint64_t *key = slots_at(self, slot);
	uint32_t at = table_find(self, *key);
	ENSURE(at != SLOT_NONE);
	table_shift_back(self, at);
	struct free_record record = {.key = 0, .next = self->free_head};
	memcpy(key, &record, sizeof(record));
	self->free_head = slot;
	self->count--;
}

uint32_t slots_count(const struct slots *self)
{
	return self->count;
}

uint32_t slots_next(const struct slots *self, uint32_t from)
{
	for (uint32_t slot = from; slot < self->used; slot++)
		if (*key_at(self, slot))
			return slot;
	return SLOT_NONE;
}

uint32_t slots_end(const struct slots *self)
{
	return self->used;
}

const void *slots_peek(const struct slots *self, uint32_t slot)
{
	REQUIRE(slot < self->used);
	const uint64_t *key = key_at(self, slot);
	return *key ? key : NULL;
}

void slots_check(const struct slots *self)
{
	uint32_t in_use = 0, in_table = 0;
	for (uint32_t slot = 0; slot < self->used; slot++) {
		uint64_t key = *key_at(self, slot);
		if (!key)
			continue;
		in_use++;
		ENSURE(slots_find(self, key) == slot);
	}
	for (uint32_t at = 0; at <= self->mask; at++)
		in_table += self->table[at] != 0;
	ENSURE(in_use == self->count && in_table == self->count);
}
