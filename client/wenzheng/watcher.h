#ifndef WENZHENG_WATCHER_H
#define WENZHENG_WATCHER_H

#include <wenzheng/wenzheng.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * An office that hears what happens: the supervisor (督查: escalations, reminders), triage (分办: cases that
 * no department owns), an operator (alarms). Triage also rules.
 *
 * Streams belong to the principal, not to the process: several watchers of one principal all get every event,
 * and what one of them has SEEN none gets again.
 */
struct wz_watcher;

/* As wz_portal_new. The watch starts with wz_watcher_watch. */
WZ_EXPORT enum wz_outcome wz_watcher_new(const struct wz_connection_options *options,
	struct wz_watcher **ret_watcher, struct wz_error *ret_error);
WZ_EXPORT void wz_watcher_destroy(struct wz_watcher **self);
WZ_EXPORT const struct wz_error *wz_watcher_error(const struct wz_watcher *self);
WZ_EXPORT void wz_watcher_standing(const struct wz_watcher *self, struct wz_standing *ret_standing);

/* As wz_portal_watch and wz_portal_seen. */
WZ_EXPORT void wz_watcher_watch(struct wz_watcher *self, int64_t cursor);
WZ_EXPORT void wz_watcher_seen(struct wz_watcher *self, int64_t cursor);

/* The next event: WZ_OK, WZ_TIMEOUT, WZ_WOKEN, WZ_KEY_REFUSED, WZ_ERROR (the WATCH was refused), WZ_FATAL. */
WZ_EXPORT enum wz_outcome wz_watcher_next(
	struct wz_watcher *self, int64_t timeout_ms, struct wz_event *ret_event);

enum wz_ruling {
	WZ_RULING_USUAL, /* final if the case was returned before */
	WZ_RULING_FINAL, /* the department may not return it */
	WZ_RULING_OPEN
};

/* For triage: gives a case at triage to a department. Waits; WZ_OK, WZ_TIMEOUT, WZ_KEY_REFUSED, WZ_ERROR
 * ("wrong-state": it is not at triage), WZ_INVALID, WZ_FULL, WZ_FATAL. */
WZ_EXPORT enum wz_outcome wz_watcher_assign(struct wz_watcher *self, const char *case_number,
	const char *department, const char *reason, enum wz_ruling ruling, int64_t timeout_ms);

/* As wz_portal_finish. */
WZ_EXPORT enum wz_outcome wz_watcher_finish(struct wz_watcher *self, int64_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
