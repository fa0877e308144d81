#ifndef WENZHENG_CORE_CORE_H
#define WENZHENG_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "daemon/core/case.h"
#include "daemon/core/record.h"
#include "daemon/rules/principals.h"
#include "daemon/rules/profile.h"
#include "daemon/rules/routing.h"

/*
 * The core: every open case and every connected worker, in memory, and the decisions over them.
 *
 *	core_decide_*(core, now, …) → a decision: a verdict and the records that would make it true. Changes
 *no case. core_apply(core, now, record)  makes one record true. Deterministic, cannot fail. The only mover of
 *cases.
 *
 * The caller (the shell, the simulator) writes the records to the journal, applies them, and answers the peer
 *once they are durable; what is sent follows from the verdict and the records. There is no I/O here, no
 *clock, no randomness: the same calls at the same moments give the same bytes.
 *
 * What the core does not hold (closed cases, texts, known message ids) the caller looks up and hands in as
 *facts.
 */
struct core;

struct core_options {
	const struct profile *profile; /* borrowed, as the two below, until core_configure or core_destroy */
	const struct principals *principals;
	const struct workdays *workdays;
	bool laboratory; /* the wall clock is set by hand: it is not watched */
};

struct core *core_new(const struct core_options *options);
void core_destroy(struct core **self);

/* ---- decisions ---- */

enum verdict {
	VERDICT_DONE,	  /* the records make it so */
	VERDICT_REPEATED, /* it is so already, by the same request: answer as the first time; no records */
	VERDICT_NOTHING,  /* core_decide_due only: nothing is due */
	VERDICT_CONFLICT, /* the same id or act with other content */
	VERDICT_UNKNOWN_DEPARTMENT,
	VERDICT_UNKNOWN_CLASS,
	VERDICT_NOT_FOUND,
	VERDICT_NOT_YOURS,
	VERDICT_NOT_READY,
	VERDICT_STALE,	     /* `epoch` is the current one */
	VERDICT_WRONG_STATE, /* `state` is the case's */
	VERDICT_RETURN_LIMIT,
	VERDICT_REASON_MISSING,
	VERDICT_BUSY_RATE,
	VERDICT_BUSY_DAY,
	VERDICT_BUSY_DRAINING,
	VERDICT_BUSY_WORKERS,
	VERDICT_END
};

#define DECISION_RECORDS_MAX 2

struct decision {
	enum verdict verdict;
	struct record records[DECISION_RECORDS_MAX]; /* seq not yet given; spans borrowed from the request or
							the core */
	uint32_t record_count;
	int64_t case_id;
	uint32_t epoch;			   /* the case's, when it is known */
	enum case_state state;		   /* the case's after the records, or as it is */
	int64_t retry_us;		   /* of a VERDICT_BUSY_… */
	char within[DEADLINE_WITHIN_SIZE]; /* backs records[0].within of an acceptance */
	char stream[sizeof(STREAM_PORTAL_PREFIX) +
		    PRINCIPAL_NAME_SIZE_MAX]; /* backs the records' portal stream */
};

/* A citizen's message, validated as to form. */
struct submission {
	struct span portal; /* the principal's name */
	struct span message_id;
	struct routing_request request;
	struct span contact; /* mark of the contact details, to know them again; empty: none */
};

/* BLAKE2b over the length-prefixed fields of a message: what "the same content" means (promise 2). */
struct digest submission_digest(const struct submission *submission);

struct submission_facts {
	bool known; /* (portal, message id) is taken */
	int64_t known_case;
	struct digest known_digest;
	int64_t last_case_of_day; /* highest case id of the local day, 0: none. See core_day */
};

/* The ids a message accepted now can get: the shell looks up the highest of that range for the facts. */
void core_day(const struct core *self, struct instant now, int64_t *ret_first_id, int64_t *ret_last_id);

void core_decide_submit(const struct core *self, struct moment now, const struct submission *submission,
	const struct submission_facts *facts, struct decision *ret_decision);

/*
 * What a worker says of a case. `closed` is the store's row when the core does not hold the case (NULL: the
 * store has none either); `digest` is of the reply or reason as it would be stored.
 */
enum worker_act {
	ACT_TAKE,
	ACT_REPLY,
	ACT_RETURN,
	ACT_FAIL,
};

struct worker_request {
	enum worker_act act;
	uint64_t peer;
	int64_t case_id;
	uint32_t epoch;
	enum reply_kind reply_kind; /* of ACT_REPLY */
	bool has_reason;	    /* of ACT_REPLY: a refusal needs one */
	struct digest digest;
	const struct case_row *closed;
};

void core_decide_worker(const struct core *self, struct moment now, const struct worker_request *request,
	struct decision *ret_decision);

struct assign_request {
	struct span actor;
	int64_t case_id;
	struct span department;
	bool final;
	struct digest digest; /* of the reason */
	const struct case_row *closed;
};

void core_decide_assign(const struct core *self, struct moment now, const struct assign_request *request,
	struct decision *ret_decision);

/*
 * The next thing that is due by itself: a lost worker's case, an expired lease, a case to offer, a changed
 * due moment, a reminder or rung. One decision a call, VERDICT_NOTHING when there is none; its records must
 * be applied before the next call. Reminders and rungs go off whose moment is at or before
 * `ladder_until`, which is now.wall but in a laboratory; while the clock is held, none.
 */
void core_decide_due(
	struct core *self, struct moment now, struct instant ladder_until, struct decision *ret_decision);

/* The clock's guard (clock.c): a RECORD_CLOCK when it must be held or may go on. To be asked before anything
 * else of a turn; the first plausible clock that it sees is what later jumps are measured from. */
void core_decide_clock(struct core *self, struct moment now, struct decision *ret_decision);
void core_decide_clock_accept(
	const struct core *self, struct span actor, struct moment now, struct decision *ret_decision);
bool core_clock_held(const struct core *self);

/* Makes one record true. `now` gives leases their monotonic end; replaying a journal passes MONO_NEVER. */
void core_apply(struct core *self, struct moment now, const struct record *record);

/* When core_decide_due will next have something on either clock, if nothing happens before. */
struct moment core_next_wakeup(const struct core *self);

/* ---- restart ---- */

/* Puts back an open case as the store has it. Before any record is applied. */
void core_load(struct core *self, const struct case_row *row);

/* What a process knows of its clock. */
struct clock_guard {
	bool held;
	bool running; /* false: held since the start, judged against the last record that can be trusted */
	struct instant held_at; /* of a hold that a restart inherited; us 0: none */
	struct mono anchor_mono;
	struct instant anchor_wall;
};

/* What the journal says of the clock. All us 0: an empty journal. */
struct clock_past {
	const struct clock_guard *known; /* to this very process, before; NULL: it has just begun */
	struct instant last_record;
	struct instant held;	/* when the clock was held, if nothing let it go on since; us 0: it was not */
	struct instant trusted; /* the last record before that */
};

/* All are loaded: starts the clock's guard from the journal, and gives worker processes that hold cases the
 * time of a lost heartbeat to come back. */
void core_loaded(struct core *self, struct moment now, const struct clock_past *past);
struct clock_guard core_clock(const struct core *self);

/* Swaps what was borrowed. Due moments are recomputed by core_decide_due if the profile or the calendar
 * differs; workers that may no longer serve are lost without blame. */
void core_configure(struct core *self, const struct core_options *options);

/* ---- rows for the store ---- */

/*
 * The next case changed since its row was last taken, in the order of change; false when there is none. Spans
 * live until the next call that changes the core. An answered case stays readable until it is forgotten,
 * which is due once its row is durable.
 */
bool core_next_changed(struct core *self, struct case_row *ret_row);
void core_forget_answered(struct core *self, const int64_t *case_ids, size_t count);

/* The row of a case the core holds; false if it does not. */
bool core_row(const struct core *self, int64_t case_id, struct case_row *ret_row);

/* ---- workers ---- */

struct worker_ready {
	uint64_t peer;
	const struct principal *principal;
	int64_t incarnation; /* > 0 */
	int64_t credit;	     /* > 0; cut to CREDIT_MAX */
	bool process_custody;
	const struct span *departments; /* NULL: all of the principal's that the profile has */
	uint32_t departments_count;
};

/* VERDICT_DONE; VERDICT_NOT_YOURS or VERDICT_UNKNOWN_DEPARTMENT (`*ret_index` says which);
 * VERDICT_BUSY_WORKERS. A worker that is known by its incarnation moves to the new peer and keeps what it
 * holds. */
enum verdict core_worker_ready(
	struct core *self, struct moment now, const struct worker_ready *ready, uint32_t *ret_index);

/* Any message of a peer counts as a beat. False if the peer is no worker here, or another principal's. */
bool core_worker_heard(struct core *self, struct moment now, uint64_t peer, struct span principal);

/* A message to the worker found its connection gone. Without process custody that ends it; with it, it gets
 * no further offers and has until its heartbeat is missed to come back. */
void core_worker_unreachable(struct core *self, uint64_t peer);

/* The worker left in order (blame: no) or its connection is gone (blame: yes). Its cases fall due for
 * requeueing. */
void core_worker_end(struct core *self, uint64_t peer, bool blame);

struct worker_view {
	uint64_t peer;
	uint64_t holder;
	struct span principal;
	uint32_t credit;
	uint32_t offers;
	bool process_custody;
	const struct span *departments;
	uint32_t departments_count;
	struct mono heard;
};

/* False if none. The view lives until the next change of the core. */
bool core_worker_by_peer(const struct core *self, uint64_t peer, struct worker_view *ret_view);
bool core_worker_by_holder(const struct core *self, uint64_t holder, struct worker_view *ret_view);

/* Calls back for every worker of a department, or of all (empty span). */
typedef void (*core_worker_fn)(void *context, const struct worker_view *view);
void core_each_worker(const struct core *self, struct span department, core_worker_fn each, void *context);

/* ---- figures ---- */

struct department_view {
	struct span id;
	struct span name;
	uint32_t queued, offered, taken;
	uint32_t workers;
	uint32_t overdue; /* open and past their due moment at the `now` asked for: kept by the ladder's rung
			     at due */
	bool draining;
	bool in_profile;
};

bool core_department_at(const struct core *self, uint32_t index, struct department_view *ret_view);

struct core_totals {
	uint32_t open, triage, queued, offered, taken, workers, overdue;
	bool draining;
};

struct core_totals core_totals(const struct core *self);

/*
 * A walk over the open cases in parts, for figures that no counter keeps: looks at `slots_max` places, of
 * which some may be empty, and calls back for each open case. Begins at 0 and goes on from what it returned,
 * until that is CORE_SURVEY_END. The core may change between two parts: a case that was open all the while is
 * seen at least once, but for one that was accepted since the walk began.
 */
#define CORE_SURVEY_END UINT32_MAX

struct core_surveyed {
	uint32_t department; /* as core_department_at counts them; CORE_SURVEY_TRIAGE: none */
	struct instant received;
};
#define CORE_SURVEY_TRIAGE UINT32_MAX

typedef void (*core_surveyed_fn)(void *context, const struct core_surveyed *surveyed);
uint32_t core_survey(
	const struct core *self, uint32_t from, uint32_t slots_max, core_surveyed_fn each, void *context);

/* Asserts every invariant of state.h. It walks everything: for tests and the simulator. */
void core_check(const struct core *self);

#endif
