#ifndef WENZHENG_TESTS_UNIT_SHELL_STAGE_H
#define WENZHENG_TESTS_UNIT_SHELL_STAGE_H

#include "daemon/shell/shell.h"
#include "daemon/store/store_memory.h"
#include "proto/message.h"
#include "tests/unit/core/place.h"

/*
 * A shell with nothing real round it: one principal of every role, named after it, each on a connection of
 * its own; the profile and calendar of place.h; a store in memory; both clocks in the test's hand.
 */
struct stage {
	struct io io;	    /* first */
	struct place place; /* for its profile, principals and calendar */
	struct principals *principals;
	struct store *store;
	struct shell *shell;
	struct moment now;
	int64_t disk_free;
	/* What the next turn receives. */
	struct incoming incoming;
	bool waiting;
	struct {
		struct incoming incoming;
		bool waiting;
		char kind_frame[KIND_FRAME_SIZE];
		struct buffer map;
	} before;
	/* Says what comes next in the same turn; false: nothing. NULL: nothing. */
	bool (*next)(struct stage *self);
	int said;	     /* for `next` */
	int receive_outcome; /* negative: instead of a message */
	char kind_frame[KIND_FRAME_SIZE];
	struct buffer map;
	/* What came of it: answers to the asker, with the request's id. */
	uint64_t asker;
	int answers;
	enum kind answer;
	char code[33], field[24]; /* of the last ERROR or BUSY; code "": it was none */
	/* Looks at each of these answers. NULL: nobody does. */
	void (*look)(struct stage *self, const struct message *answer);
	void *context;			  /* for `look` */
	int64_t items, cursor;		  /* of the last answer that lists something; cursor -1: none */
	char last_case[CASE_NUMBER_SIZE]; /* of the last receipt */
	int sent[256];			  /* messages of each kind to anybody */
	enum io_sent sending;		  /* what sending says */
	int logged[LOG_EVENT_END];
	char logged_principal[PRINCIPAL_NAME_SIZE_MAX + 1]; /* of the last entry; empty: none */
};

#define STAGE_REQ 4711

/* Everything but the shell. `store` NULL: an empty one in memory, of no laboratory. */
void stage_init(struct stage *self, struct store *store);
/* The shell over that store: what shell_new says. */
int stage_start(struct stage *self);
void stage_deinit(struct stage *self);

/* For cmocka: a shell over the store in memory, over that of a laboratory, and over one that a test lets fail
 * (failing_store.h). `*state` is the stage. */
int stage_setup(void **state);
int stage_setup_laboratory(void **state);
int stage_setup_failing(void **state);
int stage_teardown(void **state);

/* The connection of a role. */
uint64_t stage_peer(enum role role);

/* Puts a message of `role` before the shell, to be received by the next turn: fields with their values, ended
 * by FIELD_TOTAL. A text is a const char *, a number or time an int64_t, a flag an int, a list of lines one
 * const char *. `req` is added. */
void stage_say(struct stage *self, enum role role, enum kind kind, ...);
/* The same map that a test wrote into `map` itself. */
void stage_send(struct stage *self, enum role role, enum kind kind);

/* What was said is received first and what is said next after it, in one turn. */
void stage_and(struct stage *self);

/* Lets time pass on both clocks. */
void stage_pass(struct stage *self, int64_t us);

#endif
