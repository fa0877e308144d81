#ifndef WENZHENG_TESTS_TRIAL_H
#define WENZHENG_TESTS_TRIAL_H

#include "tests/torture/faults.h"

/*
 * A trial: a scene is played in a child process while one call of it fails, and its end is judged. Whatever
 * fails, the end is one of these: it went right; it was refused with words for a person; the process ended
 * itself by an assertion that says where. Anything else is bad: another signal, a hang, an end without a
 * word, memory or descriptors kept by a refusal, a result that is wrong, and above all something that was
 * promised and is not there when the next process looks.
 */
enum outcome { OUTCOME_NONE, OUTCOME_DONE, OUTCOME_REFUSED, OUTCOME_WRONG };

/* Where scenes are played. `base` holds what is made once, `folder` is empty at each trial's start. */
struct place {
	char base[128];
	char folder[160];
	char store[192];
	char config[160];
};

/* In memory shared with the driver; lives through all processes of one trial. */
struct report {
	struct fault_trace trace;
	enum outcome outcome;
	char text[768]; /* why refused or wrong */
	int64_t acknowledged;
	int64_t answered;
	int64_t blocks; /* more than at the start, after the end */
	int descriptors;
	char port[64]; /* what a scene's processes tell one another */
};

struct scene {
	const char *name;
	unsigned families; /* bits 1 << enum fault_family */
	bool has_threads;  /* the number of calls differs from one trial to the next */
	/* Once, before all trials, in the driver. May be NULL. */
	void (*prepare)(struct place *place);
	/* In a child, under faults. */
	enum outcome (*play)(const struct place *place, struct report *report);
	/* In another child and without faults: whether what was promised is there. May be NULL. */
	enum outcome (*check)(const struct place *place, struct report *report);
	/* In a child between the two, under another fault: the next process's start. May be NULL. */
	enum outcome (*recover)(const struct place *place, struct report *report);
};

extern const struct scene scene_store, scene_codec, scene_wire, scene_configuration, scene_shell,
	scene_daemon;

/* For scenes. They return what they are named after. */
enum outcome report_refused(struct report *self, const char *text);
__attribute__((format(printf, 2, 3))) enum outcome report_wrong(struct report *self, const char *format, ...);

/* Number n was promised to somebody. False, and a wrong result, if a sync failed before: no promise may
 * follow it. */
bool report_acknowledge(struct report *self, int64_t n);

enum trial_end { TRIAL_DONE, TRIAL_REFUSED, TRIAL_ABORTED, TRIAL_BAD, TRIAL_END };

struct trial {
	enum trial_end end;
	uint64_t calls; /* of the family */
	bool struck;	/* the fault came */
	char first[32]; /* where first */
	char why[768];	/* of the end: what it said last */
};

struct trials;

/* Makes the folder and prepares the scene. */
struct trials *trials_new(const struct scene *scene);
void trials_destroy(struct trials **self);

/* `recovery` NULL: without a fault in the next process's start. */
void trials_run(struct trials *self, const struct fault_plan *plan, const struct fault_plan *recovery,
	struct trial *ret_trial);

/* Calls of the recovery in the last trial. */
uint64_t trials_recovery_calls(const struct trials *self);

#endif
