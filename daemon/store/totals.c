#include "daemon/store/store.h"

void store_totals_count(struct store_totals *self, const struct record *record)
{
	self->accepted += record->kind == RECORD_ACCEPTED;
	self->answered += record->kind == RECORD_REPLIED &&
			  (record->number == REPLY_FINAL || record->number == REPLY_REFUSAL);
}
