#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/assert.h"
#include "daemon/store/store_sqlite.h"

/*
 * What one accepted message costs the store: three journal rows, message, text and case. Not a test: run it
 *by hand on a release build, on a real disk for latency and on a memory file system for CPU alone.
 *
 *	bench-store FOLDER [MESSAGES [PER_COMMIT [BODY_BYTES]]]
 */
static int64_t now_us(clockid_t clock)
{
	struct timespec t;
	ENSURE(clock_gettime(clock, &t) == 0);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void accept_message(struct store *store, int64_t n, struct span body)
{
	const struct store_interface *it = store->interface;
	int64_t case_id = INT64_C(20260101000000) + n / 900000 * 1000000 + n % 900000 + 1;
	char id[64];
	/* Portals use random ids: each lands in another page of the unique index. */
	uint64_t random = (uint64_t)n * UINT64_C(0x9e3779b97f4a7c15);
	snprintf(id, sizeof(id), "%016" PRIx64 "-%016" PRIx64, random, ~random);
	struct message_row message = {.case_id = case_id,
		.portal = SPAN_LITERAL("web"),
		.message_id = span_of_string(id),
		.digest = digest_of(body),
		.category = SPAN_LITERAL("供水"),
		.region = SPAN_LITERAL("广州市")};
	struct text_row text = {.case_id = case_id,
		.ordinal = 1,
		.role = TEXT_MESSAGE,
		.title = SPAN_LITERAL("小区停水三天无人处理"),
		.body = body};
	struct instant at = {INT64_C(1790000000000000) + n};
	struct record accepted = {.kind = RECORD_ACCEPTED,
		.at = at,
		.case_id = case_id,
		.actor = SPAN_LITERAL("web"),
		.subject = span_of_string(id),
		.class = SPAN_LITERAL("ordinary"),
		.within = SPAN_LITERAL("3 workday"),
		.due = at.us + 3 * US_PER_DAY,
		.due_date = 20733,
		.due_version = 1,
		.text = 1,
		.digest = message.digest};
	struct record routed = {.kind = RECORD_ROUTED,
		.at = at,
		.case_id = case_id,
		.stream = SPAN_LITERAL("portal/web"),
		.department = SPAN_LITERAL("water"),
		.subject = SPAN_LITERAL("rule-7")};
	struct record offered = {.kind = RECORD_OFFERED,
		.at = at,
		.case_id = case_id,
		.department = SPAN_LITERAL("water"),
		.subject = SPAN_LITERAL("worker-1"),
		.epoch = 1,
		.holder = n + 1};
	struct case_row row = {.case_id = case_id,
		.state = CASE_OFFERED,
		.portal = SPAN_LITERAL("web"),
		.department = SPAN_LITERAL("water"),
		.class = SPAN_LITERAL("ordinary"),
		.within = SPAN_LITERAL("3 workday"),
		.received = at,
		.due = {at.us + 3 * US_PER_DAY},
		.due_date = 20733,
		.due_version = 1,
		.epoch = 1,
		.holder = n + 1,
		.holder_name = SPAN_LITERAL("worker-1"),
		.texts = 1};
	struct message_row known;
	ENSURE(it->find_message(store, message.portal, message.message_id, &known) == STORE_NOT_FOUND);
	ENSURE(it->append(store, &accepted) == 0 && it->append(store, &routed) == 0 &&
		it->append(store, &offered) == 0);
	ENSURE(it->put_message(store, &message) == 0 && it->put_text(store, &text) == 0 &&
		it->put_case(store, &row) == 0);
}

static void answer(struct store *store, int64_t n, struct span body)
{
	const struct store_interface *it = store->interface;
	int64_t case_id = INT64_C(20260101000000) + n / 900000 * 1000000 + n % 900000 + 1;
	struct case_row row;
	ENSURE(it->read_case(store, case_id, &row) == 0);
	struct case_row next = {.case_id = case_id,
		.state = CASE_ANSWERED,
		.portal = SPAN_LITERAL("web"),
		.department = SPAN_LITERAL("water"),
		.received = row.received,
		.due = row.due,
		.texts = 2};
	struct text_row text = {.case_id = case_id, .ordinal = 2, .role = TEXT_REPLY, .body = body};
	struct record replied = {.kind = RECORD_REPLIED,
		.case_id = case_id,
		.stream = SPAN_LITERAL("portal/web"),
		.actor = SPAN_LITERAL("worker-1"),
		.number = REPLY_FINAL,
		.text = 2};
	ENSURE(it->put_text(store, &text) == 0);
	replied.digest = text.digest;
	ENSURE(it->append(store, &replied) == 0 && it->put_case(store, &next) == 0);
}

static void measure(struct store *store, const char *what, int64_t messages, int64_t per_commit,
	struct span body, void (*run)(struct store *store, int64_t n, struct span body))
{
	int64_t wall = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_PROCESS_CPUTIME_ID), slowest = 0;
	for (int64_t n = 0; n < messages; n++) {
		run(store, n, body);
		if ((n + 1) % per_commit == 0 || n + 1 == messages) {
			ENSURE(store->interface->commit(store) == 0);
			int64_t us = store_sqlite_gauges(store).commit_us_last;
			slowest = us > slowest ? us : slowest;
		}
	}
	wall = now_us(CLOCK_MONOTONIC) - wall;
	cpu = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%-8s %8" PRId64 " at %4" PRId64
	       " a commit: %7.2f us CPU, %7.2f us wall, %8.0f/s; slowest commit "
	       "%" PRId64 " us, WAL %" PRId64 " KiB, %" PRId64 " checkpoints\n",
		what, messages, per_commit, (double)cpu / (double)messages, (double)wall / (double)messages,
		(double)messages * 1e6 / (double)wall, slowest, store_sqlite_gauges(store).wal_bytes / 1024,
		store_sqlite_gauges(store).checkpoints);
}

static int count_case(void *context, const struct case_row *row)
{
	(void)row;
	++*(int64_t *)context;
	return 0;
}

int main(int argc, char **argv)
{
	REQUIRE(argc >= 2);
	int64_t messages = argc > 2 ? strtoll(argv[2], NULL, 10) : 100000;
	int64_t per_commit = argc > 3 ? strtoll(argv[3], NULL, 10) : 64;
	size_t size = argc > 4 ? strtoul(argv[4], NULL, 10) : 1000;
	char *bytes = malloc(size), path[512];
	ENSURE(bytes);
	memset(bytes, 'x', size);
	snprintf(path, sizeof(path), "%s/bench.db", argv[1]);
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path, .created = {1}};
	if (store_sqlite_open(&options, &fault, &store) != 0) {
		fprintf(stderr, "%s\n", fault.text);
		return 1;
	}
	measure(store, "accept", messages, per_commit, span_of(bytes, size), accept_message);
	int64_t walked = 0, wall = now_us(CLOCK_MONOTONIC);
	ENSURE(store->interface->walk_open(store, count_case, &walked) == 0);
	printf("%-8s %8" PRId64 " open cases in %" PRId64 " ms\n", "restore", walked,
		(now_us(CLOCK_MONOTONIC) - wall) / 1000);
	measure(store, "answer", messages, per_commit, span_of(bytes, size), answer);
	store->interface->destroy(&store);
	free(bytes);
	return 0;
}
