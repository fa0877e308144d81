/*
 * The shell over the real store: a message is accepted, offered, taken and answered; another waits until it
 * is escalated. Peers ask again what was not answered, as real ones do. What they were told must hold.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/shell.h"
#include "daemon/store/store_sqlite.h"
#include "proto/message.h"
#include "tests/lib/bare_io.h"
#include "tests/torture/trial.h"

enum { PORTAL, WORKER, SUPERVISOR, PEERS };
#define MESSAGES   3 /* the first two for the department that has a worker */
#define FRAME_ROOM 4096
#define ROUNDS	   24

struct office {
	struct io io;
	struct report *report;
	struct moment now;
	struct store *store;
	struct shell *shell;
	struct profile *profile;
	struct principals *principals;
	struct workdays *workdays;
	struct {
		int peer;
		char kind[KIND_FRAME_SIZE];
		char map[FRAME_ROOM];
		size_t size;
	} asked[16];
	unsigned asked_count, asked_next;
	bool welcome[PEERS], refused;
	bool alarmed; /* the log says that nothing is written */
	struct {
		char number[24];
		int64_t epoch;
		bool taken, answered;
	} jobs[MESSAGES];
	unsigned jobs_count;
	unsigned events;
};

static const enum role roles[PEERS] = {ROLE_PORTAL, ROLE_WORKER, ROLE_SUPERVISOR};

/* ---- the world of the shell ---- */

static struct moment io_now(struct io *io)
{
	return ((struct office *)io)->now;
}

static int io_receive(struct io *io, struct incoming *ret_incoming)
{
	struct office *self = (struct office *)io;
	if (self->asked_next == self->asked_count)
		return 1;
	unsigned i = self->asked_next++;
	int peer = self->asked[i].peer;
	*ret_incoming = (struct incoming){.zone = zone_of_role(roles[peer]),
		.peer = (uint64_t)peer + 1,
		.kind_frame = span_of(self->asked[i].kind, KIND_FRAME_SIZE),
		.map_frame = span_of(self->asked[i].map, self->asked[i].size),
		.frames = 2};
	memset(ret_incoming->key, peer + 1, PRINCIPAL_KEY_SIZE);
	return 0;
}

static void take_offer(struct office *self, const struct message *offer)
{
	if (self->jobs_count == MESSAGES)
		return;
	unsigned i = self->jobs_count++;
	ENSURE(span_copy(
		message_text(offer, FIELD_CASE), self->jobs[i].number, sizeof(self->jobs[i].number)));
	self->jobs[i].epoch = message_number(offer, FIELD_EPOCH, 0);
}

/* REQ of a worker's request is the number of its job. */
static void take_confirm(struct office *self, int peer, const struct message *answer)
{
	int64_t i = message_number(answer, FIELD_REQ, -1);
	if (peer != WORKER) {
		self->welcome[peer] = true;
		return;
	}
	ENSURE(i >= 0 && i < MESSAGES);
	self->jobs[i].answered = self->jobs[i].taken;
	self->jobs[i].taken = true;
	if (self->jobs[i].answered)
		self->report->answered++;
}

static enum io_sent io_send(
	struct io *io, enum zone zone, uint64_t number, struct span kind_frame, struct span map_frame)
{
	struct office *self = (struct office *)io;
	struct message answer;
	struct refusal refusal;
	int peer = (int)number - 1;
	ENSURE(zone == zone_of_role(roles[peer]));
	ENSURE(message_decode(kind_frame, map_frame, &answer, &refusal));
	if (self->report->trace.sync_failed)
		report_wrong(self->report, "something was sent after a sync had failed");
	switch ((uint8_t)answer.kind) {
	case KIND_RECEIPT:
		report_acknowledge(self->report,
			self->report->acknowledged | INT64_C(1) << message_number(&answer, FIELD_REQ, 0));
		break;
	case KIND_WELCOME:
		self->welcome[peer] = true;
		break;
	case KIND_OFFER:
		take_offer(self, &answer);
		break;
	case KIND_CONFIRM:
		take_confirm(self, peer, &answer);
		break;
	case KIND_EVENT:
		self->events++;
		break;
	case KIND_BUSY:
	case KIND_ERROR:
		self->refused = true;
		break;
	default:
		break;
	}
	return IO_SENT;
}

static void io_log(struct io *io, const struct log_entry *entry)
{
	struct office *self = (struct office *)io;
	ENSURE(entry->event < LOG_EVENT_END);
	self->alarmed = self->alarmed || entry->event == LOG_STORE_FULL;
}

static int64_t io_disk_free(struct io *io)
{
	/* Once writing says for good that the disk is full, the disk says so too. */
	const struct office *self = (struct office *)io;
	bool is_full =
		self->report->trace.failed > 0 && faults_flavour() == FAULTS_SECOND && faults_for_good();
	return is_full ? 0 : INT64_MAX;
}

/* ---- the peers ---- */

static void ask(struct office *self, int peer, enum kind kind, struct buffer *map)
{
	ENSURE(self->asked_count < 16 && map->size <= FRAME_ROOM);
	unsigned i = self->asked_count++;
	self->asked[i].peer = peer;
	(void)message_kind_frame(kind, self->asked[i].kind);
	memcpy(self->asked[i].map, map->data, map->size);
	self->asked[i].size = map->size;
	buffer_deinit(map);
}

static void submit(struct office *self, int n)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	char id[8];
	snprintf(id, sizeof(id), "m%d", n);
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, n);
	writer_text(&writer, FIELD_ID, span_of_string(id));
	writer_text(&writer, FIELD_TITLE, SPAN_LITERAL("问题"));
	writer_text(&writer, FIELD_BODY, SPAN_LITERAL("正文"));
	writer_text(&writer, FIELD_DEPARTMENT, n < 2 ? SPAN_LITERAL("edu") : SPAN_LITERAL("roads"));
	writer_end(&writer);
	ask(self, PORTAL, KIND_SUBMIT, &map);
}

static void come(struct office *self, int peer)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, 0);
	if (peer == WORKER) {
		writer_number(&writer, FIELD_CREDIT, 4);
		writer_number(&writer, FIELD_INCARNATION, 1);
	}
	writer_end(&writer);
	ask(self, peer, peer == WORKER ? KIND_READY : KIND_WATCH, &map);
}

static void work(struct office *self, unsigned i)
{
	struct buffer map = BUFFER_NULL;
	struct writer writer;
	writer_begin(&writer, &map);
	writer_number(&writer, FIELD_REQ, i);
	writer_text(&writer, FIELD_CASE, span_of_string(self->jobs[i].number));
	writer_number(&writer, FIELD_EPOCH, self->jobs[i].epoch);
	if (self->jobs[i].taken)
		writer_text(&writer, FIELD_REPLY, SPAN_LITERAL("已办理"));
	writer_end(&writer);
	ask(self, WORKER, self->jobs[i].taken ? KIND_REPLY : KIND_TAKE, &map);
}

static void act(struct office *self)
{
	self->asked_count = self->asked_next = 0;
	for (int n = 0; n < MESSAGES; n++)
		if (!(self->report->acknowledged & INT64_C(1) << n))
			submit(self, n);
	for (int peer = WORKER; peer < PEERS; peer++)
		if (!self->welcome[peer])
			come(self, peer);
	for (unsigned i = 0; i < self->jobs_count; i++)
		if (!self->jobs[i].answered)
			work(self, i);
}

/* ---- opening and closing ---- */

static bool make_policy(struct office *self, struct fault *fault)
{
	static const struct profile_source_department departments[] = {
		{"edu", "教育", NULL}, {"roads", "道路", NULL}};
	static const struct profile_source_class classes[] = {{"ordinary", "一般", "3 workday"}};
	static const struct profile_source_rung rungs[] = {{"due", NULL}, {"2 workday after", "09:00"}};
	static const char *edu[] = {"edu"};
	static const uint8_t keys[PEERS][PRINCIPAL_KEY_SIZE] = {{[0 ... PRINCIPAL_KEY_SIZE - 1] = 1},
		{[0 ... PRINCIPAL_KEY_SIZE - 1] = 2}, {[0 ... PRINCIPAL_KEY_SIZE - 1] = 3}};
	const struct principal_source principals[] = {{"portal", "portal", keys[0], NULL, 0, NULL},
		{"worker", "worker", keys[1], edu, 1, NULL},
		{"supervisor", "supervisor", keys[2], NULL, 0, NULL}};
	const struct profile_source source = {.id = "torture",
		.name = "折磨",
		.departments = departments,
		.departments_count = 2,
		.classes = classes,
		.classes_count = 1,
		.rungs = rungs,
		.rungs_count = 2,
		.lease = "30",
		.heartbeat = "5"};
	struct civil_date from, until;
	struct workdays_builder *builder = workdays_builder_new("torture");
	ENSURE(civil_from_ymd(2026, 1, 1, &from) && civil_from_ymd(2027, 12, 31, &until));
	ENSURE(workdays_builder_add(builder, from, WORKDAYS_OFF, SPAN_LITERAL("元旦"), 1, fault));
	ENSURE(workdays_builder_cover(builder, from, until, 1, fault));
	self->workdays = workdays_build(builder, fault);
	workdays_builder_destroy(&builder);
	self->profile = profile_new(&source, fault);
	self->principals = principals_new(principals, PEERS, fault);
	return self->workdays && self->profile && self->principals;
}

static enum outcome open_office(struct office *self, const struct place *place, struct report *report)
{
	struct fault fault = FAULT_NONE;
	struct civil_date start;
	*self = (struct office){
		.io = {io_now, io_receive, io_send, io_log, io_disk_free, closed_box, no_file},
		.report = report};
	ENSURE(civil_from_ymd(2026, 9, 14, &start));
	self->now = (struct moment){{US_PER_DAY}, civil_instant(start, 9 * 3600, UTC_OFFSET_CHINA)};
	struct store_sqlite_options store = {.path = place->store, .created = self->now.wall};
	if (!make_policy(self, &fault) || store_sqlite_open(&store, &fault, &self->store) != 0)
		return report_refused(report, fault.text);
	struct shell_options options = {.io = &self->io,
		.store = self->store,
		.profile = self->profile,
		.principals = self->principals,
		.workdays = self->workdays,
		.disk_reserve = 1,
		.version = "torture"};
	memset(options.query_code_key.bytes, 7, DIGEST_KEY_SIZE);
	return shell_new(&options, &self->shell) == 0 ? OUTCOME_DONE : report_refused(report, "");
}

static void close_office(struct office *self)
{
	shell_destroy(&self->shell);
	if (self->store)
		self->store->interface->destroy(&self->store);
	profile_destroy(&self->profile);
	principals_destroy(&self->principals);
	workdays_destroy(&self->workdays);
}

static void pass_time(struct office *self, int64_t us)
{
	self->now.mono.us += us;
	self->now.wall.us += us;
}

/* Peers act every second until all is done that can be, then days go by. */
static enum outcome live(struct office *self)
{
	for (int round = 0; round < ROUNDS; round++) {
		bool is_day = self->report->answered == 2;
		if (!is_day)
			act(self);
		if (shell_turn(self->shell) < 0 || self->store->interface->idle(self->store) < 0)
			return report_refused(self->report, "");
		pass_time(self, is_day ? US_PER_DAY : US_PER_S);
	}
	if (shell_stop(self->shell) < 0)
		return report_refused(self->report, "");
	if (self->report->outcome == OUTCOME_WRONG)
		return OUTCOME_WRONG;
	bool all_answered = self->report->acknowledged == 7 && self->report->answered == 2;
	if (all_answered && self->events >= 2)
		return OUTCOME_DONE;
	/* Nobody asked for an escalation: it is the log that says why there is none. */
	if (all_answered && self->alarmed)
		return report_refused(self->report, "no escalations; the log says that the disk is full");
	return self->refused ? report_refused(self->report, "BUSY or ERROR")
			     : report_wrong(self->report,
				       "receipts %llx, %lld answered, %u escalations, and no word why",
				       (unsigned long long)self->report->acknowledged,
				       (long long)self->report->answered, self->events);
}

static enum outcome play(const struct place *place, struct report *report)
{
	static struct office office;
	enum outcome outcome = open_office(&office, place, report);
	if (outcome == OUTCOME_DONE)
		outcome = live(&office);
	close_office(&office);
	return outcome;
}

/* The next daemon's start. */
static enum outcome recover(const struct place *place, struct report *report)
{
	static struct office office;
	enum outcome outcome = open_office(&office, place, report);
	if (outcome == OUTCOME_DONE && (shell_turn(office.shell) < 0 || shell_stop(office.shell) < 0))
		outcome = report_refused(report, "");
	close_office(&office);
	return outcome;
}

static enum outcome look(struct office *self, struct report *report)
{
	const struct store_interface *it = self->store->interface;
	struct store_totals totals;
	for (int n = 0; n < MESSAGES; n++) {
		char id[8];
		struct message_row row;
		struct text_row text;
		snprintf(id, sizeof(id), "m%d", n);
		if (!(report->acknowledged & INT64_C(1) << n))
			continue;
		if (it->find_message(self->store, SPAN_LITERAL("portal"), span_of_string(id), &row) != 0 ||
			it->read_text(self->store, row.case_id, 1, &text) != 0 ||
			!span_equal_string(text.body, "正文"))
			return report_wrong(report, "message %d has a receipt and is lost", n);
	}
	if (it->totals(self->store, &totals) != 0 || totals.answered < report->answered)
		return report_wrong(report, "a reply was confirmed and is lost");
	return OUTCOME_DONE;
}

static enum outcome check(const struct place *place, struct report *report)
{
	static struct office office;
	enum outcome outcome = open_office(&office, place, report);
	if (outcome == OUTCOME_DONE)
		outcome = look(&office, report);
	if (outcome == OUTCOME_DONE && (shell_turn(office.shell) < 0 || shell_stop(office.shell) < 0))
		outcome = report_wrong(report, "the next daemon fails");
	close_office(&office);
	return outcome;
}

const struct scene scene_shell = {
	.name = "shell",
	.families = 1u << FAULTS_MEMORY | 1u << FAULTS_SYSTEM | 1u << FAULTS_SQLITE,
	.play = play,
	.check = check,
	.recover = recover,
};
