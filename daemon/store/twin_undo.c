#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/store/twin.h"

struct twin_undo *twin_undo_push(struct twin *self, enum twin_undo_kind kind, int64_t number)
{
	if (self->undo_count == self->undo_capacity) {
		self->undo_capacity = self->undo_capacity ? self->undo_capacity * 2 : 64;
		self->undo = memory_resize(self->undo, self->undo_capacity, sizeof(*self->undo));
	}
	struct twin_undo *undo = &self->undo[self->undo_count++];
	*undo = (struct twin_undo){.kind = kind, .number = number};
	return undo;
}

static void free_case(struct twin_case *kept)
{
	if (kept)
		free(kept->block);
	free(kept);
}

static void free_message(struct twin *self, struct twin_message *kept)
{
	HASH_DELETE(by_name, self->messages_by_name, kept);
	HASH_DELETE(by_id, self->messages, kept);
	free(kept->block);
	free(kept);
}

static void free_text(struct twin *self, struct twin_text *kept)
{
	HASH_DEL(self->texts, kept);
	free(kept->block);
	free(kept);
}

static void free_cursor(struct twin *self, struct twin_cursor *kept)
{
	HASH_DEL(self->cursors, kept);
	free(kept->principal);
	free(kept);
}

static void index_remove_last(struct twin_index *index, struct span key, int64_t seq)
{
	struct twin_index *entry;
	HASH_FIND(hh, index, key.data, key.size, entry);
	ENSURE(entry && entry->seqs.count > 0);
	twin_list_remove(&entry->seqs, seq);
}

static void undo_append(struct twin *self, const struct twin_undo *undo)
{
	(void)undo;
	struct twin_record *last = &self->journal[--self->journal_count];
	const struct record *record = &last->record;
	if (record->case_id)
		index_remove_last(
			self->histories, span_of(&record->case_id, sizeof(record->case_id)), record->seq);
	if (record->stream.size > 0)
		index_remove_last(self->streams, record->stream, record->seq);
	free(last->block);
}

static void undo_message(struct twin *self, const struct twin_undo *undo)
{
	int64_t case_id = undo->number;
	struct twin_message *kept;
	HASH_FIND(by_id, self->messages, &case_id, sizeof(case_id), kept);
	ENSURE(kept);
	twin_list_remove(&self->message_ids, case_id);
	free_message(self, kept);
}

static void undo_text(struct twin *self, const struct twin_undo *undo)
{
	int64_t id = undo->number;
	struct twin_text *kept;
	HASH_FIND(hh, self->texts, &id, sizeof(id), kept);
	ENSURE(kept);
	free_text(self, kept);
}

static void undo_case(struct twin *self, const struct twin_undo *undo)
{
	struct twin_case *kept;
	HASH_FIND(hh, self->cases, &undo->number, sizeof(undo->number), kept);
	ENSURE(kept);
	HASH_DEL(self->cases, kept);
	free_case(kept);
	if (undo->was)
		HASH_ADD(hh, self->cases, case_id, sizeof(undo->was->case_id), undo->was);
	else
		twin_list_remove(&self->case_ids, undo->number);
}

static void undo_cursor(struct twin *self, const struct twin_undo *undo)
{
	if (undo->number >= 0)
		undo->cursor->cursor = undo->number;
	else
		free_cursor(self, undo->cursor);
}

void twin_roll_back(struct twin *self)
{
	static void (*const undo[])(struct twin *, const struct twin_undo *) = {[UNDO_APPEND] = undo_append,
		[UNDO_MESSAGE] = undo_message,
		[UNDO_TEXT] = undo_text,
		[UNDO_CASE] = undo_case,
		[UNDO_CURSOR] = undo_cursor};
	while (self->undo_count > 0) {
		const struct twin_undo *last = &self->undo[--self->undo_count];
		undo[last->kind](self, last);
	}
	self->now = self->committed;
}

void twin_keep(struct twin *self)
{
	for (size_t i = 0; i < self->undo_count; i++)
		free_case(self->undo[i].was);
	self->undo_count = 0;
	self->committed = self->now;
}

static void free_index(struct twin_index **index)
{
	struct twin_index *entry, *next;
	HASH_ITER (hh, *index, entry, next) {
		HASH_DEL(*index, entry);
		twin_list_deinit(&entry->seqs);
		free(entry->key);
		free(entry);
	}
}

void twin_free_rows(struct twin *self)
{
	twin_keep(self);
	for (size_t i = 0; i < self->journal_count; i++)
		free(self->journal[i].block);
	free(self->journal);
	free_index(&self->histories);
	free_index(&self->streams);
	struct twin_case *row, *next_case;
	HASH_ITER (hh, self->cases, row, next_case) {
		HASH_DEL(self->cases, row);
		free_case(row);
	}
	struct twin_message *message, *next_message;
	HASH_ITER (by_id, self->messages, message, next_message)
		free_message(self, message);
	struct twin_text *text, *next_text;
	HASH_ITER (hh, self->texts, text, next_text)
		free_text(self, text);
	struct twin_cursor *cursor, *next_cursor;
	HASH_ITER (hh, self->cursors, cursor, next_cursor)
		free_cursor(self, cursor);
	twin_list_deinit(&self->case_ids);
	twin_list_deinit(&self->message_ids);
	free(self->undo);
}
