#include "daemon/host/verify.h"

#include <inttypes.h>

#include "base/assert.h"
#include "daemon/core/core.h"
#include "daemon/host/config.h"
#include "daemon/store/store_sqlite.h"

struct verification {
	struct core *core;
	struct store *store;
	FILE *out;
	int64_t records;
	int64_t cases;
	int64_t differences;
};

static void differs(struct verification *self, int64_t case_id, const char *what)
{
	char number[CASE_NUMBER_SIZE] = "-";
	if (case_id)
		case_number_print(case_id, number);
	fprintf(self->out, "case %s: %s\n", number, what);
	self->differences++;
}

static int apply_record(void *context, const struct record *record)
{
	struct verification *self = context;
	struct moment now = {MONO_NEVER, record->at};
	core_apply(self->core, now, record);
	self->records++;
	return 0;
}

/* Compares field by field, so that what differs can be named. */
static void compare(struct verification *self, const struct case_row *stored, const struct case_row *rebuilt)
{
#define SAME_NUMBER(field)                   \
	if (stored->field != rebuilt->field) \
		differs(self, stored->case_id, #field " is not what the journal says");
#define SAME_TEXT(field)                                \
	if (!span_equal(stored->field, rebuilt->field)) \
		differs(self, stored->case_id, #field " is not what the journal says");
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
		differs(self, stored->case_id, "reply_digest is not what the journal says");
}

static int compare_case(void *context, const struct case_row *stored)
{
	struct verification *self = context;
	struct case_row rebuilt;
	self->cases++;
	if (!core_row(self->core, stored->case_id, &rebuilt))
		differs(self, stored->case_id, "has a row and no records in the journal");
	else
		compare(self, stored, &rebuilt);
	return 0;
}

/* Every case of the journal must have a row: core_next_changed walks all that records ever touched. */
static int find_missing_rows(struct verification *self)
{
	struct case_row rebuilt, stored;
	while (core_next_changed(self->core, &rebuilt)) {
		int64_t case_id = rebuilt.case_id;
		int r = self->store->interface->read_case(self->store, case_id, &stored);
		if (r < 0)
			return FORWARD(r);
		if (r > 0)
			differs(self, case_id, "is in the journal and has no row");
	}
	return 0;
}

static int rebuild(struct verification *self)
{
	struct case_filter all = {.limit = -1};
	int r = self->store->interface->walk_journal(self->store, 0, -1, apply_record, self);
	if (r == 0)
		r = self->store->interface->walk_cases(self->store, &all, compare_case, self);
	if (r == 0)
		r = find_missing_rows(self);
	return r;
}

static bool verify(const struct config *config, const struct policy *policy, FILE *out, struct fault *fault)
{
	struct verification self = {.out = out};
	struct core_options options = {
		.profile = policy->profile,
		.principals = policy->principals,
		.workdays = policy->workdays,
		.laboratory = true, /* the clock of the past is not watched */
	};
	if (store_sqlite_open_read_only(config->store, fault, &self.store) != 0)
		return false;
	self.core = core_new(&options);
	int r = rebuild(&self);
	if (r < 0)
		fault_set(fault, "%s: cannot be read to the end", config->store);
	fprintf(out, "%" PRId64 " records, %" PRId64 " cases, %" PRId64 " differences\n", self.records,
		self.cases, self.differences);
	core_destroy(&self.core);
	self.store->interface->destroy(&self.store);
	return r == 0 && self.differences == 0;
}

bool verify_store(const char *config_path, FILE *out)
{
	struct fault fault = FAULT_NONE;
	struct policy policy = {NULL, NULL, NULL};
	struct config *config = config_load(config_path, &fault);
	bool good = config && policy_load(config, &policy, &fault) && verify(config, &policy, out, &fault);
	if (*fault.text)
		fprintf(out, "error: %s\n", fault.text);
	policy_deinit(&policy);
	config_destroy(&config);
	return good;
}
