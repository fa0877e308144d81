#include "base/assert.h"
#include "daemon/store/sqlite.h"

static void bind_TEXT(sqlite3_stmt *statement, int at, const struct span *value)
{
	sqlite_bind_text(statement, at, *value);
}

/* In the journal a number that is not used is NULL and takes no byte. */
static void bind_NUMBER(sqlite3_stmt *statement, int at, const int64_t *value)
{
	if (*value == 0)
		sqlite_bind_null(statement, at);
	else
		sqlite_bind_number(statement, at, *value);
}

static void bind_DIGEST(sqlite3_stmt *statement, int at, const struct digest *value)
{
	sqlite_bind_digest(statement, at, value);
}

int sqlite_append(struct store *store, struct record *record)
{
	struct sqlite_store *self = sqlite_of(store);
	REQUIRE(record->kind > 0 && record->kind < RECORD_KIND_END);
	int r = sqlite_begin(self);
	if (r != 0)
		return r;
	struct record numbered = *record;
	numbered.seq = self->now.seq + 1;
	struct digest head = chain_next(&self->now.head, &numbered);

	sqlite3_stmt *statement = sqlite_start(self, QUERY_APPEND);
	int at = 4;
	sqlite_bind_number(statement, 1, numbered.seq);
	sqlite_bind_number(statement, 2, numbered.kind);
	sqlite_bind_number(statement, 3, numbered.at.us);
#define X(name, type) bind_##type(statement, at++, &numbered.name);
	RECORD_FIELDS(X)
#undef X
	sqlite_bind_digest(statement, at, &head);
	r = sqlite_write(self, statement);
	if (r != 0)
		return r;
	self->now.seq = numbered.seq;
	self->now.head = head;
	store_totals_count(&self->now.totals, &numbered);
	record->seq = numbered.seq;
	return 0;
}

int sqlite_put_message(struct store *store, const struct message_row *row)
{
	struct sqlite_store *self = sqlite_of(store);
	REQUIRE(row->case_id > 0 && row->portal.size > 0 && row->message_id.size > 0);
	int r = sqlite_begin(self);
	if (r != 0)
		return r;
	sqlite3_stmt *statement = sqlite_start(self, QUERY_PUT_MESSAGE);
	sqlite_bind_number(statement, 1, row->case_id);
	sqlite_bind_text(statement, 2, row->portal);
	sqlite_bind_text(statement, 3, row->message_id);
	sqlite_bind_digest(statement, 4, &row->digest);
	sqlite_bind_text(statement, 5, row->category);
	sqlite_bind_text(statement, 6, row->region);
	sqlite_bind_number(statement, 7, sqlite_sum_message(row));
	sqlite_bind_number(statement, 8, sqlite_sum_name(row->portal, row->message_id));
	return sqlite_write(self, statement);
}

int sqlite_put_text(struct store *store, struct text_row *row)
{
	struct sqlite_store *self = sqlite_of(store);
	int64_t id = sqlite_text_id(row->case_id, row->ordinal);
	REQUIRE(id > 0);
	REQUIRE(row->role >= TEXT_MESSAGE && row->role < TEXT_ROLE_END);
	int r = sqlite_begin(self);
	if (r != 0)
		return r;
	struct digest digest = text_digest(row);
	sqlite3_stmt *statement = sqlite_start(self, QUERY_PUT_TEXT);
	sqlite_bind_number(statement, 1, id);
	sqlite_bind_number(statement, 2, row->role);
	sqlite_bind_text(statement, 3, row->title);
	sqlite_bind_text(statement, 4, row->body);
	sqlite_bind_digest(statement, 5, &digest);
	sqlite_bind_number(statement, 6, sqlite_sum_text(id, &digest));
	r = sqlite_write(self, statement);
	if (r == 0)
		row->digest = digest;
	return r;
}

#define case_TEXT(at, field)	sqlite_bind_text(statement, at, field)
#define case_NUMBER(at, field)	sqlite_bind_number(statement, at, (int64_t)(field))
#define case_INSTANT(at, field) sqlite_bind_number(statement, at, (field).us)
#define case_DUE(at, field)                                        \
	(instant_is_never(field) ? sqlite_bind_null(statement, at) \
				 : sqlite_bind_number(statement, at, (field).us))
#define case_DIGEST(at, field) sqlite_bind_digest(statement, at, &(field))

int sqlite_put_case(struct store *store, const struct case_row *row)
{
	struct sqlite_store *self = sqlite_of(store);
	REQUIRE(row->case_id > 0 && row->state > CASE_NONE && row->state < CASE_STATE_END);
	int r = sqlite_begin(self);
	if (r != 0)
		return r;
	sqlite3_stmt *statement = sqlite_start(self, QUERY_PUT_CASE);
	int at = 2;
	sqlite_bind_number(statement, 1, row->case_id);
#define X(name, type)               \
	case_##type(at, row->name); \
	at++;
	CASE_FIELDS(X)
#undef X
	sqlite_bind_number(statement, at, sqlite_sum_case(row));
	return sqlite_write(self, statement);
}

int sqlite_put_cursor(struct store *store, struct span principal, int64_t cursor)
{
	struct sqlite_store *self = sqlite_of(store);
	REQUIRE(principal.size > 0);
	int r = sqlite_begin(self);
	if (r != 0)
		return r;
	sqlite3_stmt *statement = sqlite_start(self, QUERY_PUT_CURSOR);
	sqlite_bind_text(statement, 1, principal);
	sqlite_bind_number(statement, 2, cursor);
	sqlite_bind_number(statement, 3, sqlite_sum_cursor(principal, cursor));
	return sqlite_write(self, statement);
}
