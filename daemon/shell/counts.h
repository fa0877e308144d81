#ifndef WENZHENG_SHELL_COUNTS_H
#define WENZHENG_SHELL_COUNTS_H

#include "base/histogram.h"
#include "base/limits.h"
#include "daemon/core/record.h"
#include "proto/message.h"

/*
 * What the shell counts while it turns, since the process began: for whoever watches the daemon. None of it
 * is needed to work, and none of it is stored; a restart begins at 0.
 */

/* Why BUSY, and its code on the wire. */
#define BUSY_CODES(X)                                                            \
	X(RATE, "rate")		/* more messages a minute than the portal may */ \
	X(DAY, "day")		/* the day's case numbers are used up */         \
	X(DRAINING, "draining") /* no new messages are taken */                  \
	X(WORKERS, "workers")	/* too many sessions */                          \
	X(WATCHERS, "watchers") /* too many connections watch */                 \
	X(DISK, "disk")		/* below the reserve, or full */

enum busy_code {
	BUSY_NONE,
#define X(name, text) BUSY_##name,
	BUSY_CODES(X)
#undef X
		BUSY_TOTAL
};

/* Asserts a code that is one. */
const char *busy_code_text(enum busy_code code);

/* Of what stands in the journal: a batch that was rolled back is not in it. */
struct counts_journaled {
	uint64_t records[RECORD_KIND_END];
	uint64_t rungs[RUNGS_MAX + 1]; /* by number; 0 is none */
	uint64_t answers_late;	       /* after their due moment */
	struct histogram takes;	       /* microseconds from acceptance to the first TAKE */
	struct histogram answers;      /* the calendar's working days from acceptance to the answer */
};

struct shell_counts {
	struct counts_journaled journaled;
	struct histogram receipts; /* microseconds from the beginning of the turn that read a message */
	uint64_t errors[ERROR_TOTAL];
	uint64_t busies[BUSY_TOTAL];
	uint64_t rollbacks; /* batches that found the disk full */
};

/* Microseconds of what takes a turn or a few: half a millisecond to ten seconds. */
extern const struct histogram_scale counts_scale_turn;

#endif
