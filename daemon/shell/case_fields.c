#include <errno.h>

#include "base/assert.h"
#include "daemon/shell/state.h"

void write_case_number(struct writer *writer, int64_t case_id)
{
	char number[CASE_NUMBER_SIZE];
	case_number_print(case_id, number);
	writer_text(writer, FIELD_CASE, span_of_string(number));
}

void write_text(struct writer *writer, enum field field, struct span text)
{
	if (text.size > 0)
		writer_text(writer, field, text);
}

void write_due(struct writer *writer, struct instant due, bool provisional)
{
	if (instant_is_never(due))
		return;
	writer_time(writer, FIELD_DUE, due);
	writer_flag(writer, FIELD_PROVISIONAL, provisional);
}

void write_case_head(struct writer *writer, const struct case_row *row)
{
	write_case_number(writer, row->case_id);
	writer_text(writer, FIELD_STATE, span_of_string(case_state_name(row->state)));
	write_text(writer, FIELD_DEPARTMENT, row->department);
	writer_text(writer, FIELD_CLASS, row->class);
	writer_time(writer, FIELD_RECEIVED, row->received);
	write_due(writer, row->due, row->provisional);
}

bool read_case_id(const struct request *request, int64_t *ret_case_id)
{
	if (case_number_parse(message_text(request->message, FIELD_CASE), ret_case_id))
		return true;
	answer_error(request, ERROR_INVALID_VALUE, FIELD_CASE,
		"not a case number (YYYYMMDD-NNNNNN-C with its check digit)");
	return false;
}

void query_code_of(const struct shell *self, int64_t case_id, char ret_code[static CROCKFORD_SIZE])
{
	struct buffer bytes = BUFFER_NULL;
	buffer_append_u64(&bytes, (uint64_t)case_id);
	struct digest digest = digest_keyed(&self->options.query_code_key, buffer_span(&bytes));
	buffer_deinit(&bytes);
	crockford_encode(digest.bytes, ret_code);
}

int read_case(struct shell *self, int64_t case_id, struct case_row *ret_row)
{
	if (core_row(self->core, case_id, ret_row))
		return 0;
	struct store *store = self->options.store;
	int r = store->interface->read_case(store, case_id, ret_row);
	return r == 0 && !case_row_is_sound(ret_row) ? FATAL(EUCLEAN, "a case's row is damaged") : r;
}

void log_damaged(struct shell *self, int64_t case_id, int64_t ordinal, struct span principal)
{
	struct case_row row;
	struct log_entry entry = {
		.event = LOG_TEXT_DAMAGED, .principal = principal, .case_id = case_id, .number = ordinal};
	if (core_row(self->core, case_id, &row)) {
		entry.department = row.department;
		entry.portal = row.portal;
	}
	self->options.io->log(self->options.io, &entry);
}

int read_text(struct shell *self, int64_t case_id, int64_t ordinal, struct text_row *ret_text)
{
	struct store *store = self->options.store;
	int r = store->interface->read_text(store, case_id, ordinal, ret_text);
	if (r < 0)
		return FORWARD(r);
	if (r > 0)
		log_damaged(self, case_id, ordinal, SPAN_EMPTY);
	return r;
}
