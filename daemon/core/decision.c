#include <stdio.h>

#include "base/assert.h"
#include "daemon/core/state.h"

void decision_init(struct decision *self, enum verdict verdict)
{
	*self = (struct decision){.verdict = verdict};
}

struct record *decision_add(struct decision *self, enum record_kind kind, struct moment now, int64_t case_id)
{
	REQUIRE(self->record_count < DECISION_RECORDS_MAX);
	struct record *record = &self->records[self->record_count++];
	*record = (struct record){.kind = kind, .at = now.wall, .case_id = case_id};
	self->verdict = VERDICT_DONE;
	return record;
}

void decision_portal_stream(struct decision *self, struct record *record, struct span portal)
{
	int length =
		snprintf(self->stream, sizeof(self->stream), STREAM_PORTAL_PREFIX "%.*s", SPAN_PRINT(portal));
	ENSURE(length > 0 && (size_t)length < sizeof(self->stream));
	record->stream = span_of(self->stream, (size_t)length);
}

void decision_of_case(struct decision *self, const struct case_record *record)
{
	decision_init(self, VERDICT_DONE);
	self->case_id = (int64_t)record->id;
	self->epoch = record->epoch;
	self->state = (enum case_state)record->state;
}
