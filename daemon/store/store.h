#ifndef WENZHENG_STORE_STORE_H
#define WENZHENG_STORE_STORE_H

#include "base/fault.h"
#include "base/outcome.h"
#include "daemon/core/case.h"
#include "daemon/core/record.h"

/*
 * The store: a journal that only grows, and what is kept beside it so that a restart is quick.
 *
 * Writing is append and put, again and again, then one commit; a reader of this handle sees what was written
 * before the commit. After a commit that returned 0 everything before it is on stable storage. Any negative
 * outcome of a write or commit is final: what of the batch is on disk is unknown, the caller stops the
 * process and a new one reads (docs/ARCHITECTURE.md, promise 8). Functions return 0, a positive outcome named
 * here, or a negative fatal error.
 *
 * Nothing is served that is not what was written (docs/adr/0017-damaged-rows.md): a damaged text is
 * STORE_DAMAGED, any other row that does not match its sum or the chain is fatal.
 *
 * Engines: store_sqlite_open (SQLite file), store_memory_new (in-memory twin for tests and the simulator).
 * One conformance suite runs against both. An engine is used from one thread.
 */
struct store;

enum store_outcome {
	STORE_NOT_FOUND = 1,
	STORE_FULL = 2, /* the disk is full: the batch was rolled back whole and the handle goes on (append,
			   put, commit) */
	STORE_DAMAGED =
		3, /* a stored text does not match its hash: it is not served; log the case and text number */
};

/* What a store was created as. */
struct store_identity {
	bool laboratory; /* may run on a virtual clock */
	struct instant created;
};

/* The message's immutable row. */
struct message_row {
	int64_t case_id;
	struct span portal;
	struct span message_id;
	struct digest digest; /* of the content as sent */
	struct span category;
	struct span region;
};

enum text_role {
	TEXT_MESSAGE = 1, /* title and body of the citizen's message; ordinal 1 */
	TEXT_REPLY = 2,	  /* title: the reason of a refusal, else empty */
	TEXT_REASON = 3,  /* of a return, a failure, a ruling */
	TEXT_CONTACT = 4, /* body: the sealed contact details (base/seal.h); title: their mark, which went
			     into the message's digest; ordinal TEXT_ORDINAL_CONTACT */
	TEXT_ROLE_END
};

/* A text: a row of its own with its BLAKE2b, checked on every read. */
#define TEXT_ORDINAL_CONTACT 9999 /* above all that a case counts */
#define TEXT_ORDINAL_MAX     9999 /* asserted on put; a case's texts are bounded by the core far below it */

struct text_row {
	int64_t case_id;
	int64_t ordinal; /* 1…TEXT_ORDINAL_MAX */
	enum text_role role;
	struct span title;
	struct span body;
	struct digest digest; /* text_digest(row); filled by the store on put, checked on read */
};

/*
 * BLAKE2b of case id (64 bits, big-endian), role (32), title and body, each with its length (32) before it.
 * Not of the ordinal, so that a repeated reply is known by its digest before it has one.
 */
struct digest text_digest(const struct text_row *row);

/*
 * Counts the store keeps as projections of the journal, so that `status` needs no scan.
 */
struct store_totals {
	int64_t accepted; /* ACCEPTED records ever */
	int64_t answered; /* REPLIED records ever that were final or a refusal */
};

/* Counts one record more; every engine calls it for each append. */
void store_totals_count(struct store_totals *self, const struct record *record);

typedef int (*store_record_fn)(void *context, const struct record *record);
typedef int (*store_case_fn)(void *context, const struct case_row *row);

/*
 * Selects cases for a listing; zero and empty mean "any". Ordered by case id. What is asked of open cases
 * alone (a state but answered, open_only, due_before) reads those; anything else walks upwards from `after`
 * through every case until `limit` are found.
 */
struct case_filter {
	int64_t after;	       /* case ids above this */
	enum case_state state; /* CASE_NONE: any */
	bool open_only;
	struct span department;
	struct span portal;
	struct instant due_before; /* us 0: any. Only open cases whose due moment is at or before it */
	int64_t limit;		   /* 0 or less: all */
};

struct store_interface {
	void (*destroy)(struct store **self);
	struct store_identity (*identity)(struct store *self);

	/* Writing. A second message of one (portal, message id) or case, a second text of one ordinal:
	 * -EEXIST, for the caller must have looked; kinds, roles and ordinals out of range are asserted. */
	int (*append)(struct store *self, struct record *record); /* fills record->seq */
	int (*put_message)(struct store *self, const struct message_row *row);
	int (*put_text)(struct store *self, struct text_row *row); /* fills row->digest */
	int (*put_case)(struct store *self,
		const struct case_row *row); /* inserts or replaces; message_id not used: its message is put
						too before the case is read, or the case is damaged */
	int (*put_cursor)(struct store *self, struct span principal, int64_t cursor);
	int (*commit)(struct store *self); /* without anything written: 0, and no I/O */

	/* Reading. Spans in the answers live until the next call of any function of this handle. */
	int (*find_message)(
		struct store *self, struct span portal, struct span message_id, struct message_row *ret_row);
	int (*read_message)(struct store *self, int64_t case_id, struct message_row *ret_row);
	int (*read_text)(struct store *self, int64_t case_id, int64_t ordinal, struct text_row *ret_row);
	int (*read_case)(struct store *self, int64_t case_id, struct case_row *ret_row); /* with message_id */
	int (*read_cursor)(
		struct store *self, struct span principal, int64_t *ret_cursor); /* NOT_FOUND: never SEEN */
	/* The highest case id of a message in [first_id, last_id]; NOT_FOUND: none. */
	int (*last_case_of_day)(struct store *self, int64_t first_id, int64_t last_id, int64_t *ret_case_id);
	int (*last_record)(struct store *self, struct record *ret_record); /* NOT_FOUND: empty journal */
	int (*totals)(struct store *self, struct store_totals *ret_totals);

	/* Walks call back in order; a callback's non-zero return ends the walk and is returned. Callbacks
	 * must not call the store, but may keep copies. `limit` < 0: all. */
	/* Every case that is not answered, by id, for the restart: without message_id. */
	int (*walk_open)(struct store *self, store_case_fn each, void *context);
	int (*walk_cases)(
		struct store *self, const struct case_filter *filter, store_case_fn each, void *context);
	int (*walk_journal)(
		struct store *self, int64_t after_seq, int64_t limit, store_record_fn each, void *context);
	int (*walk_history)(struct store *self, int64_t case_id, int64_t after_seq, int64_t limit,
		store_record_fn each, void *context);
	int (*walk_stream)(struct store *self, struct span stream, int64_t after_seq, int64_t limit,
		store_record_fn each, void *context);

	/* Housekeeping when the loop is idle: checkpoints of the one writing connection. May be NULL. */
	int (*idle)(struct store *self);
	/* The hash chain's head after the last record: for the system journal and backups. Empty journal: 0
	 * and the digest of no bytes. */
	int (*chain_head)(struct store *self, int64_t *ret_seq, struct digest *ret_head);
};

/* Every engine's struct begins with this. */
struct store {
	const struct store_interface *interface;
};

/*
 * The chain (store/chain.c): head' = BLAKE2b(head, canonical bytes of the record). The first head is of no
 * bytes. The bytes are big-endian: seq, kind and at as 64 bits each, then RECORD_FIELDS in their order: a
 * TEXT with its length in 32 bits before it, a NUMBER as 64 bits, a DIGEST as it is.
 */
struct digest chain_first(void);
struct digest chain_next(const struct digest *head, const struct record *record);

#endif
