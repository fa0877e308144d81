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
	return store->interface->read_case(store, case_id, ret_row);
}
