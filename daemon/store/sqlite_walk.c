#include <errno.h>

#include "base/assert.h"
#include "daemon/store/sqlite.h"

#define read_TEXT(statement, at, field)	   ((field) = sqlite_column_text(statement, at))
#define read_NUMBER(statement, at, field)  ((field) = (__typeof__(field))sqlite3_column_int64(statement, at))
#define read_INSTANT(statement, at, field) ((field).us = sqlite3_column_int64(statement, at))
#define read_DUE(statement, at, field)                                  \
	((field).us = sqlite3_column_type(statement, at) == SQLITE_NULL \
			      ? INSTANT_NEVER.us                        \
			      : sqlite3_column_int64(statement, at))
#define read_DIGEST(statement, at, field) \
	(is_sound = sqlite_column_digest(statement, at, &(field)) && is_sound)

bool sqlite_case_of(sqlite3_stmt *statement, struct case_row *ret_row)
{
	int at = 1;
	bool is_sound = true;
	*ret_row = (struct case_row){.case_id = sqlite3_column_int64(statement, 0)};
#define X(name, type)                              \
	read_##type(statement, at, ret_row->name); \
	at++;
	CASE_FIELDS(X)
#undef X
	ret_row->message_id = sqlite_column_text(statement, at);
	return is_sound && ret_row->state > CASE_NONE && ret_row->state < CASE_STATE_END;
}

static int walk_cases(struct sqlite_store *self, sqlite3_stmt *statement, store_case_fn each, void *context)
{
	int r, end = 0;
	while ((r = sqlite_next(self, statement)) == 0) {
		struct case_row row;
		end = sqlite_case_of(statement, &row) ? each(context, &row)
						      : FATAL(EUCLEAN, "store: a case's row is damaged");
		if (end != 0)
			break;
	}
	sqlite_settle(self);
	return r < 0 ? r : end;
}

static int walk_records(
	struct sqlite_store *self, sqlite3_stmt *statement, store_record_fn each, void *context)
{
	int r, end = 0;
	while ((r = sqlite_next(self, statement)) == 0) {
		struct record record;
		end = sqlite_read_record(statement, &record)
			      ? each(context, &record)
			      : FATAL(EUCLEAN, "store: a journal record is damaged");
		if (end != 0)
			break;
	}
	sqlite_settle(self);
	return r < 0 ? r : end;
}

int sqlite_walk_open(struct store *store, store_case_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	return walk_cases(self, sqlite_start(self, QUERY_OPEN), each, context);
}

int sqlite_walk_cases(
	struct store *store, const struct case_filter *filter, store_case_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	bool open_only = filter->open_only || filter->due_before.us != 0 ||
			 (filter->state != CASE_NONE && filter->state != CASE_ANSWERED);
	sqlite3_stmt *statement = sqlite_start(self, open_only ? QUERY_OPEN_CASES : QUERY_CASES);
	sqlite3_bind_int64(statement, 1, filter->after);
	sqlite3_bind_int64(statement, 2, filter->state);
	sqlite_bind_text(statement, 3, filter->department);
	sqlite_bind_text(statement, 4, filter->portal);
	sqlite3_bind_int64(statement, 5, filter->due_before.us);
	sqlite3_bind_int64(statement, 6, filter->limit > 0 ? filter->limit : -1);
	return walk_cases(self, statement, each, context);
}

int sqlite_walk_journal(
	struct store *store, int64_t after_seq, int64_t limit, store_record_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_JOURNAL);
	sqlite3_bind_int64(statement, 1, after_seq);
	sqlite3_bind_int64(statement, 2, limit);
	return walk_records(self, statement, each, context);
}

int sqlite_walk_history(struct store *store, int64_t case_id, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_HISTORY);
	sqlite3_bind_int64(statement, 1, case_id);
	sqlite3_bind_int64(statement, 2, after_seq);
	sqlite3_bind_int64(statement, 3, limit);
	return walk_records(self, statement, each, context);
}

int sqlite_walk_stream(struct store *store, struct span stream, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_STREAM);
	sqlite_bind_text(statement, 1, stream);
	sqlite3_bind_int64(statement, 2, after_seq);
	sqlite3_bind_int64(statement, 3, limit);
	return walk_records(self, statement, each, context);
}
