#ifndef WENZHENG_LAB_REPLAY_STATE_H
#define WENZHENG_LAB_REPLAY_STATE_H

#include "base/slots.h"
#include "lab/peer.h"
#include "lab/replay.h"

/* A replay on its way. Private to lab/replay*.c. */

#define REPLAY_ANSWER_MS 60000 /* a jump of the clock may fire thousands of timers */
#define REPLAY_ID_ROOM	 24    /* of a message id, for the line number before the file's own id */

/* What has become of one message. */
struct fate {
	uint64_t case_key; /* its case number's digits; 0: not accepted */
	uint32_t epoch;
	bool taken;
	bool answered;
	bool in_time;
	uint16_t fired; /* as the supervisor heard: bit 0 the reminder, bit n rung n */
	struct instant due;
};

/* Which message a case is: in slots, by case_key. */
struct case_slot {
	uint64_t key;
	uint64_t message;
};

struct replay {
	const struct replay_options *options;
	const struct input_message *messages;
	size_t count;
	struct fate *fates;
	struct slots *cases;
	struct peer *peers[SITE_ROLES];
	char department[DEPARTMENT_ID_SIZE_MAX + 1];
	char class[CLASS_NAME_SIZE_MAX + 1];
	uint32_t current;     /* the message being submitted or answered */
	unsigned outstanding; /* answers still to come before the next step */
	int64_t busy_ms;      /* the last SUBMIT was told to come again after so long; 0: it was not */
	struct instant now;
	struct instant next; /* the daemon's next timer */
	int64_t cursor;	     /* of the supervisor's stream */
	uint32_t mismatches; /* cases of which supervisor and daemon say different things */
	struct fault *fault;
};

/* Deals with all that has come and waits for more, `timeout_ms` at most; false with a fault. */
bool replay_turn(struct replay *self, int64_t timeout_ms);

/* Turns until no answer is outstanding. */
bool replay_settle(struct replay *self);

/* The digits of a case number as one number, and back. */
#define REPLAY_CASE_SIZE 18
uint64_t replay_case_key(struct span number);
void replay_case_print(uint64_t key, char ret_number[static REPLAY_CASE_SIZE]);

/* Compares what the supervisor heard with every case as the daemon has it, until they agree. */
bool replay_compare(struct replay *self);

#endif
