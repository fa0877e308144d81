#ifndef WENZHENG_BASE_SLOTS_H
#define WENZHENG_BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Records of one fixed size in one array, found by a 64-bit key in constant time (open addressing, linear
 * probing, deletion by shifting back). A record's first field is its key, never 0.
 *
 * A record keeps its slot number until it is removed; the memory address changes when the array grows, so
 * pointers live only until the next slots_insert. Slot numbers of removed records are used again, last freed
 * first, which makes a run repeat to the byte.
 */
struct slots;

#define SLOT_NONE	UINT32_MAX
#define SLOTS_COUNT_MAX (UINT32_C(1) << 30)

/* `record_size`: a multiple of 8, at least 16. */
struct slots *slots_new(size_t record_size);
void slots_destroy(struct slots **self);

/* Makes a zeroed record with this key, which must not be there yet; returns its slot. */
uint32_t slots_insert(struct slots *self, uint64_t key);

/* The slot of a key, or SLOT_NONE. */
uint32_t slots_find(const struct slots *self, uint64_t key);

/* The record in a slot that is in use. */
void *slots_at(const struct slots *self, uint32_t slot);

void slots_remove(struct slots *self, uint32_t slot);

uint32_t slots_count(const struct slots *self);

/* The first slot in use at or after `from`, or SLOT_NONE: a walk over all records in slot order. */
uint32_t slots_next(const struct slots *self, uint32_t from);

/* Every slot in use is below this. It never falls, so a walk over slot numbers can be made in parts. */
uint32_t slots_end(const struct slots *self);

/* The record in a slot below slots_end, NULL if that is free. */
const void *slots_peek(const struct slots *self, uint32_t slot);

/* Asserts that table and array agree. For tests and the simulator: it walks everything. */
void slots_check(const struct slots *self);

#endif
