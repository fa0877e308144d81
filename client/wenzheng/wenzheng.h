#ifndef WENZHENG_WENZHENG_H
#define WENZHENG_WENZHENG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * libwenzheng: how portals, departments and offices talk to wenzhengd over WZP/1 (PROTOCOL.md).
 *
 *	<wenzheng/portal.h>	a portal: submits citizens' messages, hears what became of them, asks
 *	<wenzheng/worker.h>	a department: is offered cases, takes, answers or gives them back
 *	<wenzheng/watcher.h>	an office: supervisor, triage, operator; hears its events, assigns
 *
 * What every one of them does by itself: it connects and connects again; sends again, under the same request
 * number, what was not answered by a new connection or within `resend_ms`; waits and comes back when the
 * daemon says BUSY; says READY or WATCH again after a daemon's restart. Every request of WZP/1 may come twice
 * without harm, so a request that is given up (WZ_TIMEOUT) may or may not have been done, and asking for the
 * same thing again is always right.
 *
 * Threads: there are none of the library's own that you would see, and so nothing happens outside your calls:
 * connections, heartbeats and resends live inside the functions that take a timeout. An object belongs to one
 * thread at a time; objects know nothing of each other. Nothing survives a fork: make them in the child.
 *
 * Texts are UTF-8 without control characters (bodies, replies and reasons may have tab, LF and CR) and end in
 * NUL. Texts given to you belong to the object and live until the next call with that object; NULL means
 * absent. Times are microseconds since 1970-01-01T00:00:00Z; WZ_NO_TIME means absent. Timeouts are
 * milliseconds; 0 only looks, WZ_FOR_EVER has no end. Limits are those of the protocol: title 512 bytes,
 * body 32 KiB, reply 64 KiB, reason 2 KiB, a message's id 128 bytes, category and region 64.
 *
 * When the system has no memory left, the process is aborted: half a state is worse than a restart.
 */
#if defined(__GNUC__)
#define WZ_EXPORT __attribute__((visibility("default")))
#else
#define WZ_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define WZ_NO_TIME   ((int64_t)-1)
#define WZ_NO_NUMBER ((int64_t)-1)
#define WZ_FOR_EVER  ((int64_t)-1)

enum wz_outcome {
	WZ_OK = 0,
	WZ_TIMEOUT = 1,	    /* the time is over; `obstacle` says what stood in the way */
	WZ_WOKEN = 2,	    /* `wake_fd` is readable */
	WZ_KEY_REFUSED = 3, /* the daemon does not admit this key here. Not final: the key may be added there
			       at any time, and the next call with a timeout goes on trying */
	WZ_ERROR = 4,	    /* the daemon refused the request: `code`, `text`, `field` say why */
	WZ_INVALID = 5,	    /* what you handed in breaks a limit or rule named in `field`; nothing was sent */
	WZ_FULL = 6,	    /* WZ_IN_FLIGHT_MAX requests wait for answers already; nothing was sent */
	WZ_FATAL = 7	    /* the system failed underneath; destroy the object */
};

/* What stands between you and an answer, now. */
enum wz_obstacle {
	WZ_OBSTACLE_NONE = 0,
	WZ_OBSTACLE_NO_CONNECTION = 1, /* nobody answers at the endpoint */
	WZ_OBSTACLE_WRONG_SERVER =
		2,		     /* somebody does, and does not hold the server key, or is no wenzhengd */
	WZ_OBSTACLE_KEY_REFUSED = 3, /* the daemon does not admit this key here */
	WZ_OBSTACLE_NOT_ADMITTED = 4, /* it refused our READY or WATCH; it is asked again every half minute */
	WZ_OBSTACLE_BUSY = 5,	      /* it asked us to come back later, and we will */
	WZ_OBSTACLE_NO_ANSWER = 6     /* connected, and the answer is not there yet */
};

#define WZ_CODE_SIZE 33
#define WZ_TEXT_SIZE 512

/* Why the last call did not give WZ_OK. */
struct wz_error {
	enum wz_outcome outcome;
	enum wz_obstacle obstacle; /* of WZ_TIMEOUT */
	char code[WZ_CODE_SIZE]; /* of WZ_ERROR: "conflict", "stale", … (PROTOCOL.md); of a BUSY: "disk", … */
	char field[WZ_CODE_SIZE]; /* the field it is about; "" if none */
	char text[WZ_TEXT_SIZE];  /* one sentence for a person, in English */
	int64_t retry_ms;	  /* of a BUSY: when the daemon wants to be asked again */
	int64_t epoch;		  /* of "stale": the current one; else WZ_NO_NUMBER */
	char state[WZ_CODE_SIZE]; /* of "stale" and "wrong-state": the case's state; else "" */
};

struct wz_standing {
	enum wz_obstacle obstacle; /* WZ_OBSTACLE_NONE: connected and admitted */
	uint32_t in_flight;	   /* requests that wait for their answer */
	char code[WZ_CODE_SIZE];   /* of the BUSY, or of the refusal of READY or WATCH */
	char text[WZ_TEXT_SIZE];   /* for a person */
};

#define WZ_IN_FLIGHT_MAX 1024
#define WZ_RESEND_MS	 10000 /* the usual `resend_ms` */

/*
 * Where and as whom to connect. All texts are copied. Keys are given as files (NAME.key holds the daemon's
 * public key, NAME.key_secret our own pair; `wenzhengctl keys new` makes them) or as Z85 texts of 40
 * characters.
 */
struct wz_connection_options {
	const char *endpoint; /* "tcp://host:5701" for portals, 5702 for workers, supervisors and triage */
	const char *server_key_file; /* or NULL and … */
	const char *server_key;	     /* … this */
	const char *key_file;	     /* or NULL and … */
	const char *public_key;	     /* … these two. Wipe the secret one after the call */
	const char *secret_key;
	/* The key file lies in a guarded place, as $CREDENTIALS_DIRECTORY; else others may not read it. */
	bool key_file_is_guarded;
	/* wz_…_next also ends when this descriptor is readable: a signalfd, an epoll. It stays yours; reading
	 * it is yours. -1: none. */
	int wake_fd;
	int64_t resend_ms; /* an unanswered request is sent again after so long; 0: WZ_RESEND_MS */
};

#define WZ_CONNECTION_OPTIONS                                    \
	{                                                        \
		NULL, NULL, NULL, NULL, NULL, NULL, false, -1, 0 \
	}

/* The version of the library in use, "1.2.3". */
WZ_EXPORT const char *wz_version(void);

/* A case, as far as the daemon told: of an offer, of a held case, of an answer to a question. */
struct wz_case {
	const char *case_number;
	int64_t epoch;		/* of the offer; goes with every act on the case; WZ_NO_NUMBER: not told */
	const char *state;	/* triage, queued, offered, taken, answered; NULL in an offer */
	const char *department; /* NULL: at triage */
	const char *title;
	const char *body;
	const char *category;
	const char *region;
	const char *portal;
	const char *class_name;
	int64_t received_us;
	int64_t due_us;	   /* the first instant that is too late; WZ_NO_TIME: the class has no deadline */
	bool provisional;  /* the due moment rests on a calendar that is not yet published */
	bool final_ruling; /* the department may not return it any more */
	bool reminded;	   /* the reminder has gone out */
	int64_t lease_ms;  /* of an offer: take it within this, or it is offered elsewhere */
	int64_t taken_us;
	int64_t answered_us;
};

/* Something that happened: an event of a stream, or a notice to a worker. What it does not concern is absent.
 */
struct wz_event {
	int64_t cursor;	  /* its place in the stream, rising, with gaps; WZ_NO_NUMBER in a notice */
	const char *name; /* "replied", "escalated", … (PROTOCOL.md). Pass over names you do not know */
	int64_t at_us;
	const char *case_number;
	const char *id; /* the portal's own id of the message */
	const char *department;
	const char *class_name;
	const char *portal;
	const char *title;
	int64_t received_us;
	int64_t due_us;
	bool provisional;
	int64_t due_version;
	int64_t epoch;
	int64_t rung; /* of "escalated": 1, 2, 3 … */
	int64_t fired_us;
	const char *reply;
	const char *reply_kind; /* interim, final, refusal */
	const char *reason;
	const char *rule;
	bool final_ruling;
	const char *state;
	const char *actor;
	const char *text;
};

/* Start a watch after the last event that was SEEN. */
#define WZ_CURSOR_STORED ((int64_t)-1)

#ifdef __cplusplus
}
#endif

#endif
