#include "daemon/shell/shell.h"

#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/state.h"

/* Building the core from the store, reloading, the orderly end. The turn itself is in turn.c. */

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

/* The last word of the journal on the clock. */
struct clock_word {
	int64_t seq;
	struct instant held; /* us 0: it went on */
};

static int find_clock_word(void *context, const struct record *record)
{
	struct clock_word *word = context;
	if (record->kind != RECORD_CLOCK)
		return 0;
	bool held = span_equal(record->subject, SPAN_LITERAL("held"));
	*word = (struct clock_word){record->seq, held ? record->at : (struct instant){0}};
	return 0;
}

static int keep_at(void *context, const struct record *record)
{
	*(struct instant *)context = record->at;
	return 0;
}

static int read_clock_past(struct shell *self, struct clock_past *ret_past)
{
	struct record record;
	struct clock_word word = {0, {0}};
	struct store *store = self->options.store;
	*ret_past = (struct clock_past){0};
	int r = store->interface->last_record(store, &record);
	if (r != 0)
		return r < 0 ? FORWARD(r) : 0;
	ret_past->last_record = record.at;
	r = store->interface->walk_stream(store, STREAM_OPERATOR, 0, -1, find_clock_word, &word);
	if (r == 0 && word.held.us) {
		ret_past->held = word.held;
		r = store->interface->walk_journal(store, word.seq - 2, 1, keep_at, &ret_past->trusted);
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
	struct core_options options = {
		.profile = self->options.profile,
		.principals = self->options.principals,
		.workdays = self->options.workdays,
		.laboratory = self->identity.laboratory,
	};
	core_destroy(&self->core);
	self->core = core_new(&options);
	int r = store->interface->walk_open(store, load_case, self);
	if (r == 0)
		r = count_open(self);
	if (r < 0)
		return FORWARD(r);
	struct clock_past past;
	r = read_clock_past(self, &past);
	if (r < 0)
		return FORWARD(r);
	self->clock =
		(struct virtual_clock){.wall = past.last_record.us ? past.last_record : LABORATORY_START};
	self->now = clock_now(self);
	core_loaded(self->core, self->now, &past);
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
	free(shell->page);
	free(shell->cursors);
	free(shell->outgoing);
	free(shell->answered);
	buffer_deinit(&shell->arena);
	digest_key_wipe(&shell->options.query_code_key);
	free(shell);
	*self = NULL;
}

/* ---- reload ---- */

/* A stream is its role's and was opened by a key: an exchanged key or another role begins anew with WATCH. */
static void end_unauthorised_watchers(struct shell *self, const struct principals *before)
{
	for (uint32_t i = 0; i < self->watchers_count; i++) {
		struct watcher *watcher = self->watchers[i];
		watcher->gone |= !principals_same(
			before, self->options.principals, span_of_string(watcher->principal));
	}
}

static int note_configured(
	struct shell *self, enum configured what, struct span name, const struct digest *digest)
{
	if (!(self->configured_unsaid & what))
		return 0;
	int r = note(self, RECORD_CONFIGURED, SPAN_EMPTY, STREAM_OPERATOR, name, digest);
	if (r != 0)
		return r;
	self->configured_unsaid &= ~(unsigned)what;
	self->configured_said |= (unsigned)what;
	return 0;
}

int shell_note_configured(struct shell *self)
{
	if (!self->configured_unsaid)
		return 0;
	const struct shell_options *options = &self->options;
	struct digest principals = principals_digest(options->principals);
	int r = note_configured(self, CONFIGURED_PROFILE, SPAN_LITERAL("profile"), &options->profile->digest);
	if (r == 0)
		r = note_configured(self, CONFIGURED_PRINCIPALS, SPAN_LITERAL("principals"), &principals);
	if (r == 0)
		r = note_configured(self, CONFIGURED_CALENDAR, SPAN_LITERAL("calendar"),
			workdays_version(options->workdays));
	return r;
}

void shell_configure(struct shell *self, const struct shell_configuration *configuration)
{
	struct digest principals = principals_digest(configuration->principals);
	struct digest principals_before = principals_digest(self->options.principals);
	if (!digest_equal(&configuration->profile->digest, &self->options.profile->digest))
		self->configured_unsaid |= CONFIGURED_PROFILE;
	if (!digest_equal(&principals, &principals_before))
		self->configured_unsaid |= CONFIGURED_PRINCIPALS;
	if (!digest_equal(
		    workdays_version(configuration->workdays), workdays_version(self->options.workdays)))
		self->configured_unsaid |= CONFIGURED_CALENDAR;
	const struct principals *before = self->options.principals;
	self->options.profile = configuration->profile;
	self->options.principals = configuration->principals;
	self->options.workdays = configuration->workdays;
	struct core_options options = {
		.profile = configuration->profile,
		.principals = configuration->principals,
		.workdays = configuration->workdays,
		.laboratory = self->identity.laboratory,
	};
	core_configure(self->core, &options);
	end_unauthorised_watchers(self, before);
	struct log_entry entry = {.event = LOG_CONFIGURED};
	if (self->configured_unsaid)
		self->options.io->log(self->options.io, &entry);
}

/* ---- others' questions ---- */

bool shell_admits(const struct shell *self, enum zone zone, const uint8_t key[static PRINCIPAL_KEY_SIZE])
{
	const struct principal *principal = principals_find_key(self->options.principals, key);
	return principal && !principal->revoked && zone_of_role(principal->role) == zone;
}

const struct core *shell_core(const struct shell *self)
{
	return self->core;
}
