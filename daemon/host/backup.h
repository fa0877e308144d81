#ifndef WENZHENG_HOST_BACKUP_H
#define WENZHENG_HOST_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct backup_options {
	const char *config;
	const char *folder; /* NULL: the configuration's */
	int64_t keep; /* how many backups of this store are left in the folder, the new one included; 0: all
		       */
	bool json;    /* the manifest on standard output, and what is for people on standard error */
};

/*
 * `wenzhengd --backup`, beside a running daemon or without one: FOLDER/wenzheng-TIME.db with its manifest
 * FOLDER/wenzheng-TIME.json, TIME in UTC. A file of that name was copied in one moment, synced and verified
 * whole; until then it has another name, and when anything fails nothing stays behind. False with a fault
 * that begins with a word of archive.h.
 */
bool backup_make(const struct backup_options *options, struct fault *fault);

#endif
