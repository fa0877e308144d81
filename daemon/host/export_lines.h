#ifndef WENZHENG_HOST_EXPORT_LINES_H
#define WENZHENG_HOST_EXPORT_LINES_H

#include <jansson.h>

#include "calendar/civil.h"
#include "daemon/store/store.h"

/*
 * Rows of a store as JSON objects. What PROTOCOL.md has a field for has its name here; what only the journal
 * knows has the name of daemon/core/record.h. Empty and zero is left out, as on the wire. Times are RFC 3339
 * at `offset`. Rows must have been verified. The objects are the caller's.
 */

/* One record of the journal, whole: the chain can be computed anew from all of them. */
json_t *export_record(const struct record *record, const struct digest *head, struct utc_offset offset);

/* A case: its message's row makes the object, its own is put into it. */
json_t *export_message(const struct message_row *message);
void export_case(json_t *object, const struct case_row *row, struct utc_offset offset);

/* `row` without its digest; a citizen's message, a reply, a reason, or a box. */
json_t *export_text(const struct text_row *row);

#endif
