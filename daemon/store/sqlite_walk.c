#include "base/assert.h"
#include "daemon/store/sqlite.h"

#define read_TEXT(statement, at, field) ((field) = sqlite_column_text(statement, at))
#define read_NUMBER(statement, at, field)                                  \
	((field) = (__typeof__(field))sqlite3_column_int64(statement, at), \
		is_sound &= (int64_t)(field) == sqlite3_column_int64(statement, at))
#define read_INSTANT(statement, at, field) ((field).us = sqlite3_column_int64(statement, at))
#define read_DUE(statement, at, field)                                  \
	((field).us = sqlite3_column_type(statement, at) == SQLITE_NULL \
			      ? INSTANT_NEVER.us                        \
			      : sqlite3_column_int64(statement, at))
#define read_DIGEST(statement, at, field) (is_sound &= sqlite_column_digest(statement, at, &(field)))

bool sqlite_case_with_sum(
	const struct sqlite_store *self, sqlite3_stmt *statement, struct case_row *ret_row, int64_t *ret_sum)
{
	int at = 1;
	bool is_sound = true;
	*ret_row = (struct case_row){.case_id = sqlite3_column_int64(statement, 0)};
#define X(name, type)                              \
	read_##type(statement, at, ret_row->name); \
	at++;
	CASE_FIELDS(X)
#undef X
	*ret_sum = sqlite3_column_int64(statement, at++);
	/* Every case is of a message: one that is not there has no right sum. A reading handle leaves it to
	 * verify. */
	bool is_there = sqlite3_column_type(statement, at) != SQLITE_NULL;
	if (at < sqlite3_column_count(statement) && (is_there || !self->read_only)) {
		struct message_row message;
		is_sound &= sqlite_message_at(self, statement, at, &message);
		ret_row->message_id = message.message_id;
	}
	return is_sound && ret_row->state > CASE_NONE && ret_row->state < CASE_STATE_END;
}

bool sqlite_case_of(const struct sqlite_store *self, sqlite3_stmt *statement, struct case_row *ret_row)
{
	int64_t sum = 0;
	return sqlite_case_with_sum(self, statement, ret_row, &sum) &&
	       (self->read_only || sum == sqlite_sum_case(ret_row));
}

/* Ids go up and the open are open, or the index that led here is damaged. */
static int walk_cases(
	struct sqlite_store *self, sqlite3_stmt *statement, bool open_only, store_case_fn each, void *context)
{
	int r, end = 0;
	int64_t before = INT64_MIN;
	while ((r = sqlite_next(self, statement)) == 0) {
		struct case_row row;
		bool is_sound = sqlite_case_of(self, statement, &row) && row.case_id > before &&
				!(open_only && row.state == CASE_ANSWERED);
		before = row.case_id;
		end = is_sound ? each(context, &row) : sqlite_damaged(self, "the row of case", row.case_id);
		if (end != 0)
			break;
	}
	sqlite_settle(self);
	return r < 0 ? r : end;
}

/* Numbers go up. That none is missing between two of the journal, and that none is of another case or stream
 * than its index says, the chain tells: what stands in an index SQLite takes from there. */
static int walk_records(
	struct sqlite_store *self, sqlite3_stmt *statement, store_record_fn each, void *context)
{
	int r, end = 0;
	int64_t before = INT64_MIN;
	while ((r = sqlite_next(self, statement)) == 0) {
		struct record record;
		bool is_sound = sqlite_read_chained(self, statement, &record) && record.seq > before;
		before = record.seq;
		end = is_sound ? each(context, &record) : sqlite_damaged(self, "journal record", record.seq);
		if (end != 0)
			break;
	}
	sqlite_settle(self);
	return r < 0 ? r : end;
}

int sqlite_walk_open(struct store *store, store_case_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	return walk_cases(self, sqlite_start(self, QUERY_OPEN), true, each, context);
}

int sqlite_walk_cases(
	struct store *store, const struct case_filter *filter, store_case_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	bool open_only = filter->open_only || filter->due_before.us != 0 ||
			 (filter->state != CASE_NONE && filter->state != CASE_ANSWERED);
	sqlite3_stmt *statement = sqlite_start(self, open_only ? QUERY_OPEN_CASES : QUERY_CASES);
	sqlite_bind_number(statement, 1, filter->after);
	sqlite_bind_number(statement, 2, filter->state);
	sqlite_bind_text(statement, 3, filter->department);
	sqlite_bind_text(statement, 4, filter->portal);
	sqlite_bind_number(statement, 5, filter->due_before.us);
	sqlite_bind_number(statement, 6, filter->limit > 0 ? filter->limit : -1);
	return walk_cases(self, statement, open_only, each, context);
}

int sqlite_walk_journal(
	struct store *store, int64_t after_seq, int64_t limit, store_record_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_JOURNAL);
	sqlite_bind_number(statement, 1, after_seq);
	sqlite_bind_number(statement, 2, limit);
	return walk_records(self, statement, each, context);
}

int sqlite_walk_history(struct store *store, int64_t case_id, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_HISTORY);
	sqlite_bind_number(statement, 1, case_id);
	sqlite_bind_number(statement, 2, after_seq);
	sqlite_bind_number(statement, 3, limit);
	return walk_records(self, statement, each, context);
}

int sqlite_walk_stream(struct store *store, struct span stream, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_STREAM);
	sqlite_bind_text(statement, 1, stream);
	sqlite_bind_number(statement, 2, after_seq);
	sqlite_bind_number(statement, 3, limit);
	return walk_records(self, statement, each, context);
}
