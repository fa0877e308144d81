#ifndef WENZHENG_WORKERS_EXEC_WORKER_H
#define WENZHENG_WORKERS_EXEC_WORKER_H

#include "client/wenzheng/worker.h"
#include "workers/exec_run.h"
#include "workers/tool.h"

/*
 * Runs a command for every case that is offered to its departments, and says what came of it.
 *
 *	OFFER            slot free           confirmed             ends              confirmed, refused
 *	─────► OFFERED ────────────► TAKING ──────────► RUNNING ─────────► SAYING ─────────────────────► gone
 *	         │ void                │ refused         ▲   │ 75                         (the act)
 *	         ▼                     ▼                 │   ▼
 *	        gone                  gone              RESTING
 *
 * A slot is a case that is TAKING, RUNNING or SAYING. Offers that come while all slots are taken wait; if
 *their lease runs out they go elsewhere, and when a slot is free again the daemon is asked for new ones by
 *saying READY. What the departments hold when we start is run first; it needs no TAKE.
 *
 * SIGTERM, SIGINT: nothing new is begun; what runs has `grace_ms` to end and to be confirmed, then it is
 *killed and stays taken. A second signal ends the grace.
 */
#define EXEC_RESTING_MAX 256 /* cases that wait to be tried again; beyond it no new one is taken */

struct exec_options {
	struct tool *tool;
	struct wz_worker_options worker; /* credit: also how many commands run at once */
	char *const *arguments;
	int64_t timeout_ms;   /* of one run */
	int64_t retry_ms;     /* the first pause after a 75, doubled each time … */
	int64_t retry_ms_max; /* … up to this */
	int64_t grace_ms;
};

/* Returns the exit status. */
int exec_worker(const struct exec_options *options);

#endif
