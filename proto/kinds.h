#ifndef WENZHENG_PROTO_KINDS_H
#define WENZHENG_PROTO_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fields.h"

/*
 * The one table of kinds of WZP/1: the byte after `WZP1` in a message's first frame. Numbers are fixed
 * for ever, also of kinds that are not built yet: those answer UNSUPPORTED.
 *
 *	X(NAME, number, who may send it, built)
 */
enum sender {
	SENDER_PORTAL = 1 << 0,
	SENDER_WORKER = 1 << 1,
	SENDER_SUPERVISOR = 1 << 2,
	SENDER_TRIAGE = 1 << 3,
	SENDER_APPROVER = 1 << 4,
	SENDER_MODERATOR = 1 << 5,
	SENDER_OPERATOR = 1 << 6,
	SENDER_DAEMON = 1 << 7,
	/* who has a stream of events of his own */
	SENDER_WATCHERS = SENDER_PORTAL | SENDER_SUPERVISOR | SENDER_TRIAGE | SENDER_OPERATOR,
};

#define KINDS(X)                                                                                     \
	X(SUBMIT, 0x01, SENDER_PORTAL, true)                                                         \
	X(FOLLOW_UP, 0x02, SENDER_PORTAL, false)                                                     \
	X(ANSWER, 0x03, SENDER_PORTAL, false)                                                        \
	X(RATE, 0x04, SENDER_PORTAL, false)                                                          \
	X(WITHDRAW, 0x05, SENDER_PORTAL, false)                                                      \
	X(REOPEN, 0x06, SENDER_PORTAL, false)                                                        \
	X(APPEAL, 0x07, SENDER_PORTAL, false)                                                        \
	X(QUERY, 0x08, SENDER_PORTAL, true)                                                          \
	X(DIRECTORY, 0x09, SENDER_PORTAL, true)                                                      \
	X(WATCH, 0x10, SENDER_WATCHERS, true)                                                        \
	X(SEEN, 0x11, SENDER_WATCHERS, true)                                                         \
	X(BEAT, 0x12, SENDER_WATCHERS | SENDER_WORKER, true)                                         \
	X(BYE, 0x13, SENDER_WATCHERS | SENDER_WORKER, true)                                          \
	X(READY, 0x20, SENDER_WORKER, true)                                                          \
	X(HELD, 0x21, SENDER_WORKER, true)                                                           \
	X(TAKE, 0x22, SENDER_WORKER, true)                                                           \
	X(REPLY, 0x23, SENDER_WORKER, true)                                                          \
	X(RETURN, 0x24, SENDER_WORKER, true)                                                         \
	X(FAIL, 0x25, SENDER_WORKER, true)                                                           \
	X(ASK, 0x26, SENDER_WORKER, false)                                                           \
	X(EXTEND, 0x27, SENDER_WORKER, false)                                                        \
	X(ASSIST, 0x28, SENDER_WORKER, false)                                                        \
	X(CONSULT, 0x29, SENDER_WORKER, false)                                                       \
	X(ANNOUNCE, 0x2a, SENDER_WORKER, false)                                                      \
	X(ASSIGN, 0x30, SENDER_TRIAGE, true)                                                         \
	X(GRANT, 0x31, SENDER_APPROVER, false)                                                       \
	X(DENY, 0x32, SENDER_APPROVER, false)                                                        \
	X(APPROVE, 0x33, SENDER_APPROVER, false)                                                     \
	X(REJECT, 0x34, SENDER_APPROVER, false)                                                      \
	X(HIDE, 0x35, SENDER_MODERATOR, false)                                                       \
	X(UNHIDE, 0x36, SENDER_MODERATOR, false)                                                     \
	X(OPEN_CONTACT, 0x37, SENDER_APPROVER, true)                                                 \
	X(STATUS, 0x40, SENDER_OPERATOR, true)                                                       \
	X(CASES, 0x41, SENDER_OPERATOR | SENDER_TRIAGE, true)                                        \
	X(SHOW, 0x42, SENDER_OPERATOR | SENDER_TRIAGE, true)                                         \
	X(HISTORY, 0x43, SENDER_OPERATOR | SENDER_TRIAGE, true)                                      \
	X(WHY, 0x44, SENDER_OPERATOR | SENDER_TRIAGE, true)                                          \
	X(WORKERS, 0x45, SENDER_OPERATOR, true)                                                      \
	X(DRAIN, 0x46, SENDER_OPERATOR, true)                                                        \
	X(CLOCK, 0x47, SENDER_OPERATOR, true)                                                        \
	X(RELOAD, 0x48, SENDER_OPERATOR, true)                                                       \
	X(REVOKE, 0x49, SENDER_OPERATOR, true)                                                       \
	X(RECEIPT, 0x80, SENDER_DAEMON, true)                                                        \
	X(WELCOME, 0x81, SENDER_DAEMON, true)                                                        \
	X(OFFER, 0x82, SENDER_DAEMON, true)                                                          \
	X(NOTICE, 0x83, SENDER_DAEMON, true)                                                         \
	X(CONFIRM, 0x84, SENDER_DAEMON, true)                                                        \
	X(EVENT, 0x85, SENDER_DAEMON, true)                                                          \
	X(REPORT, 0x86, SENDER_DAEMON, true) /* answers STATUS */                                    \
	X(BUSY, 0x87, SENDER_DAEMON, true)                                                           \
	X(ERROR, 0x88, SENDER_DAEMON, true)                                                          \
	X(PULSE, 0x89, SENDER_DAEMON, true)   /* answers BEAT */                                     \
	X(LIST, 0x8a, SENDER_DAEMON, true)    /* answers HELD, DIRECTORY, CASES, HISTORY, WORKERS */ \
	X(DOSSIER, 0x8b, SENDER_DAEMON, true) /* answers QUERY, SHOW, WHY: one case */

enum kind {
#define X(name, number, senders, built) KIND_##name = (number),
	KINDS(X)
#undef X
};

struct kind_info {
	enum kind kind;
	const char *name;
	unsigned senders; /* enum sender bits */
	bool built;
};

/* NULL for a number that is not in the table. */
const struct kind_info *kind_info(uint8_t number);

/* The table in order, for tests and the printer: kind_info_at(0…) until NULL. */
const struct kind_info *kind_info_at(size_t index);

/* The fields of a kind that is built, ended by FIELD_TOTAL. A known field in neither list is ignored, like an
 * unknown one. */
const enum field *kind_required(enum kind kind);
const enum field *kind_optional(enum kind kind);

#endif
