#include "daemon/host/verify.h"

#include <unistd.h>

#include "base/language.h"
#include "daemon/host/config.h"
#include "daemon/shell/rebuild.h"
#include "daemon/store/store_sqlite.h"
#include "daemon/store/verify.h"

/* A damaged row may name a case that cannot be. */
static void print_case(FILE *out, int64_t case_id)
{
	char number[CASE_NUMBER_SIZE];
	if (!case_number_is_plausible(case_id)) {
		fprintf(out, _("case with the impossible id %lld"), (long long)case_id);
		return;
	}
	case_number_print(case_id, number);
	fprintf(out, _("case %s"), number);
}

static void print_difference(void *context, int64_t case_id, const char *what)
{
	print_case(context, case_id);
	fprintf(context, _(": its row and its journal differ in %s\n"), what);
}

/* What is found is printed and counted: the journal's own part by itself, for cases are rebuilt from it. */
struct findings {
	FILE *out;
	int64_t of_rows;
};

static int print_finding(void *context, const struct store_finding *finding)
{
	struct findings *findings = context;
	FILE *out = findings->out;
	findings->of_rows += finding->kind == FINDING_ROW_HASH;
	fprintf(out, "%s:", store_finding_name(finding->kind));
	if (finding->case_id) {
		fputc(' ', out);
		print_case(out, finding->case_id);
	}
	if (finding->ordinal)
		fprintf(out, _(" text %lld"), (long long)finding->ordinal);
	if (finding->seq)
		fprintf(out, _(" record %lld"), (long long)finding->seq);
	fprintf(out, ": %s%s%s\n", _(store_finding_meaning(finding->kind)), *finding->note ? ": " : "",
		finding->note);
	return 0;
}

/* A bar on a terminal only: in a file it would be noise. */
static void print_progress(void *context, const char *part, int64_t done, int64_t total)
{
	(void)context;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-10s %3d %%\033[K%s", part, total ? (int)(done * 100 / total) : 100,
			done == total ? "\r\033[K" : "");
}

static int64_t verify_stored(struct store *store, struct findings *into)
{
	struct store_verify_options options = {
		.find = print_finding, .progress = print_progress, .context = into};
	int64_t findings = 0;
	return store_verify_journal(store, &options, &findings) == 0 ? findings : -1;
}

static bool verify_rows(struct store *store, const struct policy *policy, FILE *out)
{
	struct rebuild_options options = {
		.store = store,
		.core = {policy->profile, policy->principals, policy->workdays, .laboratory = true},
		.differs = print_difference,
		.context = out,
	};
	struct rebuild_counts counts = {0, 0, 0};
	int r = rebuild_and_compare(&options, &counts);
	fprintf(out, _("%lld records, %lld cases rebuilt, %lld differences\n"), (long long)counts.records,
		(long long)counts.cases, (long long)counts.differences);
	return r == 0 && counts.differences == 0;
}

static bool verify(const struct config *config, const struct policy *policy, FILE *out, struct fault *fault)
{
	struct store *store;
	if (store_sqlite_open_read_only(config->store, fault, &store) != 0)
		return false;
	struct findings printed = {out, 0};
	int64_t findings = verify_stored(store, &printed);
	bool good = findings == 0;
	if (findings > printed.of_rows)
		fprintf(out,
			language_count(
				"%lld finding; cases are not rebuilt from a journal that cannot be relied on\n",
				"%lld findings; cases are not rebuilt from a journal that cannot be relied on\n",
				findings),
			(long long)findings);
	else if (findings < 0)
		fault_set(fault, "%s: cannot be read", config->store);
	else
		good = verify_rows(store, policy, out) && good;
	store->interface->destroy(&store);
	return good;
}

bool verify_store(const char *config_path, FILE *out)
{
	struct fault fault = FAULT_NONE;
	struct policy policy = {NULL, NULL, NULL};
	struct config *config = config_load(config_path, &fault);
	bool good = config && policy_load(config, &policy, &fault) && verify(config, &policy, out, &fault);
	if (*fault.text)
		fprintf(out, _("error: %s\n"), fault.text);
	policy_deinit(&policy);
	config_destroy(&config);
	return good;
}
