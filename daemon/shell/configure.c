#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/state.h"

/*
 * What is in force: profile, principals and calendar as the files say, less the keys that an operator has
 * taken out of force. Those stand in the journal, and a key that is in it once is dead for ever, whatever the
 * file says; so a revocation holds at once, across restarts, and needs no file to be written.
 */

/* ---- keys out of force ---- */

static void add_revoked(struct shell *self, const struct digest *key)
{
	self->revoked = memory_resize(self->revoked, self->revoked_count + 1, sizeof(*self->revoked));
	self->revoked[self->revoked_count++] = *key;
}

void configure_hear(struct shell *self, const struct record *record)
{
	if (record->kind == RECORD_REVOKED)
		add_revoked(self, &record->digest);
}

/* `admitted` anew. The caller frees what they were when nobody looks at them any more. */
static struct principals *admit(struct shell *self)
{
	struct principals *before = self->admitted;
	self->admitted = principals_without(self->options.principals, self->revoked, self->revoked_count);
	return before;
}

void configure_forget(struct shell *self)
{
	self->revoked_count = 0;
}

void configure_admit(struct shell *self)
{
	REQUIRE(!self->core);
	struct principals *before = admit(self);
	principals_destroy(&before);
}

void configure_deinit(struct shell *self)
{
	principals_destroy(&self->admitted);
	free(self->revoked);
}

struct core_options configure_core(const struct shell *self)
{
	return (struct core_options){
		.profile = self->options.profile,
		.principals = self->admitted,
		.workdays = self->options.workdays,
		.laboratory = self->identity.laboratory,
	};
}

/* A stream is its role's and was opened by a key: an exchanged key or another role begins anew with WATCH. */
static void end_unauthorised_watchers(struct shell *self, const struct principals *before)
{
	for (uint32_t i = 0; i < self->watchers_count; i++) {
		struct watcher *watcher = self->watchers[i];
		watcher->gone |= !principals_same(before, self->admitted, span_of_string(watcher->principal));
	}
}

/* Puts what was given and what was revoked in force. */
static void enforce(struct shell *self)
{
	struct principals *before = admit(self);
	struct core_options options = configure_core(self);
	core_configure(self->core, &options);
	end_unauthorised_watchers(self, before);
	principals_destroy(&before);
}

int handle_revoke(const struct request *request)
{
	struct shell *self = request->shell;
	struct span name = message_text(request->message, FIELD_NAME);
	const struct principal *one = principals_find_name(self->admitted, name);
	if (!one) {
		answer_error(request, ERROR_NOT_FOUND, FIELD_NAME, "no principal has this name");
		return 0;
	}
	if (!one->revoked) {
		struct digest key = principal_key_digest(one);
		int r = note(self, RECORD_REVOKED, span_of_string(request->principal->name), STREAM_OPERATOR,
			name, &key);
		if (r != 0)
			return r;
		struct log_entry entry = {.event = LOG_REVOKED, .principal = name};
		self->options.io->log(self->options.io, &entry);
		add_revoked(self, &key);
		enforce(self); /* the request's own principal is another object from here on */
	}
	struct writer writer;
	answer_begin(request, KIND_CONFIRM, &writer);
	answer_end(request, &writer);
	return 0;
}

/* ---- reload ---- */

static const char *const part_names[] = {"profile", "principals", "calendar"};
#define PARTS (sizeof(part_names) / sizeof(part_names[0]))

static struct digest digest_of_part(const struct shell_options *options, unsigned part)
{
	switch (1u << part) {
	case CONFIGURED_PROFILE:
		return options->profile->digest;
	case CONFIGURED_PRINCIPALS:
		return principals_digest(options->principals);
	default:
		return *workdays_version(options->workdays);
	}
}

int configure_note(struct shell *self)
{
	for (unsigned part = 0; part < PARTS; part++) {
		if (!(self->configured_unsaid & 1u << part))
			continue;
		struct digest digest = digest_of_part(&self->options, part);
		int r = note(self, RECORD_CONFIGURED, span_of_string(self->configured_by), STREAM_OPERATOR,
			span_of_string(part_names[part]), &digest);
		if (r != 0)
			return r;
		self->configured_unsaid &= ~(1u << part);
		self->configured_said |= 1u << part;
	}
	return 0;
}

static unsigned changes(const struct shell *self, const struct shell_configuration *configuration)
{
	struct digest principals = principals_digest(configuration->principals);
	struct digest principals_before = principals_digest(self->options.principals);
	unsigned changed = 0;
	if (!digest_equal(&configuration->profile->digest, &self->options.profile->digest))
		changed |= CONFIGURED_PROFILE;
	if (!digest_equal(&principals, &principals_before))
		changed |= CONFIGURED_PRINCIPALS;
	if (!digest_equal(
		    workdays_version(configuration->workdays), workdays_version(self->options.workdays)))
		changed |= CONFIGURED_CALENDAR;
	return changed;
}

/* Says which parts have changed. */
static unsigned configure(struct shell *self, const struct shell_configuration *configuration, const char *by)
{
	unsigned changed = changes(self, configuration);
	self->configured_unsaid |= changed;
	if (changed)
		snprintf(self->configured_by, sizeof(self->configured_by), "%s", by);
	self->options.profile = configuration->profile;
	self->options.workdays = configuration->workdays;
	self->options.principals = configuration->principals;
	enforce(self);
	struct log_entry entry = {.event = LOG_CONFIGURED, .principal = span_of_string(by)};
	if (changed)
		self->options.io->log(self->options.io, &entry);
	return changed;
}

void shell_configure(struct shell *self, const struct shell_configuration *configuration)
{
	configure(self, configuration, "");
}

static void answer_changed(const struct request *request, unsigned changed)
{
	struct writer writer;
	answer_begin(request, KIND_LIST, &writer);
	writer_items_begin(&writer);
	for (unsigned part = 0; part < PARTS; part++) {
		if (!(changed & 1u << part))
			continue;
		writer_item_begin(&writer);
		writer_text(&writer, FIELD_NAME, span_of_string(part_names[part]));
		writer_item_end(&writer);
	}
	writer_items_end(&writer);
	writer_flag(&writer, FIELD_MORE, false);
	answer_end(request, &writer);
}

int handle_reload(const struct request *request)
{
	struct shell *self = request->shell;
	struct shell_configuration configuration;
	struct fault fault;
	if (!self->options.io->reload(self->options.io, &configuration, &fault)) {
		answer_error(request, ERROR_CONFIGURATION, FIELD_TOTAL, fault.text);
		return 0;
	}
	char by[PRINCIPAL_NAME_SIZE_MAX + 1];
	snprintf(by, sizeof(by), "%s", request->principal->name);
	unsigned changed = configure(self, &configuration, by);
	int r = configure_note(self);
	if (r != 0)
		return r;
	answer_changed(request, changed);
	return 0;
}

/* ---- the doorkeeper's question ---- */

bool shell_admits(const struct shell *self, enum zone zone, const uint8_t key[static PRINCIPAL_KEY_SIZE])
{
	const struct principal *principal = principals_find_key(self->admitted, key);
	return principal && !principal->revoked && zone_of_role(principal->role) == zone;
}
