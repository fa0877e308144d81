#ifndef WENZHENG_TESTS_CRASH_LIFE_H
#define WENZHENG_TESTS_CRASH_LIFE_H

#include "base/digest.h"
#include "daemon/core/record.h"
#include "tests/crash/disk.h"

/*
 * What is recorded once and then cut short everywhere: the production shell over the production store, from
 * the making of the file on, with a portal, a worker and triage that speak as a seed says.
 */

#define RUN_STATES_MAX 64

/* The store's content after a batch; verified when it was recorded. */
struct run_state {
	struct digest content;
	size_t op_end;	/* operations of the log up to the end of its turn */
	uint32_t kinds; /* bit n: the batch has records of kind n */
};

#define RUN_CHECKPOINT (1u << 31) /* in kinds: written back in this turn */
#define RUN_MIGRATION  (1u << 30) /* in kinds: a step of the schema */

struct place;
struct store;

struct run {
	struct disk base; /* what is durable before the log begins */
	struct disk disk; /* with its log */
	struct run_state states[RUN_STATES_MAX];
	int state_count;
	int state_of_mark[RUN_STATES_MAX]; /* mark n was told: this state is durable */
	int marks;
	struct place *place;   /* whose policy it was; NULL: a migration */
	bool lies[DISK_NAMES]; /* the disk lies about these, once the store was made */
};

/* `path`: a folder's file for the store, where the lock stands. Aborts if a state is not sound. */
void life_record(struct run *self, uint64_t seed, const char *path);

/* A longer life, not recorded: the disk as SIGKILL leaves it, with a WAL that was not written back, and the
 * content after each batch, the last one's last. */
struct population {
	struct disk killed;
	struct digest *contents;
	int content_count;
	int64_t frames_before_last; /* of the WAL, before the last batch */
	struct place *place;	    /* whose policy it was */
};

void population_init(struct population *self, uint64_t seed, int turns, const char *path);
void population_deinit(struct population *self);

/* The schema's steps over a store that has cases. */
void migration_record(struct run *self, uint64_t seed, const char *path);

/* The production way to open a store, and for migrations the one with their steps. What is read is judged:
 * the state's number; -1: none of them, -2: cannot be opened, or its structure is damaged. */
int life_recover(const struct run *self, const char *path, bool verify);
int migration_recover(const struct run *self, const char *path, bool verify);

/* A store that must open. */
struct store *life_open(const char *path);

/* As `wenzhengd --verify` judges: nothing found. */
bool life_is_verified(const char *path, const struct place *place, bool talk);

/* The number of the state with this content, or -1. */
int run_state_of(const struct run *self, const struct digest *content);

void run_init(struct run *self);
void run_deinit(struct run *self);

#endif
