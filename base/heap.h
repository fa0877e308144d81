#ifndef WENZHENG_BASE_HEAP_H
#define WENZHENG_BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which item is due first: a binary heap over small item numbers (slot numbers), each with at most one key.
 * Equal keys come in the order of their item numbers, so that a run repeats.
 */
struct heap;

#define HEAP_NEVER INT64_MAX

struct heap *heap_new(void);
void heap_destroy(struct heap **self);

/* Gives `item` this key, wherever it was before; HEAP_NEVER takes it out. */
void heap_set(struct heap *self, uint32_t item, int64_t key);

/* The smallest key, HEAP_NEVER when empty; its item in `ret_item`, which may be NULL. */
int64_t heap_first(const struct heap *self, uint32_t *ret_item);

/* The key of an item, HEAP_NEVER if it has none. */
int64_t heap_key(const struct heap *self, uint32_t item);

uint32_t heap_count(const struct heap *self);

#endif
