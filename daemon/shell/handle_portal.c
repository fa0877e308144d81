#include <errno.h>

#include "base/assert.h"
#include "daemon/shell/state.h"

/* What portals ask: SUBMIT, QUERY, DIRECTORY. */

static void read_submission(
	const struct request *request, const char *mark, struct submission *ret_submission)
{
	const struct message *message = request->message;
	*ret_submission = (struct submission){
		.portal = span_of_string(request->principal->name),
		.message_id = message_text(message, FIELD_ID),
		.request =
			{
				.department = message_text(message, FIELD_DEPARTMENT),
				.class = message_text(message, FIELD_CLASS),
				.category = message_text(message, FIELD_CATEGORY),
				.region = message_text(message, FIELD_REGION),
				.title = message_text(message, FIELD_TITLE),
				.body = message_text(message, FIELD_BODY),
			},
		.contact = span_of_string(mark),
	};
}

static int read_facts(
	struct shell *self, const struct submission *submission, struct submission_facts *ret_facts)
{
	struct store *store = self->options.store;
	struct message_row known;
	*ret_facts = (struct submission_facts){0};
	int r = store->interface->find_message(store, submission->portal, submission->message_id, &known);
	if (r < 0)
		return FORWARD(r);
	if (r == 0) {
		ret_facts->known = true;
		ret_facts->known_case = known.case_id;
		ret_facts->known_digest = known.digest;
		return 0;
	}
	int64_t first, last, highest = 0;
	core_day(self->core, self->now.wall, &first, &last);
	r = store->interface->last_case_of_day(store, first, last, &highest);
	if (r < 0)
		return FORWARD(r);
	ret_facts->last_case_of_day = r == 0 ? highest : 0;
	return 0;
}

static int store_message(
	struct shell *self, const struct submission *submission, const struct decision *decision)
{
	struct store *store = self->options.store;
	struct message_row message = {
		.case_id = decision->case_id,
		.portal = submission->portal,
		.message_id = submission->message_id,
		.digest = decision->records[0].digest,
		.category = submission->request.category,
		.region = submission->request.region,
	};
	struct text_row text = {
		.case_id = decision->case_id,
		.ordinal = 1,
		.role = TEXT_MESSAGE,
		.title = submission->request.title,
		.body = submission->request.body,
	};
	int r = store->interface->put_message(store, &message);
	return r != 0 ? r : store->interface->put_text(store, &text);
}

/*
 * A receipt is made of the case's first two records alone, so that a resend gets the same one for ever,
 * whatever has become of the case since.
 */
struct receipt {
	const struct request *request;
	struct writer writer;
	int records;
};

static int receipt_add(void *context, const struct record *record)
{
	struct receipt *receipt = context;
	struct writer *writer = &receipt->writer;
	if (receipt->records++ > 0) {
		if (record->kind == RECORD_ROUTED)
			writer_text(writer, FIELD_DEPARTMENT, record->department);
		return 0;
	}
	/* A damaged index can lead to another record. */
	if (record->kind != RECORD_ACCEPTED)
		return FATAL(EUCLEAN, "a case's first record is not its acceptance");
	char code[CROCKFORD_SIZE];
	query_code_of(receipt->request->shell, record->case_id, code);
	answer_begin(receipt->request, KIND_RECEIPT, writer);
	writer_text(writer, FIELD_ID, record->subject);
	write_case_number(writer, record->case_id);
	writer_text(writer, FIELD_QUERY_CODE, span_of_string(code));
	writer_time(writer, FIELD_RECEIVED, record->at);
	if (record->within.size > 0)
		write_due(writer, (struct instant){record->due}, record->flags & RECORD_PROVISIONAL);
	writer_text(writer, FIELD_CLASS, record->class);
	return 0;
}

static void receipt_end(struct receipt *receipt)
{
	ENSURE(receipt->records == 2);
	answer_end(receipt->request, &receipt->writer);
}

static int answer_known(const struct request *request, int64_t case_id)
{
	struct store *store = request->shell->options.store;
	struct receipt receipt = {.request = request};
	int r = store->interface->walk_history(store, case_id, 0, 2, receipt_add, &receipt);
	if (r < 0)
		return FORWARD(r);
	if (receipt.records != 2)
		return FATAL(EUCLEAN, "a message without the record of its acceptance");
	receipt_end(&receipt);
	return 0;
}

static void answer_accepted(const struct request *request, const struct decision *decision)
{
	struct receipt receipt = {.request = request};
	for (uint32_t i = 0; i < decision->record_count; i++)
		ENSURE(receipt_add(&receipt, &decision->records[i]) == 0);
	receipt_end(&receipt);
}

int handle_submit(const struct request *request)
{
	struct shell *self = request->shell;
	struct submission submission;
	struct submission_facts facts;
	struct decision decision;
	struct span contact = message_text(request->message, FIELD_CONTACT);
	char mark[DIGEST_HEX_SIZE];
	if (message_has(request->message, FIELD_CONTACT) && contact.size == 0) {
		answer_error(request, ERROR_INVALID_VALUE, FIELD_CONTACT,
			"is empty: leave it out if the citizen gave none");
		return 0;
	}
	contact_mark(self, contact, mark);
	read_submission(request, mark, &submission);
	int r = read_facts(self, &submission, &facts);
	if (r < 0)
		return r;
	core_decide_submit(self->core, self->now, &submission, &facts, &decision);
	if (decision.verdict == VERDICT_REPEATED)
		return answer_known(request, decision.case_id);
	if (decision.verdict == VERDICT_DONE && self->disk_low) {
		answer_busy(request, BUSY_DISK, 5 * US_PER_S, "the disk is nearly full; nothing was stored");
		return 0;
	}
	if (decision.verdict != VERDICT_DONE) {
		answer_verdict(request, &decision);
		return 0;
	}
	r = store_message(self, &submission, &decision);
	if (r != 0)
		return r;
	r = carry_out(self, &decision);
	if (r == 0)
		r = contact_store(self, decision.case_id, &submission, contact);
	if (r != 0)
		return r;
	answer_accepted(request, &decision);
	return 0;
}

/* The code is compared whole and in constant time, and a wrong one is answered like an unknown case. */
static bool knows_code(const struct shell *self, int64_t case_id, struct span code)
{
	uint8_t given[CROCKFORD_BYTES], right[CROCKFORD_BYTES];
	char text[CROCKFORD_SIZE];
	query_code_of(self, case_id, text);
	ENSURE(crockford_decode(span_of_string(text), right));
	struct digest a = digest_of(span_of(right, sizeof(right)));
	bool readable = crockford_decode(code, given);
	struct digest b = digest_of(span_of(given, readable ? sizeof(given) : 0));
	return readable && digest_equal(&a, &b);
}

static int find_asked_case(const struct request *request, int64_t *ret_case_id)
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct message_row row;
	if (message_has(request->message, FIELD_CASE)) {
		bool known = case_number_parse(message_text(request->message, FIELD_CASE), ret_case_id) &&
			     knows_code(self, *ret_case_id, message_text(request->message, FIELD_QUERY_CODE));
		return known ? 0 : STORE_NOT_FOUND;
	}
	int r = store->interface->find_message(store, span_of_string(request->principal->name),
		message_text(request->message, FIELD_ID), &row);
	if (r == 0)
		*ret_case_id = row.case_id;
	return r;
}

int handle_query(const struct request *request)
{
	int64_t case_id;
	if (!message_has(request->message, FIELD_CASE) && !message_has(request->message, FIELD_ID)) {
		answer_error(request, ERROR_MISSING_FIELD, FIELD_CASE, "case with query_code, or id");
		return 0;
	}
	int r = find_asked_case(request, &case_id);
	if (r < 0)
		return FORWARD(r);
	if (r == 0)
		r = answer_dossier(request, case_id, DOSSIER_CITIZEN);
	if (r > 0)
		answer_error(request, ERROR_NOT_FOUND, FIELD_TOTAL,
			"no such case, or the query code is not its own");
	return r < 0 ? FORWARD(r) : 0;
}

int handle_directory(const struct request *request)
{
	const struct profile *profile = request->shell->options.profile;
	struct span after = message_text(request->message, FIELD_AFTER);
	int64_t limit = page_limit(request);
	uint32_t at = 0;
	while (after.size > 0 && at < profile->departments_count &&
		!span_equal_string(after, profile->departments[at].id))
		at++;
	at += after.size > 0;
	struct writer writer;
	answer_begin(request, KIND_LIST, &writer);
	writer_items_begin(&writer);
	uint32_t end = at;
	for (; end < profile->departments_count && (int64_t)(end - at) < limit; end++) {
		const struct profile_department *department = &profile->departments[end];
		char signature[PROFILE_DISPLAY_SIZE];
		profile_display_name(profile, department, signature);
		writer_item_begin(&writer);
		writer_text(&writer, FIELD_DEPARTMENT, span_of_string(department->id));
		writer_text(&writer, FIELD_NAME, span_of_string(department->name));
		writer_text(&writer, FIELD_SIGNATURE, span_of_string(signature));
		writer_item_end(&writer);
	}
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, end < profile->departments_count);
	if (end > at && end < profile->departments_count)
		writer_text(&writer, FIELD_AFTER, span_of_string(profile->departments[end - 1].id));
	answer_end(request, &writer);
	return 0;
}
