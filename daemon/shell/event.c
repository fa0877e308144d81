#include "base/assert.h"
#include "daemon/shell/state.h"

/*
 * A journal record as its reader sees it. Portals, supervisors and triage are told what they need in order to
 * act without asking back; a history is the bare record.
 */

static void write_due_fields(struct writer *writer, const struct record *record)
{
	if (record->due == 0)
		return;
	write_due(writer, (struct instant){record->due}, record->flags & RECORD_PROVISIONAL);
	writer_number(writer, FIELD_DUE_VERSION, record->due_version);
}

/* The event's name on the wire. Several records are one and the same thing to a stream. */
static const char *event_name(const struct record *record)
{
	switch (record->kind) {
	case RECORD_ASSIGNED:
		return "routed";
	case RECORD_TRIAGED:
	case RECORD_RETURNED:
	case RECORD_FAILED:
	case RECORD_PARKED:
		return "triage";
	case RECORD_CLOCK:
	case RECORD_CONFIGURED:
		return "alarm";
	default:
		return record_kind_name(record->kind);
	}
}

/* The word that says why, for triage and operators. */
static const char *alarm_code(const struct record *record)
{
	bool held = span_equal(record->subject, SPAN_LITERAL("held"));
	if (record->kind == RECORD_CLOCK)
		return held ? "clock-held" : "clock-resumed";
	return record->kind == RECORD_CONFIGURED ? "configured" : NULL;
}

static void write_why(struct writer *writer, const struct record *record)
{
	const char *code = alarm_code(record);
	if (code)
		writer_text(writer, FIELD_TEXT, span_of_string(code));
	else if (record->kind == RECORD_RETURNED || record->kind == RECORD_FAILED)
		writer_text(writer, FIELD_TEXT, span_of_string(record_kind_name(record->kind)));
	else
		write_text(writer, FIELD_TEXT, record->subject);
}

static int write_title(struct shell *self, struct writer *writer, const struct record *record)
{
	struct text_row text;
	int r = read_text(self, record->case_id, 1, &text);
	if (r == 0)
		writer_text(writer, FIELD_TITLE, text.title);
	return r < 0 ? FORWARD(r) : 0;
}

/* What a desk wants to see at once of the case an event is about. */
static int write_case(struct shell *self, struct writer *writer, const struct record *record, bool for_portal)
{
	struct case_row row;
	struct message_row message;
	struct store *store = self->options.store;
	int r = read_case(self, record->case_id, &row);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	if (!for_portal) {
		writer_text(writer, FIELD_PORTAL, row.portal);
		writer_text(writer, FIELD_CLASS, row.class);
		writer_time(writer, FIELD_RECEIVED, row.received);
		if (record->due == 0)
			write_due(writer, row.due, row.provisional);
		return write_title(self, writer, record);
	}
	r = store->interface->read_message(store, record->case_id, &message);
	if (r == 0)
		writer_text(writer, FIELD_ID, message.message_id);
	return r < 0 ? FORWARD(r) : 0;
}

/* The text the record brought: a reply, or a reason. Damaged ones are not served. */
static int write_record_text(struct shell *self, struct writer *writer, const struct record *record)
{
	struct text_row text;
	if (record->text == 0)
		return 0;
	int r = read_text(self, record->case_id, record->text, &text);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	if (record->kind != RECORD_REPLIED) {
		writer_text(writer, FIELD_REASON, text.body);
		return 0;
	}
	writer_text(writer, FIELD_REPLY, text.body);
	write_text(writer, FIELD_REASON, text.title);
	return 0;
}

static void write_rung(struct writer *writer, const struct record *record)
{
	if (record->kind != RECORD_ESCALATED && record->kind != RECORD_REMINDED)
		return;
	writer_time(writer, FIELD_FIRED, record->at);
	if (record->kind == RECORD_ESCALATED)
		writer_number(writer, FIELD_RUNG, record->number);
}

int event_write(struct shell *self, struct writer *writer, const struct record *record)
{
	REQUIRE(record->stream.size > 0);
	bool for_portal = record->stream.data[0] == STREAM_PORTAL_PREFIX[0];
	writer_text(writer, FIELD_EVENT, span_of_string(event_name(record)));
	writer_time(writer, FIELD_AT, record->at);
	write_text(writer, FIELD_DEPARTMENT, record->department);
	write_due_fields(writer, record);
	write_rung(writer, record);
	if (record->kind == RECORD_REPLIED)
		writer_text(writer, FIELD_REPLY_KIND, span_of_string(reply_kind_name(record->number)));
	if (!for_portal) {
		write_text(writer, FIELD_ACTOR, record->actor);
		write_why(writer, record);
	}
	if (record->kind == RECORD_ASSIGNED)
		writer_flag(writer, FIELD_FINAL, record->flags & RECORD_FINAL);
	if (record->case_id == 0)
		return 0;
	write_case_number(writer, record->case_id);
	int r = write_case(self, writer, record, for_portal);
	/* Why triage ruled is between the offices; the citizen is told the outcome. */
	if (r == 0 && !(for_portal && record->kind == RECORD_ASSIGNED))
		r = write_record_text(self, writer, record);
	return r < 0 ? FORWARD(r) : 0;
}

void event_write_history(struct writer *writer, const struct record *record)
{
	writer_number(writer, FIELD_CURSOR, record->seq);
	writer_text(writer, FIELD_EVENT, span_of_string(record_kind_name(record->kind)));
	writer_time(writer, FIELD_AT, record->at);
	write_text(writer, FIELD_ACTOR, record->actor);
	write_text(writer, FIELD_DEPARTMENT, record->department);
	write_text(writer, FIELD_CLASS, record->class);
	write_text(writer, FIELD_WITHIN, record->within);
	/* A message id is the portal's own and may be anything; the others are words of ours. */
	if (record->kind == RECORD_ACCEPTED)
		write_text(writer, FIELD_ID, record->subject);
	else
		write_text(writer, FIELD_TEXT, record->subject);
	if (record->epoch)
		writer_number(writer, FIELD_EPOCH, record->epoch);
	write_due_fields(writer, record);
	if (record->kind == RECORD_REPLIED)
		writer_text(writer, FIELD_REPLY_KIND, span_of_string(reply_kind_name(record->number)));
	if (record->kind == RECORD_ESCALATED)
		writer_number(writer, FIELD_RUNG, record->number);
	if (record->kind == RECORD_ASSIGNED)
		writer_flag(writer, FIELD_FINAL, record->flags & RECORD_FINAL);
}
