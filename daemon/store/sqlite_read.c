#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/limits.h"
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
#define X(name, type) is_sound &= read_##type(statement, at++, &ret_record->name);
	RECORD_FIELDS(X)
#undef X
	return is_sound;
}

bool sqlite_read_chained(const struct sqlite_store *self, sqlite3_stmt *statement, struct record *ret_record)
{
	bool is_record = sqlite_read_record(statement, ret_record);
	if (self->read_only)
		return is_record;
	struct digest stored, before;
	int columns = sqlite3_column_count(statement);
	is_record &= sqlite_column_digest(statement, columns - 2, &stored);
	is_record &= sqlite_column_digest(statement, columns - 1, &before);
	if (!is_record)
		return false;
	if (ret_record->seq == 1)
		before = chain_first();
	struct digest head = chain_next(&before, ret_record);
	return digest_equal(&head, &stored);
}

/* Damage of the file beneath us is fatal, for nothing else in it can be trusted more; but for texts, which
 * are the bulk of it and of which each stands for itself. */
int sqlite_damaged(struct sqlite_store *self, const char *what, int64_t number)
{
	char text[128];
	snprintf(
		text, sizeof(text), "store: %s %" PRId64 " is damaged: see wenzhengd --verify", what, number);
	sqlite_settle(self);
	return FATAL(EUCLEAN, text);
}

static bool message_is_sound(const struct message_row *row)
{
	return row->portal.size <= PRINCIPAL_NAME_SIZE_MAX && row->message_id.size <= MESSAGE_ID_SIZE_MAX &&
	       row->category.size <= CATEGORY_SIZE_MAX && row->region.size <= REGION_SIZE_MAX;
}

bool sqlite_message_at(
	const struct sqlite_store *self, sqlite3_stmt *statement, int at, struct message_row *ret_row)
{
	*ret_row = (struct message_row){
		.case_id = sqlite3_column_int64(statement, at),
		.portal = sqlite_column_text(statement, at + 1),
		.message_id = sqlite_column_text(statement, at + 2),
		.category = sqlite_column_text(statement, at + 4),
		.region = sqlite_column_text(statement, at + 5),
	};
	bool has_digest = sqlite_column_digest(statement, at + 3, &ret_row->digest);
	int64_t sum = sqlite3_column_int64(statement, at + 6);
	return has_digest && message_is_sound(ret_row) &&
	       (self->read_only || sum == sqlite_sum_message(ret_row));
}

/* One row was asked for: 0 and it is active, STORE_NOT_FOUND, or fatal. */
static int one_message(struct sqlite_store *self, sqlite3_stmt *statement, struct message_row *ret_row)
{
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	struct message_row row;
	if (!sqlite_message_at(self, statement, 0, &row))
		return sqlite_damaged(self, "the message of case", row.case_id);
	*ret_row = row;
	return 0;
}

/* SQLite believes its index, and takes from it what stands in it: an entry that leads to another row gives a
 * mixture of the two, whose sum is wrong. An entry that is missing shows by the other index. */
int sqlite_find_message(
	struct store *store, struct span portal, struct span message_id, struct message_row *ret_row)
{
	struct sqlite_store *self = sqlite_of(store);
	struct message_row row;
	for (enum sqlite_query query = QUERY_FIND_MESSAGE; query <= QUERY_FIND_NAME; query++) {
		sqlite3_stmt *statement = sqlite_start(self, query);
		sqlite_bind_text(statement, 1, portal);
		sqlite_bind_text(statement, 2, message_id);
		if (query == QUERY_FIND_NAME)
			sqlite_bind_number(statement, 3, sqlite_sum_name(portal, message_id));
		int r = one_message(self, statement, &row);
		if (r == STORE_NOT_FOUND)
			continue;
		if (r != 0)
			return r;
		if (query == QUERY_FIND_NAME)
			return sqlite_damaged(self, "the index that should lead to case", row.case_id);
		*ret_row = row;
		return 0;
	}
	return STORE_NOT_FOUND;
}

int sqlite_read_message(struct store *store, int64_t case_id, struct message_row *ret_row)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_READ_MESSAGE);
	sqlite_bind_number(statement, 1, case_id);
	return one_message(self, statement, ret_row);
}

int64_t sqlite_text_id(int64_t case_id, int64_t ordinal)
{
	bool is_possible = ordinal >= 1 && ordinal <= TEXT_ORDINAL_MAX && case_id >= 1 &&
			   case_id < INT64_MAX / TEXT_ROW_FACTOR;
	return is_possible ? case_id * TEXT_ROW_FACTOR + ordinal : 0;
}

int sqlite_read_text(struct store *store, int64_t case_id, int64_t ordinal, struct text_row *ret_row)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_READ_TEXT);
	int64_t id = sqlite_text_id(case_id, ordinal);
	sqlite_bind_number(statement, 1, id);
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
	bool is_whole = sqlite_column_digest(statement, 4, &row.digest) &&
			digest_equal(&row.digest, &computed) &&
			sqlite3_column_int64(statement, 5) == sqlite_sum_text(id, &computed);
	if (!is_whole) {
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
	sqlite_bind_number(statement, 1, case_id);
	struct case_row row;
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	if (!sqlite_case_of(self, statement, &row))
		return sqlite_damaged(self, "the row of case", case_id);
	*ret_row = row;
	return 0;
}

int sqlite_read_cursor(struct store *store, struct span principal, int64_t *ret_cursor)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_READ_CURSOR);
	sqlite_bind_text(statement, 1, principal);
	int r = sqlite_next(self, statement);
	if (r != 0)
		return r;
	int64_t cursor = sqlite3_column_int64(statement, 0);
	if (cursor < 0 || sqlite3_column_int64(statement, 1) != sqlite_sum_cursor(principal, cursor))
		return sqlite_damaged(self, "the cursor", cursor);
	*ret_cursor = cursor;
	sqlite_settle(self);
	return 0;
}

int sqlite_last_case_of_day(struct store *store, int64_t first_id, int64_t last_id, int64_t *ret_case_id)
{
	struct sqlite_store *self = sqlite_of(store);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_LAST_CASE);
	sqlite_bind_number(statement, 1, first_id);
	sqlite_bind_number(statement, 2, last_id);
	struct message_row last;
	int r = one_message(self, statement, &last);
	if (r == 0)
		*ret_case_id = last.case_id;
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
	if (!sqlite_read_chained(self, statement, &record))
		return sqlite_damaged(self, "journal record", record.seq);
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
