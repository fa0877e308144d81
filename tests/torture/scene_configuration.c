/* What a daemon reads before it starts, and `--check-config`; then keys are made and saved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/host/config.h"
#include "tests/torture/house.h"

#define OUTPUT_SIZE 16384

static struct house house;
static char expected[OUTPUT_SIZE];
static int32_t expected_free_days;

/* On a page of the program: what is printed is not what is under test. */
static bool check_config(const struct place *place, FILE *out)
{
	setvbuf(out, NULL, _IONBF, 0);
	bool good = config_check(place->config, out);
	fclose(out);
	return good;
}

/* A holiday that got lost would move deadlines without a word. */
static int32_t free_days(const struct workdays *workdays)
{
	struct civil_date from, until;
	ENSURE(civil_from_ymd(2020, 1, 1, &from) && civil_from_ymd(2030, 1, 1, &until));
	return workdays_count_between(workdays, from, until);
}

static void prepare(struct place *place)
{
	house_make(place, &house);
	struct fault fault;
	struct policy policy;
	struct config *config = config_load(place->config, &fault);
	ENSURE(check_config(place, fmemopen(expected, OUTPUT_SIZE - 1, "w")) && config &&
		policy_load(config, &policy, &fault));
	expected_free_days = free_days(policy.workdays);
	policy_deinit(&policy);
	config_destroy(&config);
}

static enum outcome load(const struct place *place, struct report *report)
{
	struct fault fault = FAULT_NONE;
	struct policy policy = {0};
	struct config_secrets secrets;
	enum outcome outcome = OUTCOME_DONE;
	struct config *config = config_load(place->config, &fault);
	if (!config)
		return report_refused(report, fault.text);
	if (!policy_load(config, &policy, &fault) || !config_load_secrets(config, &secrets, &fault))
		outcome = report_refused(report, fault.text);
	else if (free_days(policy.workdays) != expected_free_days)
		outcome = report_wrong(report, "other days are free than the calendar says");
	else if (!wire_key_equal(&secrets.pair.key, &house.server.key) ||
		 memcmp(secrets.pair.secret_key, house.server.secret_key, WIRE_KEY_SIZE) != 0)
		outcome = report_wrong(report, "other keys were read than stand in the file");
	policy_deinit(&policy);
	config_destroy(&config);
	return outcome;
}

static enum outcome save_keys(const struct place *place, struct report *report)
{
	char name[200], path[220];
	struct wire_key_pair pair;
	struct fault fault = FAULT_NONE;
	snprintf(name, sizeof(name), "%s/new", place->folder);
	wire_key_pair_generate(&pair);
	if (!wire_key_pair_save(&pair, name, &fault))
		return report_refused(report, fault.text);
	if (!report_acknowledge(report, 1))
		return OUTCOME_WRONG;
	snprintf(path, sizeof(path), "%s.key", name);
	struct wire_key key;
	if (!wire_key_load(path, &key, &fault))
		return report_refused(report, fault.text);
	return wire_key_equal(&key, &pair.key) ? OUTCOME_DONE : report_wrong(report, "another key was read");
}

static enum outcome play(const struct place *place, struct report *report)
{
	static char output[OUTPUT_SIZE];
	faults_pause();
	FILE *out = fmemopen(output, OUTPUT_SIZE - 1, "w");
	ENSURE(out);
	faults_resume();
	enum outcome outcome = load(place, report);
	if (outcome == OUTCOME_DONE)
		outcome = save_keys(place, report);
	if (outcome != OUTCOME_DONE) {
		fclose(out);
		return outcome;
	}
	if (check_config(place, out))
		return strcmp(output, expected) == 0 ? OUTCOME_DONE
						     : report_wrong(report, "it says: %.600s", output);
	const char *error = strstr(output, "error: ");
	if (!error || strlen(error) < 12)
		return report_wrong(report, "not good, and not said why: %.600s", output);
	return report_refused(report, error);
}

/* Keys that were said to be saved are both there; others leave no half. */
static enum outcome check(const struct place *place, struct report *report)
{
	char path[220];
	struct wire_key_pair pair;
	struct wire_key key;
	struct fault fault;
	snprintf(path, sizeof(path), "%s/new.key_secret", place->folder);
	bool has_pair = wire_key_pair_load(path, WIRE_KEY_GUARDED_BY_MODE, &pair, &fault);
	snprintf(path, sizeof(path), "%s/new.key", place->folder);
	bool has_key = wire_key_load(path, &key, &fault);
	if (report->acknowledged == 1 && (!has_pair || !has_key))
		return report_wrong(report, "keys were saved and are not there: %s", fault.text);
	return OUTCOME_DONE;
}

const struct scene scene_configuration = {
	.name = "configuration",
	.families = 1u << FAULTS_MEMORY | 1u << FAULTS_SYSTEM,
	.prepare = prepare,
	.play = play,
	.check = check,
};
