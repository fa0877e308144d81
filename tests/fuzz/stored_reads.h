#ifndef WENZHENG_TESTS_FUZZ_STORED_READS_H
#define WENZHENG_TESTS_FUZZ_STORED_READS_H

#include "daemon/store/store.h"

/* Calls every reading function of the handle, and touches every byte of what it gives. */
void stored_reads(struct store *store);

#endif
