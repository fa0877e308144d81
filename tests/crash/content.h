#ifndef WENZHENG_TESTS_CRASH_CONTENT_H
#define WENZHENG_TESTS_CRASH_CONTENT_H

#include <sqlite3.h>

#include "base/digest.h"

/* The schema, its version, and every row of every table: one digest. False if it cannot be read. */
bool content_digest(sqlite3 *db, struct digest *ret_digest);

/* SQLite finds nothing wrong with the file, indexes included. */
bool content_is_sound(sqlite3 *db);

/* The one number a statement gives. */
bool content_number(sqlite3 *db, const char *sql, int64_t *ret_number);

#endif
