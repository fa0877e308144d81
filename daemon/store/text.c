#include "daemon/store/canonical.h"
#include "daemon/store/store.h"

struct digest text_digest(const struct text_row *row)
{
	struct canonical bytes;
	canonical_begin(&bytes, 8 + 4 + 4 + row->title.size + 4 + row->body.size);
	canonical_put_u64(&bytes, (uint64_t)row->case_id);
	canonical_put_u32(&bytes, (uint32_t)row->role);
	canonical_put_text(&bytes, row->title);
	canonical_put_text(&bytes, row->body);
	return canonical_digest(&bytes);
}
