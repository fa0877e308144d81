#ifndef WENZHENG_PORTAL_H
#define WENZHENG_PORTAL_H

#include <wenzheng/wenzheng.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A portal (前台): hands citizens' messages in and hears what becomes of them.
 *
 *	struct wz_connection_options where = WZ_CONNECTION_OPTIONS;
 *	where.endpoint = "tcp://127.0.0.1:5701"; where.server_key_file = …; where.key_file = …;
 *	if (wz_portal_new(&where, &portal, &error) == WZ_OK &&
 *		wz_portal_submit(portal, &message, 30000, &receipt) == WZ_OK)
 *		printf("%s %s\n", receipt.case_number, receipt.query_code);
 */
struct wz_portal;

/* What a citizen wrote. `id` is the portal's own and names the message for ever: the same id with the same
 * content gives the same receipt, with other content the error "conflict". NULL for what is not known. */
struct wz_message {
	const char *id;	   /* required */
	const char *title; /* required, one line */
	const char *body;  /* required */
	const char *category;
	const char *region;
	const char *department; /* NULL: the daemon's rules decide */
	const char *class_name; /* NULL: likewise */
	/* How to reach the citizen, as text: the daemon seals it at once, shows it to no department, and
	 * cannot read it again. At most 1 KiB. */
	const char *contact;
};

/* The daemon has the message on stable storage. As of the moment of receipt, for ever the same. */
struct wz_receipt {
	const char *id;
	const char *case_number;
	const char *query_code; /* the citizen's secret: whoever has it may ask */
	const char *department; /* NULL: at triage */
	const char *class_name;
	int64_t received_us;
	int64_t due_us; /* WZ_NO_TIME: the class has no deadline */
	bool provisional;
};

struct wz_reply {
	int64_t at_us;
	const char *kind; /* interim, final, refusal */
	const char *reply;
	const char *reason; /* of a refusal */
	const char *department;
};

/* A case as its citizen may see it: no title and body. */
struct wz_dossier {
	struct wz_case head;
	const struct wz_reply *replies; /* oldest first; the newest that fit a frame */
	size_t replies_count;
};

/* Either `case_number` and `query_code`, through any portal, or the `id` of a message of our own. */
struct wz_question {
	const char *case_number;
	const char *query_code;
	const char *id;
};

struct wz_department {
	const char *id;
	const char *name;
	const char *signature; /* 署名: the name to show above its replies */
};

struct wz_directory {
	const struct wz_department *departments;
	size_t count;
	bool more; /* ask again with the last one's id for `after` */
};

enum wz_portal_news_type {
	WZ_PORTAL_RECEIPT, /* of the submission `ticket` */
	WZ_PORTAL_REFUSED, /* the submission `ticket` was refused: `error`; it is over */
	WZ_PORTAL_EVENT	   /* of the stream; wz_portal_seen when it is dealt with */
};

struct wz_portal_news {
	enum wz_portal_news_type type;
	uint64_t ticket;
	struct wz_receipt receipt;
	struct wz_event event;
	const struct wz_error *error;
};

/* Starts connecting, and does not wait for it. WZ_INVALID: an option or a key is wrong; WZ_FATAL. `ret_error`
 * is written when it is not WZ_OK. */
WZ_EXPORT enum wz_outcome wz_portal_new(const struct wz_connection_options *options,
	struct wz_portal **ret_portal, struct wz_error *ret_error);

/* Closes at once and sets the pointer to NULL. What was not answered may or may not be done. NULL is fine. */
WZ_EXPORT void wz_portal_destroy(struct wz_portal **self);

/* Why the last call with this object did not give WZ_OK. */
WZ_EXPORT const struct wz_error *wz_portal_error(const struct wz_portal *self);

WZ_EXPORT void wz_portal_standing(const struct wz_portal *self, struct wz_standing *ret_standing);

/*
 * Hands a message in and waits for the receipt: WZ_OK, WZ_TIMEOUT (it may have been accepted: submit the same
 * again to learn), WZ_KEY_REFUSED, WZ_ERROR (it is not and will not be accepted so), WZ_INVALID, WZ_FULL or
 * WZ_FATAL. Events that come meanwhile wait for wz_portal_next.
 */
WZ_EXPORT enum wz_outcome wz_portal_submit(struct wz_portal *self, const struct wz_message *message,
	int64_t timeout_ms, struct wz_receipt *ret_receipt);

/* The same without waiting, up to WZ_IN_FLIGHT_MAX at once: the receipt or refusal with this ticket comes out
 * of wz_portal_next, however long that takes. WZ_OK, WZ_INVALID or WZ_FULL. */
WZ_EXPORT enum wz_outcome wz_portal_send_submit(
	struct wz_portal *self, const struct wz_message *message, uint64_t *ret_ticket);

/* The next thing that concerns us: WZ_OK, WZ_TIMEOUT, WZ_WOKEN, WZ_KEY_REFUSED, WZ_ERROR (the WATCH was
 * refused), WZ_FATAL. */
WZ_EXPORT enum wz_outcome wz_portal_next(
	struct wz_portal *self, int64_t timeout_ms, struct wz_portal_news *ret_news);

/*
 * Lets events come, after `cursor` (0: from the very first) or after WZ_CURSOR_STORED, the last one that was
 * SEEN. Does not wait. After a new connection the stream goes on where this object had got to. At most 256
 * events come before they are SEEN.
 */
WZ_EXPORT void wz_portal_watch(struct wz_portal *self, int64_t cursor);

/* All events up to this cursor are dealt with: they will not come again to a watch from WZ_CURSOR_STORED.
 * Does not wait; it is sent within the next call with a timeout. */
WZ_EXPORT void wz_portal_seen(struct wz_portal *self, int64_t cursor);

/* Waits until nothing waits for an answer, SEEN included, and says BYE: WZ_OK, WZ_TIMEOUT, WZ_KEY_REFUSED,
 * WZ_FATAL. The object is then only good for destroying. */
WZ_EXPORT enum wz_outcome wz_portal_finish(struct wz_portal *self, int64_t timeout_ms);

/* Asks for a case: as wz_portal_submit. The error "not-found" does not say whether there is no such case or
 * the query code is wrong. */
WZ_EXPORT enum wz_outcome wz_portal_query(struct wz_portal *self, const struct wz_question *question,
	int64_t timeout_ms, struct wz_dossier *ret_dossier);

/* The departments one may name in a message, in pages: `after` is NULL at first. As wz_portal_submit. */
WZ_EXPORT enum wz_outcome wz_portal_directory(
	struct wz_portal *self, const char *after, int64_t timeout_ms, struct wz_directory *ret_directory);

#ifdef __cplusplus
}
#endif

#endif
