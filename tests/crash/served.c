#include "tests/crash/served.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "daemon/store/case_fields.h"
#include "tests/unit/store/engines.h"

enum about {
	ABOUT_CASE,
	ABOUT_MESSAGE,
	ABOUT_NAME,
	ABOUT_TEXT,
	ABOUT_HISTORY,
	ABOUT_STREAM,
	ABOUT_JOURNAL,
	ABOUT_OPEN,
	ABOUT_CASES,
	ABOUT_CURSOR,
	ABOUT_LAST_CASE,
	ABOUT_LAST_RECORD,
	ABOUT_TOTALS,
	ABOUT_END
};

static const char *const names[ABOUT_END] = {"case", "message", "message by id", "text", "history", "stream",
	"journal", "open cases", "cases", "cursor", "last case of the day", "last record", "totals"};

#define NAME_SIZE 64

struct question {
	enum about about;
	int64_t case_id, ordinal;
	char name[NAME_SIZE], portal[NAME_SIZE];
	struct digest *rows; /* the true answer */
	size_t row_count;
};

/* ---- rows as digests ---- */

struct rows {
	struct digest *list;
	size_t count, capacity;
};

static void add(struct rows *rows, struct digest digest)
{
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? rows->capacity * 2 : 16;
		rows->list = memory_resize(rows->list, rows->capacity, sizeof(*rows->list));
	}
	rows->list[rows->count++] = digest;
}

static int add_record(void *context, const struct record *record)
{
	add(context, record_digest(record));
	return 0;
}

static int add_case(void *context, const struct case_row *row)
{
	add(context, case_digest(row));
	return 0;
}

static void add_message(struct rows *rows, const struct message_row *row)
{
	struct buffer bytes = BUFFER_NULL;
	buffer_append_u64(&bytes, (uint64_t)row->case_id);
	buffer_append_prefixed(&bytes, row->portal);
	buffer_append_prefixed(&bytes, row->message_id);
	buffer_append_prefixed(&bytes, row->category);
	buffer_append_prefixed(&bytes, row->region);
	buffer_append_span(&bytes, digest_span(&row->digest));
	add(rows, digest_of(buffer_span(&bytes)));
	buffer_deinit(&bytes);
}

static void add_text(struct rows *rows, const struct text_row *row)
{
	struct buffer bytes = BUFFER_NULL;
	buffer_append_u64(&bytes, (uint64_t)row->case_id);
	buffer_append_u64(&bytes, (uint64_t)row->ordinal);
	buffer_append_u64(&bytes, (uint64_t)row->role);
	buffer_append_prefixed(&bytes, row->title);
	buffer_append_prefixed(&bytes, row->body);
	add(rows, digest_of(buffer_span(&bytes)));
	buffer_deinit(&bytes);
}

static void add_numbers(struct rows *rows, int64_t a, int64_t b)
{
	int64_t numbers[2] = {a, b};
	add(rows, digest_of(span_of(numbers, sizeof(numbers))));
}

static int ask_totals(struct store *store, struct rows *rows)
{
	struct store_totals totals;
	struct digest head;
	int64_t seq = 0;
	int r = store->interface->totals(store, &totals);
	if (r == 0)
		r = store->interface->chain_head(store, &seq, &head);
	if (r != 0)
		return r;
	struct store_identity identity = store->interface->identity(store);
	add_numbers(rows, totals.accepted, totals.answered);
	add_numbers(rows, identity.laboratory, identity.created.us);
	add_numbers(rows, seq, 0);
	add(rows, head);
	return 0;
}

static int ask_one(const struct question *question, struct store *store, struct rows *rows)
{
	const struct store_interface *it = store->interface;
	struct span name = span_of_string(question->name), portal = span_of_string(question->portal);
	struct message_row message;
	struct record record;
	struct case_row row;
	struct text_row text;
	int64_t number = 0;
	int r;
	switch (question->about) {
	case ABOUT_CASE:
		r = it->read_case(store, question->case_id, &row);
		if (r == 0)
			add_case(rows, &row);
		return r;
	case ABOUT_MESSAGE:
	case ABOUT_NAME:
		r = question->about == ABOUT_NAME ? it->find_message(store, portal, name, &message)
						  : it->read_message(store, question->case_id, &message);
		if (r == 0)
			add_message(rows, &message);
		return r;
	case ABOUT_TEXT:
		r = it->read_text(store, question->case_id, question->ordinal, &text);
		if (r == 0)
			add_text(rows, &text);
		return r;
	case ABOUT_HISTORY:
		return it->walk_history(store, question->case_id, 0, -1, add_record, rows);
	case ABOUT_STREAM:
		return it->walk_stream(store, name, 0, -1, add_record, rows);
	case ABOUT_JOURNAL:
		return it->walk_journal(store, 0, -1, add_record, rows);
	case ABOUT_OPEN:
		return it->walk_open(store, add_case, rows);
	case ABOUT_CASES:
		return it->walk_cases(store, &(struct case_filter){.limit = -1}, add_case, rows);
	case ABOUT_CURSOR:
		r = it->read_cursor(store, name, &number);
		if (r == 0)
			add_numbers(rows, number, 0);
		return r;
	case ABOUT_LAST_CASE:
		r = it->last_case_of_day(store, 0, INT64_MAX, &number);
		if (r == 0)
			add_numbers(rows, number, 0);
		return r;
	case ABOUT_LAST_RECORD:
		r = it->last_record(store, &record);
		if (r == 0)
			add_record(rows, &record);
		return r;
	case ABOUT_TOTALS:
		return ask_totals(store, rows);
	default:
		UNREACHABLE();
	}
}

/* ---- the questions ---- */

static struct question *new_question(struct questions *self, enum about about)
{
	if (self->count == self->capacity) {
		self->capacity = self->capacity ? self->capacity * 2 : 64;
		self->list = memory_resize(self->list, self->capacity, sizeof(*self->list));
	}
	struct question *question = &self->list[self->count++];
	*question = (struct question){.about = about};
	return question;
}

static void name_it(struct question *question, const char *name)
{
	ENSURE(span_copy(span_of_string(name), question->name, NAME_SIZE));
}

static int note_case(void *context, const struct case_row *row)
{
	static const enum about of_a_case[] = {ABOUT_CASE, ABOUT_MESSAGE, ABOUT_HISTORY};
	struct questions *self = context;
	for (size_t i = 0; i < 3; i++)
		new_question(self, of_a_case[i])->case_id = row->case_id;
	for (int64_t ordinal = 1; ordinal <= row->texts; ordinal++) {
		struct question *text = new_question(self, ABOUT_TEXT);
		text->case_id = row->case_id;
		text->ordinal = ordinal;
	}
	struct question *name = new_question(self, ABOUT_NAME);
	ENSURE(span_copy(row->message_id, name->name, NAME_SIZE) &&
		span_copy(row->portal, name->portal, NAME_SIZE));
	return 0;
}

void questions_init(struct questions *self, struct store *sound)
{
	static const char *const streams[] = {"supervisor", "triage", "operator", "portal/portal-a"};
	static const char *const principals[] = {"portal-a", "triage", "worker-both"};
	static const enum about others[] = {
		ABOUT_JOURNAL, ABOUT_OPEN, ABOUT_CASES, ABOUT_LAST_CASE, ABOUT_LAST_RECORD, ABOUT_TOTALS};
	*self = (struct questions){NULL, 0, 0};
	ENSURE(sound->interface->walk_cases(sound, &(struct case_filter){.limit = -1}, note_case, self) == 0);
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		name_it(new_question(self, ABOUT_STREAM), streams[i]);
	for (size_t i = 0; i < sizeof(principals) / sizeof(*principals); i++)
		name_it(new_question(self, ABOUT_CURSOR), principals[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		new_question(self, others[i]);
	for (size_t i = 0; i < self->count; i++) {
		struct rows rows = {NULL, 0, 0};
		ENSURE(ask_one(&self->list[i], sound, &rows) >= 0);
		self->list[i].rows = rows.list;
		self->list[i].row_count = rows.count;
	}
}

void questions_deinit(struct questions *self)
{
	for (size_t i = 0; i < self->count; i++)
		free(self->list[i].rows);
	free(self->list);
}

static bool is_true_row(const struct question *question, const struct digest *row, size_t *from)
{
	/* In the true order, perhaps with some left out. */
	for (; *from < question->row_count; ++*from)
		if (memcmp(&question->rows[*from], row, sizeof(*row)) == 0)
			return ++*from, true;
	return false;
}

static enum served judge(const struct question *question, struct store *store, struct rows *rows)
{
	size_t from = 0;
	rows->count = 0;
	int r = ask_one(question, store, rows);
	for (size_t i = 0; i < rows->count; i++)
		if (!is_true_row(question, &rows->list[i], &from))
			return SERVED_WRONG;
	if (r < 0 || r == STORE_DAMAGED)
		return SERVED_REFUSED;
	return rows->count == question->row_count ? SERVED_SAME : SERVED_MISSING;
}

struct answers questions_ask(const struct questions *self, struct store *store)
{
	struct answers answers = {0};
	struct rows rows = {NULL, 0, 0};
	struct store_totals totals = {0, 0};
	ENSURE(store->interface->totals(store, &totals) == 0);
	for (size_t i = 0; i < self->count; i++) {
		const struct question *question = &self->list[i];
		enum served served = judge(question, store, &rows);
		answers.same += served == SERVED_SAME;
		answers.refused += served == SERVED_REFUSED;
		answers.missing += served == SERVED_MISSING;
		answers.wrong += served == SERVED_WRONG;
		bool is_replaced = question->about == ABOUT_CASE || question->about == ABOUT_OPEN ||
				   question->about == ABOUT_CASES || question->about == ABOUT_CURSOR;
		answers.perhaps_old += served == SERVED_WRONG && is_replaced;
		answers.lost_names += served == SERVED_MISSING && question->about == ABOUT_NAME;
		/* The shell refuses a number of open cases that the totals do not say. */
		answers.open_forgotten += served == SERVED_MISSING && question->about == ABOUT_OPEN &&
					  (int64_t)rows.count == totals.accepted - totals.answered;
		if (served == SERVED_WRONG && !answers.first_wrong)
			answers.first_wrong = names[question->about];
	}
	free(rows.list);
	return answers;
}
