#include "daemon/shell/shell.h"

#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/state.h"

/* Building the core from the store, the orderly end. The turn itself is in turn.c. */

/* Where a new laboratory's clock stands: before every message one may want to replay.
 * 2000-01-01T00:00:00+08:00. */
#define LABORATORY_START ((struct instant){INT64_C(946656000000000)})

static int load_case(void *context, const struct case_row *row)
{
	struct shell *self = context;
	if (!case_row_is_sound(row) || !case_row_is_open(row))
		return FATAL(EUCLEAN, "an open case's row contradicts itself: see wenzhengd --verify");
	core_load(self->core, row);
	return 0;
}

/* What a restart wants of the operators' stream: which keys are out of force, and the last word on the clock.
 */
struct operators_word {
	struct shell *shell;
	int64_t clock_seq;
	struct instant held; /* us 0: it went on */
};

static int hear_operators(void *context, const struct record *record)
{
	struct operators_word *word = context;
	configure_hear(word->shell, record);
	if (record->kind != RECORD_CLOCK)
		return 0;
	bool held = span_equal(record->subject, SPAN_LITERAL("held"));
	word->clock_seq = record->seq;
	word->held = held ? record->at : (struct instant){0};
	return 0;
}

static int read_operators(struct shell *self, struct operators_word *ret_word)
{
	struct store *store = self->options.store;
	*ret_word = (struct operators_word){.shell = self};
	configure_forget(self);
	int r = store->interface->walk_stream(store, STREAM_OPERATOR, 0, -1, hear_operators, ret_word);
	if (r < 0)
		return FORWARD(r);
	configure_admit(self);
	return 0;
}

static int keep_at(void *context, const struct record *record)
{
	*(struct instant *)context = record->at;
	return 0;
}

static int read_clock_past(struct shell *self, const struct operators_word *word, struct clock_past *ret_past)
{
	struct record record;
	struct store *store = self->options.store;
	*ret_past = (struct clock_past){0};
	int r = store->interface->last_record(store, &record);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	ret_past->last_record = record.at;
	if (word->held.us) {
		ret_past->held = word->held;
		r = store->interface->walk_journal(
			store, word->clock_seq - 2, 1, keep_at, &ret_past->trusted);
	}
	return r < 0 ? FORWARD(r) : 0;
}

/* What was accepted and not answered is open: a case that the index of open ones had lost would wait for
 * ever. */
static int count_open(struct shell *self)
{
	struct store_totals totals;
	int r = self->options.store->interface->totals(self->options.store, &totals);
	if (r == 0 && core_totals(self->core).open != totals.accepted - totals.answered)
		r = FATAL(EUCLEAN,
			"the store's open cases are not as many as its totals say: see wenzhengd --verify");
	return r;
}

int shell_restore(struct shell *self)
{
	struct store *store = self->options.store;
	struct operators_word word;
	core_destroy(&self->core);
	int r = read_operators(self, &word);
	if (r < 0)
		return FORWARD(r);
	struct core_options options = configure_core(self);
	self->core = core_new(&options);
	r = store->interface->walk_open(store, load_case, self);
	if (r == 0)
		r = count_open(self);
	if (r < 0)
		return FORWARD(r);
	struct clock_past past;
	r = read_clock_past(self, &word, &past);
	if (r < 0)
		return FORWARD(r);
	self->clock =
		(struct virtual_clock){.wall = past.last_record.us ? past.last_record : LABORATORY_START};
	self->now = clock_now(self);
	/* After a batch that a full disk took back the process is the same, and so is what it knows. */
	if (self->turns > 0)
		past.known = &self->known_clock;
	core_loaded(self->core, self->now, &past);
	self->known_clock = core_clock(self->core);
	return 0;
}

int shell_new(const struct shell_options *options, struct shell **ret_shell)
{
	struct shell *self = memory_new(1, sizeof(*self));
	struct store *store = options->store;
	self->options = *options;
	self->identity = store->interface->identity(store);
	counts_init(self);
	int r = shell_restore(self);
	if (r == 0)
		r = note(
			self, RECORD_STARTED, SPAN_EMPTY, SPAN_EMPTY, span_of_string(options->version), NULL);
	if (r != 0) {
		shell_destroy(&self);
		return r < 0 ? FORWARD(r) : FATAL(ENOSPC, "no room on the store's disk to start");
	}
	struct log_entry entry = {.event = LOG_STARTED, .number = core_totals(self->core).open};
	options->io->log(options->io, &entry);
	*ret_shell = self;
	return 0;
}

void shell_destroy(struct shell **self)
{
	struct shell *shell = *self;
	if (!shell)
		return;
	core_destroy(&shell->core);
	for (uint32_t i = 0; i < shell->watchers_count; i++)
		free(shell->watchers[i]);
	free(shell->watchers);
	configure_deinit(shell);
	free(shell->page);
	free(shell->cursors);
	free(shell->outgoing);
	free(shell->answered);
	buffer_deinit(&shell->arena);
	digest_key_wipe(&shell->options.query_code_key);
	free(shell);
	*self = NULL;
}

const struct core *shell_core(const struct shell *self)
{
	return self->core;
}
