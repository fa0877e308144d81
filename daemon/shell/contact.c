#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/seal.h"
#include "daemon/shell/state.h"

/*
 * Contact details: how to reach the citizen. They are sealed before anything is written, to a key whose
 * secret half the daemon does not have; from then on nobody can read them in the store, in a backup or here.
 * The one way out is OPEN_CONTACT, which hands the closed box to an approver, after the journal says to whom
 * and what for.
 */

void contact_mark(const struct shell *self, struct span contact, char ret_mark[static DIGEST_HEX_SIZE])
{
	struct buffer bytes = BUFFER_NULL;
	ret_mark[0] = '\0';
	if (contact.size == 0)
		return;
	/* Keyed: a telephone number is soon found by trying them all against a plain digest. The word keeps
	 * it apart from what else that key is for. */
	buffer_append_prefixed(&bytes, SPAN_LITERAL("contact"));
	buffer_append_prefixed(&bytes, contact);
	struct digest digest = digest_keyed(&self->options.query_code_key, buffer_span(&bytes));
	explicit_bzero(bytes.data, bytes.size);
	buffer_deinit(&bytes);
	digest_to_hex(&digest, ret_mark);
}

int contact_store(
	struct shell *self, int64_t case_id, const struct submission *submission, struct span contact)
{
	char box[SEAL_TEXT_SIZE_MAX];
	struct store *store = self->options.store;
	if (contact.size == 0)
		return 0;
	self->options.io->seal(self->options.io, case_id, contact, box);
	struct text_row text = {
		.case_id = case_id,
		.ordinal = TEXT_ORDINAL_CONTACT,
		.role = TEXT_CONTACT,
		.title = submission->contact,
		.body = span_of_string(box),
	};
	int r = store->interface->put_text(store, &text);
	if (r != 0)
		return r;
	struct record record = {
		.kind = RECORD_CONTACT,
		.at = self->now.wall,
		.case_id = case_id,
		.actor = submission->portal,
		.text = text.ordinal,
		.digest = text.digest,
	};
	return carry_record(self, &record);
}

static int is_of_contact(void *context, const struct record *record)
{
	(void)context;
	return record->kind == RECORD_CONTACT;
}

/* The journal knows whether there ever was one. 1, 0 or fatal. */
static int had_box(struct shell *self, int64_t case_id)
{
	struct store *store = self->options.store;
	int r = store->interface->walk_history(store, case_id, 0, -1, is_of_contact, NULL);
	return r < 0 ? FORWARD(r) : r;
}

/* 0 with the box; positive, and the request is answered; or fatal. */
static int read_box(const struct request *request, int64_t case_id, char ret_box[static SEAL_TEXT_SIZE_MAX])
{
	struct shell *self = request->shell;
	struct store *store = self->options.store;
	struct text_row text;
	int r = store->interface->read_text(store, case_id, TEXT_ORDINAL_CONTACT, &text);
	if (r == 0) {
		ENSURE(span_copy(text.body, ret_box, SEAL_TEXT_SIZE_MAX));
		return 0;
	}
	if (r < 0)
		return FORWARD(r);
	int had = r == STORE_DAMAGED ? 1 : had_box(self, case_id);
	if (had < 0)
		return FORWARD(had);
	if (had) {
		log_damaged(self, case_id, TEXT_ORDINAL_CONTACT, span_of_string(request->principal->name));
		answer_error(request, ERROR_NOT_FOUND, FIELD_CASE,
			"the contact details are damaged and not served: restore them from a backup");
	} else {
		answer_error(request, ERROR_NOT_FOUND, FIELD_CASE,
			"no such case, or no contact details came with it");
	}
	return r;
}

/* Who was given the box, and what for: in the case's history and, at once, in the operators' stream. */
static int note_opening(
	const struct request *request, int64_t case_id, struct span department, struct span portal)
{
	struct shell *self = request->shell;
	struct record record = {
		.kind = RECORD_CONTACT_OPENED,
		.at = self->now.wall,
		.case_id = case_id,
		.actor = span_of_string(request->principal->name),
		.stream = STREAM_OPERATOR,
		.department = department,
		.subject = message_text(request->message, FIELD_REASON),
	};
	struct log_entry entry = {.event = LOG_CONTACT_OPENED,
		.principal = record.actor,
		.department = department,
		.portal = portal,
		.case_id = case_id};
	self->options.io->log(self->options.io, &entry);
	return carry_record(self, &record);
}

/* The record before the answer: a request that meets a full disk must not have one yet. */
static int hand_out(const struct request *request, int64_t case_id, const char *box)
{
	struct case_row row;
	struct writer writer;
	char department[DEPARTMENT_ID_SIZE_MAX + 1], portal[PRINCIPAL_NAME_SIZE_MAX + 1];
	int r = read_case(request->shell, case_id, &row);
	if (r != 0)
		return r < 0 ? FORWARD(r) : FATAL(EUCLEAN, "contact details of a case that is not there");
	ENSURE(span_copy(row.department, department, sizeof(department)) &&
		span_copy(row.portal, portal, sizeof(portal)));
	r = note_opening(request, case_id, span_of_string(department), span_of_string(portal));
	if (r != 0)
		return r;
	r = read_case(request->shell, case_id, &row);
	if (r < 0)
		return FORWARD(r);
	ENSURE(r == 0);
	answer_begin(request, KIND_DOSSIER, &writer);
	write_case_head(&writer, &row);
	writer_text(&writer, FIELD_SEALED, span_of_string(box));
	answer_end(request, &writer);
	return 0;
}

int handle_open_contact(const struct request *request)
{
	char box[SEAL_TEXT_SIZE_MAX];
	int64_t case_id;
	if (!read_case_id(request, &case_id))
		return 0;
	if (message_text(request->message, FIELD_REASON).size > OPENING_SIZE_MAX) {
		answer_error(request, ERROR_TOO_LONG, FIELD_REASON,
			"say it in 256 bytes: it stands in the journal beside your name");
		return 0;
	}
	int r = read_box(request, case_id, box);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	return hand_out(request, case_id, box);
}
