#include "tests/fuzz/stored_reads.h"

#include "base/assert.h"
#include "daemon/store/case_fields.h"

#define IDS_MAX 64

/* Ids and names that turned up while walking: read one by one when the walks are over. */
struct found {
	int64_t cases[IDS_MAX];
	int64_t texts[IDS_MAX];
	uint32_t count;
	uint64_t touched; /* so that no read of a byte can be left out */
};

static void touch(struct found *found, struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		found->touched += (uint8_t)text.data[i];
}

static void keep(struct found *found, int64_t case_id, int64_t text)
{
	if (found->count == IDS_MAX)
		return;
	found->cases[found->count] = case_id;
	found->texts[found->count++] = text;
}

#define TOUCH_TEXT(field)    touch(found, field);
#define TOUCH_NUMBER(field)  found->touched += (uint64_t)(field);
#define TOUCH_INSTANT(field) found->touched += (uint64_t)(field).us;
#define TOUCH_DUE(field)     found->touched += (uint64_t)(field).us;
#define TOUCH_DIGEST(field)  touch(found, digest_span(&(field)));

static int see_record(void *context, const struct record *record)
{
	struct found *found = context;
	ENSURE(record->kind > 0 && record->kind < RECORD_KIND_END);
#define X(name, type) TOUCH_##type(record->name)
	RECORD_FIELDS(X)
#undef X
	keep(found, record->case_id, record->text);
	return 0;
}

static int see_case(void *context, const struct case_row *row)
{
	struct found *found = context;
	ENSURE(row->state > CASE_NONE && row->state < CASE_STATE_END);
#define X(name, type) TOUCH_##type(row->name)
	CASE_FIELDS(X)
#undef X
	keep(found, row->case_id, 2);
	return 0;
}

static void read_case(struct store *store, struct found *found, int64_t case_id, int64_t ordinal)
{
	const struct store_interface *it = store->interface;
	struct case_row row;
	struct message_row message;
	struct text_row text;
	if (it->read_case(store, case_id, &row) == 0)
		(void)see_case(found, &row);
	if (it->read_message(store, case_id, &message) == 0) {
		touch(found, message.category);
		touch(found, message.region);
		touch(found, message.portal);
		touch(found, message.message_id);
	}
	if (it->read_text(store, case_id, ordinal, &text) == 0) {
		struct digest digest = text_digest(&text);
		ENSURE(digest_equal(&digest, &text.digest));
	}
	(void)it->walk_history(store, case_id, 0, -1, see_record, found);
}

static void read_names(struct store *store, struct found *found)
{
	static const struct span portals[] = {SPAN_LITERAL("web"), SPAN_LITERAL(""), SPAN_LITERAL("app")};
	static const struct span ids[] = {SPAN_LITERAL("m-1"), SPAN_LITERAL("m-2"), SPAN_LITERAL("")};
	static const struct span streams[] = {
		STREAM_SUPERVISOR, STREAM_TRIAGE, STREAM_OPERATOR, SPAN_LITERAL(STREAM_PORTAL_PREFIX "web")};
	const struct store_interface *it = store->interface;
	struct message_row message;
	int64_t cursor;
	for (size_t i = 0; i < sizeof(portals) / sizeof(portals[0]); i++)
		for (size_t j = 0; j < sizeof(ids) / sizeof(ids[0]); j++)
			if (it->find_message(store, portals[i], ids[j], &message) == 0)
				touch(found, message.message_id);
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		(void)it->walk_stream(store, streams[i], 0, -1, see_record, found);
		if (it->read_cursor(store, streams[i], &cursor) == 0)
			ENSURE(cursor >= 0);
	}
}

void stored_reads(struct store *store)
{
	static const struct case_filter filters[] = {{.limit = -1}, {.open_only = true},
		{.state = CASE_ANSWERED},
		{.department = SPAN_LITERAL("edu"), .portal = SPAN_LITERAL("web"), .limit = 2},
		{.due_before = {INT64_MAX}}};
	const struct store_interface *it = store->interface;
	struct found found = {.count = 0};
	struct record record;
	struct store_totals totals;
	struct digest head;
	int64_t number;
	(void)it->identity(store);
	(void)it->walk_open(store, see_case, &found);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		(void)it->walk_cases(store, &filters[i], see_case, &found);
	(void)it->walk_journal(store, 0, -1, see_record, &found);
	read_names(store, &found);
	if (it->last_record(store, &record) == 0)
		(void)see_record(&found, &record);
	(void)it->last_case_of_day(store, INT64_MIN, INT64_MAX, &number);
	(void)it->totals(store, &totals);
	(void)it->chain_head(store, &number, &head);
	for (uint32_t i = 0, count = found.count; i < count && i < 24; i++)
		read_case(store, &found, found.cases[i], found.texts[i]);
}
