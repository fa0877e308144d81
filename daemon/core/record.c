#include "daemon/core/record.h"

#include <string.h>

#include "base/assert.h"

const char *record_kind_name(enum record_kind kind)
{
	static const char *const names[RECORD_KIND_END] = {
		[RECORD_STARTED] = "started",
		[RECORD_ACCEPTED] = "accepted",
		[RECORD_ROUTED] = "routed",
		[RECORD_TRIAGED] = "triaged",
		[RECORD_OFFERED] = "offered",
		[RECORD_REQUEUED] = "requeued",
		[RECORD_TAKEN] = "taken",
		[RECORD_REPLIED] = "replied",
		[RECORD_RETURNED] = "returned",
		[RECORD_FAILED] = "failed",
		[RECORD_PARKED] = "parked",
		[RECORD_ASSIGNED] = "assigned",
		[RECORD_REMINDED] = "reminded",
		[RECORD_ESCALATED] = "escalated",
		[RECORD_DUE] = "due",
		[RECORD_ALARM] = "alarm",
		[RECORD_CONFIGURED] = "configured",
		[RECORD_CLOCK] = "clock",
		[RECORD_DRAINED] = "drained",
		[RECORD_REVOKED] = "revoked",
		[RECORD_CONTACT] = "contact",
		[RECORD_CONTACT_OPENED] = "contact-opened",
	};
	REQUIRE(kind > 0 && kind < RECORD_KIND_END);
	ENSURE(names[kind]);
	return names[kind];
}

static size_t copy_text(struct span *text, char *room, size_t used)
{
	ENSURE(used + text->size <= RECORD_TEXTS_SIZE_MAX);
	if (text->size > 0)
		memcpy(room + used, text->data, text->size);
	*text = span_of(room + used, text->size);
	return used + text->size;
}

size_t record_copy(
	const struct record *from, char room[static RECORD_TEXTS_SIZE_MAX], struct record *ret_copy)
{
	size_t used = 0;
	*ret_copy = *from;
#define COPY_TEXT(name) used = copy_text(&ret_copy->name, room, used);
#define COPY_NUMBER(name)
#define COPY_DIGEST(name)
#define X(name, type) COPY_##type(name)
	RECORD_FIELDS(X)
#undef X
	return used;
}
