#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/store/twin.h"

static void pack(char **at, struct span *span)
{
	if (span->size > 0)
		memcpy(*at, span->data, span->size);
	span->data = span->size > 0 ? *at : NULL;
	*at += span->size;
}

#define SIZE_TEXT(field)    +(field).size
#define SIZE_NUMBER(field)  +0
#define SIZE_INSTANT(field) +0
#define SIZE_DUE(field)	    +0
#define SIZE_DIGEST(field)  +0
#define PACK_TEXT(field)    pack(&at, &(field))
#define PACK_NUMBER(field)  (void)0
#define PACK_INSTANT(field) (void)0
#define PACK_DUE(field)	    (void)0
#define PACK_DIGEST(field)  (void)0

char *twin_copy_record(const struct record *from, struct record *ret_record)
{
#define X(name, type) SIZE_##type(from->name)
	size_t size = 0 RECORD_FIELDS(X);
#undef X
	char *block = memory_new(1, size), *at = block;
	*ret_record = *from;
#define X(name, type) PACK_##type(ret_record->name);
	RECORD_FIELDS(X)
#undef X
	ENSURE(at == block + size);
	return block;
}

char *twin_copy_case(const struct case_row *from, struct span message_id, struct case_row *ret_row)
{
#define X(name, type) SIZE_##type(from->name)
	size_t size = message_id.size CASE_FIELDS(X);
#undef X
	char *block = memory_new(1, size), *at = block;
	*ret_row = *from;
	ret_row->message_id = message_id;
#define X(name, type) PACK_##type(ret_row->name);
	CASE_FIELDS(X)
#undef X
	pack(&at, &ret_row->message_id);
	ENSURE(at == block + size);
	return block;
}

char *twin_copy_message(const struct message_row *from, struct message_row *ret_row)
{
	char *block = memory_new(1,
		     from->portal.size + 1 + from->message_id.size + from->category.size + from->region.size),
	     *at = block;
	*ret_row = *from;
	pack(&at, &ret_row->portal);
	at++;
	pack(&at, &ret_row->message_id);
	pack(&at, &ret_row->category);
	pack(&at, &ret_row->region);
	return block;
}

char *twin_copy_text(const struct text_row *from, struct text_row *ret_row)
{
	char *block = memory_new(1, from->title.size + from->body.size), *at = block;
	*ret_row = *from;
	pack(&at, &ret_row->title);
	pack(&at, &ret_row->body);
	return block;
}

size_t twin_list_after(const struct twin_list *self, int64_t item)
{
	size_t low = 0, high = self->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (self->items[middle] > item)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void twin_list_insert(struct twin_list *self, int64_t item)
{
	if (self->count == self->capacity) {
		self->capacity = self->capacity ? self->capacity * 2 : 4;
		self->items = memory_resize(self->items, self->capacity, sizeof(*self->items));
	}
	size_t at = twin_list_after(self, item);
	memmove(self->items + at + 1, self->items + at, (self->count - at) * sizeof(*self->items));
	self->items[at] = item;
	self->count++;
}

void twin_list_remove(struct twin_list *self, int64_t item)
{
	size_t after = twin_list_after(self, item);
	ENSURE(after > 0 && self->items[after - 1] == item);
	memmove(self->items + after - 1, self->items + after, (self->count - after) * sizeof(*self->items));
	self->count--;
}

void twin_list_deinit(struct twin_list *self)
{
	free(self->items);
	*self = (struct twin_list){NULL, 0, 0};
}
