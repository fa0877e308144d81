#ifndef WENZHENG_TESTS_FAULTS_H
#define WENZHENG_TESTS_FAULTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Faults by number: of one family of calls the N-th fails, once or from then on. The calls are those of our
 * code and of the libraries under it, for the functions of this program stand in front of theirs
 * (faults_memory.c, faults_system.c, faults_sqlite.c); what a library does inside itself, such as what
 * glibc's fopen asks of the kernel, is seen as the one call from outside.
 */
enum fault_family { FAULTS_MEMORY, FAULTS_SYSTEM, FAULTS_SQLITE, FAULT_FAMILY_END };

/* What a failing call says. A call that has no second answer is not counted with FAULTS_SECOND. */
enum fault_flavour { FAULTS_FIRST, FAULTS_SECOND };

struct fault_plan {
	enum fault_family family;
	enum fault_flavour flavour;
	bool for_good;
	uint64_t nth; /* from 1; 0: none, only counted */
};

/* What became of a plan. It lies in memory that the child shares with the driver. */
struct fault_trace {
	_Atomic uint64_t calls; /* of the family */
	_Atomic uint64_t failed;
	_Atomic bool sync_failed; /* of a regular file: what was written there may be lost */
	_Atomic int64_t blocks;	  /* allocated and not freed since the start */
	char first[32];		  /* the function that failed first */
};

/* From here to faults_disarm the calls of all threads are counted. */
void faults_arm(const struct fault_plan *plan, struct fault_trace *trace);
void faults_disarm(void);

/* What lies between is of the test itself. */
void faults_pause(void);
void faults_resume(void);

/* The allocations of three libraries neither fail nor count: faults_memory.c says which and why. */
void faults_spare_libraries(void);

/* The function of this name in the library behind us, for a pointer to it that
 * is NULL until then. */
void faults_find(void *function, const char *name);

/* For the wrappers: whether this call of `family` has to fail. `has_second`: it knows another answer. */
bool faults_strike(enum fault_family family, const char *name, bool has_second);
enum fault_flavour faults_flavour(void);
bool faults_for_good(void);
void faults_note_failed_sync(void);

const char *fault_family_name(enum fault_family family);

#endif
