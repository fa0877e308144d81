#ifndef WENZHENG_CORE_RECORD_H
#define WENZHENG_CORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/instant.h"
#include "base/span.h"

/*
 * A journal record: one change, who made it, when, and what of it must be known to make it again. The journal
 * is the truth; core_apply(record) is the only function that changes a case, live, at restart and in
 * `verify`.
 *
 * Records are flat: every kind uses some of the same fields, the others stay zero or empty. The table below
 * is the one place that names them; the store derives its columns and the canonical bytes of the hash chain
 * from it, in this order. Adding a field appends a line and a migration; none is ever reordered or reused.
 */
enum record_kind {
	RECORD_STARTED = 1, /* the daemon came up: every offer is void. subject: version */
	RECORD_ACCEPTED =
		2, /* actor: portal. subject: its message id. class, within, due…, digest: content, text */
	RECORD_ROUTED = 3,  /* department; subject: rule, or "explicit" */
	RECORD_TRIAGED = 4, /* no rule decided: triage owns it. subject: why */
	RECORD_OFFERED = 5, /* epoch, holder; subject: the worker's principal */
	RECORD_REQUEUED =
		6, /* offer or custody lost. subject: lost, lease, bye; number: losses in a row after it */
	RECORD_TAKEN =
		7, /* actor: worker's principal; epoch, holder; RECORD_PROCESS: custody of the process */
	RECORD_REPLIED = 8,    /* number: enum reply_kind; text, digest */
	RECORD_RETURNED = 9,   /* text: reason; digest. The case is triage's */
	RECORD_FAILED = 10,    /* text: reason; digest. The case is parked at triage */
	RECORD_PARKED = 11,    /* lost HOLDER_LOSSES_MAX holders in a row: parked at triage */
	RECORD_ASSIGNED = 12,  /* actor: triage's principal; department; text: reason; RECORD_FINAL */
	RECORD_REMINDED = 13,  /* due, due_version: what it reminds of. at: when it fired */
	RECORD_ESCALATED = 14, /* number: rung; due, due_version. at: when it fired */
	RECORD_DUE = 15,   /* due…, due_version: the new moment, after days are counted otherwise; subject:
			      recounted */
	RECORD_ALARM = 16, /* subject: code; department where it matters. No case, or the one it is about */
	RECORD_CONFIGURED =
		17, /* actor; subject: profile, principals or calendar; digest: of what is in force now */
	RECORD_CLOCK = 18,   /* actor; subject: held, resumed, accepted, set */
	RECORD_DRAINED = 19, /* actor; department or none for all; number: 1 draining, 0 no longer */
	RECORD_CONTACT =
		20, /* actor: portal; text, digest: the sealed contact details that came with a message */
	RECORD_CONTACT_OPENED = 21, /* actor: who was given the sealed contact details; subject: what for */
	RECORD_REVOKED =
		22, /* actor; subject: the principal; digest: of its key, which is out of force for ever */
	RECORD_KIND_END
};

enum reply_kind {
	REPLY_INTERIM = 1, /* the case stays open and on its deadline */
	REPLY_FINAL = 2,
	REPLY_REFUSAL = 3, /* with a reason; closes as a final reply does */
};

enum record_flag {
	RECORD_PROVISIONAL = 1 << 0, /* due rests on days not yet published */
	RECORD_FINAL = 1 << 1,	     /* a ruling: nobody may return the case again */
	RECORD_PROCESS = 1 << 2,     /* custody of one process */
};

/*
 *	X(name, type)	TEXT: struct span; NUMBER: int64_t; DIGEST: struct digest
 *
 * `stream` is whose outbox the record stands in: empty, "supervisor", "triage", "operator" or "portal/NAME".
 */
#define RECORD_FIELDS(X)                                                                     \
	X(case_id, NUMBER) /* YYYYMMDDNNNNNN; 0: about no case */                            \
	X(actor, TEXT)	   /* principal's name; empty: the daemon itself */                  \
	X(stream, TEXT)                                                                      \
	X(department, TEXT)                                                                  \
	X(subject, TEXT)                                                                     \
	X(class, TEXT)                                                                       \
	X(within, TEXT) /* "3 workday": the class's limit when the case was accepted */      \
	X(epoch, NUMBER)                                                                     \
	X(holder, NUMBER)   /* who holds the offer or the process custody (core/roster.h) */ \
	X(due, NUMBER)	    /* microseconds UTC; 0: the class has no deadline */             \
	X(due_date, NUMBER) /* last counted day, days since 1970-01-01 */                    \
	X(due_version, NUMBER)                                                               \
	X(number, NUMBER)                                                                    \
	X(flags, NUMBER) /* enum record_flag */                                              \
	X(text, NUMBER)	 /* ordinal of the case's text row it refers to; 0: none */          \
	X(digest, DIGEST)

#define RECORD_TYPE_TEXT   struct span
#define RECORD_TYPE_NUMBER int64_t
#define RECORD_TYPE_DIGEST struct digest

struct record {
	int64_t seq; /* given by the store when it appends; 1 and up without gaps */
	enum record_kind kind;
	struct instant at; /* wall; never goes back by more than the clock did */
#define X(name, type) RECORD_TYPE_##type name;
	RECORD_FIELDS(X)
#undef X
};

/* "accepted", "routed", …: the event's name on the wire and in a history. Asserts a valid kind. */
const char *record_kind_name(enum record_kind kind);

/* All texts of one record together are no longer than this: their limits in base/limits.h add up to less. */
#define RECORD_TEXTS_SIZE_MAX 512

/* Copies a record with its texts, which then stand in `room`; returns the bytes used of it. */
size_t record_copy(
	const struct record *from, char room[static RECORD_TEXTS_SIZE_MAX], struct record *ret_copy);

#define STREAM_SUPERVISOR    SPAN_LITERAL("supervisor")
#define STREAM_TRIAGE	     SPAN_LITERAL("triage")
#define STREAM_OPERATOR	     SPAN_LITERAL("operator")
#define STREAM_PORTAL_PREFIX "portal/"

#endif
