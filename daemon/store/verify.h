#ifndef WENZHENG_STORE_VERIFY_H
#define WENZHENG_STORE_VERIFY_H

#include "daemon/store/store.h"

/*
 * Whether a store holds what was written into it, as far as the store alone can tell: its pages, the hash
 * chain, every text against its hash and against the record that names it, every message against its
 * acceptance, every row against its sum. (That the rows of cases follow from the journal is for
 * whoever can apply records.) Give it a handle of store_sqlite_open_read_only.
 */
enum store_finding_kind {
	FINDING_PAGES,		 /* SQLite finds the file's structure damaged; note: what it says */
	FINDING_UNREADABLE,	 /* reading stopped here: the rest of this part was not seen; note: what of */
	FINDING_RECORD,		 /* seq: the row is no record */
	FINDING_GAP,		 /* seq: the records before it are missing */
	FINDING_CHAIN,		 /* seq: its hash does not follow from the record and the one before */
	FINDING_TEXT_HASH,	 /* case, ordinal: the text is not what its hash was taken of */
	FINDING_TEXT_MISSING,	 /* case, ordinal, seq: the record names a text that is not there */
	FINDING_TEXT_OTHER,	 /* case, ordinal, seq: the record's digest is not the text's */
	FINDING_TEXT_STRAY,	 /* case, ordinal: no record names this text */
	FINDING_MESSAGE_MISSING, /* case, seq: accepted, but there is no message */
	FINDING_MESSAGE_OTHER,	 /* case, seq: portal, message id or digest differ from the acceptance */
	FINDING_MESSAGE_STRAY,	 /* case: a message that was never accepted */
	FINDING_TOTALS,		 /* the counts are not those of the journal */
	FINDING_SCHEMA,		 /* tables, indexes, triggers are not word for word what migrations make */
	FINDING_ROW_HASH, /* case or none; note: message, case, cursor, store. Not what its sum was taken of
			   */
	FINDING_END
};

struct store_finding {
	enum store_finding_kind kind;
	int64_t case_id;  /* 0: of no case */
	int64_t seq;	  /* 0: of no record */
	int64_t ordinal;  /* 0: of no text */
	const char *note; /* empty, or a word more; valid during the call */
};

/* "text-hash", …: one word for programs; and what it means to a person. */
const char *store_finding_name(enum store_finding_kind kind);
const char *store_finding_meaning(enum store_finding_kind kind);

struct store_verify_options {
	/* Called for each finding; non-zero ends the run, which returns it. */
	int (*find)(void *context, const struct store_finding *finding);
	/* Called now and then, may be NULL: `part` is "pages", "journal", "texts" or "messages". */
	void (*progress)(void *context, const char *part, int64_t done, int64_t total);
	void *context;
};

/* Returns 0 with the number of findings, the callback's non-zero, or a negative error if it could not begin.
 */
MUST_CHECK int store_verify_journal(
	struct store *self, const struct store_verify_options *options, int64_t *ret_findings);

#endif
