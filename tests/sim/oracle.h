#ifndef WENZHENG_TESTS_SIM_ORACLE_H
#define WENZHENG_TESTS_SIM_ORACLE_H

/*
 * The oracle. It reads the journal as an outsider would, record after record as each becomes durable, and
 * knows the promises (docs/ARCHITECTURE.md §5), the judge's own calendar and its own rule of the clock;
 * nothing of the core's code. Every frame is held against it before it leaves.
 */

#include "daemon/core/record.h"
#include "daemon/rules/principals.h"
#include "tests/sim/judge_clock.h"

struct sim;
struct sim_peer;

enum life_state {
	LIFE_TRIAGE,
	LIFE_QUEUED,
	LIFE_OFFERED,
	LIFE_TAKEN,
	LIFE_ANSWERED,
};

#define LIFE_MOMENTS 4 /* the reminder and three rungs */

struct life {
	int64_t case_id;
	char portal[PRINCIPAL_NAME_SIZE_MAX + 1];
	char message_id[32];
	enum life_state state;
	bool routed;  /* its second record has come */
	bool contact; /* and its contact details */
	char department[DEPARTMENT_ID_SIZE_MAX + 1];
	int64_t epoch, holder;
	char holder_name[PRINCIPAL_NAME_SIZE_MAX + 1]; /* of the offer, or of the process that has it */
	bool process;
	int64_t taken_epoch; /* of the last TAKE */
	int64_t received, within_days, due, first_due;
	int32_t due_date;
	int64_t due_version;
	bool provisional;
	unsigned fired; /* of this version */
	bool timed;	/* moments are worked out for this due date, ladder and calendar */
	int64_t moments[LIFE_MOMENTS];
	int64_t losses, returns;
	bool final;
};

/* What stands in a principal's stream. */
struct oracle_event {
	int64_t seq, case_id, at, number;
	enum record_kind kind;
};

struct oracle_stream {
	char name[sizeof(STREAM_PORTAL_PREFIX) + PRINCIPAL_NAME_SIZE_MAX];
	struct oracle_event *events;
	uint32_t count, capacity;
};

#define ORACLE_STREAMS 5

struct oracle {
	struct life *lives;
	uint32_t count, capacity;
	int64_t last_seq, last_at;
	struct oracle_stream streams[ORACLE_STREAMS];
	uint32_t streams_count;
	bool draining;
	uint32_t drained; /* mask of departments */
	bool stopped;	  /* the store was full: nothing is written until a STARTED */
	struct judge_clock clock;
	uint64_t rungs, due_changes, parked, losses, returns, left_behind; /* how much was judged */
};

void oracle_deinit(struct oracle *self);

/* oracle_journal.c */
void oracle_read(struct sim *sim); /* what became durable since */
struct life *oracle_life(struct oracle *self, int64_t case_id);
struct life *oracle_life_of_number(struct oracle *self, struct span case_number);

/* oracle_time.c */
void oracle_restarted(struct sim *sim); /* a process begins with what is durable and the clock as it is */
void oracle_begun(struct sim *sim);	/* it writes: a full disk may have put that off */
void oracle_clock_record(struct sim *sim, const struct record *record);
void oracle_accepted(struct sim *sim, struct life *life, const struct record *record);
void oracle_due(struct sim *sim, struct life *life, const struct record *record);
void oracle_rung(struct sim *sim, struct life *life, const struct record *record);
int64_t oracle_next_moment(const struct sim *sim); /* of any ladder, by the wall; INT64_MAX: none */
void oracle_reconfigured(struct sim *sim);
void oracle_turned(struct sim *sim); /* after a turn that succeeded */

/* oracle_frames.c */
void oracle_frame(struct sim *sim, struct sim_peer *peer, struct span kind_frame, struct span map_frame);
struct oracle_stream *oracle_stream_of(struct sim *sim, const struct sim_peer *peer);
/* The event before this one in the peer's stream, 0: none. Fails if the event is not in it. */
int64_t oracle_event_before(struct sim *sim, const struct sim_peer *peer, int64_t cursor);

/* oracle_settled.c */
void oracle_rows(struct sim *sim); /* the rows are what the journal makes them */
void oracle_settled(struct sim *sim);

#endif
