#ifndef WENZHENG_CLIENT_SESSION_H
#define WENZHENG_CLIENT_SESSION_H

#include "client/requests.h"
#include "proto/message.h"

/*
 * One side of a conversation with the daemon, without any I/O: frames and the time go in, frames and results
 * come out. What portals, workers and watchers have in common is here; session_worker.h and session_watch.h
 * build on it.
 *
 *	        up (a manner that greets)            greeted
 *	DOWN ──────────────────────────► GREETING ──────────► OPEN
 *	 ▲ └──────────────────────────────────│────────────────►│ up (no greeting needed)
 *	 │ down                               │ ▲   "not-ready", │
 *	 └────────────────────────────────────┴─┴───greet again ─┘
 *
 * Nothing but the greeting is sent while GREETING; what waits goes out once OPEN. A refused greeting is said
 * again after GREETING_RETRY_US.
 */
enum session_state { SESSION_DOWN, SESSION_GREETING, SESSION_OPEN };

#define GREETING_RETRY_US (30 * US_PER_S) /* an operator may set right what was refused */
#define BEATS_SILENT_MAX  3		  /* heartbeats without a word from the daemon: connect anew */
#define RESULTS_PUSHED_MAX                                                               \
	4096 /* notices that nobody fetches are dropped beyond this; HELD tells the same \
	      */

enum result_type {
	RESULT_ANSWER,	    /* to the request `ticket` */
	RESULT_REFUSED,	    /* likewise: an ERROR */
	RESULT_PUSHED,	    /* OFFER, NOTICE, EVENT */
	RESULT_GREETED,	    /* the answer to our greeting */
	RESULT_TURNED_AWAY, /* the ERROR to our greeting */
	RESULT_COMPLAINT    /* an ERROR about nothing we know of */
};

/* Something for the owner. `message` points into `map`. */
struct result {
	enum result_type type;
	int64_t ticket;
	struct buffer map;
	struct message message;
	struct result *prev, *next;
};

void result_destroy(struct result **self);

struct session;

/* What a kind of session does in its own way. */
struct session_manner {
	enum kind greeting; /* READY, WATCH */
	/* Does it greet now? */
	bool (*greets)(const struct session *session);
	/* Writes the fields of the greeting but req. */
	void (*write_greeting)(const struct session *session, struct writer *writer);
	/* The greeting was answered. True: the owner wants to know. */
	bool (*greeted)(struct session *session, const struct message *answer);
	/* Something came unasked. True: it is for the owner. */
	bool (*pushed)(struct session *session, const struct message *message);
	/* A request with PURPOSE_ROUTINE was answered, by an ERROR too. */
	void (*routine_answered)(
		struct session *session, const struct request *request, const struct message *answer);
};

enum purpose {
	PURPOSE_OWNER,	  /* its answer is the owner's */
	PURPOSE_GREETING, /* the session's own, as the next ones */
	PURPOSE_ROUTINE
};

struct session {
	const struct session_manner *manner;
	enum session_state state;
	int64_t resend_us;
	int64_t beat_us; /* 0: none; set by the manner */
	struct requests requests;
	struct result *results;
	uint32_t results_count;
	struct request *next; /* what session_frame showed last; NULL: a BEAT */
	struct mono said;     /* when the last frame went out on this connection */
	struct mono asked;    /* when the first one went out since we last heard of the daemon; MONO_NEVER */
	struct mono now;      /* of the call under way */
	bool revoked;	      /* the key was struck off: only a new connection can tell more */
	char trouble[33];     /* code of the last BUSY or refused greeting that still stands */
	char trouble_text[160];
	bool turned_away;
	struct buffer scratch;
};

void session_init(struct session *self, const struct session_manner *manner, int64_t resend_us);
void session_deinit(struct session *self);

/* A connection stands, or is gone. */
void session_up(struct session *self, struct mono now);
void session_down(struct session *self);

/* A message came, of any frames. */
void session_receive(struct session *self, struct mono now, struct span kind_frame, struct span map_frame);

/* Does what is due by now. */
void session_tick(struct session *self, struct mono now);

/* When session_tick has something to do, or session_frame something new, if nothing happens before. */
struct mono session_wakeup(const struct session *self);

/* The next frames to send now; false: none. The spans live until the next call. session_sent says that they
 * went out; without it they are shown again. */
bool session_frame(struct session *self, char ret_kind[static KIND_FRAME_SIZE], struct span *ret_kind_frame,
	struct span *ret_map_frame);
void session_sent(struct session *self, struct mono now);

/* Silent for too long, or struck off: the connection is to be made anew. */
bool session_is_stalled(const struct session *self, struct mono now);

/* Says READY or WATCH (again), as the manner wants it now. */
void session_greet(struct session *self);

/*
 * A new request: writes `req`, then the caller writes the other fields and calls session_end. Returns its
 * ticket, which is its request number.
 */
int64_t session_begin(struct session *self, enum kind kind, enum purpose purpose, struct writer *ret_writer);
void session_end(struct writer *writer);

/* The request is given up: its answer will not be a result. */
void session_forget(struct session *self, int64_t ticket);

/* The oldest result, or the one of this ticket (not 0), or NULL; it is the caller's. */
struct result *session_take_result(struct session *self, int64_t ticket);

#endif
