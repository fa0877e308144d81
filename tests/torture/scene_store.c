/* The store: made, written, written back, read, closed, opened again, written again. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/store/store_sqlite.h"
#include "daemon/store/verify.h"
#include "tests/torture/trial.h"
#include "tests/unit/store/sample.h"

#define CREATED	     INT64_C(1790000000000000)
#define BATCH	     3
#define FILLING_SIZE 60000 /* twenty of them make the loop write the WAL back when it is idle */
#define FILLINGS     20

static enum outcome open_store(const struct place *place, struct report *report, struct store **ret_store)
{
	struct fault fault = FAULT_NONE;
	struct store_sqlite_options options = {.path = place->store, .created = {CREATED}};
	if (store_sqlite_open(&options, &fault, ret_store) == 0)
		return OUTCOME_DONE;
	if (!fault.text[0])
		return report_wrong(report, "not opened, and not said why");
	return report_refused(report, fault.text);
}

/* A negative outcome has left a trace on standard error; a full disk is an outcome of its own. */
static enum outcome not_done(struct report *report, int r)
{
	if (r > 0 && r != STORE_FULL)
		return report_wrong(report, "outcome %d of a write", r);
	return report_refused(report, r == STORE_FULL ? "the disk is full" : "");
}

static enum outcome write_batch(struct store *store, struct report *report, int64_t first)
{
	for (int64_t n = first; n < first + BATCH; n++) {
		int r = sample_write(store, n);
		if (r != 0)
			return not_done(report, r);
	}
	int r = store->interface->commit(store);
	if (r != 0)
		return not_done(report, r);
	return report_acknowledge(report, first + BATCH - 1) ? OUTCOME_DONE : OUTCOME_WRONG;
}

/* Much in one batch, then the idle loop's checkpoint. */
static enum outcome fill_and_idle(struct store *store, struct report *report)
{
	static char body[FILLING_SIZE];
	memset(body, 'f', sizeof(body));
	for (int64_t n = 0; n < FILLINGS; n++) {
		struct text_row row = {.case_id = sample_case_id(1),
			.ordinal = 100 + n,
			.role = TEXT_REASON,
			.body = span_of(body, sizeof(body))};
		struct record record = {
			.kind = RECORD_FAILED, .at = {1}, .case_id = sample_case_id(1), .text = 100 + n};
		int r = store->interface->put_text(store, &row);
		record.digest = row.digest;
		if (r == 0)
			r = store->interface->append(store, &record);
		if (r != 0)
			return not_done(report, r);
	}
	int r = store->interface->commit(store);
	if (r == 0)
		r = store->interface->idle(store);
	return r == 0 ? OUTCOME_DONE : not_done(report, r);
}

static int same_number(void *context, const struct record *record)
{
	int64_t *count = context;
	++*count;
	return record->seq > 0 ? 0 : 1;
}

/* What is read is right, or reading says that it failed. */
static enum outcome read_back(struct store *store, struct report *report)
{
	const struct store_interface *it = store->interface;
	for (int64_t n = 1; n <= report->acknowledged; n++) {
		struct text_row text;
		struct case_row row;
		int64_t count = 0, case_id = sample_case_id(n);
		int r = it->read_text(store, case_id, 1, &text);
		if (r == 0 && (text.body.size == 0 || text.body.data[text.body.size - 1] != 'a' + n % 26))
			return report_wrong(report, "text of case %lld is another", (long long)n);
		if (r == 0)
			r = it->read_case(store, case_id, &row);
		if (r == 0)
			r = it->walk_history(store, case_id, 0, -1, same_number, &count);
		if (r == 0 && count < SAMPLE_RECORDS)
			return report_wrong(
				report, "case %lld has %lld records", (long long)n, (long long)count);
		if (r > 0)
			return report_wrong(report, "outcome %d of a read of case %lld", r, (long long)n);
		if (r < 0)
			return report_refused(report, "");
	}
	return OUTCOME_DONE;
}

static enum outcome live(struct store *store, struct report *report)
{
	int64_t first = report->acknowledged + 1;
	enum outcome outcome = write_batch(store, report, first);
	if (outcome == OUTCOME_DONE)
		outcome = write_batch(store, report, first + BATCH);
	if (outcome == OUTCOME_DONE && first == 1)
		outcome = fill_and_idle(store, report);
	if (outcome == OUTCOME_DONE)
		outcome = read_back(store, report);
	return outcome;
}

/* One life of a daemon's store. */
static enum outcome one_life(const struct place *place, struct report *report)
{
	struct store *store = NULL;
	enum outcome outcome = open_store(place, report, &store);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = live(store, report);
	store->interface->destroy(&store);
	return outcome;
}

static enum outcome play(const struct place *place, struct report *report)
{
	enum outcome outcome = one_life(place, report);
	return outcome == OUTCOME_DONE ? one_life(place, report) : outcome;
}

/* The next process: reads what there is. What it wrote is not promised, for a batch that the last process did
 * not acknowledge may bear the same numbers. */
static enum outcome recover(const struct place *place, struct report *report)
{
	struct store *store = NULL;
	enum outcome outcome = open_store(place, report, &store);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = read_back(store, report);
	store->interface->destroy(&store);
	return outcome;
}

static int say_finding(void *context, const struct store_finding *finding)
{
	struct report *report = context;
	report_wrong(report, "verify finds %s: %s", store_finding_name(finding->kind), finding->note);
	return 0;
}

static enum outcome verify(const struct place *place, struct report *report)
{
	struct store *store = NULL;
	struct fault fault = FAULT_NONE;
	int64_t findings = 0;
	const struct store_verify_options options = {.find = say_finding, .context = report};
	if (store_sqlite_open_read_only(place->store, &fault, &store) != 0)
		return report_wrong(report, "%s", fault.text);
	int r = store_verify_journal(store, &options, &findings);
	store->interface->destroy(&store);
	if (r != 0 || findings != 0)
		return OUTCOME_WRONG;
	return OUTCOME_DONE;
}

/* Everything acknowledged is there; what was not is there whole or not at all; the store goes on. */
static enum outcome check(const struct place *place, struct report *report)
{
	struct store *store = NULL;
	enum outcome outcome = open_store(place, report, &store);
	if (outcome != OUTCOME_DONE)
		return outcome;
	int64_t end = report->acknowledged + 1;
	while (sample_is_there(store, end))
		end++;
	int64_t acknowledged = report->acknowledged;
	for (int64_t n = 1; n <= acknowledged; n++) {
		struct case_row row;
		/* The first case has fillings as well. */
		bool is_there = n == 1 ? store->interface->read_case(store, sample_case_id(1), &row) == 0
				       : sample_is_there(store, n);
		if (!is_there)
			outcome = report_wrong(report, "case %lld was promised and is lost", (long long)n);
	}
	if ((end - 1 - acknowledged) % BATCH != 0)
		outcome = report_wrong(report, "a batch is there in part");
	report->acknowledged = end - 1;
	if (outcome == OUTCOME_DONE)
		outcome = write_batch(store, report, end);
	store->interface->destroy(&store);
	return outcome == OUTCOME_DONE ? verify(place, report) : outcome;
}

const struct scene scene_store = {
	.name = "store",
	.families = 1u << FAULTS_MEMORY | 1u << FAULTS_SYSTEM | 1u << FAULTS_SQLITE,
	.play = play,
	.check = check,
	.recover = recover,
};
