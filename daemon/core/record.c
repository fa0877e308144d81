#include "daemon/core/record.h"

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
	};
	REQUIRE(kind > 0 && kind < RECORD_KIND_END);
	ENSURE(names[kind]);
	return names[kind];
}
