#include "base/assert.h"
#include "daemon/core/state.h"

/*
 * What a worker may do with a case, and what it is told when it may not. Every act can come twice (a CONFIRM
 * got lost): what is so already by the same worker's same act is REPEATED, not refused.
 */

struct situation {
	const struct worker *worker;
	const struct case_record *record; /* NULL: closed, or unknown */
	const struct worker_request *request;
};

static void refuse(struct decision *ret_decision, enum verdict verdict)
{
	ret_decision->verdict = verdict;
}

static bool serves(const struct worker *worker, uint16_t department)
{
	for (uint32_t i = 0; i < worker->departments_count; i++)
		if (worker->departments[i] == department)
			return true;
	return false;
}

/* May this worker, which serves the case's department, speak for it once it is taken? */
static bool has_custody(const struct situation *it)
{
	const struct case_record *record = it->record;
	return record->state == CASE_TAKEN &&
	       (!(record->flags & CASE_PROCESS) || record->holder == it->worker->holder);
}

static bool holds_offer(const struct situation *it)
{
	return it->record->state == CASE_OFFERED && it->record->holder == it->worker->holder;
}

static struct record *add(const struct core *self, struct decision *decision, const struct situation *it,
	enum record_kind kind, struct moment now)
{
	struct record *record = decision_add(decision, kind, now, it->request->case_id);
	record->actor = span_of_string(it->worker->principal);
	record->epoch = it->request->epoch;
	record->department = roster_department_id(self, it->record->department);
	return record;
}

static void decide_take(
	const struct core *self, struct moment now, const struct situation *it, struct decision *decision)
{
	const struct case_record *record = it->record;
	if (has_custody(it) && span_equal(roster_name_text(self, record->holder_name),
				       span_of_string(it->worker->principal)))
		return refuse(decision, VERDICT_REPEATED);
	if (!holds_offer(it))
		return refuse(decision, VERDICT_WRONG_STATE);
	struct record *taken = add(self, decision, it, RECORD_TAKEN, now);
	decision_portal_stream(decision, taken, roster_name_text(self, record->portal));
	taken->holder = (int64_t)it->worker->holder;
	taken->flags = it->worker->process_custody ? RECORD_PROCESS : 0;
	decision->state = CASE_TAKEN;
}

static void decide_reply(
	const struct core *self, struct moment now, const struct situation *it, struct decision *decision)
{
	const struct case_record *record = it->record;
	const struct worker_request *request = it->request;
	if (!has_custody(it))
		return refuse(decision, VERDICT_WRONG_STATE);
	if (request->reply_kind == REPLY_REFUSAL && !request->has_reason)
		return refuse(decision, VERDICT_REASON_MISSING);
	bool same = record->reply_kind == (uint8_t)request->reply_kind &&
		    digest_equal(&record->reply_digest, &request->digest);
	if (same)
		return refuse(decision, VERDICT_REPEATED);
	if (request->reply_kind == REPLY_INTERIM && record->texts >= CASE_TEXTS_INTERIM_MAX)
		return refuse(decision, VERDICT_WRONG_STATE);
	ENSURE(record->texts < CASE_TEXTS_MAX);
	struct record *replied = add(self, decision, it, RECORD_REPLIED, now);
	decision_portal_stream(decision, replied, roster_name_text(self, record->portal));
	replied->number = request->reply_kind;
	replied->text = record->texts + 1;
	replied->digest = request->digest;
	decision->state = request->reply_kind == REPLY_INTERIM ? CASE_TAKEN : CASE_ANSWERED;
}

static void decide_give_back(
	const struct core *self, struct moment now, const struct situation *it, struct decision *decision)
{
	const struct case_record *record = it->record;
	bool is_return = it->request->act == ACT_RETURN;
	if (!has_custody(it) && !holds_offer(it))
		return refuse(decision, VERDICT_WRONG_STATE);
	if (is_return &&
		((record->flags & CASE_FINAL) || record->returns >= self->options.profile->returns_per_case))
		return refuse(decision, VERDICT_RETURN_LIMIT);
	if (record->texts >= CASE_TEXTS_RETURN_MAX)
		return refuse(decision, VERDICT_WRONG_STATE);
	struct record *back = add(self, decision, it, is_return ? RECORD_RETURNED : RECORD_FAILED, now);
	back->stream = STREAM_TRIAGE;
	back->text = record->texts + 1;
	back->digest = it->request->digest;
	decision->state = CASE_TRIAGE;
	if (is_return)
		return;
	struct record *alarm = decision_add(decision, RECORD_ALARM, now, it->request->case_id);
	alarm->stream = STREAM_OPERATOR;
	alarm->subject = SPAN_LITERAL("parked");
	alarm->department = back->department;
}

/* The case is answered: by this very reply, or too late for anything else. */
static void decide_closed(const struct core *self, const struct situation *it, const struct case_row *row,
	struct decision *decision)
{
	const struct worker_request *request = it->request;
	decision->state = row->state;
	decision->epoch = (uint32_t)row->epoch;
	if (!serves(it->worker, roster_find_department(self, row->department)))
		return refuse(decision, VERDICT_NOT_YOURS);
	if (request->epoch != (uint32_t)row->epoch)
		return refuse(decision, VERDICT_STALE);
	if (request->act != ACT_REPLY)
		return refuse(decision, VERDICT_WRONG_STATE);
	bool same = row->reply_kind == (int64_t)request->reply_kind &&
		    digest_equal(&row->reply_digest, &request->digest);
	refuse(decision, same ? VERDICT_REPEATED : VERDICT_CONFLICT);
}

/* Triage has it: because this worker gave it back, or by another way. */
static void decide_at_triage(const struct core *self, const struct situation *it, struct decision *decision)
{
	const struct case_record *record = it->record;
	bool gives_back = it->request->act == ACT_RETURN || it->request->act == ACT_FAIL;
	if (!span_equal(roster_name_text(self, record->holder_name), span_of_string(it->worker->principal)))
		return refuse(decision, VERDICT_NOT_YOURS);
	if (it->request->epoch != record->epoch)
		return refuse(decision, VERDICT_STALE);
	bool same = gives_back && digest_equal(&record->reply_digest, &it->request->digest);
	refuse(decision, same ? VERDICT_REPEATED : VERDICT_WRONG_STATE);
}

void core_decide_worker(const struct core *self, struct moment now, const struct worker_request *request,
	struct decision *ret_decision)
{
	decision_init(ret_decision, VERDICT_NOT_READY);
	struct situation it = {
		.worker = roster_by_peer(self, request->peer),
		.record = case_find(self, request->case_id, NULL),
		.request = request,
	};
	if (!it.worker)
		return;
	if (!it.record && !request->closed)
		return refuse(ret_decision, VERDICT_NOT_FOUND);
	if (!it.record || it.record->state == CASE_ANSWERED) {
		struct case_row row;
		ret_decision->case_id = request->case_id;
		if (it.record)
			case_to_row(self, it.record, &row);
		return decide_closed(self, &it, it.record ? &row : request->closed, ret_decision);
	}

	decision_of_case(ret_decision, it.record);
	if (it.record->state == CASE_TRIAGE)
		return decide_at_triage(self, &it, ret_decision);
	/* Whose it is comes before which epoch: a stranger learns neither. */
	if (!serves(it.worker, it.record->department))
		return refuse(ret_decision, VERDICT_NOT_YOURS);
	if (request->epoch != it.record->epoch)
		return refuse(ret_decision, VERDICT_STALE);
	switch (request->act) {
	case ACT_TAKE:
		return decide_take(self, now, &it, ret_decision);
	case ACT_REPLY:
		return decide_reply(self, now, &it, ret_decision);
	case ACT_RETURN:
	case ACT_FAIL:
		return decide_give_back(self, now, &it, ret_decision);
	}
	UNREACHABLE();
}

/* Its department has left the profile, and no process holds it: nobody is there to answer it or to give it
 * back. The texts end where those of a case that goes round do. */
static bool is_left_behind(const struct core *self, const struct case_record *record)
{
	bool is_departments = record->state == CASE_QUEUED ||
			      (record->state == CASE_TAKEN && !(record->flags & CASE_PROCESS));
	return is_departments && !self->departments[record->department].in_profile &&
	       record->texts < CASE_TEXTS_RETURN_MAX;
}

void core_decide_assign(const struct core *self, struct moment now, const struct assign_request *request,
	struct decision *ret_decision)
{
	decision_init(ret_decision, VERDICT_NOT_FOUND);
	const struct case_record *record = case_find(self, request->case_id, NULL);
	if (!record) {
		ret_decision->case_id = request->case_id;
		ret_decision->state = CASE_ANSWERED;
		return refuse(ret_decision, request->closed ? VERDICT_WRONG_STATE : VERDICT_NOT_FOUND);
	}
	decision_of_case(ret_decision, record);
	if (!profile_find_department(self->options.profile, request->department))
		return refuse(ret_decision, VERDICT_UNKNOWN_DEPARTMENT);
	if (record->state != CASE_TRIAGE && !is_left_behind(self, record)) {
		bool there = span_equal(roster_department_id(self, record->department), request->department);
		return refuse(ret_decision, there ? VERDICT_REPEATED : VERDICT_WRONG_STATE);
	}
	ENSURE(record->texts < CASE_TEXTS_MAX);
	struct record *assigned = decision_add(ret_decision, RECORD_ASSIGNED, now, request->case_id);
	decision_portal_stream(ret_decision, assigned, roster_name_text(self, record->portal));
	assigned->actor = request->actor;
	assigned->department = request->department;
	assigned->flags = request->final ? RECORD_FINAL : 0;
	assigned->text = record->texts + 1;
	assigned->digest = request->digest;
	ret_decision->state = CASE_QUEUED;
}
