#ifndef WENZHENG_TESTS_UNIT_CLIENT_PEER_H
#define WENZHENG_TESTS_UNIT_CLIENT_PEER_H

#include "client/session.h"

/* The daemon's end of a session, by hand: what the session says, decoded, and what it is told. No sockets. */
struct peer {
	struct session *session;
	struct mono now;
	struct buffer said; /* the map of the last frame */
	struct message message;
	struct buffer answer;
	struct writer writer;
	enum kind answer_kind;
};

void peer_init(struct peer *self, struct session *session);
void peer_deinit(struct peer *self);

/* The next thing the session says now, in `message`; false: nothing. */
bool peer_hears(struct peer *self);

/* The session must say this now, and `req` is returned (-1: it has none). */
int64_t peer_expect(struct peer *self, enum kind kind);
void peer_expect_silence(struct peer *self);

/* begin, fields, end: the session receives it. */
struct writer *peer_begin(struct peer *self, enum kind kind, int64_t req);
void peer_end(struct peer *self);

void peer_error(struct peer *self, int64_t req, const char *code);
void peer_busy(struct peer *self, int64_t req, int64_t retry_ms);
void peer_confirm(struct peer *self, int64_t req);
void peer_confirm_cursor(struct peer *self, int64_t req, int64_t cursor);
void peer_event(struct peer *self, int64_t cursor);

/* The time goes on; the session does what is due. */
void peer_wait(struct peer *self, int64_t us);

/* The session has this result now, of this ticket (0: any). The caller destroys it. */
struct result *peer_result(struct peer *self, int64_t ticket, enum result_type type);
void peer_expect_no_result(struct peer *self);

#endif
