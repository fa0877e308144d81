#include "lab/replay.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "lab/directory.h"
#include "lab/plan.h"
#include "lab/replay_state.h"

#define WORKER_CREDIT	   1024
#define WORKER_INCARNATION 1

/* ---- before the first message ---- */

static bool connect_peer(struct replay *self, enum site_role role)
{
	const struct site *site = self->options->site;
	struct peer_options options = {
		.role = site_role_name(role),
		.endpoint = site_endpoint(site, role),
		.server_key = *site_server_key(site),
		.keys = site_keys(site, role),
	};
	return peer_new(self->options->context, &options, &self->peers[role], self->fault);
}

static bool ask(struct replay *self, enum site_role role, enum kind answer, struct message *ret_answer)
{
	return peer_ask(self->peers[role], site_child(self->options->site), answer, ret_answer, self->fault);
}

static bool open_session(struct replay *self)
{
	struct message answer;
	peer_begin(self->peers[SITE_SUPERVISOR], KIND_WATCH, NULL);
	if (!ask(self, SITE_SUPERVISOR, KIND_CONFIRM, &answer))
		return false;
	self->cursor = message_number(&answer, FIELD_CURSOR, 0);
	struct writer *writer = peer_begin(self->peers[SITE_WORKER], KIND_READY, NULL);
	writer_number(writer, FIELD_CREDIT, WORKER_CREDIT);
	writer_number(writer, FIELD_INCARNATION, WORKER_INCARNATION);
	return ask(self, SITE_WORKER, KIND_WELCOME, &answer);
}

static bool begin(struct replay *self)
{
	const struct replay_options *options = self->options;
	struct child *child = site_child(options->site);
	return connect_peer(self, SITE_PORTAL) &&
	       directory_choose(
		       self->peers[SITE_PORTAL], child, options->department, self->department, self->fault) &&
	       site_admit_worker(options->site, span_of_string(self->department), self->fault) &&
	       connect_peer(self, SITE_WORKER) && connect_peer(self, SITE_SUPERVISOR) &&
	       connect_peer(self, SITE_OPERATOR) && open_session(self);
}

/* ---- steps ---- */

static bool move_clock(struct replay *self, struct instant to)
{
	struct writer *writer = peer_begin(self->peers[SITE_OPERATOR], KIND_CLOCK, NULL);
	writer_time(writer, FIELD_SET, to);
	self->outstanding++;
	return peer_send(self->peers[SITE_OPERATOR], self->fault) && replay_settle(self);
}

/* Is it fit to be sent? If not, the listener is told. */
static bool is_fit(struct replay *self, enum field field, struct span text)
{
	enum error_code code = field_check_text(field, text);
	char why[128];
	if (code == ERROR_NONE)
		return true;
	snprintf(why, sizeof(why), "%s: %s (%zu bytes, at most %lld)", field_infos[field].key,
		error_code_text(code), text.size, (long long)field_infos[field].limit);
	const struct replay_listener *listener = &self->options->listener;
	listener->refused(listener->context, self->messages[self->current].line, why);
	return false;
}

/* The line's number makes it unique; the file's own id follows as far as it fits. */
static void write_id(struct writer *writer, const struct input_message *message)
{
	struct buffer id CLEANUP(buffer_deinit) = BUFFER_NULL;
	buffer_printf(&id, "%u", message->line);
	if (message->id.size > 0 && field_check_text(FIELD_ID, message->id) == ERROR_NONE)
		buffer_printf(&id, ":%.*s",
			SPAN_PRINT(utf8_truncate(message->id, MESSAGE_ID_SIZE_MAX - REPLAY_ID_ROOM)));
	writer_text(writer, FIELD_ID, buffer_span(&id));
}

static bool submit_once(struct replay *self)
{
	const struct input_message *message = &self->messages[self->current];
	struct writer *writer = peer_begin(self->peers[SITE_PORTAL], KIND_SUBMIT, NULL);
	write_id(writer, message);
	writer_text(writer, FIELD_TITLE, message->title);
	writer_text(writer, FIELD_BODY, message->body);
	writer_text(writer, FIELD_DEPARTMENT, span_of_string(self->department));
	if (message->category.size > 0 && field_check_text(FIELD_CATEGORY, message->category) == ERROR_NONE)
		writer_text(writer, FIELD_CATEGORY, message->category);
	if (self->options->class)
		writer_text(writer, FIELD_CLASS, span_of_string(self->options->class));
	self->busy_ms = 0;
	self->outstanding = 2; /* the RECEIPT, and the CONFIRM of its TAKE */
	return peer_send(self->peers[SITE_PORTAL], self->fault) && replay_settle(self);
}

/* BUSY counts messages of real time, which a replay has more of than any portal. */
static bool submit(struct replay *self)
{
	if (!is_fit(self, FIELD_TITLE, self->messages[self->current].title) ||
		!is_fit(self, FIELD_BODY, self->messages[self->current].body))
		return true;
	for (;;) {
		if (!submit_once(self))
			return false;
		if (self->busy_ms == 0)
			return true;
		int64_t until = peer_now_us() + self->busy_ms * 1000;
		while (peer_now_us() < until)
			if (!replay_turn(self, (until - peer_now_us()) / 1000 + 1))
				return false;
	}
}

static bool answer(struct replay *self)
{
	const struct input_message *message = &self->messages[self->current];
	const struct fate *fate = &self->fates[self->current];
	char number[REPLAY_CASE_SIZE];
	if (fate->case_key == 0 || !is_fit(self, FIELD_REPLY, message->reply))
		return true;
	replay_case_print(fate->case_key, number);
	struct writer *writer = peer_begin(self->peers[SITE_WORKER], KIND_REPLY, NULL);
	writer_text(writer, FIELD_CASE, span_of_string(number));
	writer_number(writer, FIELD_EPOCH, fate->epoch);
	writer_text(writer, FIELD_REPLY, message->reply);
	self->outstanding = 1;
	return peer_send(self->peers[SITE_WORKER], self->fault) && replay_settle(self);
}

static bool walk(struct replay *self, const struct plan_step *steps, size_t count)
{
	const struct replay_listener *listener = &self->options->listener;
	for (size_t i = 0; i < count; i++) {
		if (steps[i].at.us != self->now.us && !move_clock(self, steps[i].at))
			return false;
		self->current = steps[i].message;
		if (!(steps[i].act == PLAN_SUBMIT ? submit(self) : answer(self)))
			return false;
		listener->moved(listener->context, steps[i].at, i + 1, count);
	}
	return true;
}

/* A timer at exactly the clock's moment waits for the next step: hence the microsecond. */
static bool run_out(struct replay *self)
{
	if (!move_clock(self, self->now))
		return false;
	while (!instant_is_never(self->next))
		if (!move_clock(self, (struct instant){self->next.us + 1}))
			return false;
	return true;
}

/* ---- the whole ---- */

static void tally(const struct replay *self, struct replay_result *result)
{
	*result = (struct replay_result){.messages = (uint32_t)self->count};
	memcpy(result->department, self->department, sizeof(result->department));
	memcpy(result->class, self->class, sizeof(result->class));
	for (size_t i = 0; i < self->count; i++) {
		const struct fate *fate = &self->fates[i];
		result->accepted += fate->case_key != 0;
		result->answered += fate->answered;
		result->in_time += fate->in_time;
		result->reminded += fate->fired & 1;
		for (uint32_t rung = 1; rung <= RUNGS_MAX; rung++)
			result->rungs[rung] += fate->fired >> rung & 1;
	}
	result->open = result->accepted - result->answered;
}

static bool run(struct replay *self)
{
	size_t count;
	struct plan_step *steps CLEANUP(cleanup_free) = plan_make(self->options->input, &count);
	return begin(self) && walk(self, steps, count) && run_out(self) && replay_compare(self);
}

bool replay_run(const struct replay_options *options, struct replay_result *ret_result, struct fault *fault)
{
	struct replay self = {.options = options, .next = INSTANT_NEVER, .fault = fault};
	self.messages = input_messages(options->input, &self.count);
	self.fates = memory_new(self.count, sizeof(*self.fates));
	self.cases = slots_new(sizeof(struct case_slot));
	bool good = run(&self);
	if (good)
		tally(&self, ret_result);
	for (enum site_role role = 0; role < SITE_ROLES; role++)
		peer_destroy(&self.peers[role]);
	slots_destroy(&self.cases);
	free(self.fates);
	return good;
}
