#ifndef WENZHENG_TESTS_SIM_H
#define WENZHENG_TESTS_SIM_H

/*
 * The simulator: the production core and shell, with everything round them simulated from one seed — portals,
 * workers, a supervisor, triage, an operator, their connections, both clocks, and a store that crashes before
 * and after commits and runs full. Invariants after every turn; after the faults stop everything must settle.
 * The same seed gives the same bytes.
 */

#include "daemon/shell/shell.h"
#include "daemon/store/store_memory.h"
#include "proto/message.h"
#include "tests/lib/prng.h"

#define SIM_PEERS_MAX	 16
#define SIM_MESSAGES_MAX 400
#define SIM_JOBS_MAX	 64

struct sim_frame {
	enum kind kind;
	char *map;
	size_t size;
};

struct sim_queue {
	struct sim_frame *frames;
	uint32_t count, capacity, head;
};

/* A message of a portal: what it sent, and what it was told. */
struct sim_message {
	char id[24];
	char body[48];
	bool sent, receipted, answered_event;
	char case_number[18], query_code[17];
	int64_t received, due;
	int64_t asked_at; /* mono; when it was last sent without an answer */
};

/* A case a worker knows of. */
struct sim_job {
	char case_number[18];
	int64_t epoch;
	bool taken;
	int64_t asked_at;
	enum kind asked; /* 0: nothing is under way */
	int64_t req;
	unsigned interims;
};

struct sim_peer {
	enum role role;
	const struct principal *principal;
	enum zone zone;
	uint64_t peer; /* the connection; 0: not connected */
	struct sim_queue to_daemon, from_daemon;
	bool welcome; /* READY or WATCH was answered on this connection */
	bool process_custody;
	int64_t incarnation;
	int64_t beat_at, said_at;
	int64_t req;
	int64_t cursor; /* of the last event */
	int64_t seen;
	struct sim_job jobs[SIM_JOBS_MAX];
	struct sim_message messages[SIM_MESSAGES_MAX];
	uint32_t message_count;
	int64_t events;
};

struct sim {
	struct io io;
	struct prng prng;
	uint64_t seed;
	bool faults;
	struct moment now;
	int64_t wall_error; /* wall is this far from where it ought to be */
	bool full;
	struct store *store;
	struct shell *shell;
	struct profile *profile;
	struct principals *principals;
	struct workdays *workdays;
	struct sim_peer peers[SIM_PEERS_MAX];
	uint32_t peer_count;
	uint64_t next_peer;
	struct sim_peer *receiving; /* whose frame the shell looks at */
	struct sim_frame held;
	struct digest trace; /* of every frame sent, in order */
	uint64_t turns, crashes, submitted;
};

/* sim_world.c */
void sim_init(struct sim *self, uint64_t seed);
void sim_deinit(struct sim *self);
void sim_turn(struct sim *self); /* one turn of the shell; it may crash and come back */
void sim_crash(struct sim *self);
void sim_disconnect(struct sim *self, struct sim_peer *peer);
void sim_connect(struct sim *self, struct sim_peer *peer);
void sim_send(struct sim *self, struct sim_peer *peer, enum kind kind, struct buffer *map);
bool sim_next(struct sim_peer *peer, struct sim_frame *ret_frame); /* the caller frees map */
void sim_fail(const struct sim *self, const char *what) __attribute__((noreturn));
#define SIM_CHECK(self, condition) ((condition) ? (void)0 : sim_fail((self), #condition))

/* sim_peers.c */
void sim_act(struct sim *self, struct sim_peer *peer);

/* sim_oracle.c: reads the journal as an outsider would and holds it against what peers were told */
void sim_judge(struct sim *self, bool settled);

#endif
