#ifndef WENZHENG_WORKERS_SUBMIT_RUN_H
#define WENZHENG_WORKERS_SUBMIT_RUN_H

#include "workers/submit_input.h"

/* Hands messages in through one portal connection and prints what came of each. */
struct submit_run_options {
	struct tool *tool;
	bool json;
	bool quiet;	    /* no progress bar */
	int64_t in_flight;  /* at once */
	int64_t timeout_ms; /* without any answer, before we give up */
};

/* Both return the exit status. */
int submit_run_one(const struct submit_run_options *options, const struct wz_message *message);
int submit_run_file(const struct submit_run_options *options, struct submit_input *input);

#endif
