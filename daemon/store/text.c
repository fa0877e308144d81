#include "base/buffer.h"
#include "daemon/store/store.h"

struct digest text_digest(const struct text_row *row)
{
	struct buffer bytes = BUFFER_NULL;
	buffer_append_u64(&bytes, (uint64_t)row->case_id);
	buffer_append_u32(&bytes, (uint32_t)row->role);
	buffer_append_prefixed(&bytes, row->title);
	buffer_append_prefixed(&bytes, row->body);
	struct digest digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return digest;
}
