#include "base/assert.h"
#include "base/buffer.h"
#include "calendar/deadline.h"
#include "daemon/core/state.h"

struct digest submission_digest(const struct submission *submission)
{
	const struct routing_request *request = &submission->request;
	struct buffer bytes = BUFFER_NULL;
	buffer_append_prefixed(&bytes, request->title);
	buffer_append_prefixed(&bytes, request->body);
	buffer_append_prefixed(&bytes, request->category);
	buffer_append_prefixed(&bytes, request->region);
	buffer_append_prefixed(&bytes, request->department);
	buffer_append_prefixed(&bytes, request->class);
	buffer_append_prefixed(&bytes, submission->contact);
	struct digest digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return digest;
}

void core_day(const struct core *self, struct instant now, int64_t *ret_first_id, int64_t *ret_last_id)
{
	struct civil_ymd day = civil_to_ymd(civil_date_of(now, self->options.profile->policy.offset));
	*ret_first_id = case_number_id(day.year, day.month, day.day, 1);
	*ret_last_id = case_number_id(day.year, day.month, day.day, CASES_PER_DAY_MAX);
}

/* Microseconds of allowance one message of a portal costs; its purse holds a minute's worth. */
static int64_t cost_us(const struct core *self)
{
	return 60 * US_PER_S / self->options.profile->messages_per_minute;
}

static int64_t purse_us(const struct core *self, struct span portal, struct mono now)
{
	for (uint32_t i = 0; i < self->names_count; i++) {
		const struct name *name = &self->names[i];
		if (!span_equal_string(portal, name->text))
			continue;
		int64_t filled = name->tokens_us + (now.us - name->refilled.us);
		return filled < 60 * US_PER_S ? filled : 60 * US_PER_S;
	}
	return 60 * US_PER_S;
}

void submit_pay(struct core *self, uint16_t portal, struct mono now)
{
	if (mono_is_never(now))
		return;
	struct name *name = &self->names[portal];
	name->tokens_us = purse_us(self, span_of_string(name->text), now) - cost_us(self);
	name->refilled = now;
}

static bool is_known(
	const struct submission_facts *facts, const struct digest *digest, struct decision *ret_decision)
{
	if (!facts->known)
		return false;
	decision_init(ret_decision,
		digest_equal(digest, &facts->known_digest) ? VERDICT_REPEATED : VERDICT_CONFLICT);
	ret_decision->case_id = facts->known_case;
	return true;
}

static void busy(struct decision *ret_decision, enum verdict verdict, int64_t retry_us)
{
	decision_init(ret_decision, verdict);
	ret_decision->retry_us = retry_us;
}

static int64_t until_next_day(const struct core *self, struct instant now)
{
	struct utc_offset offset = self->options.profile->policy.offset;
	struct civil_date tomorrow = civil_plus(civil_date_of(now, offset), 1);
	return civil_instant(tomorrow, 0, offset).us - now.us;
}

static bool is_admitted(const struct core *self, struct moment now, const struct submission *submission,
	int64_t next_id, int64_t last_id, struct decision *ret_decision)
{
	if (self->draining)
		return busy(ret_decision, VERDICT_BUSY_DRAINING, 5 * US_PER_S), false;
	if (next_id > last_id)
		return busy(ret_decision, VERDICT_BUSY_DAY, until_next_day(self, now.wall)), false;
	int64_t missing = cost_us(self) - purse_us(self, submission->portal, now.mono);
	if (missing > 0)
		return busy(ret_decision, VERDICT_BUSY_RATE, missing), false;
	return true;
}

static void set_deadline(const struct core *self, const struct profile_class *class,
	struct decision *decision, struct record *accepted)
{
	struct deadline deadline;
	if (!class->has_deadline)
		return;
	ENSURE(deadline_compute(self->options.workdays, &self->options.profile->policy, accepted->at,
		class->within, &deadline));
	deadline_within_print(class->within, decision->within);
	accepted->within = span_of_string(decision->within);
	accepted->due = deadline.due.us;
	accepted->due_date = deadline.due_date.days;
	accepted->flags |= deadline.provisional ? RECORD_PROVISIONAL : 0;
}

void core_decide_submit(const struct core *self, struct moment now, const struct submission *submission,
	const struct submission_facts *facts, struct decision *ret_decision)
{
	struct digest digest = submission_digest(submission);
	if (is_known(facts, &digest, ret_decision))
		return;
	struct routing routing;
	enum routing_outcome outcome = routing_decide(self->options.profile, &submission->request, &routing);
	decision_init(ret_decision, VERDICT_UNKNOWN_DEPARTMENT);
	if (outcome == ROUTING_UNKNOWN_DEPARTMENT)
		return;
	decision_init(ret_decision, VERDICT_UNKNOWN_CLASS);
	if (outcome == ROUTING_UNKNOWN_CLASS)
		return;
	int64_t first_id, last_id;
	core_day(self, now.wall, &first_id, &last_id);
	int64_t id = facts->last_case_of_day ? facts->last_case_of_day + 1 : first_id;
	if (!is_admitted(self, now, submission, id, last_id, ret_decision))
		return;

	decision_init(ret_decision, VERDICT_DONE);
	ret_decision->case_id = id;
	struct record *accepted = decision_add(ret_decision, RECORD_ACCEPTED, now, id);
	accepted->actor = submission->portal;
	accepted->subject = submission->message_id;
	accepted->class = span_of_string(routing.class->id);
	accepted->department = submission->request.department;
	accepted->number = submission->request.class.size != 0;
	accepted->due_version = 1;
	accepted->text = 1;
	accepted->digest = digest;
	set_deadline(self, routing.class, ret_decision, accepted);

	bool decided = outcome == ROUTING_DECIDED;
	struct record *routed = decision_add(ret_decision, decided ? RECORD_ROUTED : RECORD_TRIAGED, now, id);
	routed->subject = routing.rule;
	if (decided)
		routed->department = span_of_string(routing.department->id);
	else
		routed->stream = STREAM_TRIAGE;
	ret_decision->state = decided ? CASE_QUEUED : CASE_TRIAGE;
}
