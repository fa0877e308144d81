/* The functions of SQLite that the engine calls. What SQLite calls of its own API inside is not counted. */
#include <sqlite3.h>

#include "tests/torture/faults.h"

#define REAL(name) (faults_find(&real, name), real)

static _Thread_local int depth;

static bool strike(const char *name)
{
	return depth == 0 && faults_strike(FAULTS_SQLITE, name, true);
}

static int answer(void)
{
	return faults_flavour() == FAULTS_SECOND ? SQLITE_FULL : SQLITE_IOERR;
}

/* Fails without being done. */
#define FAULTY(name, parameters, arguments)         \
	int name parameters                         \
	{                                           \
		static int(*real) parameters;       \
		if (strike(#name))                  \
			return answer();            \
		depth++;                            \
		int result = REAL(#name) arguments; \
		depth--;                            \
		return result;                      \
	}

/* Says that it failed after it was done: else what it frees would stay. */
#define FAULTY_AFTER(name, parameters, arguments)   \
	int name parameters                         \
	{                                           \
		static int(*real) parameters;       \
		bool struck = strike(#name);        \
		depth++;                            \
		int result = REAL(#name) arguments; \
		depth--;                            \
		return struck ? answer() : result;  \
	}

FAULTY(sqlite3_open_v2, (const char *path, sqlite3 **db, int flags, const char *vfs), (path, db, flags, vfs))
FAULTY(sqlite3_prepare_v2,
	(sqlite3 * db, const char *sql, int size, sqlite3_stmt **statement, const char **tail),
	(db, sql, size, statement, tail))
FAULTY(sqlite3_prepare_v3,
	(sqlite3 * db, const char *sql, int size, unsigned flags, sqlite3_stmt **statement,
		const char **tail),
	(db, sql, size, flags, statement, tail))
FAULTY(sqlite3_step, (sqlite3_stmt * statement), (statement))
FAULTY(sqlite3_exec, (sqlite3 * db, const char *sql, sqlite3_callback each, void *context, char **error),
	(db, sql, each, context, error))
FAULTY(sqlite3_bind_null, (sqlite3_stmt * statement, int at), (statement, at))
FAULTY(sqlite3_bind_int64, (sqlite3_stmt * statement, int at, sqlite3_int64 value), (statement, at, value))
FAULTY(sqlite3_bind_text,
	(sqlite3_stmt * statement, int at, const char *text, int size, void (*destroy)(void *)),
	(statement, at, text, size, destroy))
FAULTY(sqlite3_bind_blob,
	(sqlite3_stmt * statement, int at, const void *data, int size, void (*destroy)(void *)),
	(statement, at, data, size, destroy))
FAULTY(sqlite3_wal_checkpoint_v2, (sqlite3 * db, const char *name, int mode, int *frames, int *done),
	(db, name, mode, frames, done))
FAULTY(sqlite3_busy_timeout, (sqlite3 * db, int ms), (db, ms))
FAULTY_AFTER(sqlite3_reset, (sqlite3_stmt * statement), (statement))
FAULTY_AFTER(sqlite3_finalize, (sqlite3_stmt * statement), (statement))
FAULTY_AFTER(sqlite3_close, (sqlite3 * db), (db))
