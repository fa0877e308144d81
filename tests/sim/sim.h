#ifndef WENZHENG_TESTS_SIM_H
#define WENZHENG_TESTS_SIM_H

/*
 * The simulator: the production core and shell, with everything round them simulated from one seed — portals,
 * workers, a supervisor, triage, an operator, their network, both clocks, the store, and the hand that
 *changes the configuration. The oracle judges after every commit what the journal says, and every frame
 *before it leaves; after the faults stop everything must settle. The same seed gives the same bytes.
 *
 *	sim_world.c   the daemon's surroundings, its starts and ends
 *	sim_net.c     connections and frames under way
 *	sim_place.c   profiles, principals and calendars, and their reload
 *	sim_faults.c  what goes wrong at which step
 *	sim_peers.c, sim_portal.c, sim_worker.c, sim_desk.c   who talks to the daemon
 *	oracle_*.c    the promises
 *	sim_run.c     one run; sim_hunt.c many runs, and the shortest that fails
 */

#include <stdio.h>
#include <string.h>

#include "daemon/shell/shell.h"
#include "daemon/store/store_memory.h"
#include "proto/message.h"
#include "tests/lib/prng.h"
#include "tests/sim/oracle.h"
#include "tests/sim/sim_faults.h"
#include "tests/sim/sim_place.h"

#define SIM_PEERS_MAX	 12
#define SIM_MESSAGES_MAX 400
#define SIM_JOBS_MAX	 64
#define SIM_ECHOES	 8

struct sim_frame {
	enum kind kind;
	char *map;
	size_t size;
	int64_t arrives; /* mono */
};

struct sim_queue {
	struct sim_frame *frames;
	uint32_t count, capacity, head;
};

/* A message of a portal: what it sent, and what it was told. */
struct sim_message {
	char id[24];
	char body[48];
	const char *department; /* where it must go; NULL: triage rules */
	bool receipted;
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
	uint32_t number;
	const char *name;
	const uint8_t *key;
	enum zone zone;
	uint64_t peer; /* the connection */
	struct sim_queue to_daemon, from_daemon;
	struct sim_frame echoes[SIM_ECHOES]; /* requests sent before, which may arrive once more */
	int64_t apart_until;		     /* mono; nothing passes in either direction before */
	int64_t away_until;		     /* mono; it said BYE, and rests */
	int64_t slow_us;		     /* how long a frame takes at most */
	bool welcome;			     /* READY or WATCH was answered on this connection */
	bool process_custody;
	bool peeks; /* this connection watches from a cursor that is not its own */
	int64_t incarnation;
	int64_t credit_max; /* the most it ever announced */
	int64_t beat_at, said_at;
	int64_t req;
	int64_t cursor; /* of the last event */
	bool owes_seen; /* an event came again */
	int64_t seen;	/* said, and what is left when it loses its memory */
	struct sim_job jobs[SIM_JOBS_MAX];
	struct sim_message messages[SIM_MESSAGES_MAX];
	uint32_t message_count;
};

struct sim_options {
	uint64_t seed;
	uint64_t steps;
	uint32_t without; /* mask of enum sim_fault */
	bool talk;	  /* print the trace */
};

struct sim {
	struct io io;
	struct sim_options options;
	struct prng prng;
	bool faults;
	uint64_t step;
	struct moment now;	 /* the true time on both clocks */
	int64_t booted_at;	 /* mono: the machine's last start */
	int64_t wall_error;	 /* the daemon's wall clock is this far from the true time */
	int64_t drift_ppm;	 /* and moves away at this pace */
	bool full, low;		 /* the disk: nothing can be written; only the reserve is left */
	int64_t room_changed_at; /* mono */
	struct store *store;
	struct shell *shell;
	struct sim_place place;
	struct oracle oracle;
	struct sim_peer peers[SIM_PEERS_MAX];
	uint32_t peer_count;
	uint64_t next_peer;
	struct sim_frame held; /* the frame the shell looks at */
	struct digest trace;   /* of everything that happened, in order */
	struct buffer trace_bytes;
	uint64_t turns, crashes, starts, submitted;
	int64_t started_wall;
};

/* sim_world.c */
void sim_init(struct sim *self, const struct sim_options *options);
void sim_deinit(struct sim *self);
void sim_turn(struct sim *self);  /* one turn of the shell; it may crash and come back */
void sim_crash(struct sim *self); /* and starts again */
void sim_downtime(struct sim *self, const struct sim_plan *plan);
void sim_configure(struct sim *self, enum sim_reload what);
struct moment sim_clock(const struct sim *self); /* as the daemon reads it */
void sim_trace(struct sim *self, const char *what, int64_t number, struct span bytes);
void sim_fail(const struct sim *self, const char *what) __attribute__((noreturn));
#define SIM_CHECK(self, condition) ((condition) ? (void)0 : sim_fail((self), #condition))
/* A kind of fault strikes so often in a thousand; never once faults have stopped. */
bool sim_strikes(struct sim *self, enum sim_fault kind, unsigned in_thousand);

/* sim_net.c */
void sim_net_deinit(struct sim_peer *peer);
void sim_connect(struct sim *self, struct sim_peer *peer);
void sim_disconnect(struct sim *self, struct sim_peer *peer); /* what was under way is lost; connects anew */
void sim_send(struct sim *self, struct sim_peer *peer, enum kind kind, struct buffer *map);
void sim_echo(struct sim *self, struct sim_peer *peer); /* an old request arrives once more */
void sim_net_heal(struct sim *self, struct sim_peer *peer);
bool sim_next(
	struct sim *self, struct sim_peer *peer, struct sim_frame *ret_frame); /* the caller frees map */
int sim_io_receive(struct io *io, struct incoming *ret_incoming);
enum io_sent sim_io_send(
	struct io *io, enum zone zone, uint64_t number, struct span kind_frame, struct span map_frame);

/* sim_peers.c */
void sim_act(struct sim *self, struct sim_peer *peer);
bool sim_is_waiting(const struct sim *self, int64_t asked_at);
void sim_copy_text(struct span from, char *to, size_t size);
void sim_send_number(
	struct sim *self, struct sim_peer *peer, enum kind kind, enum field field, int64_t number);
struct sim_peer *sim_peer_named(struct sim *self, struct span name); /* NULL: none */

/* sim_portal.c */
void sim_portal_act(struct sim *self, struct sim_peer *peer);
void sim_portal_receipt(struct sim *self, struct sim_peer *peer, const struct message *answer);
void sim_portal_error(struct sim *self, struct sim_peer *peer, const struct message *answer);

/* sim_desk.c */
void sim_desk_watch(struct sim *self, struct sim_peer *peer);
void sim_desk_operate(struct sim *self, struct sim_peer *peer);
void sim_desk_event(struct sim *self, struct sim_peer *peer, const struct message *event);
void sim_desk_list(struct sim *self, struct sim_peer *peer, const struct message *list);

/* sim_worker.c */
void sim_worker_act(struct sim *self, struct sim_peer *peer);
void sim_worker_offer(struct sim *self, struct sim_peer *peer, const struct message *offer);
void sim_worker_held(struct sim_peer *peer, const struct message *list);
void sim_worker_confirm(struct sim_peer *peer, const struct message *answer);
void sim_worker_error(struct sim_peer *peer, const struct message *answer);

/* sim_run.c: one seed from its beginning until everything has settled; aborts if a promise is broken. */
struct sim_result {
	struct digest trace;
	uint64_t messages, turns, crashes, starts;
	int64_t virtual_us;
	uint64_t rungs, due_changes, losses, parked, left_behind; /* how much the oracle judged */
};
struct sim_result sim_run(const struct sim_options *options);

#endif
