#include "daemon/store/store_memory.h"

#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/store/twin.h"

static void destroy(struct store **self)
{
	REQUIRE(self && *self);
	struct twin *twin = twin_of(*self);
	twin_free_rows(twin);
	twin_settle(twin);
	free(twin);
	*self = NULL;
}

static struct store_identity identity(struct store *self)
{
	return twin_of(self)->identity;
}

/* True if the planned fault meets this call. */
static bool is_met(struct twin *self)
{
	return self->countdown > 0 && --self->countdown == 0;
}

int twin_write_begins(struct twin *self)
{
	twin_settle(self);
	if (self->failed)
		return FATAL(EIO, "store: written to after a failure");
	if (!is_met(self))
		return 0;
	if (self->fault == STORE_MEMORY_FULL) {
		twin_roll_back(self);
		return STORE_FULL;
	}
	self->failed = true;
	return -EIO;
}

static int commit(struct store *store)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	if (self->failed)
		return FATAL(EIO, "store: commit after a failure");
	if (self->undo_count == 0)
		return 0;
	bool met = is_met(self);
	if (self->is_full || (met && self->fault == STORE_MEMORY_FULL)) {
		twin_roll_back(self);
		return STORE_FULL;
	}
	if (!met || self->fault == STORE_MEMORY_FAIL_KEPT)
		twin_keep(self);
	self->failed = met;
	return met ? -EIO : 0;
}

static int totals(struct store *store, struct store_totals *ret_totals)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	*ret_totals = self->now.totals;
	return 0;
}

static int chain_head(struct store *store, int64_t *ret_seq, struct digest *ret_head)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	*ret_seq = (int64_t)self->journal_count;
	*ret_head = self->now.head;
	return 0;
}

static const struct store_interface interface = {
	.destroy = destroy,
	.identity = identity,
	.append = twin_append,
	.put_message = twin_put_message,
	.put_text = twin_put_text,
	.put_case = twin_put_case,
	.put_cursor = twin_put_cursor,
	.commit = commit,
	.find_message = twin_find_message,
	.read_message = twin_read_message,
	.read_text = twin_read_text,
	.read_case = twin_read_case,
	.read_cursor = twin_read_cursor,
	.last_case_of_day = twin_last_case_of_day,
	.last_record = twin_last_record,
	.totals = totals,
	.walk_open = twin_walk_open,
	.walk_cases = twin_walk_cases,
	.walk_journal = twin_walk_journal,
	.walk_history = twin_walk_history,
	.walk_stream = twin_walk_stream,
	.chain_head = chain_head,
};

struct store *store_memory_new(struct store_identity created_as)
{
	digest_start();
	struct twin *self = memory_new(1, sizeof(*self));
	self->store.interface = &interface;
	self->identity = created_as;
	self->now.head = self->committed.head = chain_first();
	return &self->store;
}

void store_memory_crash(struct store *store)
{
	struct twin *self = twin_of(store);
	twin_settle(self);
	twin_roll_back(self);
	self->failed = false;
	self->countdown = 0;
}

void store_memory_plan(struct store *store, enum store_memory_fault fault, int64_t countdown)
{
	struct twin *self = twin_of(store);
	REQUIRE(countdown > 0);
	self->fault = fault;
	self->countdown = countdown;
}

void store_memory_set_full(struct store *store, bool is_full)
{
	twin_of(store)->is_full = is_full;
}

bool store_memory_is_durable(const struct store *store)
{
	return ((const struct twin *)store)->undo_count == 0;
}

void store_memory_damage_text(struct store *store, int64_t case_id, int64_t ordinal)
{
	struct twin *self = twin_of(store);
	int64_t id = case_id * TWIN_TEXT_FACTOR + ordinal;
	struct twin_text *kept;
	HASH_FIND(hh, self->texts, &id, sizeof(id), kept);
	REQUIRE(kept);
	kept->row.digest.bytes[0] ^= 1;
}
