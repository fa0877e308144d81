#ifndef WENZHENG_CORE_STATE_H
#define WENZHENG_CORE_STATE_H

/* The inside of the core, shared by the files of this folder and by nobody else. */

#include "base/table.h"

#include "base/heap.h"
#include "base/limits.h"
#include "base/slots.h"
#include "daemon/core/core.h"

/*
 * An open case: small, of one size, in a slot array keyed by its id.
 *
 * Invariants (core_check):
 *  1. QUEUED: in its department's queue, holder 0. 2. OFFERED: in a worker's list or, after a restart, the
 * orphans', holder and epoch not 0. 3. TAKEN under process custody: like OFFERED. TAKEN under department
 * custody: in no list.
 *  4. TRIAGE: department NONE. Every other state: a department. 5. ANSWERED: in no list, no timer, still
 * dirty.
 *  6. The wall heap holds the case's next rung, the mono heap its lease; neither holds anything else.
 *  7. A department's counts are those of its cases. 8. Where a department has a queued case and a worker that
 * may be offered one, the department is pending.
 */
struct case_record {
	uint64_t id;
	struct instant received;
	struct instant due;
	struct instant taken;
	struct instant answered;
	uint64_t holder;
	uint32_t list_previous; /* slots of the list it is in: a queue, a worker's, the orphans' */
	uint32_t list_next;
	uint32_t epoch;
	uint32_t due_version;
	int32_t due_date;
	uint16_t within;     /* roster index of the text, NAME_NONE: the class has no deadline */
	uint16_t department; /* roster index, or DEPARTMENT_NONE */
	uint16_t portal;     /* roster index of the name */
	uint16_t holder_name;
	uint16_t class; /* roster index of the name */
	uint16_t fired;
	uint8_t state;
	uint8_t losses;
	uint8_t returns;
	uint8_t texts;
	uint8_t rung_reached;
	uint8_t reply_kind;
	uint8_t flags;		    /* enum case_flag */
	struct digest reply_digest; /* of the department's last text: tells a repeat from a second one */
};

static_assert(sizeof(struct case_record) <= 128, "the whole of an open case (docs/ARCHITECTURE.md)");

enum case_flag {
	CASE_PROVISIONAL = 1 << 0,
	CASE_FINAL = 1 << 1,
	CASE_PROCESS = 1 << 2,
	CASE_REMINDED = 1 << 3,
	CASE_DIRTY = 1 << 4,
	CASE_OVERDUE = 1 << 5, /* counted in its department's and the total's overdue */
};

#define DEPARTMENT_NONE UINT16_MAX
#define NAME_NONE	UINT16_MAX

/* A list of cases through list_previous and list_next. */
struct case_list {
	uint32_t head;
	uint32_t tail;
	uint32_t count;
};

#define CASE_LIST_EMPTY ((struct case_list){SLOT_NONE, SLOT_NONE, 0})

struct worker;

struct department {
	char id[DEPARTMENT_ID_SIZE_MAX + 1];
	const struct profile_department *in_profile; /* NULL: only running cases name it */
	struct case_list queue;
	uint32_t offered;
	uint32_t taken;
	uint32_t overdue;
	bool draining;
	bool pending;
	struct worker **workers; /* in the order of their READY; next_worker is whose turn it is */
	uint32_t workers_count;
	uint32_t next_worker;
};

struct worker {
	uint64_t peer;
	uint64_t holder;
	uint32_t id; /* small number in the workers' heap */
	char principal[PRINCIPAL_NAME_SIZE_MAX + 1];
	uint32_t credit;
	bool process_custody;
	bool ended; /* its cases are being requeued; then it is freed */
	bool blame;
	struct case_list cases;
	uint32_t offers;
	struct mono heard;
	struct mono rests_until; /* a worker that let leases run out waits longer each time */
	uint32_t expiries;
	uint16_t *departments;
	struct span *department_ids;
	uint32_t departments_count;
	UT_hash_handle by_peer;
	UT_hash_handle by_holder;
};

/* Names met: portals, classes, workers' principals. Never removed: they are few and cases refer to them by
 * index. */
struct name {
	char text[PRINCIPAL_NAME_SIZE_MAX + 1];
	int64_t tokens_us; /* a portal's allowance: one message costs 60 s / messages_per_minute */
	struct mono refilled;
};

static_assert(CLASS_NAME_SIZE_MAX <= PRINCIPAL_NAME_SIZE_MAX, "names share one table");

struct core {
	struct core_options options;
	struct slots *cases;
	struct heap *wall;  /* next rung of each case slot */
	struct heap *mono;  /* lease, or grace after a restart, of each case slot */
	struct heap *beats; /* of each worker id: when it is lost, or may be offered again */
	struct department *departments;
	uint32_t departments_count;
	uint16_t *pending; /* departments to look at, first in first out */
	uint32_t pending_head, pending_count;
	struct name *names;
	uint32_t names_count;
	struct worker *workers_by_peer;
	struct worker *workers_by_holder;
	struct worker *workers_by_id[WORKERS_MAX];
	uint32_t workers_count;
	uint32_t ended_count;
	struct case_list orphans; /* held by processes not heard of since the restart */
	uint32_t *dirty;
	uint32_t dirty_count, dirty_capacity, dirty_taken;
	uint32_t answered_kept; /* answered cases not yet forgotten */
	uint32_t triage_count;
	uint32_t overdue_count;
	bool draining;
	uint32_t recompute_at; /* slot from which due moments are to be recomputed; SLOT_NONE: none */
	struct digest workdays_digest;
	struct clock_guard clock;
};

/* case_table.c */
struct case_record *case_at(const struct core *self, uint32_t slot);
struct case_record *case_find(const struct core *self, int64_t case_id, uint32_t *ret_slot);
void case_move(struct core *self, uint32_t slot, enum case_state to);
void case_touch(struct core *self, uint32_t slot);
void case_list_push_back(struct core *self, struct case_list *list, uint32_t slot);
void case_list_push_front(struct core *self, struct case_list *list, uint32_t slot);
void case_list_remove(struct core *self, struct case_list *list, uint32_t slot);
void case_to_row(const struct core *self, const struct case_record *record, struct case_row *ret_row);

/* roster.c */
uint16_t roster_department(
	struct core *self, struct span id); /* makes it if it is new; empty: DEPARTMENT_NONE */
uint16_t roster_find_department(const struct core *self, struct span id);
struct span roster_department_id(const struct core *self, uint16_t department);
uint16_t roster_name(struct core *self, struct span name); /* empty: NAME_NONE */
struct span roster_name_text(const struct core *self, uint16_t name);
void roster_pend(struct core *self, uint16_t department);
uint64_t roster_holder(struct span principal, int64_t incarnation);
/* One that ended is found no more by its peer, nor in its departments; by its holder until it is freed. */
struct worker *roster_by_peer(const struct core *self, uint64_t peer);
struct worker *roster_by_holder(const struct core *self, uint64_t holder);
/* The worker whose turn it is to be offered a case of this department, or NULL. Does not advance the turn. */
struct worker *roster_pick(const struct core *self, uint16_t department, struct mono now);
void roster_picked(struct core *self, uint16_t department, const struct worker *worker);
void roster_watch(struct core *self, struct worker *worker); /* sets its place in the heap of beats */
void roster_free_worker(struct core *self, struct worker *worker);
void roster_rest(struct core *self, struct worker *worker, struct mono now); /* after an expired lease */
/* True if the worker whose beat came up is lost; otherwise watches on. */
bool roster_lost(struct core *self, struct worker *worker, struct mono now);

/* ladder.c */
#define LADDER_REMINDER 0 /* bit 0 of `fired`; rung n has bit n */
/* The earliest rung not yet fired: its number and moment; false when none is left. */
bool ladder_next(const struct core *self, const struct case_record *record, uint32_t *ret_rung,
	struct instant *ret_moment);
void ladder_schedule(struct core *self, uint32_t slot);

/* clock.c */
void clock_start(struct clock_guard *guard, struct moment now, const struct clock_past *past);

/* decision.c */
void decision_init(struct decision *self, enum verdict verdict);
struct record *decision_add(struct decision *self, enum record_kind kind, struct moment now, int64_t case_id);
void decision_portal_stream(struct decision *self, struct record *record, struct span portal);
void decision_of_case(struct decision *self, const struct case_record *record);

/* decide_submit.c: takes the cost of one message from a portal's purse. */
void submit_pay(struct core *self, uint16_t portal, struct mono now);

/* decide_due.c, ladder.c: one decision each, false when there is none */
bool decide_lost(struct core *self, struct moment now, struct decision *ret_decision);
bool decide_lease(const struct core *self, struct moment now, struct decision *ret_decision);
bool decide_offer(struct core *self, struct moment now, struct decision *ret_decision);
bool decide_recompute(struct core *self, struct moment now, struct decision *ret_decision);
bool decide_rung(
	const struct core *self, struct moment now, struct instant until, struct decision *ret_decision);

#endif
