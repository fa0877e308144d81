#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/store/twin.h"

void twin_settle(struct twin *self)
{
	free(self->lent);
	self->lent = NULL;
}

static struct twin_message *message_of(struct twin *self, int64_t case_id)
{
	struct twin_message *kept;
	HASH_FIND(by_id, self->messages, &case_id, sizeof(case_id), kept);
	return kept;
}

int twin_find_message(
	struct store *store, struct span portal, struct span message_id, struct message_row *ret_row)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	struct message_row wanted = {.portal = portal, .message_id = message_id};
	self->lent = twin_copy_message(&wanted, &wanted);
	struct twin_message *kept;
	HASH_FIND(by_name, self->messages_by_name, self->lent, portal.size + 1 + message_id.size, kept);
	if (!kept)
		return STORE_NOT_FOUND;
	twin_settle(self);
	self->lent = twin_copy_message(&kept->row, ret_row);
	return 0;
}

int twin_read_message(struct store *store, int64_t case_id, struct message_row *ret_row)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	struct twin_message *kept = message_of(self, case_id);
	if (!kept)
		return STORE_NOT_FOUND;
	self->lent = twin_copy_message(&kept->row, ret_row);
	return 0;
}

int twin_read_text(struct store *store, int64_t case_id, int64_t ordinal, struct text_row *ret_row)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	if (ordinal < 1 || ordinal > TEXT_ORDINAL_MAX || case_id < 1 ||
		case_id >= INT64_MAX / TWIN_TEXT_FACTOR)
		return STORE_NOT_FOUND;
	int64_t id = case_id * TWIN_TEXT_FACTOR + ordinal;
	struct twin_text *kept;
	HASH_FIND(hh, self->texts, &id, sizeof(id), kept);
	if (!kept)
		return STORE_NOT_FOUND;
	struct digest computed = text_digest(&kept->row);
	if (!digest_equal(&computed, &kept->row.digest))
		return STORE_DAMAGED;
	self->lent = twin_copy_text(&kept->row, ret_row);
	return 0;
}

int twin_read_case(struct store *store, int64_t case_id, struct case_row *ret_row)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	struct twin_case *kept;
	HASH_FIND(hh, self->cases, &case_id, sizeof(case_id), kept);
	if (!kept)
		return STORE_NOT_FOUND;
	const struct twin_message *message = message_of(self, case_id);
	ENSURE(message);
	self->lent = twin_copy_case(&kept->row, message->row.message_id, ret_row);
	return 0;
}

int twin_read_cursor(struct store *store, struct span principal, int64_t *ret_cursor)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	struct twin_cursor *kept;
	HASH_FIND(hh, self->cursors, principal.data, principal.size, kept);
	if (!kept)
		return STORE_NOT_FOUND;
	*ret_cursor = kept->cursor;
	return 0;
}

int twin_last_case_of_day(struct store *store, int64_t first_id, int64_t last_id, int64_t *ret_case_id)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	size_t after = twin_list_after(&self->message_ids, last_id);
	if (after == 0 || self->message_ids.items[after - 1] < first_id)
		return STORE_NOT_FOUND;
	*ret_case_id = self->message_ids.items[after - 1];
	return 0;
}

int twin_last_record(struct store *store, struct record *ret_record)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	if (self->journal_count == 0)
		return STORE_NOT_FOUND;
	self->lent = twin_copy_record(&self->journal[self->journal_count - 1].record, ret_record);
	return 0;
}

static bool is_wanted(const struct case_filter *filter, const struct case_row *row)
{
	bool is_open = row->state != CASE_ANSWERED;
	if ((filter->open_only || filter->due_before.us != 0) && !is_open)
		return false;
	if (filter->due_before.us != 0 &&
		(instant_is_never(row->due) || instant_before(filter->due_before, row->due)))
		return false;
	return (filter->state == CASE_NONE || filter->state == row->state) &&
	       (filter->department.size == 0 || span_equal(filter->department, row->department)) &&
	       (filter->portal.size == 0 || span_equal(filter->portal, row->portal));
}

static int walk_cases(struct twin *self, const struct case_filter *filter, bool with_message_id,
	store_case_fn each, void *context)
{
	int64_t left = filter->limit > 0 ? filter->limit : INT64_MAX;
	for (size_t i = twin_list_after(&self->case_ids, filter->after); i < self->case_ids.count; i++) {
		struct twin_case *kept;
		HASH_FIND(hh, self->cases, &self->case_ids.items[i], sizeof(int64_t), kept);
		ENSURE(kept);
		if (!is_wanted(filter, &kept->row))
			continue;
		const struct twin_message *message = with_message_id ? message_of(self, kept->case_id) : NULL;
		struct case_row row;
		twin_settle(self);
		self->lent = twin_copy_case(&kept->row, message ? message->row.message_id : SPAN_EMPTY, &row);
		int r = each(context, &row);
		if (r != 0 || --left == 0)
			return r;
	}
	return 0;
}

int twin_walk_open(struct store *store, store_case_fn each, void *context)
{
	struct twin *self = twin_of(store);
	int r = walk_cases(self, &(struct case_filter){.open_only = true}, false, each, context);
	twin_settle(self);
	return r;
}

int twin_walk_cases(struct store *store, const struct case_filter *filter, store_case_fn each, void *context)
{
	struct twin *self = twin_of(store);
	int r = walk_cases(self, filter, true, each, context);
	twin_settle(self);
	return r;
}

static int show_record(struct twin *self, int64_t seq, store_record_fn each, void *context)
{
	struct record record;
	twin_settle(self);
	self->lent = twin_copy_record(&self->journal[seq - 1].record, &record);
	int r = each(context, &record);
	twin_settle(self);
	return r;
}

int twin_walk_journal(
	struct store *store, int64_t after_seq, int64_t limit, store_record_fn each, void *context)
{
	struct twin *self = twin_of(store);
	int r = 0;
	for (int64_t seq = after_seq > 0 ? after_seq + 1 : 1;
		r == 0 && limit != 0 && seq <= (int64_t)self->journal_count; seq++) {
		r = show_record(self, seq, each, context);
		limit -= limit > 0;
	}
	return r;
}

static int walk_index(struct twin *self, struct twin_index *index, struct span key, int64_t after_seq,
	int64_t limit, store_record_fn each, void *context)
{
	struct twin_index *entry = NULL;
	if (key.size > 0)
		HASH_FIND(hh, index, key.data, key.size, entry);
	int r = 0;
	for (size_t i = entry ? twin_list_after(&entry->seqs, after_seq) : 0;
		r == 0 && limit != 0 && entry && i < entry->seqs.count; i++) {
		r = show_record(self, entry->seqs.items[i], each, context);
		limit -= limit > 0;
	}
	return r;
}

int twin_walk_history(struct store *store, int64_t case_id, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context)
{
	struct twin *self = twin_of(store);
	return walk_index(
		self, self->histories, span_of(&case_id, sizeof(case_id)), after_seq, limit, each, context);
}

int twin_walk_stream(struct store *store, struct span stream, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context)
{
	struct twin *self = twin_of(store);
	return walk_index(self, self->streams, stream, after_seq, limit, each, context);
}
