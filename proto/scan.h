#ifndef WENZHENG_PROTO_SCAN_H
#define WENZHENG_PROTO_SCAN_H

#include <stdint.h>

#include "base/span.h"

/*
 * Reading msgpack as bytes, without allocating and without recursion.
 *
 * Everything a peer sends is scanned here before anything else looks at it. Five bytes, dd 7f ff ff ff,
 * announce 2^31 - 1 elements and make msgpack-c ask the system for 68 GB; the scan refuses what a frame of
 * its size cannot hold. A value that passed is whole: all its parts lie inside the bytes, so whoever walks it
 * afterwards with scan_head needs no bounds check of his own.
 */
enum scan_type {
	SCAN_NIL,
	SCAN_FLAG,     /* value: 0 or 1 */
	SCAN_NATURAL,  /* value: the number, up to 2^64 - 1 */
	SCAN_NEGATIVE, /* value: its two's complement */
	SCAN_FLOAT,    /* either size; no field of ours is one, so its value is not read */
	SCAN_BYTES,    /* value: size of the bytes that follow */
	SCAN_TEXT,     /* likewise; whether it is UTF-8 is not asked here */
	SCAN_ARRAY,    /* value: elements that follow */
	SCAN_MAP,      /* value: pairs that follow */
};

/* The start of one value: all of a number, and the header of everything else. */
struct scan_head {
	enum scan_type type;
	size_t size; /* bytes of the header */
	uint64_t value;
};

enum scan_outcome {
	SCAN_OK,
	SCAN_CUT,	    /* the bytes end inside the value */
	SCAN_TOO_MANY,	    /* announces more parts than there are bytes left */
	SCAN_TOO_DEEP,	    /* more than MAP_DEPTH_MAX arrays and maps in one another */
	SCAN_TOO_MANY_KEYS, /* a map with more than MAP_FIELDS_MAX keys */
	SCAN_EXTENSION,	    /* ext types, timestamps among them: we have none */
	SCAN_RESERVED,	    /* the byte c1, which msgpack never uses */
	SCAN_TRAILING,	    /* bytes after the value */
};

/* Reads the head at the start of `bytes`: SCAN_OK, _CUT, _EXTENSION or _RESERVED. The payload of a text or
 * bytes need not be there. */
enum scan_outcome scan_head(struct span bytes, struct scan_head *ret_head);

/* The one value at the start of `bytes`, with all its parts; more may follow. `ret_size`: its bytes. */
enum scan_outcome scan_value(struct span bytes, size_t *ret_size);

/* One value and nothing after it. */
enum scan_outcome scan_whole(struct span bytes);

/* What an outcome other than SCAN_OK means, as the end of a sentence: "the map …". */
const char *scan_outcome_text(enum scan_outcome outcome);

#endif
