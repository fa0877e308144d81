#ifndef WENZHENG_HOST_LOG_H
#define WENZHENG_HOST_LOG_H

#include "base/buffer.h"
#include "daemon/host/datagram.h"
#include "daemon/host/log_events.h"
#include "daemon/host/log_limit.h"

/*
 * One record an event: to the system journal with its fields, or to standard error as one line with the
 * journal's priority prefix (<4> and so on). The words come from log_events.c and the fields are names,
 * numbers and sentences about our own files: nothing a citizen or a department wrote can get here.
 *
 * The journal (systemd.io/JOURNAL_NATIVE_PROTOCOL) is spoken to if standard error is its own stream, which
 * $JOURNAL_STREAM tells: whoever has started the daemon by hand, or has no journal, reads standard error. It
 * is never waited for; records that it does not take are counted.
 */
struct log {
	int level_max; /* a syslog priority: less important records are not written */
	struct datagram journal;
	uint64_t lost; /* records the journal did not take */
	struct log_limit limit;
	struct buffer message, record;
};

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket" /* where systemd-journald listens */

struct log_options {
	const char *journal_stream; /* $JOURNAL_STREAM: device and inode, with a colon between; may be NULL */
	const char *journal_socket;
};

/* Writes everything until level_max is set. */
void log_init(struct log *self, const struct log_options *options);

/* Says what the limits have left out so far. */
void log_deinit(struct log *self);

struct log_record {
	unsigned event;			/* enum log_event or enum host_event */
	const char *values[LOGGED_END]; /* NULL: it does not say this. Others than its own are a bug. */
};

void log_write(struct log *self, struct mono now, const struct log_record *record);

/* An event of the shell. */
void log_write_entry(struct log *self, struct mono now, const struct log_entry *entry);

/* Once a turn: says what was left out in seconds that are over. */
void log_turned(struct log *self, struct mono now);

#endif
