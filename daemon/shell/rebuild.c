#include "daemon/shell/rebuild.h"

#include <string.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"

struct rebuilding {
	const struct rebuild_options *options;
	struct core *core;
	struct rebuild_counts counts;
};

static void differs(struct rebuilding *self, int64_t case_id, const char *what)
{
	self->counts.differences++;
	self->options->differs(self->options->context, case_id, what);
}

static int apply_record(void *context, const struct record *record)
{
	struct rebuilding *self = context;
	struct moment now = {MONO_NEVER, record->at};
	core_apply(self->core, now, record);
	self->counts.records++;
	return 0;
}

/* Field by field, so that what differs can be named. */
static void compare(struct rebuilding *self, const struct case_row *stored, const struct case_row *rebuilt)
{
#define SAME_NUMBER(field)                   \
	if (stored->field != rebuilt->field) \
		differs(self, stored->case_id, #field);
#define SAME_TEXT(field)                                \
	if (!span_equal(stored->field, rebuilt->field)) \
		differs(self, stored->case_id, #field);
	SAME_NUMBER(state)
	SAME_TEXT(portal)
	SAME_TEXT(department)
	SAME_TEXT(class)
	SAME_TEXT(within)
	SAME_NUMBER(received.us)
	SAME_NUMBER(due.us)
	SAME_NUMBER(due_date)
	SAME_NUMBER(due_version)
	SAME_NUMBER(provisional)
	SAME_NUMBER(fired)
	SAME_NUMBER(rung_reached)
	SAME_NUMBER(reminded)
	SAME_NUMBER(epoch)
	SAME_NUMBER(holder)
	SAME_TEXT(holder_name)
	SAME_NUMBER(process_custody)
	SAME_NUMBER(final_ruling)
	SAME_NUMBER(losses)
	SAME_NUMBER(returns)
	SAME_NUMBER(texts)
	SAME_NUMBER(taken.us)
	SAME_NUMBER(answered.us)
	SAME_NUMBER(reply_kind)
#undef SAME_NUMBER
#undef SAME_TEXT
	if (!digest_equal(&stored->reply_digest, &rebuilt->reply_digest))
		differs(self, stored->case_id, "reply_digest");
}

static int compare_case(void *context, const struct case_row *stored)
{
	struct rebuilding *self = context;
	struct case_row rebuilt;
	self->counts.cases++;
	if (core_row(self->core, stored->case_id, &rebuilt))
		compare(self, stored, &rebuilt);
	else
		differs(self, stored->case_id, "the row: the journal knows no such case");
	return 0;
}

/* Every case that a record ever touched must have a row. */
static int find_missing_rows(struct rebuilding *self)
{
	struct store *store = self->options->store;
	struct case_row rebuilt, stored;
	while (core_next_changed(self->core, &rebuilt)) {
		int64_t case_id = rebuilt.case_id;
		int r = store->interface->read_case(store, case_id, &stored);
		if (r < 0)
			return FORWARD(r);
		if (r > 0)
			differs(self, case_id, "the row: it is missing");
	}
	return 0;
}

/* ---- messages against their acceptance: the journal's digest is of all the portal sent ---- */

#define PAGE_RECORDS 64

struct page {
	struct record records[PAGE_RECORDS];
	char texts[PAGE_RECORDS][RECORD_TEXTS_SIZE_MAX];
	int count;
};

static int keep_record(void *context, const struct record *record)
{
	struct page *page = context;
	record_copy(record, page->texts[page->count], &page->records[page->count]);
	page->count++;
	return 0;
}

static int compare_message(struct rebuilding *self, const struct record *accepted)
{
	struct store *store = self->options->store;
	struct message_row message;
	struct text_row text;
	char room[RECORD_TEXTS_SIZE_MAX];
	int r = store->interface->read_message(store, accepted->case_id, &message);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0; /* the store's own check has named it */
	/* Spans live until the next read: category and region are small, the text is read last. */
	ENSURE(message.category.size + message.region.size <= sizeof(room));
	struct span category = span_of(room, message.category.size);
	struct span region = span_of(room + message.category.size, message.region.size);
	memcpy(room, message.category.data ? message.category.data : "", message.category.size);
	memcpy(room + category.size, message.region.data ? message.region.data : "", message.region.size);
	char mark[DIGEST_HEX_SIZE] = "";
	r = store->interface->read_text(store, accepted->case_id, TEXT_ORDINAL_CONTACT, &text);
	if (r < 0 || r == STORE_DAMAGED)
		return r < 0 ? FORWARD(r) : 0;
	if (r == 0 && !span_copy(text.title, mark, sizeof(mark)))
		differs(self, accepted->case_id, "the contact details: their mark is none of ours");
	r = store->interface->read_text(store, accepted->case_id, 1, &text);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	struct submission submission = {
		.request = {.department = accepted->department,
			.class = accepted->number ? accepted->class : SPAN_EMPTY,
			.category = category,
			.region = region,
			.title = text.title,
			.body = text.body},
		.contact = span_of_string(mark),
	};
	struct digest digest = submission_digest(&submission);
	if (!digest_equal(&digest, &accepted->digest))
		differs(self, accepted->case_id, "the message: it is not what was accepted");
	return 0;
}

static int compare_messages(struct rebuilding *self)
{
	struct store *store = self->options->store;
	struct page *page CLEANUP(cleanup_free) = memory_new(1, sizeof(*page));
	int64_t after = 0;
	for (;;) {
		page->count = 0;
		int r = store->interface->walk_journal(store, after, PAGE_RECORDS, keep_record, page);
		if (r < 0 || page->count == 0)
			return r < 0 ? FORWARD(r) : 0;
		for (int i = 0; i < page->count; i++) {
			if (page->records[i].kind != RECORD_ACCEPTED)
				continue;
			r = compare_message(self, &page->records[i]);
			if (r < 0)
				return FORWARD(r);
		}
		after = page->records[page->count - 1].seq;
	}
}

int rebuild_and_compare(const struct rebuild_options *options, struct rebuild_counts *ret_counts)
{
	struct store *store = options->store;
	struct rebuilding self = {.options = options, .core = core_new(&options->core)};
	struct case_filter all = {.limit = -1};
	int r = store->interface->walk_journal(store, 0, -1, apply_record, &self);
	if (r == 0)
		r = store->interface->walk_cases(store, &all, compare_case, &self);
	if (r == 0)
		r = find_missing_rows(&self);
	if (r == 0)
		r = compare_messages(&self);
	core_destroy(&self.core);
	*ret_counts = self.counts;
	return r < 0 ? FORWARD(r) : 0;
}
