#include "base/buffer.h"
#include "daemon/store/store.h"

static void append_TEXT(struct buffer *bytes, struct span value)
{
	buffer_append_prefixed(bytes, value);
}

static void append_NUMBER(struct buffer *bytes, int64_t value)
{
	buffer_append_u64(bytes, (uint64_t)value);
}

static void append_DIGEST(struct buffer *bytes, struct digest value)
{
	buffer_append_span(bytes, digest_span(&value));
}

struct digest chain_first(void)
{
	return digest_of(SPAN_EMPTY);
}

struct digest chain_next(const struct digest *head, const struct record *record)
{
	struct buffer bytes = BUFFER_NULL;
	buffer_append_span(&bytes, digest_span(head));
	append_NUMBER(&bytes, record->seq);
	append_NUMBER(&bytes, record->kind);
	append_NUMBER(&bytes, record->at.us);
#define X(name, type) append_##type(&bytes, record->name);
	RECORD_FIELDS(X)
#undef X
	struct digest next = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return next;
}
