#include "base/assert.h"
#include "daemon/core/state.h"

/* A case keeps its slot as long as it is open, and slots only become more: what lies behind a part of the
 * walk stays behind it. */
uint32_t core_survey(
	const struct core *self, uint32_t from, uint32_t slots_max, core_surveyed_fn each, void *context)
{
	uint32_t end = slots_end(self->cases);
	REQUIRE(slots_max > 0);
	uint64_t behind = (uint64_t)from + slots_max;
	uint32_t until = behind < end ? (uint32_t)behind : end;
	for (uint32_t slot = from; slot < until; slot++) {
		const struct case_record *record = slots_peek(self->cases, slot);
		if (!record || record->state == CASE_ANSWERED)
			continue;
		bool triage = record->department == DEPARTMENT_NONE;
		struct core_surveyed surveyed = {
			triage ? CORE_SURVEY_TRIAGE : record->department, record->received};
		each(context, &surveyed);
	}
	return until == end ? CORE_SURVEY_END : until;
}
