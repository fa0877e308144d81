#ifndef WENZHENG_PROTO_FIELDS_H
#define WENZHENG_PROTO_FIELDS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

/*
 * The one table of fields of WZP/1. Encoder, decoder, validator and printer come from it; a test compares the
 * tables of PROTOCOL.md with it.
 *
 *	X(NAME, "key on the wire", type, limit)
 *
 * The limit is bytes of UTF-8 for texts, the largest value for numbers, the largest count for lists. A
 * field means the same in every kind that carries it.
 */
enum field_type {
	TYPE_LINE,  /* text of one line, no control character */
	TYPE_TEXT,  /* text of several lines */
	TYPE_TIME,  /* int64, microseconds since 1970-01-01T00:00:00Z, 0 to the end of the year 9999 */
	TYPE_COUNT, /* int64, 0 to the limit */
	TYPE_FLAG,  /* boolean */
	TYPE_LINES, /* array of texts of one line, each at most 128 bytes */
	TYPE_ITEMS, /* array of maps with the same keys as here, nested at most once */
};

#define ANY_COUNT_MAX INT64_MAX

#define FIELDS(X)                                                                                            \
	/* every message */                                                                                  \
	X(REQ, "req", TYPE_COUNT, ANY_COUNT_MAX) /* sender's request id; comes back in the answer */         \
	/* a citizen's message */                                                                            \
	X(ID, "id", TYPE_LINE, MESSAGE_ID_SIZE_MAX) /* the portal's own id of the message */                 \
	X(TITLE, "title", TYPE_LINE, TITLE_SIZE_MAX)                                                         \
	X(BODY, "body", TYPE_TEXT, BODY_SIZE_MAX)                                                            \
	X(CATEGORY, "category", TYPE_LINE, CATEGORY_SIZE_MAX)                                                \
	X(REGION, "region", TYPE_LINE, REGION_SIZE_MAX)                                                      \
	X(CONTACT, "contact", TYPE_TEXT, CONTACT_SIZE_MAX) /* how to reach the citizen; sealed on receipt */ \
	/* a case */                                                                                         \
	X(CASE, "case", TYPE_LINE, 17)		   /* case number YYYYMMDD-NNNNNN-C */                       \
	X(QUERY_CODE, "query_code", TYPE_LINE, 32) /* 16 characters Crockford base 32, hyphens allowed */    \
	X(DEPARTMENT, "department", TYPE_LINE, DEPARTMENT_ID_SIZE_MAX)                                       \
	X(CLASS, "class", TYPE_LINE, CLASS_NAME_SIZE_MAX)                                                    \
	X(STATE, "state", TYPE_LINE, 32)                                                                     \
	X(PORTAL, "portal", TYPE_LINE, PRINCIPAL_NAME_SIZE_MAX)                                              \
	X(RECEIVED, "received", TYPE_TIME, 0)	    /* when the message became durable here */               \
	X(DUE, "due", TYPE_TIME, 0)		    /* first instant that is too late */                     \
	X(PROVISIONAL, "provisional", TYPE_FLAG, 0) /* due rests on an unpublished calendar */               \
	X(DUE_VERSION, "due_version", TYPE_COUNT, UINT32_MAX)                                                \
	X(EPOCH, "epoch", TYPE_COUNT, UINT32_MAX)      /* of the offer; higher is newer */                   \
	X(RULE, "rule", TYPE_LINE, RULE_NAME_SIZE_MAX) /* the routing rule that decided */                   \
	X(FINAL, "final", TYPE_FLAG, 0)		       /* a ruling after which nobody may return the case */ \
	X(RETURNS, "returns", TYPE_COUNT, 255)                                                               \
	X(LOSSES, "losses", TYPE_COUNT, 255)                                                                 \
	X(TAKEN, "taken", TYPE_TIME, 0)                                                                      \
	X(ANSWERED, "answered", TYPE_TIME, 0)                                                                \
	X(REMINDED, "reminded", TYPE_FLAG, 0)                                                                \
	/* speech of a department */                                                                         \
	X(REPLY, "reply", TYPE_TEXT, REPLY_SIZE_MAX)                                                         \
	X(REPLY_KIND, "reply_kind", TYPE_LINE, 16) /* interim, final, refusal */                             \
	X(REASON, "reason", TYPE_TEXT, REASON_SIZE_MAX)                                                      \
	/* a worker and its daemon */                                                                        \
	X(DEPARTMENTS, "departments", TYPE_LINES, DEPARTMENTS_PER_PRINCIPAL_MAX)                             \
	X(CREDIT, "credit", TYPE_COUNT, UINT32_MAX)		 /* untaken offers allowed at once */        \
	X(CUSTODY, "custody", TYPE_LINE, 16)			 /* department, process */                   \
	X(INCARNATION, "incarnation", TYPE_COUNT, ANY_COUNT_MAX) /* random at process start, 1 and up */     \
	X(LEASE_MS, "lease_ms", TYPE_COUNT, 86400000)                                                        \
	X(HEARTBEAT_MS, "heartbeat_ms", TYPE_COUNT, 86400000)                                                \
	/* streams of events */                                                                              \
	X(CURSOR, "cursor", TYPE_COUNT, ANY_COUNT_MAX) /* position in a stream; 0 is before the first */     \
	X(EVENT, "event", TYPE_LINE, 32)                                                                     \
	X(AT, "at", TYPE_TIME, 0)	/* when the daemon recorded it */                                    \
	X(FIRED, "fired", TYPE_TIME, 0) /* when a reminder or rung did fire */                               \
	X(RUNG, "rung", TYPE_COUNT, RUNGS_MAX)                                                               \
	X(ACTOR, "actor", TYPE_LINE, PRINCIPAL_NAME_SIZE_MAX)                                                \
	/* answers */                                                                                        \
	X(CODE, "code", TYPE_LINE, 32)	 /* of an ERROR or a BUSY */                                         \
	X(TEXT, "text", TYPE_TEXT, 4096) /* for a person */                                                  \
	X(FIELD, "field", TYPE_LINE, 32) /* the key an ERROR is about */                                     \
	X(RETRY_MS, "retry_ms", TYPE_COUNT, 86400000)                                                        \
	X(ITEMS, "items", TYPE_ITEMS, 512)                                                                   \
	X(MORE, "more", TYPE_FLAG, 0)	 /* there is another page */                                         \
	X(AFTER, "after", TYPE_LINE, 32) /* where a page begins: the last key of the one before */           \
	X(LIMIT, "limit", TYPE_COUNT, 512)                                                                   \
	/* operators */                                                                                      \
	X(NAME, "name", TYPE_LINE, DISPLAY_NAME_SIZE_MAX)                                                    \
	X(ROLE, "role", TYPE_LINE, 16)                                                                       \
	X(OVERDUE, "overdue", TYPE_COUNT, ANY_COUNT_MAX)                                                     \
	X(OPEN, "open", TYPE_COUNT, ANY_COUNT_MAX)                                                           \
	X(QUEUED, "queued", TYPE_COUNT, ANY_COUNT_MAX)                                                       \
	X(OFFERED, "offered", TYPE_COUNT, ANY_COUNT_MAX)                                                     \
	X(HELD, "held", TYPE_COUNT, ANY_COUNT_MAX) /* taken and not yet answered */                          \
	X(TRIAGE, "triage", TYPE_COUNT, ANY_COUNT_MAX)                                                       \
	X(WORKERS, "workers", TYPE_COUNT, ANY_COUNT_MAX)                                                     \
	X(ACCEPTED, "accepted", TYPE_COUNT, ANY_COUNT_MAX) /* ever */                                        \
	X(CLOSED, "closed", TYPE_COUNT, ANY_COUNT_MAX)	   /* ever answered */                               \
	X(OLDEST, "oldest", TYPE_TIME, 0)		   /* receipt of the oldest unanswered case */       \
	X(NOW, "now", TYPE_TIME, 0)			   /* the daemon's wall clock */                     \
	X(NEXT, "next", TYPE_TIME, 0)			   /* its next timer; absent: none */                \
	X(SET, "set", TYPE_TIME, 0)			   /* laboratory: move the clock here */             \
	X(ACCEPT, "accept", TYPE_FLAG, 0)		   /* the wall clock is right: go on */              \
	X(CLOCK, "clock", TYPE_LINE, 16)		   /* ok, held */                                    \
	X(LABORATORY, "laboratory", TYPE_FLAG, 0)                                                            \
	X(HORIZON, "horizon", TYPE_LINE, 16) /* last published day, YYYY-MM-DD */                            \
	X(VERSION, "version", TYPE_LINE, 32)                                                                 \
	X(SEALED, "sealed", TYPE_LINE, SEALED_SIZE_MAX)		 /* contact details in their box, base 64 */ \
	X(DATE, "date", TYPE_LINE, 16)				 /* YYYY-MM-DD */                            \
	X(NUMBER, "number", TYPE_COUNT, ANY_COUNT_MAX)		 /* of a counted day; 0: not counted */      \
	X(WITHIN, "within", TYPE_LINE, 32)			 /* "3 workday" */                           \
	X(SIGNATURE, "signature", TYPE_LINE, SIGNATURE_SIZE_MAX) /* above a department's replies */

enum field {
#define X(name, key, type, limit) FIELD_##name,
	FIELDS(X)
#undef X
		FIELD_TOTAL
};

struct field_info {
	const char *key;
	enum field_type type;
	int64_t limit;
	size_t key_size; /* of the key, without NUL */
};

extern const struct field_info field_infos[FIELD_TOTAL];

#define FIELD_LINES_ITEM_SIZE_MAX 128

static_assert(FIELD_TOTAL <= 128, "a message keeps presence in two words");

#endif
