#include "daemon/store/canonical.h"
#include "daemon/store/sqlite.h"

/*
 * Sums of rows: the first 64 bits of a BLAKE2b over all the row says, its key and its table with it. SQLite
 * gives a flipped bit out as data; whatever a row serves to somebody is held against its sum first. Records
 * have the chain instead, and a text's bytes its digest, which is all that its sum is taken of.
 */
enum table { TABLE_STORE = 1, TABLE_MESSAGE, TABLE_NAME, TABLE_TEXT, TABLE_CASE, TABLE_CURSOR };

static void begin(struct canonical *bytes, enum table table, size_t size)
{
	canonical_begin(bytes, 8 + size);
	canonical_put_u64(bytes, table);
}

static int64_t end(struct canonical *bytes)
{
	struct digest digest = canonical_digest(bytes);
	int64_t sum;
	memcpy(&sum, digest.bytes, sizeof(sum));
	return (int64_t)be64toh((uint64_t)sum);
}

int64_t sqlite_sum_store(
	const struct store_identity *identity, const struct store_totals *totals, int64_t seq, int64_t batch)
{
	struct canonical bytes;
	begin(&bytes, TABLE_STORE, 6 * 8);
	canonical_put_u64(&bytes, identity->laboratory);
	canonical_put_u64(&bytes, (uint64_t)identity->created.us);
	canonical_put_u64(&bytes, (uint64_t)totals->accepted);
	canonical_put_u64(&bytes, (uint64_t)totals->answered);
	canonical_put_u64(&bytes, (uint64_t)seq);
	canonical_put_u64(&bytes, (uint64_t)batch);
	return end(&bytes);
}

int64_t sqlite_sum_message(const struct message_row *row)
{
	struct canonical bytes;
	size_t texts = row->portal.size + row->message_id.size + row->category.size + row->region.size;
	begin(&bytes, TABLE_MESSAGE, 8 + 4 * 4 + texts + DIGEST_SIZE);
	canonical_put_u64(&bytes, (uint64_t)row->case_id);
	canonical_put_text(&bytes, row->portal);
	canonical_put_text(&bytes, row->message_id);
	canonical_put_text(&bytes, row->category);
	canonical_put_text(&bytes, row->region);
	canonical_put(&bytes, row->digest.bytes, DIGEST_SIZE);
	return end(&bytes);
}

int64_t sqlite_sum_name(struct span portal, struct span message_id)
{
	struct canonical bytes;
	begin(&bytes, TABLE_NAME, 2 * 4 + portal.size + message_id.size);
	canonical_put_text(&bytes, portal);
	canonical_put_text(&bytes, message_id);
	return end(&bytes);
}

int64_t sqlite_sum_text(int64_t id, const struct digest *digest)
{
	struct canonical bytes;
	begin(&bytes, TABLE_TEXT, 8 + DIGEST_SIZE);
	canonical_put_u64(&bytes, (uint64_t)id);
	canonical_put(&bytes, digest->bytes, DIGEST_SIZE);
	return end(&bytes);
}

#define SIZE_TEXT(field)    +4 + (field).size
#define SIZE_NUMBER(field)  +8
#define SIZE_INSTANT(field) +8
#define SIZE_DUE(field)	    +8
#define SIZE_DIGEST(field)  +DIGEST_SIZE
#define PUT_TEXT(field)	    canonical_put_text(&bytes, field)
#define PUT_NUMBER(field)   canonical_put_u64(&bytes, (uint64_t)(field))
#define PUT_INSTANT(field)  canonical_put_u64(&bytes, (uint64_t)(field).us)
#define PUT_DUE(field)	    canonical_put_u64(&bytes, (uint64_t)(field).us)
#define PUT_DIGEST(field)   canonical_put(&bytes, (field).bytes, DIGEST_SIZE)

int64_t sqlite_sum_case(const struct case_row *row)
{
	struct canonical bytes;
#define X(name, type) SIZE_##type(row->name)
	begin(&bytes, TABLE_CASE, 8 CASE_FIELDS(X));
#undef X
	canonical_put_u64(&bytes, (uint64_t)row->case_id);
#define X(name, type) PUT_##type(row->name);
	CASE_FIELDS(X)
#undef X
	return end(&bytes);
}

int64_t sqlite_sum_cursor(struct span principal, int64_t cursor)
{
	struct canonical bytes;
	begin(&bytes, TABLE_CURSOR, 4 + principal.size + 8);
	canonical_put_text(&bytes, principal);
	canonical_put_u64(&bytes, (uint64_t)cursor);
	return end(&bytes);
}
