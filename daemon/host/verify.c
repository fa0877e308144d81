#include "daemon/host/verify.h"

#include <inttypes.h>

#include "daemon/host/config.h"
#include "daemon/shell/rebuild.h"
#include "daemon/store/store_sqlite.h"

static void print_difference(void *context, int64_t case_id, const char *what)
{
	char number[CASE_NUMBER_SIZE];
	case_number_print(case_id, number);
	fprintf(context, "case %s: its row and its journal differ in %s\n", number, what);
}

static bool verify_cases(
	const struct config *config, const struct policy *policy, FILE *out, struct fault *fault)
{
	struct rebuild_options options = {
		.core = {policy->profile, policy->principals, policy->workdays, .laboratory = true},
		.differs = print_difference,
		.context = out,
	};
	struct rebuild_counts counts = {0, 0, 0};
	if (store_sqlite_open_read_only(config->store, fault, &options.store) != 0)
		return false;
	int r = rebuild_and_compare(&options, &counts);
	options.store->interface->destroy(&options.store);
	if (r < 0)
		return fault_set(fault, "%s: cannot be read to the end", config->store);
	fprintf(out, "%" PRId64 " records, %" PRId64 " cases, %" PRId64 " differences\n", counts.records,
		counts.cases, counts.differences);
	return counts.differences == 0;
}

bool verify_store(const char *config_path, FILE *out)
{
	struct fault fault = FAULT_NONE;
	struct policy policy = {NULL, NULL, NULL};
	struct config *config = config_load(config_path, &fault);
	bool good =
		config && policy_load(config, &policy, &fault) && verify_cases(config, &policy, out, &fault);
	if (*fault.text)
		fprintf(out, "error: %s\n", fault.text);
	policy_deinit(&policy);
	config_destroy(&config);
	return good;
}
