#ifndef WENZHENG_WORKERS_EXEC_STATE_H
#define WENZHENG_WORKERS_EXEC_STATE_H

#include "workers/exec_case.h"
#include "workers/exec_worker.h"

/* The inside of the exec worker, shared by exec_worker.c and exec_cases.c. */
struct exec_worker {
	const struct exec_options *options;
	struct wz_worker *worker;
	struct exec_command command;
	char **environment;
	int signals, epoll;
	int64_t now_ms;

	struct exec_case *cases;
	uint32_t counts[EXEC_CASE_STATES];
	bool offers_ran_out; /* since the last READY: ask for new ones when there is room */

	char **held; /* case numbers still to be fetched and run */
	size_t held_count, held_next;
	bool held_wanted;
	int64_t held_at_ms; /* not before */

	bool was_welcome;
	bool stopping;
	int64_t stop_at_ms;
};

/* exec_cases.c */
void exec_cases_news(struct exec_worker *self, const struct wz_worker_news *news);
void exec_cases_turn(struct exec_worker *self); /* reaps what ended, begins what can be begun */
void exec_cases_stop_runs(struct exec_worker *self);
void exec_cases_destroy(struct exec_worker *self);
int64_t exec_cases_wakeup(const struct exec_worker *self); /* ms; INT64_MAX: none */

/* exec_held.c: what the departments held when we came. */
void exec_held_turn(struct exec_worker *self); /* asks for the list, when it is wanted */
/* The next one as a case, not yet in the list; NULL: none now. */
struct exec_case *exec_held_next(struct exec_worker *self);
void exec_held_destroy(struct exec_worker *self);

bool exec_cases_know(const struct exec_worker *self, const char *number);

#endif
