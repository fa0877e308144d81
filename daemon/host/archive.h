#ifndef WENZHENG_HOST_ARCHIVE_H
#define WENZHENG_HOST_ARCHIVE_H

#include <stdio.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "daemon/host/config.h"
#include "daemon/host/progress.h"
#include "daemon/host/service.h"
#include "daemon/store/store.h"

/*
 * What backup, restore and export have in common: the configuration, signals that end them in order, faults
 * that begin with a word for programs, and the moment as it stands in file names.
 */
enum archive_error {
	ARCHIVE_CONFIGURATION, /* it cannot be read, or says something wrong */
	ARCHIVE_FULL,	       /* no room where it should be written */
	ARCHIVE_EXISTS,	       /* something of that name is there */
	ARCHIVE_NOT_WRITABLE,  /* the folder or its file system is not for us to write in */
	ARCHIVE_NO_FOLDER,     /* there is no such folder */
	ARCHIVE_NO_FILE,       /* there is no such backup, or it cannot be read */
	ARCHIVE_BUSY,	       /* another one is at work there, or the daemon's WAL had to be let go */
	ARCHIVE_INTERRUPTED,   /* a signal came */
	ARCHIVE_DAMAGED,       /* verifying found something */
	ARCHIVE_UNREADABLE,    /* the store cannot be opened */
	ARCHIVE_RUNNING,       /* a daemon has the store */
	ARCHIVE_NEWER,	       /* the store has records that the backup has not */
	ARCHIVE_OTHER_HISTORY, /* the store's records are not those that the backup goes on from */
	ARCHIVE_FAILED,	       /* a call failed that should not */
	ARCHIVE_ERROR_END
};

/* "full: ", …, then the sentence in the language in force; returns false. */
__attribute__((format(printf, 3, 4))) bool archive_fault(
	struct fault *fault, enum archive_error error, const char *format, ...);

/* The error that errno stands for: `what` was tried with `path`. Returns false. */
bool archive_fault_of_errno(struct fault *fault, const char *path, const char *what);

struct archive {
	struct config *config;
	struct policy policy;
	struct service service;
	struct progress progress;
	bool is_interrupted;
	FILE *out; /* what is said to people */
};

/* Reads the configuration and has signals wait in a descriptor. `archive_end` in any case. */
bool archive_begin(struct archive *self, const char *config_path, FILE *out, struct fault *fault);
void archive_end(struct archive *self);

/* Non-zero if a signal has come; for store_sqlite_stop_when. `context` is a struct archive. */
int archive_is_interrupted(void *context);

/* The whole --verify of a read-only handle. False: DAMAGED, with what differs printed, or INTERRUPTED. */
bool archive_verify(struct archive *self, struct store *store, const char *path, struct fault *fault);

/* "20261127T150909Z": sorts as time does. */
#define ARCHIVE_STAMP_SIZE 17
struct instant archive_now(void);
void archive_stamp(struct instant instant, char ret_stamp[static ARCHIVE_STAMP_SIZE]);

/* RFC 3339 with six decimals unless they are all zero, as `wenzhengctl --json` has it. */
#define ARCHIVE_MOMENT_SIZE 33
void archive_moment(
	struct instant instant, struct utc_offset offset, char ret_text[static ARCHIVE_MOMENT_SIZE]);

/* Monotonic: how long something took. */
int64_t archive_clock_us(void);

#endif
