#include "daemon/host/verify.h"

#include "base/language.h"
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
	const struct verify_options *options;
	int64_t of_rows;
};

static bool is_stopped(const struct verify_options *options)
{
	return options->stop && options->stop(options->context) != 0;
}

static int print_finding(void *context, const struct store_finding *finding)
{
	struct findings *findings = context;
	FILE *out = findings->options->out;
	/* What could not be read because somebody stopped it is no finding. */
	if (is_stopped(findings->options))
		return 1;
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

static void show_progress(void *context, const char *part, int64_t done, int64_t total)
{
	progress_show(((struct findings *)context)->options->progress, part, done, total);
}

/* Negative: it was not seen to the end. */
static int64_t verify_stored(struct store *store, struct findings *into)
{
	struct store_verify_options options = {
		.find = print_finding, .progress = show_progress, .context = into};
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

bool verify_handle(
	struct store *store, const char *path, const struct verify_options *options, struct fault *fault)
{
	struct findings printed = {options, 0};
	if (options->stop)
		store_sqlite_stop_when(store, options->stop, options->context);
	int64_t findings = verify_stored(store, &printed);
	if (findings < 0 || is_stopped(options))
		return fault_set(fault, "%s: cannot be read", path);
	if (findings == printed.of_rows)
		return verify_rows(store, options->policy, options->out) && findings == 0;
	fprintf(options->out,
		language_count(
			"%lld finding; cases are not rebuilt from a journal that cannot be relied on\n",
			"%lld findings; cases are not rebuilt from a journal that cannot be relied on\n",
			findings),
		(long long)findings);
	return false;
}

static bool verify(const struct config *config, const struct policy *policy, FILE *out, struct fault *fault)
{
	struct store *store;
	struct progress progress;
	progress_init(&progress);
	struct verify_options options = {.policy = policy, .progress = &progress, .out = out};
	if (store_sqlite_open_read_only(config->store, fault, &store) != 0)
		return false;
	bool good = verify_handle(store, config->store, &options, fault);
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
