#include <errno.h>
#include <stdio.h>

#include "base/assert.h"
#include "daemon/shell/state.h"

/* What operators (and triage, for cases) ask: CASES, SHOW, HISTORY, WHY, WORKERS, DRAIN. STATUS is in
 * status.c. */

static void answer_no_case(const struct request *request)
{
	answer_error(request, ERROR_NOT_FOUND, FIELD_CASE, "no such case");
}

int handle_show(const struct request *request)
{
	int64_t case_id;
	if (!read_case_id(request, &case_id))
		return 0;
	int r = answer_dossier(request, case_id, DOSSIER_OPERATOR);
	if (r > 0)
		answer_no_case(request);
	return r < 0 ? FORWARD(r) : 0;
}

/* ---- CASES ---- */

struct listing {
	struct shell *shell;
	struct writer *writer;
	int64_t limit;
	int64_t count;
	int64_t last;
	bool more;
};

static int add_case(void *context, const struct case_row *row)
{
	struct listing *listing = context;
	if (listing->count == listing->limit)
		return listing->more = true, STORE_NOT_FOUND; /* ends the walk */
	if (!case_row_is_sound(row))
		return FATAL(EUCLEAN, "a case's row is damaged");
	struct writer *writer = listing->writer;
	writer_item_begin(writer);
	write_case_head(writer, row);
	writer_text(writer, FIELD_PORTAL, row->portal);
	writer_number(writer, FIELD_RUNG, row->rung_reached);
	bool overdue = row->state != CASE_ANSWERED && !instant_before(listing->shell->now.wall, row->due);
	writer_number(writer, FIELD_OVERDUE, overdue);
	if (row->answered.us)
		writer_time(writer, FIELD_ANSWERED, row->answered);
	writer_item_end(writer);
	listing->last = row->case_id;
	listing->count++;
	return 0;
}

static bool read_filter(const struct request *request, struct case_filter *ret_filter)
{
	const struct message *message = request->message;
	struct span after = message_text(message, FIELD_AFTER), state = message_text(message, FIELD_STATE);
	bool overdue = message_number(message, FIELD_OVERDUE, 0) > 0;
	*ret_filter = (struct case_filter){
		.department = message_text(message, FIELD_DEPARTMENT),
		.portal = message_text(message, FIELD_PORTAL),
		.open_only = state.size == 0 || span_equal(state, SPAN_LITERAL("open")),
		.due_before = overdue ? request->shell->now.wall : (struct instant){0},
		.limit = -1,
	};
	if (after.size > 0 && !case_number_parse(after, &ret_filter->after)) {
		answer_error(request, ERROR_INVALID_VALUE, FIELD_AFTER, "not a case number");
		return false;
	}
	bool word = ret_filter->open_only || span_equal(state, SPAN_LITERAL("all"));
	if (!word && !case_state_parse(state, &ret_filter->state)) {
		answer_error(request, ERROR_INVALID_VALUE, FIELD_STATE,
			"open, all, triage, queued, offered, taken or answered");
		return false;
	}
	return true;
}

int handle_cases(const struct request *request)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct case_filter filter;
	if (!read_filter(request, &filter))
		return 0;
	int64_t limit = page_limit(request);
	struct writer writer;
	struct listing listing = {.shell = self, .writer = &writer, .limit = limit};
	answer_begin(request, KIND_LIST, &writer);
	writer_items_begin(&writer);
	int r = flush_rows(self);
	if (r == 0)
		r = store->interface->walk_cases(store, &filter, add_case, &listing);
	if (r < 0 || r == STORE_FULL)
		return r;
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, listing.more);
	if (listing.more) {
		char number[CASE_NUMBER_SIZE];
		case_number_print(listing.last, number);
		writer_text(&writer, FIELD_AFTER, span_of_string(number));
	}
	answer_end(request, &writer);
	return 0;
}

/* ---- HISTORY ---- */

static int add_record(void *context, const struct record *record)
{
	struct listing *listing = context;
	if (listing->count == listing->limit)
		return listing->more = true, STORE_NOT_FOUND;
	writer_item_begin(listing->writer);
	event_write_history(listing->writer, record);
	writer_item_end(listing->writer);
	listing->last = record->seq;
	listing->count++;
	return 0;
}

int handle_history(const struct request *request)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct case_row row;
	int64_t case_id;
	if (!read_case_id(request, &case_id))
		return 0;
	int r = read_case(self, case_id, &row);
	if (r < 0)
		return FORWARD(r);
	if (r > 0) {
		answer_no_case(request);
		return 0;
	}
	struct writer writer;
	struct listing listing = {.shell = self, .writer = &writer, .limit = page_limit(request)};
	answer_begin(request, KIND_LIST, &writer);
	writer_items_begin(&writer);
	r = store->interface->walk_history(
		store, case_id, message_number(request->message, FIELD_CURSOR, 0), -1, add_record, &listing);
	if (r < 0)
		return FORWARD(r);
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, listing.more);
	writer_number(&writer, FIELD_CURSOR, listing.last);
	answer_end(request, &writer);
	return 0;
}

/* ---- WHY: the deadline, day by day, and the rule that routed ---- */

struct days {
	struct writer *writer;
	int64_t room; /* an answer holds so many; a year of days is cut, with the last ones missing */
};

static void add_day(void *context, const struct deadline_day *day)
{
	struct days *days = context;
	struct writer *writer = days->writer;
	if (days->room-- <= 0)
		return;
	char date[CIVIL_DATE_SIZE], text[WORKDAYS_NAME_SIZE_MAX + 64];
	static const char *const roles[] = {
		[DEADLINE_RECEIPT] = "receipt",
		[DEADLINE_DEFERRED] = "deferred",
		[DEADLINE_COUNTED] = "counted",
		[DEADLINE_SKIPPED] = "skipped",
	};
	civil_print_date(day->date, date);
	snprintf(text, sizeof(text), "%s: %s%s%s%s", roles[day->role], workdays_kind_name(day->reason.kind),
		*day->reason.name ? " " : "", day->reason.name, day->published ? "" : " (not published)");
	writer_item_begin(writer);
	writer_text(writer, FIELD_DATE, span_of_string(date));
	writer_number(writer, FIELD_NUMBER, day->role == DEADLINE_COUNTED ? day->number : 0);
	writer_text(writer, FIELD_TEXT, span_of_string(text));
	writer_item_end(writer);
}

struct routing_found {
	char rule[RULE_NAME_SIZE_MAX + 1];
};

static int find_rule(void *context, const struct record *record)
{
	struct routing_found *found = context;
	if (record->kind == RECORD_ROUTED || record->kind == RECORD_TRIAGED)
		ENSURE(span_copy(record->subject, found->rule, sizeof(found->rule)));
	if (record->kind == RECORD_ASSIGNED)
		ENSURE(span_copy(SPAN_LITERAL("assigned"), found->rule, sizeof(found->rule)));
	return 0;
}

static void write_days(struct shell *self, struct writer *writer, const struct case_row *row)
{
	struct deadline_within within;
	struct deadline deadline;
	if (!deadline_within_parse(row->within, &within))
		return;
	struct days days = {writer, field_infos[FIELD_ITEMS].limit};
	writer_items_begin(writer);
	ENSURE(deadline_explain(self->options.workdays, &self->options.profile->policy, row->received, within,
		add_day, &days, &deadline));
	writer_items_end(writer);
}

int handle_why(const struct request *request)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct case_row row;
	struct routing_found found = {{0}};
	int64_t case_id;
	if (!read_case_id(request, &case_id))
		return 0;
	int r = store->interface->walk_history(store, case_id, 0, -1, find_rule, &found);
	if (r < 0)
		return FORWARD(r);
	r = read_case(self, case_id, &row);
	if (r < 0)
		return FORWARD(r);
	if (r > 0) {
		answer_no_case(request);
		return 0;
	}
	struct writer writer;
	answer_begin(request, KIND_DOSSIER, &writer);
	write_case_head(&writer, &row);
	writer_number(&writer, FIELD_DUE_VERSION, row.due_version);
	write_text(&writer, FIELD_RULE, span_of_string(found.rule));
	write_text(&writer, FIELD_WITHIN, row.within);
	write_days(self, &writer, &row);
	answer_end(request, &writer);
	return 0;
}

/* ---- WORKERS, DRAIN ---- */

/* A worker's departments can fill kilobytes: a page ends well before the frame does. */
#define WORKERS_PAGE_SIZE_MAX (FRAME_SIZE_MAX / 2)

struct workers_page {
	struct writer *writer;
	int64_t at;   /* of the walk */
	int64_t from; /* the first of this page */
	int64_t next; /* the first of the next one; -1: none */
};

static void add_worker(void *context, const struct worker_view *worker)
{
	struct workers_page *page = context;
	struct writer *writer = page->writer;
	int64_t at = page->at++;
	if (at < page->from || page->next >= 0)
		return;
	if (at >= page->from + HELD_PER_PAGE ||
		writer->buffer->size - writer->map_at > WORKERS_PAGE_SIZE_MAX) {
		page->next = at;
		return;
	}
	writer_item_begin(writer);
	writer_text(writer, FIELD_NAME, worker->principal);
	writer_number(writer, FIELD_CREDIT, worker->credit);
	writer_number(writer, FIELD_OFFERED, worker->offers);
	writer_text(writer, FIELD_CUSTODY,
		worker->process_custody ? SPAN_LITERAL("process") : SPAN_LITERAL("department"));
	writer_lines(writer, FIELD_DEPARTMENTS, worker->departments, worker->departments_count);
	writer_item_end(writer);
}

int handle_workers(const struct request *request)
{
	struct writer writer;
	struct workers_page page = {
		.writer = &writer, .from = message_number(request->message, FIELD_CURSOR, 0), .next = -1};
	answer_begin(request, KIND_LIST, &writer);
	writer_items_begin(&writer);
	core_each_worker(request->shell->core, SPAN_EMPTY, add_worker, &page);
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, page.next >= 0);
	if (page.next >= 0)
		writer_number(&writer, FIELD_CURSOR, page.next);
	answer_end(request, &writer);
	return 0;
}

int handle_drain(const struct request *request)
{
	struct shell *self = request->shell;
	struct span department = message_text(request->message, FIELD_DEPARTMENT);
	if (department.size > 0 && !profile_find_department(self->options.profile, department)) {
		answer_error(request, ERROR_UNKNOWN_DEPARTMENT, FIELD_DEPARTMENT,
			"the profile has no such department");
		return 0;
	}
	struct decision decision = {.verdict = VERDICT_DONE, .record_count = 1};
	decision.records[0] = (struct record){
		.kind = RECORD_DRAINED,
		.at = self->now.wall,
		.actor = span_of_string(request->principal->name),
		.department = department,
		.number = !message_flag(request->message, FIELD_ACCEPT),
	};
	int r = carry_out(self, &decision);
	if (r != 0)
		return r;
	struct writer writer;
	answer_begin(request, KIND_CONFIRM, &writer);
	answer_end(request, &writer);
	return 0;
}
