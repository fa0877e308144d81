#ifndef WENZHENG_TESTS_STORE_EXAMPLES_H
#define WENZHENG_TESTS_STORE_EXAMPLES_H

/* Short words for tests that say the same of each engine. */
#include "tests/unit/store/engines.h"

#define ID(n)	      (INT64_C(20260930000000) + (n))
#define L(text)	      SPAN_LITERAL(text)
#define CALL(f, ...)  (place->store->interface->f(place->store, ##__VA_ARGS__))
#define OK(call)      assert_int_equal((call), 0)
#define MISSING(call) assert_int_equal((call), STORE_NOT_FOUND)
#define PLACE	      struct place *place = *state

struct seen {
	int64_t numbers[32];
	int count;
	int stop_after; /* rows; 0: never. The walk then ends with 77, or -77 for cases */
};

/* Callbacks for walks: remember seqs, or case numbers of the day. */
int see_record(void *context, const struct record *record);
int see_case(void *context, const struct case_row *row);

/* "1 2 3" */
void assert_seen(const struct seen *seen, const char *expected);

int setup_sqlite(void **state);
int setup_memory(void **state);
int teardown(void **state);

/* Writes a row that says little more than its key; fails the test if it cannot. */
void put_message(struct place *place, int64_t case_id, struct span portal, struct span message_id);
void put_case(struct place *place, int64_t case_id, enum case_state state, struct span department);
void append(struct place *place, enum record_kind kind, int64_t case_id, struct span stream);

#define BOTH(test)                                                    \
	{#test " (sqlite)", test, setup_sqlite, teardown, NULL},      \
	{                                                             \
#test " (memory)", test, setup_memory, teardown, NULL \
	}

#endif
