#include "base/limits.h"
#include "base/utf8.h"
#include "calendar/deadline.h"
#include "daemon/core/case.h"
#include "daemon/core/record.h"

/*
 * Whether what a store gave back could have come from the core. Hashes tell of bytes that changed; this tells
 * of values that no program of ours wrote, so that nothing above has to fear a text longer than its place or
 * a moment beyond the calendar's years. It asks for no more than what would break a reader.
 */

#define DAYS_MAX 2932896 /* 9999-12-31 */

/* deadline_compute wants room for the longest term. */
#define RECEIVED_US_MAX (INSTANT_US_MAX - 4 * DEADLINE_COUNT_MAX * US_PER_DAY)

static bool is_within(int64_t number, int64_t low, int64_t high)
{
	return number >= low && number <= high;
}

static bool is_moment(int64_t us)
{
	return is_within(us, 0, INSTANT_US_MAX);
}

static bool is_due(int64_t us)
{
	return is_moment(us) || us == INSTANT_NEVER.us;
}

static bool is_name(struct span text, size_t size_max)
{
	return text.size <= size_max && utf8_is_text(text, UTF8_ONE_LINE);
}

bool case_row_is_sound(const struct case_row *row)
{
	return case_number_is_plausible(row->case_id) && row->state > CASE_NONE &&
	       row->state < CASE_STATE_END && is_name(row->portal, PRINCIPAL_NAME_SIZE_MAX) &&
	       is_name(row->message_id, MESSAGE_ID_SIZE_MAX) &&
	       is_name(row->department, DEPARTMENT_ID_SIZE_MAX) && is_name(row->class, CLASS_NAME_SIZE_MAX) &&
	       is_name(row->within, DEADLINE_WITHIN_SIZE - 1) &&
	       is_name(row->holder_name, PRINCIPAL_NAME_SIZE_MAX) && is_moment(row->received.us) &&
	       (row->within.size == 0 || row->received.us <= RECEIVED_US_MAX) && is_due(row->due.us) &&
	       is_moment(row->taken.us) && is_moment(row->answered.us) &&
	       is_within(row->due_date, 0, DAYS_MAX) && is_within(row->due_version, 0, UINT32_MAX - 1) &&
	       is_within(row->epoch, 0, UINT32_MAX - 1) && is_within(row->fired, 0, UINT16_MAX) &&
	       is_within(row->rung_reached, 0, RUNGS_MAX) && row->holder >= 0 &&
	       is_within(row->losses, 0, UINT8_MAX) && is_within(row->returns, 0, UINT8_MAX) &&
	       is_within(row->texts, 0, row->state == CASE_ANSWERED ? CASE_TEXTS_MAX : CASE_TEXTS_MAX - 1) &&
	       is_within(row->reply_kind, 0, REPLY_REFUSAL);
}

bool case_row_is_open(const struct case_row *row)
{
	struct deadline_within within;
	bool is_held = row->holder != 0;
	if (row->state == CASE_ANSWERED || (row->state == CASE_TRIAGE) != (row->department.size == 0) ||
		(row->within.size == 0) != instant_is_never(row->due) ||
		(row->within.size > 0 && !deadline_within_parse(row->within, &within)))
		return false;
	switch (row->state) {
	case CASE_OFFERED:
		return is_held && row->epoch > 0 && !row->process_custody;
	case CASE_TAKEN:
		return is_held == row->process_custody;
	default:
		return !is_held && !row->process_custody;
	}
}
