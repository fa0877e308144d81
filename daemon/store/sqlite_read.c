#include <errno.h>

#include "base/assert.h"
#include "daemon/store/sqlite.h"

static bool read_TEXT(sqlite3_stmt *statement, int at, struct span *ret_value)
{
	*ret_value = sqlite_column_text(statement, at);
	return true;
}

static bool read_NUMBER(sqlite3_stmt *statement, int at, int64_t *ret_value)
{
	*ret_value = sqlite3_column_int64(statement, at);
	return true;
}

static bool read_DIGEST(sqlite3_stmt *statement, int at, struct digest *ret_value)
{
	return sqlite_column_digest(statement, at, ret_value);
}

bool sqlite_read_record(sqlite3_stmt *statement, struct record *ret_record)
{
	int64_t kind = sqlite3_column_int64(statement, 1);
	int at = 3;
	bool is_sound = kind > 0 && kind < RECORD_KIND_END;
	ret_record->seq = sqlite3_column_int64(statement, 0);
	ret_record->kind = is_sound ? (enum record_kind)kind : RECORD_KIND_END;
	ret_record->at.us = sqlite3_column_int64(statement, 2);
#define X(name, type) is_sound = read_##type(statement, at++, &ret_record->name) && is_sound;
	RECORD_FIELDS(X)
#undef X
	return is_sound;
}

/* One row was asked for: 0 and it is active, STORE_NOT_FOUND, or fatal. A row that cannot be what it should
 * is damage of the file beneath us: fatal, for nothing else in it can be trusted more. */
static int damaged_row(struct sqlite_store *self, const char *what)
{
	sqlite_settle(self);
	return FATAL(EUCLEAN, what);
}

static int one_message(struct sqlite_store *self, sqlite3_stmt *statement, struct message_row *ret_row)
{
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	struct message_row row = {
		.case_id = sqlite3_column_int64(statement, 0),
		.portal = sqlite_column_text(statement, 1),
		.message_id = sqlite_column_text(statement, 2),
		.category = sqlite_column_text(statement, 4),
		.region = sqlite_column_text(statement, 5),
	};
	if (!sqlite_column_digest(statement, 3, &row.digest))
		return damaged_row(self, "store: a message's row is damaged");
	*ret_row = row;
	return 0;
}

int sqlite_find_message(
	struct store *store, struct span portal, struct span message_id, struct message_row *ret_row)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_FIND_MESSAGE);
	sqlite_bind_text(statement, 1, portal);
	sqlite_bind_text(statement, 2, message_id);
	return one_message(self, statement, ret_row);
}

int sqlite_read_message(struct store *store, int64_t case_id, struct message_row *ret_row)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_READ_MESSAGE);
	sqlite3_bind_int64(statement, 1, case_id);
	return one_message(self, statement, ret_row);
}

int sqlite_read_text(struct store *store, int64_t case_id, int64_t ordinal, struct text_row *ret_row)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_READ_TEXT);
	if (ordinal < 1 || ordinal > TEXT_ORDINAL_MAX || case_id < 1 ||
		case_id > INT64_MAX / TEXT_ROW_FACTOR - 1) {
		sqlite_settle(self);
		return STORE_NOT_FOUND;
	}
	sqlite3_bind_int64(statement, 1, case_id * TEXT_ROW_FACTOR + ordinal);
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	struct text_row row = {
		.case_id = case_id,
		.ordinal = ordinal,
		.role = (enum text_role)sqlite3_column_int(statement, 1),
		.title = sqlite_column_text(statement, 2),
		.body = sqlite_column_text(statement, 3),
	};
	struct digest computed = text_digest(&row);
	if (!sqlite_column_digest(statement, 4, &row.digest) || !digest_equal(&row.digest, &computed)) {
		sqlite_settle(self);
		return STORE_DAMAGED;
	}
	*ret_row = row;
	return 0;
}

int sqlite_read_case(struct store *store, int64_t case_id, struct case_row *ret_row)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_READ_CASE);
	sqlite3_bind_int64(statement, 1, case_id);
	struct case_row row;
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	if (!sqlite_case_of(statement, &row))
		return damaged_row(self, "store: a case's row is damaged");
	*ret_row = row;
	return 0;
}

int sqlite_read_cursor(struct store *store, struct span principal, int64_t *ret_cursor)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_READ_CURSOR);
	sqlite_bind_text(statement, 1, principal);
	int r = sqlite_next(self, statement);
	if (r == 0)
		*ret_cursor = sqlite3_column_int64(statement, 0);
	sqlite_settle(self);
	return r;
}

int sqlite_last_case_of_day(struct store *store, int64_t first_id, int64_t last_id, int64_t *ret_case_id)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_LAST_CASE);
	sqlite3_bind_int64(statement, 1, first_id);
	sqlite3_bind_int64(statement, 2, last_id);
	int r = sqlite_next(self, statement);
	if (r == 0)
		*ret_case_id = sqlite3_column_int64(statement, 0);
	sqlite_settle(self);
	return r;
}

int sqlite_last_record(struct store *store, struct record *ret_record)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_LAST_RECORD);
	struct record record;
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	if (!sqlite_read_record(statement, &record))
		return damaged_row(self, "store: the last journal record is damaged");
	*ret_record = record;
	return 0;
}

int sqlite_totals(struct store *store, struct store_totals *ret_totals)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite_settle(self);
	*ret_totals = self->now.totals;
	return 0;
}

int sqlite_chain_head(struct store *store, int64_t *ret_seq, struct digest *ret_head)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite_settle(self);
	*ret_seq = self->now.seq;
	*ret_head = self->now.head;
	return 0;
}
