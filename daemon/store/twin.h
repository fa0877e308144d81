#ifndef WENZHENG_STORE_TWIN_H
#define WENZHENG_STORE_TWIN_H

/*
 * The inside of the in-memory twin, shared by store_memory.c and twin_*.c.
 *
 * Invariants: 1. journal[i] has seq i + 1. 2. An index holds ascending seqs, one for each record that names
 * its key. 3. `undo` leads back from what is there to what was committed; outside a batch it is empty.
 */
#include "base/table.h"

#include "daemon/store/case_fields.h"
#include "daemon/store/store_memory.h"

/* Of each row: the row, and one block that holds the bytes of its spans. */
struct twin_record {
	struct record record;
	char *block;
};

struct twin_case {
	int64_t case_id;
	struct case_row row;
	char *block;
	UT_hash_handle hh;
};

struct twin_message {
	int64_t case_id;
	struct message_row row;
	char *block; /* begins with the key of by_name: portal, NUL, message id */
	UT_hash_handle by_id;
	UT_hash_handle by_name;
};

struct twin_text {
	int64_t id; /* case_id * TWIN_TEXT_FACTOR + ordinal */
	struct text_row row;
	char *block;
	UT_hash_handle hh;
};

struct twin_cursor {
	char *principal;
	size_t size;
	int64_t cursor;
	UT_hash_handle hh;
};

/* Ascending numbers: case ids, or the seqs of one case or stream. */
struct twin_list {
	int64_t *items;
	size_t count;
	size_t capacity;
};

struct twin_index {
	char *key;
	size_t size;
	struct twin_list seqs;
	UT_hash_handle hh;
};

#define TWIN_TEXT_FACTOR (TEXT_ORDINAL_MAX + 1)

enum twin_undo_kind {
	UNDO_APPEND,  /* takes the last record away */
	UNDO_MESSAGE, /* number: its case id */
	UNDO_TEXT,    /* number: its id */
	UNDO_CASE,    /* number: its case id; was: the row before, NULL if there was none */
	UNDO_CURSOR,  /* block: the principal; number: the cursor before, -1: none */
};

struct twin_undo {
	enum twin_undo_kind kind;
	int64_t number;
	struct twin_case *was;
	struct twin_cursor *cursor;
};

struct twin_tail {
	struct digest head;
	struct store_totals totals;
};

struct twin {
	struct store store; /* first */
	struct store_identity identity;
	struct twin_record *journal;
	size_t journal_count, journal_capacity;
	struct twin_index *histories; /* by the case id's bytes */
	struct twin_index *streams;
	struct twin_case *cases;
	struct twin_list case_ids;
	struct twin_message *messages;
	struct twin_message *messages_by_name;
	struct twin_list message_ids;
	struct twin_text *texts;
	struct twin_cursor *cursors;
	struct twin_tail now, committed;
	struct twin_undo *undo;
	size_t undo_count, undo_capacity;
	char *lent; /* block of what the last read gave out */
	bool failed;
	bool is_full;
	enum store_memory_fault fault;
	int64_t countdown; /* 0: nothing is planned */
};

static inline struct twin *twin_of(struct store *store)
{
	return (struct twin *)store;
}

/* twin_rows.c: copies whose spans point into one new block. */
char *twin_copy_record(const struct record *from, struct record *ret_record);
char *twin_copy_case(const struct case_row *from, struct span message_id, struct case_row *ret_row);
char *twin_copy_message(const struct message_row *from, struct message_row *ret_row);
char *twin_copy_text(const struct text_row *from, struct text_row *ret_row);

void twin_list_insert(struct twin_list *self, int64_t item);
void twin_list_remove(struct twin_list *self, int64_t item);
/* The first place whose item is above `item`. */
size_t twin_list_after(const struct twin_list *self, int64_t item);
void twin_list_deinit(struct twin_list *self);

/* twin_write.c */
int twin_append(struct store *store, struct record *record);
int twin_put_message(struct store *store, const struct message_row *row);
int twin_put_text(struct store *store, struct text_row *row);
int twin_put_case(struct store *store, const struct case_row *row);
int twin_put_cursor(struct store *store, struct span principal, int64_t cursor);

/* twin_undo.c */
struct twin_undo *twin_undo_push(struct twin *self, enum twin_undo_kind kind, int64_t number);
void twin_roll_back(struct twin *self);
void twin_keep(struct twin *self); /* what is there is committed */
void twin_free_rows(struct twin *self);

/* store_memory.c: every write begins with it. 0, or the outcome that was planned. */
int twin_write_begins(struct twin *self);

/* twin_read.c */
int twin_find_message(
	struct store *store, struct span portal, struct span message_id, struct message_row *ret_row);
int twin_read_message(struct store *store, int64_t case_id, struct message_row *ret_row);
int twin_read_text(struct store *store, int64_t case_id, int64_t ordinal, struct text_row *ret_row);
int twin_read_case(struct store *store, int64_t case_id, struct case_row *ret_row);
int twin_read_cursor(struct store *store, struct span principal, int64_t *ret_cursor);
int twin_last_case_of_day(struct store *store, int64_t first_id, int64_t last_id, int64_t *ret_case_id);
int twin_last_record(struct store *store, struct record *ret_record);
int twin_walk_open(struct store *store, store_case_fn each, void *context);
int twin_walk_cases(struct store *store, const struct case_filter *filter, store_case_fn each, void *context);
int twin_walk_journal(
	struct store *store, int64_t after_seq, int64_t limit, store_record_fn each, void *context);
int twin_walk_history(struct store *store, int64_t case_id, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context);
int twin_walk_stream(struct store *store, struct span stream, int64_t after_seq, int64_t limit,
	store_record_fn each, void *context);

/* Frees what the last read lent. */
void twin_settle(struct twin *self);

#endif
