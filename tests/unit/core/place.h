#ifndef WENZHENG_TESTS_UNIT_CORE_PLACE_H
#define WENZHENG_TESTS_UNIT_CORE_PLACE_H

#include "daemon/core/core.h"

/*
 * A small place for tests of the core: departments edu and water, classes ordinary (3 workday), major (7
 * workday) and open (none), a rule that sends 水 to water; principals portal-a, worker-edu, worker-wet
 * (water), worker-both, triage; a calendar published to the end of 2027 with 2026-10-01 to 07 off and
 * Saturday 2026-10-10 worked.
 *
 * It carries out decisions as the shell does, but keeps records in memory and checks invariants after each.
 */
struct place {
	struct profile *profile;
	struct principals *principals;
	struct workdays *workdays;
	struct core *core;
	struct moment now;
	struct record
		last; /* the last record carried out; its texts are borrowed from the core or literals */
	int64_t last_case;
	uint32_t records;
};

void place_init(struct place *self);
void place_deinit(struct place *self);

/* The same for cmocka: a new place for each test, which is its state. */
int place_setup(void **state);
int place_teardown(void **state);

/* Local time and date of 2026. */
struct instant place_local(int month, int day, int hour);
int64_t place_date(int month, int day);

/* What its profile is made from, to be changed and given to place_reload, which the daemon does at SIGHUP.
 * NULL: as it is. Takes the calendar. */
struct profile_source place_source(void);
void place_reload(struct place *self, const struct profile_source *source, struct workdays *workdays);

/* Local time of 2026: place_at(self, 9, 30, 16, 0) is 2026-09-30T16:00+08:00. Moves both clocks. */
void place_at(struct place *self, int month, int day, int hour, int minute);
void place_pass(struct place *self, int64_t us);

/* Carries out a decision that must be DONE. */
void place_do(struct place *self, const struct decision *decision);

/* Does everything that is due now; returns how many records that made. */
uint32_t place_run(struct place *self);

/* A message of portal-a, accepted; returns its case id. `department` NULL: by rule. */
int64_t place_submit(struct place *self, const char *message_id, const char *title, const char *department,
	const char *class);

/* So many messages for edu, named a, b, c and so on; at most 26. */
void place_submit_many(struct place *self, int count);

/* A worker says READY on connection `peer`. */
void place_ready(struct place *self, const char *principal, uint64_t peer, int64_t incarnation,
	int64_t credit, bool process_custody);

/* Whether connection `peer` has a worker. */
bool place_has_worker(const struct place *self, uint64_t peer);

/* One act; carried out if it is DONE. */
enum verdict place_act(struct place *self, enum worker_act act, uint64_t peer, int64_t case_id,
	uint32_t epoch, enum reply_kind reply_kind, const char *text);

enum verdict place_assign(struct place *self, int64_t case_id, const char *department, bool final);

/* The calendar above up to the end of a year, with or without its make-up Saturday. The caller destroys it.
 */
struct workdays *place_workdays(int horizon_year, bool with_makeup);

struct case_row place_row(const struct place *self, int64_t case_id);

#endif
