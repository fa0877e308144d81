#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "daemon/shell/state.h"

/*
 * Streams of events. A stream is the journal's records that carry its name; a principal's place in it is its
 * cursor, the last event it said it has SEEN. So an outbox needs no rows of its own, and nothing in it can be
 * lost that is not lost from the journal.
 *
 * A watcher is sent at most EVENTS_IN_FLIGHT_MAX events it has not SEEN. Events are read after the commit, so
 * that what is sent is durable. A connection that is gone loses its watch; the principal watches again and
 * goes on from its cursor.
 */

#define PUMP_EVENTS_MAX	    64	     /* read for one watcher before the next one has its turn */
#define CURSOR_WRITE_US_MAX US_PER_S /* a SEEN rides along with a commit, or makes one after this time */
#define FULL_RETRY_US	    (100 * US_PER_MS) /* a watcher that does not read is tried again after this */

struct cursor *streams_cursor(struct shell *self, struct span principal)
{
	for (uint32_t i = 0; i < self->cursors_count; i++)
		if (span_equal_string(principal, self->cursors[i].principal))
			return &self->cursors[i];
	int64_t seen = 0;
	struct store *store = self->options.store;
	if (store->interface->read_cursor(store, principal, &seen) < 0)
		return NULL;
	self->cursors = memory_resize(self->cursors, self->cursors_count + 1, sizeof(*self->cursors));
	struct cursor *cursor = &self->cursors[self->cursors_count++];
	*cursor = (struct cursor){.seen = seen};
	ENSURE(span_copy(principal, cursor->principal, sizeof(cursor->principal)));
	return cursor;
}

int streams_write_cursors(struct shell *self)
{
	struct store *store = self->options.store;
	for (uint32_t i = 0; self->cursors_dirty && i < self->cursors_count; i++) {
		struct cursor *cursor = &self->cursors[i];
		if (!cursor->dirty)
			continue;
		int r = store->interface->put_cursor(store, span_of_string(cursor->principal), cursor->seen);
		if (r != 0)
			return r;
		cursor->dirty = false;
	}
	self->cursors_dirty = false;
	return 0;
}

struct mono streams_next(const struct shell *self)
{
	struct mono next = MONO_NEVER;
	for (uint32_t i = 0; i < self->watchers_count; i++)
		if (self->watchers[i]->behind && self->watchers[i]->in_flight < EVENTS_IN_FLIGHT_MAX)
			next = mono_min(next, self->watchers[i]->not_before);
	if (self->cursors_dirty)
		next = mono_min(next, mono_add(self->cursors_dirty_since, CURSOR_WRITE_US_MAX));
	return next;
}

void streams_touch(struct shell *self, struct span stream)
{
	for (uint32_t i = 0; i < self->watchers_count; i++)
		if (span_equal_string(stream, self->watchers[i]->stream))
			self->watchers[i]->behind = true;
}

struct watcher *streams_find(struct shell *self, uint64_t peer)
{
	for (uint32_t i = 0; i < self->watchers_count; i++)
		if (self->watchers[i]->peer == peer && !self->watchers[i]->gone)
			return self->watchers[i];
	return NULL;
}

void streams_end(struct shell *self, uint64_t peer)
{
	struct watcher *watcher = streams_find(self, peer);
	if (watcher)
		watcher->gone = true; /* freed by the next pump, which may be walking over it now */
}

void streams_end_of_turn(struct shell *self)
{
	for (uint32_t i = 0; i < self->watchers_count; i++)
		self->watchers[i]->gone |= self->watchers[i]->turn == self->turns;
}

static void sweep(struct shell *self)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < self->watchers_count; i++) {
		if (self->watchers[i]->gone)
			free(self->watchers[i]);
		else
			self->watchers[kept++] = self->watchers[i];
	}
	self->watchers_count = kept;
}

static void stream_of(const struct principal *principal, struct watcher *watcher)
{
	if (principal->role == ROLE_PORTAL)
		snprintf(
			watcher->stream, sizeof(watcher->stream), STREAM_PORTAL_PREFIX "%s", principal->name);
	else
		snprintf(watcher->stream, sizeof(watcher->stream), "%s", role_name(principal->role));
}

static struct watcher *make_watcher(const struct request *request)
{
	struct shell *self = request->shell;
	struct watcher *watcher = streams_find(self, request->peer);
	if (!watcher) {
		sweep(self);
		if (self->watchers_count == WATCHERS_MAX)
			return NULL;
		self->watchers =
			memory_resize(self->watchers, self->watchers_count + 1, sizeof(struct watcher *));
		watcher = self->watchers[self->watchers_count++] = memory_new(1, sizeof(*watcher));
	}
	*watcher = (struct watcher){
		.zone = request->zone, .peer = request->peer, .turn = self->turns, .behind = true};
	snprintf(watcher->principal, sizeof(watcher->principal), "%s", request->principal->name);
	stream_of(request->principal, watcher);
	return watcher;
}

static void confirm_cursor(const struct request *request, int64_t cursor)
{
	struct writer writer;
	if (request->req < 0)
		return;
	answer_begin(request, KIND_CONFIRM, &writer);
	writer_number(&writer, FIELD_CURSOR, cursor);
	answer_end(request, &writer);
}

int handle_watch(const struct request *request)
{
	struct cursor *cursor = streams_cursor(request->shell, span_of_string(request->principal->name));
	if (!cursor)
		return FATAL(EIO, "read cursor");
	struct watcher *watcher = make_watcher(request);
	if (!watcher) {
		answer_busy(request, BUSY_WATCHERS, US_PER_S, "too many connections watch already");
		return 0;
	}
	watcher->sent = message_number(request->message, FIELD_CURSOR, cursor->seen);
	confirm_cursor(request, watcher->sent);
	return 0;
}

/* Room for as many new events as are now SEEN. */
static void make_room(struct watcher *watcher, int64_t seen)
{
	while (watcher->in_flight > 0 &&
		watcher->sent_seqs[watcher->ring_head % EVENTS_IN_FLIGHT_MAX] <= seen) {
		watcher->ring_head++;
		watcher->in_flight--;
	}
}

int handle_seen(const struct request *request)
{
	struct shell *self = request->shell;
	struct watcher *watcher = streams_find(self, request->peer);
	int64_t seen = message_number(request->message, FIELD_CURSOR, 0);
	if (!watcher) {
		answer_error(request, ERROR_NOT_READY, FIELD_TOTAL,
			"this connection is not known: say WATCH first");
		return 0;
	}
	int64_t last;
	struct digest head;
	struct store *store = self->options.store;
	int r = store->interface->chain_head(store, &last, &head);
	if (r < 0)
		return FORWARD(r);
	if (seen > last) {
		answer_error(request, ERROR_INVALID_VALUE, FIELD_CURSOR, "no event has this cursor yet");
		return 0;
	}
	/* Seen on an earlier connection: this one need not send it again. */
	if (seen > watcher->sent)
		watcher->sent = seen;
	make_room(watcher, seen);
	struct cursor *cursor = streams_cursor(self, span_of_string(request->principal->name));
	ENSURE(cursor); /* WATCH read it from the store */
	if (seen > cursor->seen) {
		cursor->seen = seen;
		cursor->dirty = true;
		if (!self->cursors_dirty)
			self->cursors_dirty_since = self->now.mono;
		self->cursors_dirty = true;
	}
	confirm_cursor(request, cursor->seen);
	return 0;
}

/* ---- sending ---- */

/* A page of records, copied out of the walk because writing an event reads the store again. */
struct page {
	struct record records[PUMP_EVENTS_MAX];
	char texts[PUMP_EVENTS_MAX * RECORD_TEXTS_SIZE_MAX];
	size_t used;
	uint32_t count;
};

static int page_add(void *context, const struct record *record)
{
	struct page *page = context;
	page->used += record_copy(record, page->texts + page->used, &page->records[page->count++]);
	return 0;
}

static int send_event(struct shell *self, struct watcher *watcher, const struct record *record)
{
	struct writer writer;
	char kind[KIND_FRAME_SIZE];
	ENSURE(self->outgoing_count == 0);
	buffer_clear(&self->arena);
	writer_begin(&writer, &self->arena);
	writer_number(&writer, FIELD_CURSOR, record->seq);
	int r = event_write(self, &writer, record);
	if (r < 0)
		return FORWARD(r);
	writer_end(&writer);
	struct io *io = self->options.io;
	enum io_sent sent = io->send(io, watcher->zone, watcher->peer, message_kind_frame(KIND_EVENT, kind),
		buffer_span(&self->arena));
	if (sent == IO_FULL)
		return STORE_FULL; /* try again in a later turn */
	if (sent == IO_GONE) {
		watcher->gone = true;
		return 0;
	}
	watcher->sent_seqs[(watcher->ring_head + watcher->in_flight++) % EVENTS_IN_FLIGHT_MAX] = record->seq;
	watcher->sent = record->seq;
	return 0;
}

static int pump(struct shell *self, struct watcher *watcher, struct page *page)
{
	struct store *store = self->options.store;
	int64_t room = EVENTS_IN_FLIGHT_MAX - watcher->in_flight;
	int64_t limit = room < PUMP_EVENTS_MAX ? room : PUMP_EVENTS_MAX;
	page->count = 0;
	page->used = 0;
	int r = store->interface->walk_stream(
		store, span_of_string(watcher->stream), watcher->sent, limit, page_add, page);
	if (r < 0)
		return FORWARD(r);
	watcher->behind = page->count == limit;
	for (uint32_t i = 0; i < page->count && !watcher->gone; i++) {
		r = send_event(self, watcher, &page->records[i]);
		if (r < 0)
			return FORWARD(r);
		if (r > 0) {
			watcher->behind = true;
			watcher->not_before = mono_add(self->now.mono, FULL_RETRY_US);
			break;
		}
	}
	return 0;
}

int streams_pump(struct shell *self)
{
	if (self->watchers_count > 0 && !self->page)
		self->page = memory_new(1, sizeof(*self->page));
	for (uint32_t i = 0; i < self->watchers_count; i++) {
		struct watcher *watcher = self->watchers[i];
		if (watcher->gone || !watcher->behind || watcher->in_flight == EVENTS_IN_FLIGHT_MAX ||
			mono_before(self->now.mono, watcher->not_before))
			continue;
		int r = pump(self, watcher, self->page);
		if (r < 0)
			return FORWARD(r);
	}
	buffer_clear(&self->arena);
	sweep(self);
	return 0;
}
