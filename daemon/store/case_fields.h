#ifndef WENZHENG_STORE_CASE_FIELDS_H
#define WENZHENG_STORE_CASE_FIELDS_H

#include "daemon/core/case.h"

/*
 * What a case's row holds beside its id, in the order of its columns: the one list from which the engines
 *derive schema, statements and copies. A new field comes at the end, with a migration.
 *
 *	X(name, type)	TEXT: struct span. NUMBER: any integer, bool or enum. INSTANT: struct instant. DUE:
 *struct instant that may be INSTANT_NEVER. DIGEST: struct digest
 */
#define CASE_FIELDS(X)             \
	X(state, NUMBER)           \
	X(portal, TEXT)            \
	X(department, TEXT)        \
	X(class, TEXT)             \
	X(within, TEXT)            \
	X(received, INSTANT)       \
	X(due, DUE)                \
	X(due_date, NUMBER)        \
	X(due_version, NUMBER)     \
	X(provisional, NUMBER)     \
	X(fired, NUMBER)           \
	X(rung_reached, NUMBER)    \
	X(reminded, NUMBER)        \
	X(epoch, NUMBER)           \
	X(holder, NUMBER)          \
	X(holder_name, TEXT)       \
	X(process_custody, NUMBER) \
	X(final_ruling, NUMBER)    \
	X(losses, NUMBER)          \
	X(returns, NUMBER)         \
	X(texts, NUMBER)           \
	X(taken, INSTANT)          \
	X(answered, INSTANT)       \
	X(reply_kind, NUMBER)      \
	X(reply_digest, DIGEST)

#endif
