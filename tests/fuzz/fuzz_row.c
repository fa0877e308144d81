#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/stored.h"

/*
 * Any row in any table: the bytes say which rows of a good store are changed, copied or taken away, and what
 * stands in their columns then, of any type and size. The columns are asked of the file, so that a schema
 * that grows is fuzzed whole. The schema is loosened while the rows are written and put back before anybody
 * reads.
 *
 * An edit is six bytes and a value: what is done, table, row, column, the value's type. Then, by the type,
 * nothing, eight bytes, one byte, or a length in two bytes and as many bytes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EDITS_MAX   16
#define COLUMNS_MAX 64
#define TABLES_MAX  16

struct table {
	char name[64];
	char columns[COLUMNS_MAX][64];
	int columns_count;
	int key; /* the column of the primary key */
};

static struct table tables[TABLES_MAX];
static int tables_count;

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	ENSURE(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
	return statement;
}

static void execute(sqlite3 *db, const char *sql)
{
	ENSURE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3 *open_raw(const char *path)
{
	sqlite3 *db;
	ENSURE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	ENSURE(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK);
	execute(db,
		"PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = 1;"
		"PRAGMA writable_schema = 1");
	return db;
}

static void learn_columns(sqlite3 *db, struct table *table)
{
	char sql[96];
	snprintf(sql, sizeof(sql), "PRAGMA table_info(%.60s)", table->name);
	sqlite3_stmt *row = prepare(db, sql);
	while (sqlite3_step(row) == SQLITE_ROW) {
		if (sqlite3_column_int(row, 5) > 0)
			table->key = table->columns_count;
		ENSURE(table->columns_count < COLUMNS_MAX);
		snprintf(table->columns[table->columns_count++], 64, "%.60s",
			(const char *)sqlite3_column_text(row, 1));
	}
	sqlite3_finalize(row);
}

static void learn_tables(sqlite3 *db)
{
	sqlite3_stmt *row = prepare(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
	while (sqlite3_step(row) == SQLITE_ROW) {
		ENSURE(tables_count < TABLES_MAX);
		snprintf(tables[tables_count++].name, 64, "%.60s", (const char *)sqlite3_column_text(row, 0));
	}
	sqlite3_finalize(row);
	for (int i = 0; i < tables_count; i++)
		learn_columns(db, &tables[i]);
}

static struct buffer strict_sql[TABLES_MAX], loose_file;

/* The same store with a schema that lets anything stand anywhere. */
static void loosen(const char *path)
{
	sqlite3 *db = open_raw(path);
	learn_tables(db);
	sqlite3_stmt *row = prepare(db, "SELECT sql FROM sqlite_schema WHERE type = 'table' ORDER BY name");
	for (int i = 0; i < tables_count && sqlite3_step(row) == SQLITE_ROW; i++)
		buffer_printf(&strict_sql[i], "%s", (const char *)sqlite3_column_text(row, 0));
	sqlite3_finalize(row);
	execute(db, "UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ' NOT NULL', ''),"
		    " ') STRICT, WITHOUT', ') WITHOUT'), ') STRICT', ')') WHERE type = 'table'");
	ENSURE(sqlite3_close(db) == SQLITE_OK);
	FILE *file = fopen(path, "re");
	char block[4096];
	for (size_t size; (size = fread(block, 1, sizeof(block), file)) > 0;)
		buffer_append(&loose_file, block, size);
	fclose(file);
}

static void tighten(sqlite3 *db)
{
	sqlite3_stmt *change =
		prepare(db, "UPDATE sqlite_schema SET sql = ? WHERE name = ? AND type = 'table'");
	for (int i = 0; i < tables_count; i++) {
		sqlite3_bind_text(change, 1, strict_sql[i].data, (int)strict_sql[i].size, SQLITE_STATIC);
		sqlite3_bind_text(change, 2, tables[i].name, -1, SQLITE_STATIC);
		ENSURE(sqlite3_step(change) == SQLITE_DONE);
		sqlite3_reset(change);
	}
	sqlite3_finalize(change);
}

static void bind_value(sqlite3_stmt *statement, struct feed *feed)
{
	static const int64_t edges[] = {0, -1, INT64_MAX, INT64_MIN, UINT32_MAX, INT64_C(1) << 32,
		UINT16_MAX + 1, INT64_C(20260928000001), INT64_C(99999999999999),
		INT64_C(253402300799999999)};
	struct span text;
	double real;
	int64_t number;
	switch (feed_byte(feed) % 8) {
	case 0:
		sqlite3_bind_null(statement, 1);
		break;
	case 1:
		sqlite3_bind_int64(statement, 1, feed_number(feed));
		break;
	case 2:
		sqlite3_bind_int(statement, 1, (int8_t)feed_byte(feed));
		break;
	case 3:
		text = feed_text(feed);
		sqlite3_bind_text(statement, 1, text.size ? text.data : "", (int)text.size, SQLITE_TRANSIENT);
		break;
	case 4:
		text = feed_text(feed);
		sqlite3_bind_blob(statement, 1, text.size ? text.data : "", (int)text.size, SQLITE_TRANSIENT);
		break;
	case 5:
		number = feed_number(feed);
		memcpy(&real, &number, sizeof(real));
		sqlite3_bind_double(statement, 1, real);
		break;
	case 6:
		sqlite3_bind_zeroblob(statement, 1, (int)feed_u16(feed) * 32);
		break;
	default:
		sqlite3_bind_int64(statement, 1, edges[feed_byte(feed) % (sizeof(edges) / sizeof(edges[0]))]);
	}
}

static void write_edit(const struct table *table, uint8_t what, int column, struct buffer *sql)
{
	const char *key = table->columns[table->key];
	if (what % 8 == 7) {
		buffer_printf(sql, "DELETE FROM \"%s\"", table->name);
	} else if (what % 8 >= 4) {
		buffer_printf(sql, "INSERT OR REPLACE INTO \"%s\" SELECT ", table->name);
		for (int i = 0; i < table->columns_count; i++)
			buffer_printf(sql, "%s%s%s%s", i ? ", " : "", i == column ? "?1" : "\"",
				i == column ? "" : table->columns[i], i == column ? "" : "\"");
		buffer_printf(sql, " FROM \"%s\"", table->name);
	} else {
		buffer_printf(
			sql, "UPDATE OR REPLACE \"%s\" SET \"%s\" = ?1", table->name, table->columns[column]);
	}
	buffer_printf(sql, " WHERE \"%s\" = (SELECT \"%s\" FROM \"%s\" ORDER BY 1 LIMIT 1 OFFSET ?2)", key,
		key, table->name);
}

static void edit(sqlite3 *db, struct feed *feed)
{
	struct buffer sql = BUFFER_NULL;
	uint8_t what = feed_byte(feed);
	const struct table *table = &tables[feed_byte(feed) % tables_count];
	int row = feed_byte(feed);
	int column = feed_byte(feed) % table->columns_count;
	write_edit(table, what, column, &sql);
	sqlite3_stmt *statement = prepare(db, buffer_string(&sql));
	sqlite3_bind_int(statement, 2, row);
	bind_value(statement, feed);
	(void)sqlite3_step(statement); /* a key that is no integer is refused: then nothing is changed */
	sqlite3_finalize(statement);
	buffer_deinit(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	const char *path = stored_start();
	if (loose_file.size == 0)
		loosen(path);
	stored_put(buffer_span(&loose_file), SPAN_EMPTY);
	sqlite3 *db = open_raw(path);
	execute(db, "BEGIN");
	for (int i = 0; i < EDITS_MAX && feed.left > 0; i++)
		edit(db, &feed);
	tighten(db);
	execute(db, "COMMIT");
	ENSURE(sqlite3_close(db) == SQLITE_OK);
	stored_examine();
	return 0;
}
