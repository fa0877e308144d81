#ifndef WENZHENG_HOST_LOG_EVENTS_H
#define WENZHENG_HOST_LOG_EVENTS_H

#include <stdint.h>

#include "daemon/shell/io.h"

/*
 * Everything the daemon logs: the shell's events (enum log_event) and, after them, the host's own. Each has a
 * MESSAGE_ID for ever, by which the system journal's catalog explains it (systemd/wenzheng*.catalog) and
 * rules of an operator know it; docs/OPERATIONS.md §11 lists them. A unit test holds the three against each
 * other.
 */
enum host_event {
	HOST_LISTENING = LOG_EVENT_END,
	HOST_STORE_KEPT,
	HOST_LABORATORY,
	HOST_CHAIN_HEAD,
	HOST_RELOADED,
	HOST_NOT_RELOADED,
	HOST_TURNED_AWAY,
	HOST_STOPPING,
	HOST_NOT_CONFIGURED,
	HOST_STORE_REFUSED,
	HOST_NOT_OPENED,
	HOST_FAILED,
	HOST_LEFT_OUT,
	HOST_JOURNAL_FULL,
	HOST_EVENT_END
};

/* What an event may say beside its words. In the journal each is a field of this name. */
enum logged {
	LOGGED_CASE,
	LOGGED_DEPARTMENT,
	LOGGED_PORTAL,
	LOGGED_PRINCIPAL,
	LOGGED_RUNG,
	LOGGED_OPEN,  /* how many cases are */
	LOGGED_TEXT,  /* its number in the case */
	LOGGED_CODE,  /* of the ERROR that a request was answered with */
	LOGGED_ERROR, /* a sentence about our files, never about what was sent to us */
	LOGGED_ZONE,
	LOGGED_ENDPOINT,
	LOGGED_ADDRESS,
	LOGGED_KEY, /* its fingerprint */
	LOGGED_RECORDS,
	LOGGED_HEAD,
	LOGGED_LEFT_OUT,   /* how many */
	LOGGED_LEFT_EVENT, /* of which event */
	LOGGED_HOLDER,	   /* who holds the socket for us */
	LOGGED_FILE,
	LOGGED_END
};

#define LOGGED(field) (UINT32_C(1) << LOGGED_##field)

struct log_event_info {
	const char *id;	  /* MESSAGE_ID: 32 hexadecimal digits */
	const char *name; /* EVENT */
	int level;	  /* PRIORITY, as syslog's */
	/*
	 * Lines a second that one principal (or all who have no name, together) may cause; 0: no limit, for
	 * nobody outside can cause it at will.
	 */
	unsigned per_second;
	uint32_t fields; /* LOGGED(…) of what it may say */
	/* MESSAGE: {FIELD} is replaced by its value; fields that are not named follow as name=value. */
	const char *text;
};

const struct log_event_info *log_event_info(unsigned event);
const char *logged_name(enum logged field);

#endif
