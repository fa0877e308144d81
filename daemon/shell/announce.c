#include "base/assert.h"
#include "daemon/shell/state.h"

/*
 * What a record makes us say, besides the answer to whoever asked: offers, and notices to workers. Events for
 * streams are not made here; they are read from the journal once it is durable.
 */

struct notice {
	struct shell *shell;
	const struct record *record;
	struct span event;
};

static void notify(void *context, const struct worker_view *worker)
{
	const struct notice *notice = context;
	const struct record *record = notice->record;
	struct writer writer;
	outgoing_begin(notice->shell, ZONE_WORKER, worker->peer, KIND_NOTICE, &writer);
	writer_text(&writer, FIELD_EVENT, notice->event);
	writer_time(&writer, FIELD_AT, record->at);
	write_case_number(&writer, record->case_id);
	if (record->epoch)
		writer_number(&writer, FIELD_EPOCH, record->epoch);
	write_text(&writer, FIELD_DEPARTMENT, record->department);
	if (record->due) {
		write_due(&writer, (struct instant){record->due}, record->flags & RECORD_PROVISIONAL);
		writer_number(&writer, FIELD_DUE_VERSION, record->due_version);
	}
	outgoing_end(notice->shell, &writer);
}

static void notify_department(struct shell *self, const struct record *record, struct span event)
{
	struct notice notice = {self, record, event};
	if (record->department.size > 0)
		core_each_worker(self->core, record->department, notify, &notice);
}

void announce_before(struct shell *self, const struct record *record)
{
	if (record->kind != RECORD_REQUEUED && record->kind != RECORD_PARKED)
		return;
	/* The holder is told while it is still known as such, if it lives. */
	struct worker_view worker;
	if (!core_worker_by_holder(self->core, (uint64_t)record->holder, &worker))
		return;
	struct notice notice = {self, record, SPAN_LITERAL("void")};
	notify(&notice, &worker);
}

static void write_offer(struct shell *self, const struct record *record, const struct case_row *row,
	const struct text_row *text, struct writer *writer)
{
	write_case_number(writer, record->case_id);
	writer_number(writer, FIELD_EPOCH, record->epoch);
	writer_text(writer, FIELD_DEPARTMENT, row->department);
	writer_text(writer, FIELD_CLASS, row->class);
	writer_text(writer, FIELD_PORTAL, row->portal);
	writer_time(writer, FIELD_RECEIVED, row->received);
	write_due(writer, row->due, row->provisional);
	writer_number(writer, FIELD_LEASE_MS, self->options.profile->lease_us / US_PER_MS);
	if (row->final_ruling)
		writer_flag(writer, FIELD_FINAL, true);
	writer_text(writer, FIELD_TITLE, text->title);
	writer_text(writer, FIELD_BODY, text->body);
}

/* What it is about: the record's case, and whose message that is if the core still holds it. */
static void log_case(struct shell *self, enum log_event event, const struct record *record)
{
	struct case_row row = {.case_id = 0};
	(void)core_row(self->core, record->case_id, &row);
	struct log_entry entry = {
		.event = event,
		.department = record->department,
		.portal = row.portal,
		.case_id = record->case_id,
		.number = record->number,
	};
	self->options.io->log(self->options.io, &entry);
}

/* A text that does not match its hash is never served: the case goes to triage, and an operator is told. */
static int park_damaged(struct shell *self, const struct record *offered)
{
	struct decision decision = {.verdict = VERDICT_DONE, .record_count = 2, .case_id = offered->case_id};
	decision.records[0] = (struct record){
		.kind = RECORD_PARKED,
		.at = self->now.wall,
		.case_id = offered->case_id,
		.stream = STREAM_TRIAGE,
		.department = offered->department,
		.subject = SPAN_LITERAL("damaged"),
	};
	decision.records[1] = (struct record){
		.kind = RECORD_ALARM,
		.at = self->now.wall,
		.case_id = offered->case_id,
		.stream = STREAM_OPERATOR,
		.subject = SPAN_LITERAL("damaged"),
	};
	return carry_out(self, &decision);
}

static int send_offer(struct shell *self, const struct record *record)
{
	struct worker_view worker;
	struct case_row row;
	struct text_row text;
	struct message_row message;
	struct store *store = self->options.store;
	ENSURE(core_row(self->core, record->case_id, &row));
	ENSURE(core_worker_by_holder(self->core, (uint64_t)record->holder, &worker));
	int r = read_text(self, record->case_id, 1, &text);
	if (r != 0)
		return r < 0 ? FORWARD(r) : park_damaged(self, record);
	struct writer writer;
	outgoing_begin(self, ZONE_WORKER, worker.peer, KIND_OFFER, &writer);
	write_offer(self, record, &row, &text, &writer);
	r = store->interface->read_message(store, record->case_id, &message);
	if (r < 0)
		return FORWARD(r);
	if (r == 0) {
		write_text(&writer, FIELD_CATEGORY, message.category);
		write_text(&writer, FIELD_REGION, message.region);
	}
	outgoing_end(self, &writer);
	return 0;
}

int announce_after(struct shell *self, const struct record *record)
{
	switch (record->kind) {
	case RECORD_OFFERED:
		return send_offer(self, record);
	case RECORD_REMINDED:
		notify_department(self, record, SPAN_LITERAL("reminded"));
		return 0;
	case RECORD_DUE:
		notify_department(self, record, SPAN_LITERAL("due"));
		return 0;
	case RECORD_ESCALATED:
		log_case(self, LOG_ESCALATED, record);
		return 0;
	case RECORD_FAILED:
	case RECORD_PARKED:
		log_case(self, LOG_PARKED, record);
		return 0;
	case RECORD_CLOCK:
		log_case(self, core_clock_held(self->core) ? LOG_CLOCK_HELD : LOG_CLOCK_RESUMED, record);
		return 0;
	default:
		return 0;
	}
}
