#include <inttypes.h>
#include <stdio.h>

#include "daemon/shell/rebuild.h"
#include "daemon/store/store_sqlite.h"
#include "daemon/store/verify.h"
#include "tests/crash/life.h"
#include "tests/unit/core/place.h"

#define CREATED INT64_C(1790000000000000)

/* A store opened and judged as the production programs do it. */

struct store *life_open(const char *path)
{
	struct fault fault = FAULT_NONE;
	struct store *store = NULL;
	struct store_sqlite_options options = {.path = path, .created = {CREATED}};
	if (store_sqlite_open(&options, &fault, &store) != 0)
		fprintf(stderr, "%s\n", fault.text);
	return store;
}

struct findings {
	bool talk;
	int64_t of_rows;
};

static int found(void *context, const struct store_finding *finding)
{
	struct findings *findings = context;
	findings->of_rows += finding->kind == FINDING_ROW_HASH;
	if (findings->talk)
		fprintf(stderr, "%s case %" PRId64 " record %" PRId64 " %s\n",
			store_finding_name(finding->kind), finding->case_id, finding->seq, finding->note);
	return 0;
}

static void differs(void *context, int64_t case_id, const char *what)
{
	if (((struct findings *)context)->talk)
		fprintf(stderr, "case %" PRId64 ": %s\n", case_id, what);
}

bool life_is_verified(const char *path, const struct place *place, bool talk)
{
	struct fault fault = FAULT_NONE;
	struct store *reader = NULL;
	if (store_sqlite_open_read_only(path, &fault, &reader) != 0) {
		if (talk)
			fprintf(stderr, "%s\n", fault.text);
		return false;
	}
	int64_t findings = 0;
	struct findings seen = {talk, 0};
	struct store_verify_options options = {.find = found, .context = &seen};
	bool is_good = store_verify_journal(reader, &options, &findings) == 0 && findings == 0;
	struct rebuild_counts counts = {0, 0, 0};
	struct rebuild_options rebuild = {.store = reader,
		.core = {place->profile, place->principals, place->workdays, .laboratory = true},
		.differs = differs,
		.context = &seen};
	/* From a journal that cannot be relied on nothing is rebuilt. */
	if (findings == seen.of_rows)
		is_good = rebuild_and_compare(&rebuild, &counts) == 0 && counts.differences == 0 && is_good;
	reader->interface->destroy(&reader);
	return is_good;
}
