#include "tests/torture/faults.h"

#include <dlfcn.h>
#include <string.h>

#include "base/assert.h"

static struct {
	struct fault_plan plan;
	struct fault_trace *trace;
	_Atomic bool armed;
} faults;

static const char *const family_names[FAULT_FAMILY_END] = {
	[FAULTS_MEMORY] = "allocation",
	[FAULTS_SYSTEM] = "system call",
	[FAULTS_SQLITE] = "SQLite call",
};

const char *fault_family_name(enum fault_family family)
{
	REQUIRE(family < FAULT_FAMILY_END);
	return family_names[family];
}

void faults_arm(const struct fault_plan *plan, struct fault_trace *trace)
{
	REQUIRE(!faults.armed);
	faults.plan = *plan;
	faults.trace = trace;
	faults.armed = true;
}

void faults_disarm(void)
{
	faults.armed = false;
}

void faults_pause(void)
{
	faults.armed = false;
}

void faults_resume(void)
{
	faults.armed = true;
}

bool faults_strike(enum fault_family family, const char *name, bool has_second)
{
	if (!faults.armed || faults.plan.family != family ||
		(faults.plan.flavour == FAULTS_SECOND && !has_second))
		return false;
	uint64_t number = atomic_fetch_add(&faults.trace->calls, 1) + 1;
	uint64_t nth = faults.plan.nth;
	if (nth == 0 || number < nth || (number > nth && !faults.plan.for_good))
		return false;
	if (atomic_fetch_add(&faults.trace->failed, 1) == 0)
		strncpy(faults.trace->first, name, sizeof(faults.trace->first) - 1);
	return true;
}

void faults_find(void *function, const char *name)
{
	void *found;
	memcpy(&found, function, sizeof(found));
	if (found)
		return;
	found = dlsym(RTLD_NEXT, name);
	memcpy(function, &found, sizeof(found));
}

enum fault_flavour faults_flavour(void)
{
	return faults.plan.flavour;
}

bool faults_for_good(void)
{
	return faults.plan.for_good;
}

void faults_note_failed_sync(void)
{
	faults.trace->sync_failed = true;
}

void faults_count_block(int change);

void faults_count_block(int change)
{
	if (faults.armed)
		atomic_fetch_add(&faults.trace->blocks, change);
}
