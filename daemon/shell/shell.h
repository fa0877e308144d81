#ifndef WENZHENG_SHELL_SHELL_H
#define WENZHENG_SHELL_SHELL_H

#include "base/digest.h"
#include "daemon/core/core.h"
#include "daemon/shell/counts.h"
#include "daemon/shell/io.h"
#include "daemon/store/store.h"

/*
 * The shell: one turn of the loop after another. It reads messages, hands the core events and facts, writes
 *its records to the store, commits once a turn, and sends only what is durable.
 *
 *	turn = step (due work, then a bounded number of messages) → commit → send
 *
 * The three are separate functions that carry the batch's number, so that a commit may one day run beside the
 *next batch's steps. A negative outcome is fatal: the process ends and the next one reads the store.
 */
struct shell;

struct shell_options {
	struct io *io;
	struct store *store; /* borrowed, as all below */
	const struct profile *profile;
	const struct principals *principals;
	const struct workdays *workdays;
	struct digest_key query_code_key; /* copied */
	int64_t disk_reserve;		  /* bytes; with less free, new messages get BUSY(disk) */
	const char *version;
};

/* Reads the store and voids the offers of the former life (RECORD_STARTED). 0, or negative: fatal. */
MUST_CHECK int shell_new(const struct shell_options *options, struct shell **ret_shell);
void shell_destroy(struct shell **self);

/* One turn. 0; negative: fatal. */
MUST_CHECK int shell_turn(struct shell *self);

/* Microseconds until shell_turn has something to do even if no message comes; INT64_MAX: nothing ever. */
int64_t shell_wait_us(const struct shell *self);

/* New configuration, for the machine's administrator. It is in force at once, and what was so until now must
 * live until the call is over; the next turn that writes journals what changed. */
void shell_configure(struct shell *self, const struct shell_configuration *configuration);

/* The orderly end: tells the workers, commits what is there, sends it. */
MUST_CHECK int shell_stop(struct shell *self);

/* The principal this key belongs to may connect to this zone now: the ZAP handler's question. */
bool shell_admits(const struct shell *self, enum zone zone, const uint8_t key[static PRINCIPAL_KEY_SIZE]);

struct shell_status {
	struct core_totals totals;
	struct instant now; /* the wall clock of the last turn, in a laboratory the virtual one */
	bool laboratory;
	bool clock_held;
	bool disk_low;
	bool stopped_writing; /* the disk was full, and there is no room yet */
};
struct shell_status shell_status(const struct shell *self);

/* How many working days the oldest open case has waited, its day of receipt not counted; -1: none is open.
 * One look into the store. 0, or negative: fatal. */
MUST_CHECK int shell_oldest_workdays(struct shell *self, int32_t *ret_workdays);

/* Lives as long as the shell, and changes with its turns. */
const struct shell_counts *shell_counts(const struct shell *self);

/* Its core, which changes with every turn, and is another one after a full disk: for figures, and for the
 * simulator, which checks invariants after every step. */
const struct core *shell_core(const struct shell *self);

#endif
