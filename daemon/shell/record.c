#include "base/assert.h"
#include "daemon/shell/state.h"

int carry_record(struct shell *self, struct record *record)
{
	struct store *store = self->options.store;
	int r = store->interface->append(store, record);
	if (r != 0)
		return r; /* STORE_FULL goes up to the turn, which rolls back */
	self->written = true;
	counts_record(self, record);
	announce_before(self, record);
	core_apply(self->core, self->now, record);
	if (record->stream.size > 0)
		streams_touch(self, record->stream);
	return announce_after(self, record);
}

int carry_out(struct shell *self, const struct decision *decision)
{
	REQUIRE(decision->verdict == VERDICT_DONE);
	for (uint32_t i = 0; i < decision->record_count; i++) {
		struct record record = decision->records[i];
		int r = carry_record(self, &record);
		if (r != 0)
			return r;
	}
	return 0;
}

int note(struct shell *self, enum record_kind kind, struct span actor, struct span stream,
	struct span subject, const struct digest *digest)
{
	struct record record = {
		.kind = kind,
		.at = self->now.wall,
		.actor = actor,
		.stream = stream,
		.subject = subject,
	};
	if (digest)
		record.digest = *digest;
	return carry_record(self, &record);
}
