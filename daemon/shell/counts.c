#include "daemon/shell/counts.h"

#include "base/assert.h"
#include "daemon/shell/state.h"

const struct histogram_scale counts_scale_turn = {
	14, {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, US_PER_S, 2500000,
		    5 * US_PER_S, 10 * US_PER_S}};

/* An office looks at once, within the hour, the morning, the day, the week; beyond that something is wrong.
 */
static const struct histogram_scale scale_takes = {
	13, {60 * US_PER_S, 600 * US_PER_S, 1800 * US_PER_S, US_PER_HOUR, 2 * US_PER_HOUR, 4 * US_PER_HOUR,
		    8 * US_PER_HOUR, US_PER_DAY, 2 * US_PER_DAY, 3 * US_PER_DAY, 5 * US_PER_DAY,
		    7 * US_PER_DAY, 14 * US_PER_DAY}};

/* Finest where the deadlines of the profiles lie. */
static const struct histogram_scale scale_answers = {14, {0, 1, 2, 3, 4, 5, 6, 7, 10, 15, 20, 30, 60, 120}};

const char *busy_code_text(enum busy_code code)
{
	static const char *const texts[BUSY_TOTAL] = {
#define X(name, text) [BUSY_##name] = (text),
		BUSY_CODES(X)
#undef X
	};
	REQUIRE(code > BUSY_NONE && code < BUSY_TOTAL);
	return texts[code];
}

void counts_init(struct shell *self)
{
	self->counts = (struct shell_counts){
		.journaled = {.takes = {.scale = &scale_takes}, .answers = {.scale = &scale_answers}},
		.receipts = {.scale = &counts_scale_turn},
	};
	self->counts_durable = self->counts.journaled;
}

static void count_answer(struct shell *self, const struct record *record)
{
	struct case_row row;
	struct utc_offset offset = self->options.profile->policy.offset;
	ENSURE(core_row(self->core, record->case_id, &row));
	histogram_add(&self->counts.journaled.answers,
		workdays_count_between(self->options.workdays, civil_date_of(row.received, offset),
			civil_date_of(record->at, offset)));
	self->counts.journaled.answers_late += instant_before(row.due, record->at);
}

static void count_take(struct shell *self, const struct record *record)
{
	struct case_row row;
	ENSURE(core_row(self->core, record->case_id, &row));
	if (row.taken.us == 0)
		histogram_add(&self->counts.journaled.takes, record->at.us - row.received.us);
}

void counts_record(struct shell *self, const struct record *record)
{
	struct counts_journaled *counts = &self->counts.journaled;
	counts->records[record->kind]++;
	if (record->kind == RECORD_ESCALATED) {
		REQUIRE(record->number >= 1 && record->number <= RUNGS_MAX);
		counts->rungs[record->number]++;
	}
	if (record->kind == RECORD_TAKEN)
		count_take(self, record);
	if (record->kind == RECORD_REPLIED && record->number != REPLY_INTERIM)
		count_answer(self, record);
}

void counts_committed(struct shell *self)
{
	self->counts_durable = self->counts.journaled;
}

void counts_rolled_back(struct shell *self)
{
	self->counts.journaled = self->counts_durable;
	self->counts.rollbacks++;
}

void counts_sent(struct shell *self, const struct outgoing *message)
{
	self->receipts_sent += message->kind == KIND_RECEIPT;
	if (message->kind == KIND_ERROR)
		self->counts.errors[message->code]++;
	if (message->kind == KIND_BUSY)
		self->counts.busies[message->code]++;
}

void counts_all_sent(struct shell *self)
{
	if (!self->receipts_sent)
		return;
	struct io *io = self->options.io;
	histogram_add_many(
		&self->counts.receipts, io->now(io).mono.us - self->now.mono.us, self->receipts_sent);
	self->receipts_sent = 0;
}

const struct shell_counts *shell_counts(const struct shell *self)
{
	return &self->counts;
}
