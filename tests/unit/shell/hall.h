#ifndef WENZHENG_TESTS_UNIT_SHELL_HALL_H
#define WENZHENG_TESTS_UNIT_SHELL_HALL_H

#include "base/buffer.h"
#include "daemon/shell/shell.h"
#include "proto/message.h"
#include "tests/unit/core/place.h"

/*
 * A shell with everything round it in memory: the place's profile and calendar, a store, principals of the
 * test's own, and a wire on which one message is said at a time. Whoever speaks is a `speaker`: a key, a zone
 * and a connection. What comes back to him with HALL_REQ, or without any `req` as an ERROR, is kept in
 * `answer`.
 */
#define HALL_REQ 4711

struct speaker {
	enum zone zone;
	uint64_t peer;
	uint8_t key; /* every byte of it */
};

struct answer {
	int count;   /* of answers to the last message */
	int64_t req; /* of the last of them; -1: it has none */
	enum kind kind;
	char code[33];	/* of ERROR and BUSY, else "" */
	char text[256]; /* of ERROR, else "" */
	char names[64]; /* in the items of a LIST, with a space behind each; as many as fit */
	bool more;	/* of a LIST */
	char case_number[CASE_NUMBER_SIZE];
	char query_code[33];
	size_t size; /* of its map */
};

struct hall {
	struct io io;	    /* first */
	struct place place; /* for its profile and calendar */
	struct principals *principals;
	struct store *store;
	struct shell *shell;
	struct moment now;
	struct incoming incoming;
	uint32_t waiting; /* how often `incoming` is still to be received */
	char kind_frame[KIND_FRAME_SIZE];
	struct buffer map;
	struct writer writer;
	struct answer answer;
	int logged[LOG_EVENT_END]; /* how often, and whose name stood in the last of each */
	char logged_principal[LOG_EVENT_END][PRINCIPAL_NAME_SIZE_MAX + 1];
	int events; /* EVENTs to anybody */
	/* The last OFFER to anybody. */
	uint64_t offered_to;
	int64_t offered_epoch;
};

void hall_init(struct hall *self, const struct principal_source *sources, unsigned count);
void hall_deinit(struct hall *self);

/* Its process dies and the next one starts from the store. */
void hall_restart(struct hall *self);

/* What it was made of, or made of since: RELOAD finds that, unless the test puts another io.reload there. */
struct shell_configuration hall_configuration(const struct hall *self);

/* The speaker of principal i of `sources`, whose key must be i + 1 in every byte, in its own zone. */
struct speaker hall_speaker(const struct principal_source *source, unsigned i);

/* A message with HALL_REQ; fields are written to self->writer in between. `hall_send` leaves it on the wire
 * for `times` receptions, `hall_say` carries it out in one turn, which must not fail. */
struct writer *hall_begin(struct hall *self);
void hall_send(struct hall *self, struct speaker speaker, uint8_t kind, uint32_t times);
void hall_say(struct hall *self, struct speaker speaker, uint8_t kind);

/* How many records the journal has. */
int64_t hall_records(const struct hall *self);

#endif
