#ifndef WENZHENG_TESTS_STORE_ENGINES_H
#define WENZHENG_TESTS_STORE_ENGINES_H

#include "daemon/store/store.h"

/* The engines behind one face for the tests, and rows compared field by field. */
struct place {
	const struct engine *engine;
	char folder[64];
	char path[96];
	struct store *store;
};

struct engine {
	const char *name;
	void (*open)(struct place *place);   /* a new, empty store */
	void (*reopen)(struct place *place); /* as after SIGKILL: without a commit, then a new process */
	void (*close)(struct place *place);  /* and leaves nothing behind */
};

extern const struct engine engine_sqlite;
extern const struct engine engine_memory;

#define PLACE_CREATED INT64_C(1790000000000000)

/* A folder of its own, removed by place_remove. */
void place_make(struct place *place);
void place_remove(struct place *place);

/* The file, and all that stands beside it. */
void remove_store(const char *path);

/* Opens the SQLite store in the place's folder, which must succeed. */
void place_open_sqlite(struct place *place);

bool records_equal(const struct record *a, const struct record *b);
bool cases_equal(const struct case_row *a, const struct case_row *b);
bool messages_equal(const struct message_row *a, const struct message_row *b);
bool texts_equal(const struct text_row *a, const struct text_row *b);

/* The digest of a row, so that walks can be compared as a whole. */
struct digest record_digest(const struct record *record);
struct digest case_digest(const struct case_row *row);

#endif
