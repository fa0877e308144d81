#include "tests/unit/store/engines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "daemon/store/case_fields.h"
#include "daemon/store/store_memory.h"
#include "daemon/store/store_sqlite.h"

void place_make(struct place *place)
{
	snprintf(place->folder, sizeof(place->folder), "/tmp/wenzheng-store-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/wenzheng.db", place->folder);
}

void remove_store(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-witness", ".lock"};
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char name[128];
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		assert_true(unlink(name) == 0 || errno == ENOENT);
	}
}

void place_remove(struct place *place)
{
	remove_store(place->path);
	assert_int_equal(rmdir(place->folder), 0);
}

void place_open_sqlite(struct place *place)
{
	struct fault fault = FAULT_NONE;
	struct store_sqlite_options options = {.path = place->path, .created = {PLACE_CREATED}};
	if (store_sqlite_open(&options, &fault, &place->store) != 0)
		fail_msg("%s", fault.text);
}

static void sqlite_open(struct place *place)
{
	place_make(place);
	place_open_sqlite(place);
}

static void sqlite_reopen(struct place *place)
{
	place->store->interface->destroy(&place->store);
	place_open_sqlite(place);
}

static void sqlite_close(struct place *place)
{
	place->store->interface->destroy(&place->store);
	place_remove(place);
}

static void memory_open(struct place *place)
{
	place->store = store_memory_new((struct store_identity){.created = {PLACE_CREATED}});
}

static void memory_reopen(struct place *place)
{
	store_memory_crash(place->store);
}

static void memory_close(struct place *place)
{
	place->store->interface->destroy(&place->store);
}

const struct engine engine_sqlite = {"sqlite", sqlite_open, sqlite_reopen, sqlite_close};
const struct engine engine_memory = {"memory", memory_open, memory_reopen, memory_close};

#define BYTES_TEXT(field)    buffer_append_prefixed(&bytes, field)
#define BYTES_NUMBER(field)  buffer_append_u64(&bytes, (uint64_t)(field))
#define BYTES_INSTANT(field) buffer_append_u64(&bytes, (uint64_t)(field).us)
#define BYTES_DUE(field)     buffer_append_u64(&bytes, (uint64_t)(field).us)
#define BYTES_DIGEST(field)  buffer_append_span(&bytes, digest_span(&(field)))

struct digest record_digest(const struct record *record)
{
	struct buffer bytes = BUFFER_NULL;
	BYTES_NUMBER(record->seq);
	BYTES_NUMBER(record->kind);
	BYTES_INSTANT(record->at);
#define X(name, type) BYTES_##type(record->name);
	RECORD_FIELDS(X)
#undef X
	struct digest digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return digest;
}

struct digest case_digest(const struct case_row *row)
{
	struct buffer bytes = BUFFER_NULL;
	BYTES_NUMBER(row->case_id);
	BYTES_TEXT(row->message_id);
#define X(name, type) BYTES_##type(row->name);
	CASE_FIELDS(X)
#undef X
	struct digest digest = digest_of(buffer_span(&bytes));
	buffer_deinit(&bytes);
	return digest;
}

bool records_equal(const struct record *a, const struct record *b)
{
	struct digest x = record_digest(a), y = record_digest(b);
	return digest_equal(&x, &y);
}

bool cases_equal(const struct case_row *a, const struct case_row *b)
{
	struct digest x = case_digest(a), y = case_digest(b);
	return digest_equal(&x, &y);
}

bool messages_equal(const struct message_row *a, const struct message_row *b)
{
	return a->case_id == b->case_id && span_equal(a->portal, b->portal) &&
	       span_equal(a->message_id, b->message_id) && digest_equal(&a->digest, &b->digest) &&
	       span_equal(a->category, b->category) && span_equal(a->region, b->region);
}

bool texts_equal(const struct text_row *a, const struct text_row *b)
{
	return a->case_id == b->case_id && a->ordinal == b->ordinal && a->role == b->role &&
	       span_equal(a->title, b->title) && span_equal(a->body, b->body) &&
	       digest_equal(&a->digest, &b->digest);
}
