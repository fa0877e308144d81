#include "daemon/store/canonical.h"
#include "daemon/store/store.h"

#define SIZE_TEXT(value)   (4 + (value).size)
#define SIZE_NUMBER(value) (size_t)8
#define SIZE_DIGEST(value) (size_t) DIGEST_SIZE

#define PUT_TEXT(to, value)   canonical_put_text(to, value)
#define PUT_NUMBER(to, value) canonical_put_u64(to, (uint64_t)(value))
#define PUT_DIGEST(to, value) canonical_put(to, (value).bytes, DIGEST_SIZE)

struct digest chain_first(void)
{
	return digest_of(SPAN_EMPTY);
}

struct digest chain_next(const struct digest *head, const struct record *record)
{
	struct canonical bytes;
#define X(name, type) +SIZE_##type(record->name)
	canonical_begin(&bytes, DIGEST_SIZE + 3 * 8 RECORD_FIELDS(X));
#undef X
	PUT_DIGEST(&bytes, *head);
	PUT_NUMBER(&bytes, record->seq);
	PUT_NUMBER(&bytes, record->kind);
	PUT_NUMBER(&bytes, record->at.us);
#define X(name, type) PUT_##type(&bytes, record->name);
	RECORD_FIELDS(X)
#undef X
	return canonical_digest(&bytes);
}
