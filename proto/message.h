#ifndef WENZHENG_PROTO_MESSAGE_H
#define WENZHENG_PROTO_MESSAGE_H

#include "base/buffer.h"
#include "base/instant.h"
#include "base/span.h"
#include "proto/kinds.h"

/*
 * One message of WZP/1, decoded: its kind and the fields that are there. Texts and lists point into the frame
 * it was decoded from, which must outlive it. A message never owns anything.
 */
struct field_value {
	union {
		struct span text;  /* LINE, TEXT */
		int64_t number;	   /* TIME, COUNT; FLAG as 0 or 1 */
		struct span array; /* LINES, ITEMS: the encoded elements, checked already; walk with list_* */
	};
	uint32_t count; /* of array */
};

struct message {
	enum kind kind;
	uint64_t present[2];
	struct field_value values[FIELD_TOTAL];
};

static inline bool message_has(const struct message *self, enum field field)
{
	return (self->present[field / 64] >> (field % 64)) & 1;
}

/* The value, or the empty span, or `otherwise`, when the field is absent. */
struct span message_text(const struct message *self, enum field field);
int64_t message_number(const struct message *self, enum field field, int64_t otherwise);
struct instant message_time(const struct message *self, enum field field, struct instant otherwise);
bool message_flag(const struct message *self, enum field field); /* absent: false */

/* Why a message was refused; PROTOCOL.md says what each code means and what to do. */
#define ERROR_CODES(X)                                                                                     \
	X(FRAMES, "frames")	  /* not exactly two frames */                                             \
	X(MALFORMED, "malformed") /* not one msgpack map within the limits */                              \
	X(VERSION, "version")	  /* first frame is not WZP1 and a kind byte */                            \
	X(UNKNOWN_KIND, "unknown-kind")                                                                    \
	X(UNSUPPORTED, "unsupported") /* known and not built: kind, or field */                            \
	X(MISSING_FIELD, "missing-field")                                                                  \
	X(WRONG_TYPE, "wrong-type")                                                                        \
	X(TOO_LONG, "too-long")                                                                            \
	X(INVALID_TEXT, "invalid-text") /* not UTF-8, or a control character */                            \
	X(INVALID_VALUE, "invalid-value")                                                                  \
	X(BAD_IDENTITY, "bad-identity") /* the peer chose a routing id of its own */                       \
	X(FORBIDDEN, "forbidden")	/* this role may not send this kind here */                        \
	X(REVOKED, "revoked")                                                                              \
	X(NOT_YOURS, "not-yours") /* another principal's case, or a department you do not serve */         \
	X(NOT_READY, "not-ready") /* say READY or WATCH first */                                           \
	X(NOT_FOUND, "not-found") /* no such case, or a wrong query code: the answer does not say which */ \
	X(UNKNOWN_DEPARTMENT, "unknown-department")                                                        \
	X(UNKNOWN_CLASS, "unknown-class")                                                                  \
	X(CONFLICT, "conflict") /* the same id with other content */                                       \
	X(STALE, "stale")	/* the epoch is not the current one */                                     \
	X(WRONG_STATE, "wrong-state")                                                                      \
	X(RETURN_LIMIT, "return-limit") /* ruled on, or returned as often as the profile allows */         \
	X(NOT_LABORATORY, "not-laboratory")                                                                \
	X(CONFIGURATION, "configuration")

enum error_code {
	ERROR_NONE,
#define X(name, text) ERROR_##name,
	ERROR_CODES(X)
#undef X
		ERROR_TOTAL
};

const char *error_code_text(enum error_code code);

/* ERROR_NONE if a text may stand in a LINE or TEXT field, else TOO_LONG or INVALID_TEXT. Whoever writes what
 * a person or a program gave him asks this first: the writer asserts. */
enum error_code field_check_text(enum field field, struct span text);

/* A refusal that names the field, for an ERROR. */
struct refusal {
	enum error_code code;
	enum field field; /* FIELD_TOTAL: none */
	char text[160];	  /* for a person, without anything the peer wrote */
	int64_t req;	  /* what could be read of it, else -1 */
};

/*
 * Decodes the two frames of a message: scans (proto/scan.h), unpacks, checks type, limit and text of every
 * known field, presence of the required ones, no key twice. A required text of a kind that peers send may not
 * be empty. Unknown keys are skipped. True on success; on failure `ret_refusal` is complete and nothing
 * else is written. `ret_message` points into `map_frame`.
 */
bool message_decode(struct span kind_frame, struct span map_frame, struct message *ret_message,
	struct refusal *ret_refusal);

/* The next element of a TYPE_LINES value. Start with a copy of the value; false at the end. */
bool message_lines_next(struct field_value *rest, struct span *ret_text);

/* The next element of a TYPE_ITEMS value, as a message without kind. */
bool message_items_next(struct field_value *rest, struct message *ret_item);

/*
 * Writing. The map frame is appended to the buffer, from its size at writer_begin to its size after
 * writer_end; the kind frame is message_kind_frame(kind). A map holds at most MAP_FIELDS_MAX fields, the
 * frame at most FRAME_SIZE_MAX bytes; buffer->size tells a writer of lists how far he is.
 *
 *	writer_begin(&w, &buffer); writer_text(&w, FIELD_CASE, number); …; writer_end(&w);
 *
 * It asserts that a value is of the field's type and within its limit: what we send is ours to get
 * right. That a text of several lines is UTF-8 is the one thing it takes on trust. Fields are written in
 * the order of the calls, each at most once; FIELD_ITEMS by writer_items_begin to writer_items_end.
 */
struct writer {
	struct buffer *buffer;
	size_t map_at; /* where the map header stands, filled in by writer_end */
	uint32_t count;
	size_t outer_map_at; /* while inside an item */
	uint32_t outer_count;
	size_t array_at;
	uint32_t array_count;
	uint64_t present[2];
	uint64_t outer_present[2];
};

void writer_begin(struct writer *self, struct buffer *buffer);
void writer_text(struct writer *self, enum field field, struct span text);
void writer_number(struct writer *self, enum field field, int64_t number);
void writer_time(struct writer *self, enum field field, struct instant time);
void writer_flag(struct writer *self, enum field field, bool flag);
void writer_lines(struct writer *self, enum field field, const struct span *texts, size_t count);
/* Between items_begin and items_end: item_begin, fields, item_end, again and again. */
void writer_items_begin(struct writer *self);
void writer_item_begin(struct writer *self);
void writer_item_end(struct writer *self);
void writer_items_end(struct writer *self);
void writer_end(struct writer *self);

#define KIND_FRAME_SIZE 5
struct span message_kind_frame(enum kind kind, char ret_bytes[static KIND_FRAME_SIZE]);

/* For a person or a log of a laboratory: `SUBMIT {req: 1, id: "…"}`, appended to `out`. Texts longer than 40
 * bytes are shown by size only, a query code never. */
void message_print(const struct message *self, struct buffer *out);

#endif
