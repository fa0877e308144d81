#ifndef WENZHENG_HOST_VERIFY_H
#define WENZHENG_HOST_VERIFY_H

#include <stdbool.h>
#include <stdio.h>

#include "base/fault.h"
#include "daemon/host/config.h"
#include "daemon/host/progress.h"
#include "daemon/store/store.h"

/*
 * `wenzhengd --verify`: read-only, beside a running daemon or without one. Walks the hash chain, rebuilds
 * every case from the journal and compares it with its row, checks every stored text against its hash. Prints
 * one line for each thing that differs and a summary. True if nothing does.
 */
bool verify_store(const char *config_path, FILE *out);

struct verify_options {
	const struct policy *policy; /* whose profile and calendar the cases are rebuilt with */
	struct progress *progress;
	FILE *out;
	int (*stop)(void *context); /* non-zero ends it, and it is not good then. May be NULL */
	void *context;
};

/* The same of a read-only handle of a store, which messages call `path`. False without a fault: what differs
 * was printed. */
bool verify_handle(
	struct store *store, const char *path, const struct verify_options *options, struct fault *fault);

#endif
