#ifndef WENZHENG_SHELL_IO_H
#define WENZHENG_SHELL_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/instant.h"
#include "base/outcome.h"
#include "base/span.h"
#include "calendar/workdays.h"
#include "daemon/rules/principals.h"
#include "daemon/rules/profile.h"

/*
 * All that the shell wants of the world. The host implements it with sockets and clocks, the simulator with
 * queues and a seed. Nothing here blocks.
 */

struct incoming {
	enum zone zone;
	uint64_t peer;			 /* a connection; tells it apart from every other one that is alive */
	uint8_t key[PRINCIPAL_KEY_SIZE]; /* the CURVE key that the handshake proved */
	struct span kind_frame;
	struct span map_frame;
	uint32_t frames; /* after the routing id; 2 in a well-formed message. The spans above are then both
			    there */
};

enum io_sent {
	IO_SENT, /* on its way, no more: only an answer of the peer proves arrival */
	IO_GONE, /* the connection is no more */
	IO_FULL, /* the peer does not read; the message is dropped */
};

/* What is worth a line in the log. Never a body, a query code or a contact: there is no field for them. The
 * host writes so many of a kind a second as it sees fit, and counts the rest. */
enum log_event {
	LOG_STARTED, /* number: open cases */
	LOG_WORKER_READY,
	LOG_REFUSED,  /* a principal asked for what it may not have; number: enum error_code */
	LOG_STRANGER, /* a message with a key that is in no line of the principals in force any more */
	LOG_PARKED,
	LOG_ESCALATED, /* number: rung */
	LOG_CLOCK_HELD,
	LOG_CLOCK_RESUMED,
	LOG_DISK_LOW,
	LOG_DISK_OK,
	LOG_STORE_FULL,
	LOG_TEXT_DAMAGED, /* number: ordinal of the text */
	LOG_CONFIGURED,
	LOG_CONTACT_OPENED, /* an approver was given sealed contact details */
	LOG_REVOKED,	    /* an operator took the key of `principal` out of force */
	LOG_EVENT_END
};

/* Whole objects, already checked. */
struct shell_configuration {
	const struct profile *profile;
	const struct principals *principals;
	const struct workdays *workdays;
};

struct log_entry {
	enum log_event event;
	struct span principal;
	struct span department;
	struct span portal; /* whose message the case is */
	int64_t case_id;    /* 0: none */
	int64_t number;
};

struct io {
	struct moment (*now)(struct io *self);
	/* 0 with a message, whose spans live until the next call; 1 when none is there; negative: fatal. */
	int (*receive)(struct io *self, struct incoming *ret_incoming);
	enum io_sent (*send)(struct io *self, enum zone zone, uint64_t peer, struct span kind_frame,
		struct span map_frame);
	void (*log)(struct io *self, const struct log_entry *entry);
	/* Bytes that may still be written to the store's disk, INT64_MAX if nobody counts. */
	int64_t (*disk_free)(struct io *self);
	/* Seals contact details about a case (base/seal.h); ret_box has room for SEAL_TEXT_SIZE_MAX bytes.
	 * Here, because a box is made with randomness. */
	void (*seal)(struct io *self, int64_t case_id, struct span contact, char *ret_box);
	/* Reads profile, principals and calendar again. False with a fault that names file, line and column.
	 * What was handed out before lives until the next call. */
	bool (*reload)(struct io *self, struct shell_configuration *ret_configuration, struct fault *fault);
};

#endif
