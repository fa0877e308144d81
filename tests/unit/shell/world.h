#ifndef WENZHENG_TESTS_UNIT_SHELL_WORLD_H
#define WENZHENG_TESTS_UNIT_SHELL_WORLD_H

#include "base/buffer.h"
#include "base/limits.h"
#include "daemon/shell/shell.h"
#include "daemon/store/store_memory.h"
#include "proto/message.h"
#include "tests/unit/core/place.h"

/*
 * A shell in a world of its own, on a machine that has just been switched on: the place of tests/unit/core,
 * the store in memory, and an io that hands in what the test queued and keeps all that was sent and logged. A
 * turn begins with world_turn and is looked at in `said`.
 */
#define SAID_MAX  2048
#define HEARD_MAX 4096

enum who { PORTAL, EDU, WET, BOTH, TRIAGE, STRANGER };

struct said {
	enum zone zone;
	uint64_t peer;
	enum kind kind;
	int64_t req, retry_ms;
	int64_t at;
	int64_t cursor;
	char code[24];
	char field[24];
	char event[24];
	size_t text_size;
};

struct world {
	struct io io; /* first */
	struct place place;
	struct store *store;
	struct shell *shell;
	struct moment now;
	struct incoming queue[SAID_MAX];
	uint32_t queue_count, queue_at;
	int receive_fails;
	struct buffer bytes; /* of the queued frames: offsets in queue[].…_frame.data until read */
	struct said said[HEARD_MAX];
	uint32_t said_count;
	uint32_t logged[LOG_EVENT_END];
	int64_t room; /* on the store's disk, and how often it was asked */
	uint32_t looks;
	uint64_t gone; /* a peer that cannot be reached */
};

/* For cmocka_unit_test_setup_teardown: `*state` is the world. */
int world_setup(void **state);
int world_teardown(void **state);

uint64_t world_peer(enum who who);

/* Queues a message: a request of a kind with its REQ, -1 for none (and what READY needs), a SUBMIT of id
 * m<number>, an act or HELD upon a case in its first epoch. */
void world_say(struct world *self, enum who who, enum kind kind, int64_t req);
void world_submit(struct world *self, int number, const char *department);
void world_say_of_case(struct world *self, enum who who, enum kind kind, int64_t case_id);
void world_seen(struct world *self, int64_t cursor); /* of the portal, without REQ: it is not answered */
struct incoming *world_last(struct world *self);     /* the message queued last, to be spoilt */

/* Moves both clocks. */
void world_pass(struct world *self, int64_t us);

/* One turn that must succeed; what was said before is forgotten. world_answer: one with a single answer. */
void world_turn(struct world *self);
const struct said *world_answer(struct world *self);

#endif
