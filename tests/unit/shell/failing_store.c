#include "tests/unit/shell/failing_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "daemon/store/store_memory.h"

static struct failing_store *of(struct store *store)
{
	return (struct failing_store *)store;
}

static bool fails(struct failing_store *self, enum failing_calls kind)
{
	if (self->calls != FAILING_ANY && self->calls != kind)
		return false;
	if (self->left == 0 || --self->left > 0)
		return false;
	return self->failed = true;
}

/* A full disk takes the whole batch back, and the engine in memory does that as well. */
static int outcome_of(struct failing_store *self)
{
	if (self->outcome == STORE_FULL)
		store_memory_crash(self->behind);
	return self->outcome;
}

static void destroy(struct store **store)
{
	struct failing_store *self = of(*store);
	self->behind->interface->destroy(&self->behind);
	free(self);
	*store = NULL;
}

static struct store_identity identity(struct store *store)
{
	struct store *behind = of(store)->behind;
	return behind->interface->identity(behind);
}

/* One function of the interface: fails, or passes on. */
#define PASS(name, kind, parameters, arguments)           \
	static int name parameters                        \
	{                                                 \
		struct failing_store *self = of(store);   \
		struct store *behind = self->behind;      \
		if (fails(self, kind))                    \
			return outcome_of(self);          \
		return behind->interface->name arguments; \
	}

PASS(append, FAILING_WRITES, (struct store * store, struct record *record), (behind, record))
PASS(put_message, FAILING_WRITES, (struct store * store, const struct message_row *row), (behind, row))
PASS(put_text, FAILING_WRITES, (struct store * store, struct text_row *row), (behind, row))
PASS(put_case, FAILING_WRITES, (struct store * store, const struct case_row *row), (behind, row))
PASS(put_cursor, FAILING_WRITES, (struct store * store, struct span principal, int64_t cursor),
	(behind, principal, cursor))
PASS(find_message, FAILING_ANY,
	(struct store * store, struct span portal, struct span message_id, struct message_row *ret_row),
	(behind, portal, message_id, ret_row))
static int read_message(struct store *store, int64_t case_id, struct message_row *ret_row)
{
	struct failing_store *self = of(store);
	if (fails(self, FAILING_READS_OF_ONE))
		return self->outcome;
	int r = self->behind->interface->read_message(self->behind, case_id, ret_row);
	if (r == 0 && self->change_message)
		ret_row->category = SPAN_LITERAL("x");
	return r;
}

static int read_text(struct store *store, int64_t case_id, int64_t ordinal, struct text_row *ret_row)
{
	struct failing_store *self = of(store);
	static char mark[DIGEST_HEX_SIZE + 1];
	if (fails(self, FAILING_READS_OF_ONE))
		return self->outcome;
	int r = self->behind->interface->read_text(self->behind, case_id, ordinal, ret_row);
	if (r == 0 && ordinal == TEXT_ORDINAL_CONTACT && self->change_mark)
		ret_row->title = span_of(memset(mark, 'a', sizeof(mark)), sizeof(mark));
	return r;
}

static int read_case(struct store *store, int64_t case_id, struct case_row *ret_row)
{
	struct failing_store *self = of(store);
	if (fails(self, FAILING_CASE))
		return self->outcome;
	int r = self->behind->interface->read_case(self->behind, case_id, ret_row);
	if (r == 0 && self->change)
		self->change(self, ret_row);
	return r;
}

PASS(read_cursor, FAILING_ANY, (struct store * store, struct span principal, int64_t *ret_cursor),
	(behind, principal, ret_cursor))
PASS(last_case_of_day, FAILING_ANY,
	(struct store * store, int64_t first_id, int64_t last_id, int64_t *ret_case_id),
	(behind, first_id, last_id, ret_case_id))
PASS(last_record, FAILING_ANY, (struct store * store, struct record *ret_record), (behind, ret_record))
PASS(totals, FAILING_ANY, (struct store * store, struct store_totals *ret_totals), (behind, ret_totals))
PASS(walk_journal, FAILING_ANY,
	(struct store * store, int64_t after_seq, int64_t limit, store_record_fn each, void *context),
	(behind, after_seq, limit, each, context))
PASS(walk_history, FAILING_HISTORY,
	(struct store * store, int64_t case_id, int64_t after_seq, int64_t limit, store_record_fn each,
		void *context),
	(behind, case_id, after_seq, limit, each, context))
PASS(walk_stream, FAILING_ANY,
	(struct store * store, struct span stream, int64_t after_seq, int64_t limit, store_record_fn each,
		void *context),
	(behind, stream, after_seq, limit, each, context))
PASS(chain_head, FAILING_ANY, (struct store * store, int64_t *ret_seq, struct digest *ret_head),
	(behind, ret_seq, ret_head))
PASS(commit, FAILING_WRITES, (struct store * store), (behind))

struct passing {
	struct failing_store *self;
	store_case_fn each;
	void *context;
};

static int pass_case(void *context, const struct case_row *row)
{
	struct passing *passing = context;
	struct case_row changed = *row;
	if (passing->self->change)
		passing->self->change(passing->self, &changed);
	return passing->each(passing->context, &changed);
}

static int walk_cases(
	struct store *store, const struct case_filter *filter, store_case_fn each, void *context)
{
	struct failing_store *self = of(store);
	struct passing passing = {self, each, context};
	if (fails(self, FAILING_ANY))
		return self->outcome;
	return self->behind->interface->walk_cases(self->behind, filter, pass_case, &passing);
}

static int walk_open(struct store *store, store_case_fn each, void *context)
{
	struct failing_store *self = of(store);
	struct passing passing = {self, each, context};
	if (fails(self, FAILING_OPEN))
		return self->outcome;
	return self->behind->interface->walk_open(self->behind, pass_case, &passing);
}

static const struct store_interface interface = {
	.destroy = destroy,
	.identity = identity,
	.commit = commit,
	.walk_cases = walk_cases,
	.append = append,
	.put_message = put_message,
	.put_text = put_text,
	.put_case = put_case,
	.put_cursor = put_cursor,
	.find_message = find_message,
	.read_message = read_message,
	.read_text = read_text,
	.read_case = read_case,
	.read_cursor = read_cursor,
	.last_case_of_day = last_case_of_day,
	.last_record = last_record,
	.totals = totals,
	.walk_open = walk_open,
	.walk_journal = walk_journal,
	.walk_history = walk_history,
	.walk_stream = walk_stream,
	.chain_head = chain_head,
};

struct store *failing_store_new(struct store *behind)
{
	struct failing_store *self = memory_new(1, sizeof(*self));
	self->base.interface = &interface;
	self->behind = behind;
	return &self->base;
}

void failing_store_arm(struct store *store, enum failing_calls calls, int64_t nth, int outcome)
{
	struct failing_store *self = of(store);
	self->calls = calls;
	self->left = nth;
	self->outcome = outcome;
	self->failed = false;
}

bool failing_store_failed(const struct store *store)
{
	return ((const struct failing_store *)store)->failed;
}
