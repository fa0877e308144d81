#include "tests/crash/content.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

/* As the store reads it: NULL, nothing and zero are the same, and so are a text and a blob of the same bytes.
 */
static void add_column(struct buffer *bytes, sqlite3_stmt *statement, int at)
{
	int64_t number = sqlite3_column_type(statement, at) == SQLITE_INTEGER
				 ? sqlite3_column_int64(statement, at)
				 : 0;
	const void *data = sqlite3_column_type(statement, at) == SQLITE_INTEGER
				   ? NULL
				   : sqlite3_column_blob(statement, at);
	buffer_append_u64(bytes, (uint64_t)number);
	buffer_append_prefixed(
		bytes, data ? span_of(data, (size_t)sqlite3_column_bytes(statement, at)) : SPAN_EMPTY);
}

static bool add_rows(sqlite3 *db, const char *sql, struct buffer *bytes)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(statement);
		for (int i = 0; result == SQLITE_ROW && i < sqlite3_column_count(statement); i++)
			add_column(bytes, statement, i);
	}
	sqlite3_finalize(statement);
	return result == SQLITE_DONE;
}

#define TABLES_MAX 32

bool content_digest(sqlite3 *db, struct digest *ret_digest)
{
	struct buffer bytes = BUFFER_NULL;
	char names[TABLES_MAX][64], sql[64 + 32];
	const char *name;
	int count = 0;
	sqlite3_stmt *tables = NULL;
	bool is_read =
		add_rows(db, "PRAGMA user_version", &bytes) &&
		add_rows(db, "SELECT name, sql FROM sqlite_schema ORDER BY name", &bytes) &&
		sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
			-1, &tables, NULL) == SQLITE_OK;
	while (is_read && count < TABLES_MAX && sqlite3_step(tables) == SQLITE_ROW) {
		name = (const char *)sqlite3_column_text(tables, 0);
		is_read = span_copy(span_of_string(name), names[count++], sizeof(names[0]));
	}
	sqlite3_finalize(tables);
	for (int i = 0; is_read && i < count; i++) {
		snprintf(sql, sizeof(sql), "SELECT * FROM \"%.63s\"", names[i]);
		is_read = add_rows(db, sql, &bytes);
	}
	*ret_digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return is_read;
}

bool content_is_sound(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	bool is_sound =
		sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW &&
		strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	sqlite3_finalize(statement);
	return is_sound;
}

bool content_number(sqlite3 *db, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	bool is_read = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
		       sqlite3_step(statement) == SQLITE_ROW;
	if (is_read)
		*ret_number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return is_read;
}
