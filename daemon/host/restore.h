#ifndef WENZHENG_HOST_RESTORE_H
#define WENZHENG_HOST_RESTORE_H

#include <stdbool.h>

#include "base/fault.h"

struct restore_options {
	const char *config;
	const char *file;    /* the backup */
	const char *discard; /* the number of the last record of the store that is given up, or "unreadable";
				NULL */
	bool json;	     /* what was done on standard output, and what is for people on standard error */
};

/*
 * `wenzhengd --restore FILE`, while no daemon runs: puts a backup, verified whole, in the store's place and
 * keeps what was there under STORE.before-restore-TIME. A store whose records the backup has not, or not so,
 * is refused unless its last record is named. Killed at any moment it leaves the old store or the new one; of
 * an old one that no daemon could have opened, perhaps a file that says what happened. False with a fault
 * that begins with a word of archive.h.
 */
bool restore_backup(const struct restore_options *options, struct fault *fault);

#endif
