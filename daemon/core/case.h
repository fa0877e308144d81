#ifndef WENZHENG_CORE_CASE_H
#define WENZHENG_CORE_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/instant.h"
#include "base/span.h"

/*
 * The life of a case.
 *
 *	        SUBMIT, a rule decides                 ASSIGN
 *	     ┌──────────────────────────► QUEUED ◄────────────────┐
 *	 (accepted)                        │  ▲                    │
 *	     │                       offer │  │ lease over, BYE,   │
 *	     │                             ▼  │ worker lost, start │
 *	     │                           OFFERED ── RETURN, FAIL ──┤
 *	     │ no rule                     │      or 5 losses      │
 *	     │                        TAKE │                       │
 *	     │                             ▼       RETURN, FAIL    │
 *	     └──────────► TRIAGE ◄────── TAKEN ────────────────────┘ (to TRIAGE)
 *	                                   │ ▲ interim REPLY
 *	                                   │ └── TAKEN; process custody lost: QUEUED
 *	                     REPLY (final, │
 *	                     refusal)      ▼
 *	                                ANSWERED
 *
 * A case whose department has left the profile may be assigned from QUEUED and TAKEN too, by way of TRIAGE.
 *
 * The deadline runs in every state but ANSWERED. case_state_may (case_state.c) is the table of these edges;
 * case_move is the only assignment to a state and asserts it.
 */
enum case_state {
	CASE_NONE, /* not accepted yet */
	CASE_TRIAGE,
	CASE_QUEUED,
	CASE_OFFERED,
	CASE_TAKEN,
	CASE_ANSWERED,
	CASE_STATE_END
};

/* "triage", "queued", …; and back: false for a word that is none. */
const char *case_state_name(enum case_state state);
bool case_state_parse(struct span name, enum case_state *ret_state);
bool case_state_may(enum case_state from, enum case_state to);

/*
 * A case as the store keeps it, one row, and as verify compares it. Texts are borrowed: from the core's
 * roster when the core made the row, from the store's statement when the store did (valid until its next
 * call).
 */
struct case_row {
	int64_t case_id;
	enum case_state state;
	struct span portal;
	struct span message_id; /* only in rows read from the store; the core does not hold it */
	struct span department; /* empty: triage */
	struct span class;
	struct span within;
	struct instant received;
	struct instant due; /* INSTANT_NEVER: none */
	int32_t due_date;
	int64_t due_version; /* 1 and up */
	bool provisional;
	int64_t fired;	      /* bit 0: reminder, bit n: rung n; of this due_version */
	int64_t rung_reached; /* the highest rung ever fired, of any due_version */
	bool reminded;	      /* ever */
	int64_t epoch;
	int64_t holder;		 /* offer or process custody; 0: none */
	struct span holder_name; /* the principal of the last offer or take */
	bool process_custody;
	bool final_ruling;
	int64_t losses;
	int64_t returns;
	int64_t texts;		    /* ordinals 1…texts are taken */
	struct instant taken;	    /* us 0: never */
	struct instant answered;    /* us 0: not yet */
	int64_t reply_kind;	    /* of the last reply; 0: none */
	struct digest reply_digest; /* of the last text a department sent: reply, or reason of a return or
				       failure */
};

/* Can a stored row be a case's? Its numbers and texts are then within what the protocol and the core hold. */
bool case_row_is_sound(const struct case_row *row);

/* And may the core go on from it (core_load)? Its state, department, holder and term then fit together. */
bool case_row_is_open(const struct case_row *row);

/* Case numbers: YYYYMMDD-NNNNNN-C with C after ISO 7064 MOD 11,10; the id is the 14 digits as a number. */
#define CASE_NUMBER_SIZE 18 /* 17 characters and NUL */

/* Is there a case number for this id? Ask it of what another wrote before it is printed. */
bool case_number_is_plausible(int64_t case_id);
int64_t case_number_id(int year, int month, int day, int64_t sequence);
void case_number_print(int64_t case_id, char ret_text[static CASE_NUMBER_SIZE]);

/* False unless it is well formed and its check digit is right. */
bool case_number_parse(struct span text, int64_t *ret_case_id);

#endif
