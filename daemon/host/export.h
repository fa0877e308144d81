#ifndef WENZHENG_HOST_EXPORT_H
#define WENZHENG_HOST_EXPORT_H

#include <stdbool.h>

#include "base/fault.h"

struct export_options {
	const char *config;
	const char *folder;
	const char *from; /* a backup to export in place of the store; NULL */
	bool texts;	  /* with what citizens and departments wrote */
	bool contacts;	  /* with the sealed contact details */
	bool json;	  /* the manifest on standard output, and what is for people on standard error */
};

/*
 * `wenzhengd --export`, beside a running daemon or without one: FOLDER/wenzheng-export-TIME with a file of
 * JSON lines for each kind and a manifest, all of one moment and verified before. Query codes are in no
 * store, and contact details are closed boxes. False with a fault that begins with a word of archive.h.
 */
bool export_store(const struct export_options *options, struct fault *fault);

#endif
