#ifndef WENZHENG_TESTS_STORE_SAMPLE_H
#define WENZHENG_TESTS_STORE_SAMPLE_H

#include "daemon/store/store.h"

/* Cases as the daemon would write them, complete and consistent: two records, message, two texts, row. */
#define SAMPLE_RECORDS 2

int64_t sample_case_id(int64_t n);

/* Writes case number n, not committed. The first outcome that is not 0 ends it and is returned. */
int sample_write(struct store *store, int64_t n);

/* True if case n is there whole; false if nothing of it is there. Anything between fails the test. */
bool sample_is_there(struct store *store, int64_t n);

/* Runs SQL on the file through a connection of its own, as a stranger with a tool would. */
void sample_tamper(const char *path, const char *sql);

#endif
