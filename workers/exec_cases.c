#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/assert.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "workers/exec_state.h"

static void move(struct exec_worker *self, struct exec_case *it, enum exec_state to)
{
	self->counts[it->state]--;
	it->state = to;
	self->counts[to]++;
}

static void add(struct exec_worker *self, struct exec_case *it, enum exec_state state)
{
	it->state = state;
	self->counts[state]++;
	DL_APPEND(self->cases, it);
}

static struct exec_case *find_ticket(const struct exec_worker *self, uint64_t ticket)
{
	struct exec_case *it;
	DL_FOREACH (self->cases, it)
		if (it->ticket == ticket && (it->state == EXEC_CASE_TAKING || it->state == EXEC_CASE_SAYING))
			return it;
	return NULL;
}

bool exec_cases_know(const struct exec_worker *self, const char *number)
{
	const struct exec_case *it;
	DL_FOREACH (self->cases, it)
		if (it->state != EXEC_CASE_GONE && strcmp(it->number, number) == 0)
			return true;
	return false;
}

static void sweep(struct exec_worker *self)
{
	struct exec_case *it, *next;
	DL_FOREACH_SAFE(self->cases, it, next)
	{
		if (it->state != EXEC_CASE_GONE)
			continue;
		DL_DELETE(self->cases, it);
		self->counts[EXEC_CASE_GONE]--;
		exec_case_destroy(&it);
	}
}

void exec_cases_destroy(struct exec_worker *self)
{
	struct exec_case *it;
	DL_FOREACH (self->cases, it)
		move(self, it, EXEC_CASE_GONE);
	sweep(self);
}

/* ---- saying ---- */

static const char *const act_words[] = {
	[WZ_ACT_TAKE] = C_("act", "take"),
	[WZ_ACT_REPLY] = C_("act", "reply"),
	[WZ_ACT_RETURN] = C_("act", "return"),
	[WZ_ACT_FAIL] = C_("act", "fail"),
};

static void say_act(struct exec_worker *self, struct exec_case *it)
{
	const char *words = buffer_string(&it->words);
	struct wz_act act = {
		.type = it->act,
		.case_number = it->number,
		.epoch = it->epoch,
		.reply = it->act == WZ_ACT_REPLY ? words : NULL,
		.reason = it->act == WZ_ACT_REPLY ? NULL : words,
	};
	if (wz_worker_send(self->worker, &act, &it->ticket) == WZ_OK) {
		move(self, it, EXEC_CASE_SAYING);
		return;
	}
	const struct wz_error *error = wz_worker_error(self->worker);
	if (exec_case_fall_back(it, error)) {
		say_act(self, it); /* a FAIL has no further way to fall back */
		return;
	}
	tool_say(self->options->tool, _("%s: cannot %s: %s"), it->number, language_word(act_words[it->act]),
		_(error->text));
	move(self, it, EXEC_CASE_GONE);
}

/* ---- running ---- */

static void rest(struct exec_worker *self, struct exec_case *it, const char *why)
{
	int64_t pause = self->options->retry_ms;
	for (int i = 1; i < it->attempt && pause < self->options->retry_ms_max; i++)
		pause *= 2;
	pause = pause < self->options->retry_ms_max ? pause : self->options->retry_ms_max;
	it->rests_until_ms = self->now_ms + pause;
	move(self, it, EXEC_CASE_RESTING);
	tool_say(self->options->tool, _("%s: %s; again in %lld s"), it->number, why, (long long)pause / 1000);
}

static void run(struct exec_worker *self, struct exec_case *it)
{
	char *input CLEANUP(cleanup_free) = exec_case_input(it);
	exec_run_deinit(&it->run);
	int r = exec_run_start(&it->run, &self->command, it, input, self->now_ms);
	if (r == 0)
		move(self, it, EXEC_CASE_RUNNING);
	else
		rest(self, it, language_error(-r)); /* the machine's fault, not the case's */
}

static void conclude(struct exec_worker *self, struct exec_case *it)
{
	if (it->is_void || it->run.end == EXEC_STOPPED) {
		tool_say(self->options->tool, "%s: %s", it->number,
			it->is_void ? _("was withdrawn; its command was stopped")
				    : _("its command was stopped; the case stays taken"));
		move(self, it, EXEC_CASE_GONE);
	} else if (exec_case_conclude(it)) {
		say_act(self, it);
	} else if (self->stopping) {
		move(self, it, EXEC_CASE_GONE); /* stays taken, and is tried again by our next life */
	} else {
		rest(self, it, _("the command asks to be run later"));
	}
}

/* ---- news ---- */

static void take_confirmed(struct exec_worker *self, struct exec_case *it)
{
	tool_say(self->options->tool, _("%s: taken"), it->number);
	if (self->stopping)
		move(self, it, EXEC_CASE_GONE);
	else
		run(self, it);
}

static void answered(struct exec_worker *self, const struct wz_worker_news *news)
{
	struct exec_case *it = find_ticket(self, news->ticket);
	if (!it)
		return;
	bool done = news->type == WZ_WORKER_CONFIRMED;
	const char *word = language_word(act_words[it->state == EXEC_CASE_TAKING ? WZ_ACT_TAKE : it->act]);
	if (done && it->state == EXEC_CASE_TAKING) {
		take_confirmed(self, it);
		return;
	}
	if (done && it->act == WZ_ACT_REPLY)
		tool_say(self->options->tool, _("%s: %s confirmed"), it->number, word);
	else if (done)
		tool_say(self->options->tool, _("%s: %s confirmed: %.200s"), it->number, word,
			buffer_string(&it->words));
	else
		tool_say(self->options->tool, _("%s: %s refused: %s: %s"), it->number, word,
			news->error->code, _(news->error->text));
	if (!done && it->state == EXEC_CASE_SAYING && exec_case_fall_back(it, news->error))
		say_act(self, it);
	else
		move(self, it, EXEC_CASE_GONE);
}

/* Somebody else has the case now, or nobody: what we had of it is over. TAKING and SAYING hear it in their
 * answer. */
static void drop(struct exec_worker *self, struct exec_case *it)
{
	if (it->state == EXEC_CASE_OFFERED || it->state == EXEC_CASE_RESTING) {
		move(self, it, EXEC_CASE_GONE);
	} else if (it->state == EXEC_CASE_RUNNING) {
		it->is_void = true;
		exec_run_stop(&it->run, EXEC_STOPPED, self->now_ms);
	}
}

static void withdrawn(struct exec_worker *self, const struct wz_event *notice)
{
	struct exec_case *it;
	DL_FOREACH (self->cases, it) {
		if (!notice->case_number || strcmp(it->number, notice->case_number) != 0 ||
			(notice->epoch != WZ_NO_NUMBER && notice->epoch != it->epoch))
			continue;
		self->offers_ran_out |= it->state == EXEC_CASE_OFFERED;
		drop(self, it);
	}
}

static void offered(struct exec_worker *self, const struct wz_case *offer)
{
	struct exec_case *it;
	DL_FOREACH (self->cases, it)
		if (strcmp(it->number, offer->case_number) == 0)
			drop(self, it);
	if (!self->stopping)
		add(self, exec_case_new(self->options->tool, offer), EXEC_CASE_OFFERED);
}

static void welcomed(struct exec_worker *self)
{
	if (!self->was_welcome)
		self->held_wanted = self->options->worker.custody == WZ_CUSTODY_DEPARTMENT;
	self->was_welcome = true;
	self->offers_ran_out = false;
}

void exec_cases_news(struct exec_worker *self, const struct wz_worker_news *news)
{
	switch (news->type) {
	case WZ_WORKER_WELCOME:
		welcomed(self);
		break;
	case WZ_WORKER_OFFER:
		offered(self, &news->offer);
		break;
	case WZ_WORKER_NOTICE:
		if (news->notice.name && strcmp(news->notice.name, "void") == 0)
			withdrawn(self, &news->notice);
		break;
	case WZ_WORKER_CONFIRMED:
	case WZ_WORKER_REFUSED:
		answered(self, news);
		break;
	}
}

/* ---- turns ---- */

static void take(struct exec_worker *self, struct exec_case *it)
{
	struct wz_act act = {.type = WZ_ACT_TAKE, .case_number = it->number, .epoch = it->epoch};
	if (wz_worker_send(self->worker, &act, &it->ticket) == WZ_OK)
		move(self, it, EXEC_CASE_TAKING);
	else
		move(self, it, EXEC_CASE_GONE);
}

/* The case that waits longest to be tried again, then what was held, then what is offered. */
static bool begin_one(struct exec_worker *self)
{
	struct exec_case *it;
	DL_FOREACH (self->cases, it)
		if (it->state == EXEC_CASE_RESTING && it->rests_until_ms <= self->now_ms)
			return run(self, it), true;
	if (self->counts[EXEC_CASE_RESTING] >= EXEC_RESTING_MAX)
		return false;
	it = exec_held_next(self);
	if (it) {
		add(self, it, EXEC_CASE_TAKING);
		return run(self, it), true;
	}
	DL_FOREACH (self->cases, it)
		if (it->state == EXEC_CASE_OFFERED)
			return take(self, it), true;
	return false;
}

static bool has_slot(const struct exec_worker *self)
{
	return self->counts[EXEC_CASE_TAKING] + self->counts[EXEC_CASE_RUNNING] +
		       self->counts[EXEC_CASE_SAYING] <
	       self->options->worker.credit;
}

static void begin(struct exec_worker *self)
{
	while (has_slot(self) && begin_one(self))
		continue;
	bool idle = has_slot(self) && self->counts[EXEC_CASE_OFFERED] == 0 &&
		    self->counts[EXEC_CASE_RESTING] < EXEC_RESTING_MAX;
	if (idle && self->offers_ran_out) {
		self->offers_ran_out = false;
		wz_worker_credit(self->worker, self->options->worker.credit);
	}
}

void exec_cases_turn(struct exec_worker *self)
{
	struct exec_case *it;
	DL_FOREACH (self->cases, it) {
		if (it->state != EXEC_CASE_RUNNING)
			continue;
		exec_run_tick(&it->run, self->now_ms);
		if (it->run.end != EXEC_RUNNING)
			conclude(self, it);
	}
	sweep(self);
	if (self->stopping || !self->was_welcome)
		return;
	exec_held_turn(self);
	begin(self);
	sweep(self);
}

void exec_cases_stop_runs(struct exec_worker *self)
{
	struct exec_case *it;
	DL_FOREACH (self->cases, it)
		if (it->state == EXEC_CASE_RUNNING)
			exec_run_stop(&it->run, EXEC_STOPPED, self->now_ms);
}

int64_t exec_cases_wakeup(const struct exec_worker *self)
{
	const struct exec_case *it;
	int64_t wakeup = INT64_MAX;
	DL_FOREACH (self->cases, it) {
		int64_t at = INT64_MAX;
		if (it->state == EXEC_CASE_RUNNING)
			at = it->run.stop_at_ms;
		else if (it->state == EXEC_CASE_RESTING && has_slot(self) && !self->stopping)
			at = it->rests_until_ms;
		wakeup = at < wakeup ? at : wakeup;
	}
	return wakeup;
}
