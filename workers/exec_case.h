#ifndef WENZHENG_WORKERS_EXEC_CASE_H
#define WENZHENG_WORKERS_EXEC_CASE_H

#include <jansson.h>

#include "client/wenzheng/worker.h"
#include "workers/exec_run.h"
#include "workers/tool.h"

/* One case in the hands of the exec worker; exec_worker.h has the picture of its states. */
enum exec_state {
	EXEC_CASE_OFFERED,
	EXEC_CASE_TAKING,
	EXEC_CASE_RUNNING,
	EXEC_CASE_RESTING,
	EXEC_CASE_SAYING,
	EXEC_CASE_GONE, /* to be freed by the owner */
	EXEC_CASE_STATES
};

struct exec_case {
	enum exec_state state;
	char *number;
	int64_t epoch;
	json_t *input;
	uint64_t ticket; /* TAKING, SAYING */
	int64_t rests_until_ms;
	int attempt;
	bool is_void; /* while RUNNING: somebody else has it now */
	struct exec_run run;
	enum wz_act_type act; /* SAYING */
	struct buffer words;  /* the reply or reason of the act */
	struct exec_case *prev, *next;
};

struct exec_case *exec_case_new(const struct tool *tool, const struct wz_case *of);
void exec_case_destroy(struct exec_case **self);

/* The command's standard input for the next attempt; the caller frees it. */
char *exec_case_input(struct exec_case *self);

/* What the ended run means: true with `act` and `words` set; false: to be tried again. */
bool exec_case_conclude(struct exec_case *self);

/* Turns a refused act into the FAIL that is left to say. False if there is none. */
bool exec_case_fall_back(struct exec_case *self, const struct wz_error *error);

#endif
