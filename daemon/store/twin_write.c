#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/store/twin.h"

static int refuse_second(struct twin *self, const char *what)
{
	self->failed = true;
	return FATAL(EEXIST, what);
}

static void index_add(struct twin_index **index, struct span key, int64_t seq)
{
	struct twin_index *entry;
	HASH_FIND(hh, *index, key.data, key.size, entry);
	if (!entry) {
		entry = memory_new(1, sizeof(*entry));
		entry->key = memory_copy(key.data, key.size);
		entry->size = key.size;
		HASH_ADD_KEYPTR(hh, *index, entry->key, entry->size, entry);
	}
	twin_list_insert(&entry->seqs, seq);
}

int twin_append(struct store *store, struct record *record)
{
	struct twin *self = twin_of(store);
	REQUIRE(record->kind > 0 && record->kind < RECORD_KIND_END);
	int r = twin_write_begins(self);
	if (r != 0)
		return r;
	if (self->journal_count == self->journal_capacity) {
		self->journal_capacity = self->journal_capacity ? self->journal_capacity * 2 : 64;
		self->journal = memory_resize(self->journal, self->journal_capacity, sizeof(*self->journal));
	}
	record->seq = (int64_t)self->journal_count + 1;
	struct twin_record *kept = &self->journal[self->journal_count++];
	kept->block = twin_copy_record(record, &kept->record);
	self->now.head = chain_next(&self->now.head, record);
	store_totals_count(&self->now.totals, record);
	if (record->case_id)
		index_add(&self->histories, span_of(&record->case_id, sizeof(record->case_id)), record->seq);
	if (record->stream.size > 0)
		index_add(&self->streams, record->stream, record->seq);
	twin_undo_push(self, UNDO_APPEND, 0);
	return 0;
}

int twin_put_message(struct store *store, const struct message_row *row)
{
	struct twin *self = twin_of(store);
	REQUIRE(row->case_id > 0 && row->portal.size > 0 && row->message_id.size > 0);
	int r = twin_write_begins(self);
	if (r != 0)
		return r;
	struct twin_message *kept = memory_new(1, sizeof(*kept)), *before;
	kept->case_id = row->case_id;
	kept->block = twin_copy_message(row, &kept->row);
	size_t key_size = row->portal.size + 1 + row->message_id.size;
	HASH_FIND(by_name, self->messages_by_name, kept->block, key_size, before);
	if (!before)
		HASH_FIND(by_id, self->messages, &kept->case_id, sizeof(kept->case_id), before);
	if (before) {
		free(kept->block);
		free(kept);
		return refuse_second(self, "store: a second message of one id or case");
	}
	HASH_ADD_KEYPTR(by_name, self->messages_by_name, kept->block, key_size, kept);
	HASH_ADD(by_id, self->messages, case_id, sizeof(kept->case_id), kept);
	twin_list_insert(&self->message_ids, row->case_id);
	twin_undo_push(self, UNDO_MESSAGE, row->case_id);
	return 0;
}

int twin_put_text(struct store *store, struct text_row *row)
{
	struct twin *self = twin_of(store);
	REQUIRE(row->case_id > 0 && row->case_id < INT64_MAX / TWIN_TEXT_FACTOR - 1);
	REQUIRE(row->ordinal >= 1 && row->ordinal <= TEXT_ORDINAL_MAX);
	REQUIRE(row->role >= TEXT_MESSAGE && row->role < TEXT_ROLE_END);
	int r = twin_write_begins(self);
	if (r != 0)
		return r;
	int64_t id = row->case_id * TWIN_TEXT_FACTOR + row->ordinal;
	struct twin_text *kept;
	HASH_FIND(hh, self->texts, &id, sizeof(id), kept);
	if (kept)
		return refuse_second(self, "store: a second text of one ordinal");
	row->digest = text_digest(row);
	kept = memory_new(1, sizeof(*kept));
	kept->id = id;
	kept->block = twin_copy_text(row, &kept->row);
	HASH_ADD(hh, self->texts, id, sizeof(kept->id), kept);
	twin_undo_push(self, UNDO_TEXT, id);
	return 0;
}

int twin_put_case(struct store *store, const struct case_row *row)
{
	struct twin *self = twin_of(store);
	REQUIRE(row->case_id > 0 && row->state > CASE_NONE && row->state < CASE_STATE_END);
	int r = twin_write_begins(self);
	if (r != 0)
		return r;
	struct twin_case *kept = memory_new(1, sizeof(*kept)), *before;
	kept->case_id = row->case_id;
	kept->block = twin_copy_case(row, SPAN_EMPTY, &kept->row);
	HASH_FIND(hh, self->cases, &kept->case_id, sizeof(kept->case_id), before);
	if (before)
		HASH_DEL(self->cases, before);
	else
		twin_list_insert(&self->case_ids, row->case_id);
	HASH_ADD(hh, self->cases, case_id, sizeof(kept->case_id), kept);
	twin_undo_push(self, UNDO_CASE, row->case_id)->was = before;
	return 0;
}

int twin_put_cursor(struct store *store, struct span principal, int64_t cursor)
{
	struct twin *self = twin_of(store);
	REQUIRE(principal.size > 0);
	int r = twin_write_begins(self);
	if (r != 0)
		return r;
	struct twin_cursor *kept;
	HASH_FIND(hh, self->cursors, principal.data, principal.size, kept);
	struct twin_undo *undo = twin_undo_push(self, UNDO_CURSOR, kept ? kept->cursor : -1);
	if (!kept) {
		kept = memory_new(1, sizeof(*kept));
		kept->principal = memory_copy(principal.data, principal.size);
		kept->size = principal.size;
		HASH_ADD_KEYPTR(hh, self->cursors, kept->principal, kept->size, kept);
	}
	kept->cursor = cursor;
	undo->cursor = kept;
	return 0;
}
