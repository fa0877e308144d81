/*
 * Every cell of role x kind x state x department, and by whom: who may send it, who may not, a revoked key, a
 * key in another zone, a connection without a session, an epoch that is not the current one. What is expected
 * stands in PROTOCOL.md's table of kinds and in tests/data/matrix.txt. What is refused leaves the journal as
 * long as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/shell/matrix.h"
#include "tests/unit/shell/hall.h"

enum who {
	WEB,
	EDU_A,
	INSPECTOR,
	DESK,
	CHIEF,
	EDITOR,
	OPS,
	APP,
	EDU_B,
	WET,
	REVOKED,
	WHO_END = REVOKED + ROLE_END
};

static const char *const roles[ROLE_END] = {
	"portal", "worker", "supervisor", "triage", "approver", "moderator", "operator"};
static const char *const situation_names[SITUATION_END] = {
	"none", "triage", "returned", "queued", "offered", "lent", "taken", "shared", "answered"};

static struct principal_source sources[WHO_END];

static struct bench {
	struct matrix matrix;
	struct hall hall;
	bool is_open;
	/* The case of the situation. */
	bool own;
	enum situation situation;
	char number[CASE_NUMBER_SIZE];
	char query_code[33];
	int64_t epoch;
	int64_t fresh;
	unsigned cells;
	/* For a failure's text. */
	const char *speaker, *kind, *fields;
} bench;

static void make_sources(void)
{
	static const char *edu[] = {"edu"}, *water[] = {"water"};
	static uint8_t keys[WHO_END][PRINCIPAL_KEY_SIZE];
	static char names[WHO_END][16];
	for (unsigned i = 0; i < WHO_END; i++) {
		memset(keys[i], (int)i + 1, PRINCIPAL_KEY_SIZE);
		snprintf(names[i], sizeof(names[i]), "p-%u", i);
		unsigned role = i < ROLE_END  ? i
				: i == APP    ? ROLE_PORTAL
				: i < REVOKED ? ROLE_WORKER
					      : i - REVOKED;
		sources[i] = (struct principal_source){.name = names[i],
			.role = roles[role],
			.key = keys[i],
			.state = i >= REVOKED ? "revoked" : NULL};
		if (role == ROLE_WORKER) {
			sources[i].departments = i == WET ? water : edu;
			sources[i].departments_count = 1;
		}
	}
}

/* ---- a case in its situation ---- */

static struct speaker speaker_of(enum who who)
{
	return hall_speaker(&sources[who], who);
}

static const char *department(void)
{
	if (bench.situation == SITUATION_NONE || bench.situation == SITUATION_TRIAGE)
		return NULL;
	return bench.own ? "edu" : "water";
}

static void say(enum who who, enum kind kind, enum kind expected)
{
	hall_say(&bench.hall, speaker_of(who), (uint8_t)kind);
	assert_int_equal(bench.hall.answer.kind, expected);
}

static void ready(enum who who)
{
	struct writer *writer = hall_begin(&bench.hall);
	writer_number(writer, FIELD_CREDIT, 1);
	writer_number(writer, FIELD_INCARNATION, 1);
	say(who, KIND_READY, KIND_WELCOME);
}

static void submit(void)
{
	struct writer *writer = hall_begin(&bench.hall);
	writer_text(writer, FIELD_ID, SPAN_LITERAL("message"));
	writer_text(writer, FIELD_TITLE, SPAN_LITERAL("题"));
	writer_text(writer, FIELD_CONTACT, SPAN_LITERAL("联"));
	writer_text(writer, FIELD_BODY, SPAN_LITERAL("文"));
	if (department())
		writer_text(writer, FIELD_DEPARTMENT, span_of_string(department()));
	say(bench.own ? WEB : APP, KIND_SUBMIT, KIND_RECEIPT);
	memcpy(bench.number, bench.hall.answer.case_number, sizeof(bench.number));
	memcpy(bench.query_code, bench.hall.answer.query_code, sizeof(bench.query_code));
}

static void act(enum who who, enum kind kind, enum field field, const char *text)
{
	struct writer *writer = hall_begin(&bench.hall);
	writer_text(writer, FIELD_CASE, span_of_string(bench.number));
	writer_number(writer, FIELD_EPOCH, bench.epoch);
	if (text)
		writer_text(writer, field, span_of_string(text));
	say(who, kind, KIND_CONFIRM);
}

static void bring_about(enum who holder)
{
	if (bench.situation == SITUATION_QUEUED) {
		writer_text(hall_begin(&bench.hall), FIELD_DEPARTMENT, span_of_string(department()));
		say(OPS, KIND_DRAIN, KIND_CONFIRM);
	} else if (bench.situation >= SITUATION_OFFERED || bench.situation == SITUATION_RETURNED) {
		ready(holder);
	}
	submit();
	if (bench.hall.offered_to) {
		assert_int_equal(bench.hall.offered_to, speaker_of(holder).peer);
		bench.epoch = bench.hall.offered_epoch;
	}
	if (bench.situation >= SITUATION_TAKEN || bench.situation == SITUATION_RETURNED)
		act(holder, KIND_TAKE, FIELD_TOTAL, NULL);
	if (bench.situation == SITUATION_RETURNED)
		act(holder, KIND_RETURN, FIELD_REASON, "不归我管");
	if (bench.situation == SITUATION_ANSWERED)
		act(holder, KIND_REPLY, FIELD_REPLY, "好");
}

static void close_hall(void)
{
	if (bench.is_open) {
		core_check(shell_core(bench.hall.shell));
		hall_deinit(&bench.hall);
	}
	bench.is_open = false;
}

static void open_hall(void)
{
	static const enum who watchers[] = {WEB, INSPECTOR, DESK, OPS};
	close_hall();
	hall_init(&bench.hall, sources, WHO_END);
	bench.is_open = true;
	bench.epoch = 0;
	case_number_print(INT64_C(20200101000001), bench.number);
	memcpy(bench.query_code, "0123456789ABCDEF", 17);
	bool lent = bench.situation == SITUATION_LENT || bench.situation == SITUATION_SHARED;
	if (bench.situation != SITUATION_NONE)
		bring_about(!bench.own ? WET : lent ? EDU_B : EDU_A);
	ready(EDU_A);
	for (size_t i = 0; i < sizeof(watchers) / sizeof(watchers[0]); i++) {
		hall_begin(&bench.hall);
		say(watchers[i], KIND_WATCH, KIND_CONFIRM);
	}
}

/* ---- a message by the table ---- */

static enum field field_of(const char *name, size_t size)
{
	for (enum field field = 0; field < FIELD_TOTAL; field++)
		if (strlen(field_infos[field].key) == size &&
			strncmp(field_infos[field].key, name, size) == 0)
			return field;
	fail_msg("no field %.*s", (int)size, name);
	return FIELD_TOTAL;
}

static void write_value(struct writer *writer, enum field field, const char *text)
{
	struct span span = span_of_string(text);
	switch (field_infos[field].type) {
	case TYPE_COUNT:
		writer_number(writer, field, strtoll(text, NULL, 10));
		return;
	case TYPE_TIME:
		writer_time(writer, field, (struct instant){strtoll(text, NULL, 10)});
		return;
	case TYPE_FLAG:
		writer_flag(writer, field, strcmp(text, "true") == 0);
		return;
	case TYPE_LINES:
		writer_lines(writer, field, &span, 1);
		return;
	case TYPE_ITEMS:
		writer_items_begin(writer);
		writer_items_end(writer);
		return;
	default:
		writer_text(writer, field, span);
	}
}

/* The value that the situation gives; NULL: the field is left out. */
static const char *own_value(enum field field, const char *word, int epoch_off)
{
	static char room[64];
	switch (field) {
	case FIELD_CASE:
		return bench.number;
	case FIELD_EPOCH:
		snprintf(room, sizeof(room), "%" PRId64, bench.epoch + epoch_off);
		return room;
	case FIELD_ID:
		if (strcmp(word, "new") != 0)
			return "message";
		snprintf(room, sizeof(room), "fresh-%" PRId64, ++bench.fresh);
		return room;
	case FIELD_DEPARTMENT:
		return *word ? word : department();
	case FIELD_QUERY_CODE:
		memcpy(room, bench.query_code, sizeof(bench.query_code));
		if (strcmp(word, "wrong") == 0)
			room[15] = room[15] == '0' ? '1' : '0';
		if (strcmp(word, "half") == 0)
			room[8] = '\0';
		return room;
	default:
		return word;
	}
}

static void write_fields(struct writer *writer, const char *fields, int epoch_off)
{
	while (*fields && *fields != '-') {
		size_t size = strcspn(fields, ","), name = strcspn(fields, "=,");
		char word[128] = "";
		if (name < size)
			snprintf(word, sizeof(word), "%.*s", (int)(size - name - 1), fields + name + 1);
		enum field field = field_of(fields, name);
		const char *value = own_value(field, word, epoch_off);
		if (value)
			write_value(writer, field, value);
		fields += size + (fields[size] == ',');
	}
}

/* ---- the judgement ---- */

static const char *answer_name(void)
{
	const struct answer *answer = &bench.hall.answer;
	return answer->code[0] ? answer->code : kind_info((uint8_t)answer->kind)->name;
}

/* Says what is in the writer and holds the answer against a cell of the table. */
static void judge(struct speaker speaker, uint8_t kind, const char *cell)
{
	struct hall *hall = &bench.hall;
	char mark = strchr("=+~", cell[0]) ? cell[0] : '\0';
	int64_t before = hall_records(hall);
	hall_say(hall, speaker, kind);
	bench.cells++;
	int64_t grown = hall_records(hall) - before;
	bool good = hall->answer.count == 1 && strcmp(answer_name(), cell + (mark != '\0')) == 0;
	bool journaled = mark == '~' || (mark == '+' ? grown > 0 : grown == 0);
	if (!good || !journaled)
		fail_msg("%s says %s %s to a case %s (%s): %d answers, %s, %" PRId64
			 " records; the table says %s",
			bench.speaker, bench.kind, bench.fields, situation_names[bench.situation],
			bench.own ? "own" : "other", hall->answer.count,
			hall->answer.count ? answer_name() : "none", grown, cell);
	if (mark == '+' || mark == '~')
		open_hall();
}

static bool says_nothing_of_epochs(const char *cell)
{
	return strcmp(cell, "not-found") == 0 || strcmp(cell, "not-yours") == 0 ||
	       strcmp(cell, "not-ready") == 0;
}

static void try_row(
	struct speaker speaker, const struct matrix_row *row, uint8_t kind, const char *cell, int epoch_off)
{
	bench.fields = row->fields;
	write_fields(hall_begin(&bench.hall), row->fields, epoch_off);
	judge(speaker, kind, cell);
}

/* One who may send this kind: with the right epoch, with wrong ones, and on a connection without a session.
 */
static void try_rightful(enum who who, const struct matrix_row *row, uint8_t kind)
{
	struct speaker speaker = speaker_of(who), fresh = speaker;
	const char *cell = row->cells[bench.situation];
	fresh.peer += 1000;
	try_row(speaker, row, kind, cell, 0);
	if (strstr(row->fields, "epoch")) {
		const char *stale = says_nothing_of_epochs(cell) ? cell : "stale";
		try_row(speaker, row, kind, stale, 1);
		try_row(speaker, row, kind, stale, 1000);
		if (bench.epoch > 0)
			try_row(speaker, row, kind, stale, -1);
	}
	bench.speaker = "a connection without a session";
	try_row(fresh, row, kind, strcmp(row->unready, ".") == 0 ? cell : row->unready, 0);
}

static void try_kind_with_row(const struct matrix_kind *kind, const struct matrix_row *row)
{
	for (enum who who = WEB; who <= OPS; who++) {
		struct speaker speaker = speaker_of(who);
		bench.speaker = roles[who];
		if (matrix_may_send(kind, roles[who]))
			try_rightful(who, row, kind->number);
		else
			try_row(speaker, row, kind->number, "forbidden", 0);
		for (enum zone zone = 0; zone < ZONE_END; zone++) {
			bench.speaker = "a key in another zone";
			struct speaker elsewhere = {zone, (uint64_t)zone << 40 | 77, speaker.key};
			if (zone != speaker.zone)
				try_row(elsewhere, row, kind->number, "forbidden", 0);
		}
		bench.speaker = "a revoked key";
		try_row(speaker_of((enum who)(REVOKED + who)), row, kind->number, "revoked", 0);
	}
	bench.speaker = "a stranger's key";
	try_row((struct speaker){ZONE_PORTAL, 99, 200}, row, kind->number, "revoked", 0);
}

/* Every role, with what the kind requires at least and nothing that means anything. */
static void try_kind_without_row(const struct matrix_kind *kind, const char *cell)
{
	bench.fields = "";
	for (enum who who = WEB; who <= OPS; who++) {
		bench.speaker = roles[who];
		struct writer *writer = hall_begin(&bench.hall);
		if (kind->built)
			for (const enum field *field = kind_required((enum kind)kind->number);
				*field != FIELD_TOTAL; field++)
				if (*field != FIELD_REQ)
					write_value(
						writer, *field, *field == FIELD_CASE ? bench.number : "1");
		judge(speaker_of(who), kind->number, cell);
	}
}

static void try_all_kinds(void)
{
	const struct matrix *matrix = &bench.matrix;
	for (unsigned i = 0; i < matrix->kinds_count; i++) {
		const struct matrix_kind *kind = &matrix->kinds[i];
		unsigned rows = 0;
		bench.kind = kind->name;
		for (unsigned j = 0; j < matrix->rows_count; j++) {
			const struct matrix_row *row = &matrix->rows[j];
			if (strcmp(row->kind, kind->name) != 0)
				continue;
			rows++;
			if (bench.own ? row->own : row->other)
				try_kind_with_row(kind, row);
		}
		bool daemons = matrix_may_send(kind, "daemon");
		if (kind->built && !daemons && rows == 0)
			fail_msg("%s is built and has no row in tests/data/matrix.txt", kind->name);
		if (!kind->built || daemons)
			try_kind_without_row(kind, kind->built ? "forbidden" : "unsupported");
	}
}

static void whoever_says_whatever_to_a_case_in_whichever_state_is_told_what_the_tables_say(void **state)
{
	(void)state;
	for (int own = 0; own < 2; own++)
		for (int situation = 0; situation < SITUATION_END; situation++) {
			bench.own = own;
			bench.situation = (enum situation)situation;
			open_hall();
			try_all_kinds();
		}
	print_message("%u cells\n", bench.cells);
	assert_true(bench.cells > 10000);
}

static void numbers_that_no_kind_has_are_told_so(void **state)
{
	(void)state;
	bench.situation = SITUATION_TAKEN;
	bench.own = true;
	open_hall();
	for (int number = 0; number < 256; number++) {
		struct matrix_kind nobody = {.name = "a number", .number = (uint8_t)number};
		bool known = false;
		for (unsigned i = 0; i < bench.matrix.kinds_count; i++)
			known |= bench.matrix.kinds[i].number == number;
		bench.kind = nobody.name;
		if (!known)
			try_kind_without_row(&nobody, "unknown-kind");
	}
}

static int setup(void **state)
{
	(void)state;
	make_sources();
	matrix_read(&bench.matrix);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_hall();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			whoever_says_whatever_to_a_case_in_whichever_state_is_told_what_the_tables_say, setup,
			teardown),
		cmocka_unit_test_setup_teardown(numbers_that_no_kind_has_are_told_so, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
