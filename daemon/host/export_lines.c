#include "daemon/host/export_lines.h"

#include "base/assert.h"
#include "daemon/host/archive.h"
#include "proto/fields.h"

static void put(json_t *object, const char *key, json_t *value)
{
	/* NULL: a text that is no UTF-8, which was checked before it was stored. */
	ENSURE(value && json_object_set_new(object, key, value) == 0);
}

static const char *key_of(enum field field)
{
	return field_infos[field].key;
}

static void put_text(json_t *object, const char *key, struct span text)
{
	if (text.size > 0)
		put(object, key, json_stringn(text.data, text.size));
}

static void put_number(json_t *object, const char *key, int64_t number)
{
	if (number != 0)
		put(object, key, json_integer(number));
}

static void put_flag(json_t *object, const char *key, bool flag)
{
	if (flag)
		put(object, key, json_true());
}

static void put_time(json_t *object, const char *key, struct instant time, struct utc_offset offset)
{
	char text[ARCHIVE_MOMENT_SIZE];
	if (time.us == 0 || instant_is_never(time))
		return;
	archive_moment(time, offset, text);
	put(object, key, json_string(text));
}

static void put_digest(json_t *object, const char *key, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];
	if (digest_is_zero(digest))
		return;
	digest_to_hex(digest, hex);
	put(object, key, json_string(hex));
}

static void put_date(json_t *object, const char *key, int64_t days)
{
	char text[CIVIL_DATE_SIZE];
	if (days == 0)
		return;
	civil_print_date((struct civil_date){(int32_t)days}, text);
	put(object, key, json_string(text));
}

static void put_case(json_t *object, int64_t case_id)
{
	char number[CASE_NUMBER_SIZE];
	if (case_id == 0)
		return;
	case_number_print(case_id, number);
	put(object, key_of(FIELD_CASE), json_string(number));
}

static void put_reply_kind(json_t *object, int64_t kind)
{
	static const char *const names[] = {"", "interim", "final", "refusal"};
	ENSURE(kind >= 0 && kind <= REPLY_REFUSAL);
	put_text(object, key_of(FIELD_REPLY_KIND), span_of_string(names[kind]));
}

/* What `number` says depends on the kind. */
static void put_record_number(json_t *object, const struct record *record)
{
	if (record->kind == RECORD_REPLIED)
		put_reply_kind(object, record->number);
	else if (record->kind == RECORD_ESCALATED)
		put_number(object, key_of(FIELD_RUNG), record->number);
	else
		put_number(object, "number", record->number);
}

json_t *export_record(const struct record *record, const struct digest *head, struct utc_offset offset)
{
	json_t *object = json_object();
	put_number(object, key_of(FIELD_CURSOR), record->seq);
	put_text(object, key_of(FIELD_EVENT), span_of_string(record_kind_name(record->kind)));
	put_time(object, key_of(FIELD_AT), record->at, offset);
	put_case(object, record->case_id);
	put_text(object, key_of(FIELD_ACTOR), record->actor);
	put_text(object, "stream", record->stream);
	put_text(object, key_of(FIELD_DEPARTMENT), record->department);
	/* As in HISTORY: a message's id is the portal's own, other subjects are words of ours. */
	put_text(object, key_of(record->kind == RECORD_ACCEPTED ? FIELD_ID : FIELD_TEXT), record->subject);
	put_text(object, key_of(FIELD_CLASS), record->class);
	put_text(object, key_of(FIELD_WITHIN), record->within);
	put_number(object, key_of(FIELD_EPOCH), record->epoch);
	put_number(object, "holder", record->holder);
	put_time(object, key_of(FIELD_DUE), (struct instant){record->due}, offset);
	put_date(object, "due_date", record->due_date);
	put_number(object, key_of(FIELD_DUE_VERSION), record->due_version);
	put_record_number(object, record);
	put_flag(object, key_of(FIELD_PROVISIONAL), record->flags & RECORD_PROVISIONAL);
	put_flag(object, key_of(FIELD_FINAL), record->flags & RECORD_FINAL);
	if (record->flags & RECORD_PROCESS)
		put(object, key_of(FIELD_CUSTODY), json_string("process"));
	put_number(object, "ordinal", record->text);
	put_digest(object, "digest", &record->digest);
	put_digest(object, "head", head);
	return object;
}

json_t *export_message(const struct message_row *message)
{
	json_t *object = json_object();
	put_case(object, message->case_id);
	put_text(object, key_of(FIELD_PORTAL), message->portal);
	put_text(object, key_of(FIELD_ID), message->message_id);
	put_text(object, key_of(FIELD_CATEGORY), message->category);
	put_text(object, key_of(FIELD_REGION), message->region);
	put_digest(object, "digest", &message->digest);
	return object;
}

void export_case(json_t *object, const struct case_row *row, struct utc_offset offset)
{
	put_text(object, key_of(FIELD_STATE), span_of_string(case_state_name(row->state)));
	put_text(object, key_of(FIELD_DEPARTMENT), row->department);
	put_text(object, key_of(FIELD_CLASS), row->class);
	put_text(object, key_of(FIELD_WITHIN), row->within);
	put_time(object, key_of(FIELD_RECEIVED), row->received, offset);
	put_time(object, key_of(FIELD_DUE), row->due, offset);
	put_date(object, "due_date", row->due_date);
	put_number(object, key_of(FIELD_DUE_VERSION), row->due_version);
	put_flag(object, key_of(FIELD_PROVISIONAL), row->provisional);
	put_flag(object, key_of(FIELD_REMINDED), row->reminded);
	put_number(object, key_of(FIELD_RUNG), row->rung_reached);
	put_number(object, "fired_rungs", row->fired);
	put_number(object, key_of(FIELD_EPOCH), row->epoch);
	put_number(object, "holder", row->holder);
	put_text(object, key_of(FIELD_ACTOR), row->holder_name);
	if (row->process_custody)
		put(object, key_of(FIELD_CUSTODY), json_string("process"));
	put_flag(object, key_of(FIELD_FINAL), row->final_ruling);
	put_number(object, key_of(FIELD_RETURNS), row->returns);
	put_number(object, key_of(FIELD_LOSSES), row->losses);
	put_number(object, "texts", row->texts);
	put_time(object, key_of(FIELD_TAKEN), row->taken, offset);
	put_time(object, key_of(FIELD_ANSWERED), row->answered, offset);
	put_reply_kind(object, row->reply_kind);
	put_digest(object, "reply_digest", &row->reply_digest);
}

json_t *export_text(const struct text_row *row)
{
	static const struct {
		enum field title, body;
	} names[TEXT_ROLE_END] = {
		[TEXT_MESSAGE] = {FIELD_TITLE, FIELD_BODY},
		[TEXT_REPLY] = {FIELD_REASON, FIELD_REPLY},
		[TEXT_REASON] = {FIELD_TITLE, FIELD_REASON},
		[TEXT_CONTACT] = {FIELD_TITLE, FIELD_SEALED},
	};
	ENSURE(row->role > 0 && row->role < TEXT_ROLE_END);
	json_t *object = json_object();
	put_case(object, row->case_id);
	put_number(object, "ordinal", row->ordinal);
	/* The title of a box is its mark in the message's digest, and of no use to a reader. */
	if (row->role != TEXT_CONTACT)
		put_text(object, key_of(names[row->role].title), row->title);
	put_text(object, key_of(names[row->role].body), row->body);
	return object;
}
