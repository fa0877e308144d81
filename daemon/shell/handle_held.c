#include "base/assert.h"
#include "daemon/shell/state.h"

/* HELD: what a worker that comes back asks: the cases its departments took and have not answered. */

struct held {
	const struct worker_view *worker;
	struct writer *writer;
	int64_t limit;
	int64_t count;
	int64_t last;
	bool more;
};

static void write_held(struct writer *writer, const struct case_row *row)
{
	writer_item_begin(writer);
	write_case_head(writer, row);
	writer_number(writer, FIELD_EPOCH, row->epoch);
	writer_flag(writer, FIELD_REMINDED, row->reminded);
}

static bool is_held(const struct worker_view *worker, const struct case_row *row)
{
	if (row->state != CASE_TAKEN || (row->process_custody && (uint64_t)row->holder != worker->holder))
		return false;
	for (uint32_t i = 0; i < worker->departments_count; i++)
		if (span_equal(worker->departments[i], row->department))
			return true;
	return false;
}

static int add_held(void *context, const struct case_row *row)
{
	struct held *held = context;
	if (!is_held(held->worker, row))
		return 0;
	if (held->count == held->limit)
		return held->more = true, STORE_NOT_FOUND; /* ends the walk */
	write_held(held->writer, row);
	writer_item_end(held->writer);
	held->last = row->case_id;
	held->count++;
	return 0;
}

static int held_page(const struct request *request, const struct worker_view *worker)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct case_filter filter = {.state = CASE_TAKEN, .limit = -1};
	struct span after = message_text(request->message, FIELD_AFTER);
	int64_t limit = page_limit(request);
	if (after.size > 0 && !case_number_parse(after, &filter.after)) {
		answer_error(request, ERROR_INVALID_VALUE, FIELD_AFTER, "not a case number");
		return 0;
	}
	struct writer writer;
	struct held held = {.worker = worker, .writer = &writer, .limit = limit};
	answer_begin(request, KIND_LIST, &writer);
	writer_items_begin(&writer);
	int r = flush_rows(self);
	if (r == 0)
		r = store->interface->walk_cases(store, &filter, add_held, &held);
	if (r < 0 || r == STORE_FULL)
		return r;
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, held.more);
	if (held.more) {
		char number[CASE_NUMBER_SIZE];
		case_number_print(held.last, number);
		writer_text(&writer, FIELD_AFTER, span_of_string(number));
	}
	answer_end(request, &writer);
	return 0;
}

static int held_one(const struct request *request, const struct worker_view *worker, int64_t case_id)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct case_row row;
	struct text_row text;
	if (!core_row(self->core, case_id, &row) || !is_held(worker, &row)) {
		answer_error(request, ERROR_NOT_YOURS, FIELD_CASE, "your department does not hold this case");
		return 0;
	}
	int r = read_text(self, case_id, 1, &text);
	if (r < 0)
		return FORWARD(r);
	struct writer writer;
	answer_begin(request, KIND_LIST, &writer);
	writer_items_begin(&writer);
	write_held(&writer, &row);
	if (r == 0) {
		writer_text(&writer, FIELD_TITLE, text.title);
		writer_text(&writer, FIELD_BODY, text.body);
	}
	struct message_row message;
	r = store->interface->read_message(store, case_id, &message);
	if (r < 0)
		return FORWARD(r);
	if (r == 0) {
		write_text(&writer, FIELD_CATEGORY, message.category);
		write_text(&writer, FIELD_REGION, message.region);
	}
	writer_item_end(&writer);
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, false);
	answer_end(request, &writer);
	return 0;
}

int handle_held(const struct request *request)
{
	struct worker_view worker;
	int64_t case_id;
	ENSURE(core_worker_by_peer(request->shell->core, request->peer, &worker));
	if (!message_has(request->message, FIELD_CASE))
		return held_page(request, &worker);
	if (!read_case_id(request, &case_id))
		return 0;
	return held_one(request, &worker, case_id);
}
