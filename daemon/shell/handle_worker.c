#include "base/assert.h"
#include "base/language.h"
#include "daemon/shell/state.h"

/* What workers say: READY, TAKE, REPLY, RETURN, FAIL; and triage's ASSIGN, which ends as they do. */

static uint32_t read_departments(const struct message *message, struct span *to)
{
	struct field_value rest = message->values[FIELD_DEPARTMENTS];
	uint32_t count = 0;
	while (message_lines_next(&rest, &to[count]))
		count++;
	return count;
}

static void welcome(const struct request *request)
{
	struct shell *self = request->shell;
	struct worker_view worker;
	ENSURE(core_worker_by_peer(self->core, request->peer, &worker));
	struct writer writer;
	answer_begin(request, KIND_WELCOME, &writer);
	writer_number(&writer, FIELD_CREDIT, worker.credit);
	writer_number(&writer, FIELD_HEARTBEAT_MS, self->options.profile->heartbeat_us / US_PER_MS);
	writer_number(&writer, FIELD_LEASE_MS, self->options.profile->lease_us / US_PER_MS);
	writer_lines(&writer, FIELD_DEPARTMENTS, worker.departments, worker.departments_count);
	writer_text(&writer, FIELD_VERSION, span_of_string(self->options.version));
	writer_time(&writer, FIELD_NOW, self->now.wall);
	answer_end(request, &writer);
	struct log_entry entry = {.event = LOG_WORKER_READY, .principal = worker.principal};
	self->options.io->log(self->options.io, &entry);
}

static bool parse_custody(struct span custody, bool *ret_process)
{
	*ret_process = span_equal(custody, SPAN_LITERAL("process"));
	return *ret_process || custody.size == 0 || span_equal(custody, SPAN_LITERAL("department"));
}

int handle_ready(const struct request *request)
{
	const struct message *message = request->message;
	struct span departments[DEPARTMENTS_PER_PRINCIPAL_MAX];
	bool named = message_has(message, FIELD_DEPARTMENTS);
	struct worker_ready ready = {
		.peer = request->peer,
		.principal = request->principal,
		.incarnation = message_number(message, FIELD_INCARNATION, 0),
		.credit = message_number(message, FIELD_CREDIT, 0),
		.departments = named ? departments : NULL,
		.departments_count = named ? read_departments(message, departments) : 0,
	};
	enum field wrong = FIELD_TOTAL;
	if (ready.incarnation == 0)
		wrong = FIELD_INCARNATION;
	else if (ready.credit == 0)
		wrong = FIELD_CREDIT;
	else if (!parse_custody(message_text(message, FIELD_CUSTODY), &ready.process_custody))
		wrong = FIELD_CUSTODY;
	if (wrong != FIELD_TOTAL) {
		answer_error(request, ERROR_INVALID_VALUE, wrong,
			wrong == FIELD_CUSTODY ? N_("department or process") : N_("must be 1 or more"));
		return 0;
	}
	uint32_t index = 0;
	enum verdict verdict = core_worker_ready(request->shell->core, request->shell->now, &ready, &index);
	if (verdict == VERDICT_DONE) {
		welcome(request);
		return 0;
	}
	struct decision decision = {.verdict = verdict, .retry_us = US_PER_S};
	if (verdict == VERDICT_NOT_YOURS)
		answer_error(request, ERROR_NOT_YOURS, FIELD_DEPARTMENTS,
			"your key does not serve one of these departments");
	else
		answer_verdict(request, &decision);
	return 0;
}

static bool parse_reply_kind(struct span name, enum reply_kind *ret_kind)
{
	if (name.size == 0)
		return *ret_kind = REPLY_FINAL, true;
	for (int kind = REPLY_INTERIM; kind <= REPLY_REFUSAL; kind++)
		if (span_equal_string(name, reply_kind_name(kind)))
			return *ret_kind = (enum reply_kind)kind, true;
	return false;
}

static bool parse_act(
	const struct request *request, struct worker_request *ret_act, struct text_row *ret_text)
{
	const struct message *message = request->message;
	struct span reason = message_text(message, FIELD_REASON);
	*ret_text = (struct text_row){.case_id = ret_act->case_id, .role = TEXT_REASON, .body = reason};
	switch (message->kind) {
	case KIND_TAKE:
		ret_act->act = ACT_TAKE;
		return true;
	case KIND_RETURN:
		ret_act->act = ACT_RETURN;
		break;
	case KIND_FAIL:
		ret_act->act = ACT_FAIL;
		break;
	default:
		ENSURE(message->kind == KIND_REPLY);
		ret_act->act = ACT_REPLY;
		ret_act->has_reason = reason.size > 0;
		ret_text->role = TEXT_REPLY;
		ret_text->title = reason;
		ret_text->body = message_text(message, FIELD_REPLY);
		if (!parse_reply_kind(message_text(message, FIELD_REPLY_KIND), &ret_act->reply_kind)) {
			answer_error(
				request, ERROR_INVALID_VALUE, FIELD_REPLY_KIND, "interim, final or refusal");
			return false;
		}
	}
	ENSURE(ret_text->body.size > 0); /* the codec refused it */
	ret_act->digest = text_digest(ret_text);
	return true;
}

static void confirm(const struct request *request, const struct decision *decision)
{
	struct writer writer;
	answer_begin(request, KIND_CONFIRM, &writer);
	write_case_number(&writer, decision->case_id);
	writer_number(&writer, FIELD_EPOCH, decision->epoch);
	writer_text(&writer, FIELD_STATE, span_of_string(case_state_name(decision->state)));
	writer_time(&writer, FIELD_AT, request->shell->now.wall);
	answer_end(request, &writer);
}

/* Makes a decision true, with the text that came with it, and answers; or says why not. */
static int settle(const struct request *request, const struct decision *decision, struct text_row *text)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	if (decision->verdict != VERDICT_DONE && decision->verdict != VERDICT_REPEATED) {
		answer_verdict(request, decision);
		return 0;
	}
	if (decision->verdict == VERDICT_DONE) {
		text->ordinal = decision->records[0].text; /* 0: a TAKE, which brings none */
		int r = text->ordinal ? store->interface->put_text(store, text) : 0;
		if (r == 0)
			r = carry_out(self, decision);
		if (r != 0)
			return r;
	}
	confirm(request, decision);
	return 0;
}

int handle_worker_act(const struct request *request)
{
	struct shell *self = request->shell;
	struct worker_request act = {
		.peer = request->peer,
		.epoch = (uint32_t)message_number(request->message, FIELD_EPOCH, 0),
	};
	struct text_row text;
	if (!read_case_id(request, &act.case_id) || !parse_act(request, &act, &text))
		return 0;
	struct case_row closed;
	int r = read_case(self, act.case_id, &closed);
	if (r < 0)
		return FORWARD(r);
	act.closed = r == 0 ? &closed : NULL;
	struct decision decision;
	core_decide_worker(self->core, self->now, &act, &decision);
	return settle(request, &decision, &text);
}

int handle_assign(const struct request *request)
{
	struct shell *self = request->shell;
	const struct message *message = request->message;
	struct assign_request assign = {
		.actor = span_of_string(request->principal->name),
		.department = message_text(message, FIELD_DEPARTMENT),
	};
	if (!read_case_id(request, &assign.case_id))
		return 0;
	struct text_row text = {
		.case_id = assign.case_id, .role = TEXT_REASON, .body = message_text(message, FIELD_REASON)};
	struct case_row row;
	int r = read_case(self, assign.case_id, &row);
	if (r < 0)
		return FORWARD(r);
	assign.closed = r == 0 ? &row : NULL;
	/* A case that came back once is ruled on for good, unless triage says otherwise. */
	assign.final = message_has(message, FIELD_FINAL) ? message_flag(message, FIELD_FINAL)
							 : r == 0 && row.returns > 0;
	assign.digest = text_digest(&text);
	struct decision decision;
	core_decide_assign(self->core, self->now, &assign, &decision);
	return settle(request, &decision, &text);
}
