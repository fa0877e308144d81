#include "base/assert.h"
#include "base/language.h"
#include "daemon/shell/state.h"

void answer_begin(const struct request *request, enum kind kind, struct writer *writer)
{
	outgoing_begin_answer(request->shell, request->zone, request->peer, request->req, kind, writer);
}

void answer_end(const struct request *request, struct writer *writer)
{
	outgoing_end(request->shell, writer);
}

static void log_refused(struct shell *self, struct span principal, enum error_code code)
{
	if (code != ERROR_FORBIDDEN && code != ERROR_NOT_YOURS)
		return;
	struct log_entry entry = {.event = LOG_REFUSED, .principal = principal, .number = code};
	self->options.io->log(self->options.io, &entry);
}

/* The fields that every ERROR has. */
static void write_error(
	struct shell *self, struct writer *writer, enum error_code code, enum field field, const char *text)
{
	self->outgoing[self->outgoing_count].code = (int)code;
	writer_text(writer, FIELD_CODE, span_of_string(error_code_text(code)));
	writer_text(writer, FIELD_TEXT, span_of_string(text));
	if (field != FIELD_TOTAL)
		writer_text(writer, FIELD_FIELD, span_of_string(field_infos[field].key));
}

void answer_error(const struct request *request, enum error_code code, enum field field, const char *text)
{
	struct writer writer;
	answer_begin(request, KIND_ERROR, &writer);
	write_error(request->shell, &writer, code, field, text);
	answer_end(request, &writer);
	log_refused(request->shell, span_of_string(request->principal->name), code);
}

void answer_refusal(struct shell *self, enum zone zone, uint64_t peer, const struct refusal *refusal)
{
	struct writer writer;
	outgoing_begin_answer(self, zone, peer, refusal->req, KIND_ERROR, &writer);
	write_error(self, &writer, refusal->code, refusal->field, refusal->text);
	outgoing_end(self, &writer);
}

static void write_busy(
	struct shell *self, struct writer *writer, enum busy_code code, int64_t retry_us, const char *text)
{
	self->outgoing[self->outgoing_count].code = (int)code;
	writer_text(writer, FIELD_CODE, span_of_string(busy_code_text(code)));
	REQUIRE(retry_us > 0 && retry_us <= US_PER_DAY); /* the longest wait is for the next day's numbers */
	writer_number(writer, FIELD_RETRY_MS, (retry_us + US_PER_MS - 1) / US_PER_MS);
	writer_text(writer, FIELD_TEXT, span_of_string(text));
}

void answer_busy(const struct request *request, enum busy_code code, int64_t retry_us, const char *text)
{
	struct writer writer;
	answer_begin(request, KIND_BUSY, &writer);
	write_busy(request->shell, &writer, code, retry_us, text);
	answer_end(request, &writer);
}

void answer_disk_full(struct shell *self, enum zone zone, uint64_t peer, int64_t req)
{
	struct writer writer;
	outgoing_begin_answer(self, zone, peer, req, KIND_BUSY, &writer);
	write_busy(self, &writer, BUSY_DISK, US_PER_S, "the disk is full; nothing was stored");
	outgoing_end(self, &writer);
}

int64_t page_limit(const struct request *request)
{
	int64_t limit = message_number(request->message, FIELD_LIMIT, HELD_PER_PAGE);
	return limit > 0 && limit < HELD_PER_PAGE ? limit : HELD_PER_PAGE;
}

struct verdict_answer {
	enum error_code code;
	enum field field;
	const char *text;
};

static const struct verdict_answer errors[VERDICT_END] = {
	[VERDICT_CONFLICT] = {ERROR_CONFLICT, FIELD_TOTAL,
		N_("this was said before with other content; the first one stands")},
	[VERDICT_UNKNOWN_DEPARTMENT] = {ERROR_UNKNOWN_DEPARTMENT, FIELD_DEPARTMENT,
		N_("the profile has no such department; DIRECTORY lists them")},
	[VERDICT_UNKNOWN_CLASS] = {ERROR_UNKNOWN_CLASS, FIELD_CLASS, N_("the profile has no such class")},
	[VERDICT_NOT_FOUND] = {ERROR_NOT_FOUND, FIELD_CASE, N_("no such case")},
	[VERDICT_NOT_YOURS] = {ERROR_NOT_YOURS, FIELD_CASE,
		N_("this case is not with a department you serve")},
	[VERDICT_NOT_READY] = {ERROR_NOT_READY, FIELD_TOTAL,
		N_("this connection is not known: say READY first")},
	[VERDICT_STALE] = {ERROR_STALE, FIELD_EPOCH,
		N_("the case has been offered again since: this epoch is over")},
	[VERDICT_WRONG_STATE] = {ERROR_WRONG_STATE, FIELD_TOTAL,
		N_("the case is not in a state that allows this")},
	[VERDICT_RETURN_LIMIT] = {ERROR_RETURN_LIMIT, FIELD_TOTAL,
		N_("the case was ruled on or returned as often as allowed: it must be answered")},
	[VERDICT_REASON_MISSING] = {ERROR_MISSING_FIELD, FIELD_REASON, N_("a refusal needs a reason")},
};

static const struct {
	enum busy_code code;
	const char *text;
} busies[VERDICT_END] = {
	[VERDICT_BUSY_RATE] = {BUSY_RATE,
		N_("more messages a minute than this portal may send; nothing was stored")},
	[VERDICT_BUSY_DAY] = {BUSY_DAY, N_("the day's case numbers are used up; nothing was stored")},
	[VERDICT_BUSY_DRAINING] = {BUSY_DRAINING, N_("no new messages are taken now; nothing was stored")},
	[VERDICT_BUSY_WORKERS] = {BUSY_WORKERS,
		N_("too many workers are connected, or this one's former life is just ending")},
};

void answer_verdict(const struct request *request, const struct decision *decision)
{
	if (busies[decision->verdict].code != BUSY_NONE) {
		answer_busy(request, busies[decision->verdict].code, decision->retry_us,
			busies[decision->verdict].text);
		return;
	}
	const struct verdict_answer *answer = &errors[decision->verdict];
	REQUIRE(answer->code != ERROR_NONE);
	struct writer writer;
	answer_begin(request, KIND_ERROR, &writer);
	write_error(request->shell, &writer, answer->code, answer->field, answer->text);
	if (answer->code == ERROR_STALE)
		writer_number(&writer, FIELD_EPOCH, decision->epoch);
	if (answer->code == ERROR_STALE || answer->code == ERROR_WRONG_STATE)
		writer_text(&writer, FIELD_STATE, span_of_string(case_state_name(decision->state)));
	answer_end(request, &writer);
	log_refused(request->shell, span_of_string(request->principal->name), answer->code);
}
