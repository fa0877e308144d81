#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "daemon/shell/state.h"

/* One case, whole: what a citizen or an operator sees of it. */

/* Room left for replies in a frame, with some for the rest of the map. */
#define DOSSIER_SIZE_MAX (FRAME_SIZE_MAX - 4096)

static int write_message(struct shell *self, struct writer *writer, int64_t case_id)
{
	struct store *store = self->options.store;
	struct message_row message;
	struct text_row text;
	int r = store->interface->read_message(store, case_id, &message);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	writer_text(writer, FIELD_ID, message.message_id);
	write_text(writer, FIELD_CATEGORY, message.category);
	write_text(writer, FIELD_REGION, message.region);
	r = read_text(self, case_id, 1, &text);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	writer_text(writer, FIELD_TITLE, text.title);
	writer_text(writer, FIELD_BODY, text.body);
	return 0;
}

static void write_operator_fields(struct writer *writer, const struct case_row *row)
{
	writer_text(writer, FIELD_PORTAL, row->portal);
	writer_number(writer, FIELD_EPOCH, row->epoch);
	writer_number(writer, FIELD_DUE_VERSION, row->due_version);
	writer_number(writer, FIELD_RETURNS, row->returns);
	writer_number(writer, FIELD_LOSSES, row->losses);
	writer_flag(writer, FIELD_REMINDED, row->reminded);
	writer_number(writer, FIELD_RUNG, row->rung_reached);
	writer_flag(writer, FIELD_FINAL, row->final_ruling);
	write_text(writer, FIELD_ACTOR, row->holder_name);
	write_text(writer, FIELD_WITHIN, row->within);
}

struct replies {
	int64_t ordinals[UINT8_MAX];
	struct record records[UINT8_MAX];
	char departments[UINT8_MAX][DEPARTMENT_ID_SIZE_MAX + 1];
	uint32_t count;
};

static int collect_reply(void *context, const struct record *record)
{
	struct replies *replies = context;
	if (record->kind != RECORD_REPLIED)
		return 0;
	ENSURE(replies->count < UINT8_MAX); /* the core counts a case's texts in a byte */
	ENSURE(span_copy(
		record->department, replies->departments[replies->count], DEPARTMENT_ID_SIZE_MAX + 1));
	replies->records[replies->count++] = *record;
	return 0;
}

const char *reply_kind_name(int64_t kind)
{
	static const char *const names[] = {"", "interim", "final", "refusal"};
	ENSURE(kind >= 0 && kind <= REPLY_REFUSAL);
	return names[kind];
}

/* The newest replies that fit, oldest of them first. */
static int write_replies(
	struct shell *self, struct writer *writer, size_t size_before, struct replies *replies)
{
	struct store *store = self->options.store;
	struct text_row text;
	uint32_t from = replies->count;
	size_t size = self->arena.size - size_before;
	while (from > 0) {
		const struct record *record = &replies->records[from - 1];
		int r = store->interface->read_text(store, record->case_id, record->text, &text);
		if (r < 0)
			return FORWARD(r);
		size += r == 0 ? text.body.size + text.title.size + 256 : 256;
		if (size > DOSSIER_SIZE_MAX)
			break;
		from--;
	}
	writer_items_begin(writer);
	for (uint32_t i = from; i < replies->count; i++) {
		const struct record *record = &replies->records[i];
		int r = read_text(self, record->case_id, record->text, &text);
		if (r < 0)
			return FORWARD(r);
		if (r > 0)
			continue;
		writer_item_begin(writer);
		writer_time(writer, FIELD_AT, record->at);
		writer_text(writer, FIELD_REPLY_KIND, span_of_string(reply_kind_name(record->number)));
		writer_text(writer, FIELD_REPLY, text.body);
		write_text(writer, FIELD_REASON, text.title);
		write_text(writer, FIELD_DEPARTMENT, span_of_string(replies->departments[i]));
		writer_item_end(writer);
	}
	writer_items_end(writer);
	return 0;
}

static int add_replies(struct shell *self, struct writer *writer, int64_t case_id, size_t size_before)
{
	struct store *store = self->options.store;
	struct replies *replies CLEANUP(cleanup_free) = memory_new(1, sizeof(*replies));
	int r = store->interface->walk_history(store, case_id, 0, -1, collect_reply, replies);
	return r < 0 ? FORWARD(r) : write_replies(self, writer, size_before, replies);
}

int answer_dossier(const struct request *request, int64_t case_id, enum dossier for_whom)
{
	struct shell *self = request->shell;
	struct case_row row;
	int r = read_case(self, case_id, &row);
	if (r != 0)
		return r;
	size_t size_before = self->arena.size;
	struct writer writer;
	answer_begin(request, KIND_DOSSIER, &writer);
	write_case_head(&writer, &row);
	if (row.taken.us)
		writer_time(&writer, FIELD_TAKEN, row.taken);
	if (row.answered.us)
		writer_time(&writer, FIELD_ANSWERED, row.answered);
	if (for_whom == DOSSIER_OPERATOR) {
		write_operator_fields(&writer, &row);
		r = write_message(self, &writer, case_id);
	}
	if (r == 0)
		r = add_replies(self, &writer, case_id, size_before);
	if (r < 0)
		return FORWARD(r);
	answer_end(request, &writer);
	return 0;
}
