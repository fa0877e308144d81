#include "tests/lib/bare_io.h"
#include "tests/fuzz/stored_talk.h"

#include "base/assert.h"
#include "base/buffer.h"
#include "daemon/shell/shell.h"
#include "proto/message.h"

#define WEB   "web"
#define EDU   "edu-a"
#define WATER "water-a"
#define BOSS  "inspector"
#define DESK  "desk"
#define OPS   "ops"

struct talk {
	struct io io; /* first: the shell's `io` is one of these */
	const struct policy *policy;
	struct shell *shell;
	struct moment now;
	struct buffer map;
	char kind[KIND_FRAME_SIZE];
	struct incoming said;
	bool waits; /* `said` has not been heard yet */
	bool failed;
};

static struct moment io_now(struct io *io)
{
	return ((struct talk *)io)->now;
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct talk *self = (struct talk *)io;
	if (!self->waits)
		return 1;
	self->waits = false;
	*ret_incoming = self->said;
	return 0;
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t peer, struct span kind_frame, struct span map_frame)
{
	struct message message;
	struct refusal refusal;
	(void)io, (void)zone, (void)peer;
	/* A text that lost its UTF-8 on the disk is refused by the reader, which is his right. */
	bool is_good = message_decode(kind_frame, map_frame, &message, &refusal);
	ENSURE(is_good || refusal.code == ERROR_INVALID_TEXT);
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	(void)io;
	ENSURE(entry->event < LOG_EVENT_END);
}

static int64_t io_disk_free(struct io *io)
{
	(void)io;
	return INT64_MAX;
}

static void turn(struct talk *self)
{
	if (self->failed)
		return;
	self->now.mono.us += US_PER_S;
	self->now.wall.us += US_PER_S;
	self->failed = shell_turn(self->shell) < 0;
	if (!self->failed)
		core_check(shell_core(self->shell));
}

/* One message of somebody, and the daemon's turn. */
struct words {
	enum kind kind;
	const char *id, *title, *category, *department, *state, *reply, *reason;
	int64_t case_of_day; /* 0: none */
	int64_t number;	     /* of the field that the kind has one for; 0: none */
};

static void write_case(struct writer *writer, int64_t case_of_day)
{
	char number[CASE_NUMBER_SIZE];
	case_number_print(case_number_id(2026, 9, 28, case_of_day), number);
	writer_text(writer, FIELD_CASE, span_of_string(number));
}

static void write_words(struct writer *writer, const struct words *words)
{
	const struct {
		enum field field;
		const char *text;
	} texts[] = {{FIELD_ID, words->id}, {FIELD_TITLE, words->title}, {FIELD_CATEGORY, words->category},
		{FIELD_DEPARTMENT, words->department}, {FIELD_STATE, words->state},
		{FIELD_REPLY, words->reply}, {FIELD_REASON, words->reason}};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text)
			writer_text(writer, texts[i].field, span_of_string(texts[i].text));
	if (words->kind == KIND_SUBMIT)
		writer_text(writer, FIELD_BODY, SPAN_LITERAL("第一行\n第二行"));
	if (words->case_of_day)
		write_case(writer, words->case_of_day);
	if (words->kind == KIND_READY) {
		writer_number(writer, FIELD_CREDIT, 8);
		writer_number(writer, FIELD_INCARNATION, 7);
	} else if (words->number) {
		writer_number(writer, words->kind == KIND_SEEN ? FIELD_CURSOR : FIELD_EPOCH, words->number);
	}
}

static void say(struct talk *self, const char *who, struct words words)
{
	const struct principal *principal =
		principals_find_name(self->policy->principals, span_of_string(who));
	struct writer writer;
	ENSURE(principal);
	buffer_clear(&self->map);
	writer_begin(&writer, &self->map);
	writer_number(&writer, FIELD_REQ, 1);
	write_words(&writer, &words);
	writer_end(&writer);
	self->said = (struct incoming){
		.zone = zone_of_role(principal->role),
		.peer = (uint64_t)principal->key[0] + 1,
		.kind_frame = message_kind_frame(words.kind, self->kind),
		.map_frame = buffer_span(&self->map),
		.frames = 2,
	};
	memcpy(self->said.key, principal->key, PRINCIPAL_KEY_SIZE);
	self->waits = true;
	turn(self);
}

static void pass_days(struct talk *self, int days)
{
	for (int i = 0; i < 2 * days; i++) {
		/* Workers and watchers of before are long gone: in half a day nobody beat. */
		self->now.mono.us += US_PER_DAY / 2;
		self->now.wall.us += US_PER_DAY / 2;
		turn(self);
	}
}

static void live(struct talk *self)
{
	say(self, WEB, (struct words){.kind = KIND_WATCH});
	say(self, DESK, (struct words){.kind = KIND_WATCH});
	say(self, OPS, (struct words){.kind = KIND_WATCH});
	say(self, BOSS, (struct words){.kind = KIND_WATCH});
	say(self, WEB,
		(struct words){.kind = KIND_SUBMIT, .id = "m-1", .title = "路灯", .department = "edu"});
	say(self, WEB, (struct words){.kind = KIND_SUBMIT, .id = "m-2", .title = "漏水", .category = "城建"});
	say(self, WEB, (struct words){.kind = KIND_SUBMIT, .id = "m-3", .title = "别的"});
	say(self, WEB,
		(struct words){.kind = KIND_SUBMIT, .id = "m-4", .title = "学位", .department = "edu"});
	say(self, EDU, (struct words){.kind = KIND_READY});
	say(self, WATER, (struct words){.kind = KIND_READY});
	say(self, EDU, (struct words){.kind = KIND_TAKE, .case_of_day = 1, .number = 1});
	say(self, EDU, (struct words){.kind = KIND_REPLY, .case_of_day = 1, .number = 1, .reply = "修好了"});
	say(self, WATER, (struct words){.kind = KIND_TAKE, .case_of_day = 2, .number = 1});
	say(self, EDU, (struct words){.kind = KIND_TAKE, .case_of_day = 4, .number = 1});
	say(self, EDU,
		(struct words){.kind = KIND_RETURN, .case_of_day = 4, .number = 1, .reason = "不是我们"});
	say(self, DESK,
		(struct words){
			.kind = KIND_ASSIGN, .case_of_day = 4, .department = "water", .reason = "是水"});
	say(self, WEB, (struct words){.kind = KIND_SEEN, .number = 3});
}

static void ask(struct talk *self)
{
	say(self, OPS, (struct words){.kind = KIND_STATUS});
	say(self, OPS, (struct words){.kind = KIND_CASES, .state = "all"});
	say(self, OPS, (struct words){.kind = KIND_CASES});
	say(self, OPS, (struct words){.kind = KIND_WORKERS});
	say(self, WATER, (struct words){.kind = KIND_READY});
	say(self, WATER, (struct words){.kind = KIND_HELD});
	say(self, WATER, (struct words){.kind = KIND_HELD, .case_of_day = 2});
	say(self, WEB, (struct words){.kind = KIND_QUERY, .id = "m-1"});
	say(self, WEB, (struct words){.kind = KIND_DIRECTORY});
	for (int64_t i = 1; i <= 4; i++) {
		say(self, OPS, (struct words){.kind = KIND_SHOW, .case_of_day = i});
		say(self, OPS, (struct words){.kind = KIND_HISTORY, .case_of_day = i});
		say(self, OPS, (struct words){.kind = KIND_WHY, .case_of_day = i});
	}
}

bool stored_talk(struct store *store, const struct policy *policy)
{
	struct civil_date start;
	struct talk self = {.io = {io_now, io_receive, io_send, io_log, io_disk_free, closed_box, no_file},
		.policy = policy};
	struct shell_options options = {.io = &self.io,
		.store = store,
		.profile = policy->profile,
		.principals = policy->principals,
		.workdays = policy->workdays,
		.disk_reserve = 1,
		.version = "fuzz"};
	ENSURE(civil_from_ymd(2026, 9, 28, &start));
	self.now = (struct moment){{US_PER_DAY}, civil_instant(start, 9 * 3600, UTC_OFFSET_CHINA)};
	self.failed = shell_new(&options, &self.shell) != 0;
	if (!self.failed)
		core_check(shell_core(self.shell));
	if (!self.failed)
		live(&self);
	if (!self.failed)
		ask(&self);
	if (!self.failed)
		pass_days(&self, 9);
	if (!self.failed)
		self.failed = shell_stop(self.shell) < 0;
	shell_destroy(&self.shell);
	buffer_deinit(&self.map);
	return !self.failed;
}
