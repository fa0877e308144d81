#ifndef WENZHENG_LAB_BENCH_RUN_H
#define WENZHENG_LAB_BENCH_RUN_H

#include "lab/peer.h"

/*
 * Messages of 1 KiB pushed through a daemon, `window` of them on their way at any time.
 *
 *	BENCH_PUB  done when the RECEIPT is there, which means: on stable storage
 *	BENCH_RT   done when RECEIPT and the EVENT with the reply are there: offered, taken, answered with 200
 *bytes, each step on stable storage before it was confirmed
 *
 * The department's worker must be connected for BENCH_RT and had better not be for BENCH_PUB.
 */
enum bench_test { BENCH_PUB, BENCH_RT };

#define BENCH_BODY_SIZE	 1024
#define BENCH_REPLY_SIZE 200
#define BENCH_WINDOW_MAX 400 /* TAKE and REPLY of them all fit a connection's queue of 1000 */
#define BENCH_COUNT_MAX	 10000000
#define BENCH_SILENCE_MS 30000 /* nothing at all came for so long: it has failed */

struct bench_options {
	enum bench_test test;
	uint32_t window;
	uint32_t count;
	const char *department;
	const char *run; /* beginning of the message ids: must be new to the daemon */
	struct peer *portal;
	struct peer *worker; /* NULL for BENCH_PUB */
	struct child *child; /* may be NULL */
};

struct bench_result {
	double seconds;
	double p50_ms, p99_ms;		       /* from SUBMIT until done */
	double receipt_p50_ms, receipt_p99_ms; /* from SUBMIT to RECEIPT */
};

bool bench_run(const struct bench_options *options, struct bench_result *ret_result, struct fault *fault);

#endif
