#ifndef WENZHENG_SHELL_STATE_H
#define WENZHENG_SHELL_STATE_H

/* The inside of the shell, shared by the files of this folder and by nobody else. */

#include "base/buffer.h"
#include "base/crockford.h"
#include "base/limits.h"
#include "daemon/shell/shell.h"
#include "proto/message.h"

#define WATCHERS_MAX 1024 /* connections with a WATCH at once; further ones: BUSY(watchers) */

/* A message on its way out once the batch is durable. Its map stands in the arena. */
struct outgoing {
	enum zone zone;
	uint64_t peer;
	int64_t req; /* of the request it answers; -1: it has none, or this is no answer */
	enum kind kind;
	int code; /* of an ERROR, enum error_code; of a BUSY, enum busy_code */
	size_t at;
	size_t size;
};

/* The last event a principal said it has seen. Kept in memory and written within a second. */
struct cursor {
	char principal[PRINCIPAL_NAME_SIZE_MAX + 1];
	int64_t seen;
	bool dirty;
};

/* A connection that wants its principal's stream of events. */
struct watcher {
	enum zone zone;
	uint64_t peer;
	char principal[PRINCIPAL_NAME_SIZE_MAX + 1];
	char stream[sizeof(STREAM_PORTAL_PREFIX) + PRINCIPAL_NAME_SIZE_MAX];
	int64_t sent;				 /* seq of the last event sent */
	uint32_t in_flight;			 /* sent and not SEEN */
	int64_t sent_seqs[EVENTS_IN_FLIGHT_MAX]; /* ring of them, to count in_flight down */
	uint32_t ring_head;
	uint64_t turn;		/* of its WATCH */
	bool behind;		/* the stream may hold more than was sent */
	struct mono not_before; /* it did not read: try again then */
	bool gone;
};

/* A laboratory's wall clock: it stands still but for CLOCK. */
struct virtual_clock {
	struct instant wall;
	bool running; /* a CLOCK is being carried out, as many turns as it takes */
	struct instant target;
	enum zone zone;
	uint64_t peer;
	int64_t req;
};

struct shell {
	struct shell_options options;
	struct store_identity identity;
	struct core *core;
	struct moment now; /* of this turn */
	struct virtual_clock clock;
	struct clock_guard known_clock; /* as of the last batch that was not taken back */
	struct buffer arena;
	struct outgoing *outgoing;
	uint32_t outgoing_count, outgoing_capacity;
	struct shell_counts counts;
	struct counts_journaled counts_durable; /* as they were after the last commit */
	uint64_t receipts_sent;			/* in this turn */
	struct cursor *cursors;
	uint32_t cursors_count;
	bool cursors_dirty;
	struct mono cursors_dirty_since;
	struct watcher **watchers;
	uint32_t watchers_count;
	struct page *page; /* streams.c: room for what is read for one watcher; made at the first use */
	int64_t *answered; /* case ids to forget once durable */
	uint32_t answered_count, answered_capacity;
	bool written; /* this batch has records or rows */
	bool more;    /* the turn ended at a bound: there is work left */
	bool disk_low;
	bool stopped_writing; /* the store was full: nothing is written until there is space (store_full.c) */
	struct principals *admitted; /* options.principals less the keys out of force: who may do what */
	struct digest *revoked;	     /* those keys, by the journal */
	uint32_t revoked_count;
	char configured_by[PRINCIPAL_NAME_SIZE_MAX + 1]; /* of what is unsaid; empty: the administrator */
	unsigned configured_unsaid;			 /* changed, and not in the journal yet */
	unsigned configured_said;			 /* in this batch; a rollback makes it unsaid again */
	struct mono disk_looked;
	uint64_t turns;
};

/* Parts of the configuration, a mask. */
enum configured {
	CONFIGURED_PROFILE = 1 << 0,
	CONFIGURED_PRINCIPALS = 1 << 1,
	CONFIGURED_CALENDAR = 1 << 2,
};

/* One request being served: who asks, what, and where the answer goes. */
struct request {
	struct shell *shell;
	const struct principal *principal;
	enum zone zone;
	uint64_t peer;
	const struct message *message;
	int64_t req; /* -1: the message had none */
};

/* ---- outgoing.c: messages for after the commit ---- */

/* Opens a message to a peer; the writer is closed by outgoing_end. One at a time. */
void outgoing_begin(struct shell *self, enum zone zone, uint64_t peer, enum kind kind, struct writer *writer);
/* The same, with the answered request's number in it, unless that is -1. */
void outgoing_begin_answer(struct shell *self, enum zone zone, uint64_t peer, int64_t req, enum kind kind,
	struct writer *writer);
void outgoing_end(struct shell *self, struct writer *writer);
void outgoing_send(struct shell *self);
/* The batch they speak of is no more: whoever awaits an answer is told BUSY(disk), at once. */
void outgoing_refuse(struct shell *self);

/* ---- counts.c: for whoever watches ---- */

void counts_init(struct shell *self);
void counts_record(struct shell *self, const struct record *record); /* before it is applied */
void counts_committed(struct shell *self);
void counts_rolled_back(struct shell *self);
void counts_sent(struct shell *self, const struct outgoing *message);
void counts_all_sent(struct shell *self); /* what is sent has left */

/* ---- answer.c: what a request is told ---- */

void answer_begin(const struct request *request, enum kind kind, struct writer *writer); /* with its req */
void answer_end(const struct request *request, struct writer *writer);
void answer_error(const struct request *request, enum error_code code, enum field field, const char *text);
void answer_refusal(struct shell *self, enum zone zone, uint64_t peer, const struct refusal *refusal);
void answer_busy(const struct request *request, enum busy_code code, int64_t retry_us, const char *text);
void answer_disk_full(struct shell *self, enum zone zone, uint64_t peer, int64_t req);
/* How many items an answer may list: what was asked, at most HELD_PER_PAGE, which is also the default. */
int64_t page_limit(const struct request *request);
/* Maps a verdict that is not DONE or REPEATED to its ERROR or BUSY. */
void answer_verdict(const struct request *request, const struct decision *decision);

/* ---- case_fields.c: the fields of a case that many answers share ---- */

void write_case_number(struct writer *writer, int64_t case_id);
void write_text(struct writer *writer, enum field field, struct span text);  /* nothing if empty */
void write_due(struct writer *writer, struct instant due, bool provisional); /* nothing if never */
/* Number, state, department, class, receipt, due: what every view of a case begins with. */
void write_case_head(struct writer *writer, const struct case_row *row);
/* The request's case number; false, and the request is answered, if it is none. */
bool read_case_id(const struct request *request, int64_t *ret_case_id);
void query_code_of(const struct shell *self, int64_t case_id, char ret_code[static CROCKFORD_SIZE]);
/* The open case from the core, else from the store. 0, STORE_NOT_FOUND, or fatal. */
int read_case(struct shell *self, int64_t case_id, struct case_row *ret_row);

/* A text that a record names. 0; positive: it is damaged or gone, which the log says now, and nothing of it
 * is served; or fatal. Its spans are the store's. */
int read_text(struct shell *self, int64_t case_id, int64_t ordinal, struct text_row *ret_text);

/* Says so of one that `principal` asked for, who may be empty. */
void log_damaged(struct shell *self, int64_t case_id, int64_t ordinal, struct span principal);

/* ---- dossier.c: one case, whole ---- */
enum dossier {
	DOSSIER_CITIZEN,  /* state, department, replies */
	DOSSIER_OPERATOR, /* everything */
};
const char *reply_kind_name(int64_t kind); /* "interim", "final", "refusal" */
/* Answers with a DOSSIER: 0, STORE_NOT_FOUND (nothing said yet), or fatal. */
MUST_CHECK int answer_dossier(const struct request *request, int64_t case_id, enum dossier for_whom);

/* ---- contact.c ---- */

/* What the same details are known again by: hexadecimal digits of a keyed digest; empty if there are none. */
void contact_mark(const struct shell *self, struct span contact, char ret_mark[static DIGEST_HEX_SIZE]);
/* Seals and stores what came with a message just accepted; nothing if nothing did. 0, STORE_FULL, or fatal.
 */
MUST_CHECK int contact_store(
	struct shell *self, int64_t case_id, const struct submission *submission, struct span contact);

/* ---- record.c: carrying out a decision ---- */

/* Appends, applies and announces every record of a decision. */
MUST_CHECK int carry_out(struct shell *self, const struct decision *decision);
/* The same of one record that needs no decision; its seq is filled. */
MUST_CHECK int carry_record(struct shell *self, struct record *record);
/* One that is about no case. */
MUST_CHECK int note(struct shell *self, enum record_kind kind, struct span actor, struct span stream,
	struct span subject, const struct digest *digest);

/* ---- announce.c: what a record sends to whom ---- */
void announce_before(struct shell *self, const struct record *record);
MUST_CHECK int announce_after(struct shell *self, const struct record *record);

/* ---- streams.c: events to watchers ---- */
void streams_touch(struct shell *self, struct span stream);
MUST_CHECK int streams_pump(
	struct shell *self); /* after a commit; sends at once, for all it reads is durable */
struct watcher *streams_find(struct shell *self, uint64_t peer);
void streams_end(struct shell *self, uint64_t peer);
void streams_end_of_turn(
	struct shell *self); /* who said WATCH in this turn was told BUSY: none of it holds */
struct cursor *streams_cursor(struct shell *self, struct span principal); /* NULL on a fatal read */
MUST_CHECK int streams_write_cursors(struct shell *self);
struct mono streams_next(const struct shell *self); /* when it has something to do; MONO_NEVER: nothing */

/* event.c: the fields of one journal record, as an EVENT of its stream and as an item of HISTORY */
MUST_CHECK int event_write(struct shell *self, struct writer *writer, const struct record *record);
void event_write_history(struct writer *writer, const struct record *record);

/* ---- handlers: one function a kind; 0 or fatal ---- */
typedef int (*handler_fn)(const struct request *request);
int handle_submit(const struct request *request);
int handle_query(const struct request *request);
int handle_directory(const struct request *request);
int handle_watch(const struct request *request);
int handle_seen(const struct request *request);
int handle_beat(const struct request *request);
int handle_bye(const struct request *request);
int handle_ready(const struct request *request);
int handle_held(const struct request *request);
int handle_worker_act(const struct request *request); /* TAKE, REPLY, RETURN, FAIL */
int handle_assign(const struct request *request);
int handle_open_contact(const struct request *request);
int handle_status(const struct request *request);
int handle_cases(const struct request *request);
int handle_show(const struct request *request);
int handle_history(const struct request *request);
int handle_why(const struct request *request);
int handle_workers(const struct request *request);
int handle_drain(const struct request *request);
int handle_clock(const struct request *request);
int handle_reload(const struct request *request);
int handle_revoke(const struct request *request);

/* clock.c: the laboratory's clock */
struct moment clock_now(const struct shell *self);
/* Rungs up to here may fire now. */
struct instant clock_ladder_until(const struct shell *self);
/* Nothing is due at the present: moves the running clock on. False when it has arrived, or is not running. */
bool clock_advance(struct shell *self);

/* store_full.c */
MUST_CHECK int store_full(
	struct shell *self); /* the batch was rolled back: read the store again, write no more */
MUST_CHECK int store_look_at_disk(struct shell *self);

/* turn.c: writes the rows of changed cases, so that a walk over the store's cases sees this batch. */
MUST_CHECK int flush_rows(struct shell *self);

/* turn.c: journals that the clock is held, or goes on, if that has changed. */
MUST_CHECK int watch_clock(struct shell *self);

/* ---- configure.c: what is in force ---- */

/* For a restart: no key is out of force; one is, if this record says so; `admitted` from that. No core may
 * live. */
void configure_forget(struct shell *self);
void configure_hear(struct shell *self, const struct record *record);
void configure_admit(struct shell *self);
void configure_deinit(struct shell *self);
struct core_options configure_core(const struct shell *self);
/* Journals what a reload changed. */
MUST_CHECK int configure_note(struct shell *self);

MUST_CHECK int shell_restore(struct shell *self); /* shell.c: builds the core from the store */

#endif
