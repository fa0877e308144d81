#ifndef WENZHENG_WORKER_H
#define WENZHENG_WORKER_H

#include <wenzheng/wenzheng.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A worker (承办端): a process that serves departments.
 *
 *	while (wz_worker_next(worker, WZ_FOR_EVER, &news) == WZ_OK)
 *		if (news.type == WZ_WORKER_OFFER &&
 *			wz_worker_take(worker, news.offer.case_number, news.offer.epoch, 10000) == WZ_OK)
 *			… answer it, today or in three days: wz_worker_reply(…)
 *
 * An offer is ours for its lease only: take it or let it go. A case that was taken is the department's, and
 * stays so when this process dies (WZ_CUSTODY_DEPARTMENT): a worker that starts asks what its departments
 * hold (wz_worker_held). Every act carries the epoch of the offer; the error "stale" means that the case has
 * been given to somebody else since: forget it.
 *
 * The daemon counts a worker as lost that it has not heard for three heartbeats (its profile says how long,
 * usually some seconds). Heartbeats go out inside the calls with a timeout: come back to wz_worker_next often
 * enough, with your own descriptors behind `wake_fd`.
 */
struct wz_worker;

enum wz_custody {
	WZ_CUSTODY_DEPARTMENT, /* any worker of the department may answer what one of them took */
	WZ_CUSTODY_PROCESS     /* only this process can: what it took is offered anew when it dies */
};

struct wz_worker_options {
	const char *const *departments; /* NULL: all that the key serves */
	size_t departments_count;
	int64_t credit; /* untaken offers we want to have at once, 1 to 1024 */
	enum wz_custody custody;
};

enum wz_act_type {
	WZ_ACT_TAKE,
	WZ_ACT_REPLY,
	WZ_ACT_RETURN, /* back to triage: it is not ours. Limited; not after a ruling ("return-limit") */
	WZ_ACT_FAIL    /* cannot be done by us: parked at triage, and an alarm */
};

enum wz_reply_kind {
	WZ_REPLY_FINAL,
	WZ_REPLY_INTERIM, /* the case stays ours, and its deadline stays */
	WZ_REPLY_REFUSAL  /* final, and needs a reason */
};

/* What we say of a case. Saying it twice does no harm. */
struct wz_act {
	enum wz_act_type type;
	const char *case_number;
	int64_t epoch;
	const char *reply;	       /* of WZ_ACT_REPLY */
	enum wz_reply_kind reply_kind; /* of WZ_ACT_REPLY */
	const char *reason;	       /* of WZ_ACT_RETURN and WZ_ACT_FAIL, and of a refusal */
};

/* The act is on stable storage. */
struct wz_confirm {
	const char *case_number;
	int64_t epoch;
	const char *state; /* taken, answered, triage */
	int64_t at_us;
};

struct wz_held {
	const struct wz_case *cases; /* without title and body, unless one was asked for by number */
	size_t count;
	const char *after; /* ask again with this for the next page; NULL: there is none */
};

enum wz_worker_news_type {
	WZ_WORKER_WELCOME, /* a connection stands and the daemon knows us, at first or anew. After a daemon's
			      restart untaken offers are void */
	WZ_WORKER_OFFER,   /* `offer`: take it within its lease_ms */
	WZ_WORKER_NOTICE, /* `notice.name`: "void" (an offer is withdrawn), "reminded", "due", "draining", …
			   */
	WZ_WORKER_CONFIRMED, /* the act `ticket` is done: `confirm` */
	WZ_WORKER_REFUSED    /* the act `ticket` is refused: `error`; it is over */
};

struct wz_worker_news {
	enum wz_worker_news_type type;
	uint64_t ticket;
	struct wz_case offer;
	struct wz_event notice;
	struct wz_confirm confirm;
	const struct wz_error *error;
	int64_t lease_ms; /* of WZ_WORKER_WELCOME, as the next two */
	int64_t heartbeat_ms;
	int64_t credit; /* may be less than was asked for */
};

/* As wz_portal_new. The worker says READY as soon as it is connected. */
WZ_EXPORT enum wz_outcome wz_worker_new(const struct wz_connection_options *options,
	const struct wz_worker_options *worker_options, struct wz_worker **ret_worker,
	struct wz_error *ret_error);
/* Closes at once; offers that we have go elsewhere when the daemon misses our heartbeat. NULL is fine. */
WZ_EXPORT void wz_worker_destroy(struct wz_worker **self);
WZ_EXPORT const struct wz_error *wz_worker_error(const struct wz_worker *self);
WZ_EXPORT void wz_worker_standing(const struct wz_worker *self, struct wz_standing *ret_standing);

/* Changes how many untaken offers we want; says READY again. 1 to 1024, else WZ_INVALID. */
WZ_EXPORT enum wz_outcome wz_worker_credit(struct wz_worker *self, int64_t credit);

/* The next thing that concerns us: WZ_OK, WZ_TIMEOUT, WZ_WOKEN, WZ_KEY_REFUSED, WZ_ERROR (the READY was
 * refused: "not-yours", "unknown-department"; it is said again every half minute), WZ_FATAL. */
WZ_EXPORT enum wz_outcome wz_worker_next(
	struct wz_worker *self, int64_t timeout_ms, struct wz_worker_news *ret_news);

/* Sends an act, without waiting: CONFIRMED or REFUSED with this ticket comes out of wz_worker_next, however
 * long that takes. WZ_OK, WZ_INVALID, WZ_FULL. */
WZ_EXPORT enum wz_outcome wz_worker_send(
	struct wz_worker *self, const struct wz_act *act, uint64_t *ret_ticket);

/* The same, and waits: WZ_OK, WZ_TIMEOUT (it may have been done: do it again to learn), WZ_KEY_REFUSED,
 * WZ_ERROR, WZ_INVALID, WZ_FULL, WZ_FATAL. What else comes meanwhile waits for wz_worker_next. */
WZ_EXPORT enum wz_outcome wz_worker_do(
	struct wz_worker *self, const struct wz_act *act, int64_t timeout_ms, struct wz_confirm *ret_confirm);

/* The four acts by name, waiting as wz_worker_do. */
WZ_EXPORT enum wz_outcome wz_worker_take(
	struct wz_worker *self, const char *case_number, int64_t epoch, int64_t timeout_ms);
WZ_EXPORT enum wz_outcome wz_worker_reply(struct wz_worker *self, const char *case_number, int64_t epoch,
	const char *reply, enum wz_reply_kind kind, const char *reason, int64_t timeout_ms);
WZ_EXPORT enum wz_outcome wz_worker_return(struct wz_worker *self, const char *case_number, int64_t epoch,
	const char *reason, int64_t timeout_ms);
WZ_EXPORT enum wz_outcome wz_worker_fail(struct wz_worker *self, const char *case_number, int64_t epoch,
	const char *reason, int64_t timeout_ms);

/* What our departments have taken and not answered, in pages (`after` NULL at first); waits, as wz_worker_do.
 */
WZ_EXPORT enum wz_outcome wz_worker_held(
	struct wz_worker *self, const char *after, int64_t timeout_ms, struct wz_held *ret_held);

/* One of them, with title and body. "not-yours" when our department does not hold it (any more). */
WZ_EXPORT enum wz_outcome wz_worker_held_case(
	struct wz_worker *self, const char *case_number, int64_t timeout_ms, struct wz_case *ret_case);

/* Waits until nothing waits for an answer and says BYE: our untaken offers go elsewhere at once, without
 * blame. WZ_OK, WZ_TIMEOUT, WZ_KEY_REFUSED, WZ_FATAL. The object is then only good for destroying. */
WZ_EXPORT enum wz_outcome wz_worker_finish(struct wz_worker *self, int64_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
